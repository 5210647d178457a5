//! Names of files, and the manifest.

use serde::{Deserialize, Serialize};

use crate::ids::Pseudonym;
use crate::log::canonical;
use crate::time::{Date, iso_date};

/// The format of a bundle; another layout is another number.
pub const FORMAT: &str = "green-channel-bundle/1";

pub(super) const MANIFEST: &str = "manifest.json";
pub(super) const POLICY: &str = "policy";
pub(super) const CHECKPOINT: &str = "checkpoint";
pub(super) const JOURNAL: &str = "fund.journal";
pub(super) const INDICATORS: &str = "indicators.json";

/// So many entries are in a full bundle of the log, and hashes in a full tile.
pub(super) const FULL: u16 = 256;

/// What a bundle says of itself. Nothing in it is believed: all of it is held against the rest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: String,
    /// The log's name.
    pub origin: String,
    /// How many entries.
    pub size: u64,
    /// The period whose figures are in it; none for the log alone.
    pub period: Option<ManifestPeriod>,
    /// The cases that are disclosed, in order.
    pub disclosed: Vec<Pseudonym>,
}

/// A period, both days in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestPeriod {
    /// The first day.
    #[serde(with = "iso_date")]
    pub from: Date,
    /// The last day.
    #[serde(with = "iso_date")]
    pub to: Date,
    /// Whether the period was over when the head was signed: only then is a second export the same.
    pub over: bool,
}

impl Manifest {
    /// The bytes of the file.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let value = serde_json::to_value(self).unwrap_or_default();
        let mut bytes = canonical(&value).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// Reads the file in its one form.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let manifest: Self = serde_json::from_slice(bytes).ok()?;
        (manifest.to_bytes() == bytes).then_some(manifest)
    }
}
