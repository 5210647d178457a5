//! What was acknowledged survives SIGKILL: fifty times, at random moments, under load.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use green_channel::testkit::{SimCenter, SimError};
use green_channel_tests::{
    ApiError, CheckedLog, Seeded, Staff, TestApp, accept, check_log, complaint_from, contact,
};
use serde_json::Value;
use tokio::task::JoinSet;

const KILLS: u32 = 50;
const DIVERTERS: u64 = 3;
/// How many of the older complaints are looked at again after each kill; at the end, all are.
const SAMPLE: u64 = 5;

/// A complaint whose diversion was answered.
#[derive(Clone)]
struct Taken {
    complaint: Value,
    receipt: String,
    stream: String,
}

/// What the server has acknowledged.
#[derive(Default)]
struct Acknowledged {
    complaints: BTreeMap<String, Taken>,
    /// By case: whether `accepted` was acknowledged, and the notes of contacts that were.
    acts: BTreeMap<String, (bool, Vec<String>)>,
}

/// One load on the server, shared by its tasks.
#[derive(Clone)]
struct Load {
    center: SimCenter,
    clerk: Staff,
    acknowledged: Arc<Mutex<Acknowledged>>,
    numbers: Arc<AtomicU64>,
    over: Arc<AtomicBool>,
}

impl Load {
    fn acknowledged(&self) -> MutexGuard<'_, Acknowledged> {
        self.acknowledged.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Diverts fresh complaints until told to stop or the server is gone.
    async fn divert(self) {
        while !self.over.load(Ordering::SeqCst) {
            let number = self.numbers.fetch_add(1, Ordering::SeqCst);
            let no = format!("KILL-{number:06}");
            let complaint = complaint_from(&self.center, number, &no);
            match self.center.divert(&complaint).await {
                Ok((_, answer)) => {
                    let (receipt, stream) = (answer.receipt, String::new());
                    let taken = Taken { complaint, receipt, stream };
                    self.acknowledged().complaints.insert(no, taken);
                }
                Err(SimError::Transport(_)) => return,
                Err(error) => panic!("{no} was refused under load: {error}"),
            }
        }
    }

    /// Accepts and contacts until told to stop or the server is gone.
    async fn work(self) {
        while !self.over.load(Ordering::SeqCst) {
            match self.work_once().await {
                Ok(()) => {}
                Err(ApiError::Transport(_)) => return,
                Err(ApiError::Refused(refused)) => panic!("refused under load: {refused:?}"),
            }
        }
    }

    async fn work_once(&self) -> Result<(), ApiError> {
        let waiting = self.clerk.page("state=received&limit=3").await?;
        if waiting.is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        for row in waiting {
            let id = row["case_id"].as_str().expect("a case has an id").to_owned();
            self.clerk.act_at(&id, &row["revision"], accept()).await?;
            self.acknowledged().acts.entry(id.clone()).or_default().0 = true;
            let note = format!("记录{}", self.numbers.fetch_add(1, Ordering::SeqCst));
            self.clerk.act(&id, contact(&note)).await?;
            self.acknowledged().acts.entry(id).or_default().1.push(note);
        }
        Ok(())
    }
}

/// A call that may meet a connection which died with the old server: once more is enough.
async fn again<T, F>(mut call: impl FnMut() -> F) -> Result<T, SimError>
where
    F: Future<Output = Result<T, SimError>>,
{
    for _ in 0..3 {
        match call().await {
            Err(SimError::Transport(_)) => {}
            outcome => return outcome,
        }
    }
    call().await
}

/// The center can track it, and diverting the same body again gets the same receipt.
async fn is_there(center: SimCenter, no: String, taken: Taken) {
    let tracked = again(|| center.track(&no)).await;
    tracked.unwrap_or_else(|error| panic!("{no} was acknowledged and is lost: {error}"));
    let (status, answer) = again(|| center.divert(&taken.complaint)).await.expect("a known one");
    assert_eq!(status, 200, "{no} was acknowledged, yet it is new");
    assert_eq!(answer.receipt, taken.receipt, "{no} got another receipt");
}

async fn are_there(load: &Load, complaints: Vec<(String, Taken)>) {
    let mut waiting = complaints.into_iter();
    let mut checks = JoinSet::new();
    loop {
        while checks.len() < 8 {
            let Some((no, taken)) = waiting.next() else { break };
            checks.spawn(is_there(load.center.clone(), no, taken));
        }
        match checks.join_next().await {
            Some(checked) => checked.expect("an acknowledged complaint is there"),
            None => return,
        }
    }
}

/// Every acknowledged act is in the history, and none is there twice.
async fn acts_are_there(load: &Load, ids: Vec<String>) {
    for id in ids {
        let (accepted, notes) = load.acknowledged().acts[&id].clone();
        let mut history = load.clerk.history(&id).await;
        if matches!(history, Err(ApiError::Transport(_))) {
            history = load.clerk.history(&id).await;
        }
        let history = history.expect("the history reads");
        let count = |kind: &str| history.iter().filter(|event| event["kind"] == kind).count();
        let said: Vec<&str> =
            history.iter().filter_map(|event| event["words"]["note"].as_str()).collect();
        assert!(!accepted || count("accepted") == 1, "{id}: an acknowledged accept is lost");
        for note in &notes {
            let times = said.iter().filter(|word| *word == note).count();
            assert_eq!(times, 1, "{id}: an acknowledged contact is there {times} times");
        }
    }
}

