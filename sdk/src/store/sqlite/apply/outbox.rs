//! Writes reports and moves them on. `ready` marks the one report of a case that may be sent: what
//! is due is then found by one index, however many wait behind it.

use rusqlite::{Connection, params};

use super::super::error::{Try, conflict};
use super::super::read;
use super::super::rows::int;
use super::{count, first, run, run_on_one};
use crate::ids::{CaseId, ReportId};
use crate::store::{OutboxMove, OutboxRow, OutboxState, OutboxStep};
use crate::time::Timestamp;

const WHAT: &str = "report";

/// Adds a report behind the last one of its case.
pub(super) fn insert(db: &Connection, row: &OutboxRow) -> Try<()> {
    let last = "SELECT COALESCE(MAX(sequence), 0) FROM outbox WHERE case_id = ?1";
    let last: i64 = first(db, last, [row.case.as_bytes()])?.unwrap_or(0);
    if i64::from(row.sequence) != last + 1 {
        return Err(conflict(WHAT));
    }
    let sql = "INSERT INTO outbox (id, case_id, sequence, kind, body, state, attempts, next_at,
                                   fence, leased_until, cause, created_at, delivered_at, ready)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, 0)
               ON CONFLICT DO NOTHING";
    let values = params![
        row.id.as_bytes(),
        row.case.as_bytes(),
        row.sequence,
        row.kind,
        row.body,
        row.state.code(),
        row.attempts,
        row.next_at.as_millis(),
        int(row.fence)?,
        row.leased_until.map(Timestamp::as_millis),
        row.cause,
        row.created_at.as_millis(),
        row.delivered_at.map(Timestamp::as_millis),
    ];
    run_on_one(db, WHAT, sql, values)?;
    count(db, "report", row.state.code(), 1)?;
    ready(db, row.id)
}

/// Claims what may be sent now: each report gets a lease, and its fence grows.
pub(super) fn claim(
    db: &Connection,
    now: Timestamp,
    until: Timestamp,
    limit: u32,
) -> Try<Vec<OutboxRow>> {
    let mut rows = read::outbox_due(db, now, limit)?;
    let sql = "UPDATE outbox SET fence = fence + 1, leased_until = ?2 WHERE id = ?1";
    for row in &mut rows {
        run_on_one(db, WHAT, sql, params![row.id.as_bytes(), until.as_millis()])?;
        (row.fence, row.leased_until) = (row.fence + 1, Some(until));
    }
    Ok(rows)
}

/// Moves a report on, if its fence and state are what the step needs.
pub(super) fn step(db: &Connection, step: &OutboxMove) -> Try<()> {
    let (id, fence) = (step.id.as_bytes(), int(step.fence)?);
    match &step.step {
        OutboxStep::Claim { until } => {
            let sql = "UPDATE outbox SET fence = fence + 1, leased_until = ?3
                       WHERE id = ?1 AND fence = ?2 AND state = 'pending'";
            run_on_one(db, WHAT, sql, params![id, fence, until.as_millis()])
        }
        OutboxStep::Delivered { at, drop_body } => {
            let sql = "UPDATE outbox SET state = 'delivered', ready = 0, leased_until = NULL,
                                         cause = NULL, delivered_at = ?3,
                                         body = CASE WHEN ?4 THEN NULL ELSE body END
                       WHERE id = ?1 AND fence = ?2 AND state = 'pending'";
            let values = params![id, fence, at.as_millis(), drop_body];
            run_on_one(db, WHAT, sql, values)?;
            recount(db, OutboxState::Pending, OutboxState::Delivered)?;
            ready(db, step.id)
        }
        OutboxStep::Retry { next_at, cause } => {
            let sql = "UPDATE outbox SET attempts = attempts + 1, next_at = ?3, cause = ?4,
                                         leased_until = NULL
                       WHERE id = ?1 AND fence = ?2 AND state = 'pending'";
            run_on_one(db, WHAT, sql, params![id, fence, next_at.as_millis(), cause])
        }
        OutboxStep::Dead { cause } => {
            let sql = "UPDATE outbox SET state = 'dead', ready = 0, attempts = attempts + 1,
                                         cause = ?3, leased_until = NULL
                       WHERE id = ?1 AND fence = ?2 AND state = 'pending'";
            run_on_one(db, WHAT, sql, params![id, fence, cause])?;
            recount(db, OutboxState::Pending, OutboxState::Dead)
        }
        OutboxStep::Replay { at } => {
            let sql = "UPDATE outbox SET state = 'pending', attempts = 0, next_at = ?3,
                                         cause = NULL, leased_until = NULL
                       WHERE id = ?1 AND fence = ?2 AND state = 'dead'";
            run_on_one(db, WHAT, sql, params![id, fence, at.as_millis()])?;
            recount(db, OutboxState::Dead, OutboxState::Pending)?;
            ready(db, step.id)
        }
    }
}

/// Takes the unsent reports of an erased case out of the way: what they would tell is gone. A
/// worker that is just sending one loses its fence.
pub(super) fn drop_unsent(db: &Connection, case: CaseId) -> Try<()> {
    for state in [OutboxState::Pending, OutboxState::Dead] {
        let sql = "UPDATE outbox SET state = 'dropped', ready = 0, fence = fence + 1,
                                     leased_until = NULL, cause = 'erased'
                   WHERE case_id = ?1 AND state = ?2";
        let dropped = run(db, sql, params![case.as_bytes(), state.code()])?;
        let dropped = i64::try_from(dropped).unwrap_or(i64::MAX);
        count(db, "report", state.code(), -dropped)?;
        count(db, "report", OutboxState::Dropped.code(), dropped)?;
    }
    Ok(())
}

/// Marks the first unsent report of the same case, if it is pending.
fn ready(db: &Connection, any: ReportId) -> Try<()> {
    let sql = "UPDATE outbox SET ready = 1
               WHERE state = 'pending' AND id =
                   (SELECT other.id FROM outbox AS given
                    JOIN outbox AS other ON other.case_id = given.case_id
                    WHERE given.id = ?1 AND other.state NOT IN ('delivered', 'dropped')
                    ORDER BY other.sequence LIMIT 1)";
    run(db, sql, [any.as_bytes()])?;
    Ok(())
}

fn recount(db: &Connection, from: OutboxState, to: OutboxState) -> Try<()> {
    count(db, "report", from.code(), -1)?;
    count(db, "report", to.code(), 1)
}
