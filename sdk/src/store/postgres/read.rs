//! Every question but the queue's pages, as SQL. It never writes, but for the claim.

use tokio_postgres::Row;

use super::error::{Try, corrupt};
use super::readers::{Readers, Values};
use super::rows::{self, int};
use crate::ids::{CaseId, ReportId};
use crate::log::Hash;
use crate::store::leftovers::{self, LEFTOVERS};
use crate::store::{
    BLIND_COUNT_MAX, CheckpointRow, LogHead, NoticeRow, OutboxFilter, OutboxRow, OutboxState,
    RecordRow, SealedRow, StagedLeaf, StoreError, StoredCase, StoredLeaf, StreamHead, Wake,
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
    ($head:literal, $tail:literal) => {
        concat!(
            $head,
            " o.id, o.case_id, o.sequence, o.kind, o.body, o.state, o.attempts, o.next_at, ",
            "o.fence, o.leased_until, o.cause, o.created_at, o.delivered_at ",
            $tail
        )
    };
}

/// All rows of a query.
pub(super) async fn list<T>(
    db: &Readers,
    sql: &str,
    values: Values<'_>,
    map: impl Fn(&Row) -> Try<T>,
) -> Try<Vec<T>> {
    db.rows(sql, values).await?.iter().map(map).collect()
}

/// The first row of a query, if it has one.
async fn one<T>(
    db: &Readers,
    sql: &str,
    values: Values<'_>,
    map: impl Fn(&Row) -> Try<T>,
) -> Try<Option<T>> {
    db.rows(sql, values).await?.first().map(map).transpose()
}

pub(super) async fn case(db: &Readers, id: CaseId) -> Try<Option<StoredCase>> {
    one(db, case_sql!("WHERE c.id = $1"), &[&id.as_bytes().as_slice()], rows::case).await
}

pub(super) async fn case_by_number(db: &Readers, blind: [u8; 32]) -> Try<Option<StoredCase>> {
    one(db, case_sql!("WHERE c.number = $1"), &[&blind.as_slice()], rows::case).await
}

pub(super) async fn case_counts(db: &Readers) -> Try<Vec<(String, u64)>> {
    let sql = "SELECT code, SUM(n)::BIGINT FROM counts WHERE kind = 'case'
               GROUP BY code HAVING SUM(n) <> 0 ORDER BY code";
    list(db, sql, &[], |row| Ok((rows::column(row, 0, "counts")?, rows::number(row, 1, "counts")?)))
        .await
}

pub(super) async fn blind_count(db: &Readers, kind: &str, blind: [u8; 32]) -> Try<u64> {
    let sql = "SELECT COUNT(*) FROM
                   (SELECT 1 FROM blind_values WHERE kind = $1 AND value = $2 LIMIT $3) AS found";
    let (blind, most) = (blind.as_slice(), int(BLIND_COUNT_MAX)?);
    let values: Values<'_> = &[&kind, &blind, &most];
    one(db, sql, values, |row| rows::number(row, 0, "blind_values"))
        .await?
        .ok_or_else(|| corrupt("blind_values"))
}

pub(super) async fn blind_cases(
    db: &Readers,
    kind: &str,
    blind: [u8; 32],
    limit: u32,
) -> Try<Vec<CaseId>> {
    let sql = "SELECT case_id FROM blind_values WHERE kind = $1 AND value = $2
               ORDER BY case_id DESC LIMIT $3";
    let (blind, limit) = (blind.as_slice(), i64::from(limit.min(PAGE_LIMIT)));
    let values: Values<'_> = &[&kind, &blind, &limit];
    list(db, sql, values, |row| rows::case_id(row, 0, "blind_values")).await
}

pub(super) async fn waking(
    db: &Readers,
    now: Timestamp,
    after: Option<Wake>,
    limit: u32,
) -> Try<Vec<Wake>> {
    // The second condition lets the planner use the index of only those that wake at all.
    let sql = "SELECT id, wake_at FROM cases
               WHERE wake_at <= $1 AND wake_at < 9223372036854775807
                 AND wake_at >= $2 AND (wake_at > $2 OR id > $3)
               ORDER BY wake_at, id LIMIT $4";
    let (at, id) = match &after {
        Some(after) => (after.at.as_millis(), after.case.as_bytes().to_vec()),
        None => (i64::MIN, Vec::new()),
    };
    let limit = i64::from(limit.min(PAGE_LIMIT));
    let values: Values<'_> = &[&now.as_millis(), &at, &id.as_slice(), &limit];
    list(db, sql, values, |row| {
        Ok(Wake { at: rows::instant(row, 1, "cases")?, case: rows::case_id(row, 0, "cases")? })
    })
    .await
}

