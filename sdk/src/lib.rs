#![doc = include_str!("manual.md")]
#![deny(missing_docs)]
#![deny(rustdoc::broken_intra_doc_links)]
// Amounts and instants are integers everywhere.
#![deny(clippy::float_arithmetic)]

pub mod bundle;
pub mod calendar;
pub mod case;
pub mod codes;
mod from_text;
pub mod fund;
pub mod ids;
pub mod indicators;
pub mod log;
pub mod money;
pub mod privacy;
pub mod protocol;
pub mod slip;
pub mod tenants;
pub mod time;
pub mod totp;
pub mod verify;

#[cfg(feature = "channel")]
pub mod center;
#[cfg(feature = "channel")]
pub mod channel;
#[cfg(feature = "intake")]
pub mod intake;
#[cfg(feature = "channel")]
pub mod store;
#[cfg(feature = "testkit")]
pub mod testkit;

/// SHA-256 in lower-case hex, for naming a secret or a file without keeping it.
#[must_use]
pub fn hex_digest(bytes: &[u8]) -> String {
    hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes))
}
