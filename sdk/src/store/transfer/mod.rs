//! Moving house: a whole store copied row by row between engines, in either direction, and held
//! against its source before it may be served.
//!
//! The source is read as of one instant. The target is marked as being filled from the first row to
//! the last; nothing serves it until every table has the same rows on both sides. A copy that was
//! broken off goes on where it stopped. This room knows columns and rows, not what they mean, and
//! needs no key: what is sealed stays sealed.

mod disk;
mod end;
mod error;
mod house;
mod postgres;
mod sqlite;
mod tables;
mod value;

use std::ops::ControlFlow;
use std::path::Path;

pub use error::TransferError;

use self::end::End;
use self::error::corrupt;
use self::house::House;
use self::tables::{LOG_HEAD, TABLES, Table};
use self::value::Value;
use super::Place;
use crate::log::{Frontier, Hash};

/// Is told the table and how many of its rows were copied so far in this run, and may end the run.
pub type Watch<'a> = &'a mut (dyn FnMut(&'static str, u64) -> ControlFlow<()> + Send);

/// What a store is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    /// To be copied and stay: it may be in use.
    Copy,
    /// To be copied and left: nobody else may use it until then.
    Move,
}

/// How many rows a table has and what they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableSum {
    /// The table.
    pub table: &'static str,
    /// How many rows.
    pub rows: u64,
    /// SHA-256 in hex over all its rows in the order of their keys, the same on both engines.
    pub digest: String,
    /// Sums of the columns that hold balances, by name; none yet.
    pub sums: Vec<(&'static str, i128)>,
}

/// A whole copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// The tables, equal on both sides.
    pub tables: Vec<TableSum>,
    /// How many leaves the log has.
    pub size: u64,
    /// The root of the log.
    pub root: Hash,
}

/// Moves a store: copies it, verifies the copy, says in the old store where it went, and only then
/// lets the new one be served. Stop the server first. The target is a database that is there and
/// empty, or a file that is not.
///
/// Broken off, the same call goes on. What a crash leaves: before the last step a target that is
/// not served and a source that is; between the two writes at the end neither is, and the same
/// call lets the target be served. Never are both.
///
/// # Errors
/// See [`TransferError`]; the source has not changed then, unless it is
/// [`TransferError::AlreadyMoved`].
pub async fn move_store(from: &str, to: &str, watch: Watch<'_>) -> Result<Copied, TransferError> {
    let (from_name, to_name) = (name_of(from)?, name_of(to)?);
    if from_name == to_name {
        return Err(TransferError::SamePlace);
    }
    let mut source = End::source(from, Use::Move).await?;
    let was_moved = match source.house().await? {
        House::Open => false,
        House::Backup => return Err(TransferError::IsBackup { place: from_name }),
        House::Moved { to } if to == to_name => true,
        House::Moved { to } => return Err(TransferError::SourceMoved { to }),
        House::Filling { from } => return Err(TransferError::SourceFilling { from }),
    };
    let mut target = End::target(to).await?;
    match prepare(&mut target, &from_name, &to_name).await {
        // The last run came to its end, but whoever waited did not hear it.
        Err(TransferError::NotEmpty { .. }) if was_moved => {
            return Err(TransferError::AlreadyMoved { to: to_name });
        }
        done => done?,
    }
    copy(&mut source, &mut target, watch).await?;
    let tables = verify(&mut source, &mut target).await?;
    // A crash after this leaves neither to be served; the next run opens the target.
    source.leave(House::Moved { to: to_name }).await?;
    target.open_up().await?;
    concluded(&mut target, tables).await
}

/// Fills an empty store from a backup file, which stays as it is. A backup with an older schema is
/// copied and brought up to date first, beside itself.
///
/// Broken off, the same call goes on, also when nothing is left to do; until it has come to its end
/// the store is not served.
///
/// # Errors
/// See [`TransferError`]; nothing is overwritten.
pub async fn restore(backup: &Path, to: &str, watch: Watch<'_>) -> Result<Copied, TransferError> {
    let name = file_url(backup)?;
    let newer = sqlite::newer_copy(backup).await?;
    let read = newer.as_deref().map_or_else(|| Ok(name.clone()), file_url)?;
    let done = restore_from(&read, &name, newer.is_some(), to, watch).await;
    if let Some(copy) = newer {
        std::fs::remove_file(copy)?;
    }
    done
}