pub(super) async fn leaves(
    db: &Readers,
    stream: &str,
    from: u64,
    limit: u32,
) -> Try<Vec<StoredLeaf>> {
    let Ok(from) = i64::try_from(from) else { return Ok(Vec::new()) };
    let sql = "SELECT n, position, hash, bytes FROM leaves
               WHERE stream = $1 AND n >= $2 ORDER BY n LIMIT $3";
    list(db, sql, &[&stream, &from, &i64::from(limit)], rows::leaf).await
}

pub(super) async fn stream_head(db: &Readers, stream: &str) -> Try<Option<StreamHead>> {
    let sql = "SELECT n, hash FROM leaves WHERE stream = $1 ORDER BY n DESC LIMIT 1";
    one(db, sql, &[&stream], |row| {
        let last = rows::number(row, 0, "leaves")?;
        Ok(StreamHead { next: last + 1, hash: rows::hash(row, 1, "leaves")? })
    })
    .await
}

pub(super) async fn sealed(db: &Readers, case: CaseId) -> Try<Vec<SealedRow>> {
    let sql = "SELECT case_id, n, sealed FROM sealed WHERE case_id = $1 ORDER BY n";
    list(db, sql, &[&case.as_bytes().as_slice()], rows::sealed).await
}

pub(super) async fn first_sealed(db: &Readers, cases: &[CaseId]) -> Try<Vec<SealedRow>> {
    let sql = "SELECT s.case_id, s.n, s.sealed
               FROM unnest($1::BYTEA[]) WITH ORDINALITY AS v (id, place)
               CROSS JOIN LATERAL (SELECT case_id, n, sealed FROM sealed
                                   WHERE case_id = v.id ORDER BY n LIMIT 1) AS s
               ORDER BY v.place";
    let ids: Vec<&[u8]> = cases.iter().map(|case| case.as_bytes().as_slice()).collect();
    list(db, sql, &[&ids], rows::sealed).await
}

pub(super) async fn notice(db: &Readers, case: CaseId, key: [u8; 32]) -> Try<Option<NoticeRow>> {
    let sql = "SELECT case_id, key, fingerprint, answer FROM notices
               WHERE case_id = $1 AND key = $2";
    one(db, sql, &[&case.as_bytes().as_slice(), &key.as_slice()], rows::notice).await
}

pub(super) async fn outbox_of(db: &Readers, case: CaseId) -> Try<Vec<OutboxRow>> {
    let sql = report_sql!("SELECT", "FROM outbox AS o WHERE o.case_id = $1 ORDER BY o.sequence");
    list(db, sql, &[&case.as_bytes().as_slice()], rows::report).await
}

pub(super) async fn outbox_due(db: &Readers, now: Timestamp, limit: u32) -> Try<Vec<OutboxRow>> {
    let sql = report_sql!(
        "SELECT",
        "FROM outbox AS o WHERE o.ready = 1 AND o.next_at <= $1 \
         AND (o.leased_until IS NULL OR o.leased_until <= $1) ORDER BY o.next_at, o.id LIMIT $2"
    );
    list(db, sql, &[&now.as_millis(), &i64::from(limit)], rows::report).await
}

/// One statement, so one durable transaction. Rows that another claimant holds are passed over; in
/// a store that was moved nothing is claimed.
pub(super) async fn claim_due(
    db: &Readers,
    now: Timestamp,
    until: Timestamp,
    limit: u32,
) -> Try<Vec<OutboxRow>> {
    let sql = report_sql!(
        "WITH due AS MATERIALIZED (
             SELECT id FROM outbox WHERE ready = 1 AND next_at <= $1
                 AND (leased_until IS NULL OR leased_until <= $1)
                 AND EXISTS (SELECT 1 FROM house WHERE one = 1 AND state = 'open')
             ORDER BY next_at, id LIMIT $3 FOR UPDATE SKIP LOCKED)
         UPDATE outbox AS o SET fence = o.fence + 1, leased_until = $2
         FROM due WHERE o.id = due.id RETURNING",
        ""
    );
    let values: Values<'_> = &[&now.as_millis(), &until.as_millis(), &i64::from(limit)];
    let mut claimed = list(db, sql, values, rows::report).await?;
    claimed.sort_unstable_by_key(|row| (row.next_at, row.id));
    Ok(claimed)
}

