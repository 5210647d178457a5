//! Who may do what to a case, when: every action against every state and every role, as tables an
//! official can read beside the regulation. Cases are brought into their states by real decisions.

use green_channel::calendar::Calendar;
use green_channel::case::{
    Action, Actor, Case, Closing, Command, ContactMethod, ContactResult, Effect, HandbackReason,
    Intake, Policy, RejectionReason, ReportKind, Role, RuleSet, Stamped, TermKind, Terms, choices,
    decide, receive,
};
use green_channel::codes::Outcome;
use green_channel::ids::{OfferId, Pseudonym, ReportId};
use green_channel::money::Fen;
use green_channel::privacy::Personal;
use green_channel::time::{Date, Timestamp};

const STATES: [&str; 10] = [
    "received",
    "in_progress",
    "awaiting_approval",
    "offered",
    "settled",
    "closed",
    "rejected",
    "handed_back",
    "withdrawn",
    "erased",
];

/// 动作 — 由谁 — 在哪些状态下可办。其余状态一律拒绝，并说明案件处于什么状态。
const ACTIONS: [(&str, &str, &str); 22] = [
    ("accept", "clerk supervisor", "received"),
    ("contact", "clerk supervisor", "in_progress awaiting_approval offered settled"),
    ("offer", "clerk supervisor", "in_progress"),
    ("approve", "supervisor", "awaiting_approval"),
    ("send_back", "supervisor", "awaiting_approval"),
    ("answer", "center", "offered"),
    ("expire_offer", "system", "offered"),
    ("perform", "clerk supervisor", "settled"),
    ("breach", "clerk supervisor", "settled"),
    ("reject", "clerk supervisor", "received"),
    ("review", "center", "rejected"),
    ("hand_back", "clerk supervisor", "in_progress"),
    ("withdraw", "center", "received in_progress awaiting_approval offered settled rejected"),
    (
        "withdraw_consent",
        "center",
        "received in_progress awaiting_approval offered settled closed rejected handed_back withdrawn",
    ),
    ("urge", "center", "received in_progress awaiting_approval offered settled rejected"),
    ("supervise", "center", "received in_progress awaiting_approval offered settled rejected"),
    ("supplement", "center", "received in_progress awaiting_approval offered settled rejected"),
    ("rate", "center", "closed"),
    ("reopen", "center", "closed"),
    (
        "keep_notice",
        "center",
        "received in_progress awaiting_approval offered settled closed rejected handed_back withdrawn",
    ),
    (
        "reveal",
        "clerk supervisor auditor",
        "received in_progress awaiting_approval offered settled closed rejected handed_back withdrawn",
    ),
    (
        "record_receipt",
        "system",
        "received in_progress awaiting_approval offered settled closed rejected handed_back withdrawn",
    ),
];

/// 从某状态、由某人、办某事 — 结果状态 — 回传哪几步。
const STEPS: [(&str, &str, &str, &str, &str); 30] = [
    ("received", "clerk", "accept", "in_progress", "accepted"),
    ("received", "supervisor", "accept", "in_progress", "accepted"),
    ("received", "clerk", "reject", "rejected", "rejected"),
    ("received", "center", "withdraw", "withdrawn", "withdrawn"),
    ("received", "center", "urge", "received", ""),
    ("received", "center", "withdraw_consent", "erased", "erased"),
    ("in_progress", "clerk", "contact", "in_progress", "contacted"),
    ("in_progress", "clerk", "offer", "offered", "offered"),
    ("in_progress", "clerk", "offer above the limit", "awaiting_approval", ""),
    ("in_progress", "supervisor", "offer", "offered", "offered"),
    ("in_progress", "clerk", "hand_back", "handed_back", "handed_back"),
    ("in_progress", "center", "supervise", "in_progress", ""),
    ("in_progress", "center", "withdraw", "withdrawn", "withdrawn"),
    ("awaiting_approval", "another supervisor", "approve", "offered", "offered"),
    ("awaiting_approval", "another supervisor", "send_back", "in_progress", ""),
    ("awaiting_approval", "center", "withdraw", "withdrawn", "withdrawn"),
    ("offered", "center", "answer", "settled", "settled"),
    ("offered", "center", "decline", "in_progress", "declined"),
    ("offered", "center", "withdraw", "withdrawn", "withdrawn"),
    ("offered", "center", "supplement", "offered", ""),
    ("settled", "clerk", "perform", "closed", "performed closed"),
    ("settled", "clerk", "breach", "in_progress", "breached"),
    ("settled", "center", "withdraw", "withdrawn", "withdrawn"),
    ("closed", "center", "rate", "closed", ""),
    ("closed", "center", "reopen", "in_progress", ""),
    ("closed", "center", "withdraw_consent", "erased", "erased"),
    ("rejected", "center", "review", "handed_back", "handed_back"),
    ("rejected", "center", "overturn", "received", ""),
    ("handed_back", "center", "withdraw_consent", "erased", "erased"),
    ("withdrawn", "center", "keep_notice", "withdrawn", ""),
];