/// Fills a store from a backup that is read here and goes by that name.
async fn restore_from(
    read: &str,
    name: &str,
    was_older: bool,
    to: &str,
    watch: Watch<'_>,
) -> Result<Copied, TransferError> {
    let mut source = End::source(read, Use::Copy).await?;
    match source.house().await? {
        House::Backup => {}
        // Versions with an older schema knew no mark for backups.
        House::Open if was_older => {}
        House::Open | House::Moved { .. } => {
            return Err(TransferError::NoBackup { place: name.to_owned() });
        }
        House::Filling { from } => return Err(TransferError::SourceFilling { from }),
    }
    fill(source, name, to, watch).await
}

/// Writes a backup of a store that may be in use into a new file: everything as of one instant.
///
/// The file is whole when this returns and only then. Give it its final name afterwards, with
/// [`settle`] before.
///
/// # Errors
/// See [`TransferError`]; the store has not changed.
pub async fn back_up(from: &str, file: &Path, watch: Watch<'_>) -> Result<(), TransferError> {
    if file.exists() {
        return Err(TransferError::NotEmpty { place: file_url(file)? });
    }
    match Place::of(from) {
        Place::Sqlite(path) => sqlite::vacuum_into(path, file).await,
        Place::Postgres(url) => {
            let mut source = End::source(url, Use::Copy).await?;
            match source.house().await? {
                House::Open => {}
                House::Backup => return Err(TransferError::IsBackup { place: name_of(url)? }),
                House::Moved { to } => return Err(TransferError::SourceMoved { to }),
                House::Filling { from } => return Err(TransferError::SourceFilling { from }),
            }
            fill(source, &name_of(url)?, &file_url(file)?, watch).await.map(drop)
        }
    }
}

/// Makes a backup of a file that [`back_up`] wrote and that was opened since: one durable file
/// without a write-ahead log beside it, marked so that nobody serves it.
///
/// # Errors
/// When it is still open somewhere, or the disk fails.
pub async fn settle(file: &Path) -> Result<(), TransferError> {
    sqlite::settle(file).await
}

/// Renames a file so that a power cut leaves the old or the new name, never none.
///
/// # Errors
/// When the disk fails.
pub fn rename(from: &Path, to: &Path) -> Result<(), TransferError> {
    std::fs::rename(from, to)?;
    Ok(disk::sync_folder_of(to)?)
}

/// What is in a store, as of one instant: equal for two stores with the same rows.
///
/// # Errors
/// See [`TransferError`].
pub async fn sums(url: &str) -> Result<Vec<TableSum>, TransferError> {
    let mut source = End::source(url, Use::Copy).await?;
    let mut sums = Vec::with_capacity(TABLES.len());
    for table in &TABLES {
        sums.push(source.sum(table).await?);
    }
    source.end().await?;
    Ok(sums)
}

/// The place a URL names, without password, and the same however a path was written.
///
/// # Errors
/// When the path is empty or the current folder is gone.
pub fn name_of(url: &str) -> Result<String, TransferError> {
    match Place::of(url) {
        Place::Sqlite(path) => file_url(path),
        place @ Place::Postgres(_) => Ok(place.shown()),
    }
}

fn file_url(path: &Path) -> Result<String, TransferError> {
    Ok(format!("sqlite://{}", std::path::absolute(path)?.display()))
}

