//! What the center sends, in any order, against a small model of its own: the state a case ends in
//! is the model's, a refused notice changes nothing, and withdrawals win wherever they stand.

use std::sync::LazyLock;

use green_channel::calendar::Calendar;
use green_channel::case::{
    Actor, Case, ClockKind, Closing, Command, ContactMethod, Intake, Origin, Policy,
    RejectionReason, Role, RuleSet, Stamped, StateName, TermKind, Terms, decide, receive,
};
use green_channel::codes::Outcome;
use green_channel::ids::{OfferId, Pseudonym};
use green_channel::money::Fen;
use green_channel::privacy::Personal;
use green_channel::time::{DAY_MILLIS, Timestamp};
use proptest::prelude::*;

/// What a notice says, without its particulars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Notice {
    Urge,
    Supervise,
    Supplement,
    Withdrawn,
    ConsentWithdrawn,
    Accepted,
    Declined,
    Countered,
    Upheld,
    Overturned,
    Rated,
    Reopen,
    Breached,
    ExtensionGranted,
    Unknown,
}

const NOTICES: [Notice; 15] = [
    Notice::Urge,
    Notice::Supervise,
    Notice::Supplement,
    Notice::Withdrawn,
    Notice::ConsentWithdrawn,
    Notice::Accepted,
    Notice::Declined,
    Notice::Countered,
    Notice::Upheld,
    Notice::Overturned,
    Notice::Rated,
    Notice::Reopen,
    Notice::Breached,
    Notice::ExtensionGranted,
    Notice::Unknown,
];

/// The model: where a notice leads from a state; nothing where it is refused. No extension is ever
/// asked for here, so none is granted.
fn model(state: StateName, notice: Notice) -> Option<StateName> {
    let live = !state.is_over();
    let from = |only: StateName, to: StateName| (state == only).then_some(to);
    match notice {
        // Before the center for its review nothing can be asked of us.
        Notice::Urge | Notice::Supervise => (live && state != StateName::Rejected).then_some(state),
        Notice::Supplement => live.then_some(state),
        Notice::Breached => from(StateName::Settled, StateName::InProgress),
        Notice::Withdrawn => live.then_some(StateName::Withdrawn),
        Notice::ConsentWithdrawn => (state != StateName::Erased).then_some(StateName::Erased),
        Notice::Unknown => (state != StateName::Erased).then_some(state),
        Notice::Accepted => from(StateName::Offered, StateName::Settled),
        Notice::Declined | Notice::Countered => from(StateName::Offered, StateName::InProgress),
        Notice::Upheld => from(StateName::Rejected, StateName::HandedBack),
        Notice::Overturned => from(StateName::Rejected, StateName::Received),
        Notice::Rated => from(StateName::Closed, StateName::Closed),
        Notice::Reopen => from(StateName::Closed, StateName::InProgress),
        Notice::ExtensionGranted => None,
    }
}

fn start() -> Timestamp {
    "2026-11-24T10:00:00+08:00".parse().expect("an instant")
}

fn words() -> Personal<String> {
    Personal::new("若干情况说明".to_owned())
}

fn policy() -> &'static Policy {
    static POLICY: LazyLock<Policy> = LazyLock::new(|| Policy {
        rules: RuleSet::named("odr-2026.2").expect("shipped"),
        calendar: Calendar::shipped(),
        clerk_offer_limit: Fen::new(500_000),
        retention_years: 3,
    });
    &POLICY
}

fn terms() -> Terms {
    Terms {
        kinds: vec![TermKind::Refund],
        refund_fen: Fen::new(20_000),
        damages_fen: Fen::ZERO,
        multiple_fen: Fen::ZERO,
        mental_damages_fen: Fen::ZERO,
        perform_by: start().plus_millis(7 * DAY_MILLIS).civil_date(),
        in_exchange: Vec::new(),
    }
}

fn offer_id(version: u64) -> OfferId {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&version.to_be_bytes());
    OfferId::from_bytes(bytes)
}

