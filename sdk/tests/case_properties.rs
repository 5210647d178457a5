//! What holds for every case, whatever is done to it in whatever order: random lives of a case,
//! with the software's own rounds in between, checked after every step.

use std::collections::HashSet;

use green_channel::calendar::Calendar;
use green_channel::case::{
    Action, Actor, AdvanceStatus, Case, CaseClock, CaseState, ClockKind, Closing, Command,
    ContactMethod, ContactResult, Effect, EraseReason, Event, HandbackReason, Intake, OfferStatus,
    Origin, Party, PauseGround, Policy, Refusal, RejectionReason, ReportKind, Role, RuleSet,
    Stamped, StateName, TermKind, Terms, choices, decide, due_command, permit, receive, wake_at,
    withdrawn_unseen,
};
use green_channel::codes::Outcome;
use green_channel::ids::{AdvanceId, OfferId, Pseudonym, ReportId, TenantId};
use green_channel::money::Fen;
use green_channel::privacy::Personal;
use green_channel::time::{DAY_MILLIS, HOUR_MILLIS, Timestamp};
use proptest::prelude::*;

const LIMIT_FEN: i64 = 500_000;
const SYSTEM: Actor = Actor { role: Role::System, pseudonym: Pseudonym::new([6; 16]) };
const CENTER: Actor = Actor { role: Role::Center, pseudonym: Pseudonym::new([9; 16]) };
/// The people of each role that a try may choose from.
const PEOPLE: [u8; 2] = [1, 2];
/// Steps that end a case; taken rarely, or no life would be long.
const ENDS: [Action; 5] =
    [Action::Withdraw, Action::WithdrawConsent, Action::Erase, Action::HandBack, Action::Reject];

fn start() -> Timestamp {
    "2026-11-24T10:00:00+08:00".parse().expect("an instant")
}

fn words() -> Personal<String> {
    Personal::new("若干情况说明".to_owned())
}

fn policy(rules: &str) -> Policy {
    Policy {
        rules: RuleSet::named(rules).expect("shipped"),
        calendar: Calendar::shipped(),
        clerk_offer_limit: Fen::new(LIMIT_FEN),
        retention_years: 3,
    }
}

/// One thing that somebody tries.
#[derive(Clone, Debug)]
struct Try {
    /// Most tries choose among what is allowed; the others are anybody doing anything.
    allowed: bool,
    pick: prop::sample::Index,
    role: Role,
    action: Action,
    variant: u8,
    later: i64,
    /// Whether the software does what is due before it.
    round: bool,
}

fn one_try() -> impl Strategy<Value = Try> {
    let later = prop_oneof![
        4 => 1..HOUR_MILLIS,
        3 => 1..DAY_MILLIS,
        2 => 1..4 * DAY_MILLIS,
        1 => 1..20 * DAY_MILLIS,
    ];
    let role = prop::sample::select(Role::ALL.to_vec());
    let action = prop::sample::select(Action::ALL.to_vec());
    let pick = any::<prop::sample::Index>();
    (0_u8..5, pick, role, action, 0_u8..4, later, any::<bool>()).prop_map(
        |(honest, pick, role, action, variant, later, round)| Try {
            allowed: honest > 0,
            pick,
            role,
            action,
            variant,
            later,
            round,
        },
    )
}

/// How a case begins and what is tried on it.
#[derive(Clone, Debug)]
struct Plan {
    rules: &'static str,
    origin: Origin,
    tries: Vec<Try>,
}

fn plans() -> impl Strategy<Value = Plan> {
    let rules = vec!["odr-2026.2", "odr-2026.2", "station-shenyang.2", "odr-2026"];
    let origins = vec![Origin::Diverted, Origin::DeskReported, Origin::DeskOnly];
    let (rules, origins) = (prop::sample::select(rules), prop::sample::select(origins));
    (rules, origins, prop::collection::vec(one_try(), 1..60))
        .prop_map(|(rules, origin, tries)| Plan { rules, origin, tries })
}

fn fresh(case: &Case, now: Timestamp) -> OfferId {
    let mut random = [0; 10];
    random[..8].copy_from_slice(&case.version.to_be_bytes());
    OfferId::new(now, random)
}

