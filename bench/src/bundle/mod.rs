//! The bundle: a log of real cases, exported and checked by the programs as they are shipped, beside
//! the least that anybody must do with the same bytes: read them, hash them into a tree, parse them.

mod limit;
mod lives;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use green_channel::bundle::{BundleCheck, Options};
use green_channel::log::{Checkpoint, TrustPolicy};
use green_channel::verify::{LogCheck, Rulebook};

use crate::http::per_second;
use crate::table::{Plan, Table};
use crate::{operations, say};

pub(crate) use limit::read_hash_parse;

/// The bundle for so many events, kept for the next run.
async fn made(events: u64) -> PathBuf {
    let folder = PathBuf::from("target/bench-store").join(format!("bundle-{events}"));
    if folder.join("manifest.json").exists() {
        return folder;
    }
    let world = operations::fresh("sqlite", &format!("events-{events}"));
    lives::live(&world, events).await;
    let _ = std::fs::remove_dir_all(&folder);
    let mut export = Command::new(green_channel_tests::binary());
    export.args(["export", "bundle", "--from", "2020-01-01", "--to", "2035-12-31", "--data"]);
    export.arg(&world.data).arg("--out").arg(&folder);
    let (took, peak) = run(&mut export);
    say(&format!("  exported in {:.1} s, {peak:.0} MiB at most", took.as_secs_f64()));
    folder
}

/// Measures writing and checking.
pub(crate) async fn measure(plan: &Plan, events: u64, table: &mut Table) {
    let events = u64::try_from(plan.count(usize::try_from(events).expect("few"))).expect("few");
    say(&format!("a bundle of {events} events"));
    let folder = made(events).await;
    let verify = beside("green-channel-verify");
    let own = std::env::current_exe().expect("we know where we lie");
    let first = BundleCheck::run(&folder, &Options::default(), |_, _| {}).expect("it passes");
    say(&format!(
        "  {} entries, {} of the fund",
        first.log.checkpoint.size, first.log.fund_entries
    ));
    for _ in 0..plan.rounds {
        let (took, _) = run(Command::new(&own).arg("read-hash-parse").arg(&folder));
        table.add("limit: bundle read, hashed, parsed", "s", took.as_secs_f64());
        let (took, peak) = run(Command::new(&verify).arg(&folder));
        table.add("bundle verified", "s", took.as_secs_f64());
        table.add("bundle verified, memory", "MiB", peak);
        ledger(&folder, table);
    }
}

/// The fund's entries alone, and hledger over the journal of the same.
fn ledger(folder: &Path, table: &mut Table) {
    let entries: Vec<Vec<u8>> = limit::entries(folder)
        .filter(|entry| entry.windows(15).any(|part| part == b"\"stream\":\"fund\""))
        .collect();
    let policy = std::fs::read_to_string(folder.join("policy")).expect("it is there");
    let policy = TrustPolicy::parse(&policy).expect("it reads");
    let origin = policy.logs()[0].name();
    let began = Instant::now();
    let mut check = LogCheck::begin(origin, Rulebook::shipped());
    for entry in &entries {
        check.entry(entry).expect("it holds");
    }
    let ours = began.elapsed().as_secs_f64();
    table.add("ledger entries checked", "/s", per_second(entries.len(), ours));
    let journal = folder.join("fund.journal");
    let has = Command::new("hledger").arg("--version").output().is_ok();
    if !has {
        say("  hledger is not here: no limit for the ledger");
        return;
    }
    let began = Instant::now();
    let done = Command::new("hledger").arg("--file").arg(&journal).arg("check").status();
    assert!(done.expect("it runs").success(), "hledger finds something wrong");
    let theirs = began.elapsed().as_secs_f64();
    table.add("limit: hledger check of the same journal", "/s", per_second(entries.len(), theirs));
}

/// The head of a bundle.
pub(crate) fn head(folder: &Path) -> Checkpoint {
    let policy = std::fs::read_to_string(folder.join("policy")).expect("it is there");
    let note = std::fs::read_to_string(folder.join("checkpoint")).expect("it is there");
    let policy = TrustPolicy::parse(&policy).expect("it reads");
    policy.read(&note).expect("it is signed").checkpoint
}

/// A program of ours that lies beside this one.
fn beside(name: &str) -> PathBuf {
    let own = std::env::current_exe().expect("we know where we lie");
    own.parent().expect("in a folder").join(name)
}

/// Runs a program to its good end: how long it took, and the most memory it held, in MiB.
fn run(command: &mut Command) -> (Duration, f64) {
    let began = Instant::now();
    let mut child = command.stdout(Stdio::null()).spawn().expect("it starts");
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0.0_f64;
    loop {
        // The kernel keeps the highest value for us; only the end must not be missed by much.
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
        peak = peak.max(kib.unwrap_or(0.0) / 1024.0);
        if let Some(done) = child.try_wait().expect("it can be waited for") {
            assert!(done.success(), "{command:?} failed");
            return (began.elapsed(), peak);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}
