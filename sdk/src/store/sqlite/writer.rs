//! The one thread that writes: it takes what waits, commits it with one fsync and only then says
//! so. It knows nothing of what the changes mean.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rusqlite::{Connection, Error};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

use super::company::Company;
use super::error::{Fault, Try, describe, is_fatal};
use super::{apply, lock};
use crate::store::{Change, OutboxRow, StoreError};
use crate::time::Timestamp;

/// What waits for the writer, and who waits for the answer.
pub(super) struct Job {
    pub(super) work: Work,
    pub(super) ack: oneshot::Sender<Result<(), StoreError>>,
    pub(super) _room: Option<OwnedSemaphorePermit>,
}

/// What the writer does.
pub(super) enum Work {
    /// Makes a change durable.
    Change(Box<Change>),
    /// Claims reports that may be sent now.
    Claim(Claim),
    /// Shows that it can write.
    Probe,
}

/// A claim, and where the claimed rows are put; they count once the job is answered.
pub(super) struct Claim {
    pub(super) now: Timestamp,
    pub(super) until: Timestamp,
    pub(super) limit: u32,
    pub(super) claimed: Arc<Mutex<Vec<OutboxRow>>>,
}

impl Work {
    fn apply(&self, db: &Connection) -> Try<()> {
        match self {
            Self::Change(change) => apply::change(db, change),
            Self::Claim(claim) => {
                let rows = apply::claim(db, claim.now, claim.until, claim.limit)?;
                *lock(&claim.claimed) = rows;
                Ok(())
            }
            Self::Probe => apply::probe(db),
        }
    }

    /// Whether bytes were destroyed that must not live on in the write-ahead log.
    fn destroys(&self) -> bool {
        match self {
            Self::Change(change) => change.erase.is_some(),
            Self::Claim(_) | Self::Probe => false,
        }
    }
}

/// A transaction that was lost as a whole.
struct Lost {
    error: Error,
    /// Whether it was lost while it was made durable: then nobody knows what the disk holds.
    committing: bool,
}

impl From<Error> for Lost {
    fn from(error: Error) -> Self {
        Self { error, committing: false }
    }
}

impl Lost {
    fn answer(&self) -> StoreError {
        match describe(&self.error) {
            StoreError::Engine(code) if self.committing && is_fatal(&self.error) => {
                StoreError::Engine(format!("{code}: whether the change is there is unknown"))
            }
            other => other,
        }
    }
}

thread_local! {
    /// How many pages the write-ahead log had after the last commit: told by the engine to a plain
    /// function, which can leave it nowhere else.
    static PAGES: Cell<i32> = const { Cell::new(0) };
}

/// The thread's state.
pub(super) struct Writer {
    db: Connection,
    batch: usize,
    checkpoint_pages: i32,
    /// How many pages the log had when it was last moved, as long as it goes on from there.
    moved: i32,
    last_batch: Arc<AtomicUsize>,
    company: Company,
    patience: Duration,
    must_truncate: bool,
}

impl Writer {
    pub(super) fn new(
        db: Connection,
        batch: usize,
        checkpoint_pages: i32,
        patience: Duration,
        last_batch: Arc<AtomicUsize>,
    ) -> Self {
        Self {
            db,
            batch,
            checkpoint_pages,
            moved: 0,
            last_batch,
            company: Company::default(),
            patience,
            must_truncate: false,
        }
    }

    /// Works until the last sender is gone and the queue is empty, or until the disk fails: a
    /// failed fsync is never tried again, because the second one may lie.
    pub(super) fn run(mut self, mut jobs: mpsc::Receiver<Job>) -> Result<(), StoreError> {
        self.db.wal_hook(Some(|_, pages| {
            PAGES.set(pages);
            Ok(())
        }));
        let mut waiting = Vec::with_capacity(self.batch);
        while jobs.blocking_recv_many(&mut waiting, self.batch) > 0 {
            self.company.gather(&mut jobs, &mut waiting, self.batch);
            self.last_batch.store(waiting.len(), Ordering::Relaxed);
            let (began, size) = (Instant::now(), waiting.len());
            let served = self.serve(&mut waiting);
            self.company.note(size, began.elapsed());
            if let Err(error) = served {
                let told = describe(&error);
                tracing::error!(error = %told, "the writer stops for good; check the disk");
                jobs.close();
                while let Ok(job) = jobs.try_recv() {
                    answer(job, Err(StoreError::Closed));
                }
                return Err(told);
            }
        }
        self.checkpoint(true).map_err(|error| describe(&error))?;
        Ok(())
    }

    /// Commits what waits and answers it. An error stops the thread.
    fn serve(&mut self, waiting: &mut Vec<Job>) -> Result<(), Error> {
        match self.transact(waiting) {
            Ok(outcomes) => self.conclude(waiting, outcomes),
            Err(lost) => {
                if !self.db.is_autocommit() {
                    // If this fails too, the next BEGIN does, and tells.
                    drop(self.db.execute_batch("ROLLBACK"));
                }
                for job in waiting.drain(..) {
                    answer(job, Err(lost.answer()));
                }
                if is_fatal(&lost.error) { Err(lost.error) } else { Ok(()) }
            }
        }
    }

