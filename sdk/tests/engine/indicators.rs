//! The figures of a period are those of a hand count, and anybody computes them from the log alone.

use green_channel::bundle::{BundleSpec, BundleWriter, ManifestPeriod};
use green_channel::case::{Closing, ContactMethod, HandbackReason};
use green_channel::channel::fund::FundTarget;
use green_channel::codes::Outcome;
use green_channel::fund::{FundCommand, FundRules, Paid};
use green_channel::indicators::{ALL, Figure, Indicator};
use green_channel::log::{NoteVerifier, TrustPolicy};
use green_channel::time::Date;
use green_channel::verify::{LogCheck, Rulebook};

use super::fund::{CASHIER, wide};
use super::*;

const CENTER: Actor = Actor { role: Role::Center, pseudonym: Pseudonym::new([6; 16]) };

fn perform(fen: i64) -> Command {
    let said = |text: &str| Personal::new(text.to_owned());
    let closing = Closing {
        outcome: Outcome::Monetary,
        method: ContactMethod::Phone,
        process: said("已协商"),
        result: said("已退款"),
        recovered_fen: Fen::new(fen),
    };
    Command::Perform { proof: said("流水"), closing }
}

impl World {
    /// Lets time bring what it brings to every case.
    async fn due(&self) {
        let mut after = None;
        loop {
            self.channel.tick(50, &mut after, None).await.expect("it runs");
            if after.is_none() {
                return;
            }
        }
    }

    async fn center_says(&self, id: CaseId, command: Command) {
        self.channel.act(id, CENTER, &command, None).await.expect("it is allowed");
    }

    /// What somebody who has nothing but the log computes.
    async fn figures(&self, from: &str, to: &str) -> Vec<Indicator> {
        self.channel.sequence().await.expect("the log grows");
        let (store, day) =
            (self.channel.store(), |text: &str| text.parse::<Date>().expect("a day"));
        let policy =
            TrustPolicy::only(NoteVerifier::parse(&self.channel.log_vkey()).expect("a key"));
        let check = LogCheck::begin(policy.logs()[0].name(), Rulebook::shipped());
        let mut check = check.with_indicators(day(from), day(to));
        for leaf in store.log_entries(0, 500).await.expect("it reads") {
            check.entry(&leaf.bytes).expect("it may follow");
        }
        let note = store.checkpoint().await.expect("it reads").expect("it is signed").note;
        let head = policy.believe(&note).expect("it is signed");
        check.finish(&head).expect("it is whole").indicators.remove(0)
    }
}

/// The bundle that an auditor gets, and what the program says of it.
async fn program(world: &World, options: &[&str]) -> (Option<i32>, String) {
    let (store, folder) = (world.channel.store(), tempfile::tempdir().expect("a folder"));
    let day = |text: &str| text.parse::<Date>().expect("a day");
    let (from, to) = (day("2026-11-01"), day("2026-11-30"));
    let note = store.checkpoint().await.expect("it reads").expect("it is signed").note;
    let spec = BundleSpec {
        policy: format!("log {}\nquorum none\n", world.channel.log_vkey()),
        note,
        period: Some(ManifestPeriod { from, to, over: true }),
        years: Vec::new(),
        rules: Vec::new(),
        disclosed: Vec::new(),
    };
    let out = folder.path().join("bundle");
    let mut bundle = BundleWriter::begin(&out, spec).expect("it begins");
    for leaf in store.log_entries(0, 500).await.expect("it reads") {
        bundle.entry(&leaf.bytes).expect("it is written");
    }
    assert_eq!(bundle.finish().expect("it is written").fault, None);
    let mut run = std::process::Command::new(env!("CARGO_BIN_EXE_green-channel-verify"));
    let output = run.arg(&out).args(options).output().expect("it runs");
    (output.status.code(), String::from_utf8(output.stdout).expect("text"))
}

fn of(figures: &[Indicator], code: &str) -> Figure {
    let found = figures.iter().find(|one| one.definition.code == code);
    found.unwrap_or_else(|| panic!("there is no {code}")).figure
}