/// Copies a store that stays, under this name, into one that is empty.
async fn fill(
    mut source: End,
    from_name: &str,
    to: &str,
    watch: Watch<'_>,
) -> Result<Copied, TransferError> {
    let to_name = name_of(to)?;
    if from_name == to_name {
        return Err(TransferError::SamePlace);
    }
    let mut target = End::target(to).await?;
    match prepare(&mut target, from_name, &to_name).await {
        // The last run came to its end, but whoever waited did not hear it.
        Err(error @ TransferError::NotEmpty { .. }) => {
            return match verify(&mut source, &mut target).await {
                Ok(tables) => concluded(&mut target, tables).await,
                Err(_) => Err(error),
            };
        }
        done => done?,
    }
    copy(&mut source, &mut target, watch).await?;
    let tables = verify(&mut source, &mut target).await?;
    source.end().await?;
    target.open_up().await?;
    concluded(&mut target, tables).await
}

/// Marks the target as being filled; it is empty, or was begun from the same source.
async fn prepare(target: &mut End, from: &str, place: &str) -> Result<(), TransferError> {
    match target.house().await? {
        House::Filling { from: begun } if begun == from => Ok(()),
        House::Filling { from } => {
            Err(TransferError::FillingFromAnother { place: place.to_owned(), from })
        }
        House::Open if is_fresh(target).await? => {
            target.begin_filling(House::Filling { from: from.to_owned() }).await
        }
        House::Open | House::Backup | House::Moved { .. } => {
            Err(TransferError::NotEmpty { place: place.to_owned() })
        }
    }
}

/// Whether a store is as it was created.
async fn is_fresh(target: &mut End) -> Result<bool, TransferError> {
    for table in &TABLES {
        let rows = target.page(table, None, 1).await?;
        let fresh = if table.name == LOG_HEAD {
            rows.first().is_some_and(|row| row[1] == Value::Int(0))
        } else {
            rows.is_empty()
        };
        if !fresh {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Copies what the target does not have yet, table by table in the order of the keys.
async fn copy(source: &mut End, target: &mut End, watch: Watch<'_>) -> Result<(), TransferError> {
    for table in &TABLES {
        let (mut after, mut rows) = (target.last_key(table).await?, 0_u64);
        loop {
            let page = source.page(table, after.take(), table.page).await?;
            let Some(last) = page.last() else { break };
            after = Some(last[..table.keys].to_vec());
            rows += u64::try_from(page.len()).unwrap_or(0);
            target.write(table, page).await?;
            if watch(table.name, rows).is_break() {
                return Err(TransferError::Stopped);
            }
        }
    }
    Ok(())
}

/// Reads both sides whole and holds them against one another.
async fn verify(source: &mut End, target: &mut End) -> Result<Vec<TableSum>, TransferError> {
    let mut tables = Vec::with_capacity(TABLES.len());
    for table in &TABLES {
        let (left, arrived) = tokio::try_join!(source.sum(table), target.sum(table))?;
        if left != arrived {
            return Err(TransferError::Differs { table: table.name });
        }
        tables.push(arrived);
    }
    Ok(tables)
}

async fn concluded(target: &mut End, tables: Vec<TableSum>) -> Result<Copied, TransferError> {
    let (size, root) = log_of(target).await?;
    Ok(Copied { tables, size, root })
}

/// Size and root of the log as its head has them.
async fn log_of(store: &mut End) -> Result<(u64, Hash), TransferError> {
    let broken = || corrupt(LOG_HEAD);
    let table: &'static Table =
        TABLES.iter().find(|table| table.name == LOG_HEAD).ok_or_else(broken)?;
    let rows = store.page(table, None, 1).await?;
    let Some([_, Value::Int(size), Value::Bytes(edge)]) = rows.first().map(Vec::as_slice) else {
        return Err(broken());
    };
    let size = u64::try_from(*size).map_err(|_| broken())?;
    let (hashes, rest) = edge.as_chunks::<32>();
    let hashes: Vec<Hash> = hashes.iter().copied().map(Hash::from).collect();
    match Frontier::from_hashes(size, &hashes) {
        Ok(frontier) if rest.is_empty() => Ok((size, frontier.root())),
        Ok(_) | Err(_) => Err(broken()),
    }
}
