//! Turns table rows into the store's rows and back into numbers. It knows columns, no queries.

use rusqlite::Row;
use rusqlite::types::FromSql;

use super::error::{Fault, Try, corrupt};
use crate::ids::{CaseId, ReportId};
use crate::log::Hash;
use crate::store::{
    CaseRow, CheckpointRow, LogHead, NoticeRow, OutboxRow, OutboxState, RecordRow, SealedRow,
    StagedLeaf, StoreError, StoredCase, StoredLeaf,
};
use crate::time::Timestamp;

/// What `due_at` holds when no clock runs: later than every instant, so that it sorts last.
pub(super) const NO_CLOCK: i64 = i64::MAX;

/// A number as SQLite keeps it.
pub(super) fn int(number: u64) -> Try<i64> {
    i64::try_from(number)
        .map_err(|_| Fault::Refused(StoreError::Engine("a number is too large".to_owned())))
}

/// A column of any type.
pub(super) fn column<T: FromSql>(row: &Row<'_>, index: usize, table: &'static str) -> Try<T> {
    row.get(index).map_err(|_| corrupt(table))
}

/// A column that holds a number from 0 on.
pub(super) fn number(row: &Row<'_>, index: usize, table: &'static str) -> Try<u64> {
    u64::try_from(column::<i64>(row, index, table)?).map_err(|_| corrupt(table))
}

/// A column that holds an instant.
pub(super) fn instant(row: &Row<'_>, index: usize, table: &'static str) -> Try<Timestamp> {
    Timestamp::from_millis(column(row, index, table)?).map_err(|_| corrupt(table))
}

fn instant_if_any(row: &Row<'_>, index: usize, table: &'static str) -> Try<Option<Timestamp>> {
    column::<Option<i64>>(row, index, table)?
        .map(Timestamp::from_millis)
        .transpose()
        .map_err(|_| corrupt(table))
}

/// A column that holds a hash.
pub(super) fn hash(row: &Row<'_>, index: usize, table: &'static str) -> Try<Hash> {
    Ok(Hash::from(column::<[u8; 32]>(row, index, table)?))
}

/// A column that holds a case's id.
pub(super) fn case_id(row: &Row<'_>, index: usize, table: &'static str) -> Try<CaseId> {
    Ok(CaseId::from_bytes(column(row, index, table)?))
}

/// `id, stream, version, state, due_at, received_at, updated_at, wake_at, snapshot, head, wrapped`
pub(super) fn case(row: &Row<'_>) -> Try<StoredCase> {
    const TABLE: &str = "cases";
    let instant_or_never = |index| match column::<i64>(row, index, TABLE)? {
        NO_CLOCK => Ok(None),
        millis => Timestamp::from_millis(millis).map(Some).map_err(|_| corrupt(TABLE)),
    };
    Ok(StoredCase {
        row: CaseRow {
            id: case_id(row, 0, TABLE)?,
            stream: column(row, 1, TABLE)?,
            version: number(row, 2, TABLE)?,
            state: column(row, 3, TABLE)?,
            due_at: instant_or_never(4)?,
            received_at: instant(row, 5, TABLE)?,
            updated_at: instant(row, 6, TABLE)?,
            wake_at: instant_or_never(7)?,
            snapshot: column(row, 8, TABLE)?,
            head: hash(row, 9, TABLE)?,
        },
        wrapped_key: column(row, 10, "case_keys")?,
    })
}

/// `n, position, hash, bytes`
pub(super) fn leaf(row: &Row<'_>) -> Try<StoredLeaf> {
    const TABLE: &str = "leaves";
    let position = column::<Option<i64>>(row, 1, TABLE)?;
    Ok(StoredLeaf {
        n: number(row, 0, TABLE)?,
        position: position.map(u64::try_from).transpose().map_err(|_| corrupt(TABLE))?,
        hash: hash(row, 2, TABLE)?,
        bytes: column(row, 3, TABLE)?,
    })
}

/// `staging, hash`
pub(super) fn staged(row: &Row<'_>) -> Try<StagedLeaf> {
    Ok(StagedLeaf { staging: number(row, 0, "leaves")?, hash: hash(row, 1, "leaves")? })
}

/// `case_id, n, sealed`
pub(super) fn sealed(row: &Row<'_>) -> Try<SealedRow> {
    const TABLE: &str = "sealed";
    Ok(SealedRow {
        case: case_id(row, 0, TABLE)?,
        n: number(row, 1, TABLE)?,
        sealed: column(row, 2, TABLE)?,
    })
}

/// `case_id, key, fingerprint, answer`
pub(super) fn notice(row: &Row<'_>) -> Try<NoticeRow> {
    const TABLE: &str = "notices";
    Ok(NoticeRow {
        case: case_id(row, 0, TABLE)?,
        key: column(row, 1, TABLE)?,
        fingerprint: column(row, 2, TABLE)?,
        answer: column(row, 3, TABLE)?,
    })
}

/// `id, case_id, sequence, kind, body, state, attempts, next_at, fence, leased_until, cause,
/// created_at, delivered_at`
pub(super) fn report(row: &Row<'_>) -> Try<OutboxRow> {
    const TABLE: &str = "outbox";
    let state: String = column(row, 5, TABLE)?;
    Ok(OutboxRow {
        id: ReportId::from_bytes(column(row, 0, TABLE)?),
        case: case_id(row, 1, TABLE)?,
        sequence: column(row, 2, TABLE)?,
        kind: column(row, 3, TABLE)?,
        body: column(row, 4, TABLE)?,
        state: OutboxState::from_code(&state).ok_or_else(|| corrupt(TABLE))?,
        attempts: column(row, 6, TABLE)?,
        next_at: instant(row, 7, TABLE)?,
        fence: number(row, 8, TABLE)?,
        leased_until: instant_if_any(row, 9, TABLE)?,
        cause: column(row, 10, TABLE)?,
        created_at: instant(row, 11, TABLE)?,
        delivered_at: instant_if_any(row, 12, TABLE)?,
    })
}

/// `size, frontier`
pub(super) fn log_head(row: &Row<'_>) -> Try<LogHead> {
    const TABLE: &str = "log_head";
    let size = number(row, 0, TABLE)?;
    let bytes: Vec<u8> = column(row, 1, TABLE)?;
    let (hashes, rest) = bytes.as_chunks::<32>();
    if !rest.is_empty() {
        return Err(corrupt(TABLE));
    }
    Ok(LogHead { size, frontier: hashes.iter().copied().map(Hash::from).collect() })
}

/// `size, root, note, at`
pub(super) fn checkpoint(row: &Row<'_>) -> Try<CheckpointRow> {
    const TABLE: &str = "checkpoints";
    Ok(CheckpointRow {
        size: number(row, 0, TABLE)?,
        root: hash(row, 1, TABLE)?,
        note: column(row, 2, TABLE)?,
        at: instant(row, 3, TABLE)?,
    })
}

/// `kind, id, version, body, expires_at`
pub(super) fn record(row: &Row<'_>) -> Try<RecordRow> {
    const TABLE: &str = "records";
    Ok(RecordRow {
        kind: column(row, 0, TABLE)?,
        id: column(row, 1, TABLE)?,
        version: number(row, 2, TABLE)?,
        body: column(row, 3, TABLE)?,
        expires_at: instant_if_any(row, 4, TABLE)?,
    })
}
