//! What happens to a case over weeks and years: clocks that are kept, persons that are erased, links
//! that are used, calendars that are loaded, consents that are asked at every read.

use green_channel::case::{
    Action, EraseReason, Event, HandbackReason, Origin, PauseGround, ReportKind, Rung,
};
use green_channel::channel::{
    ActError, DeskComplaint, IntakeError, LinkError, NoticeError, Ticked, Withheld,
};
use green_channel::protocol::{
    Consumer, DeskConsent, GoodsInfo, NoticeAnswer, Recipient, Respondent, VerifiedCaller,
};
use green_channel::store::CaseQuery;
use green_channel::tenants::TenantDraft;

use super::*;

const TAKER: Actor = Actor { role: Role::Clerk, pseudonym: Pseudonym::new([2; 16]) };
const SUPERVISOR: Actor = Actor { role: Role::Supervisor, pseudonym: Pseudonym::new([3; 16]) };
const AUDITOR: Actor = Actor { role: Role::Auditor, pseudonym: Pseudonym::new([4; 16]) };

fn words(text: &str) -> Personal<String> {
    Personal::new(text.to_owned())
}

fn caller(jti: &str) -> VerifiedCaller {
    VerifiedCaller {
        issuer: ISSUER.to_owned(),
        kid: "kid".to_owned(),
        jti: jti.to_owned(),
        replay_until: "2030-01-01T00:00:00Z".parse().expect("an instant"),
    }
}

impl World {
    pub(crate) async fn notify(
        &self,
        no: &str,
        id: &str,
        kind: &str,
        detail: serde_json::Value,
    ) -> Result<NoticeAnswer, NoticeError> {
        let at = self.clock.now();
        let body = serde_json::json!({ "notice_id": id, "kind": kind, "at": at, "detail": detail });
        let no = no.parse().expect("a number");
        self.channel.notify(&caller(id), &no, body.to_string().as_bytes()).await
    }

    async fn kinds(&self, id: CaseId) -> Vec<String> {
        let history = self.channel.history(id, &AUDITOR).await.expect("it reads");
        history.into_iter().map(|entry| entry.kind).collect()
    }

    fn to(&self, instant: &str) {
        self.clock.set(instant.parse().expect("an instant"));
    }

    async fn tick(&self) -> Ticked {
        self.channel.tick(50, &mut None, None).await.expect("it runs")
    }
}

#[tokio::test]
async fn deadlines_are_noted_and_people_told_once_each_and_for_good() {
    let world = world(None).await;
    let id = world.divert("no-1").await;
    world.act(id, Command::Accept).await;
    // Ten working days from Monday the 23rd end on Monday, December 7th.
    let due = world.channel.view(id, &CLERK).await.expect("it reads").summary.due_at;
    assert_eq!(due, Some(Timestamp::end_of("2026-12-07".parse().expect("a date"))));
    world.to("2026-12-05T09:00:00+08:00");
    assert_eq!(world.tick().await, Ticked::default());
    world.to("2026-12-07T09:00:00+08:00");
    assert_eq!(world.tick().await, Ticked { escalated: 1, ..Ticked::default() });
    assert_eq!(world.tick().await, Ticked::default());
    world.to("2026-12-08T09:00:00+08:00");
    assert_eq!(world.tick().await, Ticked { missed: 1, escalated: 1, ..Ticked::default() });
    world.to("2026-12-09T09:00:00+08:00");
    assert_eq!(world.tick().await, Ticked { escalated: 1, ..Ticked::default() });
    assert_eq!(world.tick().await, Ticked::default());
    let case = world.channel.load(id).await.expect("it is there").case;
    let told: Vec<Rung> = case.escalations.iter().map(|told| told.to).collect();
    assert_eq!(told, [Rung::Responder, Rung::Supervisor, Rung::Manager]);
    assert_eq!(case.escalated_to(), Some(Rung::Manager));
    assert!(case.handback_drafted, "the hand-back lies ready, and nobody sent it");
    assert_eq!(case.state.name(), StateName::InProgress);
    let reason = HandbackReason::Expired;
    world.act(id, Command::HandBack { reason, summary: words("逾期未达成一致") }).await;
    let view = world.channel.view(id, &CLERK).await.expect("it reads");
    assert!(view.summary.overdue, "also after the end");
    assert_eq!(view.clocks.iter().map(|clock| clock.missed).sum::<u64>(), 1);
}

