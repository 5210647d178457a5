//! The bundle: a folder that an auditor takes home and that answers everything from itself.
//!
//! | file | what |
//! |---|---|
//! | `manifest.json` | format, origin, size, period, which cases are disclosed |
//! | `policy` | which log and which witnesses are believed (C2SP tlog-policy) |
//! | `checkpoint` | the signed head with its cosignatures |
//! | `tile/entries/…` | every entry from the first on (C2SP tlog-tiles) |
//! | `tile/<level>/…` | the hash tiles over them |
//! | `calendars/<release>/<year>.json`, `calendars/loaded/…` | the working days |
//! | `rules/<id>.json` | the rule sets |
//! | `fund.journal` | the fund's entries as hledger reads them |
//! | `indicators.json` | the figures the merchant publishes for the period |
//! | `disclosed/<stream>.json` | the words of named cases, with the salts of their commitments |
//!
//! One period gives one sequence of bytes, however often it is exported. Writing and checking hold a
//! folded case per stream and one tile per level, and never the entries.
//!
//! This room reads and writes files and nothing else; there is no network in it and no database.

mod check;
mod dossier;
mod layout;
mod writer;

pub use check::{BundleCheck, BundleVerified, CheckError, Options};
pub use dossier::{DisclosedEvent, Dossier, Opened};
pub use layout::{FORMAT, Manifest, ManifestPeriod};
pub use writer::{BundleSpec, BundleWriter, Written};
