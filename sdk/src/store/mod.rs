//! Where everything is kept: one trait with one writing method, and the rows that pass through it.
//!
//! Rows are plain data. They hold sealed bytes, blind values and facts for queries; what they mean
//! is the channel's business. This room knows nothing of HTTP, keys, rules or the time now.

#[cfg(all(feature = "sqlite", feature = "postgres"))]
mod any;
mod change;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod house;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod leftovers;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod place;
mod rows;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod waiting;

#[cfg(feature = "testkit")]
pub mod contract;
#[cfg(feature = "postgres")]
pub mod postgres;
#[cfg(feature = "sqlite")]
pub mod sqlite;
#[cfg(all(feature = "sqlite", feature = "postgres"))]
pub mod transfer;

use std::future::Future;

#[cfg(all(feature = "sqlite", feature = "postgres"))]
pub use any::{AnyStore, Place};
pub use change::{
    CaseWrite, Change, CheckpointWrite, Expected, LogWrite, NewCase, OutboxMove, OutboxStep,
    RecordHold, RecordWrite, StreamWrite, TokenUse,
};
pub use rows::{
    CasePage, CaseQuery, CaseRow, CheckpointRow, LogHead, NoticeRow, OutboxFilter, OutboxRow,
    OutboxState, RecordRow, SealedRow, StagedLeaf, StoredCase, StoredLeaf, StreamHead, Wake,
};

use crate::ids::{CaseId, ReportId};
use crate::log::Hash;
use crate::time::Timestamp;

/// How many cases with one blind value are counted at most.
pub const BLIND_COUNT_MAX: u64 = 1_000;

