//! Cases, their keys and sealed words, and their erasure. It keeps the counts of the queues true.

use super::super::error::Try;
use super::super::plan::{Miss, Plan, Value};
use super::super::rows::{NO_CLOCK, int};
use super::{boxed, outbox};
use crate::store::{CaseRow, CaseWrite, Change, Expected, NewCase};
use crate::time::Timestamp;

/// The columns of a case that every write brings.
#[derive(Default)]
struct Columns<'a> {
    owners: Vec<usize>,
    ids: Vec<&'a [u8]>,
    streams: Vec<&'a str>,
    versions: Vec<i64>,
    states: Vec<&'a str>,
    due: Vec<i64>,
    received: Vec<i64>,
    updated: Vec<i64>,
    wakes: Vec<i64>,
    snapshots: Vec<&'a [u8]>,
    heads: Vec<&'a [u8]>,
}

impl<'a> Columns<'a> {
    fn push(&mut self, owner: usize, row: &'a CaseRow) -> Try<()> {
        self.owners.push(owner);
        self.ids.push(row.id.as_bytes());
        self.streams.push(&row.stream);
        self.versions.push(int(row.version)?);
        self.states.push(&row.state);
        self.due.push(millis(row.due_at));
        self.received.push(row.received_at.as_millis());
        self.updated.push(row.updated_at.as_millis());
        self.wakes.push(millis(row.wake_at));
        self.snapshots.push(&row.snapshot);
        self.heads.push(row.head.as_bytes());
        Ok(())
    }

    /// The owners, and the columns from the second on: the first is the numbers of the rows.
    fn finish(self, more: Vec<Value<'a>>) -> (Vec<usize>, Vec<Value<'a>>) {
        let mut values = vec![
            boxed(self.ids),
            boxed(self.streams),
            boxed(self.versions),
            boxed(self.states),
            boxed(self.due),
            boxed(self.received),
            boxed(self.updated),
            boxed(self.wakes),
            boxed(self.snapshots),
            boxed(self.heads),
        ];
        values.extend(more);
        (self.owners, values)
    }
}

fn millis(instant: Option<Timestamp>) -> i64 {
    instant.map_or(NO_CLOCK, Timestamp::as_millis)
}

fn writes<'a>(batch: &[&'a Change]) -> impl Iterator<Item = (usize, &'a CaseWrite)> {
    let of = |(owner, change): (usize, &&'a Change)| change.case.as_ref().map(|case| (owner, case));
    batch.iter().enumerate().filter_map(of)
}

pub(super) fn insert<'a>(plan: &mut Plan<'a>, batch: &[&'a Change], slot: i64) -> Try<()> {
    const SQL: &str = "WITH v AS (SELECT * FROM unnest($1::BIGINT[], $2::BYTEA[], $3::TEXT[],
            $4::BIGINT[], $5::TEXT[], $6::BIGINT[], $7::BIGINT[], $8::BIGINT[], $9::BIGINT[],
            $10::BYTEA[], $11::BYTEA[], $12::BYTEA[]) AS v (r, id, stream, version, state, due_at,
                                    received_at, updated_at, wake_at, snapshot, head, number)),
        done AS (INSERT INTO cases (id, number, stream, version, state, due_at, received_at,
                                    updated_at, wake_at, snapshot, head)
            SELECT id, number, stream, version, state, due_at, received_at, updated_at, wake_at,
                   snapshot, head FROM v ORDER BY number
            ON CONFLICT DO NOTHING RETURNING id, state),
        counted AS (INSERT INTO counts (kind, code, slot, n)
            SELECT 'case', state, $13::BIGINT, COUNT(*) FROM done GROUP BY state ORDER BY state
            ON CONFLICT (kind, code, slot) DO UPDATE SET n = counts.n + excluded.n)
        SELECT v.r FROM v LEFT JOIN done ON done.id = v.id WHERE done.id IS NULL";
    // In the order of the numbers: the same complaints may come to two servers at once.
    let mut columns = Columns::default();
    let (mut numbers, mut fresh) = (Vec::new(), Vec::new());
    for (owner, write) in writes(batch) {
        if let Expected::New(new) = &write.expected {
            columns.push(owner, &write.row)?;
            numbers.push(new.number.as_slice());
            fresh.push((owner, write.row.id.as_bytes().as_slice(), new));
        }
    }
    let (owners, values) = columns.finish(vec![boxed(numbers), Box::new(slot)]);
    plan.rows(SQL, Miss::NewCase, owners, values);
    keep_keys(plan, &fresh);
    keep_blind(plan, &fresh);
    Ok(())
}