#[expect(clippy::too_many_lines, reason = "a month reads best as one")]
#[tokio::test]
async fn the_figures_of_a_month_are_those_of_a_hand_count() {
    let small_claim_fen = Fen::new(20_000);
    let world = world_with(FundRules { small_claim_fen, ..wide() }).await;
    world.fill(100_000).await;
    // One that is kept, one that is paid first, one that goes back, one that nobody accepts in time.
    let (kept, first) = (world.settled("no-1").await, world.settled("no-2").await);
    world.act(kept, perform(20_000)).await;
    let rate = |stars| Command::Rate { stars, text: None, signature: None };
    world.center_says(kept, rate(4)).await;
    let advance = world.request(first, None, 20_000).await.expect("a small claim");
    let submit = FundCommand::Submit { provider: "manual".to_owned() };
    world.fund(CASHIER, submit, FundTarget::advance(advance)).await.expect("in hand");
    world.clock.advance(3_600_000);
    let (effective_on, reference) = (world.clock.now().civil_date(), "S-1".to_owned());
    let paid = FundCommand::ConfirmPaid(Paid { fen: Fen::new(20_000), effective_on, reference });
    world.fund(CASHIER, paid, FundTarget::advance(advance)).await.expect("it is paid");
    world.act(first, perform(20_000)).await;
    world.center_says(first, rate(2)).await;
    let notice = || Personal::new("{}".to_owned());
    world.center_says(first, Command::KeepNotice { raw: notice(), case_filed: true }).await;
    world.center_says(first, Command::KeepNotice { raw: notice(), case_filed: false }).await;
    let back = world.divert("no-3").await;
    world.act(back, Command::Accept).await;
    world.act(back, world.offer()).await;
    let open = world.channel.load(back).await.expect("it is there").case;
    let offer_id = open.current_offer().expect("it is open").id;
    let no = Command::Answer { offer_id, accepted: false, text: None, signature: None };
    world.center_says(back, no).await;
    let summary = Personal::new("协商不成".to_owned());
    world.act(back, Command::HandBack { reason: HandbackReason::NoAgreement, summary }).await;
    let late = world.divert("no-4").await;
    world.clock.advance(3 * DAY_MILLIS);
    world.due().await;
    world.act(late, Command::Accept).await;
    // In December the last one is settled and closed: of November's cases it was not.
    world.clock.set("2026-12-01T09:00:00+08:00".parse().expect("an instant"));
    world.act(late, world.offer()).await;

    let november = world.figures("2026-11-01", "2026-11-30").await;
    assert_eq!(november.len(), ALL.len());
    for (one, definition) in november.iter().zip(ALL) {
        assert_eq!(one.definition, definition);
    }
    let share = |part, whole| Figure::Share { part, whole };
    for (code, figure) in [
        ("response_on_time", share(3, 4)),
        ("closed_on_time", share(2, 2)),
        ("ended", share(3, 4)),
        ("settled", share(2, 3)),
        ("performed", share(2, 2)),
        ("satisfied", share(1, 2)),
        ("handed_back", share(1, 4)),
        ("recovered", Figure::Amount(Some(Fen::new(40_000)))),
        ("advances", Figure::Count(1)),
        ("advanced", Figure::Amount(Some(Fen::new(20_000)))),
        ("cases_filed", Figure::Count(1)),
        ("advance_time", Figure::Median { millis: Some(3_600_000), of: 1 }),
    ] {
        assert_eq!(of(&november, code), figure, "{code}");
    }
    // The same consumer each time: every case after the first is a repeated one.
    assert_eq!(of(&november, "repeated"), share(3, 4));
    // Of a period without anything nothing is said.
    let may = world.figures("2026-05-01", "2026-05-31").await;
    assert_eq!(of(&may, "closed_on_time").to_string(), "无（分母为零）");
    assert_eq!(of(&may, "advance_time"), Figure::Median { millis: None, of: 0 });
    assert_eq!(of(&november, "settled").to_string(), "66.66%（2/3）");
    assert_eq!(of(&november, "advance_time").to_string(), "0 天 1 小时 0 分（1 笔）");
    assert_eq!(of(&november, "recovered").to_string(), "¥400.00");

    // The program says the same, with the formula beside each figure.
    let (code, said) = program(&world, &[]).await;
    assert_eq!(code, Some(0), "{said}");
    for line in ["和解成功率：66.66%（2/3）", "挽回经济损失：¥400.00", "公式（第 1 版）"]
    {
        assert!(said.contains(line), "{line} is not in\n{said}");
    }
    // And of any other period.
    let december = ["--from", "2026-12-01", "--to", "2026-12-31", "--json"];
    let (_, json) = program(&world, &december).await;
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["published"]["indicators"].as_array().map(Vec::len), Some(ALL.len()));
    assert_eq!(json["computed"]["period"]["from"], "2026-12-01");
    assert_eq!(json["computed"]["indicators"].as_array().map(Vec::len), Some(ALL.len()));
    for wrong in [
        &["--from", "2026-11-01"][..],
        &["--from", "2026-11-30", "--to", "2026-11-01"],
        &["--from", "November", "--to", "2026-11-30"],
        &["--until"],
    ] {
        assert_eq!(program(&world, wrong).await.0, Some(2), "{wrong:?}");
    }
}
