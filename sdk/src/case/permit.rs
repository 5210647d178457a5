//! Who may do what, when: one table, asked by the command, the views and the console alike.

use super::actor::{Actor, Role};
use super::clocks::ClockKind;
use super::command::Action;
use super::offer::Offer;
use super::reasons::PauseGround;
use super::refusal::{Circumstance, Refusal, RefusalCode};
use super::rules::{ExtensionRule, Granter, RuleSet};
use super::state::{Case, CaseState, Paused, StateName};
use crate::time::Timestamp;

/// One row of the table.
struct Row {
    roles: &'static [Role],
    states: &'static [StateName],
    /// Only the first responder acts, or a supervisor for them (首问责任).
    responder: bool,
}

const STAFF: &[Role] = &[Role::Clerk, Role::Supervisor, Role::Manager];
const APPROVERS: &[Role] = &[Role::Supervisor, Role::Manager];
const CENTER: &[Role] = &[Role::Center];
const SYSTEM: &[Role] = &[Role::System];
const CASHIER: &[Role] = &[Role::Cashier];
const TENANT: &[Role] = &[Role::Tenant];
/// What the consumer says: through the center, or written down at the desk.
const CONSUMER_AT_DESK: &[Role] = &[Role::Center, Role::Clerk, Role::Supervisor, Role::Manager];
/// The same, and by a one-time link.
const CONSUMER: &[Role] =
    &[Role::Center, Role::Consumer, Role::Clerk, Role::Supervisor, Role::Manager];
const READERS: &[Role] =
    &[Role::Clerk, Role::Supervisor, Role::Manager, Role::Auditor, Role::Regulator, Role::Tenant];

const IN_PROGRESS: &[StateName] = &[StateName::InProgress];
const OFFERED: &[StateName] = &[StateName::Offered];
const LIVE: &[StateName] = &[
    StateName::Received,
    StateName::InProgress,
    StateName::AwaitingApproval,
    StateName::Offered,
    StateName::Settled,
    StateName::Rejected,
];
/// Live, and not before the center for its review: something can be asked of us.
const OURS: &[StateName] = &[
    StateName::Received,
    StateName::InProgress,
    StateName::AwaitingApproval,
    StateName::Offered,
    StateName::Settled,
];
const TALKING: &[StateName] =
    &[StateName::InProgress, StateName::AwaitingApproval, StateName::Offered, StateName::Settled];
/// While the settlement clock runs.
const NEGOTIATING: &[StateName] =
    &[StateName::InProgress, StateName::AwaitingApproval, StateName::Offered];
const READABLE: &[StateName] = &[
    StateName::Received,
    StateName::InProgress,
    StateName::AwaitingApproval,
    StateName::Offered,
    StateName::Settled,
    StateName::Closed,
    StateName::Rejected,
    StateName::HandedBack,
    StateName::Withdrawn,
];