fn terms(variant: u8, now: Timestamp) -> Terms {
    Terms {
        kinds: vec![TermKind::Refund],
        refund_fen: Fen::new(1 + i64::from(variant) * 300_000),
        damages_fen: Fen::ZERO,
        multiple_fen: Fen::ZERO,
        mental_damages_fen: Fen::ZERO,
        perform_by: now.plus_millis(6 * DAY_MILLIS).civil_date(),
        in_exchange: Vec::new(),
    }
}

/// A command for this action; of four variants some are refused for their fields.
#[expect(clippy::too_many_lines, reason = "one arm per action reads best as one table")]
fn command(action: Action, variant: u8, actor: &Actor, case: &Case, now: Timestamp) -> Command {
    let in_days = |days: i64| now.plus_millis(days * DAY_MILLIS).civil_date();
    let unknown = OfferId::from_bytes([0; 16]);
    let current = case.current_offer().map_or(unknown, |offer| offer.id);
    let waiting = case.counter().map_or(unknown, |offer| offer.id);
    let signature = (actor.role.is_staff() && variant > 0).then(words);
    let reason = words();
    let kind = ClockKind::ALL[usize::from(variant)];
    let youngest = case.clocks.iter().rev().find(|entry| entry.clock.kind == kind);
    let start_at = youngest.map_or(case.received_at, |entry| entry.clock.start_at);
    match action {
        Action::Accept => Command::Accept,
        Action::ProposeTransfer => {
            Command::ProposeTransfer { to: Pseudonym::new([1 + variant % 2; 16]), reason }
        }
        Action::TakeTransfer => Command::TakeTransfer,
        Action::RefuseTransfer => Command::RefuseTransfer { reason },
        Action::RecallTransfer => Command::RecallTransfer,
        Action::Contact => Command::Contact {
            method: ContactMethod::Phone,
            result: if variant == 0 { ContactResult::Reached } else { ContactResult::Unreachable },
            note: reason,
        },
        Action::AskSupplement => {
            Command::AskSupplement { reply_by: in_days(i64::from(variant) * 2), text: reason }
        }
        Action::LapseSupplement => Command::LapseSupplement,
        Action::Pause => Command::Pause { until: in_days(i64::from(variant) * 30), reason },
        Action::Resume => Command::Resume { reason },
        Action::LapsePause => Command::LapsePause,
        Action::AskExtension => Command::AskExtension { reason },
        Action::AnswerExtension => {
            Command::AnswerExtension { granted: variant > 0, text: Some(reason) }
        }
        Action::Extend => Command::Extend { reason },
        Action::Offer => Command::Offer {
            offer_id: fresh(case, now),
            terms: terms(variant, now),
            answer_by: in_days(i64::from(variant)),
            text: reason,
        },
        Action::Approve => Command::Approve,
        Action::SendBack => Command::SendBack { reason },
        Action::IssueLink => Command::IssueLink,
        Action::Answer => {
            Command::Answer { offer_id: current, accepted: variant > 1, text: None, signature }
        }
        Action::Counter => Command::Counter {
            offer_id: fresh(case, now),
            answers: current,
            terms: terms(variant, now),
            text: reason,
            signature,
        },
        Action::AcceptCounter => Command::AcceptCounter { offer_id: waiting },
        Action::DeclineCounter => Command::DeclineCounter { offer_id: waiting, reason },
        Action::ExpireOffer => Command::ExpireOffer,
        Action::Perform => Command::Perform {
            proof: reason,
            closing: Closing {
                outcome: Outcome::Monetary,
                method: ContactMethod::Online,
                process: words(),
                result: words(),
                recovered_fen: Fen::new(i64::from(variant) - 1),
            },
        },
        Action::Breach => Command::Breach { reason },
        Action::Reject => Command::Reject { reason: RejectionReason::Duplicate, text: reason },
        Action::Review => Command::Review { upheld: variant == 0, text: None },
        Action::HandBack => Command::HandBack {
            reason: HandbackReason::CHOICES[usize::from(variant)],
            summary: reason,
        },
        Action::Withdraw => Command::Withdraw { reason: None, signature },
        Action::WithdrawConsent => {
            Command::WithdrawConsent { paper_no: (variant > 0).then(|| "CH-2026-0031".to_owned()) }
        }
        Action::Erase => Command::Erase {
            reason: if variant == 0 { EraseReason::Restored } else { EraseReason::Retention },
        },
        Action::Urge => Command::Urge,
        Action::Supervise => Command::Supervise { reply_by: in_days(i64::from(variant)) },
        Action::Supplement => Command::Supplement { text: reason },
        Action::Assign => {
            Command::Assign { tenant: TenantId::from_bytes([variant; 16]), named: variant > 1 }
        }
        Action::Unassign => Command::Unassign { reason },
        Action::TenantState => Command::TenantState { text: reason },
        Action::Rate => Command::Rate { stars: variant * 2, text: None, signature },
        Action::Reopen => Command::Reopen { reason, signature },
        Action::NoteExpiry => Command::NoteExpiry { clock: kind, start_at },
        Action::Escalate => Command::Escalate { clock: kind, start_at, step: u32::from(variant) },
        Action::MoveClock => Command::MoveClock { clock: kind, start_at },
        Action::MoveAdvance => Command::MoveAdvance {
            advance: AdvanceId::from_bytes([variant % 2; 16]),
            status: AdvanceStatus::ALL[usize::from(variant) * 2],
            fen: Fen::new(1),
            paid_fen: Fen::ZERO,
            words: Vec::new(),
        },
        Action::KeepNotice => Command::KeepNotice { raw: reason, case_filed: variant > 1 },
        Action::Reveal => Command::Reveal { fields: vec!["name".to_owned()], reason },
        Action::ShowPayee => {
            Command::ShowPayee { advance: AdvanceId::from_bytes([variant % 2; 16]) }
        }
        Action::RecordReceipt => Command::RecordReceipt {
            report_id: ReportId::new(now, [variant; 10]),
            report: if variant == 0 { ReportKind::HandedBack } else { ReportKind::Accepted },
            receipt: reason,
        },
    }
}