#[tokio::test]
async fn an_expired_hand_back_before_the_deadline_and_an_unreachable_one_too_soon_are_refused() {
    let world = world(None).await;
    let id = world.divert("no-1").await;
    world.act(id, Command::Accept).await;
    for (reason, code) in
        [(HandbackReason::Expired, "not_overdue"), (HandbackReason::Unreachable, "still_reachable")]
    {
        let command = Command::HandBack { reason, summary: words("不愿再谈") };
        match world.channel.act(id, CLERK, &command, None).await {
            Err(ActError::Refused(refusal)) => assert_eq!(refusal.code(), code),
            other => panic!("{reason:?} was {}", other.is_ok()),
        }
    }
}

#[tokio::test]
async fn what_waits_for_the_consumer_does_not_count_and_the_new_deadline_explains_itself() {
    let world = world(None).await;
    let id = world.divert("no-1").await;
    world.act(id, Command::Accept).await;
    let reply_by = "2026-12-04".parse().expect("a date");
    world.act(id, Command::AskSupplement { reply_by, text: words("请提供购物小票") }).await;
    let view = world.channel.view(id, &CLERK).await.expect("it reads");
    assert_eq!(view.pause_ground, Some(PauseGround::Supplement));
    assert_eq!(view.summary.due_at, None, "nothing runs");
    world.to("2026-11-26T15:00:00+08:00");
    world
        .notify("no-1", "notice-0001", "supplement", serde_json::json!({ "text": "小票在此" }))
        .await
        .expect("it is taken");
    let view = world.channel.view(id, &CLERK).await.expect("it reads");
    // Stood still on the 23rd to the 25th; the 23rd is the day it hangs on and never counted.
    let due = Timestamp::end_of("2026-12-09".parse().expect("a date"));
    assert_eq!(view.summary.due_at, Some(due));
    let clock = view.clocks.iter().find(|clock| clock.due_at == due).expect("it runs again");
    assert!(clock.why.contains("暂停2天"), "{}", clock.why);
    assert_eq!(view.asked.is_none(), view.paused_since.is_none());
    let kinds = world.kinds(id).await;
    assert_eq!(kinds[2..], ["supplement_asked", "paused", "supplemented", "resumed"]);
}

#[tokio::test]
async fn a_supplement_that_never_comes_lets_the_clock_go_on() {
    let world = world(None).await;
    let id = world.divert("no-1").await;
    world.act(id, Command::Accept).await;
    let reply_by = "2026-11-27".parse().expect("a date");
    world.act(id, Command::AskSupplement { reply_by, text: words("请提供购物小票") }).await;
    world.to("2026-11-28T00:00:00+08:00");
    assert_eq!(world.tick().await, Ticked { lapsed: 1, ..Ticked::default() });
    let view = world.channel.view(id, &CLERK).await.expect("it reads");
    assert!(view.asked.is_none() && view.paused_since.is_none());
    assert!(view.summary.due_at.is_some());
}

#[tokio::test]
async fn the_center_grants_more_time_once() {
    let world = world(None).await;
    let id = world.divert("no-1").await;
    world.act(id, Command::Accept).await;
    world.act(id, Command::AskExtension { reason: words("等待厂家鉴定结论") }).await;
    let granted = serde_json::json!({ "granted": true });
    world.notify("no-1", "notice-0001", "extension_answer", granted).await.expect("it is taken");
    let view = world.channel.view(id, &CLERK).await.expect("it reads");
    assert_eq!(view.extensions, 1);
    // Five working days more: December 14th.
    let due = Timestamp::end_of("2026-12-14".parse().expect("a date"));
    assert_eq!(view.summary.due_at, Some(due));
    let again = Command::AskExtension { reason: words("再等几天") };
    match world.channel.act(id, CLERK, &again, None).await {
        Err(ActError::Refused(refusal)) => assert_eq!(refusal.code(), "no_more_extension"),
        other => panic!("it was {}", other.is_ok()),
    }
}