/// 拒绝的先后：岗位 → 状态 → 首问责任人 → 另一人 → 方案 → 填写内容。
const PRECEDENCE: [(&str, &str, &str, &str); 12] = [
    ("closed", "auditor", "offer", "role_not_permitted"),
    ("closed", "other clerk", "offer", "case_is_closed"),
    ("in_progress", "other clerk", "offer", "not_first_responder"),
    ("in_progress", "other clerk", "bad offer", "not_first_responder"),
    ("in_progress", "clerk", "bad offer", "field_invalid"),
    ("awaiting_approval", "clerk", "approve", "role_not_permitted"),
    ("awaiting_approval", "drafting supervisor", "approve", "same_person"),
    ("offered", "center", "answer another offer", "offer_unknown"),
    ("settled", "other clerk", "perform", "not_first_responder"),
    ("settled", "clerk", "perform without proof", "field_invalid"),
    ("in_progress", "clerk", "hand back as if reviewed", "field_invalid"),
    ("closed", "center", "rate with six stars", "field_invalid"),
];

fn day(text: &str) -> Date {
    text.parse().expect("a date")
}

fn now() -> Timestamp {
    "2026-11-24T10:00:00+08:00".parse().expect("an instant")
}

fn words() -> Personal<String> {
    Personal::new("若干情况说明".to_owned())
}

fn policy() -> Policy {
    Policy {
        rules: RuleSet::named("odr-2026").expect("shipped"),
        calendar: Calendar::shipped(),
        clerk_offer_limit: Fen::new(500_000),
    }
}

fn actor(name: &str) -> Actor {
    let (role, who) = match name {
        "clerk" => (Role::Clerk, 1),
        "other clerk" => (Role::Clerk, 2),
        "supervisor" | "drafting supervisor" => (Role::Supervisor, 3),
        "another supervisor" => (Role::Supervisor, 4),
        "center" => (Role::Center, 5),
        "system" => (Role::System, 6),
        "auditor" => (Role::Auditor, 7),
        "administrator" => (Role::Administrator, 8),
        other => panic!("nobody is called {other}"),
    };
    Actor { role, pseudonym: Pseudonym::new([who; 16]) }
}

fn offer(fen: i64) -> Command {
    Command::Offer {
        offer_id: OfferId::from_bytes([7; 16]),
        terms: Terms {
            kinds: vec![TermKind::Refund],
            refund_fen: Fen::new(fen),
            damages_fen: Fen::ZERO,
            multiple_fen: Fen::ZERO,
            mental_damages_fen: Fen::ZERO,
            perform_by: day("2026-12-01"),
        },
        answer_by: day("2026-11-27"),
        text: words(),
    }
}

fn perform(proof: &str) -> Command {
    Command::Perform {
        proof: Personal::new(proof.to_owned()),
        closing: Closing {
            outcome: Outcome::Monetary,
            method: ContactMethod::Phone,
            process: words(),
            result: words(),
            recovered_fen: Fen::new(20_000),
        },
    }
}

fn answer(offer: u8, accepted: bool) -> Command {
    Command::Answer { offer_id: OfferId::from_bytes([offer; 16]), accepted, text: None }
}

