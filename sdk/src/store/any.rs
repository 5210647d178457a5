//! One store of either engine, chosen by its URL when the program starts.

use std::path::Path;

use super::postgres::{PostgresOptions, PostgresStore};
use super::sqlite::{SqliteOptions, SqliteStore};
use super::{
    CasePage, CaseQuery, Change, CheckpointRow, LogHead, News, NoticeRow, OutboxFilter, OutboxRow,
    RecordRow, Result, SealedRow, StagedLeaf, Store, StoreError, StoredCase, StoredLeaf,
    StreamHead, Wake,
};
use crate::ids::{CaseId, ReportId};
use crate::log::Hash;
use crate::time::Timestamp;

/// A store of either engine.
#[derive(Debug)]
pub enum AnyStore {
    /// In one file.
    Sqlite(SqliteStore),
    /// On a server.
    Postgres(PostgresStore),
}

/// Which engine a URL names, and where the store is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place<'a> {
    /// A file.
    Sqlite(&'a Path),
    /// A database on a server: the URL itself.
    Postgres(&'a str),
}

impl<'a> Place<'a> {
    /// Reads `postgres://…`, `postgresql://…`, `sqlite://PATH` or a bare path.
    #[must_use]
    pub fn of(url: &'a str) -> Self {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Self::Postgres(url);
        }
        Self::Sqlite(Path::new(url.strip_prefix("sqlite://").unwrap_or(url)))
    }

    /// The place without user and password, for people and logs.
    #[must_use]
    pub fn shown(&self) -> String {
        match self {
            Self::Sqlite(path) => format!("sqlite://{}", path.display()),
            Self::Postgres(url) => {
                let (scheme, rest) = url.split_once("://").unwrap_or(("postgres", url));
                let host = rest.split_once('@').map_or(rest, |(_, host)| host);
                let (host, query) = host.split_once('?').unwrap_or((host, ""));
                // A socket or a port may be named there; nothing else says where it is.
                let is_place = |part: &&str| part.starts_with("host") || part.starts_with("port=");
                let place: Vec<&str> = query.split('&').filter(is_place).collect();
                let mark = if place.is_empty() { "" } else { "?" };
                format!("{scheme}://{host}{mark}{}", place.join("&"))
            }
        }
    }
}

impl AnyStore {
    /// Opens the store at a URL (see [`Place::of`]); at most `queue` changes may wait. A SQLite
    /// file is created if there is none; a PostgreSQL database must exist.
    ///
    /// # Errors
    /// See [`SqliteStore::open`] and [`PostgresStore::open`].
    pub async fn open(url: &str, queue: usize) -> Result<Self> {
        match Place::of(url) {
            Place::Sqlite(path) => {
                let options = SqliteOptions { queue, ..SqliteOptions::default() };
                Ok(Self::Sqlite(SqliteStore::open(path, options)?))
            }
            Place::Postgres(url) => {
                let options = PostgresOptions { queue, ..PostgresOptions::default() };
                Ok(Self::Postgres(PostgresStore::open(url, options).await?))
            }
        }
    }

    /// Takes no more changes and reads, and waits until what is queued is durable.
    ///
    /// # Errors
    /// When what was queued could not be written.
    pub async fn close(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(store) => store.close().await,
            Self::Postgres(store) => {
                store.close().await;
                Ok(())
            }
        }
    }

    /// How many changes wait to be written now.
    #[must_use]
    pub fn queued(&self) -> usize {
        match self {
            Self::Sqlite(store) => store.stats().queued,
            Self::Postgres(store) => store.stats().queued,
        }
    }
}

/// Asks whichever engine it is.
macro_rules! ask {
    ($self:ident.$method:ident($($value:ident),*)) => {
        match $self {
            Self::Sqlite(store) => store.$method($($value),*).await,
            Self::Postgres(store) => store.$method($($value),*).await,
        }
    };
}

impl Store for AnyStore {
    async fn commit(&self, change: Change) -> Result<()> {
        ask!(self.commit(change))
    }

    async fn case(&self, id: CaseId) -> Result<Option<StoredCase>> {
        ask!(self.case(id))
    }

    async fn case_by_number(&self, blind: [u8; 32]) -> Result<Option<StoredCase>> {
        ask!(self.case_by_number(blind))
    }

    async fn cases(&self, query: CaseQuery) -> Result<CasePage> {
        ask!(self.cases(query))
    }

