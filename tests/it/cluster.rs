//! Several servers over one PostgreSQL database: one is killed and one sleeps through its leases,
//! or the database itself crashes, under load. Nothing acknowledged is lost, nothing happens twice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use green_channel::testkit::{SimCenter, SimError};
use green_channel_tests::{
    ApiError, Postgres, Replica, Setup, Staff, TestApp, accept, check_log, complaint_from, contact,
    merchant_server,
};
use serde_json::Value;
use tokio::task::JoinSet;

/// Longer than every lease of a server whose calls to the center may take 2 seconds. The issue's
/// minute is `GREEN_CHANNEL_PAUSE_SECONDS=60`.
const PAUSE_SECONDS: u64 = 9;

/// What was acknowledged, by whichever server.
#[derive(Default)]
struct Acknowledged {
    receipts: BTreeMap<String, String>,
    accepted: BTreeSet<String>,
    notes: BTreeMap<String, Vec<String>>,
}

impl Acknowledged {
    fn told(&self) -> String {
        let (complaints, acts) = (self.receipts.len(), self.accepted.len());
        format!("{complaints} complaints and {acts} worked cases acknowledged")
    }
}

/// Load on one server.
#[derive(Clone)]
struct Load {
    center: SimCenter,
    clerk: Staff,
    numbers: Arc<AtomicU64>,
    acknowledged: Arc<Mutex<Acknowledged>>,
    over: Arc<AtomicBool>,
}

