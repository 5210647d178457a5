//! The tasks that write: each takes what waits, commits it as one transaction and only then says
//! so. It knows nothing of what the changes mean.
//!
//! A change that cannot go in is told so and taken out, and the rest goes in without it: nobody
//! fails for a neighbour. What the server undoes so that somebody else can go on is tried again.
//! A commit whose answer was lost is looked up by the mark that every transaction leaves in the
//! writer's own row. (Not by the transaction's number: after a crash the server gives the numbers of
//! lost transactions to others, and one of those may have committed.)

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{Mutex, OwnedSemaphorePermit, mpsc, oneshot};
use tokio_postgres::Config;

use super::apply::{self, Touched};
use super::connect;
use super::error::{Fault, Try, is_lost};
use super::listen::Bell;
use super::plan::{Link, Miss, Value};
use crate::store::{Change, Expected, News, StoreError};

/// After so many changes in a row that met a lock of somebody else the others are told to come back.
const PATIENCE: u32 = 2;
/// So many that came together are a load, and so long is waited for the rest of it.
const LOAD: usize = 8;
const GATHER: Duration = Duration::from_millis(1);
/// How often a batch is tried that the server undid or whose connection broke.
const TRIES: u32 = 10;
/// The first pause between tries; it grows with each.
const PAUSE: Duration = Duration::from_millis(20);
/// How often a commit whose answer was lost is looked up, and the longest pause between: as long as
/// a database takes to come back from a crash, and less than a caller waits for an answer.
const LOOKS: u32 = 60;
const LONGEST: Duration = Duration::from_millis(250);
/// Slots of `counts`, each of one session: more writers than this wait for one another sometimes.
const SLOTS: i64 = 64;
/// The first key of the advisory locks that slots are held by: any number nobody else uses.
const SLOT_LOCK: i32 = 1_231_500_003;

/// Leaves the number of the batch in the writer's own row, in the transaction of the batch.
const MARK: &str = "INSERT INTO writers (id, batch, seen_at) VALUES ($1, $2, now())
    ON CONFLICT (id) DO UPDATE SET batch = excluded.batch, seen_at = now()";

/// The number of the last batch that is durable. It waits for the old session, if the server has
/// not noticed yet that we are gone: that one holds the row, or the key of a row to be.
const LAST: &str = "INSERT INTO writers (id, batch, seen_at) VALUES ($1, 0, now())
    ON CONFLICT (id) DO UPDATE SET seen_at = now() RETURNING batch";

/// A change that waits, and who waits for the answer.
pub(super) struct Job {
    pub(super) change: Box<Change>,
    pub(super) ack: oneshot::Sender<Result<(), StoreError>>,
    pub(super) _room: OwnedSemaphorePermit,
}

/// One writing task.
pub(super) struct Writer {
    pub(super) config: Config,
    pub(super) jobs: Arc<Mutex<mpsc::Receiver<Job>>>,
    pub(super) batch: usize,
    pub(super) last_batch: Arc<AtomicUsize>,
    pub(super) bell: Arc<Bell>,
    pub(super) link: Option<Link>,
    pub(super) mark: Mark,
}

/// What a writer's transactions are known by.
pub(super) struct Mark {
    writer: Vec<u8>,
    batch: i64,
}

impl Mark {
    /// A mark nobody else has: the server draws it.
    pub(super) async fn draw(link: &Link) -> Try<Self> {
        let row = link.client.query_one("SELECT uuid_send(gen_random_uuid())", &[]).await?;
        Ok(Self { writer: row.try_get(0)?, batch: 0 })
    }
}

/// What an attempt came to.
enum Attempt {
    /// Everything is durable.
    Done,
    /// Nothing was written: these cannot go in.
    Refused(BTreeMap<usize, StoreError>),
    /// Nothing was written; the same again may go in.
    Again(Fault),
    /// Nothing was written, and one of them is to blame.
    Failed(Fault),
    /// Nobody knows.
    Unknown,
}

impl Writer {
    /// Works until the last sender is gone and the queue is empty.
    pub(super) async fn run(mut self) {
        let mut expected = 0;
        loop {
            let mut waiting = Vec::with_capacity(self.batch);
            {
                let mut jobs = self.jobs.lock().await;
                if jobs.recv_many(&mut waiting, self.batch).await == 0 {
                    return;
                }
                // Under load the others are just coming, and a transaction of two costs nearly what
                // one of twenty does. Whoever is alone never waits.
                if expected >= LOAD && waiting.len() < expected {
                    tokio::time::sleep(GATHER).await;
                    let room = self.batch - waiting.len();
                    waiting.extend(std::iter::from_fn(|| jobs.try_recv().ok()).take(room));
                }
            }
            expected = waiting.len().max(expected - expected.div_ceil(8));
            self.last_batch.store(waiting.len(), Ordering::Relaxed);
            self.serve(waiting.into()).await;
        }
    }

