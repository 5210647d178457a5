//! What is due is done to every case to which it can be done, whatever is the matter with others.

use green_channel::channel::{ActError, NoticeError, Survey, Ticked};
use green_channel::store::{CaseWrite, Change, Expected, Wake};

use super::*;

impl World {
    /// Writes a case's row otherwise, beside the engine, as a broken disk or an older version would.
    async fn tamper(&self, id: CaseId, change: impl FnOnce(&mut green_channel::store::CaseRow)) {
        let mut row = self.channel.store().case(id).await.expect("reads").expect("is there").row;
        change(&mut row);
        let case = Some(CaseWrite { expected: Expected::Version(row.version), row });
        self.channel.store().commit(Change { case, ..Change::default() }).await.expect("written");
    }

    /// Changes what stands on the disk.
    fn break_disk(&self, sql: &str, id: CaseId) {
        let db = rusqlite::Connection::open(self._folder.path().join("db")).expect("it opens");
        assert_eq!(db.execute(sql, [id.as_bytes()]).expect("it is SQL"), 1);
    }

    /// Binds a case to a rule set that is not here.
    async fn lose_rules(&self, id: CaseId) {
        self.tamper(id, |row| {
            let text = String::from_utf8(row.snapshot.clone()).expect("JSON");
            row.snapshot = text.replace("odr-2026.2", "mall-2019").into_bytes();
        })
        .await;
    }

    /// A whole round, one case at a time.
    async fn round(&self) -> Ticked {
        let (mut after, mut round): (Option<Wake>, _) = (None, Ticked::default());
        loop {
            round = round.and(self.channel.tick(1, &mut after, None).await.expect("it runs"));
            if after.is_none() {
                return round;
            }
        }
    }
}

fn always() -> Option<Timestamp> {
    Some("1970-01-01T00:00:00Z".parse().expect("an instant"))
}

#[tokio::test]
async fn a_case_that_is_stuck_holds_up_no_other() {
    let world = world(None).await;
    let (broken, bound) = (world.divert("no-1").await, world.divert("no-2").await);
    let idle: Vec<CaseId> =
        [world.divert("no-3").await, world.divert("no-4").await, world.divert("no-5").await].into();
    let due = world.divert("no-6").await;
    world.break_disk("UPDATE cases SET stream = 'nonsense', wake_at = 0 WHERE id = ?1", broken);
    world.lose_rules(bound).await;
    world.tamper(bound, |row| row.wake_at = always()).await;
    // As a migration leaves them: to be looked at, with nothing due.
    for id in &idle {
        world.act(*id, Command::Accept).await;
        world.tamper(*id, |row| row.wake_at = always()).await;
    }
    // The response clock of the last ran out on Tuesday evening.
    world.clock.set("2026-11-25T09:00:00+08:00".parse().expect("an instant"));
    let round = world.round().await;
    assert_eq!(round, Ticked { missed: 1, escalated: 1, slept: 3, stuck: 2, ..Ticked::default() });
    let case = world.channel.load(due).await.expect("it reads").case;
    assert!(case.is_overdue(world.clock.now()));
    // The stuck ones are told again, the others sleep.
    assert_eq!(world.round().await, Ticked { stuck: 2, ..Ticked::default() });
}

#[tokio::test]
async fn a_changed_setting_asks_every_case_again_when_it_wakes_and_once() {
    let world = world(None).await;
    let (early, lost) = (world.divert("no-1").await, world.divert("no-2").await);
    let wakes = world.channel.store().case(early).await.expect("reads").expect("there").row.wake_at;
    world.tamper(early, |row| row.wake_at = None).await;
    world.lose_rules(lost).await;
    let without_rules = [("mall-2019".to_owned(), 1)].into();
    let found = Survey { looked: 2, moved: 1, unreadable: 0, without_rules };
    assert_eq!(world.channel.survey().await.expect("it reads"), found);
    assert_eq!(world.channel.reschedule(None).await.expect("it runs"), Some(found));
    let row = world.channel.store().case(early).await.expect("reads").expect("there").row;
    assert_eq!(row.wake_at, wakes);
    assert_eq!(world.channel.reschedule(None).await.expect("it runs"), None);
}