/// The table. A new action does not compile without its row.
const fn row(action: Action) -> Row {
    const fn of(roles: &'static [Role], states: &'static [StateName], responder: bool) -> Row {
        Row { roles, states, responder }
    }
    match action {
        Action::Accept | Action::Reject => of(STAFF, &[StateName::Received], false),
        Action::ProposeTransfer | Action::RecallTransfer => of(STAFF, TALKING, true),
        Action::TakeTransfer | Action::RefuseTransfer => of(STAFF, TALKING, false),
        Action::Contact => of(STAFF, TALKING, true),
        Action::AskSupplement => of(STAFF, IN_PROGRESS, true),
        Action::LapseSupplement => of(SYSTEM, NEGOTIATING, false),
        Action::Pause | Action::Resume => of(APPROVERS, NEGOTIATING, false),
        Action::LapsePause => of(SYSTEM, NEGOTIATING, false),
        Action::AskExtension => of(STAFF, NEGOTIATING, true),
        Action::AnswerExtension => of(CENTER, NEGOTIATING, false),
        Action::Extend => of(APPROVERS, NEGOTIATING, false),
        Action::Offer => of(STAFF, IN_PROGRESS, true),
        Action::HandBack => of(STAFF, NEGOTIATING, true),
        Action::AcceptCounter | Action::DeclineCounter => of(STAFF, IN_PROGRESS, true),
        Action::Approve | Action::SendBack => of(APPROVERS, &[StateName::AwaitingApproval], false),
        Action::IssueLink => of(STAFF, OFFERED, true),
        Action::Answer | Action::Counter => of(CONSUMER, OFFERED, true),
        Action::ExpireOffer => of(SYSTEM, OFFERED, false),
        Action::Perform => of(STAFF, &[StateName::Settled], true),
        Action::Breach => of(CONSUMER_AT_DESK, &[StateName::Settled], true),
        Action::Review => of(CENTER, &[StateName::Rejected], false),
        Action::Urge | Action::Supervise => of(CENTER, OURS, false),
        Action::Withdraw => of(CONSUMER_AT_DESK, LIVE, true),
        Action::Supplement => of(CONSUMER_AT_DESK, LIVE, true),
        Action::WithdrawConsent => of(CONSUMER_AT_DESK, READABLE, false),
        Action::Erase | Action::MoveAdvance => of(SYSTEM, READABLE, false),
        Action::KeepNotice => of(CENTER, READABLE, false),
        Action::Assign | Action::Unassign => of(STAFF, TALKING, true),
        Action::TenantState => of(TENANT, TALKING, false),
        Action::Rate | Action::Reopen => of(CONSUMER_AT_DESK, &[StateName::Closed], false),
        Action::NoteExpiry | Action::Escalate | Action::MoveClock => of(SYSTEM, LIVE, false),
        Action::Reveal => of(READERS, READABLE, false),
        Action::ShowPayee => of(CASHIER, READABLE, false),
        Action::RecordReceipt => of(SYSTEM, READABLE, false),
    }
}

/// Whether this actor may take this action on this case now.
///
/// `rules` is the rule set the case is bound to; a verifier that does not have it passes `None`
/// and leaves unjudged what only that set decides.
///
/// Checks run in the order of [`RefusalCode`]: role, state, first responder, second person, offer,
/// then what else stands in the way.
///
/// # Errors
/// The first reason that says no.
pub fn permit(
    case: &Case,
    action: Action,
    actor: &Actor,
    rules: Option<&RuleSet>,
    now: Timestamp,
) -> Result<(), Refusal> {
    let refuse = |code| Refusal { action, state: Some(case.state.name()), code };
    let row = row(action);
    if !row.roles.contains(&actor.role) {
        return Err(refuse(RefusalCode::RoleNotPermitted));
    }
    if !row.states.contains(&case.state.name()) {
        return Err(refuse(RefusalCode::WrongState));
    }
    let is_responder = case.first_responder == Some(actor.pseudonym);
    // Before anybody answers for it, whoever is at the desk writes down what the consumer says.
    let has_responder = case.first_responder.is_some();
    if row.responder && has_responder && actor.role == Role::Clerk && !is_responder {
        return Err(refuse(RefusalCode::NotFirstResponder));
    }
    let draft = case.current_offer();
    let own_draft = draft.is_some_and(|offer| offer.drafted_by == actor.pseudonym);
    if action == Action::Approve && own_draft {
        return Err(refuse(RefusalCode::SamePerson));
    }
    offer_time(case, action, now).map_err(refuse)?;
    match circumstance(case, action, actor, rules, now) {
        Some(circumstance) => Err(refuse(circumstance.into())),
        None => Ok(()),
    }
}

/// Whether the open offer may be answered, or has expired.
fn offer_time(case: &Case, action: Action, now: Timestamp) -> Result<(), RefusalCode> {
    let CaseState::Offered { .. } = case.state else { return Ok(()) };
    let over = case.current_offer().is_some_and(|offer| now > Timestamp::end_of(offer.answer_by));
    match action {
        Action::ExpireOffer if !over => Err(RefusalCode::OfferStillOpen),
        Action::Answer | Action::Counter | Action::IssueLink if over => {
            Err(RefusalCode::OfferExpired)
        }
        _ => Ok(()),
    }
}

