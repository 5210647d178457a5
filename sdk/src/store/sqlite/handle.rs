//! The store's trait over the writer's queue and the readers. Nothing is decided here.

use std::sync::{Arc, Mutex};

use rusqlite::Connection;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::error::Try;
use super::writer::{Claim, Job, Work};
use super::{SqliteStore, lock, pages, read};
use crate::ids::{CaseId, ReportId};
use crate::log::Hash;
use crate::store::{
    CasePage, CaseQuery, Change, CheckpointRow, LogHead, NoticeRow, OutboxFilter, OutboxRow,
    RecordRow, Result, SealedRow, StagedLeaf, Store, StoreError, StoredCase, StoredLeaf,
    StreamHead, Wake,
};
use crate::time::Timestamp;

impl SqliteStore {
    async fn write(&self, work: Work) -> Result<()> {
        let room = match &work {
            Work::Change(change) => Some(self.waiting.take(change)?),
            Work::Claim(_) | Work::Probe => None,
        };
        let answer = self.enqueue(work, room)?;
        // A writer that comes to its end answers everything first: this is a panic.
        let lost = "the writer is gone: whether the change is there is unknown";
        answer.await.unwrap_or_else(|_| Err(StoreError::Engine(lost.to_owned())))
    }

    fn enqueue(
        &self,
        work: Work,
        room: Option<OwnedSemaphorePermit>,
    ) -> Result<oneshot::Receiver<Result<()>>> {
        let (ack, answer) = oneshot::channel();
        let guard = lock(&self.sender);
        let sender = guard.as_ref().ok_or(StoreError::Closed)?;
        match sender.try_send(Job { work, ack, _room: room }) {
            Ok(()) => Ok(answer),
            Err(TrySendError::Full(_)) => Err(StoreError::Overloaded),
            Err(TrySendError::Closed(_)) => Err(StoreError::Closed),
        }
    }

    async fn glance<T, F>(&self, question: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Try<T> + Send + 'static,
    {
        Arc::clone(&self.readers).glance(question).await
    }

    async fn read<T, F>(&self, question: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Try<T> + Send + 'static,
    {
        Arc::clone(&self.readers).read(question).await
    }
}

impl Store for SqliteStore {
    async fn commit(&self, change: Change) -> Result<()> {
        self.write(Work::Change(Box::new(change))).await
    }

    async fn case(&self, id: CaseId) -> Result<Option<StoredCase>> {
        self.glance(move |db| read::case(db, id)).await
    }

    async fn case_by_number(&self, blind: [u8; 32]) -> Result<Option<StoredCase>> {
        self.glance(move |db| read::case_by_number(db, blind)).await
    }

    /// A cursor that is not ours gives [`StoreError::Corrupt`] of table `cursor`.
    async fn cases(&self, query: CaseQuery) -> Result<CasePage> {
        self.read(move |db| pages::cases(db, &query)).await
    }

    async fn case_counts(&self) -> Result<Vec<(String, u64)>> {
        self.glance(read::case_counts).await
    }

    async fn blind_count(&self, kind: &'static str, value: [u8; 32]) -> Result<u64> {
        self.glance(move |db| read::blind_count(db, kind, value)).await
    }

    async fn blind_cases(
        &self,
        kind: &'static str,
        value: [u8; 32],
        limit: u32,
    ) -> Result<Vec<CaseId>> {
        self.glance(move |db| read::blind_cases(db, kind, value, limit)).await
    }

    async fn waking(&self, now: Timestamp, after: Option<Wake>, limit: u32) -> Result<Vec<Wake>> {
        self.glance(move |db| read::waking(db, now, after, limit)).await
    }

    async fn leaves(&self, stream: &str, from: u64, limit: u32) -> Result<Vec<StoredLeaf>> {
        let stream = stream.to_owned();
        self.read(move |db| read::leaves(db, &stream, from, limit)).await
    }

    async fn stream_head(&self, stream: &str) -> Result<Option<StreamHead>> {
        let stream = stream.to_owned();
        self.glance(move |db| read::stream_head(db, &stream)).await
    }

    async fn sealed(&self, case: CaseId) -> Result<Vec<SealedRow>> {
        self.read(move |db| read::sealed(db, case)).await
    }

    async fn first_sealed(&self, cases: Vec<CaseId>) -> Result<Vec<SealedRow>> {
        self.read(move |db| read::first_sealed(db, &cases)).await
    }

    async fn notice(&self, case: CaseId, key: [u8; 32]) -> Result<Option<NoticeRow>> {
        self.glance(move |db| read::notice(db, case, key)).await
    }

    async fn outbox_of(&self, case: CaseId) -> Result<Vec<OutboxRow>> {
        self.read(move |db| read::outbox_of(db, case)).await
    }

    async fn outbox_due(&self, now: Timestamp, limit: u32) -> Result<Vec<OutboxRow>> {
        self.read(move |db| read::outbox_due(db, now, limit)).await
    }

    async fn claim_due(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<OutboxRow>> {
        let claimed = Arc::new(Mutex::new(Vec::new()));
        let claim = Claim { now, until, limit, claimed: Arc::clone(&claimed) };
        self.write(Work::Claim(claim)).await?;
        Ok(std::mem::take(&mut *lock(&claimed)))
    }

    async fn outbox(&self, filter: OutboxFilter) -> Result<Vec<OutboxRow>> {
        self.read(move |db| read::outbox(db, &filter)).await
    }

    async fn report(&self, id: ReportId) -> Result<Option<OutboxRow>> {
        self.glance(move |db| read::report(db, id)).await
    }

    async fn outbox_counts(&self) -> Result<(u64, u64)> {
        self.glance(read::outbox_counts).await
    }

    async fn staged(&self, limit: u32) -> Result<Vec<StagedLeaf>> {
        self.read(move |db| read::staged(db, limit)).await
    }

    async fn log_head(&self) -> Result<LogHead> {
        self.glance(read::log_head).await
    }

    async fn log_nodes(&self, level: u8, index: u64, count: u32) -> Result<Vec<Hash>> {
        self.read(move |db| read::log_nodes(db, level, index, count)).await
    }

    async fn log_entries(&self, from: u64, limit: u32) -> Result<Vec<StoredLeaf>> {
        self.read(move |db| read::log_entries(db, from, limit)).await
    }

    async fn checkpoint(&self) -> Result<Option<CheckpointRow>> {
        self.glance(read::checkpoint).await
    }

    async fn checkpoints(&self, after: u64, limit: u32) -> Result<Vec<CheckpointRow>> {
        self.read(move |db| read::checkpoints(db, after, limit)).await
    }

    async fn integrity(&self) -> Result<Vec<String>> {
        self.read(read::integrity).await
    }

    async fn record(&self, kind: &'static str, id: &str) -> Result<Option<RecordRow>> {
        let id = id.to_owned();
        self.glance(move |db| read::record(db, kind, &id)).await
    }

    async fn records(&self, kind: &'static str, after: &str, limit: u32) -> Result<Vec<RecordRow>> {
        let after = after.to_owned();
        self.read(move |db| read::records(db, kind, &after, limit)).await
    }

    async fn check(&self) -> Result<()> {
        self.write(Work::Probe).await
    }
}
