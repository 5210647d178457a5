//! Writes reports and moves them on. `ready` marks the one report of a case that may be sent: what
//! is due is then found by one index, however many wait behind it.

use std::collections::HashMap;

use super::super::error::{Fault, Try};
use super::super::plan::{Miss, Plan, Value};
use super::super::rows::int;
use super::boxed;
use crate::ids::CaseId;
use crate::store::{Change, OutboxMove, OutboxRow, OutboxStep, StoreError};
use crate::time::Timestamp;

const REPORT: Miss = Miss::Conflict("report");

/// Which report of a case may be sent is decided under the lock of the case: two changes that each
/// look before the other is in would leave none. A change that writes the case has it already.
pub(super) fn lock_cases<'a>(plan: &mut Plan<'a>, batch: &[&'a Change]) {
    const SQL: &str = "SELECT 1 FROM cases WHERE id IN
            (SELECT case_id FROM outbox WHERE id = ANY($1::BYTEA[])
             UNION ALL SELECT unnest($2::BYTEA[]))
        ORDER BY id FOR NO KEY UPDATE";
    let (mut reports, mut cases) = (Vec::new(), Vec::new());
    for change in batch.iter().filter(|change| change.case.is_none()) {
        cases.extend(change.outbox.iter().map(|row| row.case.as_bytes().as_slice()));
        let settling = change.outbox_moves.iter().filter(|step| settles(step));
        reports.extend(settling.map(|step| step.id.as_bytes().as_slice()));
    }
    if !(reports.is_empty() && cases.is_empty()) {
        plan.one(SQL, Miss::Nothing, 0, vec![boxed(reports), boxed(cases)]);
    }
}

/// Whether another report of the case may be the one to send after this step.
fn settles(step: &OutboxMove) -> bool {
    matches!(step.step, OutboxStep::Delivered { .. } | OutboxStep::Replay { .. })
}

/// Adds reports behind the last one of their case.
pub(super) fn insert<'a>(plan: &mut Plan<'a>, batch: &[&'a Change], slot: i64) -> Try<()> {
    const NOT_NEXT: &str = "SELECT v.r
        FROM unnest($1::BIGINT[], $2::BYTEA[], $3::BIGINT[]) AS v (r, id, first)
        WHERE v.first <> 1 + COALESCE((SELECT MAX(sequence) FROM outbox WHERE case_id = v.id), 0)";
    let (mut owners, mut ids, mut firsts) = (vec![], vec![], vec![]);
    for (owner, change) in batch.iter().enumerate() {
        let mut next: HashMap<CaseId, u32> = HashMap::new();
        for row in &change.outbox {
            match next.insert(row.case, row.sequence.saturating_add(1)) {
                None => {
                    owners.push(owner);
                    ids.push(row.case.as_bytes().as_slice());
                    firsts.push(i64::from(row.sequence));
                }
                Some(wanted) if wanted == row.sequence => {}
                Some(_) => return Err(Fault::Refused(StoreError::Conflict { what: "report" })),
            }
        }
    }
    plan.rows(NOT_NEXT, REPORT, owners, vec![boxed(ids), boxed(firsts)]);
    insert_rows(plan, batch, slot)
}