#[tokio::test]
async fn a_receipt_that_cannot_be_noted_is_not_taken_for_an_erasure() {
    let receipt = SigningKey::from_seed([5; 32], KeyPurpose::Receipt);
    let world = world(Some(&receipt)).await;
    let double = center_double().await;
    Mock::given(method("POST"))
        .and(path("/v1/reports"))
        .respond_with(Receipts(receipt))
        .mount(&double)
        .await;
    let id = world.divert("no-1").await;
    world.act(id, Command::Accept).await;
    let kept = world.channel.store().case(id).await.expect("reads").expect("there").row.snapshot;
    world.lose_rules(id).await;
    let (center, limits) = (world.http(&double.uri()), OutboxLimits::default());
    let sent = world.channel.deliver_due(&center, &limits).await.expect("it runs");
    assert!(matches!(&sent[..], [(_, Delivery::Retry { cause })] if cause == "receipt_not_noted"));
    // The rule set is put back: the same report, the same receipt.
    world.tamper(id, |row| row.snapshot = kept).await;
    world.clock.advance(DAY_MILLIS);
    let sent = world.channel.deliver_due(&center, &limits).await.expect("it runs");
    assert!(matches!(&sent[..], [(_, Delivery::Delivered)]), "{sent:?}");
    assert_eq!(world.channel.load(id).await.expect("it reads").case.receipts.len(), 1);
}

#[tokio::test]
async fn an_answer_to_an_extension_that_names_another_request_grants_nothing() {
    let world = world(None).await;
    let id = world.divert("no-1").await;
    world.act(id, Command::Accept).await;
    let reason = Personal::new("等待厂家答复".to_owned());
    world.act(id, Command::AskExtension { reason }).await;
    let reports = world.channel.store().outbox_of(id).await.expect("reads");
    let named = |kind: &str| reports.iter().find(|row| row.kind == kind).expect("made").id;
    let answer = |report: String| serde_json::json!({ "granted": true, "report_id": report });
    let other = answer(named("accepted").to_string());
    match world.notify("no-1", "answer-0001", "extension_answer", other).await {
        Err(NoticeError::Act(ActError::Refused(refusal))) => {
            assert_eq!(refusal.code(), "no_extension_asked");
        }
        other => panic!("it was {}", other.is_ok()),
    }
    let right = answer(named("extension_asked").to_string());
    world.notify("no-1", "answer-0002", "extension_answer", right).await.expect("it is taken");
    assert_eq!(world.channel.load(id).await.expect("it reads").case.extensions, 1);
}

#[tokio::test]
async fn a_diversion_is_bound_to_the_revision_in_force_on_its_day() {
    let old = RuleSet {
        id: "mall".to_owned(),
        valid_until: Some("2026-11-23".parse().expect("a date")),
        ..RuleSet::named("odr-2026").expect("shipped")
    };
    let new = RuleSet {
        id: "mall.2".to_owned(),
        valid_from: "2026-11-24".parse().expect("a date"),
        ..RuleSet::named("odr-2026.2").expect("shipped")
    };
    let world = world_under(None, new, vec![old]).await;
    let monday = world.divert("no-1").await;
    world.clock.advance(DAY_MILLIS);
    let tuesday = world.divert("no-2").await;
    let bound = async |id| world.channel.load(id).await.expect("it reads").case.rules;
    assert_eq!(bound(monday).await, "mall");
    assert_eq!(bound(tuesday).await, "mall.2");
}

#[tokio::test]
async fn words_that_do_not_read_do_not_keep_the_person() {
    let world = world(None).await;
    let id = world.divert("no-1").await;
    let sql = "UPDATE sealed SET sealed = x'00' WHERE case_id = ?1 AND n = 0";
    world.break_disk(sql, id);
    world
        .notify("no-1", "notice-0001", "consent_withdrawn", serde_json::json!({}))
        .await
        .expect("the person is erased all the same");
    assert_eq!(world.state(id).await, StateName::Erased);
    assert!(world.channel.store().outbox_of(id).await.expect("reads").is_empty());
}

#[tokio::test]
async fn what_was_withdrawn_is_withdrawn_and_a_center_that_says_it_again_hears_the_same() {
    let world = world(None).await;
    let id = world.divert("no-1").await;
    let nothing = || serde_json::json!({});
    for (no, kind, state) in [
        ("no-1", "consent_withdrawn", StateName::Erased),
        ("no-2", "consent_withdrawn", StateName::Erased),
        ("no-3", "complaint_withdrawn", StateName::Withdrawn),
    ] {
        for _ in 0..3 {
            let token = format!("{no}-{}", world.clock.now().as_millis());
            world.clock.advance(1);
            let answer = world.notify(no, &token, kind, nothing()).await.expect(no);
            assert_eq!(answer.state, state, "{no}");
        }
    }
    assert_eq!(world.state(id).await, StateName::Erased);
    match world.notify("no-1", "notice-0009", "urge", nothing()).await {
        Err(NoticeError::Act(ActError::Erased)) => {}
        other => panic!("it was {}", other.is_ok()),
    }
}