/// What stands in the way although role and state would allow it.
#[expect(clippy::too_many_lines, reason = "one arm per action reads best as one table")]
fn circumstance(
    case: &Case,
    action: Action,
    actor: &Actor,
    rules: Option<&RuleSet>,
    now: Timestamp,
) -> Option<Circumstance> {
    let unless = |holds: bool, circumstance| (!holds).then_some(circumstance);
    match action {
        Action::ProposeTransfer => unless(case.transfer.is_none(), Circumstance::TransferPending),
        Action::RecallTransfer => unless(case.transfer.is_some(), Circumstance::NoTransfer),
        Action::TakeTransfer | Action::RefuseTransfer => match &case.transfer {
            None => Some(Circumstance::NoTransfer),
            Some(asked) => unless(asked.to == actor.pseudonym, Circumstance::NotAddressee),
        },
        Action::AskSupplement => unless(case.asked.is_none(), Circumstance::SupplementPending)
            .or_else(|| unless(case.pause.is_none(), Circumstance::PausedAlready)),
        Action::LapseSupplement => match &case.asked {
            None => Some(Circumstance::NothingAsked),
            Some(asked) => unless(now > Timestamp::end_of(asked.reply_by), Circumstance::NotDueYet),
        },
        Action::Pause => unless(case.pause.is_none(), Circumstance::PausedAlready).or_else(|| {
            let rules = rules?;
            may_stop_clocks(case, rules, PauseGround::Examination, now).err()
        }),
        Action::Resume => {
            let examined = case.pause.as_ref().is_some_and(Paused::is_examined);
            unless(examined, Circumstance::NotPaused)
        }
        Action::LapsePause => match case.pause.as_ref().and_then(|pause| pause.until) {
            None => Some(Circumstance::NotPaused),
            Some(until) => unless(now > Timestamp::end_of(until), Circumstance::NotDueYet),
        },
        Action::AskExtension => extension(case, rules, Granter::Center, now),
        Action::Extend => extension(case, rules, Granter::Supervisor, now),
        Action::AnswerExtension => {
            unless(case.extension_asked.is_some(), Circumstance::NoExtensionAsked)
        }
        Action::Approve => {
            let ends = rules.is_some_and(|rules| rules.answers.is_some());
            let over = |offer: &Offer| ends && now > Timestamp::end_of(offer.answer_by);
            unless(!case.current_offer().is_some_and(over), Circumstance::DraftOutdated)
        }
        Action::Perform => unless(!case.has_money_pending(), Circumstance::MoneyPending),
        Action::Reject => unless(case.origin.is_reported(), Circumstance::CenterNotTold),
        Action::AcceptCounter | Action::DeclineCounter => {
            unless(case.counter().is_some(), Circumstance::NoCounter)
        }
        // A shop's word counts on the case it is named in; which shop acts, the engine checks.
        Action::TenantState => unless(case.assigned.is_some(), Circumstance::NoTenant),
        Action::Unassign => unless(case.assigned.is_some(), Circumstance::NoTenant),
        Action::Reveal if actor.role == Role::Tenant => match &case.assigned {
            None => Some(Circumstance::NoTenant),
            Some(assigned) => unless(assigned.named, Circumstance::NotNamed),
        },
        Action::ShowPayee => unless(case.has_money_to_pay(), Circumstance::NothingToPay),
        // At the desk the consumer's word is taken for what began at the desk; an answer, more
        // material and the withdrawal of the consent are taken anywhere (PIPL Art. 15).
        Action::Withdraw | Action::Rate | Action::Reopen if actor.role.is_staff() => {
            unless(case.origin.is_desk(), Circumstance::AskCenter)
        }
        // It destroys the evidence of how the case was handled: whoever handled it does not do it.
        Action::WithdrawConsent if actor.role.is_staff() => {
            let is_responder = case.first_responder == Some(actor.pseudonym);
            unless(actor.role != Role::Clerk && !is_responder, Circumstance::OtherPerson)
        }
        Action::Accept
        | Action::Contact
        | Action::Offer
        | Action::SendBack
        | Action::IssueLink
        | Action::Answer
        | Action::Counter
        | Action::ExpireOffer
        | Action::Breach
        | Action::Review
        | Action::HandBack
        | Action::Withdraw
        | Action::WithdrawConsent
        | Action::Erase
        | Action::Urge
        | Action::Supervise
        | Action::Supplement
        | Action::Assign
        | Action::Rate
        | Action::Reopen
        | Action::NoteExpiry
        | Action::Escalate
        | Action::MoveClock
        | Action::MoveAdvance
        | Action::KeepNotice
        | Action::Reveal
        | Action::RecordReceipt => None,
    }
}

