//! Rows as they come out of a store. Plain data; bytes are sealed where they are personal.

use serde::{Deserialize, Serialize};

use crate::ids::{CaseId, ReportId};
use crate::log::Hash;
use crate::time::Timestamp;

/// What a queue shows of a case and what its writer must know. No personal data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseRow {
    /// The case.
    pub id: CaseId,
    /// Its stream in the log: a random pseudonym in hex.
    pub stream: String,
    /// Its version: the number of its events.
    pub version: u64,
    /// The state's code.
    pub state: String,
    /// When the next clock runs out, if one runs.
    pub due_at: Option<Timestamp>,
    /// When it was received.
    pub received_at: Timestamp,
    /// When its last event happened.
    pub updated_at: Timestamp,
    /// When the software next has to do something to it, if it has to.
    pub wake_at: Option<Timestamp>,
    /// The folded case as versioned JSON; it can be rebuilt from the leaves.
    pub snapshot: Vec<u8>,
    /// The hash of its last leaf.
    pub head: Hash,
}

/// A case row with its wrapped key; no key when the person was erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredCase {
    /// The row.
    pub row: CaseRow,
    /// The case key, wrapped.
    pub wrapped_key: Option<Vec<u8>>,
}

/// Which cases, in which order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaseQuery {
    /// Only these states; all when empty.
    pub states: Vec<String>,
    /// `false`: newest first by id. `true`: the clock that runs out first on top, cases without a
    /// running clock last.
    pub by_due: bool,
    /// Where the page before ended.
    pub after: Option<String>,
    /// At most so many, capped at 200.
    pub limit: u32,
}

/// A page of cases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CasePage {
    /// The cases, each with its key.
    pub cases: Vec<StoredCase>,
    /// Where the next page begins, when there is more. Opaque.
    pub next: Option<String>,
}

/// A leaf with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredLeaf {
    /// Number within its stream.
    pub n: u64,
    /// Position in the log; none while it is only staged.
    pub position: Option<u64>,
    /// Its hash.
    pub hash: Hash,
    /// Its bytes, verbatim.
    pub bytes: Vec<u8>,
}

/// A leaf that waits for its position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StagedLeaf {
    /// The store's own staging number.
    pub staging: u64,
    /// Its hash.
    pub hash: Hash,
}

/// The head of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamHead {
    /// The number the next leaf will have.
    pub next: u64,
    /// The hash of the last leaf.
    pub hash: Hash,
}

/// The words that belong to one event of a case, sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedRow {
    /// The case.
    pub case: CaseId,
    /// The event's number.
    pub n: u64,
    /// The sealed bytes.
    pub sealed: Vec<u8>,
}

/// A notice that was taken, and what was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeRow {
    /// The case.
    pub case: CaseId,
    /// The blinded notice id.
    pub key: [u8; 32],
    /// A keyed fingerprint of the body.
    pub fingerprint: [u8; 32],
    /// The answer, sealed.
    pub answer: Vec<u8>,
}

/// Where a report stands on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutboxState {
    /// To be sent, or being sent.
    Pending,
    /// Delivered, with a receipt.
    Delivered,
    /// Given up until somebody replays it; later reports of the case wait.
    Dead,
    /// Never sent: the person was erased first, and what it told is gone.
    Dropped,
}

impl OutboxState {
    /// The word in the database and the API.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Dead => "dead",
            Self::Dropped => "dropped",
        }
    }

    /// The state with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        let all = [Self::Pending, Self::Delivered, Self::Dead, Self::Dropped];
        all.into_iter().find(|state| state.code() == code)
    }
}

/// A report on its way to the center.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxRow {
    /// The report; also its idempotency key on the wire.
    pub id: ReportId,
    /// The case.
    pub case: CaseId,
    /// Its number within the case, from 1 without gaps.
    pub sequence: u32,
    /// What it tells.
    pub kind: String,
    /// The body, sealed; none once nothing of it may remain.
    pub body: Option<Vec<u8>>,
    /// Where it stands.
    pub state: OutboxState,
    /// How often it was tried.
    pub attempts: u32,
    /// Not before this instant.
    pub next_at: Timestamp,
    /// Grows with every claim; a worker that lost its claim cannot write.
    pub fence: u64,
    /// Until when a worker holds it.
    pub leased_until: Option<Timestamp>,
    /// Why the last attempt failed: a stable code and a status, never a body.
    pub cause: Option<String>,
    /// When it was written.
    pub created_at: Timestamp,
    /// When the receipt came. The receipt itself is among the words of the event that notes it.
    pub delivered_at: Option<Timestamp>,
}

/// Which reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxFilter {
    /// Only this state, or all.
    pub state: Option<OutboxState>,
    /// Only reports with an id smaller than this one (newest first).
    pub before: Option<ReportId>,
    /// At most so many, capped at 200.
    pub limit: u32,
}

/// Size and right edge of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogHead {
    /// How many leaves have a position.
    pub size: u64,
    /// The complete subtrees of the right edge, largest first (`log::Frontier`'s hashes).
    pub frontier: Vec<Hash>,
}

/// A signed checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckpointRow {
    /// Of how many leaves.
    pub size: u64,
    /// Their root.
    pub root: Hash,
    /// The signed note, as published.
    pub note: String,
    /// When it was signed.
    pub at: Timestamp,
}

/// A case and the instant at which something has to be done to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wake {
    /// When.
    pub at: Timestamp,
    /// To which case.
    pub case: CaseId,
}

/// A small versioned document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordRow {
    /// What it is.
    pub kind: String,
    /// Which.
    pub id: String,
    /// Grows by one with every write, from 1.
    pub version: u64,
    /// JSON bytes.
    pub body: Vec<u8>,
    /// After this instant it may be dropped.
    pub expires_at: Option<Timestamp>,
}