fn insert_rows<'a>(plan: &mut Plan<'a>, batch: &[&'a Change], slot: i64) -> Try<()> {
    const SQL: &str = "WITH v AS (SELECT * FROM unnest($1::BIGINT[], $2::BYTEA[], $3::BYTEA[],
            $4::BIGINT[], $5::TEXT[], $6::BYTEA[], $7::TEXT[], $8::BIGINT[], $9::BIGINT[],
            $10::BIGINT[], $11::BIGINT[], $12::TEXT[], $13::BIGINT[], $14::BIGINT[])
            AS v (r, id, case_id, sequence, kind, body, state, attempts, next_at, fence,
                  leased_until, cause, created_at, delivered_at)),
        done AS (INSERT INTO outbox (id, case_id, sequence, kind, body, state, attempts, next_at,
                fence, leased_until, cause, created_at, delivered_at, ready)
            SELECT id, case_id, sequence, kind, body, state, attempts, next_at, fence,
                   leased_until, cause, created_at, delivered_at, 0 FROM v ORDER BY r
            ON CONFLICT DO NOTHING RETURNING id, state),
        counted AS (INSERT INTO counts (kind, code, slot, n)
            SELECT 'report', state, $15::BIGINT, COUNT(*) FROM done GROUP BY state ORDER BY state
            ON CONFLICT (kind, code, slot) DO UPDATE SET n = counts.n + excluded.n)
        SELECT v.r FROM v LEFT JOIN done ON done.id = v.id WHERE done.id IS NULL";
    let rows: Vec<(usize, &'a OutboxRow)> = batch
        .iter()
        .enumerate()
        .flat_map(|(owner, change)| change.outbox.iter().map(move |row| (owner, row)))
        .collect();
    let owners = rows.iter().map(|(owner, _)| *owner).collect();
    let millis = |instant: Option<Timestamp>| instant.map(Timestamp::as_millis);
    let fences: Vec<i64> = rows.iter().map(|(_, row)| int(row.fence)).collect::<Try<_>>()?;
    let rows = || rows.iter().map(|(_, row)| *row);
    let values: Vec<Value<'a>> = vec![
        boxed(rows().map(|row| row.id.as_bytes().as_slice()).collect::<Vec<_>>()),
        boxed(rows().map(|row| row.case.as_bytes().as_slice()).collect::<Vec<_>>()),
        boxed(rows().map(|row| i64::from(row.sequence)).collect::<Vec<_>>()),
        boxed(rows().map(|row| row.kind.as_str()).collect::<Vec<_>>()),
        boxed(rows().map(|row| row.body.as_deref()).collect::<Vec<_>>()),
        boxed(rows().map(|row| row.state.code()).collect::<Vec<_>>()),
        boxed(rows().map(|row| i64::from(row.attempts)).collect::<Vec<_>>()),
        boxed(rows().map(|row| row.next_at.as_millis()).collect::<Vec<_>>()),
        boxed(fences),
        boxed(rows().map(|row| millis(row.leased_until)).collect::<Vec<_>>()),
        boxed(rows().map(|row| row.cause.as_deref()).collect::<Vec<_>>()),
        boxed(rows().map(|row| row.created_at.as_millis()).collect::<Vec<_>>()),
        boxed(rows().map(|row| millis(row.delivered_at)).collect::<Vec<_>>()),
        Box::new(slot),
    ];
    plan.rows(SQL, REPORT, owners, values);
    Ok(())
}

/// A statement that moves one report on; with the counts if its state changes.
macro_rules! move_sql {
    ($set:literal, $from:literal) => {
        concat!(
            "WITH done AS (UPDATE outbox SET ",
            $set,
            " WHERE id = $1 AND fence = $2 AND state = '",
            $from,
            "' RETURNING 1) SELECT 0::BIGINT WHERE NOT EXISTS (SELECT 1 FROM done)"
        )
    };
    ($set:literal, $from:literal => $to:literal, $slot:literal) => {
        concat!(
            "WITH done AS (UPDATE outbox SET state = '",
            $to,
            "', ",
            $set,
            " WHERE id = $1 AND fence = $2 AND state = '",
            $from,
            "' RETURNING 1), counted AS (INSERT INTO counts (kind, code, slot, n) ",
            "SELECT 'report', code, ",
            $slot,
            "::BIGINT, n FROM (VALUES ('",
            $from,
            "', -1), ('",
            $to,
            "', 1)) AS moved (code, n) WHERE EXISTS (SELECT 1 FROM done) ORDER BY code ",
            "ON CONFLICT (kind, code, slot) DO UPDATE SET n = counts.n + excluded.n) ",
            "SELECT 0::BIGINT WHERE NOT EXISTS (SELECT 1 FROM done)"
        )
    };
}

/// Moves reports on, each if its fence and state are what the step needs.
pub(super) fn steps<'a>(plan: &mut Plan<'a>, batch: &[&'a Change], slot: i64) -> Try<()> {
    for (owner, change) in batch.iter().enumerate() {
        for step in &change.outbox_moves {
            let mut values: Vec<Value<'a>> =
                vec![Box::new(step.id.as_bytes().as_slice()), Box::new(int(step.fence)?)];
            let sql = one_step(&step.step, slot, &mut values);
            plan.one(sql, REPORT, owner, values);
        }
    }
    Ok(())
}