/// A case from its first event on, with all that happened to it.
struct Life {
    first: Stamped,
    history: Vec<Stamped>,
    case: Case,
    policy: Policy,
    now: Timestamp,
    /// Who was told of which deadline: clock, start, step, and when it was due.
    told: HashSet<(ClockKind, Timestamp, u32, Timestamp)>,
}

impl Life {
    fn begin(rules: &str, origin: Origin) -> Self {
        let policy = policy(rules);
        let intake = Intake {
            origin,
            diverted_at: start(),
            repeat: 0,
            complaint_no: words(),
            body: words(),
        };
        let decision = receive(&intake, &policy, start()).expect("it is taken");
        Self::of(decision.records[0].event.clone(), policy)
    }

    fn of(event: Event, policy: Policy) -> Self {
        let first = Stamped { at: start(), actor: CENTER, event };
        let case = Case::begin(&first, &policy.rules.id).expect("it begins");
        let (history, told) = (Vec::new(), HashSet::new());
        Self { first, history, case, policy, now: start(), told }
    }

    /// Decides, folds, and checks what must hold of every single event.
    fn act(&mut self, actor: Actor, command: &Command) -> Result<(), Refusal> {
        let decision = decide(&self.case, command, &actor, &self.policy, self.now)?;
        assert!(!decision.records.is_empty(), "a decision says something");
        let (before, mut reports) = (self.case.version, Vec::new());
        let records = decision.records.len() as u64;
        for record in decision.records {
            let stamped = Stamped { at: self.now, actor, event: record.event };
            self.check_event(&stamped);
            reports.extend(stamped.event.report(Some(&self.case), &actor));
            let case = self.case.clone().apply(&stamped);
            self.case = case.expect("what is decided can be applied");
            self.history.push(stamped);
        }
        let decided = decision.effects.iter().filter_map(|effect| match effect {
            Effect::Report(kind) => Some(*kind),
            Effect::DestroyKey => None,
        });
        assert_eq!(reports, decided.collect::<Vec<_>>());
        let destroyed = decision.effects.contains(&Effect::DestroyKey);
        assert_eq!(destroyed, self.case.state.name() == StateName::Erased);
        assert_eq!(self.case.version, before + records);
        check_shape(&self.case);
        check_rules(&self.case, &self.policy);
        Ok(())
    }

