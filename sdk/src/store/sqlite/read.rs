//! Every question but the queue's pages, as SQL over one connection. It never writes.

use rusqlite::types::FromSql;
use rusqlite::{Connection, Params, Row, params};

use super::error::{Try, corrupt};
use super::rows::{self, int};
use crate::ids::{CaseId, ReportId};
use crate::log::Hash;
use crate::store::leftovers::{self, LEFTOVERS};
use crate::store::{
    BLIND_COUNT_MAX, CheckpointRow, LogHead, NoticeRow, OutboxFilter, OutboxRow, OutboxState,
    RecordRow, SealedRow, StagedLeaf, StoredCase, StoredLeaf, StreamHead, Wake,
};
use crate::time::Timestamp;

/// At most so many rows on a page for a person.
pub(super) const PAGE_LIMIT: u32 = 200;

/// Larger than every id, for pages that begin at the newest.
pub(super) const ABOVE_ALL_IDS: [u8; 17] = [0xff; 17];

macro_rules! case_sql {
    ($tail:literal) => {
        concat!(
            "SELECT c.id, c.stream, c.version, c.state, c.due_at, c.received_at, c.updated_at, ",
            "c.wake_at, c.snapshot, c.head, k.wrapped FROM cases AS c ",
            "LEFT JOIN case_keys AS k ON k.case_id = c.id AND k.alive = 1 ",
            $tail
        )
    };
}

macro_rules! report_sql {
    ($tail:literal) => {
        concat!(
            "SELECT id, case_id, sequence, kind, body, state, attempts, next_at, fence, ",
            "leased_until, cause, created_at, delivered_at FROM outbox ",
            $tail
        )
    };
}

