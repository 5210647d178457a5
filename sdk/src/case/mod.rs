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
mod clocks;
mod command;
mod decide;
mod event;
mod offer;
mod permit;
mod refusal;
mod rules;
mod state;

pub use actor::{Actor, Role};
pub use apply::ApplyError;
pub use clocks::{Clock, ClockKind, DeadlineError};
pub use command::{Action, Closing, Command, ContactMethod, ContactResult, Intake};
pub use decide::{Decision, Effect, Record, decide, receive};
pub use event::{Event, HandbackReason, Private, RejectionReason, ReportKind, Stamped};
pub use offer::{Offer, OfferStatus, TermKind, Terms, TermsError};
pub use permit::{Choice, choices, permit};
pub use refusal::{Refusal, RefusalCode};
pub use rules::{ClockRule, ClockStart, ClockUnit, OnExpiry, Policy, RuleSet, RulesError};
pub use state::{Case, CaseClock, CaseState, Receipted, StateName, Supervision};
