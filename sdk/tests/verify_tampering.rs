//! Forgeries that somebody with the database but without the log's key could make, each found by
//! the offline check, and named.
#![cfg(all(feature = "sqlite", feature = "testkit"))]

use std::sync::Arc;

use green_channel::calendar::Calendar;
use green_channel::case::{Actor, Command, HandbackReason, Role, RuleSet};
use green_channel::channel::{CenterTrust, Channel, ChannelConfig, Host, KeyRing, KeyRingFile};
use green_channel::ids::Pseudonym;
use green_channel::log::{Checkpoint, Frontier, Leaf, NoteSigner, leaf_hash, sign_checkpoint};
use green_channel::money::Fen;
use green_channel::privacy::Personal;
use green_channel::store::Store;
use green_channel::store::sqlite::{SqliteOptions, SqliteStore};
use green_channel::testkit::{ManualClock, SeededEntropy, SimCenter, SimCenterConfig, corpus};
use green_channel::time::Clock;
use green_channel::verify::{Fault, LogCheck, Verified};
use serde_json::json;

const ORIGIN: &str = "mall.example/log";
const USCC: &str = "91000000000000000K";

/// A log as it is exported.
#[derive(Clone)]
struct Log {
    vkey: String,
    note: String,
    entries: Vec<Vec<u8>>,
}

/// Three cases, one of them worked on, in one log.
async fn honest() -> Log {
    let now = "2026-11-23T09:00:00+08:00".parse().expect("an instant");
    let clock = Arc::new(ManualClock::at(now));
    let merchant = "https://mall.example".to_owned();
    let config = SimCenterConfig {
        issuer: "https://center.example".to_owned(),
        merchant_url: merchant.clone(),
        merchant_address: merchant.clone(),
        merchant_uscc: USCC.to_owned(),
    };
    let center = SimCenter::new(config, clock.clone(), Arc::new(SeededEntropy::new(1)));
    let center = center.expect("the TLS backend starts");
    let folder = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(&folder.path().join("db"), SqliteOptions::default());
    let keys = KeyRing::from_file(&KeyRingFile::generate(&SeededEntropy::new(9)));
    let config = ChannelConfig {
        host: Host {
            base_url: merchant,
            uscc: USCC.to_owned(),
            name: "商场".to_owned(),
            log_origin: ORIGIN.to_owned(),
        },
        center: CenterTrust::new("https://center.example", center.keys()),
        keys: keys.expect("fresh keys read"),
        rules: RuleSet::named("odr-2026").expect("shipped"),
        more_rules: Vec::new(),
        retention_years: ChannelConfig::RETENTION_YEARS,
        calendar: Calendar::shipped(),
        clerk_offer_limit: Fen::ZERO,
        merge_delay_millis: ChannelConfig::MERGE_DELAY_MILLIS,
    };
    let entropy = Arc::new(SeededEntropy::new(100));
    let store = store.expect("the store opens");
    let channel = Channel::open(store, config, clock.clone(), entropy).await.expect("it opens");
    let clerk = Actor { role: Role::Clerk, pseudonym: Pseudonym::new([1; 16]) };
    for n in 0..3 {
        let no = format!("no-{n}");
        let case = &corpus::corpus()[n];
        let consent = center.consent(&no);
        let complaint = case.to_complaint(7, &no, clock.now(), USCC, "商场", &consent).to_string();
        let id = channel.divert(None, complaint.as_bytes()).await.expect("it is taken").case;
        if n == 0 {
            let summary = Personal::new("两次协商未果".to_owned());
            let back = Command::HandBack { reason: HandbackReason::NoAgreement, summary };
            for command in [Command::Accept, back] {
                channel.act(id, clerk, &command, None).await.expect("it is allowed");
            }
        }
    }
    channel.sequence().await.expect("the log grows");
    let entries = channel.store().log_entries(0, 100).await.expect("it reads");
    let checkpoint = channel.store().checkpoint().await.expect("it reads").expect("it is signed");
    let entries: Vec<_> = entries.into_iter().map(|leaf| leaf.bytes).collect();
    assert_eq!(entries.len(), 6);
    Log { vkey: channel.log_vkey(), note: checkpoint.note, entries }
}

fn check(log: &Log) -> Result<Verified, Fault> {
    let mut check = LogCheck::begin(&log.vkey, Calendar::shipped())?;
    for entry in &log.entries {
        check.entry(entry)?;
    }
    check.finish(&log.note)
}

/// The place of the first entry of a kind.
fn place(log: &Log, kind: &str) -> usize {
    let of_kind = |bytes: &Vec<u8>| Leaf::parse(bytes).expect("a leaf").kind == kind;
    log.entries.iter().position(of_kind).expect("it is there")
}

/// Rewrites an entry, canonically.
fn edit(log: &mut Log, at: usize, change: impl FnOnce(&mut Leaf)) {
    let mut leaf = Leaf::parse(&log.entries[at]).expect("a leaf");
    change(&mut leaf);
    log.entries[at] = leaf.to_bytes().expect("a leaf");
}

/// Chains every stream anew after an edit, as a forger with the database would.
fn rechain(log: &mut Log) {
    let mut heads = std::collections::BTreeMap::new();
    for at in 0..log.entries.len() {
        edit(log, at, |leaf| {
            if leaf.n > 0 {
                leaf.prev = heads.get(&leaf.stream).copied();
            }
        });
        let leaf = Leaf::parse(&log.entries[at]).expect("a leaf");
        heads.insert(leaf.stream, leaf_hash(&log.entries[at]));
    }
}