fn one_step<'a>(step: &'a OutboxStep, slot: i64, values: &mut Vec<Value<'a>>) -> &'static str {
    match step {
        OutboxStep::Claim { until } => {
            values.push(Box::new(until.as_millis()));
            move_sql!("fence = fence + 1, leased_until = $3", "pending")
        }
        OutboxStep::Delivered { at, drop_body } => {
            values.push(Box::new(slot));
            values.push(Box::new(at.as_millis()));
            values.push(Box::new(*drop_body));
            move_sql!(
                "ready = 0, leased_until = NULL, cause = NULL, delivered_at = $4,
                 body = CASE WHEN $5 THEN NULL ELSE body END",
                "pending" => "delivered",
                "$3"
            )
        }
        OutboxStep::Retry { next_at, cause } => {
            values.push(Box::new(next_at.as_millis()));
            values.push(Box::new(cause.as_str()));
            move_sql!(
                "attempts = attempts + 1, next_at = $3, cause = $4, leased_until = NULL",
                "pending"
            )
        }
        OutboxStep::Dead { cause } => {
            values.push(Box::new(slot));
            values.push(Box::new(cause.as_str()));
            move_sql!(
                "ready = 0, attempts = attempts + 1, cause = $4, leased_until = NULL",
                "pending" => "dead",
                "$3"
            )
        }
        OutboxStep::Replay { at } => {
            values.push(Box::new(slot));
            values.push(Box::new(at.as_millis()));
            move_sql!(
                "attempts = 0, next_at = $4, cause = NULL, leased_until = NULL",
                "dead" => "pending",
                "$3"
            )
        }
    }
}

/// Takes the unsent reports of an erased case out of the way, and the words of all of them: what
/// they would tell is gone. A worker that is just sending one loses its fence.
pub(super) fn drop_unsent<'a>(plan: &mut Plan<'a>, owner: usize, case: &'a [u8], slot: i64) {
    const DROP: &str = "WITH unsent AS MATERIALIZED (SELECT id, state FROM outbox
            WHERE case_id = $1 AND state IN ('pending', 'dead') ORDER BY id FOR UPDATE),
        done AS (UPDATE outbox AS o SET state = 'dropped', ready = 0, fence = o.fence + 1,
                leased_until = NULL, cause = 'erased'
            FROM unsent WHERE o.id = unsent.id RETURNING unsent.state AS before),
        moved AS (SELECT before AS code, -1 AS n FROM done
                  UNION ALL SELECT 'dropped', 1 FROM done)
        INSERT INTO counts (kind, code, slot, n)
        SELECT 'report', code, $2::BIGINT, SUM(n) FROM moved GROUP BY code ORDER BY code
        ON CONFLICT (kind, code, slot) DO UPDATE SET n = counts.n + excluded.n";
    const WORDS: &str = "UPDATE outbox SET body = NULL WHERE case_id = $1";
    plan.one(DROP, Miss::Nothing, owner, vec![Box::new(case), Box::new(slot)]);
    plan.one(WORDS, Miss::Nothing, owner, vec![Box::new(case)]);
}

/// Marks the first unsent report of each case whose reports were touched, if it is pending.
pub(super) fn ready<'a>(plan: &mut Plan<'a>, batch: &[&'a Change]) {
    const SQL: &str = "UPDATE outbox SET ready = 1
        WHERE ready = 0 AND state = 'pending' AND id IN
            (SELECT first.id FROM outbox AS given
             CROSS JOIN LATERAL (SELECT id FROM outbox AS other
                 WHERE other.case_id = given.case_id
                       AND other.state NOT IN ('delivered', 'dropped')
                 ORDER BY other.sequence LIMIT 1) AS first
             WHERE given.id = ANY($1::BYTEA[]))";
    let mut touched = Vec::new();
    for change in batch {
        touched.extend(change.outbox.iter().map(|row| row.id.as_bytes().as_slice()));
        let settling = change.outbox_moves.iter().filter(|step| settles(step));
        touched.extend(settling.map(|step| step.id.as_bytes().as_slice()));
    }
    if !touched.is_empty() {
        plan.one(SQL, Miss::Nothing, 0, vec![boxed(touched)]);
    }
}