#[tokio::test]
async fn the_giver_answers_for_the_case_until_the_taker_takes_it() {
    let world = world(None).await;
    let id = world.divert("no-1").await;
    world.act(id, Command::Accept).await;
    let propose = Command::ProposeTransfer {
        to: TAKER.pseudonym,
        reason: words("涉及家电，由其办理"),
    };
    world.act(id, propose.clone()).await;
    let case = world.channel.load(id).await.expect("it is there").case;
    assert_eq!(case.first_responder, Some(CLERK.pseudonym));
    let refuse = Command::RefuseTransfer { reason: words("本周值班已满") };
    world.channel.act(id, TAKER, &refuse, None).await.expect("the one who was asked may");
    world.act(id, propose).await;
    world.channel.act(id, TAKER, &Command::TakeTransfer, None).await.expect("and take it");
    let case = world.channel.load(id).await.expect("it is there").case;
    assert_eq!((case.first_responder, case.transfers), (Some(TAKER.pseudonym), 1));
    let told: Vec<String> = world
        .channel
        .store()
        .outbox_of(id)
        .await
        .expect("reads")
        .into_iter()
        .map(|r| r.kind)
        .collect();
    assert_eq!(told, ["accepted", "transferred"]);
    assert!(
        world.channel.act(id, CLERK, &world.offer(), None).await.is_err(),
        "the giver no longer acts"
    );
}

#[tokio::test]
async fn a_withdrawal_before_the_diversion_never_opens_a_case() {
    let world = world(None).await;
    for (no, kind, state) in [
        ("no-1", "complaint_withdrawn", StateName::Withdrawn),
        ("no-2", "consent_withdrawn", StateName::Erased),
    ] {
        let answer = world.notify(no, &format!("notice-{no}"), kind, serde_json::json!({})).await;
        assert_eq!(answer.expect("it is taken").state, state);
        let consent = world.center.consent(no);
        let now = world.clock.now();
        let complaint = corpus::corpus()[0].to_complaint(7, no, now, USCC, "商场", &consent);
        let late = world.channel.divert(None, complaint.to_string().as_bytes()).await;
        assert!(matches!(late, Err(IntakeError::Erased)), "{kind}");
    }
    let page = world.channel.queue(CaseQuery { limit: 50, ..CaseQuery::default() }).await;
    let (rows, _) = page.expect("it reads");
    assert!(rows.iter().all(|row| row.state.is_over() && row.complaint_no.is_none()));
    assert!(matches!(
        world.notify("no-3", "notice-0003", "urge", serde_json::json!({})).await,
        Err(NoticeError::Act(ActError::Unknown))
    ));
    let report = world.channel.fsck().await.expect("it runs");
    assert!(report.findings.is_empty(), "{:?}", report.findings);
}

#[tokio::test]
async fn a_link_answers_once_and_is_nobodys_after_that() {
    let world = world(None).await;
    let id = world.divert("no-1").await;
    world.act(id, Command::Accept).await;
    world.act(id, world.offer()).await;
    let secret = world.channel.issue_link(id, CLERK, None).await.expect("it is issued");
    let seen = world.channel.link_offer(&secret).await.expect("it leads somewhere");
    assert_eq!(seen.text, "全额退款");
    let newer = world.channel.issue_link(id, CLERK, None).await.expect("it is issued again");
    assert!(matches!(world.channel.link_offer(&secret).await, Err(LinkError::Gone)));
    let secret = newer;
    let acted = world.channel.answer_by_link(&secret, true, None).await.expect("it counts");
    assert_eq!(acted.loaded.case.state.name(), StateName::Settled);
    for gone in [secret.as_str(), "", "no-such-secret"] {
        let again = world.channel.answer_by_link(gone, false, None).await;
        assert!(matches!(again, Err(LinkError::Gone)));
    }
    let raw = world.channel.store().records("answer_link", "", 10).await.expect("reads");
    assert!(raw.is_empty(), "nothing of it is kept");
    let settled = acted.events.iter().any(|event| matches!(event, Event::Settled { .. }));
    assert!(settled);
}

