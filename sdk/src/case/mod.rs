//! The case: our handling of one complaint, as events, rules and clocks.
//!
//! Events are the truth. [`decide`] says what a command may do and gives the events;
//! [`Case::apply`] folds them; nothing else changes a case. This room knows nothing of storage,
//! HTTP, the wire, the current time or randomness.
//!
//! To add a transition: a row in the tables of `permit.rs`, a [`Command`] and an [`Event`]
//! variant, an arm in `decide.rs` and one in `apply.rs`. The compiler finds the rest, because no
//! match here has a wildcard arm.

mod actor;
mod apply;
mod cause;
mod clocks;
mod command;
mod decide;
mod event;
mod offer;
mod paper;
mod permit;
mod reasons;
mod refusal;
mod rules;
mod state;
mod timers;
mod told;
mod words;

pub use actor::{Actor, Role};
pub use apply::ApplyError;
pub use clocks::{Clock, ClockKind, DeadlineError, Pause};
pub use command::{Action, Closing, Command, ContactMethod, ContactResult, Intake};
pub use decide::{Decision, Effect, Record, decide, receive, withdrawn_unseen};
pub use event::{Event, Private, Stamped};
pub use offer::{Exchange, Offer, OfferStatus, Party, TermKind, Terms, TermsError};
pub use paper::PaperNo;
pub use permit::{Choice, choices, may_stop_clocks, permit};
pub use reasons::{
    AdvanceStatus, EraseReason, HandbackReason, Origin, PauseGround, RejectionReason, ReportKind,
    Rung, Via,
};
pub use refusal::{Circumstance, Refusal, RefusalCode};
pub use rules::{
    AnswerRule, ClockRule, ClockStart, ClockUnit, ExtensionRule, Granter, LadderStep, OnExpiry,
    PauseRule, Policy, RuleSet, RulesError, UnreachableRule, When,
};
pub use state::{
    Asked, Assigned, Case, CaseAdvance, CaseClock, CaseState, Escalated, ExtensionAsked, Paused,
    Receipted, StateName, Supervision, Transfer,
};
pub use timers::{due_command, wake_at};
pub(crate) use words::words;