fn keep_keys<'a>(plan: &mut Plan<'a>, fresh: &[(usize, &'a [u8], &'a NewCase)]) {
    const SQL: &str = "INSERT INTO case_keys (case_id, wrapped, alive)
        SELECT id, wrapped, 1 FROM unnest($1::BIGINT[], $2::BYTEA[], $3::BYTEA[])
                                   AS v (r, id, wrapped)
        ON CONFLICT DO NOTHING";
    let owners = fresh.iter().map(|(owner, _, _)| *owner).collect();
    let ids = fresh.iter().map(|(_, id, _)| *id).collect();
    let wrapped = fresh.iter().map(|(_, _, new)| new.wrapped_key.as_slice()).collect();
    // A conflict is that of the case itself; a case that did not go in has no key to keep.
    plan.rows(SQL, Miss::Nothing, owners, vec![boxed::<&[u8]>(ids), boxed::<&[u8]>(wrapped)]);
}

fn keep_blind<'a>(plan: &mut Plan<'a>, fresh: &[(usize, &'a [u8], &'a NewCase)]) {
    const SQL: &str = "INSERT INTO blind_values (kind, value, case_id)
        SELECT kind, value, id FROM unnest($1::BIGINT[], $2::TEXT[], $3::BYTEA[], $4::BYTEA[])
                                    AS v (r, kind, value, id)
        ON CONFLICT DO NOTHING";
    let (mut owners, mut kinds, mut values, mut ids) = (vec![], vec![], vec![], vec![]);
    for (owner, id, new) in fresh {
        for (kind, value) in &new.blind {
            owners.push(*owner);
            kinds.push(*kind);
            values.push(value.as_slice());
            ids.push(*id);
        }
    }
    let values = vec![boxed(kinds), boxed(values), boxed(ids)];
    plan.rows(SQL, Miss::Nothing, owners, values);
}

pub(super) fn update<'a>(plan: &mut Plan<'a>, batch: &[&'a Change], slot: i64) -> Try<()> {
    // `seen` locks the rows in one order; what another writer changed first is not among them.
    const SQL: &str = "WITH v AS (SELECT * FROM unnest($1::BIGINT[], $2::BYTEA[], $3::TEXT[],
            $4::BIGINT[], $5::TEXT[], $6::BIGINT[], $7::BIGINT[], $8::BIGINT[], $9::BIGINT[],
            $10::BYTEA[], $11::BYTEA[], $12::BIGINT[]) AS v (r, id, stream, version, state, due_at,
                                    received_at, updated_at, wake_at, snapshot, head, expected)),
        seen AS MATERIALIZED (SELECT c.id, c.state FROM cases AS c JOIN v ON v.id = c.id
            WHERE c.version = v.expected AND c.stream = v.stream
            ORDER BY c.id FOR NO KEY UPDATE OF c),
        done AS (UPDATE cases AS c SET version = v.version, state = v.state, due_at = v.due_at,
                received_at = v.received_at, updated_at = v.updated_at, wake_at = v.wake_at,
                snapshot = v.snapshot, head = v.head
            FROM v JOIN seen ON seen.id = v.id WHERE c.id = v.id AND c.version = v.expected
            RETURNING v.r, seen.state AS before, v.state AS after),
        moved AS (SELECT before AS code, -1 AS n FROM done WHERE before <> after
                  UNION ALL SELECT after, 1 FROM done WHERE before <> after),
        counted AS (INSERT INTO counts (kind, code, slot, n)
            SELECT 'case', code, $13::BIGINT, SUM(n) FROM moved GROUP BY code HAVING SUM(n) <> 0
            ORDER BY code
            ON CONFLICT (kind, code, slot) DO UPDATE SET n = counts.n + excluded.n)
        SELECT v.r FROM v LEFT JOIN done ON done.r = v.r WHERE done.r IS NULL";
    let mut columns = Columns::default();
    let mut expected = Vec::new();
    for (owner, write) in writes(batch) {
        if let Expected::Version(version) = &write.expected {
            columns.push(owner, &write.row)?;
            expected.push(int(*version)?);
        }
    }
    let (owners, values) = columns.finish(vec![boxed(expected), Box::new(slot)]);
    plan.rows(SQL, Miss::Conflict("case"), owners, values);
    Ok(())
}

