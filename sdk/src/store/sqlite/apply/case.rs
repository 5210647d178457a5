//! Writes and erases cases. It keeps the counts of the queues true.

use rusqlite::{Connection, params};

use super::super::error::{Try, conflict};
use super::super::rows::{NO_CLOCK, int};
use super::{count, finds, first, outbox, run, run_on_one};
use crate::ids::CaseId;
use crate::store::{CaseRow, CaseWrite, Expected, NewCase};
use crate::time::Timestamp;

const WHAT: &str = "case";

/// Writes a case, new or moved on.
pub(super) fn write(db: &Connection, write: &CaseWrite) -> Try<()> {
    match &write.expected {
        Expected::New(new) => insert(db, &write.row, new),
        Expected::Version(version) => update(db, &write.row, *version),
    }
}

fn insert(db: &Connection, row: &CaseRow, new: &NewCase) -> Try<()> {
    let sql = "INSERT INTO cases (id, number, stream, version, state, due_at, received_at,
                                  updated_at, snapshot, head, wake_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT DO NOTHING";
    let id = row.id.as_bytes();
    let values = params![
        id,
        new.number,
        row.stream,
        int(row.version)?,
        row.state,
        millis(row.due_at),
        row.received_at.as_millis(),
        row.updated_at.as_millis(),
        row.snapshot,
        row.head.as_bytes(),
        millis(row.wake_at),
    ];
    if run(db, sql, values)? == 0 {
        let taken = finds(db, "SELECT 1 FROM cases WHERE number = ?1", [new.number])?;
        return Err(conflict(if taken { "complaint number" } else { WHAT }));
    }
    let sql = "INSERT INTO case_keys (case_id, wrapped, alive) VALUES (?1, ?2, 1)";
    run(db, sql, params![id, new.wrapped_key])?;
    let sql = "INSERT INTO blind_values (kind, value, case_id) VALUES (?1, ?2, ?3)
               ON CONFLICT DO NOTHING";
    for (kind, value) in &new.blind {
        run(db, sql, params![kind, value, id])?;
    }
    count(db, "case", &row.state, 1)
}

fn update(db: &Connection, row: &CaseRow, version: u64) -> Try<()> {
    let before = "SELECT state FROM cases WHERE id = ?1 AND version = ?2 AND stream = ?3";
    let seen = params![row.id.as_bytes(), int(version)?, row.stream];
    let state: String = first(db, before, seen)?.ok_or_else(|| conflict(WHAT))?;
    let sql = "UPDATE cases SET version = ?2, state = ?3, due_at = ?4, received_at = ?5,
                                updated_at = ?6, snapshot = ?7, head = ?8,
                                wake_at = ?9
               WHERE id = ?1";
    let values = params![
        row.id.as_bytes(),
        int(row.version)?,
        row.state,
        millis(row.due_at),
        row.received_at.as_millis(),
        row.updated_at.as_millis(),
        row.snapshot,
        row.head.as_bytes(),
        millis(row.wake_at),
    ];
    run_on_one(db, WHAT, sql, values)?;
    if state != row.state {
        count(db, "case", &state, -1)?;
        count(db, "case", &row.state, 1)?;
    }
    Ok(())
}

/// Destroys the key of a case and everything sealed under it. Again is fine.
pub(super) fn erase(db: &Connection, case: CaseId) -> Try<()> {
    let id = case.as_bytes();
    // The same length and no index on it: SQLite overwrites the row where it stands.
    let sql = "UPDATE case_keys SET wrapped = zeroblob(length(wrapped)), alive = 0
               WHERE case_id = ?1";
    run_on_one(db, WHAT, sql, [id])?;
    run(db, "DELETE FROM sealed WHERE case_id = ?1", [id])?;
    run(db, "DELETE FROM blind_values WHERE case_id = ?1", [id])?;
    run(db, "DELETE FROM notices WHERE case_id = ?1", [id])?;
    outbox::drop_unsent(db, case)?;
    run(db, "UPDATE outbox SET body = NULL WHERE case_id = ?1", [id])?;
    Ok(())
}

fn millis(instant: Option<Timestamp>) -> i64 {
    instant.map_or(NO_CLOCK, Timestamp::as_millis)
}