fn command(name: &str) -> Command {
    match name {
        "accept" => Command::Accept,
        "contact" => Command::Contact {
            method: ContactMethod::Phone,
            result: ContactResult::Reached,
            note: words(),
        },
        "offer" => offer(500_000),
        "offer above the limit" => offer(500_001),
        "bad offer" => offer(-1),
        "approve" => Command::Approve,
        "send_back" => Command::SendBack { reason: words() },
        "answer" => answer(7, true),
        "decline" => answer(7, false),
        "answer another offer" => answer(8, true),
        "expire_offer" => Command::ExpireOffer,
        "perform" => perform("转账流水"),
        "perform without proof" => perform(" "),
        "breach" => Command::Breach { reason: words() },
        "reject" => Command::Reject { reason: RejectionReason::NotOurs, text: words() },
        "review" => Command::Review { upheld: true, text: None },
        "overturn" => Command::Review { upheld: false, text: None },
        "hand_back" => Command::HandBack { reason: HandbackReason::NoAgreement, summary: words() },
        "hand back as if reviewed" => {
            Command::HandBack { reason: HandbackReason::RejectionUpheld, summary: words() }
        }
        "withdraw" => Command::Withdraw { reason: None },
        "withdraw_consent" => Command::WithdrawConsent,
        "urge" => Command::Urge,
        "supervise" => Command::Supervise { reply_by: day("2026-11-26") },
        "supplement" => Command::Supplement { text: words() },
        "rate" => Command::Rate { stars: 5, text: None },
        "rate with six stars" => Command::Rate { stars: 6, text: None },
        "reopen" => Command::Reopen { reason: words() },
        "keep_notice" => Command::KeepNotice { raw: words() },
        "reveal" => Command::Reveal { fields: vec!["phone".to_owned()], reason: words() },
        "record_receipt" => Command::RecordReceipt {
            report_id: ReportId::from_bytes([1; 16]),
            report: ReportKind::Accepted,
            receipt: words(),
        },
        other => panic!("there is no command {other}"),
    }
}

fn received() -> Case {
    let intake = Intake { diverted_at: now(), repeat: 0, complaint_no: words(), body: words() };
    let decision = receive(&intake, &policy(), now()).expect("it is taken");
    let event = decision.records[0].event.clone();
    let first = Stamped { at: now(), actor: actor("center"), event };
    Case::begin(&first, "odr-2026").expect("it begins")
}

/// Decides and folds; gives the case after and the effects.
fn step(case: &Case, who: &str, what: &str) -> Result<(Case, Vec<Effect>), &'static str> {
    let who = actor(who);
    let decision = decide(case, &command(what), &who, &policy(), now());
    let decision = decision.map_err(|refusal| refusal.code())?;
    let mut after = case.clone();
    for record in decision.records {
        let stamped = Stamped { at: now(), actor: who, event: record.event };
        after = after.apply(&stamped).expect("what is decided can be applied");
    }
    Ok((after, decision.effects))
}

/// The case in a state, brought there by the shortest path.
fn case_in(state: &str) -> Case {
    let path: &[(&str, &str)] = match state {
        "received" => &[],
        "in_progress" => &[("clerk", "accept")],
        "awaiting_approval" => {
            &[("clerk", "accept"), ("drafting supervisor", "offer above the limit")]
        }
        "offered" => &[("clerk", "accept"), ("clerk", "offer")],
        "settled" => &[("clerk", "accept"), ("clerk", "offer"), ("center", "answer")],
        "closed" => {
            &[("clerk", "accept"), ("clerk", "offer"), ("center", "answer"), ("clerk", "perform")]
        }
        "rejected" => &[("clerk", "reject")],
        "handed_back" => &[("clerk", "accept"), ("clerk", "hand_back")],
        "withdrawn" => &[("center", "withdraw")],
        "erased" => &[("center", "withdraw_consent")],
        other => panic!("there is no state {other}"),
    };
    let fold = |case: Case, (who, what): &(&str, &str)| {
        step(&case, who, what).unwrap_or_else(|code| panic!("{who} {what}: {code}")).0
    };
    let case = path.iter().fold(received(), fold);
    assert_eq!(case.state.name().code(), state);
    case
}

fn listed(list: &str, word: &str) -> bool {
    list.split(' ').any(|entry| entry == word)
}

/// Somebody of this role who is neither outsider nor drafter.
fn right_one(role: &str, state: &str) -> &'static str {
    match role {
        "supervisor" if state == "awaiting_approval" => "another supervisor",
        "clerk" => "clerk",
        "supervisor" => "supervisor",
        "center" => "center",
        "system" => "system",
        "auditor" => "auditor",
        _ => "administrator",
    }
}

#[test]
fn every_action_in_every_state_does_what_the_table_says() {
    let mut rows = 0;
    for (action, roles, states) in ACTIONS {
        let role = roles.split(' ').next().expect("one at least");
        for state in STATES {
            let case = case_in(state);
            let outcome = step(&case, right_one(role, state), action).map(|_| ());
            let still_open = action == "expire_offer" && state == "offered";
            let expect = match listed(states, state) {
                true if still_open => Err("offer_still_open"),
                true => Ok(()),
                false => Err(case.state.name().refusal_code()),
            };
            assert_eq!(outcome, expect, "{action} when {state}");
            rows += 1;
        }
    }
    assert_eq!(rows, 220);
}