pub(super) fn keep_sealed<'a>(plan: &mut Plan<'a>, batch: &[&'a Change]) -> Try<()> {
    const SQL: &str = "WITH v AS (SELECT * FROM unnest($1::BIGINT[], $2::BYTEA[], $3::BIGINT[],
                                                       $4::BYTEA[]) AS v (r, id, n, sealed)),
        done AS (INSERT INTO sealed (case_id, n, sealed) SELECT id, n, sealed FROM v
                 ON CONFLICT DO NOTHING RETURNING case_id, n)
        SELECT v.r FROM v LEFT JOIN done ON done.case_id = v.id AND done.n = v.n
        WHERE done.n IS NULL";
    let (mut owners, mut ids, mut numbers, mut sealed) = (vec![], vec![], vec![], vec![]);
    for (owner, change) in batch.iter().enumerate() {
        for row in &change.sealed {
            owners.push(owner);
            ids.push(row.case.as_bytes().as_slice());
            numbers.push(int(row.n)?);
            sealed.push(row.sealed.as_slice());
        }
    }
    let values = vec![boxed(ids), boxed(numbers), boxed(sealed)];
    plan.rows(SQL, Miss::Conflict("case"), owners, values);
    Ok(())
}

pub(super) fn keep_notices<'a>(plan: &mut Plan<'a>, batch: &[&'a Change]) {
    const SQL: &str = "WITH v AS (SELECT * FROM unnest($1::BIGINT[], $2::BYTEA[], $3::BYTEA[],
                                  $4::BYTEA[], $5::BYTEA[]) AS v (r, id, key, fingerprint, answer)),
        done AS (INSERT INTO notices (case_id, key, fingerprint, answer)
                 SELECT id, key, fingerprint, answer FROM v
                 ON CONFLICT DO NOTHING RETURNING case_id, key)
        SELECT v.r FROM v LEFT JOIN done ON done.case_id = v.id AND done.key = v.key
        WHERE done.key IS NULL";
    let (mut owners, mut ids, mut keys) = (vec![], vec![], vec![]);
    let (mut fingerprints, mut answers) = (vec![], vec![]);
    for (owner, change) in batch.iter().enumerate() {
        if let Some(row) = &change.notice {
            owners.push(owner);
            ids.push(row.case.as_bytes().as_slice());
            keys.push(row.key.as_slice());
            fingerprints.push(row.fingerprint.as_slice());
            answers.push(row.answer.as_slice());
        }
    }
    let values = vec![boxed(ids), boxed(keys), boxed(fingerprints), boxed(answers)];
    plan.rows(SQL, Miss::Conflict("notice"), owners, values);
}

/// Destroys the key of a case and everything sealed under it. Again is fine.
pub(super) fn erase<'a>(plan: &mut Plan<'a>, batch: &[&'a Change], slot: i64) {
    const KEY: &str = "WITH done AS (UPDATE case_keys
            SET wrapped = decode(repeat('00', length(wrapped)), 'hex'), alive = 0
            WHERE case_id = $1 RETURNING 1)
        SELECT 0::BIGINT WHERE NOT EXISTS (SELECT 1 FROM done)";
    const SEALED: [&str; 3] = [
        "DELETE FROM sealed WHERE case_id = $1",
        "DELETE FROM blind_values WHERE case_id = $1",
        "DELETE FROM notices WHERE case_id = $1",
    ];
    for (owner, change) in batch.iter().enumerate() {
        let Some(case) = &change.erase else { continue };
        let id = case.as_bytes().as_slice();
        plan.one(KEY, Miss::Conflict("case"), owner, vec![Box::new(id)]);
        for sql in SEALED {
            plan.one(sql, Miss::Nothing, owner, vec![Box::new(id)]);
        }
        outbox::drop_unsent(plan, owner, id, slot);
    }
}