/// Signs what is there with another key, under the same name.
fn resign(log: &mut Log) {
    let mut frontier = Frontier::empty();
    log.entries.iter().for_each(|entry| drop(frontier.append(leaf_hash(entry))));
    let checkpoint =
        Checkpoint { origin: ORIGIN.to_owned(), size: frontier.size(), root: frontier.root() };
    log.note = sign_checkpoint(&checkpoint, &NoteSigner::from_seed(ORIGIN, [77; 32]));
}

type Forgery = (&'static str, fn(&mut Log), fn(&Fault) -> bool);

const FORGERIES: [Forgery; 20] = [
    ("drop the last entry", |log| drop(log.entries.pop()), |f| matches!(f, Fault::Size { .. })),
    (
        "drop the first entry",
        |log| drop(log.entries.remove(0)),
        |f| matches!(f, Fault::Size { .. }),
    ),
    (
        "drop an entry in the middle of a case",
        |log| drop(log.entries.remove(place(log, "accepted"))),
        |f| matches!(f, Fault::Chain { .. }),
    ),
    (
        "put an entry in twice",
        |log| log.entries.push(log.entries[5].clone()),
        |f| matches!(f, Fault::Chain { .. }),
    ),
    ("swap two of one case", |log| log.entries.swap(2, 3), |f| matches!(f, Fault::Chain { .. })),
    ("swap two cases", |log| log.entries.swap(4, 5), |f| matches!(f, Fault::Root)),
    (
        "another reason",
        |log| edit(log, place(log, "handed_back"), |l| l.data = json!({ "reason": "expired" })),
        |f| matches!(f, Fault::Root),
    ),
    (
        "another time, chained anew",
        |log| {
            edit(log, place(log, "accepted"), |l| l.at = l.at.plus_millis(-1));
            rechain(log);
        },
        |f| matches!(f, Fault::Root),
    ),
    (
        "another actor, chained and signed anew",
        |log| {
            edit(log, place(log, "handed_back"), |l| l.actor.pseudonym = Pseudonym::new([2; 16]));
            rechain(log);
            resign(log);
        },
        |f| matches!(f, Fault::Illegal { .. }),
    ),
    (
        "a role that may not",
        |log| {
            edit(log, place(log, "accepted"), |l| l.actor.role = "auditor".to_owned());
            rechain(log);
        },
        |f| matches!(f, Fault::Illegal { .. }),
    ),
    (
        "a step the state has no room for",
        |log| {
            edit(log, place(log, "handed_back"), |l| {
                l.kind = "withdrawn".to_owned();
                l.data = json!({ "reason": "x" });
            });
        },
        |f| matches!(f, Fault::Illegal { .. }),
    ),
    (
        "a kind that is none",
        |log| edit(log, place(log, "handed_back"), |l| l.kind = "forgotten".to_owned()),
        |f| matches!(f, Fault::Illegal { .. }),
    ),
    (
        "a deadline one day later",
        |log| {
            edit(log, place(log, "received"), |l| {
                let due = l.data["clocks"][1]["due_at"].as_str().expect("text").to_owned();
                l.data["clocks"][1]["due_at"] = json!(due.replace("-12-07", "-12-08"));
            });
            rechain(log);
        },
        |f| matches!(f, Fault::Deadline { .. }),
    ),
    (
        "a longer clock than the rule set has",
        |log| {
            edit(log, place(log, "received"), |l| {
                l.data["clocks"][1]["length"] = json!(11);
                l.data["clocks"][1]["due_at"] = json!("2026-12-08T23:59:59.999+08:00");
            });
            rechain(log);
        },
        |f| matches!(f, Fault::Deadline { .. }),
    ),
    (
        "another rule set in the middle",
        |log| {
            edit(log, place(log, "accepted"), |l| l.rules = Some("station-wuhan-2024".to_owned()));
            rechain(log);
        },
        |f| matches!(f, Fault::Illegal { .. }),
    ),
    (
        "another log's name",
        |log| edit(log, 0, |l| l.origin = "other.example/log".to_owned()),
        |f| matches!(f, Fault::Origin { position: 0 }),
    ),
    ("a space more", |log| log.entries[1].push(b' '), |f| matches!(f, Fault::Leaf { .. })),
    (
        "half an entry",
        |log| {
            let half = log.entries[5].len() / 2;
            log.entries[5].truncate(half);
        },
        |f| matches!(f, Fault::Leaf { position: 5, .. }),
    ),
    ("everything signed by somebody else", resign, |f| matches!(f, Fault::Checkpoint(_))),
    (
        "a checkpoint with another size",
        |log| log.note = log.note.replacen("\n6\n", "\n7\n", 1),
        |f| matches!(f, Fault::Checkpoint(_)),
    ),
];

#[tokio::test]
async fn the_honest_log_passes_and_every_forgery_is_found_and_named() {
    let honest = honest().await;
    let verified = check(&honest).expect("the honest log passes");
    assert_eq!((verified.cases, verified.deadlines, verified.not_judged), (3, 6, 0));
    for (name, forge, named) in FORGERIES {
        let mut log = honest.clone();
        forge(&mut log);
        let fault = check(&log).expect_err(name);
        assert!(named(&fault), "{name}: {fault}");
        assert!(!fault.message_zh().is_empty());
    }
}