fn command(notice: Notice, case: &Case) -> Command {
    let current = case.current_offer().map_or(offer_id(0), |offer| offer.id);
    let day = start().plus_millis(2 * DAY_MILLIS).civil_date();
    let answer =
        |accepted| Command::Answer { offer_id: current, accepted, text: None, signature: None };
    match notice {
        Notice::Urge => Command::Urge,
        Notice::Supervise => Command::Supervise { reply_by: day },
        Notice::Supplement => Command::Supplement { text: words() },
        Notice::Withdrawn => Command::Withdraw { reason: None, signature: None },
        Notice::ConsentWithdrawn => Command::WithdrawConsent { paper_no: None },
        Notice::Accepted => answer(true),
        Notice::Declined => answer(false),
        Notice::Countered => Command::Counter {
            offer_id: offer_id(case.version),
            answers: current,
            terms: terms(),
            text: words(),
            signature: None,
        },
        Notice::Upheld => Command::Review { upheld: true, text: None },
        Notice::Overturned => Command::Review { upheld: false, text: None },
        Notice::Rated => Command::Rate { stars: 4, text: None, signature: None },
        Notice::Reopen => Command::Reopen { reason: words(), signature: None },
        Notice::Breached => Command::Breach { reason: words() },
        Notice::ExtensionGranted => Command::AnswerExtension { granted: true, text: None },
        Notice::Unknown => Command::KeepNotice { raw: words(), case_filed: false },
    }
}

/// Decides and folds; nothing where it is refused.
fn step(case: &Case, command: &Command, role: Role, now: Timestamp) -> Option<Case> {
    let actor = Actor { role, pseudonym: Pseudonym::new([1; 16]) };
    let decision = decide(case, command, &actor, policy(), now).ok()?;
    let mut after = case.clone();
    for record in decision.records {
        let stamped = Stamped { at: now, actor, event: record.event };
        after = after.apply(&stamped).expect("what is decided can be applied");
    }
    Some(after)
}

/// A case in a state, brought there by the staff and the center.
fn case_in(state: StateName) -> Case {
    let intake = Intake {
        origin: Origin::Diverted,
        diverted_at: start(),
        repeat: 0,
        complaint_no: words(),
        body: words(),
    };
    let decision = receive(&intake, policy(), start()).expect("it is taken");
    let actor = Actor { role: Role::Center, pseudonym: Pseudonym::new([9; 16]) };
    let first = Stamped { at: start(), actor, event: decision.records[0].event.clone() };
    let mut case = Case::begin(&first, "odr-2026.2").expect("it begins");
    let day = start().plus_millis(3 * DAY_MILLIS).civil_date();
    let offer = |refund_fen| Command::Offer {
        offer_id: offer_id(1_000),
        terms: Terms { refund_fen: Fen::new(refund_fen), ..terms() },
        answer_by: day,
        text: words(),
    };
    let closing = Closing {
        outcome: Outcome::Monetary,
        method: ContactMethod::Phone,
        process: words(),
        result: words(),
        recovered_fen: Fen::new(20_000),
    };
    let perform = Command::Perform { proof: words(), closing };
    let reject = Command::Reject { reason: RejectionReason::NotOurs, text: words() };
    let accepted = [Command::Accept, offer(20_000)];
    let path: Vec<Command> = match state {
        StateName::Received => vec![],
        StateName::InProgress => vec![Command::Accept],
        StateName::AwaitingApproval => vec![Command::Accept, offer(600_000)],
        StateName::Offered | StateName::Settled | StateName::Closed => accepted.to_vec(),
        StateName::Rejected => vec![reject],
        StateName::HandedBack | StateName::Withdrawn | StateName::Erased => {
            panic!("nothing begins there")
        }
    };
    for command in path {
        case = step(&case, &command, Role::Clerk, start()).expect("the clerk may");
    }
    if matches!(state, StateName::Settled | StateName::Closed) {
        let answer = command(Notice::Accepted, &case);
        case = step(&case, &answer, Role::Center, start()).expect("the consumer may");
    }
    if state == StateName::Closed {
        case = step(&case, &perform, Role::Clerk, start()).expect("the clerk may");
    }
    assert_eq!(case.state.name(), state);
    case
}

