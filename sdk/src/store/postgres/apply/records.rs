//! Leases, tokens and small documents.

use super::super::error::Try;
use super::super::plan::{Miss, Plan};
use super::super::rows::int;
use super::boxed;
use crate::store::{Change, RecordWrite};
use crate::time::Timestamp;

/// How many used tokens, and how many documents, one change forgets at most: a long sweep would
/// hold up everybody who waits. The next sweep takes the rest.
const SWEEP_LIMIT: i64 = 10_000;

/// The lease is locked against its next holder until this change is in.
pub(super) fn still_held<'a>(plan: &mut Plan<'a>, batch: &[&'a Change]) -> Try<()> {
    // Two statements: the second one sees what was committed while the first one waited.
    const LOCK: &str = "SELECT 1 FROM records WHERE kind = $1 AND id = $2 FOR SHARE";
    const LOST: &str = "SELECT 0::BIGINT WHERE NOT EXISTS
        (SELECT 1 FROM records WHERE kind = $1 AND id = $2 AND version = $3)";
    for (owner, change) in batch.iter().enumerate() {
        if let Some(hold) = &change.holds {
            let (kind, id) = (hold.kind, hold.id.as_str());
            plan.one(LOCK, Miss::Nothing, owner, vec![Box::new(kind), Box::new(id)]);
            let version = Box::new(int(hold.version)?);
            let values: Vec<_> = vec![Box::new(kind) as _, Box::new(id) as _, version as _];
            plan.one(LOST, Miss::Conflict("lease"), owner, values);
        }
    }
    Ok(())
}

pub(super) fn use_tokens<'a>(plan: &mut Plan<'a>, batch: &[&'a Change]) {
    const SQL: &str = "WITH v AS (SELECT * FROM unnest($1::BIGINT[], $2::BYTEA[], $3::BIGINT[])
                                  AS v (r, key, until)),
        done AS (INSERT INTO used_tokens (key, until) SELECT key, until FROM v ORDER BY key
                 ON CONFLICT DO NOTHING RETURNING key)
        SELECT v.r FROM v LEFT JOIN done ON done.key = v.key WHERE done.key IS NULL";
    let (mut owners, mut keys, mut until) = (Vec::new(), Vec::new(), Vec::new());
    for (owner, change) in batch.iter().enumerate() {
        if let Some(token) = &change.token {
            owners.push(owner);
            keys.push(token.key.as_slice());
            until.push(token.until.as_millis());
        }
    }
    plan.rows(SQL, Miss::Token, owners, vec![boxed(keys), boxed(until)]);
}

/// Each kind of write is one statement: most batches hold none at all.
pub(super) fn write<'a>(plan: &mut Plan<'a>, batch: &[&'a Change]) -> Try<()> {
    const INSERT: &str = "WITH done AS (INSERT INTO records (kind, id, version, body, expires_at)
            VALUES ($1, $2, 1, $3, $4) ON CONFLICT DO NOTHING RETURNING 1)
        SELECT 0::BIGINT WHERE NOT EXISTS (SELECT 1 FROM done)";
    const UPDATE: &str = "WITH done AS (UPDATE records
            SET version = version + 1, body = $3, expires_at = $4
            WHERE kind = $1 AND id = $2 AND version = $5 RETURNING 1)
        SELECT 0::BIGINT WHERE NOT EXISTS (SELECT 1 FROM done)";
    const ABSENT: &str = "SELECT 0::BIGINT WHERE EXISTS
        (SELECT 1 FROM records WHERE kind = $1 AND id = $2)";
    const DELETE: &str = "WITH done AS (DELETE FROM records
            WHERE kind = $1 AND id = $2 AND version = $3 RETURNING 1)
        SELECT 0::BIGINT WHERE NOT EXISTS (SELECT 1 FROM done)";
    for (owner, change) in batch.iter().enumerate() {
        for RecordWrite { kind, id, expected, body, expires_at } in &change.records {
            let mut values: Vec<super::Value<'a>> = vec![Box::new(*kind), Box::new(id.as_str())];
            let seen = int(*expected)?;
            let sql = match (body, expected) {
                (Some(_), 0) => INSERT,
                (Some(_), 1..) => UPDATE,
                (None, 0) => ABSENT,
                (None, 1..) => DELETE,
            };
            if let Some(body) = body {
                values.push(Box::new(body.as_slice()));
                values.push(Box::new(expires_at.map(Timestamp::as_millis)));
            }
            if *expected > 0 {
                values.push(Box::new(seen));
            }
            plan.one(sql, Miss::Conflict("record"), owner, values);
        }
    }
    Ok(())
}

/// What somebody else is just renewing or forgetting is passed over.
pub(super) fn forget<'a>(plan: &mut Plan<'a>, batch: &[&'a Change]) {
    const TOKENS: &str = "DELETE FROM used_tokens WHERE key IN
        (SELECT key FROM used_tokens WHERE until < $1 ORDER BY until LIMIT $2
         FOR UPDATE SKIP LOCKED)";
    const RECORDS: &str = "DELETE FROM records WHERE (kind, id) IN
        (SELECT kind, id FROM records WHERE expires_at < $1 ORDER BY expires_at LIMIT $2
         FOR UPDATE SKIP LOCKED)";
    for (owner, change) in batch.iter().enumerate() {
        if let Some(before) = change.sweep {
            for sql in [TOKENS, RECORDS] {
                let values: Vec<super::Value<'a>> =
                    vec![Box::new(before.as_millis()), Box::new(SWEEP_LIMIT)];
                plan.one(sql, Miss::Nothing, owner, values);
            }
        }
    }
}
