//! Forgeries that somebody with the database but without the log's key could make, each found by
//! the offline check, and named.
#![cfg(all(feature = "sqlite", feature = "testkit"))]

use std::sync::Arc;

use green_channel::calendar::Calendar;
use green_channel::case::{
    Actor, Closing, Command, ContactMethod, HandbackReason, Role, RuleSet, TermKind, Terms,
};
use green_channel::channel::{CenterTrust, Channel, ChannelConfig, Host, KeyRing, KeyRingFile};
use green_channel::ids::{CaseId, OfferId, Pseudonym};
use green_channel::log::{
    Checkpoint, Frontier, Leaf, NoteSigner, NoteVerifier, TrustPolicy, leaf_hash, sign_checkpoint,
};
use green_channel::money::Fen;
use green_channel::privacy::Personal;
use green_channel::store::Store;
use green_channel::store::sqlite::{SqliteOptions, SqliteStore};
use green_channel::testkit::{ManualClock, SeededEntropy, SimCenter, SimCenterConfig, corpus};
use green_channel::time::Clock;
use green_channel::verify::{Fault, LogCheck, Rulebook, Verified};
use serde_json::json;

const ORIGIN: &str = "mall.example/log";
const CLERK: Actor = Actor { role: Role::Clerk, pseudonym: Pseudonym::new([1; 16]) };
const SUPERVISOR: Actor = Actor { role: Role::Supervisor, pseudonym: Pseudonym::new([3; 16]) };
const CENTER: Actor = Actor { role: Role::Center, pseudonym: Pseudonym::new([5; 16]) };
const USCC: &str = "91000000000000000K";

/// A log as it is exported.
#[derive(Clone)]
struct Log {
    vkey: String,
    note: String,
    entries: Vec<Vec<u8>>,
}

/// A merchant whose log is to be checked.
struct Mall {
    channel: Channel<SqliteStore>,
    clock: Arc<ManualClock>,
    center: SimCenter,
    _folder: tempfile::TempDir,
}

async fn mall(rules: &str) -> Mall {
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
        rules: RuleSet::named(rules).expect("shipped"),
        more_rules: Vec::new(),
        retention_years: ChannelConfig::RETENTION_YEARS,
        calendar: Calendar::shipped(),
        clerk_offer_limit: Fen::ZERO,
        fund: green_channel::fund::FundRules::default(),
        merge_delay_millis: ChannelConfig::MERGE_DELAY_MILLIS,
    };
    let entropy = Arc::new(SeededEntropy::new(100));
    let store = store.expect("the store opens");
    let channel = Channel::open(store, config, clock.clone(), entropy).await.expect("it opens");
    Mall { channel, clock, center, _folder: folder }
}

impl Mall {
    async fn divert(&self, n: usize) -> CaseId {
        let no = format!("no-{n}");
        let (case, now) = (&corpus::corpus()[n], self.clock.now());
        let consent = self.center.consent(&no);
        let complaint = case.to_complaint(7, &no, now, USCC, "商场", &consent).to_string();
        self.channel.divert(None, complaint.as_bytes()).await.expect("it is taken").case
    }

    async fn act(&self, id: CaseId, actor: Actor, command: Command) {
        let acted = self.channel.act(id, actor, &command, None).await;
        acted.unwrap_or_else(|error| panic!("{}: {error}", command.action().code()));
        self.clock.advance(60_000);
    }

    async fn log(&self) -> Log {
        self.channel.sequence().await.expect("the log grows");
        let entries = self.channel.store().log_entries(0, 100).await.expect("it reads");
        let checkpoint = self.channel.store().checkpoint().await.expect("it reads");
        let entries: Vec<_> = entries.into_iter().map(|leaf| leaf.bytes).collect();
        let note = checkpoint.expect("it is signed").note;
        Log { vkey: self.channel.log_vkey(), note, entries }
    }
}

/// Three cases, one of them worked on, in one log.
async fn honest() -> Log {
    let mall = mall("odr-2026").await;
    for n in 0..3 {
        let id = mall.divert(n).await;
        if n == 0 {
            let summary = Personal::new("两次协商未果".to_owned());
            let back = Command::HandBack { reason: HandbackReason::ConsumerAsks, summary };
            for command in [Command::Accept, back] {
                mall.act(id, CLERK, command).await;
            }
        }
    }
    let log = mall.log().await;
    assert_eq!(log.entries.len(), 6);
    log
}

