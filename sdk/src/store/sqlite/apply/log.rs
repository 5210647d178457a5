//! Gives staged leaves their positions and keeps checkpoints. It computes no hash.

use rusqlite::{Connection, params};

use super::super::error::{Try, conflict, corrupt};
use super::super::rows::{self, int};
use super::{first, run_on_one};
use crate::store::{CheckpointRow, LogWrite};

const WHAT: &str = "log";

/// Grows the log by leaves that were staged, if it still has the size that was seen.
pub(super) fn grow(db: &Connection, write: &LogWrite) -> Try<()> {
    let mut frontier = Vec::with_capacity(write.head.frontier.len() * 32);
    for hash in &write.head.frontier {
        frontier.extend_from_slice(hash.as_bytes());
    }
    let sql = "UPDATE log_head SET size = ?2, frontier = ?3 WHERE one = 1 AND size = ?1";
    let values = params![int(write.old_size)?, int(write.head.size)?, frontier];
    run_on_one(db, WHAT, sql, values)?;

    let grown = u64::try_from(write.staged.len()).map_err(|_| conflict(WHAT))?;
    if write.old_size.checked_add(grown) != Some(write.head.size) {
        return Err(conflict(WHAT));
    }
    let sql = "UPDATE leaves SET position = ?2 WHERE staging = ?1 AND position IS NULL";
    for (staging, position) in write.staged.iter().zip(write.old_size..) {
        run_on_one(db, WHAT, sql, params![int(*staging)?, int(position)?])?;
    }
    let sql = "INSERT INTO log_nodes (level, idx, hash) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
    // Level 0 is the leaves themselves; they are here already.
    for (level, index, hash) in write.nodes.iter().filter(|(level, _, _)| *level > 0) {
        run_on_one(db, WHAT, sql, params![level, int(*index)?, hash.as_bytes()])?;
    }
    Ok(())
}

/// Keeps a checkpoint: larger than the last and no larger than the log, or the last one again.
pub(super) fn sign(db: &Connection, row: &CheckpointRow) -> Try<()> {
    const WHAT: &str = "checkpoint";
    let sql = "SELECT size, root, note, at FROM checkpoints ORDER BY size DESC LIMIT 1";
    let mut statement = db.prepare_cached(sql)?;
    let last = statement.query_and_then([], rows::checkpoint)?.next().transpose()?;
    if let Some(last) = last.filter(|last| last.size >= row.size) {
        let same = last.size == row.size && last.root == row.root && last.note == row.note;
        return if same { Ok(()) } else { Err(conflict(WHAT)) };
    }
    let size: i64 = first(db, "SELECT size FROM log_head WHERE one = 1", [])?
        .ok_or_else(|| corrupt("log_head"))?;
    if int(row.size)? > size {
        return Err(conflict(WHAT));
    }
    let sql = "INSERT INTO checkpoints (size, root, note, at) VALUES (?1, ?2, ?3, ?4)";
    let values = params![int(row.size)?, row.root.as_bytes(), row.note, row.at.as_millis()];
    run_on_one(db, WHAT, sql, values)
}