/// One round: load, death at a random moment, resurrection, and a look at what must be there.
async fn round(app: &mut TestApp, load: &Load, random: &mut Seeded) -> Duration {
    let known: BTreeSet<String> = load.acknowledged().complaints.keys().cloned().collect();
    let worked: BTreeSet<String> = load.acknowledged().acts.keys().cloned().collect();
    load.over.store(false, Ordering::SeqCst);
    let mut tasks = JoinSet::new();
    for _ in 0..DIVERTERS {
        tasks.spawn(load.clone().divert());
    }
    tasks.spawn(load.clone().work());
    tokio::time::sleep(Duration::from_millis(random.between(50, 250))).await;
    app.kill();
    load.over.store(true, Ordering::SeqCst);
    while let Some(ended) = tasks.join_next().await {
        ended.expect("the load met nothing but the server's death");
    }
    let began = Instant::now();
    app.restart().await;
    let recovery = began.elapsed();
    let all: Vec<(String, Taken)> = load.acknowledged().complaints.clone().into_iter().collect();
    let (mut look, old): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|(no, _)| !known.contains(no));
    for _ in 0..SAMPLE.min(u64::try_from(old.len()).unwrap_or(0)) {
        let place = random.between(0, u64::try_from(old.len()).expect("few"));
        look.push(old[usize::try_from(place).expect("few")].clone());
    }
    are_there(load, look).await;
    let acts: Vec<String> = load.acknowledged().acts.keys().cloned().collect();
    acts_are_there(load, acts.into_iter().filter(|id| !worked.contains(id)).collect()).await;
    recovery
}

/// No complaint number has two cases, and every acknowledged one has its case.
async fn each_once(load: &Load) {
    let mut seen: BTreeMap<String, (u32, String)> = BTreeMap::new();
    for row in load.clerk.list("").await.expect("the cases list") {
        let no = row["complaint_no"].as_str().expect("nothing was erased").to_owned();
        let id = row["case_id"].as_str().expect("a case has an id").to_owned();
        seen.entry(no).or_insert((0, id)).0 += 1;
    }
    let twice: Vec<_> = seen.iter().filter(|(_, (times, _))| *times > 1).collect();
    assert!(twice.is_empty(), "cases that are there twice: {twice:?}");
    for no in load.acknowledged().complaints.keys() {
        assert!(seen.contains_key(no), "{no} was acknowledged and has no case");
    }
}

/// The center heard of each step once and in order; of every acknowledged step it did hear.
fn told_in_order(load: &Load) {
    let mut told: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for seen in load.center.reports() {
        told.entry(seen.complaint_no).or_default().push(seen.kind);
    }
    let whole = ["accepted", "contacted"];
    for (no, kinds) in &told {
        assert!(kinds.len() <= 2 && *kinds == whole[..kinds.len()], "{no}: {kinds:?}");
    }
    let acknowledged = load.acknowledged();
    let steps: usize = acknowledged.acts.values().map(|(_, notes)| 1 + notes.len()).sum();
    let heard: usize = told.values().map(Vec::len).sum();
    assert!(heard >= steps, "{steps} steps were acknowledged, the center heard of {heard}");
}

/// The log holds the leaf of every acknowledged receipt, as the first of its stream.
fn receipts_are_in(log: &CheckedLog, load: &Load) {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let mut acknowledged = load.acknowledged();
    for (no, taken) in &mut acknowledged.complaints {
        let payload = taken.receipt.split('.').nth(1).expect("a receipt is a JWS");
        let payload = URL_SAFE_NO_PAD.decode(payload).expect("a receipt is a JWS");
        let claims: Value = serde_json::from_slice(&payload).expect("a receipt is JSON");
        let leaf = claims["leaf_hash"].as_str().expect("a receipt names its leaf");
        assert!(log.hashes.contains(leaf), "{no}: the receipted leaf is not in the log");
        taken.stream = claims["stream"].as_str().expect("a receipt names its stream").to_owned();
        assert_eq!(log.streams[&taken.stream][0], "received", "{no}");
    }
    let streams: BTreeSet<&String> = acknowledged.complaints.values().map(|t| &t.stream).collect();
    assert_eq!(streams.len(), acknowledged.complaints.len(), "two complaints share a stream");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_was_acknowledged_survives_fifty_kills_under_load() {
    let seed = Seeded::seed();
    println!("GREEN_CHANNEL_TEST_SEED={seed}");
    let mut random = Seeded::new(seed);
    let mut app = TestApp::start().await;
    let load = Load {
        center: app.center().clone(),
        clerk: app.clerk().clone(),
        acknowledged: Arc::default(),
        numbers: Arc::default(),
        over: Arc::default(),
    };
    let began = Instant::now();
    let mut slowest = Duration::ZERO;
    for _ in 0..KILLS {
        slowest = slowest.max(round(&mut app, &load, &mut random).await);
    }
    let killed = began.elapsed();
    assert!(slowest < Duration::from_secs(5), "recovery took {slowest:?}");
    let all = load.acknowledged().complaints.clone().into_iter().collect();
    are_there(&load, all).await;
    let acts = load.acknowledged().acts.keys().cloned().collect();
    acts_are_there(&load, acts).await;
    each_once(&load).await;
    // A report that was on its way when the server died waits until its lease is over.
    app.drained(Duration::from_secs(120)).await;
    assert!(app.supervisor().reports("dead").await.unwrap().is_empty(), "a report was put aside");
    assert_eq!(app.center().broken_rules(), Vec::<String>::new());
    told_in_order(&load);
    assert!(app.stop().await.success());
    let log = check_log(&app.export_log());
    receipts_are_in(&log, &load);
    let complaints = load.acknowledged().complaints.len();
    let acts = load.acknowledged().acts.len();
    assert!(complaints > 50 && acts > 10, "there was no load: {complaints} and {acts}");
    println!(
        "{KILLS} kills in {killed:?} ({:?} in all), slowest recovery {slowest:?}: {complaints} \
         complaints and {acts} worked cases acknowledged, none lost; {} leaves verified",
        began.elapsed(),
        log.size
    );
}