/// Keeps cases, leaves, the outbox and the log of one merchant.
///
/// # Contract
/// - `commit` is all or nothing, and durable when it returns `Ok`: a power cut right after loses
///   nothing. It decides every expectation of the [`Change`] inside its own transaction.
/// - Changes of one case are serialized by its version; a change that loses the race gets
///   [`StoreError::Conflict`] and leaves no trace.
/// - One failing change never fails another that waits beside it.
/// - Reads see every change whose commit has returned before the read began.
/// - Transient errors of the engine are retried inside; what comes out is final for this call.
///
/// `store::contract` runs these sentences against any engine.
pub trait Store: Send + Sync + 'static {
    /// Makes a change durable, whole, if all its expectations hold.
    fn commit(&self, change: Change) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// The case with this id.
    fn case(&self, id: CaseId) -> impl Future<Output = Result<Option<StoredCase>>> + Send;

    /// The case with this blinded complaint number.
    fn case_by_number(
        &self,
        blind: [u8; 32],
    ) -> impl Future<Output = Result<Option<StoredCase>>> + Send;

    /// One page of cases for a queue, in the order of [`CaseQuery`].
    fn cases(&self, query: CaseQuery) -> impl Future<Output = Result<CasePage>> + Send;

    /// How many cases there are in each state, as `(state code, count)`.
    fn case_counts(&self) -> impl Future<Output = Result<Vec<(String, u64)>>> + Send;

    /// How many cases hold this blind value under this kind (the same phone, for example).
    ///
    /// More than [`BLIND_COUNT_MAX`] are not counted: a number that a center gives for everybody must
    /// not make every intake slower than the last.
    fn blind_count(
        &self,
        kind: &'static str,
        value: [u8; 32],
    ) -> impl Future<Output = Result<u64>> + Send;

    /// The cases that hold this blind value under this kind, newest first, at most `limit`.
    fn blind_cases(
        &self,
        kind: &'static str,
        value: [u8; 32],
        limit: u32,
    ) -> impl Future<Output = Result<Vec<CaseId>>> + Send;

    /// Cases to which something has to be done by `now`, longest overdue first, those behind `after`,
    /// at most `limit`.
    fn waking(
        &self,
        now: Timestamp,
        after: Option<Wake>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Wake>>> + Send;

    /// The leaves of a stream from number `from` on, in order, at most `limit`.
    fn leaves(
        &self,
        stream: &str,
        from: u64,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<StoredLeaf>>> + Send;

    /// The head of a stream, if it has any leaf.
    fn stream_head(&self, stream: &str) -> impl Future<Output = Result<Option<StreamHead>>> + Send;

    /// The sealed words of a case, by event number.
    fn sealed(&self, case: CaseId) -> impl Future<Output = Result<Vec<SealedRow>>> + Send;

    /// The sealed words of the first event of many cases, for a queue page.
    fn first_sealed(
        &self,
        cases: Vec<CaseId>,
    ) -> impl Future<Output = Result<Vec<SealedRow>>> + Send;

    /// What was answered to a notice with this key.
    fn notice(
        &self,
        case: CaseId,
        key: [u8; 32],
    ) -> impl Future<Output = Result<Option<NoticeRow>>> + Send;

    /// The reports of a case, in order.
    fn outbox_of(&self, case: CaseId) -> impl Future<Output = Result<Vec<OutboxRow>>> + Send;

    /// Reports that may be sent now: due, unleased, and none of the same case before them is
    /// unsent. At most one per case, oldest first.
    fn outbox_due(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<OutboxRow>>> + Send;

    /// Claims reports that may be sent now, as [`Store::outbox_due`] finds them: each gets a lease
    /// until `until` and a grown fence, in one durable write. No report is given to two claimants;
    /// the rows come back as they stand after it, oldest first.
    fn claim_due(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<OutboxRow>>> + Send;

    /// Reports by state for the 回传 page, newest first.
    fn outbox(&self, filter: OutboxFilter) -> impl Future<Output = Result<Vec<OutboxRow>>> + Send;

    /// One report.
    fn report(&self, id: ReportId) -> impl Future<Output = Result<Option<OutboxRow>>> + Send;

    /// How many reports are pending and how many are dead.
    fn outbox_counts(&self) -> impl Future<Output = Result<(u64, u64)>> + Send;

    /// Leaves that have no position yet, in the order they were staged.
    fn staged(&self, limit: u32) -> impl Future<Output = Result<Vec<StagedLeaf>>> + Send;

    /// Size and frontier of the log.
    fn log_head(&self) -> impl Future<Output = Result<LogHead>> + Send;

    /// The hashes of complete subtrees at `level` from `index` on, `count` of them, all present.
    fn log_nodes(
        &self,
        level: u8,
        index: u64,
        count: u32,
    ) -> impl Future<Output = Result<Vec<Hash>>> + Send;

    /// The leaves at positions from `from` on, at most `limit`.
    fn log_entries(
        &self,
        from: u64,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<StoredLeaf>>> + Send;

    /// The newest checkpoint.
    fn checkpoint(&self) -> impl Future<Output = Result<Option<CheckpointRow>>> + Send;

    /// The checkpoints of more than `after` leaves, smallest first, at most `limit`.
    fn checkpoints(
        &self,
        after: u64,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<CheckpointRow>>> + Send;

    /// A small document (person, token, session, cursor) by kind and id.
    fn record(
        &self,
        kind: &'static str,
        id: &str,
    ) -> impl Future<Output = Result<Option<RecordRow>>> + Send;

    /// The documents of a kind, by id, after `after`, at most `limit`.
    fn records(
        &self,
        kind: &'static str,
        after: &str,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<RecordRow>>> + Send;

    /// Whether the engine can write: for readiness.
    fn check(&self) -> impl Future<Output = Result<()>> + Send;

    /// What the engine finds wrong with itself: broken pages, rows that lead nowhere. Reads
    /// everything; for `fsck`.
    fn integrity(&self) -> impl Future<Output = Result<Vec<String>>> + Send;

    /// Whether other processes may write beside this one: then their workers take turns by leases.
    fn is_shared(&self) -> bool {
        false
    }

    /// Waits until another process may have written something of this kind. Only a wake-up: it may
    /// come late, for nothing, or never, so whoever waits looks from time to time anyway.
    fn news(&self, _of: News) -> impl Future<Output = ()> + Send {
        std::future::pending()
    }
}

/// What another process may have written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// Leaves that wait for their positions.
    Leaves,
    /// Reports that wait to be sent.
    Reports,
}

/// What a read gives.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// Why the store did not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else changed it first, or it exists already; load again and decide again.
    #[error("{what} changed in between")]
    Conflict {
        /// What: `case`, `complaint number`, `stream`, `report`, `record`, `log`, `checkpoint`,
        /// `notice`, `lease`.
        what: &'static str,
    },
    /// The request token was used before.
    #[error("the request token was used before")]
    TokenReplayed,
    /// No space is left; nothing was written.
    #[error("the disk is full; free some space")]
    Full,
    /// The queue of waiting changes is full; nothing was written.
    #[error("too many changes wait; try again shortly")]
    Overloaded,
    /// The database server cannot be reached, or is just starting or ending; nothing was written.
    #[error("the database server is not reachable; try again shortly")]
    Unreachable,
    /// The engine failed; whether the change is there is unknown only if it says so.
    #[error("the database failed: {0}")]
    Engine(String),
    /// A stored row does not read back.
    #[error("a stored row of {table} does not read back")]
    Corrupt {
        /// The table.
        table: &'static str,
    },
    /// The store has been closed.
    #[error("the store is closed")]
    Closed,
}