fn check(log: &Log) -> Result<Verified, Fault> {
    let policy = TrustPolicy::only(NoteVerifier::parse(&log.vkey)?);
    let mut check = LogCheck::begin(ORIGIN, Rulebook::shipped());
    for entry in &log.entries {
        check.entry(entry)?;
    }
    check.finish(&policy.believe(&log.note)?)
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
    ("everything signed by somebody else", resign, |f| matches!(f, Fault::Distrust(_))),
    (
        "a checkpoint with another size",
        |log| log.note = log.note.replacen("\n6\n", "\n7\n", 1),
        |f| matches!(f, Fault::Distrust(_)),
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

fn said() -> Personal<String> {
    Personal::new("若干情况说明".to_owned())
}

/// A case with pauses, more time, an agreement and an end, and one that was erased at the desk.
async fn lived() -> Log {
    let mall = mall("odr-2026.2").await;
    let day = |text: &str| text.parse().expect("a date");
    let id = mall.divert(0).await;
    mall.act(id, CLERK, Command::Accept).await;
    mall.act(id, CLERK, Command::AskSupplement { reply_by: day("2026-11-25"), text: said() }).await;
    mall.act(id, CENTER, Command::Supplement { text: said() }).await;
    let examined = Command::Pause { until: day("2026-12-01"), reason: said() };
    mall.act(id, SUPERVISOR, examined).await;
    mall.act(id, SUPERVISOR, Command::Resume { reason: said() }).await;
    mall.act(id, CLERK, Command::AskExtension { reason: said() }).await;
    mall.act(id, CENTER, Command::AnswerExtension { granted: true, text: None }).await;
    mall.act(id, CENTER, Command::Urge).await;
    let (offer_id, terms) = (OfferId::from_bytes([7; 16]), explanation("2026-11-30"));
    let offer = Command::Offer { offer_id, terms, answer_by: day("2026-11-27"), text: said() };
    mall.act(id, CLERK, offer).await;
    let yes = Command::Answer { offer_id, accepted: true, text: None, signature: None };
    mall.act(id, CENTER, yes).await;
    mall.act(id, CLERK, Command::Perform { proof: said(), closing: closing() }).await;
    let erased = mall.divert(1).await;
    let paper_no = Some("CH-2026-0031".to_owned());
    mall.act(erased, SUPERVISOR, Command::WithdrawConsent { paper_no }).await;
    mall.log().await
}

fn explanation(perform_by: &str) -> Terms {
    Terms {
        kinds: vec![TermKind::Explanation],
        refund_fen: Fen::ZERO,
        damages_fen: Fen::ZERO,
        multiple_fen: Fen::ZERO,
        mental_damages_fen: Fen::ZERO,
        perform_by: perform_by.parse().expect("a date"),
        in_exchange: Vec::new(),
    }
}

fn closing() -> Closing {
    Closing {
        outcome: green_channel::codes::Outcome::Explanation,
        method: ContactMethod::Phone,
        process: said(),
        result: said(),
        recovered_fen: Fen::ZERO,
    }
}

/// What somebody with the log's key could write, who knows neither rule nor calendar: kind of the
/// entry, what is changed in it, and whether a deadline is at fault.
type Untruth = (&'static str, &'static str, fn(&mut Leaf), bool);

const UNTRUTHS: [Untruth; 22] = [
    (
        "a deadline named by nobody",
        "received",
        |l| {
            l.data["clocks"][1]["unit"] = json!("named_day");
            l.data["clocks"][1]["length"] = json!(0);
            l.data["clocks"][1]["due_at"] = json!("2030-12-31T23:59:59.999+08:00");
        },
        true,
    ),
    (
        "a clock that begins a day later",
        "received",
        |l| {
            l.data["clocks"][1]["start_at"] = json!("2026-11-24T09:00:00+08:00");
            l.data["clocks"][1]["due_at"] = json!("2026-12-08T23:59:59.999+08:00");
        },
        true,
    ),
    (
        "an intake without its clock",
        "received",
        |l| {
            l.data["clocks"].as_array_mut().expect("a list").truncate(1);
        },
        true,
    ),
    (
        "a diversion from next week",
        "received",
        |l| {
            l.data["diverted_at"] = json!("2026-11-30T09:00:00+08:00");
            l.data["clocks"][1]["start_at"] = json!("2026-11-30T09:00:00+08:00");
            l.data["clocks"][1]["due_at"] = json!("2026-12-14T23:59:59.999+08:00");
        },
        true,
    ),
    (
        "another first responder",
        "accepted",
        |l| {
            l.data["first_responder"] = json!(Pseudonym::new([2; 16]));
        },
        false,
    ),
    (
        "a pause out of nothing",
        "supplement_asked",
        |l| {
            l.kind = "contacted".to_owned();
            l.data = json!({ "method": "phone", "result": "reached" });
        },
        false,
    ),
    ("a pause by somebody else", "paused", |l| l.actor.pseudonym = Pseudonym::new([2; 16]), false),
    ("a pause of another clock", "paused", |l| l.data["clocks"] = json!(["urge"]), false),
    ("a pause at another instant", "paused", |l| l.at = l.at.plus_millis(1), false),
    (
        "an examination without an end",
        "examined",
        |l| {
            l.data.as_object_mut().expect("a map").remove("until");
        },
        false,
    ),
    (
        "an examination of three months",
        "examined",
        |l| l.data["until"] = json!("2027-02-22"),
        false,
    ),
    (
        "an examination ordered by a clerk",
        "examined",
        |l| {
            l.actor.role = "clerk".to_owned();
        },
        false,
    ),
    (
        "a pause longer than it was",
        "resumed",
        |l| {
            l.data["clocks"][0]["pauses"][0]["to_at"] = json!("2026-11-23T09:01:00+08:00");
        },
        false,
    ),
    ("a clock that never goes on", "resumed", |l| l.data["clocks"] = json!([]), false),
    ("more time than the rule gives", "extension_asked", |l| l.data["length"] = json!(10), true),
    ("more time of another clock", "extension_asked", |l| l.data["clock"] = json!("urge"), true),
    (
        "more time than was asked",
        "extended",
        |l| {
            l.data["clock"]["extended"] = json!(10);
            l.data["clock"]["due_at"] = json!("2026-12-21T23:59:59.999+08:00");
        },
        true,
    ),
    (
        "more time granted by ourselves",
        "extended",
        |l| l.actor.role = "supervisor".to_owned(),
        false,
    ),
    (
        "a reminder that begins later",
        "urged",
        |l| {
            l.data["clock"]["start_at"] = json!("2026-11-24T09:00:00+08:00");
            l.data["clock"]["due_at"] = json!("2026-11-25T23:59:59.999+08:00");
        },
        true,
    ),
    (
        "a promise that is kept later",
        "settled",
        |l| {
            l.data["clock"]["due_at"] = json!("2026-12-31T23:59:59.999+08:00");
        },
        true,
    ),
    ("an end by somebody else", "closed", |l| l.actor.pseudonym = Pseudonym::new([2; 16]), false),
    ("a consent ended by a clerk", "erased", |l| l.actor.role = "clerk".to_owned(), false),
];

/// The place of an untruth: the second pause is the examination.
fn place_of(log: &Log, kind: &str) -> usize {
    if kind == "examined" {
        let is = |bytes: &Vec<u8>| Leaf::parse(bytes).expect("a leaf").kind == "paused";
        return log.entries.iter().rposition(is).expect("it is there");
    }
    place(log, kind)
}

#[tokio::test]
async fn what_the_rules_do_not_give_is_found_even_when_everything_is_chained_anew() {
    let honest = lived().await;
    let verified = check(&honest).expect("the honest log passes");
    assert_eq!((verified.cases, verified.not_judged), (2, 0));
    let mut missed = Vec::new();
    for (name, kind, forge, is_deadline) in UNTRUTHS {
        let mut log = honest.clone();
        let at = place_of(&log, kind);
        edit(&mut log, at, forge);
        rechain(&mut log);
        match check(&log) {
            Err(Fault::Deadline { position }) if is_deadline && position == at as u64 => {}
            Err(Fault::Illegal { position, .. }) if !is_deadline && position >= at as u64 => {}
            found => missed.push(format!("{name}: {:?}", found.map(|_| ()))),
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}