    /// Settles what waits, in rounds of changes that have nothing to do with one another. An
    /// erasure is a round of its own: it touches rows that it does not name, and when it is
    /// refused, others must not have met what it did.
    async fn serve(&mut self, mut waiting: VecDeque<Job>) {
        while !waiting.is_empty() {
            let mut touched = Touched::default();
            let erases = waiting.front().is_some_and(|job| job.change.erase.is_some());
            let mut apart = Vec::with_capacity(waiting.len());
            for (place, job) in waiting.iter().enumerate() {
                let fits = if erases { place == 0 } else { job.change.erase.is_none() };
                // Asked in any case: what waits for this one must stay behind it.
                apart.push(touched.is_apart(&job.change) && fits);
            }
            let (mut now, mut later) = (Vec::new(), VecDeque::new());
            for (job, apart) in waiting.into_iter().zip(apart) {
                if apart { now.push(job) } else { later.push_back(job) }
            }
            self.settle(now).await;
            waiting = later;
        }
    }

    /// Settles changes that go together; one by one where nobody knows which one is to blame.
    async fn settle(&mut self, jobs: Vec<Job>) {
        let alone = jobs.len() == 1;
        let Err((fault, jobs)) = self.together(jobs).await else { return };
        // A server that is not there is nobody's fault, and would be asked again for each.
        if alone || fault.is_nobodys() {
            let told = fault.into_store_error();
            jobs.into_iter().for_each(|job| answer(job, Err(told_again(&told))));
            return;
        }
        // Whoever stopped waiting meanwhile was told that it is not known; now it is not written.
        let mut locked = 0;
        for job in jobs.into_iter().filter(|job| !job.ack.is_closed()) {
            if locked == PATIENCE {
                // It is not one row that somebody holds: the others need not wait for it in turn.
                answer(job, Err(StoreError::Overloaded));
                continue;
            }
            if let Err((fault, jobs)) = self.together(vec![job]).await {
                locked = if fault.is_locked() { locked + 1 } else { 0 };
                let told = fault.into_store_error();
                jobs.into_iter().for_each(|job| answer(job, Err(told_again(&told))));
            }
        }
    }

    /// Commits changes in one transaction and answers them, or gives them back unanswered.
    async fn together(&mut self, mut jobs: Vec<Job>) -> Result<(), (Fault, Vec<Job>)> {
        let mut tries = 0;
        while !jobs.is_empty() {
            match self.attempt(&jobs).await {
                Attempt::Done => {
                    let leaves = jobs.iter().any(|job| !job.change.streams.is_empty());
                    let reports = jobs.iter().any(|job| !job.change.outbox.is_empty());
                    jobs.drain(..).for_each(|job| answer(job, Ok(())));
                    self.ring(leaves, reports).await;
                }
                Attempt::Refused(mut refused) => {
                    let mut left = Vec::with_capacity(jobs.len());
                    for (owner, job) in jobs.into_iter().enumerate() {
                        match refused.remove(&owner) {
                            Some(error) => answer(job, Err(error)),
                            None => left.push(job),
                        }
                    }
                    jobs = left;
                }
                Attempt::Again(fault) => {
                    tries += 1;
                    if tries >= TRIES {
                        return Err((fault, jobs));
                    }
                    tokio::time::sleep(PAUSE * tries).await;
                }
                Attempt::Failed(fault) => return Err((fault, jobs)),
                Attempt::Unknown => {
                    let text = "the connection broke in a commit: whether the change is there is \
                                unknown";
                    let lost = |job| answer(job, Err(StoreError::Engine(text.to_owned())));
                    jobs.drain(..).for_each(lost);
                }
            }
        }
        Ok(())
    }

    async fn attempt(&mut self, jobs: &[Job]) -> Attempt {
        let batch: Vec<&Change> = jobs.iter().map(|job| &*job.change).collect();
        let outcome = self.transact(&batch).await;
        outcome.unwrap_or_else(|fault| {
            if fault.is_transient() {
                if matches!(&fault, Fault::Engine(error) if is_lost(error)) {
                    self.link = None;
                }
                Attempt::Again(fault)
            } else {
                Attempt::Failed(fault)
            }
        })
    }

