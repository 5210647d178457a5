//! Stages leaves, gives them their positions and keeps checkpoints. It computes no hash.

use std::collections::HashMap;

use super::super::error::{Fault, Try};
use super::super::plan::{Miss, Plan, Value};
use super::super::rows::int;
use super::boxed;
use crate::store::{Change, LogWrite, StoreError};

const STREAM: Miss = Miss::Conflict("stream");
const LOG: Miss = Miss::Conflict("log");

/// Leaves of a stream follow the last one; a stream's number is taken by one writer only.
pub(super) fn stage<'a>(plan: &mut Plan<'a>, batch: &[&'a Change]) -> Try<()> {
    const FOLLOWS_NONE: &str = "SELECT v.r
        FROM unnest($1::BIGINT[], $2::TEXT[], $3::BIGINT[]) AS v (r, stream, n)
        WHERE NOT EXISTS (SELECT 1 FROM leaves AS l WHERE l.stream = v.stream AND l.n = v.n)";
    // The staging numbers follow the order of the rows.
    const STAGE: &str = "WITH v AS (SELECT * FROM unnest($1::BIGINT[], $2::TEXT[], $3::BIGINT[],
                                    $4::BYTEA[], $5::BYTEA[]) AS v (r, stream, n, hash, bytes)),
        done AS (INSERT INTO leaves (stream, n, hash, bytes)
                 SELECT stream, n, hash, bytes FROM v ORDER BY r
                 ON CONFLICT (stream, n) DO NOTHING RETURNING stream, n)
        SELECT v.r FROM v LEFT JOIN done ON done.stream = v.stream AND done.n = v.n
        WHERE done.n IS NULL";
    let (mut behind, mut before_streams, mut before) = (vec![], vec![], vec![]);
    let (mut owners, mut streams, mut numbers) = (vec![], vec![], vec![]);
    let (mut hashes, mut bytes) = (vec![], vec![]);
    for (owner, change) in batch.iter().enumerate() {
        let mut ends: HashMap<&str, u64> = HashMap::new();
        for write in &change.streams {
            let stream = write.stream.as_str();
            // A block that follows one of the same change needs no leaf that is there already.
            let follows = ends.insert(stream, write.first) == Some(write.first);
            if write.first > 0 && !follows {
                behind.push(owner);
                before_streams.push(stream);
                before.push(int(write.first - 1)?);
            }
            for (leaf, n) in write.leaves.iter().zip(write.first..) {
                if leaf.n != n {
                    return Err(Fault::Refused(StoreError::Conflict { what: "stream" }));
                }
                owners.push(owner);
                streams.push(stream);
                numbers.push(int(n)?);
                hashes.push(leaf.hash.as_bytes().as_slice());
                bytes.push(leaf.bytes.as_slice());
                ends.insert(stream, n + 1);
            }
        }
    }
    plan.rows(FOLLOWS_NONE, STREAM, behind, vec![boxed(before_streams), boxed(before)]);
    let values = vec![boxed(streams), boxed(numbers), boxed(hashes), boxed(bytes)];
    plan.rows(STAGE, STREAM, owners, values);
    Ok(())
}

/// Grows the log by leaves that were staged, if it still has the size that was seen: of two
/// sequencers, the row of the head lets one through.
pub(super) fn grow<'a>(plan: &mut Plan<'a>, batch: &[&'a Change]) -> Try<()> {
    for (owner, change) in batch.iter().enumerate() {
        if let Some(write) = &change.log {
            grow_by(plan, owner, write)?;
        }
    }
    Ok(())
}