impl Load {
    fn note(&self, write: impl FnOnce(&mut Acknowledged)) {
        write(&mut self.acknowledged.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Diverts until told to stop. What a dead or sleeping server does not answer is sent again
    /// until one does: that is what a center does.
    async fn divert(self, others: Vec<SimCenter>) {
        while !self.over.load(Ordering::SeqCst) {
            let number = self.numbers.fetch_add(1, Ordering::SeqCst);
            let no = format!("MANY-{number:06}");
            let complaint = complaint_from(&self.center, number, &no);
            let receipt = taken_by_any(&self.center, &others, &complaint).await;
            self.note(|all| drop(all.receipts.insert(no, receipt)));
        }
    }

    /// Accepts and contacts; a call that met no answer is not counted as acknowledged.
    async fn work(self) {
        while !self.over.load(Ordering::SeqCst) {
            match self.work_once().await {
                Ok(()) => {}
                Err(ApiError::Transport(_)) => tokio::time::sleep(Duration::from_millis(50)).await,
                // The other server's clerk was first: look again.
                Err(ApiError::Refused(refused)) if [409, 503].contains(&refused.status) => {}
                Err(ApiError::Refused(refused)) => panic!("refused under load: {refused:?}"),
            }
        }
    }

    async fn work_once(&self) -> Result<(), ApiError> {
        let waiting = self.clerk.page("state=received&limit=3").await?;
        if waiting.is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        for row in waiting {
            let id = row["case_id"].as_str().expect("a case has an id").to_owned();
            self.clerk.act_at(&id, &row["revision"], accept()).await?;
            self.note(|all| {
                all.accepted.insert(id.clone());
            });
            let note = format!("记录{}", self.numbers.fetch_add(1, Ordering::SeqCst));
            self.clerk.act(&id, contact(&note)).await?;
            self.note(|all| all.notes.entry(id).or_default().push(note));
        }
        Ok(())
    }
}

/// The receipt of the first server that answers; every attempt carries a fresh token.
async fn taken_by_any(first: &SimCenter, others: &[SimCenter], complaint: &Value) -> String {
    for round in 0..600 {
        for center in std::iter::once(first).chain(others) {
            let call = tokio::time::timeout(Duration::from_secs(3), center.divert(complaint)).await;
            match call {
                Ok(Ok((_, answer))) => return answer.receipt,
                Err(_) | Ok(Err(SimError::Transport(_))) => {}
                Ok(Err(SimError::Status { status: 429 | 503, .. })) => {}
                Ok(Err(error)) => panic!("refused under load in round {round}: {error}"),
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("no server took the complaint")
}

/// Each acknowledged complaint is one case, and diverting it again anywhere gives its receipt.
async fn each_once(clerk: &Staff, acknowledged: &Acknowledged) {
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    for row in clerk.list("").await.expect("the cases list") {
        let no = row["complaint_no"].as_str().expect("nothing was erased").to_owned();
        *seen.entry(no).or_default() += 1;
    }
    assert!(seen.values().all(|times| *times == 1), "a complaint has two cases");
    for no in acknowledged.receipts.keys() {
        assert!(seen.contains_key(no), "{no} was acknowledged and has no case");
    }
}

/// Every acknowledged act is in the history, once.
async fn acts_are_there(clerk: &Staff, acknowledged: &Acknowledged) {
    for id in &acknowledged.accepted {
        let history = clerk.history(id).await.expect("the history reads");
        let accepts = history.iter().filter(|event| event["kind"] == "accepted").count();
        assert_eq!(accepts, 1, "{id}: an acknowledged accept is there {accepts} times");
        let said: Vec<&str> =
            history.iter().filter_map(|event| event["words"]["note"].as_str()).collect();
        for note in acknowledged.notes.get(id).into_iter().flatten() {
            let times = said.iter().filter(|word| *word == note).count();
            assert_eq!(times, 1, "{id}: an acknowledged contact is there {times} times");
        }
    }
}

/// The center heard of each step once and in order.
fn told_in_order(center: &SimCenter, acknowledged: &Acknowledged) {
    assert_eq!(center.broken_rules(), Vec::<String>::new());
    let mut told: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for seen in center.reports() {
        told.entry(seen.complaint_no).or_default().push(seen.kind);
    }
    for (no, kinds) in &told {
        assert_eq!(kinds[0], "accepted", "{no}: {kinds:?}");
        assert!(kinds[1..].iter().all(|kind| kind == "contacted"), "{no}: {kinds:?}");
    }
    let heard: usize = told.values().map(Vec::len).sum();
    let contacts: usize = acknowledged.notes.values().map(Vec::len).sum();
    let steps = acknowledged.accepted.len() + contacts;
    assert!(heard >= steps, "{steps} steps were acknowledged, the center heard of {heard}");
}

fn pause() -> Duration {
    let named = std::env::var("GREEN_CHANNEL_PAUSE_SECONDS").ok();
    Duration::from_secs(named.and_then(|text| text.parse().ok()).unwrap_or(PAUSE_SECONDS))
}

/// Load on so many servers, until it is ended.
struct UnderLoad {
    tasks: JoinSet<()>,
    acknowledged: Arc<Mutex<Acknowledged>>,
    over: Arc<AtomicBool>,
}

impl UnderLoad {
    fn start<'a>(servers: impl IntoIterator<Item = (&'a SimCenter, &'a Staff)>) -> Self {
        let (numbers, acknowledged) = (Arc::<AtomicU64>::default(), Arc::<Mutex<_>>::default());
        let (over, mut tasks) = (Arc::<AtomicBool>::default(), JoinSet::new());
        let servers: Vec<_> = servers.into_iter().collect();
        let all: Vec<SimCenter> = servers.iter().map(|(center, _)| (*center).clone()).collect();
        for (center, clerk) in servers {
            let load = Load {
                center: center.clone(),
                clerk: clerk.clone(),
                numbers: Arc::clone(&numbers),
                acknowledged: Arc::clone(&acknowledged),
                over: Arc::clone(&over),
            };
            tasks.spawn(load.clone().divert(all.clone()));
            tasks.spawn(load.work());
        }
        Self { tasks, acknowledged, over }
    }

    async fn end(mut self) -> Acknowledged {
        self.over.store(true, Ordering::SeqCst);
        while let Some(ended) = self.tasks.join_next().await {
            ended.expect("the load met nothing but what it was told to bear");
        }
        std::mem::take(&mut *self.acknowledged.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What was acknowledged is there, once, seen from every server; the center heard of it in order.
async fn nothing_lost_nothing_twice(app: &TestApp, others: &[&Staff], acknowledged: &Acknowledged) {
    // A report that was on its way when its server died or slept waits until its lease is over.
    app.drained(Duration::from_secs(120)).await;
    assert!(app.supervisor().reports("dead").await.unwrap().is_empty(), "a report was put aside");
    let (complaints, acts) = (acknowledged.receipts.len(), acknowledged.accepted.len());
    assert!(complaints > 50 && acts > 10, "there was no load: {complaints} and {acts}");
    for clerk in std::iter::once(app.clerk()).chain(others.iter().copied()) {
        each_once(clerk, acknowledged).await;
        acts_are_there(clerk, acknowledged).await;
    }
    told_in_order(app.center(), acknowledged);
}

/// The log verifies, and so does the store behind it.
async fn proves_itself(mut app: TestApp, acknowledged: &Acknowledged) {
    assert!(app.stop().await.success());
    let log = check_log(&app.export_log());
    assert!(log.cases >= u64::try_from(acknowledged.receipts.len()).unwrap());
    let data = app.data();
    let fsck = merchant_server(["fsck", "--data", data.to_str().unwrap()]);
    let said = String::from_utf8_lossy(&fsck.stdout);
    assert!(fsck.status.success(), "fsck found something:\n{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_server_is_killed_and_one_sleeps_and_nothing_is_lost_or_done_twice() {
    let database = Some(Postgres::shared().database("cluster"));
    let app = TestApp::start_with(Setup { database, ..Setup::default() }).await;
    let (mut mortal, sleeper) = (Replica::start(&app).await, Replica::start(&app).await);
    let load = UnderLoad::start([
        (app.center(), app.clerk()),
        (mortal.center(), mortal.clerk()),
        (sleeper.center(), sleeper.clerk()),
    ]);
    tokio::time::sleep(Duration::from_secs(2)).await;
    sleeper.pause();
    tokio::time::sleep(Duration::from_secs(1)).await;
    mortal.kill();
    tokio::time::sleep(pause()).await;
    sleeper.resume();
    mortal.restart().await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let acknowledged = load.end().await;
    let others = [mortal.clerk(), sleeper.clerk()];
    nothing_lost_nothing_twice(&app, &others, &acknowledged).await;
    drop((mortal, sleeper));
    proves_itself(app, &acknowledged).await;
    println!("{}", acknowledged.told());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_database_crashes_under_load_and_comes_back_and_nothing_acknowledged_is_lost() {
    let mut postgres = Postgres::start_durable();
    let database = Some(postgres.database("crashing"));
    let app = TestApp::start_with(Setup { database, ..Setup::default() }).await;
    let other = Replica::start(&app).await;
    let load = UnderLoad::start([(app.center(), app.clerk()), (other.center(), other.clerk())]);
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_secs(2)).await;
        postgres.crash();
        tokio::time::sleep(Duration::from_secs(2)).await;
        let told = app.get("/readyz").await.expect("the server itself answers");
        assert_eq!(told.status(), 503, "a server without its database is not ready");
        postgres.restart();
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    let acknowledged = load.end().await;
    nothing_lost_nothing_twice(&app, &[other.clerk()], &acknowledged).await;
    drop(other);
    proves_itself(app, &acknowledged).await;
    println!("{}", acknowledged.told());
    drop(postgres);
}