    fn check_event(&mut self, stamped: &Stamped) {
        let (case, event) = (&self.case, &stamped.event);
        check_four_eyes(case, &self.policy, stamped);
        let json = serde_json::to_value(event).expect("it serializes");
        assert_eq!(&serde_json::from_value::<Event>(json).expect("it reads"), event);
        if let Some(action) = event.action(case) {
            // As the verifier does, with the rule set and without it.
            for rules in [None, Some(&self.policy.rules)] {
                let allowed = permit(case, action, &stamped.actor, rules, self.now);
                allowed.expect("a verifier allows what was decided");
            }
        }
        if let Event::Settled { offer_id, clock, .. } = event {
            let promised = case.offer(*offer_id).expect("it was proposed").terms.perform_by;
            assert_eq!(clock.due_at, Timestamp::end_of(promised));
        }
        for clock in event.clocks() {
            assert_eq!(&clock.again(&self.policy.calendar).expect("a year"), clock);
            let earlier = case
                .clocks
                .iter()
                .find(|entry| entry.stopped_at.is_none() && entry.clock.is_same_as(clock));
            if let Some(earlier) = earlier {
                assert!(clock.due_at >= earlier.clock.due_at, "a deadline came nearer");
            }
        }
        if let Event::Escalated { clock, start_at, step: Some(step), .. } = event {
            let entry = case.clocks.iter().find(|entry| {
                entry.is_running()
                    && entry.clock.kind == *clock
                    && entry.clock.start_at == *start_at
            });
            let due_at = entry.expect("a clock that runs").clock.due_at;
            let new = self.told.insert((*clock, *start_at, *step, due_at));
            assert!(new, "nobody is told twice of one deadline");
        }
    }

    /// The software does what is due, until nothing is.
    fn round(&mut self) {
        for _ in 0..2_000 {
            let Some(command) = due_command(&self.case, &self.policy, self.now) else {
                let next = wake_at(&self.case, &self.policy);
                assert!(next.is_none_or(|at| at > self.now), "it would not sleep");
                return;
            };
            self.act(SYSTEM, &command).expect("what is due is allowed");
        }
        panic!("what is due never ends");
    }

    /// Everything somebody may do now.
    fn allowed(&self, variant: u8) -> Vec<(Actor, Action)> {
        let mut allowed = Vec::new();
        for role in Role::ALL {
            for person in PEOPLE {
                let actor = Actor { role, pseudonym: Pseudonym::new([person; 16]) };
                let open = choices(&self.case, &actor, &self.policy.rules, self.now);
                let open = open.iter().filter(|choice| choice.why_not.is_none());
                let open = open.filter(|choice| variant == 0 || !ENDS.contains(&choice.action));
                allowed.extend(open.map(|choice| (actor, choice.action)));
            }
        }
        allowed
    }

    fn attempt(&mut self, given: &Try) {
        self.now = self.now.plus_millis(given.later);
        if given.round {
            self.round();
        }
        let person = PEOPLE[given.pick.index(PEOPLE.len())];
        let anybody = Actor { role: given.role, pseudonym: Pseudonym::new([person; 16]) };
        let open = self.allowed(given.variant);
        let (actor, action) = if given.allowed && !open.is_empty() {
            open[given.pick.index(open.len())]
        } else {
            (anybody, given.action)
        };
        let command = command(action, given.variant, &actor, &self.case, self.now);
        let allowed = permit(&self.case, action, &actor, Some(&self.policy.rules), self.now);
        let outcome = self.act(actor, &command);
        // What the table refuses, the command refuses for the same reason.
        if let Err(refusal) = allowed {
            assert_eq!(outcome, Err(refusal));
        }
    }
}

