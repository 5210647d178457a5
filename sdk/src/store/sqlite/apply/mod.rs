//! A change as SQL: each expectation is decided here, inside the writer's transaction. It knows
//! nothing of transactions, threads or who waits.

mod case;
mod log;
mod outbox;

use rusqlite::{Connection, OptionalExtension, Params, params};

use super::error::{Try, conflict};
use super::rows::int;
use crate::store::{
    Change, NoticeRow, OutboxRow, RecordHold, RecordWrite, SealedRow, StoreError, StreamWrite,
    TokenUse,
};
use crate::time::Timestamp;

/// How many used tokens, and how many documents, one change forgets at most: a long sweep would
/// hold up everybody who waits. The next sweep takes the rest.
const SWEEP_LIMIT: i64 = 10_000;

/// Carries out a change, or fails somewhere in it; the caller then undoes the whole of it.
pub(super) fn change(db: &Connection, change: &Change) -> Try<()> {
    let Change {
        holds,
        token,
        case,
        streams,
        sealed,
        notice,
        outbox,
        outbox_moves,
        records,
        log,
        checkpoint,
        erase,
        sweep,
    } = change;
    if let Some(hold) = holds {
        still_held(db, hold)?;
    }
    if let Some(token) = token {
        use_token(db, token)?;
    }
    if let Some(case) = case {
        case::write(db, case)?;
    }
    streams.iter().try_for_each(|stream| stage(db, stream))?;
    sealed.iter().try_for_each(|row| keep_sealed(db, row))?;
    if let Some(notice) = notice {
        keep_notice(db, notice)?;
    }
    // After everything sealed, so that none of it stays that came with the same change; before the
    // new reports, because the last one of an erased case carries a key of its own.
    if let Some(case) = erase {
        case::erase(db, *case)?;
    }
    outbox.iter().try_for_each(|report| outbox::insert(db, report))?;
    outbox_moves.iter().try_for_each(|step| outbox::step(db, step))?;
    records.iter().try_for_each(|record| write_record(db, record))?;
    if let Some(log) = log {
        log::grow(db, log)?;
    }
    if let Some(checkpoint) = checkpoint {
        log::sign(db, &checkpoint.row)?;
    }
    if let Some(before) = sweep {
        forget(db, *before)?;
    }
    Ok(())
}

/// Claims what may be sent now.
pub(super) fn claim(
    db: &Connection,
    now: Timestamp,
    until: Timestamp,
    limit: u32,
) -> Try<Vec<OutboxRow>> {
    outbox::claim(db, now, until, limit)
}

/// Writes without changing anything, to see whether the engine can.
pub(super) fn probe(db: &Connection) -> Try<()> {
    run(db, "UPDATE log_head SET size = size WHERE one = 1", [])?;
    Ok(())
}

/// Runs one statement; gives the number of rows it touched.
fn run(db: &Connection, sql: &str, values: impl Params) -> Try<usize> {
    Ok(db.prepare_cached(sql)?.execute(values)?)
}

/// Runs one statement that must touch exactly one row, or else `what` is not as expected.
fn run_on_one(db: &Connection, what: &'static str, sql: &str, values: impl Params) -> Try<()> {
    if run(db, sql, values)? == 1 { Ok(()) } else { Err(conflict(what)) }
}

/// Whether a query finds any row.
fn finds(db: &Connection, sql: &str, values: impl Params) -> Try<bool> {
    Ok(db.prepare_cached(sql)?.exists(values)?)
}

/// Moves the count of a state by `by`.
fn count(db: &Connection, kind: &str, code: &str, by: i64) -> Try<()> {
    let sql = "INSERT INTO counts (kind, code, n) VALUES (?1, ?2, ?3)
               ON CONFLICT (kind, code) DO UPDATE SET n = counts.n + excluded.n";
    run(db, sql, params![kind, code, by])?;
    Ok(())
}

fn still_held(db: &Connection, hold: &RecordHold) -> Try<()> {
    let sql = "SELECT 1 FROM records WHERE kind = ?1 AND id = ?2 AND version = ?3";
    let held = finds(db, sql, params![hold.kind, hold.id, int(hold.version)?])?;
    if held { Ok(()) } else { Err(conflict("lease")) }
}