fn grow_by<'a>(plan: &mut Plan<'a>, owner: usize, write: &'a LogWrite) -> Try<()> {
    const HEAD: &str = "WITH done AS (UPDATE log_head SET size = $2, frontier = $3
                                      WHERE one = 1 AND size = $1 RETURNING 1)
        SELECT 0::BIGINT WHERE NOT EXISTS (SELECT 1 FROM done)";
    const POSITIONS: &str = "WITH v AS (SELECT * FROM unnest($1::BIGINT[], $2::BIGINT[],
                                        $3::BIGINT[]) AS v (r, staging, position)),
        done AS (UPDATE leaves AS l SET position = v.position FROM v
                 WHERE l.staging = v.staging AND l.position IS NULL RETURNING v.r)
        SELECT v.r FROM v LEFT JOIN done ON done.r = v.r WHERE done.r IS NULL";
    const NODES: &str = "WITH v AS (SELECT * FROM unnest($1::BIGINT[], $2::BIGINT[],
                                    $3::BIGINT[], $4::BYTEA[]) AS v (r, level, idx, hash)),
        done AS (INSERT INTO log_nodes (level, idx, hash) SELECT level, idx, hash FROM v
                 ON CONFLICT DO NOTHING RETURNING level, idx)
        SELECT v.r FROM v LEFT JOIN done ON done.level = v.level AND done.idx = v.idx
        WHERE done.idx IS NULL";
    let conflict = || Fault::Refused(StoreError::Conflict { what: "log" });
    let grown = u64::try_from(write.staged.len()).map_err(|_| conflict())?;
    if write.old_size.checked_add(grown) != Some(write.head.size) {
        return Err(conflict());
    }
    let mut frontier = Vec::with_capacity(write.head.frontier.len() * 32);
    for hash in &write.head.frontier {
        frontier.extend_from_slice(hash.as_bytes());
    }
    let (old, new) = (int(write.old_size)?, int(write.head.size)?);
    let values: Vec<Value<'a>> = vec![Box::new(old), Box::new(new), Box::new(frontier)];
    plan.one(HEAD, LOG, owner, values);
    let staged: Vec<i64> = write.staged.iter().map(|n| int(*n)).collect::<Try<_>>()?;
    let positions: Vec<i64> = (old..new).collect();
    plan.rows(POSITIONS, LOG, vec![owner; staged.len()], vec![boxed(staged), boxed(positions)]);
    let (mut levels, mut indexes, mut hashes) = (vec![], vec![], vec![]);
    // Level 0 is the leaves themselves; they are here already.
    for (level, index, hash) in write.nodes.iter().filter(|(level, _, _)| *level > 0) {
        levels.push(i64::from(*level));
        indexes.push(int(*index)?);
        hashes.push(hash.as_bytes().as_slice());
    }
    let owners = vec![owner; levels.len()];
    plan.rows(NODES, LOG, owners, vec![boxed(levels), boxed(indexes), boxed(hashes)]);
    Ok(())
}

/// Keeps a checkpoint: larger than the last and no larger than the log, or the last one again.
pub(super) fn sign<'a>(plan: &mut Plan<'a>, batch: &[&'a Change]) -> Try<()> {
    // Signers wait for one another here; the statements after it see what the first one wrote.
    const LOCK: &str = "SELECT size FROM log_head WHERE one = 1 FOR UPDATE";
    const INSERT: &str = "INSERT INTO checkpoints (size, root, note, at)
        SELECT $1::BIGINT, $2::BYTEA, $3::TEXT, $4::BIGINT
        WHERE $1 <= (SELECT size FROM log_head WHERE one = 1)
              AND NOT EXISTS (SELECT 1 FROM checkpoints WHERE size >= $1)";
    const OTHER: &str = "SELECT 0::BIGINT
        WHERE NOT EXISTS (SELECT 1 FROM checkpoints WHERE size = $1 AND root = $2 AND note = $3)
              OR EXISTS (SELECT 1 FROM checkpoints WHERE size > $1)";
    for (owner, change) in batch.iter().enumerate() {
        let Some(write) = &change.checkpoint else { continue };
        let row = &write.row;
        let size = int(row.size)?;
        let what = || -> Vec<Value<'a>> {
            vec![Box::new(size), Box::new(row.root.as_bytes().as_slice()), Box::new(&*row.note)]
        };
        plan.one(LOCK, Miss::Nothing, owner, Vec::new());
        let mut values = what();
        values.push(Box::new(row.at.as_millis()));
        plan.one(INSERT, Miss::Nothing, owner, values);
        plan.one(OTHER, Miss::Conflict("checkpoint"), owner, what());
    }
    Ok(())
}