#[tokio::test]
async fn a_link_outlives_neither_its_offer_nor_its_day() {
    let world = world(None).await;
    let id = world.divert("no-1").await;
    world.act(id, Command::Accept).await;
    world.act(id, world.offer()).await;
    let secret = world.channel.issue_link(id, CLERK, None).await.expect("it is issued");
    world.clock.advance(5 * DAY_MILLIS);
    assert!(matches!(world.channel.link_offer(&secret).await, Err(LinkError::Gone)));
}

fn walk_in(report_to_center: bool, world: &World) -> DeskComplaint {
    let now = world.clock.now();
    DeskComplaint {
        report_to_center,
        consumer: Consumer {
            name: "赵六".to_owned(),
            phone: "13900001111".to_owned(),
            id_type: None,
            id_number: None,
            address: None,
        },
        respondent: Respondent {
            uscc: USCC.to_owned(),
            name: "商场".to_owned(),
            stall_no: None,
            address: None,
        },
        goods: GoodsInfo {
            kind: DeskComplaint::goods_unknown(),
            name: "电饭煲".to_owned(),
            brand: None,
            order_no: None,
            purchased_on: None,
        },
        issue: "quality".parse().expect("a code"),
        requests: Vec::new(),
        amount_fen: Some(Fen::new(29_900)),
        facts: "使用三天后不能加热".to_owned(),
        happened_on: None,
        consent: DeskConsent {
            method: "paper".to_owned(),
            wording_sha256: "a".repeat(64),
            purposes: match report_to_center {
                true => vec!["negotiate".to_owned(), "report_outcome".to_owned()],
                false => vec!["negotiate".to_owned()],
            },
            data_categories: ["identity", "contact", "facts"].map(str::to_owned).to_vec(),
            recipients: vec![Recipient {
                kind: "merchant".to_owned(),
                uscc: Some(USCC.to_owned()),
                name: None,
            }],
            given_at: now,
            expires_at: now.plus_millis(365 * DAY_MILLIS),
            signature: "纸质签字，存档第 12 页".to_owned(),
        },
    }
}

#[tokio::test]
async fn a_walk_in_takes_the_same_path_and_the_consumer_says_whether_the_center_hears_of_it() {
    let world = world(None).await;
    for (reported, origin) in [(true, Origin::DeskReported), (false, Origin::DeskOnly)] {
        let written = walk_in(reported, &world);
        let opened = world.channel.register(CLERK, written).await.expect("it is taken");
        let id = opened.case;
        assert!(opened.answer.complaint_no.as_str().starts_with("XC20261123-"));
        world.act(id, Command::Accept).await;
        world.act(id, world.offer()).await;
        let open = world.channel.load(id).await.expect("it is there").case;
        let offer_id = open.current_offer().expect("it is open").id;
        let unsigned = Command::Answer { offer_id, accepted: true, text: None, signature: None };
        match world.channel.act(id, CLERK, &unsigned, None).await {
            Err(ActError::Refused(refusal)) => assert_eq!(refusal.field(), Some("signature")),
            other => panic!("it was {}", other.is_ok()),
        }
        let signature = Some(words("纸质签字"));
        world.act(id, Command::Answer { offer_id, accepted: true, text: None, signature }).await;
        let loaded = world.channel.load(id).await.expect("it is there");
        assert_eq!((loaded.case.origin, loaded.case.state.name()), (origin, StateName::Settled));
        let reports = world.channel.store().outbox_of(id).await.expect("reads");
        let kinds: Vec<String> = reports.into_iter().map(|report| report.kind).collect();
        let expect: &[&str] = match reported {
            true => &["registered", "accepted", "offered", "settled"],
            false => &[],
        };
        assert_eq!(kinds, expect);
    }
    let report = world.channel.fsck().await.expect("it runs");
    assert!(report.findings.is_empty(), "{:?}", report.findings);
}