fn use_token(db: &Connection, token: &TokenUse) -> Try<()> {
    let sql = "INSERT INTO used_tokens (key, until) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
    match run(db, sql, params![token.key, token.until.as_millis()])? {
        1 => Ok(()),
        _ => Err(StoreError::TokenReplayed.into()),
    }
}

fn stage(db: &Connection, write: &StreamWrite) -> Try<()> {
    const WHAT: &str = "stream";
    let before = "SELECT 1 FROM leaves WHERE stream = ?1 AND n = ?2";
    if write.first > 0 && !finds(db, before, params![write.stream, int(write.first - 1)?])? {
        return Err(conflict(WHAT));
    }
    let sql = "INSERT INTO leaves (stream, n, hash, bytes) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT (stream, n) DO NOTHING";
    for (leaf, n) in write.leaves.iter().zip(write.first..) {
        if leaf.n != n {
            return Err(conflict(WHAT));
        }
        let values = params![write.stream, int(n)?, leaf.hash.as_bytes(), leaf.bytes];
        run_on_one(db, WHAT, sql, values)?;
    }
    Ok(())
}

fn keep_sealed(db: &Connection, row: &SealedRow) -> Try<()> {
    let sql = "INSERT INTO sealed (case_id, n, sealed) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
    run_on_one(db, "case", sql, params![row.case.as_bytes(), int(row.n)?, row.sealed])
}

fn keep_notice(db: &Connection, row: &NoticeRow) -> Try<()> {
    let sql = "INSERT INTO notices (case_id, key, fingerprint, answer) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT DO NOTHING";
    let values = params![row.case.as_bytes(), row.key, row.fingerprint, row.answer];
    run_on_one(db, "notice", sql, values)
}

fn write_record(db: &Connection, write: &RecordWrite) -> Try<()> {
    const WHAT: &str = "record";
    let (kind, id, seen) = (write.kind, &write.id, int(write.expected)?);
    let expires_at = write.expires_at.map(Timestamp::as_millis);
    match (&write.body, write.expected) {
        (Some(body), 0) => {
            let sql = "INSERT INTO records (kind, id, version, body, expires_at)
                       VALUES (?1, ?2, 1, ?3, ?4) ON CONFLICT DO NOTHING";
            run_on_one(db, WHAT, sql, params![kind, id, body, expires_at])
        }
        (Some(body), 1..) => {
            let sql = "UPDATE records SET version = version + 1, body = ?4, expires_at = ?5
                       WHERE kind = ?1 AND id = ?2 AND version = ?3";
            run_on_one(db, WHAT, sql, params![kind, id, seen, body, expires_at])
        }
        (None, 0) => {
            let sql = "SELECT 1 FROM records WHERE kind = ?1 AND id = ?2";
            if finds(db, sql, params![kind, id])? { Err(conflict(WHAT)) } else { Ok(()) }
        }
        (None, 1..) => {
            let sql = "DELETE FROM records WHERE kind = ?1 AND id = ?2 AND version = ?3";
            run_on_one(db, WHAT, sql, params![kind, id, seen])
        }
    }
}

fn forget(db: &Connection, before: Timestamp) -> Try<()> {
    let values = params![before.as_millis(), SWEEP_LIMIT];
    let tokens = "DELETE FROM used_tokens WHERE key IN
                  (SELECT key FROM used_tokens WHERE until < ?1 ORDER BY until LIMIT ?2)";
    run(db, tokens, values)?;
    let records = "DELETE FROM records WHERE (kind, id) IN
                   (SELECT kind, id FROM records WHERE expires_at < ?1
                    ORDER BY expires_at LIMIT ?2)";
    run(db, records, values)?;
    Ok(())
}

/// One value of the first row, if there is a row.
fn first<T: rusqlite::types::FromSql>(
    db: &Connection,
    sql: &str,
    values: impl Params,
) -> Try<Option<T>> {
    Ok(db.prepare_cached(sql)?.query_row(values, |row| row.get(0)).optional()?)
}