pub(super) async fn outbox(db: &Readers, filter: &OutboxFilter) -> Try<Vec<OutboxRow>> {
    let limit = i64::from(filter.limit.min(PAGE_LIMIT));
    let before = filter.before.map_or_else(|| ABOVE_ALL_IDS.to_vec(), |id| id.as_bytes().to_vec());
    match filter.state {
        Some(state) => {
            let sql = report_sql!(
                "SELECT",
                "FROM outbox AS o WHERE o.state = $1 AND o.id < $2 ORDER BY o.id DESC LIMIT $3"
            );
            list(db, sql, &[&state.code(), &before, &limit], rows::report).await
        }
        None => {
            let sql = report_sql!(
                "SELECT",
                "FROM outbox AS o WHERE o.id < $1 ORDER BY o.id DESC LIMIT $2"
            );
            list(db, sql, &[&before, &limit], rows::report).await
        }
    }
}

pub(super) async fn report(db: &Readers, id: ReportId) -> Try<Option<OutboxRow>> {
    let sql = report_sql!("SELECT", "FROM outbox AS o WHERE o.id = $1");
    one(db, sql, &[&id.as_bytes().as_slice()], rows::report).await
}

pub(super) async fn outbox_counts(db: &Readers) -> Try<(u64, u64)> {
    let sql = "SELECT COALESCE(SUM(n) FILTER (WHERE code = $1), 0)::BIGINT,
                      COALESCE(SUM(n) FILTER (WHERE code = $2), 0)::BIGINT
               FROM counts WHERE kind = 'report'";
    let states: Values<'_> = &[&OutboxState::Pending.code(), &OutboxState::Dead.code()];
    one(db, sql, states, |row| {
        Ok((rows::number(row, 0, "counts")?, rows::number(row, 1, "counts")?))
    })
    .await?
    .ok_or_else(|| corrupt("counts"))
}

pub(super) async fn staged(db: &Readers, limit: u32) -> Try<Vec<StagedLeaf>> {
    let sql = "SELECT staging, hash FROM leaves WHERE position IS NULL ORDER BY staging LIMIT $1";
    list(db, sql, &[&i64::from(limit)], rows::staged).await
}

pub(super) async fn log_head(db: &Readers) -> Try<LogHead> {
    let found = one(db, "SELECT size, frontier FROM log_head WHERE one = 1", &[], rows::log_head);
    found.await?.ok_or_else(|| corrupt("log_head"))
}

pub(super) async fn log_nodes(db: &Readers, level: u8, index: u64, count: u32) -> Try<Vec<Hash>> {
    const TABLE: &str = "log_nodes";
    let from = int(index)?;
    let until = from.saturating_add(i64::from(count));
    let hash = |row: &Row| rows::hash(row, 0, TABLE);
    let found = if level == 0 {
        let sql = "SELECT hash FROM leaves WHERE position >= $1 AND position < $2
                   ORDER BY position";
        list(db, sql, &[&from, &until], hash).await?
    } else {
        let sql = "SELECT hash FROM log_nodes WHERE level = $1 AND idx >= $2 AND idx < $3
                   ORDER BY idx";
        list(db, sql, &[&i64::from(level), &from, &until], hash).await?
    };
    // Positions and indexes are unique, so as many as asked for means all of them.
    if u32::try_from(found.len()) == Ok(count) { Ok(found) } else { Err(corrupt(TABLE)) }
}

pub(super) async fn log_entries(db: &Readers, from: u64, limit: u32) -> Try<Vec<StoredLeaf>> {
    let Ok(from) = i64::try_from(from) else { return Ok(Vec::new()) };
    let sql = "SELECT n, position, hash, bytes FROM leaves
               WHERE position >= $1 ORDER BY position LIMIT $2";
    list(db, sql, &[&from, &i64::from(limit)], rows::leaf).await
}

