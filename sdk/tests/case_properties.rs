//! What holds for every case, whatever is done to it in whatever order.

use green_channel::calendar::Calendar;
use green_channel::case::{
    Actor, Case, CaseState, Closing, Command, ContactMethod, ContactResult, Event, HandbackReason,
    Intake, OfferStatus, Policy, RejectionReason, ReportKind, Role, RuleSet, Stamped, TermKind,
    Terms, decide, receive,
};
use green_channel::codes::Outcome;
use green_channel::ids::{OfferId, Pseudonym, ReportId};
use green_channel::money::Fen;
use green_channel::privacy::Personal;
use green_channel::time::{DAY_MILLIS, Timestamp};
use proptest::prelude::*;

fn start() -> Timestamp {
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

/// One thing that somebody tries: who, what, with which particulars, how much later.
#[derive(Clone, Debug)]
struct Try {
    role: Role,
    person: u8,
    what: u8,
    variant: u8,
    later: i64,
}

fn right_role(what: u8, person: u8) -> Role {
    match what {
        3 | 4 => Role::Supervisor,
        5 | 6 | 11 | 13..=19 => Role::Center,
        7 | 21 => Role::System,
        _ if person == 1 => Role::Clerk,
        _ => Role::Supervisor,
    }
}

fn tries() -> impl Strategy<Value = Vec<Try>> {
    let role = prop::sample::select(Role::ALL.to_vec());
    let one = (role, 0_u8..4, 1_u8..3, 0_u8..22, 0_u8..3, 0_i64..DAY_MILLIS).prop_map(
        |(any, honest, person, what, variant, later)| {
            // Three of four come from somebody who may; else hardly a case would get anywhere.
            let role = if honest > 0 { right_role(what, person) } else { any };
            Try { role, person, what, variant, later }
        },
    );
    prop::collection::vec(one, 1..80)
}

fn command(given: &Try, now: Timestamp, case: &Case) -> Command {
    let in_days = |days: i64| now.plus_millis(days * DAY_MILLIS).civil_date();
    let current = case.current_offer().map(|offer| offer.id);
    match given.what {
        0 => Command::Accept,
        1 => Command::Contact {
            method: ContactMethod::Phone,
            result: ContactResult::Unreachable,
            note: words(),
        },
        2 => Command::Offer {
            offer_id: OfferId::new(now, [given.variant; 10]),
            terms: Terms {
                kinds: vec![TermKind::Refund],
                refund_fen: Fen::new(i64::from(given.variant) * 400_000),
                damages_fen: Fen::ZERO,
                multiple_fen: Fen::ZERO,
                mental_damages_fen: Fen::ZERO,
                perform_by: in_days(5),
            },
            answer_by: in_days(i64::from(given.variant)),
            text: words(),
        },
        3 => Command::Approve,
        4 => Command::SendBack { reason: words() },
        5 | 6 => Command::Answer {
            offer_id: current.unwrap_or(OfferId::from_bytes([0; 16])),
            accepted: given.variant > 0,
            text: None,
        },
        7 => Command::ExpireOffer,
        8 => Command::Perform {
            proof: words(),
            closing: Closing {
                outcome: Outcome::Monetary,
                method: ContactMethod::Online,
                process: words(),
                result: words(),
                recovered_fen: Fen::new(i64::from(given.variant) - 1),
            },
        },
        9 => Command::Breach { reason: words() },
        10 => Command::Reject { reason: RejectionReason::Duplicate, text: words() },
        11 => Command::Review { upheld: given.variant > 0, text: None },
        12 => Command::HandBack { reason: HandbackReason::Expired, summary: words() },
        13 if given.variant == 0 => Command::Withdraw { reason: None },
        14 if given.variant == 0 => Command::WithdrawConsent,
        15 => Command::Urge,
        16 => Command::Supervise { reply_by: in_days(2) },
        17 => Command::Supplement { text: words() },
        18 => Command::Rate { stars: given.variant, text: None },
        19 => Command::Reopen { reason: words() },
        20 => Command::Reveal { fields: vec!["name".to_owned()], reason: words() },
        _ => Command::RecordReceipt {
            report_id: ReportId::new(now, [given.person; 10]),
            report: ReportKind::HandedBack,
            receipt: words(),
        },
    }
}

/// What must be true of a case at any time.
fn check(case: &Case) {
    let open = case.offers.iter().filter(|offer| offer.status == OfferStatus::Open).count();
    let waiting =
        case.offers.iter().filter(|offer| offer.status == OfferStatus::AwaitingApproval).count();
    match &case.state {
        CaseState::Offered { offer_id } => {
            assert_eq!((open, waiting), (1, 0));
            assert_eq!(case.offer(*offer_id).map(|o| o.status), Some(OfferStatus::Open));
        }
        CaseState::AwaitingApproval { .. } => assert_eq!((open, waiting), (0, 1)),
        CaseState::Settled { offer_id, .. } => {
            assert_eq!((open, waiting), (0, 0));
            assert_eq!(case.offer(*offer_id).map(|o| o.status), Some(OfferStatus::Accepted));
        }
        _ => assert_eq!((open, waiting), (0, 0)),
    }
    let over = case.state.name().is_over();
    let running = case.clocks.iter().any(|entry| entry.stopped_at.is_none());
    assert!(!(over && running), "a case that is over has no running clock");
    let unaccepted = matches!(case.state, CaseState::Received | CaseState::Rejected { .. });
    assert!(!(unaccepted && case.first_responder.is_some()), "nobody answers before accepting");
    let working = matches!(
        case.state,
        CaseState::InProgress
            | CaseState::AwaitingApproval { .. }
            | CaseState::Offered { .. }
            | CaseState::Settled { .. }
            | CaseState::Closed { .. }
    );
    assert!(!working || case.first_responder.is_some(), "somebody answers for it");
    assert!(case.revision <= case.version);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn whatever_is_tried_in_whatever_order_the_case_stays_legal_and_replays_equal(tries in tries()) {
        let policy = policy();
        let intake = Intake { diverted_at: start(), repeat: 0, complaint_no: words(), body: words() };
        let decision = receive(&intake, &policy, start()).expect("it is taken");
        let center = Actor { role: Role::Center, pseudonym: Pseudonym::new([9; 16]) };
        let first = Stamped { at: start(), actor: center, event: decision.records[0].event.clone() };
        let mut case = Case::begin(&first, "odr-2026").expect("it begins");
        let (mut now, mut history) = (start(), Vec::new());
        for given in tries {
            now = now.plus_millis(given.later);
            let actor = Actor { role: given.role, pseudonym: Pseudonym::new([given.person; 16]) };
            let Ok(decision) = decide(&case, &command(&given, now, &case), &actor, &policy, now) else {
                continue;
            };
            prop_assert!(!decision.records.is_empty());
            let before = case.version;
            for record in &decision.records {
                let event = record.event.clone();
                let json = serde_json::to_value(&event).expect("it serializes");
                let again: Event = serde_json::from_value(json).expect("it reads");
                prop_assert_eq!(&again, &event);
                let stamped = Stamped { at: now, actor, event };
                case = case.apply(&stamped).expect("what is decided can be applied");
                history.push(stamped);
            }
            prop_assert_eq!(case.version, before + decision.records.len() as u64);
            check(&case);
        }
        let begun = Case::begin(&first, "odr-2026").expect("it begins");
        let replayed = history.iter().try_fold(begun, Case::apply).expect("it replays");
        prop_assert_eq!(&replayed, &case);
        let snapshot = serde_json::to_vec(&case).expect("it serializes");
        prop_assert_eq!(serde_json::from_slice::<Case>(&snapshot).expect("it reads"), case);
    }

    #[test]
    fn events_in_any_order_are_applied_or_refused_and_never_lead_to_an_illegal_case(
        tries in tries(), order in any::<prop::sample::Index>(),
    ) {
        // The events of one legal history, started from another place in it.
        let policy = policy();
        let intake = Intake { diverted_at: start(), repeat: 0, complaint_no: words(), body: words() };
        let decision = receive(&intake, &policy, start()).expect("it is taken");
        let center = Actor { role: Role::Center, pseudonym: Pseudonym::new([9; 16]) };
        let first = Stamped { at: start(), actor: center, event: decision.records[0].event.clone() };
        let mut case = Case::begin(&first, "odr-2026").expect("it begins");
        let (mut now, mut history) = (start(), vec![first.clone()]);
        for given in tries {
            now = now.plus_millis(given.later);
            let actor = Actor { role: given.role, pseudonym: Pseudonym::new([given.person; 16]) };
            if let Ok(decision) = decide(&case, &command(&given, now, &case), &actor, &policy, now) {
                for record in decision.records {
                    let stamped = Stamped { at: now, actor, event: record.event };
                    case = case.apply(&stamped).expect("what is decided can be applied");
                    history.push(stamped);
                }
            }
        }
        let middle = order.index(history.len());
        history.rotate_left(middle);
        let mut mixed = Case::begin(&first, "odr-2026").expect("it begins");
        for stamped in &history {
            if let Ok(after) = mixed.clone().apply(stamped) {
                mixed = after;
            }
        }
        let name = mixed.state.name();
        prop_assert!(!(name.is_over() && mixed.clocks.iter().any(|entry| entry.stopped_at.is_none())));
    }
}