#[tokio::test]
async fn the_center_learns_of_a_walk_in_only_what_the_consumer_agreed_to() {
    let world = world(None).await;
    let mut against = walk_in(false, &world);
    against.report_to_center = true;
    assert!(world.channel.register(CLERK, against).await.is_err(), "no purpose, no report");
    let mut thin = walk_in(false, &world);
    thin.consent.data_categories = vec!["facts".to_owned()];
    assert!(world.channel.register(CLERK, thin).await.is_err(), "a phone needs a consent");
    let kept = world.channel.register(CLERK, walk_in(false, &world)).await.expect("it is taken");
    let no = kept.answer.complaint_no;
    assert!(matches!(world.channel.tracking(&no).await, Err(ActError::Unknown)));
    let urged = world.notify(no.as_str(), "notice-0001", "urge", serde_json::json!({})).await;
    assert!(matches!(urged, Err(NoticeError::Act(ActError::Unknown))));
    let erased =
        world.notify(no.as_str(), "notice-0002", "consent_withdrawn", serde_json::json!({})).await;
    assert!(matches!(erased, Err(NoticeError::Act(ActError::Unknown))));
    assert_eq!(world.state(kept.case).await, StateName::Received);
}

#[tokio::test]
async fn three_years_after_the_end_the_person_is_erased_and_a_restored_one_again() {
    let world = world(None).await;
    let id = world.divert("no-1").await;
    let withdrawn =
        world.notify("no-1", "notice-0001", "complaint_withdrawn", serde_json::json!({})).await;
    withdrawn.expect("it is taken");
    world.to("2029-11-23T23:59:00+08:00");
    assert_eq!(world.tick().await, Ticked::default());
    world.to("2029-11-24T00:00:00+08:00");
    assert_eq!(world.tick().await, Ticked { erased: 1, ..Ticked::default() });
    assert_eq!(world.channel.erased_cases().await.expect("reads"), [id]);
    assert!(!world.channel.erase_again(id).await.expect("nothing is left"));
    let other = world.divert("no-2").await;
    assert!(world.channel.erase_again(other).await.expect("as after an old backup"));
    let history = world.channel.history(other, &AUDITOR).await.expect("it reads");
    let last = history.last().expect("it was erased");
    assert_eq!(last.data["reason"], EraseReason::Restored.code());
}

#[tokio::test]
async fn after_the_consent_is_over_staff_read_nothing_of_the_consumer_and_auditors_do() {
    let world = world(None).await;
    let id = world.divert("no-1").await;
    world.act(id, Command::Accept).await;
    world.act(id, world.offer()).await;
    let fields = vec!["phone".to_owned()];
    let (_, shown) = world
        .channel
        .reveal(id, CLERK, &fields, words("电话联系消费者"), None)
        .await
        .expect("the consent holds");
    assert!(!shown["phone"].is_empty());
    world.clock.advance(800 * DAY_MILLIS);
    let view = world.channel.view(id, &CLERK).await.expect("the case itself is shown");
    assert!(view.withheld.is_some() && view.facts.is_empty());
    let history = world.channel.history(id, &CLERK).await.expect("it reads");
    assert!(history.iter().all(|entry| entry.words.is_empty()));
    match world.channel.reveal(id, CLERK, &fields, words("再看一眼"), None).await {
        Err(ActError::Withheld(Withheld::Expired)) => {}
        other => panic!("it was {}", other.is_ok()),
    }
    let audited = world.channel.view(id, &AUDITOR).await.expect("it reads");
    assert!(audited.withheld.is_none() && !audited.facts.is_empty());
    let reveals = world.channel.reveals("", 10).await.expect("reads");
    let seen: Vec<_> = reveals.iter().map(|r| (r.case_id, r.actor, r.fields.clone())).collect();
    assert_eq!(seen, [(id, CLERK.pseudonym, fields)]);
}

