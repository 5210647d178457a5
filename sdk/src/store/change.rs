//! A change: everything one decision writes, with what it expects to find. It goes in whole or not
//! at all.

use super::rows::{CaseRow, CheckpointRow, LogHead, NoticeRow, OutboxRow, SealedRow, StoredLeaf};
use crate::ids::{CaseId, ReportId};
use crate::log::Hash;
use crate::time::Timestamp;

/// Everything that is written together.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// A lease that the writer must still hold.
    pub holds: Option<RecordHold>,
    /// A request token that may be used once.
    pub token: Option<TokenUse>,
    /// The case, new or moved on.
    pub case: Option<CaseWrite>,
    /// Leaves to stage, by stream; numbers follow the stream's head.
    pub streams: Vec<StreamWrite>,
    /// Sealed words.
    pub sealed: Vec<SealedRow>,
    /// The taken notice.
    pub notice: Option<NoticeRow>,
    /// New reports.
    pub outbox: Vec<OutboxRow>,
    /// Reports that move on.
    pub outbox_moves: Vec<OutboxMove>,
    /// Small documents.
    pub records: Vec<RecordWrite>,
    /// Positions for staged leaves.
    pub log: Option<LogWrite>,
    /// A signed checkpoint.
    pub checkpoint: Option<CheckpointWrite>,
    /// Destroy the key of this case and everything sealed under it: key row, sealed words, blind
    /// values, bodies and receipts of its reports, answers and fingerprints of its notices; its
    /// unsent reports become `Dropped`. Only the new reports of this same change survive it.
    pub erase: Option<CaseId>,
    /// Forget used tokens and expired documents that ended before this instant.
    pub sweep: Option<Timestamp>,
}

/// A document that must stand at this version when the change is made: the fence of a lease. A
/// worker that slept past its lease finds another version and writes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordHold {
    /// What it is.
    pub kind: &'static str,
    /// Which.
    pub id: String,
    /// The version its holder has seen.
    pub version: u64,
}

/// A request token, used now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenUse {
    /// SHA-256 over issuer and `jti`.
    pub key: [u8; 32],
    /// Until when it must be remembered.
    pub until: Timestamp,
}

/// What a case write expects.
#[derive(Clone, Debug)]
pub enum Expected {
    /// No such case and no such complaint number.
    New(NewCase),
    /// The case at this version.
    Version(u64),
}

/// What only a new case brings.
#[derive(Clone, Debug)]
pub struct NewCase {
    /// The blinded complaint number; unique for ever.
    pub number: [u8; 32],
    /// The wrapped case key.
    pub wrapped_key: Vec<u8>,
    /// Blind values for search, by kind.
    pub blind: Vec<(&'static str, [u8; 32])>,
}

/// A case as it will stand.
#[derive(Clone, Debug)]
pub struct CaseWrite {
    /// What must be there before.
    pub expected: Expected,
    /// The row after.
    pub row: CaseRow,
}

/// Leaves of one stream, numbered from `first`; the stream must stand exactly there.
#[derive(Clone, Debug)]
pub struct StreamWrite {
    /// The stream.
    pub stream: String,
    /// The number of the first leaf here; 0 begins a stream.
    pub first: u64,
    /// The leaves in order (`position` is ignored: it is staged without one).
    pub leaves: Vec<StoredLeaf>,
}

/// A step of a report.
#[derive(Clone, Debug)]
pub enum OutboxStep {
    /// A worker takes it: the fence grows by one, and the lease runs until then.
    Claim {
        /// Until when.
        until: Timestamp,
    },
    /// The center has it.
    Delivered {
        /// When.
        at: Timestamp,
        /// Whether the body is dropped: nothing of an erased case may remain.
        drop_body: bool,
    },
    /// Not this time; again later.
    Retry {
        /// Not before.
        next_at: Timestamp,
        /// Why it failed.
        cause: String,
    },
    /// Given up.
    Dead {
        /// Why.
        cause: String,
    },
    /// Somebody wants it sent again: pending, due at once, attempts from 0.
    Replay {
        /// When.
        at: Timestamp,
    },
}

/// A report that moves on, if its fence is still the one seen.
#[derive(Clone, Debug)]
pub struct OutboxMove {
    /// The report.
    pub id: ReportId,
    /// The fence seen when it was read or claimed.
    pub fence: u64,
    /// What happens; `Claim`, `Retry`, `Delivered` and `Dead` need a pending row, `Replay` a dead
    /// one. All but `Claim` and `Replay` end the lease. `Retry` and `Dead` count an attempt.
    pub step: OutboxStep,
}

/// A small document as it will stand.
#[derive(Clone, Debug)]
pub struct RecordWrite {
    /// What it is.
    pub kind: &'static str,
    /// Which.
    pub id: String,
    /// The version seen; 0 when there must be none.
    pub expected: u64,
    /// The new body; none deletes it.
    pub body: Option<Vec<u8>>,
    /// After this instant it may be dropped.
    pub expires_at: Option<Timestamp>,
}

/// Positions for staged leaves, in order from `old_size` on.
#[derive(Clone, Debug)]
pub struct LogWrite {
    /// The size seen; the log must still have it.
    pub old_size: u64,
    /// The staging numbers, in the order of their new positions.
    pub staged: Vec<u64>,
    /// New complete subtrees: level, index, hash. Level 0 are the leaf hashes themselves.
    pub nodes: Vec<(u8, u64, Hash)>,
    /// The head after.
    pub head: LogHead,
}

/// A checkpoint; one per size for ever, and never smaller than the last.
#[derive(Clone, Debug)]
pub struct CheckpointWrite {
    /// It.
    pub row: CheckpointRow,
}