/// What every fold of events keeps to, also of events in an order nobody decided.
fn check_shape(case: &Case) {
    let count = |status, by| {
        case.offers.iter().filter(|offer| offer.status == status && offer.by == by).count()
    };
    let ours = count(OfferStatus::Open, Party::Merchant);
    let theirs = count(OfferStatus::Open, Party::Consumer);
    let waiting = count(OfferStatus::AwaitingApproval, Party::Merchant)
        + count(OfferStatus::AwaitingApproval, Party::Consumer);
    let offers = (ours, theirs, waiting);
    let current = match &case.state {
        CaseState::Offered { .. } => {
            assert_eq!(offers, (1, 0, 0));
            Some(OfferStatus::Open)
        }
        CaseState::AwaitingApproval { .. } => {
            assert_eq!(offers, (0, 0, 1));
            Some(OfferStatus::AwaitingApproval)
        }
        CaseState::Settled { .. } => {
            assert_eq!(offers, (0, 0, 0));
            Some(OfferStatus::Accepted)
        }
        CaseState::InProgress => {
            assert!(ours == 0 && theirs <= 1 && waiting == 0);
            None
        }
        CaseState::Received
        | CaseState::Closed { .. }
        | CaseState::Rejected { .. }
        | CaseState::HandedBack { .. }
        | CaseState::Withdrawn
        | CaseState::Erased => {
            assert_eq!(offers, (0, 0, 0));
            None
        }
    };
    assert_eq!(case.current_offer().map(|offer| offer.status), current);

    let name = case.state.name();
    let live = |kind| case.clocks.iter().filter(|entry| is_open(entry, kind)).count();
    if name.is_over() {
        assert!(case.clocks.iter().all(|entry| entry.stopped_at.is_some()), "a clock runs on");
        assert!(case.transfer.is_none() && case.asked.is_none() && case.pause.is_none());
        assert!(case.extension_asked.is_none() && !case.handback_drafted);
    } else {
        let settles = usize::from(name != StateName::Settled);
        assert_eq!(live(ClockKind::Settle), settles, "one settlement clock while it is open");
    }
    assert!(live(ClockKind::Perform) <= usize::from(name == StateName::Settled));

    let negotiating =
        matches!(name, StateName::InProgress | StateName::AwaitingApproval | StateName::Offered);
    let waits = case.asked.is_some() || case.pause.is_some() || case.extension_asked.is_some();
    assert!(!waits || negotiating, "nothing waits while nobody negotiates");
    let mut open = case.clocks.iter().filter(|entry| entry.stopped_at.is_none());
    assert_eq!(open.any(|entry| entry.paused_at.is_some()), case.pause.is_some());
    let unaccepted = matches!(name, StateName::Received | StateName::Rejected);
    assert!(!(unaccepted && case.first_responder.is_some()), "nobody answers before accepting");
    let working = negotiating || matches!(name, StateName::Settled | StateName::Closed);
    assert!(!working || case.first_responder.is_some(), "somebody answers for it");
    assert!(case.transfer.is_none() || negotiating || name == StateName::Settled);
    assert!(case.revision <= case.version);
}

/// Whether a clock of this kind runs or stands still, and has not stopped for good.
fn is_open(entry: &CaseClock, kind: ClockKind) -> bool {
    entry.stopped_at.is_none() && entry.clock.kind == kind
}

/// What decisions keep to besides.
fn check_rules(case: &Case, policy: &Policy) {
    let name = case.state.name();
    let times = policy.rules.extension().map_or(0, |rule| rule.times);
    assert!(case.extensions <= times, "no more time than the rules give");
    let live = |kind| case.clocks.iter().filter(|entry| is_open(entry, kind)).count();
    assert!(live(ClockKind::Urge) <= 1, "a second reminder gives no second clock");
    assert_eq!(live(ClockKind::Perform), usize::from(name == StateName::Settled));
    assert_eq!(live(ClockKind::Report), 0, "reports have no clock of the case");
    assert!(case.unseen || case.ended_at.is_some() == name.is_over());
    if case.pause.as_ref().is_some_and(|pause| pause.ground == PauseGround::Supplement) {
        assert!(case.asked.is_some(), "it stands still for what was asked");
    }
}