/// Whether the settlement clock may be lengthened, and by whom.
fn extension(
    case: &Case,
    rules: Option<&RuleSet>,
    by: Granter,
    now: Timestamp,
) -> Option<Circumstance> {
    if case.extension_asked.is_some() {
        return Some(Circumstance::ExtensionPending);
    }
    let reported = case.origin.is_reported();
    if by == Granter::Center && !reported {
        return Some(Circumstance::CenterNotTold);
    }
    let rules = rules?;
    // Where the center does not take part, the supervisor answers in its place.
    let granter =
        |rule: &ExtensionRule| if reported { rule.granted_by } else { Granter::Supervisor };
    match rules.extension() {
        None => Some(Circumstance::NoMoreExtension),
        Some(rule) if case.extensions >= rule.times => Some(Circumstance::NoMoreExtension),
        Some(rule) if granter(rule) != by => Some(Circumstance::ExtensionElsewhere),
        Some(rule) => match case.running(rule.clock) {
            None => Some(Circumstance::NoMoreExtension),
            Some(entry) if entry.overdue_millis(now).is_some() => Some(Circumstance::DeadlineOver),
            Some(_) => None,
        },
    }
}

/// Whether clocks may stand still on this ground now.
///
/// # Errors
/// The rule set does not know it, has used it up, or a clock it would stop is over: no pause wakes a
/// deadline that has passed.
pub fn may_stop_clocks(
    case: &Case,
    rules: &RuleSet,
    ground: PauseGround,
    now: Timestamp,
) -> Result<(), Circumstance> {
    let rule = rules.pause(ground).ok_or(Circumstance::NoPause)?;
    let over = |kind: &ClockKind| {
        case.running(*kind).is_some_and(|entry| entry.overdue_millis(now).is_some())
    };
    if rule.clocks.iter().any(over) {
        return Err(Circumstance::DeadlineOver);
    }
    let times = case.paused_for.iter().filter(|earlier| **earlier == ground).count();
    if u32::try_from(times).unwrap_or(u32::MAX) >= rule.times {
        return Err(Circumstance::PauseUsedUp);
    }
    Ok(())
}

/// An action and whether it is open to somebody, with the reason when it is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The action.
    pub action: Action,
    /// Why not; nothing when it is allowed.
    pub why_not: Option<Refusal>,
}

/// Every action this actor's role knows, each allowed or with its why-not.
///
/// Actions that the role can never take are left out: a clerk need not read what only the center
/// may do.
#[must_use]
pub fn choices(case: &Case, actor: &Actor, rules: &RuleSet, now: Timestamp) -> Vec<Choice> {
    let known = Action::ALL.into_iter().filter(|action| row(*action).roles.contains(&actor.role));
    let why_not = |action| permit(case, action, actor, Some(rules), now).err();
    known.map(|action| Choice { action, why_not: why_not(action) }).collect()
}