    /// One transaction. An error says that nothing was written.
    async fn transact(&mut self, batch: &[&Change]) -> Try<Attempt> {
        let link = match self.link.take().filter(|link| !link.client.is_closed()) {
            Some(link) => self.link.insert(link),
            None => self.link.insert(join(&self.config).await?),
        };
        self.mark.batch += 1;
        let mut plan = apply::plan(batch, link.slot)?;
        let mark: [Value<'_>; 2] = [Box::new(self.mark.writer.clone()), Box::new(self.mark.batch)];
        plan.one(MARK, Miss::Nothing, 0, mark.into());
        let misses = match link.send(&plan).await {
            Ok(misses) => misses,
            Err(fault) => {
                // A session that cannot even roll back is replaced.
                if link.client.batch_execute("ROLLBACK").await.is_err() {
                    self.link = None;
                }
                return Err(fault);
            }
        };
        if !misses.is_empty() {
            link.client.batch_execute("ROLLBACK").await?;
            return Ok(Attempt::Refused(reasons(link, batch, misses).await?));
        }
        match link.client.batch_execute("COMMIT").await {
            Ok(()) => Ok(Attempt::Done),
            // Whatever it says: a server that fails while it makes a commit durable may answer
            // with the error of the disk, and find the commit in its log when it is back.
            Err(error) => {
                self.link = None;
                Ok(self.look_up(error.into()).await)
            }
        }
    }

    /// A commit was sent and its answer lost: the writer's row tells what came of it.
    async fn look_up(&mut self, lost: Fault) -> Attempt {
        for looks in 1..=LOOKS {
            tokio::time::sleep((PAUSE * looks).min(LONGEST)).await;
            let Ok(link) = join(&self.config).await else { continue };
            let Ok(row) = link.client.query_one(LAST, &[&self.mark.writer]).await else { continue };
            self.link = Some(link);
            return match row.try_get::<_, i64>(0) {
                Ok(batch) if batch == self.mark.batch => Attempt::Done,
                Ok(_) => Attempt::Again(lost),
                Err(_) => Attempt::Unknown,
            };
        }
        Attempt::Unknown
    }

    /// Wakes those who wait in other processes.
    async fn ring(&self, leaves: bool, reports: bool) {
        let Some(link) = &self.link else { return };
        if leaves {
            self.bell.ring(&link.client, News::Leaves).await;
        }
        if reports {
            self.bell.ring(&link.client, News::Reports).await;
        }
    }
}

/// Opens a session for writing.
pub(super) async fn join(config: &Config) -> Try<Link> {
    let client = connect::open(config).await?;
    // The lock ends with the session. Two sessions in one slot would meet in its rows in either
    // order, and undo one another.
    let sql = "SELECT COALESCE((SELECT slot FROM generate_series(0, $2::BIGINT - 1) AS slot
                                WHERE pg_try_advisory_lock($1::INT, slot::INT) LIMIT 1),
                               pg_backend_pid() % $2)";
    let slot = client.query_one(sql, &[&SLOT_LOCK, &SLOTS]).await?.try_get(0)?;
    Ok(Link::new(client, slot))
}

/// Drops the rows of writers that have not written for a day: a commit is looked up within seconds.
pub(super) async fn forget_the_dead(link: &Link) -> Try<()> {
    let sql = "DELETE FROM writers WHERE seen_at < now() - INTERVAL '1 day'";
    Ok(link.client.batch_execute(sql).await?)
}

/// What each refused change is told.
async fn reasons(
    link: &Link,
    batch: &[&Change],
    misses: BTreeMap<usize, Miss>,
) -> Try<BTreeMap<usize, StoreError>> {
    let mut reasons = BTreeMap::new();
    if misses.values().any(|miss| *miss == Miss::Closed) {
        tracing::error!("this store was moved elsewhere: nothing is written here any more");
    }
    for (owner, miss) in misses {
        let reason = match miss {
            Miss::Closed => StoreError::Closed,
            Miss::Token => StoreError::TokenReplayed,
            Miss::Conflict(what) => StoreError::Conflict { what },
            Miss::NewCase => StoreError::Conflict { what: taken(link, batch[owner]).await? },
            Miss::Nothing => continue,
        };
        reasons.insert(owner, reason);
    }
    Ok(reasons)
}

/// Whether it is the complaint number that is taken, or the id or stream of the case.
async fn taken(link: &Link, change: &Change) -> Try<&'static str> {
    let Some(Expected::New(new)) = change.case.as_ref().map(|case| &case.expected) else {
        return Ok("case");
    };
    let sql = "SELECT 1 FROM cases WHERE number = $1";
    let found = link.client.query_opt(sql, &[&new.number.as_slice()]).await?;
    Ok(if found.is_some() { "complaint number" } else { "case" })
}

/// The same error for the next one who waits.
fn told_again(error: &StoreError) -> StoreError {
    match error {
        StoreError::Conflict { what } => StoreError::Conflict { what },
        StoreError::TokenReplayed => StoreError::TokenReplayed,
        StoreError::Full => StoreError::Full,
        StoreError::Overloaded => StoreError::Overloaded,
        StoreError::Unreachable => StoreError::Unreachable,
        StoreError::Engine(text) => StoreError::Engine(text.clone()),
        StoreError::Corrupt { table } => StoreError::Corrupt { table },
        StoreError::Closed => StoreError::Closed,
    }
}

/// Whoever asked may be gone; the outcome stands anyway.
fn answer(job: Job, outcome: Result<(), StoreError>) {
    drop(job.ack.send(outcome));
}
