//! The store's trait over the writers' queue and the pool. Nothing is decided here.

use std::sync::PoisonError;

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::oneshot;

use super::error::{Fault, Try};
use super::writer::Job;
use super::{PostgresStore, pages, read};
use crate::ids::{CaseId, ReportId};
use crate::log::Hash;
use crate::store::{
    CasePage, CaseQuery, Change, CheckpointRow, LogHead, News, NoticeRow, OutboxFilter, OutboxRow,
    RecordRow, Result, SealedRow, StagedLeaf, Store, StoreError, StoredCase, StoredLeaf,
    StreamHead, Wake,
};
use crate::time::Timestamp;

impl PostgresStore {
    fn enqueue(&self, job: Job) -> Result<()> {
        let guard = self.sender.lock().unwrap_or_else(PoisonError::into_inner);
        let sender = guard.as_ref().ok_or(StoreError::Closed)?;
        sender.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => StoreError::Overloaded,
            TrySendError::Closed(_) => StoreError::Closed,
        })
    }
}

fn told<T>(outcome: Try<T>) -> Result<T> {
    outcome.map_err(Fault::into_store_error)
}

impl Store for PostgresStore {
    async fn commit(&self, change: Change) -> Result<()> {
        let (ack, answer) = oneshot::channel();
        let room = self.waiting.take(&change)?;
        self.enqueue(Job { change: Box::new(change), ack, _room: room })?;
        // A writer answers everything before it ends: this is a panic, or the runtime is gone.
        let lost = "the writer is gone: whether the change is there is unknown";
        answer.await.unwrap_or_else(|_| Err(StoreError::Engine(lost.to_owned())))
    }

    async fn case(&self, id: CaseId) -> Result<Option<StoredCase>> {
        told(read::case(&self.readers, id).await)
    }

    async fn case_by_number(&self, blind: [u8; 32]) -> Result<Option<StoredCase>> {
        told(read::case_by_number(&self.readers, blind).await)
    }

    /// A cursor that is not ours gives [`StoreError::Corrupt`] of table `cursor`.
    async fn cases(&self, query: CaseQuery) -> Result<CasePage> {
        told(pages::cases(&self.readers, &query).await)
    }

    async fn case_counts(&self) -> Result<Vec<(String, u64)>> {
        told(read::case_counts(&self.readers).await)
    }

    async fn blind_count(&self, kind: &'static str, value: [u8; 32]) -> Result<u64> {
        told(read::blind_count(&self.readers, kind, value).await)
    }

    async fn blind_cases(
        &self,
        kind: &'static str,
        value: [u8; 32],
        limit: u32,
    ) -> Result<Vec<CaseId>> {
        told(read::blind_cases(&self.readers, kind, value, limit).await)
    }

    async fn waking(&self, now: Timestamp, after: Option<Wake>, limit: u32) -> Result<Vec<Wake>> {
        told(read::waking(&self.readers, now, after, limit).await)
    }

    async fn leaves(&self, stream: &str, from: u64, limit: u32) -> Result<Vec<StoredLeaf>> {
        told(read::leaves(&self.readers, stream, from, limit).await)
    }

    async fn stream_head(&self, stream: &str) -> Result<Option<StreamHead>> {
        told(read::stream_head(&self.readers, stream).await)
    }

    async fn sealed(&self, case: CaseId) -> Result<Vec<SealedRow>> {
        told(read::sealed(&self.readers, case).await)
    }

    async fn first_sealed(&self, cases: Vec<CaseId>) -> Result<Vec<SealedRow>> {
        told(read::first_sealed(&self.readers, &cases).await)
    }

    async fn notice(&self, case: CaseId, key: [u8; 32]) -> Result<Option<NoticeRow>> {
        told(read::notice(&self.readers, case, key).await)
    }

    async fn outbox_of(&self, case: CaseId) -> Result<Vec<OutboxRow>> {
        told(read::outbox_of(&self.readers, case).await)
    }

    async fn outbox_due(&self, now: Timestamp, limit: u32) -> Result<Vec<OutboxRow>> {
        told(read::outbox_due(&self.readers, now, limit).await)
    }

    async fn claim_due(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<OutboxRow>> {
        told(read::claim_due(&self.readers, now, until, limit).await)
    }

    async fn outbox(&self, filter: OutboxFilter) -> Result<Vec<OutboxRow>> {
        told(read::outbox(&self.readers, &filter).await)
    }

    async fn report(&self, id: ReportId) -> Result<Option<OutboxRow>> {
        told(read::report(&self.readers, id).await)
    }

    async fn outbox_counts(&self) -> Result<(u64, u64)> {
        told(read::outbox_counts(&self.readers).await)
    }

    async fn staged(&self, limit: u32) -> Result<Vec<StagedLeaf>> {
        told(read::staged(&self.readers, limit).await)
    }

    async fn log_head(&self) -> Result<LogHead> {
        told(read::log_head(&self.readers).await)
    }

    async fn log_nodes(&self, level: u8, index: u64, count: u32) -> Result<Vec<Hash>> {
        told(read::log_nodes(&self.readers, level, index, count).await)
    }

    async fn log_entries(&self, from: u64, limit: u32) -> Result<Vec<StoredLeaf>> {
        told(read::log_entries(&self.readers, from, limit).await)
    }

    async fn checkpoint(&self) -> Result<Option<CheckpointRow>> {
        told(read::checkpoint(&self.readers).await)
    }

    async fn checkpoints(&self, after: u64, limit: u32) -> Result<Vec<CheckpointRow>> {
        told(read::checkpoints(&self.readers, after, limit).await)
    }

    async fn integrity(&self) -> Result<Vec<String>> {
        told(read::integrity(&self.readers).await)
    }

    async fn record(&self, kind: &'static str, id: &str) -> Result<Option<RecordRow>> {
        told(read::record(&self.readers, kind, id).await)
    }

    async fn records(&self, kind: &'static str, after: &str, limit: u32) -> Result<Vec<RecordRow>> {
        told(read::records(&self.readers, kind, after, limit).await)
    }

    async fn check(&self) -> Result<()> {
        told(read::probe(&self.readers).await)
    }

    fn is_shared(&self) -> bool {
        true
    }

    async fn news(&self, of: News) {
        self.bell.heard(of).await;
    }
}
