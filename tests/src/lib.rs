//! What the integration tests share: the real `merchant-server` as a process of its own, people
//! with API tokens, a center to divert from, and ways to look for what must not be there.
//!
//! It knows nothing of the server's insides: what a test asserts is what a clerk, a center or an
//! auditor would notice.

mod app;
mod binary;
mod browser;
mod log_check;
mod postgres;
mod replica;
mod search;
mod seeded;
mod staff;
mod wait;
mod words;

pub use app::{ISSUER, NAME, Setup, TestApp, USCC};
pub use binary::{binary, merchant_server};
pub use browser::{Browser, Page};
pub use log_check::{CheckedLog, check_log, entries_of};
pub use postgres::Postgres;
pub use replica::Replica;
pub use search::{Needles, files_with, occurs};
pub use seeded::Seeded;
pub use staff::{ApiError, Refused, Staff, refusal};
pub use wait::eventually;
pub use words::{
    accept, breach, complaint_from, contact, hand_back, in_days, offer, perform, reject, reveal,
};

use green_channel::channel::SystemClock;
use green_channel::time::{Clock, Timestamp};

/// The instant now, by the same clock the server asks.
#[must_use]
pub fn now() -> Timestamp {
    SystemClock.now()
}