pub(super) async fn checkpoint(db: &Readers) -> Try<Option<CheckpointRow>> {
    let sql = "SELECT size, root, note, at FROM checkpoints ORDER BY size DESC LIMIT 1";
    one(db, sql, &[], rows::checkpoint).await
}

pub(super) async fn checkpoints(db: &Readers, after: u64, limit: u32) -> Try<Vec<CheckpointRow>> {
    let Ok(after) = i64::try_from(after) else { return Ok(Vec::new()) };
    let sql = "SELECT size, root, note, at FROM checkpoints WHERE size > $1 ORDER BY size LIMIT $2";
    list(db, sql, &[&after, &i64::from(limit)], rows::checkpoint).await
}

pub(super) async fn record(db: &Readers, kind: &str, id: &str) -> Try<Option<RecordRow>> {
    // No text here can hold it, so no such document is; asking would be an error of the server.
    if id.contains('\0') {
        return Ok(None);
    }
    let sql = "SELECT kind, id, version, body, expires_at FROM records
               WHERE kind = $1 AND id = $2";
    one(db, sql, &[&kind, &id], rows::record).await
}

pub(super) async fn records(
    db: &Readers,
    kind: &str,
    after: &str,
    limit: u32,
) -> Try<Vec<RecordRow>> {
    let sql = "SELECT kind, id, version, body, expires_at FROM records
               WHERE kind = $1 AND id > $2 ORDER BY id LIMIT $3";
    list(db, sql, &[&kind, &after, &i64::from(limit)], rows::record).await
}

/// Writes without changing anything, to see whether the server can.
pub(super) async fn probe(db: &Readers) -> Try<()> {
    let sql = "UPDATE house SET state = state WHERE one = 1 AND state = 'open' RETURNING 1";
    if db.rows(sql, &[]).await?.is_empty() { Err(StoreError::Closed.into()) } else { Ok(()) }
}

/// Rows that lead nowhere and indexes the server itself calls broken. The server enforces foreign
/// keys; an orphan here means that somebody switched them off.
pub(super) async fn integrity(db: &Readers) -> Try<Vec<String>> {
    const ORPHANS: [(&str, &str); 5] = [
        (
            "case_keys",
            "SELECT COUNT(*) FROM case_keys AS r WHERE NOT EXISTS (SELECT 1 FROM cases AS c WHERE c.id = r.case_id)",
        ),
        (
            "blind_values",
            "SELECT COUNT(*) FROM blind_values AS r WHERE NOT EXISTS (SELECT 1 FROM cases AS c WHERE c.id = r.case_id)",
        ),
        (
            "sealed",
            "SELECT COUNT(*) FROM sealed AS r WHERE NOT EXISTS (SELECT 1 FROM cases AS c WHERE c.id = r.case_id)",
        ),
        (
            "notices",
            "SELECT COUNT(*) FROM notices AS r WHERE NOT EXISTS (SELECT 1 FROM cases AS c WHERE c.id = r.case_id)",
        ),
        (
            "outbox",
            "SELECT COUNT(*) FROM outbox AS r WHERE NOT EXISTS (SELECT 1 FROM cases AS c WHERE c.id = r.case_id)",
        ),
    ];
    let mut found = Vec::new();
    for (table, sql) in ORPHANS {
        let lost = one(db, sql, &[], |row| rows::number(row, 0, table)).await?.unwrap_or(0);
        if lost > 0 {
            found.push(format!("{lost} rows of {table} lead to no row of cases"));
        }
    }
    let keys = (
        "keys of erased cases that were not overwritten",
        "SELECT COUNT(*) FROM case_keys
         WHERE alive = 0 AND wrapped <> decode(repeat('00', length(wrapped)), 'hex')",
    );
    for (what, sql) in LEFTOVERS.into_iter().chain([keys]) {
        let count = one(db, sql, &[], |row| rows::number(row, 0, "counts")).await?.unwrap_or(0);
        if count > 0 {
            found.push(leftovers::told(count, what));
        }
    }
    let sql = "SELECT c.relname::TEXT FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
               JOIN pg_namespace AS s ON s.oid = c.relnamespace
               WHERE s.nspname = current_schema() AND NOT i.indisvalid";
    let broken = list(db, sql, &[], |row| rows::column::<String>(row, 0, "pg_index")).await?;
    found.extend(broken.into_iter().map(|index| format!("the index {index} is not valid")));
    Ok(found)
}