const BEGINNINGS: [StateName; 7] = [
    StateName::Received,
    StateName::InProgress,
    StateName::AwaitingApproval,
    StateName::Offered,
    StateName::Settled,
    StateName::Closed,
    StateName::Rejected,
];

/// Takes the notices one after the other and holds each against the model.
fn take(mut case: Case, notices: &[Notice]) -> Case {
    let mut now = start();
    for notice in notices {
        now = now.plus_millis(60_000);
        let expected = model(case.state.name(), *notice);
        let after = step(&case, &command(*notice, &case), Role::Center, now);
        let found = after.as_ref().map(|after| after.state.name());
        assert_eq!(found, expected, "{notice:?} when {}", case.state.name().code());
        case = after.unwrap_or(case);
    }
    case
}

#[test]
fn every_notice_in_every_state_is_taken_or_refused_as_the_model_says() {
    for state in BEGINNINGS {
        for notice in NOTICES {
            take(case_in(state), &[notice]);
        }
    }
}

#[test]
fn every_pair_of_notices_ends_where_the_model_ends() {
    for state in BEGINNINGS {
        for first in NOTICES {
            for second in NOTICES {
                take(case_in(state), &[first, second]);
            }
        }
    }
}

#[test]
fn all_orders_of_the_withdrawals_an_answer_and_a_reminder_end_alike() {
    let four = [Notice::Withdrawn, Notice::ConsentWithdrawn, Notice::Accepted, Notice::Urge];
    let mut orders = 0;
    for a in four {
        for b in four {
            for c in four {
                for d in four {
                    let order = [a, b, c, d];
                    if four.iter().all(|notice| order.contains(notice)) {
                        let end = take(case_in(StateName::Offered), &order);
                        assert_eq!(end.state.name(), StateName::Erased, "{order:?}");
                        orders += 1;
                    }
                }
            }
        }
    }
    assert_eq!(orders, 24);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_order_of_notices_ends_in_the_model_s_state(
        state in prop::sample::select(BEGINNINGS.to_vec()),
        notices in prop::collection::vec(prop::sample::select(NOTICES.to_vec()), 0..16),
    ) {
        let end = take(case_in(state), &notices);
        let expected = notices.iter().fold(state, |state, notice| {
            model(state, *notice).unwrap_or(state)
        });
        prop_assert_eq!(end.state.name(), expected);
        // Consent withdrawn anywhere: the person is gone, whatever else came before or after.
        if notices.contains(&Notice::ConsentWithdrawn) {
            prop_assert_eq!(end.state.name(), StateName::Erased);
        } else if notices.contains(&Notice::Withdrawn)
            && !matches!(state, StateName::Closed | StateName::Rejected)
        {
            prop_assert_eq!(end.state.name(), StateName::Withdrawn);
        }
        // Reminders count while the case is open, and nothing runs once it is over.
        prop_assert!(end.urges.len() <= notices.iter().filter(|n| **n == Notice::Urge).count());
        let runs = end.running(ClockKind::Urge).is_some();
        prop_assert!(!(runs && end.state.name().is_over()));
    }

    #[test]
    fn a_refused_notice_taken_out_of_the_row_changes_nothing(
        state in prop::sample::select(BEGINNINGS.to_vec()),
        notices in prop::collection::vec(prop::sample::select(NOTICES.to_vec()), 0..12),
    ) {
        let mut at = state;
        let mut taken = Vec::new();
        for notice in &notices {
            if let Some(next) = model(at, *notice) {
                at = next;
                taken.push(*notice);
            }
        }
        let (all, some) = (take(case_in(state), &notices), take(case_in(state), &taken));
        prop_assert_eq!(all.state.name(), some.state.name());
        prop_assert_eq!(all.version, some.version);
        prop_assert_eq!((all.rating, all.reopened), (some.rating, some.reopened));
        prop_assert_eq!(all.urges.len(), some.urges.len());
    }
}