    async fn case_counts(&self) -> Result<Vec<(String, u64)>> {
        ask!(self.case_counts())
    }

    async fn blind_count(&self, kind: &'static str, value: [u8; 32]) -> Result<u64> {
        ask!(self.blind_count(kind, value))
    }

    async fn blind_cases(
        &self,
        kind: &'static str,
        value: [u8; 32],
        limit: u32,
    ) -> Result<Vec<CaseId>> {
        ask!(self.blind_cases(kind, value, limit))
    }

    async fn waking(&self, now: Timestamp, after: Option<Wake>, limit: u32) -> Result<Vec<Wake>> {
        ask!(self.waking(now, after, limit))
    }

    async fn leaves(&self, stream: &str, from: u64, limit: u32) -> Result<Vec<StoredLeaf>> {
        ask!(self.leaves(stream, from, limit))
    }

    async fn stream_head(&self, stream: &str) -> Result<Option<StreamHead>> {
        ask!(self.stream_head(stream))
    }

    async fn sealed(&self, case: CaseId) -> Result<Vec<SealedRow>> {
        ask!(self.sealed(case))
    }

    async fn first_sealed(&self, cases: Vec<CaseId>) -> Result<Vec<SealedRow>> {
        ask!(self.first_sealed(cases))
    }

    async fn notice(&self, case: CaseId, key: [u8; 32]) -> Result<Option<NoticeRow>> {
        ask!(self.notice(case, key))
    }

    async fn outbox_of(&self, case: CaseId) -> Result<Vec<OutboxRow>> {
        ask!(self.outbox_of(case))
    }

    async fn outbox_due(&self, now: Timestamp, limit: u32) -> Result<Vec<OutboxRow>> {
        ask!(self.outbox_due(now, limit))
    }

    async fn claim_due(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<OutboxRow>> {
        ask!(self.claim_due(now, until, limit))
    }

    async fn outbox(&self, filter: OutboxFilter) -> Result<Vec<OutboxRow>> {
        ask!(self.outbox(filter))
    }

    async fn report(&self, id: ReportId) -> Result<Option<OutboxRow>> {
        ask!(self.report(id))
    }

    async fn outbox_counts(&self) -> Result<(u64, u64)> {
        ask!(self.outbox_counts())
    }

    async fn staged(&self, limit: u32) -> Result<Vec<StagedLeaf>> {
        ask!(self.staged(limit))
    }

    async fn log_head(&self) -> Result<LogHead> {
        ask!(self.log_head())
    }

    async fn log_nodes(&self, level: u8, index: u64, count: u32) -> Result<Vec<Hash>> {
        ask!(self.log_nodes(level, index, count))
    }

    async fn log_entries(&self, from: u64, limit: u32) -> Result<Vec<StoredLeaf>> {
        ask!(self.log_entries(from, limit))
    }

    async fn checkpoint(&self) -> Result<Option<CheckpointRow>> {
        ask!(self.checkpoint())
    }

    async fn checkpoints(&self, after: u64, limit: u32) -> Result<Vec<CheckpointRow>> {
        ask!(self.checkpoints(after, limit))
    }

    async fn integrity(&self) -> Result<Vec<String>> {
        ask!(self.integrity())
    }

    async fn record(&self, kind: &'static str, id: &str) -> Result<Option<RecordRow>> {
        ask!(self.record(kind, id))
    }

    async fn records(&self, kind: &'static str, after: &str, limit: u32) -> Result<Vec<RecordRow>> {
        ask!(self.records(kind, after, limit))
    }

    async fn check(&self) -> Result<()> {
        ask!(self.check())
    }

    fn is_shared(&self) -> bool {
        match self {
            Self::Sqlite(store) => store.is_shared(),
            Self::Postgres(store) => store.is_shared(),
        }
    }

    async fn news(&self, of: News) {
        ask!(self.news(of))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_its_engine_and_a_place_is_shown_without_its_password() {
        let server = Place::of("postgres://user:secret@db.example:5432/mall?sslmode=disable");
        assert_eq!(server.shown(), "postgres://db.example:5432/mall");
        assert_eq!(Place::of("postgresql://localhost/x").shown(), "postgresql://localhost/x");
        for file in ["sqlite:///data/mall.db", "/data/mall.db"] {
            assert_eq!(Place::of(file), Place::Sqlite(Path::new("/data/mall.db")));
            assert_eq!(Place::of(file).shown(), "sqlite:///data/mall.db");
        }
    }
}