/// All rows of a query.
pub(super) fn list<T, P, F>(db: &Connection, sql: &str, values: P, map: F) -> Try<Vec<T>>
where
    P: Params,
    F: FnMut(&Row<'_>) -> Try<T>,
{
    let mut statement = db.prepare_cached(sql)?;
    statement.query_and_then(values, map)?.collect()
}

/// The first row of a query, if it has one.
fn one<T, P, F>(db: &Connection, sql: &str, values: P, map: F) -> Try<Option<T>>
where
    P: Params,
    F: FnMut(&Row<'_>) -> Try<T>,
{
    let mut statement = db.prepare_cached(sql)?;
    let mut found = statement.query_and_then(values, map)?;
    found.next().transpose()
}

/// The first column of the one row a query has.
fn value<T: FromSql>(
    db: &Connection,
    table: &'static str,
    sql: &str,
    values: impl Params,
) -> Try<T> {
    one(db, sql, values, |row| rows::column(row, 0, table))?.ok_or_else(|| corrupt(table))
}

pub(super) fn case(db: &Connection, id: CaseId) -> Try<Option<StoredCase>> {
    one(db, case_sql!("WHERE c.id = ?1"), [id.as_bytes()], rows::case)
}

pub(super) fn case_by_number(db: &Connection, blind: [u8; 32]) -> Try<Option<StoredCase>> {
    one(db, case_sql!("WHERE c.number = ?1"), [blind], rows::case)
}

pub(super) fn case_counts(db: &Connection) -> Try<Vec<(String, u64)>> {
    let sql = "SELECT code, n FROM counts WHERE kind = 'case' AND n <> 0 ORDER BY code";
    list(db, sql, [], |row| Ok((rows::column(row, 0, "counts")?, rows::number(row, 1, "counts")?)))
}

pub(super) fn blind_count(db: &Connection, kind: &str, blind: [u8; 32]) -> Try<u64> {
    let sql = "SELECT COUNT(*) FROM
                   (SELECT 1 FROM blind_values WHERE kind = ?1 AND value = ?2 LIMIT ?3)";
    let found: i64 = value(db, "blind_values", sql, params![kind, blind, int(BLIND_COUNT_MAX)?])?;
    u64::try_from(found).map_err(|_| corrupt("blind_values"))
}

pub(super) fn blind_cases(
    db: &Connection,
    kind: &str,
    blind: [u8; 32],
    limit: u32,
) -> Try<Vec<CaseId>> {
    let sql = "SELECT case_id FROM blind_values WHERE kind = ?1 AND value = ?2
               ORDER BY case_id DESC LIMIT ?3";
    let values = params![kind, blind, limit.min(PAGE_LIMIT)];
    list(db, sql, values, |row| rows::case_id(row, 0, "blind_values"))
}

pub(super) fn waking(
    db: &Connection,
    now: Timestamp,
    after: Option<Wake>,
    limit: u32,
) -> Try<Vec<Wake>> {
    // The second condition lets the planner use the index of only those that wake at all.
    let sql = "SELECT id, wake_at FROM cases
               WHERE wake_at <= ?1 AND wake_at < 9223372036854775807
                 AND wake_at >= ?2 AND (wake_at > ?2 OR id > ?3)
               ORDER BY wake_at, id LIMIT ?4";
    let (at, id) = match &after {
        Some(after) => (after.at.as_millis(), after.case.as_bytes().to_vec()),
        None => (i64::MIN, Vec::new()),
    };
    let values = params![now.as_millis(), at, id, limit.min(PAGE_LIMIT)];
    list(db, sql, values, |row| {
        Ok(Wake { at: rows::instant(row, 1, "cases")?, case: rows::case_id(row, 0, "cases")? })
    })
}

pub(super) fn leaves(db: &Connection, stream: &str, from: u64, limit: u32) -> Try<Vec<StoredLeaf>> {
    let Ok(from) = i64::try_from(from) else { return Ok(Vec::new()) };
    let sql = "SELECT n, position, hash, bytes FROM leaves
               WHERE stream = ?1 AND n >= ?2 ORDER BY n LIMIT ?3";
    list(db, sql, params![stream, from, limit], rows::leaf)
}

pub(super) fn stream_head(db: &Connection, stream: &str) -> Try<Option<StreamHead>> {
    let sql = "SELECT n, hash FROM leaves WHERE stream = ?1 ORDER BY n DESC LIMIT 1";
    one(db, sql, [stream], |row| {
        let last = rows::number(row, 0, "leaves")?;
        Ok(StreamHead { next: last + 1, hash: rows::hash(row, 1, "leaves")? })
    })
}

pub(super) fn sealed(db: &Connection, case: CaseId) -> Try<Vec<SealedRow>> {
    let sql = "SELECT case_id, n, sealed FROM sealed WHERE case_id = ?1 ORDER BY n";
    list(db, sql, [case.as_bytes()], rows::sealed)
}

pub(super) fn first_sealed(db: &Connection, cases: &[CaseId]) -> Try<Vec<SealedRow>> {
    let sql = "SELECT case_id, n, sealed FROM sealed WHERE case_id = ?1 ORDER BY n LIMIT 1";
    let snapshot = db.unchecked_transaction()?;
    let mut found = Vec::with_capacity(cases.len());
    for case in cases {
        found.extend(one(&snapshot, sql, [case.as_bytes()], rows::sealed)?);
    }
    Ok(found)
}

pub(super) fn notice(db: &Connection, case: CaseId, key: [u8; 32]) -> Try<Option<NoticeRow>> {
    let sql = "SELECT case_id, key, fingerprint, answer FROM notices
               WHERE case_id = ?1 AND key = ?2";
    one(db, sql, params![case.as_bytes(), key], rows::notice)
}

pub(super) fn outbox_of(db: &Connection, case: CaseId) -> Try<Vec<OutboxRow>> {
    let sql = report_sql!("WHERE case_id = ?1 ORDER BY sequence");
    list(db, sql, [case.as_bytes()], rows::report)
}

pub(super) fn outbox_due(db: &Connection, now: Timestamp, limit: u32) -> Try<Vec<OutboxRow>> {
    let sql = report_sql!(
        "WHERE ready = 1 AND next_at <= ?1 AND (leased_until IS NULL OR leased_until <= ?1) \
         ORDER BY next_at, id LIMIT ?2"
    );
    list(db, sql, params![now.as_millis(), limit], rows::report)
}

pub(super) fn outbox(db: &Connection, filter: &OutboxFilter) -> Try<Vec<OutboxRow>> {
    let limit = filter.limit.min(PAGE_LIMIT);
    let before = filter.before.map_or_else(|| ABOVE_ALL_IDS.to_vec(), |id| id.as_bytes().to_vec());
    match filter.state {
        Some(state) => {
            let sql = report_sql!("WHERE state = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3");
            list(db, sql, params![state.code(), before, limit], rows::report)
        }
        None => {
            let sql = report_sql!("WHERE id < ?1 ORDER BY id DESC LIMIT ?2");
            list(db, sql, params![before, limit], rows::report)
        }
    }
}

pub(super) fn report(db: &Connection, id: ReportId) -> Try<Option<OutboxRow>> {
    one(db, report_sql!("WHERE id = ?1"), [id.as_bytes()], rows::report)
}

pub(super) fn outbox_counts(db: &Connection) -> Try<(u64, u64)> {
    let sql = "SELECT COALESCE(SUM(CASE WHEN code = ?1 THEN n END), 0),
                      COALESCE(SUM(CASE WHEN code = ?2 THEN n END), 0)
               FROM counts WHERE kind = 'report'";
    let states = params![OutboxState::Pending.code(), OutboxState::Dead.code()];
    one(db, sql, states, |row| {
        Ok((rows::number(row, 0, "counts")?, rows::number(row, 1, "counts")?))
    })?
    .ok_or_else(|| corrupt("counts"))
}

pub(super) fn staged(db: &Connection, limit: u32) -> Try<Vec<StagedLeaf>> {
    let sql = "SELECT staging, hash FROM leaves WHERE position IS NULL ORDER BY staging LIMIT ?1";
    list(db, sql, [limit], rows::staged)
}

pub(super) fn log_head(db: &Connection) -> Try<LogHead> {
    one(db, "SELECT size, frontier FROM log_head WHERE one = 1", [], rows::log_head)?
        .ok_or_else(|| corrupt("log_head"))
}

pub(super) fn log_nodes(db: &Connection, level: u8, index: u64, count: u32) -> Try<Vec<Hash>> {
    const TABLE: &str = "log_nodes";
    let from = int(index)?;
    let until = from.saturating_add(i64::from(count));
    let hash = |row: &Row<'_>| rows::hash(row, 0, TABLE);
    let found = if level == 0 {
        let sql = "SELECT hash FROM leaves WHERE position >= ?1 AND position < ?2
                   ORDER BY position";
        list(db, sql, params![from, until], hash)?
    } else {
        let sql = "SELECT hash FROM log_nodes WHERE level = ?1 AND idx >= ?2 AND idx < ?3
                   ORDER BY idx";
        list(db, sql, params![level, from, until], hash)?
    };
    // Positions and indexes are unique, so as many as asked for means all of them.
    if u32::try_from(found.len()) == Ok(count) { Ok(found) } else { Err(corrupt(TABLE)) }
}

pub(super) fn log_entries(db: &Connection, from: u64, limit: u32) -> Try<Vec<StoredLeaf>> {
    let Ok(from) = i64::try_from(from) else { return Ok(Vec::new()) };
    let sql = "SELECT n, position, hash, bytes FROM leaves
               WHERE position >= ?1 ORDER BY position LIMIT ?2";
    list(db, sql, params![from, limit], rows::leaf)
}

pub(super) fn checkpoint(db: &Connection) -> Try<Option<CheckpointRow>> {
    let sql = "SELECT size, root, note, at FROM checkpoints ORDER BY size DESC LIMIT 1";
    one(db, sql, [], rows::checkpoint)
}

pub(super) fn checkpoints(db: &Connection, after: u64, limit: u32) -> Try<Vec<CheckpointRow>> {
    let Ok(after) = i64::try_from(after) else { return Ok(Vec::new()) };
    let sql = "SELECT size, root, note, at FROM checkpoints WHERE size > ?1 ORDER BY size LIMIT ?2";
    list(db, sql, params![after, limit], rows::checkpoint)
}

/// What SQLite finds wrong. Its words name tables, pages and rows, never a value.
pub(super) fn integrity(db: &Connection) -> Try<Vec<String>> {
    let mut found = list(db, "PRAGMA integrity_check", [], |row| {
        rows::column::<String>(row, 0, "integrity_check")
    })?;
    found.retain(|line| line != "ok");
    let orphans = list(db, "PRAGMA foreign_key_check", [], |row| {
        let (table, parent): (String, String) = (
            rows::column(row, 0, "foreign_key_check")?,
            rows::column(row, 2, "foreign_key_check")?,
        );
        Ok(format!("a row of {table} leads to no row of {parent}"))
    })?;
    found.extend(orphans);
    let keys = (
        "keys of erased cases that were not overwritten",
        "SELECT COUNT(*) FROM case_keys
         WHERE alive = 0 AND wrapped <> zeroblob(length(wrapped))",
    );
    for (what, sql) in LEFTOVERS.into_iter().chain([keys]) {
        let count = one(db, sql, [], |row| rows::number(row, 0, "counts"))?.unwrap_or(0);
        if count > 0 {
            found.push(leftovers::told(count, what));
        }
    }
    Ok(found)
}

pub(super) fn record(db: &Connection, kind: &str, id: &str) -> Try<Option<RecordRow>> {
    let sql = "SELECT kind, id, version, body, expires_at FROM records
               WHERE kind = ?1 AND id = ?2";
    one(db, sql, params![kind, id], rows::record)
}

pub(super) fn records(db: &Connection, kind: &str, after: &str, limit: u32) -> Try<Vec<RecordRow>> {
    let sql = "SELECT kind, id, version, body, expires_at FROM records
               WHERE kind = ?1 AND id > ?2 ORDER BY id LIMIT ?3";
    list(db, sql, params![kind, after, limit], rows::record)
}