#[tokio::test]
async fn a_shop_reads_of_the_consumer_only_when_the_consent_names_it() {
    let world = world(None).await;
    let id = world.divert("no-1").await;
    world.act(id, Command::Accept).await;
    let draft: TenantDraft = serde_json::from_value(serde_json::json!({
        "uscc": USCC, "name": "某电器专柜", "kind": "mall_shop", "stall_no": "2F-18",
        "contact_name": "钱七", "contact_phone": "13800002222", "contract_from": "2026-01-01",
        "status": "active", "status_since": "2026-01-01",
    }))
    .expect("a draft");
    let tenant = draft.into_tenant().expect("it fits");
    let tenant = world.channel.tenant_add(SUPERVISOR, &tenant).await.expect("it is added");
    world.channel.assign(id, CLERK, tenant, None).await.expect("it is assigned");
    let shop = Actor { role: Role::Tenant, pseudonym: Pseudonym::new([9; 16]) };
    let view = world.channel.view(id, &shop).await.expect("the case itself is shown");
    assert!(view.withheld.is_some_and(|why| why.contains("第二十三条")));
    assert!(view.facts.is_empty() && !view.assigned.expect("it is named").named);
    let theirs = world.channel.tenant_cases(tenant, None, 10).await.expect("reads");
    assert_eq!(theirs.len(), 1);
    let say = Command::TenantState { text: words("已联系厂家售后") };
    world.channel.act(id, shop, &say, None).await.expect("the shop says its part");
    let unknown = world.channel.assign(
        id,
        CLERK,
        "tnt_01900000000070008000000000000000".parse().expect("an id"),
        None,
    );
    match unknown.await {
        Err(ActError::Refused(refusal)) => assert_eq!(refusal.field(), Some("tenant")),
        other => panic!("it was {}", other.is_ok()),
    }
}

#[tokio::test]
async fn a_new_calendar_moves_provisional_deadlines_and_writes_down_which() {
    let world = world(None).await;
    world.to("2026-12-28T09:00:00+08:00");
    let id = world.divert("no-1").await;
    world.act(id, Command::Accept).await;
    let before = world.channel.view(id, &CLERK).await.expect("it reads");
    let before = before.clocks.iter().find(|clock| clock.stopped_at.is_none()).expect("it runs");
    assert!(before.provisional);
    let year = r#"{ "year": 2027, "notice": "国办发明电〔2026〕0号", "notice_certainty": "M",
        "published": true, "holidays": [
            { "date": "2027-01-01", "name": "元旦" }, { "date": "2027-01-04", "name": "元旦" }
        ], "workdays": [] }"#;
    let calendar = match world.channel.calendar().with_year(year) {
        Ok(calendar) => calendar,
        Err(error) => panic!("the made-up year does not read: {error}"),
    };
    world.channel.take_calendar(calendar);
    let dry = world.channel.recalculate(true).await.expect("it runs");
    assert_eq!(world.kinds(id).await.last().map(String::as_str), Some("accepted"));
    let moved = world.channel.recalculate(false).await.expect("it runs");
    assert_eq!(moved, dry);
    assert_eq!(moved.len(), 1);
    assert!(moved[0].was_provisional && !moved[0].provisional && moved[0].after > moved[0].before);
    assert_eq!(world.kinds(id).await.last().map(String::as_str), Some("clock_moved"));
    assert_eq!(world.channel.recalculate(false).await.expect("it runs"), []);
}

#[tokio::test]
async fn every_action_of_a_view_is_one_the_command_would_take() {
    let world = world(None).await;
    let id = world.divert("no-1").await;
    world.act(id, Command::Accept).await;
    let view = world.channel.view(id, &CLERK).await.expect("it reads");
    let open: Vec<_> = view.choices.iter().filter(|choice| choice.allowed).collect();
    assert!(open.iter().all(|choice| Action::from_code(&choice.action).is_some()));
    let closed = view.choices.iter().find(|choice| choice.action == "take_transfer");
    let closed = closed.expect("it is told why not");
    assert_eq!(closed.why_not.as_deref(), Some("no_transfer"));
    assert!(view.reports.iter().all(|report| report.due_at.is_some() && !report.overdue));
    assert_eq!(view.reports[0].kind, ReportKind::Accepted.code());
}
