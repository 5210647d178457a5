//! The fund over a store: what a decision needs is read, it is decided, and everything that follows
//! (postings, the advance, its place in a queue, the event of its case, the report to the center) is
//! written in one change. The database refuses a change whose decision did not see the last posting:
//! the stream `fund` has one head, and every change must continue it.

mod act;
mod agreement;
mod bank;
mod books;
mod evidence;
mod queues;
mod subject;
mod views;

pub use act::{FundActed, FundError, FundTarget, RequestChoice};
pub use agreement::AgreementRow;
pub use bank::{BankError, BatchRow, ClosingCheck, Outcome, Reconciled};
pub use books::{FundOverview, TenantBalance, TenantLine};
pub use evidence::Picture;
pub use queues::Queue;
pub use views::AdvanceRow;

/// The stream of the fund's leaves.
pub const FUND_STREAM: &str = "fund";
