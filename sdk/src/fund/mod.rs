//! The guarantee fund (先行赔付保证金): double entry to the fen, advances in two phases, and their
//! recovery from whoever is liable (追偿).
//!
//! [`decide_fund`] says what a command leads to, as events; [`FundEvent::moves`] are its postings;
//! [`Ledger`] and [`Advance`] are folds of the events, and nothing else changes them. Knows nothing of
//! storage, HTTP, providers, the current time or randomness; of a case only what [`CaseFacts`] say.

mod account;
mod advance;
mod batch;
mod choices;
mod command;
mod decide;
mod event;
mod evidence;
mod facts;
mod journal;
mod ledger;
mod month;
mod refusal;
mod roles;
mod rules;
mod statement;
mod table;
mod words;

pub use account::{Account, AccountError, Side};
pub use advance::{Advance, AdvanceError, TopUp};
pub use batch::{
    BatchFile, BatchLine, BatchResult, ResultLine, TableError, read_results, write_batch,
};
pub use choices::{ADVANCE_ACTIONS, FundChoice, fund_choices};
pub use command::{FundAction, FundCommand, Grounds, Paid, Received};
pub use decide::decide_fund;
pub use event::{FundEvent, FundStamped, ProposalKind};
pub use evidence::{EVIDENCE_BYTES_MAX, EVIDENCE_MAX, Evidence, Media};
pub use facts::{CaseFacts, DayUse, FundState, Proposal};
pub use journal::{Hledger, JournalLine, balances_after, beancount, hledger};
pub use ledger::{Ledger, LedgerError, Move};
pub use month::{Month, MonthError, MonthFold, MonthRow, MonthStatement};
pub use refusal::{FundRefusal, FundRefusalCode};
pub use roles::role_may;
pub use rules::{FundPolicy, FundRules};
pub use statement::{
    Cause, Difference, Direction, Expected, Matched, Reconciliation, Statement, StatementLine,
    read_statement, reconcile,
};
pub use words::rmb_words;

pub use crate::case::AdvanceStatus;