    /// One transaction. Nearly always every job goes in, so they are applied plainly; when one
    /// does not, all is undone and done again with a way back before each.
    fn transact(&self, waiting: &[Job]) -> Result<Vec<Result<(), StoreError>>, Lost> {
        self.db.execute_batch("BEGIN IMMEDIATE")?;
        let outcomes = match self.apply_plainly(waiting)? {
            Some(outcomes) => outcomes,
            None => {
                self.db.execute_batch("ROLLBACK")?;
                self.db.execute_batch("BEGIN IMMEDIATE")?;
                self.apply_carefully(waiting)?
            }
        };
        self.db.execute_batch("COMMIT").map_err(|error| Lost { error, committing: true })?;
        Ok(outcomes)
    }

    /// Applies all jobs; `None` when one does not go in.
    fn apply_plainly(&self, waiting: &[Job]) -> Result<Option<Vec<Result<(), StoreError>>>, Lost> {
        for job in waiting {
            match job.work.apply(&self.db) {
                Ok(()) => {}
                Err(Fault::Engine(error)) if is_fatal(&error) || self.db.is_autocommit() => {
                    // Some errors undo the whole transaction, neighbours and all.
                    return Err(error.into());
                }
                Err(_) => return Ok(None),
            }
        }
        Ok(Some(waiting.iter().map(|_| Ok(())).collect()))
    }

    /// Applies the jobs with one savepoint each: a job that fails is undone alone.
    fn apply_carefully(&self, waiting: &[Job]) -> Result<Vec<Result<(), StoreError>>, Lost> {
        let mut outcomes = Vec::with_capacity(waiting.len());
        for job in waiting {
            self.run_word("SAVEPOINT change")?;
            match job.work.apply(&self.db) {
                Ok(()) => outcomes.push(Ok(())),
                Err(Fault::Engine(error)) if is_fatal(&error) || self.db.is_autocommit() => {
                    return Err(error.into());
                }
                Err(fault) => {
                    self.run_word("ROLLBACK TO change")?;
                    outcomes.push(Err(fault.into_store_error()));
                }
            }
            self.run_word("RELEASE change")?;
        }
        Ok(outcomes)
    }

    fn run_word(&self, sql: &str) -> Result<(), Error> {
        self.db.prepare_cached(sql)?.execute([])?;
        Ok(())
    }

    /// Answers a committed batch. An erasure is answered when its bytes have left the log too.
    fn conclude(
        &mut self,
        waiting: &mut Vec<Job>,
        outcomes: Vec<Result<(), StoreError>>,
    ) -> Result<(), Error> {
        let mut erased = Vec::new();
        for (job, outcome) in waiting.drain(..).zip(outcomes) {
            if outcome.is_ok() && job.work.destroys() {
                erased.push(job);
            } else {
                answer(job, outcome);
            }
        }
        let done = self.move_log(!erased.is_empty());
        for job in erased {
            answer(job, Ok(()));
        }
        // What was committed stays so: the log is still there. Only writing on would be a risk.
        done.or_else(|error| if is_fatal(&error) { Err(error) } else { Ok(()) })
    }

    /// Moves the log when it has grown; at once and to the last byte when something was erased just
    /// now. What a reader kept from being emptied then is tried again with every batch, but waited
    /// for only once.
    fn move_log(&mut self, erased: bool) -> Result<(), Error> {
        if erased {
            return self.checkpoint(true);
        }
        if self.must_truncate {
            self.db.busy_timeout(Duration::ZERO)?;
            let done = self.checkpoint(true);
            self.db.busy_timeout(self.patience)?;
            return done;
        }
        let pages = PAGES.get();
        if pages < self.moved {
            // The log began anew.
            self.moved = 0;
        }
        if pages - self.moved < self.checkpoint_pages {
            return Ok(());
        }
        // What a long read holds back is tried again after as many pages, not with every batch.
        self.moved = pages;
        self.checkpoint(false)
    }

    /// Moves the write-ahead log into the database file, and empties it if asked to. A reader may
    /// be in the way; then the log stays and the next batch tries again.
    fn checkpoint(&mut self, truncate: bool) -> Result<(), Error> {
        let sql = if truncate {
            "PRAGMA wal_checkpoint(TRUNCATE)"
        } else {
            "PRAGMA wal_checkpoint(PASSIVE)"
        };
        let busy: i64 = self.db.query_row(sql, [], |row| row.get(0))?;
        if truncate {
            self.must_truncate = busy != 0;
        }
        Ok(())
    }
}

/// Whoever asked may be gone; the outcome stands anyway.
fn answer(job: Job, outcome: Result<(), StoreError>) {
    drop(job.ack.send(outcome));
}
