//! Who may do what, when: one table, asked by the command, the views and the console alike.

use super::actor::{Actor, Role};
use super::command::Action;
use super::refusal::{Refusal, RefusalCode};
use super::state::{Case, CaseState, StateName};
use crate::time::Timestamp;

/// One row of the table.
struct Row {
    roles: &'static [Role],
    states: &'static [StateName],
    /// Only the first responder acts, or a supervisor for them (首问责任).
    responder: bool,
}

const STAFF: &[Role] = &[Role::Clerk, Role::Supervisor];
const CENTER: &[Role] = &[Role::Center];
const SYSTEM: &[Role] = &[Role::System];

const LIVE: &[StateName] = &[
    StateName::Received,
    StateName::InProgress,
    StateName::AwaitingApproval,
    StateName::Offered,
    StateName::Settled,
    StateName::Rejected,
];
const TALKING: &[StateName] =
    &[StateName::InProgress, StateName::AwaitingApproval, StateName::Offered, StateName::Settled];
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
        Action::Contact => of(STAFF, TALKING, true),
        Action::Offer | Action::HandBack => of(STAFF, &[StateName::InProgress], true),
        Action::Approve | Action::SendBack => {
            of(&[Role::Supervisor], &[StateName::AwaitingApproval], false)
        }
        Action::Answer => of(CENTER, &[StateName::Offered], false),
        Action::ExpireOffer => of(SYSTEM, &[StateName::Offered], false),
        Action::Perform | Action::Breach => of(STAFF, &[StateName::Settled], true),
        Action::Review => of(CENTER, &[StateName::Rejected], false),
        Action::Withdraw | Action::Urge | Action::Supervise | Action::Supplement => {
            of(CENTER, LIVE, false)
        }
        Action::WithdrawConsent | Action::KeepNotice => of(CENTER, READABLE, false),
        Action::Rate | Action::Reopen => of(CENTER, &[StateName::Closed], false),
        Action::Reveal => of(&[Role::Clerk, Role::Supervisor, Role::Auditor], READABLE, false),
        Action::RecordReceipt => of(SYSTEM, READABLE, false),
    }
}

/// Whether this actor may take this action on this case now.
///
/// Checks run in the order of [`RefusalCode`]: role, state, first responder, second person, offer.
///
/// # Errors
/// The first reason that says no.
pub fn permit(case: &Case, action: Action, actor: &Actor, now: Timestamp) -> Result<(), Refusal> {
    let refuse = |code| Err(Refusal { action, state: Some(case.state.name()), code });
    let row = row(action);
    if !row.roles.contains(&actor.role) {
        return refuse(RefusalCode::RoleNotPermitted);
    }
    if !row.states.contains(&case.state.name()) {
        return refuse(RefusalCode::WrongState);
    }
    let is_responder = case.first_responder == Some(actor.pseudonym);
    if row.responder && actor.role == Role::Clerk && !is_responder {
        return refuse(RefusalCode::NotFirstResponder);
    }
    let draft = case.current_offer();
    let own_draft = draft.is_some_and(|offer| offer.drafted_by == actor.pseudonym);
    if action == Action::Approve && own_draft {
        return refuse(RefusalCode::SamePerson);
    }
    if let CaseState::Offered { .. } = case.state {
        let over = draft.is_some_and(|offer| now > Timestamp::end_of(offer.answer_by));
        if action == Action::ExpireOffer && !over {
            return refuse(RefusalCode::OfferStillOpen);
        }
        if action == Action::Answer && over {
            return refuse(RefusalCode::OfferExpired);
        }
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
pub fn choices(case: &Case, actor: &Actor, now: Timestamp) -> Vec<Choice> {
    let known = Action::ALL.iter().filter(|action| row(**action).roles.contains(&actor.role));
    known
        .map(|action| Choice { action: *action, why_not: permit(case, *action, actor, now).err() })
        .collect()
}