#[test]
fn every_action_by_every_role_does_what_the_table_says() {
    for (action, roles, states) in ACTIONS {
        let state = states.split(' ').next().expect("one at least");
        let case = case_in(state);
        for role in Role::ALL {
            let who = right_one(role.code(), state);
            let outcome = step(&case, who, action).map(|_| ());
            let refused = outcome == Err("role_not_permitted");
            assert_eq!(refused, !listed(roles, role.code()), "{action} by {}", role.code());
        }
    }
}

#[test]
fn every_step_leads_where_the_table_says_and_tells_the_center_so() {
    for (state, who, what, expect, reports) in STEPS {
        let (after, effects) = step(&case_in(state), who, what)
            .unwrap_or_else(|code| panic!("{who} {what} when {state}: {code}"));
        assert_eq!(after.state.name().code(), expect, "{who} {what} when {state}");
        let told = effects.iter().filter_map(|effect| match effect {
            Effect::Report(kind) => Some(kind.code()),
            Effect::DestroyKey => None,
        });
        let told = told.collect::<Vec<_>>().join(" ");
        assert_eq!(told, reports, "{who} {what} when {state}");
        let destroys = effects.contains(&Effect::DestroyKey);
        assert_eq!(destroys, expect == "erased", "{who} {what} when {state}");
    }
}

#[test]
fn the_first_reason_to_refuse_is_the_one_that_is_given() {
    for (state, who, what, expect) in PRECEDENCE {
        let outcome = step(&case_in(state), who, what).map(|_| ());
        assert_eq!(outcome, Err(expect), "{who} {what} when {state}");
    }
}

#[test]
fn the_list_of_choices_and_the_command_never_disagree() {
    for state in STATES {
        let case = case_in(state);
        for role in ["clerk", "supervisor", "center", "system", "auditor", "administrator"] {
            let who = right_one(role, state);
            for choice in choices(&case, &actor(who), now()) {
                let outcome = step(&case, who, choice.action.code()).map(|_| ());
                let told = choice.why_not.as_ref().map_or(Ok(()), |refusal| Err(refusal.code()));
                assert_eq!(outcome, told, "{} by {who} when {state}", choice.action.code());
            }
        }
    }
    assert_eq!(Action::ALL.len(), ACTIONS.len());
}

#[test]
fn the_consumer_s_answer_counts_until_the_last_millisecond_of_its_day() {
    let case = case_in("offered");
    let last = Timestamp::end_of(day("2026-11-27"));
    let at = |now| decide(&case, &command("answer"), &actor("center"), &policy(), now);
    assert!(at(last).is_ok());
    assert_eq!(at(last.plus_millis(1)).map(|_| ()).map_err(|r| r.code()), Err("offer_expired"));
    let expire = |now| decide(&case, &command("expire_offer"), &actor("system"), &policy(), now);
    assert_eq!(expire(last).map(|_| ()).map_err(|r| r.code()), Err("offer_still_open"));
    assert!(expire(last.plus_millis(1)).is_ok());
}

#[test]
fn overdue_is_remembered_for_good() {
    let late: Timestamp = "2027-01-20T10:00:00+08:00".parse().expect("an instant");
    let case = case_in("settled");
    let who = actor("clerk");
    let decision =
        decide(&case, &command("perform"), &who, &policy(), late).expect("late, but done");
    let mut after = case;
    for record in decision.records {
        after = after
            .apply(&Stamped { at: late, actor: who, event: record.event })
            .expect("it applies");
    }
    assert_eq!(after.state.name().code(), "closed");
    let perform = after.clocks.last().expect("the clock of performance stays");
    assert_eq!(perform.clock.due_at, Timestamp::end_of(day("2026-12-01")));
    let forever: Timestamp = "2030-01-01T00:00:00+08:00".parse().expect("an instant");
    assert_eq!(perform.overdue_millis(forever), perform.overdue_millis(late));
    assert!(after.is_overdue(forever));
    assert!(after.clocks.iter().all(|entry| entry.stopped_at.is_some()));
}

#[test]
fn a_receipt_does_not_make_a_clerk_s_page_stale_and_an_urge_does() {
    let case = case_in("in_progress");
    let (receipted, _) = step(&case, "system", "record_receipt").expect("it is noted");
    assert_eq!((receipted.revision, receipted.version), (case.revision, case.version + 1));
    let (urged, _) = step(&case, "center", "urge").expect("it is noted");
    assert_eq!(urged.revision, urged.version);
    assert!(urged.unread && !case.unread);
}