/// Money above the limit passes through two hands (四眼).
fn check_four_eyes(case: &Case, policy: &Policy, stamped: &Stamped) {
    let (Event::Offered { offer_id, .. } | Event::Settled { offer_id, .. }) = &stamped.event else {
        return;
    };
    let known = case.offer(*offer_id);
    let total = if let Event::Offered { terms, .. } = &stamped.event {
        terms.total()
    } else {
        known.expect("it was proposed").terms.total()
    };
    let total = total.expect("a sum");
    if let CaseState::AwaitingApproval { .. } = case.state {
        let drafted_by = known.expect("it was drafted").drafted_by;
        assert_ne!(drafted_by, stamped.actor.pseudonym, "who drafted it approved it");
    } else if case.state == CaseState::InProgress {
        assert!(total <= policy.clerk_offer_limit, "nobody approved it");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(160))]

    #[test]
    fn whatever_is_tried_in_whatever_order_the_case_stays_legal_and_replays_equal(plan in plans()) {
        let mut life = Life::begin(plan.rules, plan.origin);
        for given in &plan.tries {
            life.attempt(given);
        }
        let begun = Case::begin(&life.first, plan.rules).expect("it begins");
        let replayed = life.history.iter().try_fold(begun, Case::apply).expect("it replays");
        prop_assert_eq!(&replayed, &life.case);
        let snapshot = serde_json::to_vec(&life.case).expect("it serializes");
        let read: Case = serde_json::from_slice(&snapshot).expect("it reads");
        prop_assert_eq!(&read, &life.case);
    }

    #[test]
    fn years_later_an_ended_case_has_no_person_and_an_open_one_keeps_its_own(plan in plans()) {
        let mut life = Life::begin(plan.rules, plan.origin);
        for given in &plan.tries {
            life.attempt(given);
        }
        life.now = life.now.plus_millis(4 * 366 * DAY_MILLIS);
        let ended = life.case.state.name().is_over();
        life.round();
        prop_assert_eq!(life.case.state.name() == StateName::Erased, ended);
        // Nothing that has run out is left unnoted.
        let mut running = life.case.clocks.iter().filter(|entry| entry.is_running());
        let noted = running.all(|entry| {
            entry.clock.due_at >= life.now || entry.missed.contains(&entry.clock.due_at)
        });
        prop_assert!(noted);
    }

    #[test]
    fn events_in_any_order_are_applied_or_refused_and_never_lead_to_an_illegal_case(
        plan in plans(), order in prop::collection::vec(any::<u32>(), 64),
    ) {
        let mut life = Life::begin(plan.rules, plan.origin);
        for given in &plan.tries {
            life.attempt(given);
        }
        // The events of one legal life, mixed; and each a second time.
        let twice = life.history.iter().chain(&life.history).enumerate();
        let mut mixed: Vec<_> = twice
            .map(|(index, stamped)| ((order[index % 64], order[index / 64 % 64]), stamped))
            .collect();
        mixed.sort_by_key(|(key, _)| *key);
        let mut case = Case::begin(&life.first, plan.rules).expect("it begins");
        for (_, stamped) in mixed {
            if let Ok(after) = case.clone().apply(stamped) {
                check_shape(&after);
                case = after;
            }
        }
        prop_assert!(case.clone().apply(&life.first).is_err(), "a case begins once");
    }

    #[test]
    fn a_withdrawal_before_the_diversion_never_opens_a_case(
        consent in any::<bool>(), tries in prop::collection::vec(one_try(), 1..30),
    ) {
        let decision = withdrawn_unseen(consent);
        prop_assert!(decision.effects.is_empty());
        let unseen = decision.records[0].event.clone();
        let mut life = Life::of(unseen, policy("odr-2026.2"));
        let diverted = Life::begin("odr-2026.2", Origin::Diverted).first;
        for given in &tries {
            prop_assert!(life.case.clone().apply(&diverted).is_err(), "the number is taken");
            life.attempt(given);
            let name = life.case.state.name();
            prop_assert!(matches!(name, StateName::Withdrawn | StateName::Erased));
            prop_assert!(!consent || name == StateName::Erased);
            prop_assert!(life.case.unseen && life.case.clocks.is_empty());
            prop_assert!(life.case.offers.is_empty() && life.case.first_responder.is_none());
        }
    }
}
