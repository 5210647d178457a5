//! The connections that read: a few, each used by one read at a time, off the async threads.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use rusqlite::{Connection, OpenFlags};
use tokio::sync::Semaphore;

use super::error::{Fault, Try};
use super::{SqliteOptions, lock, prepare};
use crate::store::StoreError;

/// A small pool of connections that cannot write.
pub(super) struct Readers {
    path: PathBuf,
    options: SqliteOptions,
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    /// Opens the first connection; the others follow when they are needed.
    pub(super) fn open(path: &Path, options: &SqliteOptions) -> Try<Self> {
        Ok(Self {
            path: path.to_owned(),
            options: options.clone(),
            permits: Arc::new(Semaphore::new(options.readers.max(1))),
            idle: Mutex::new(vec![connect(path, options)?]),
        })
    }

    /// Reads a few rows by their keys, here and now: that takes less time than handing it to
    /// another thread and back. When all connections are busy it waits like any other read.
    pub(super) async fn glance<T, F>(self: Arc<Self>, question: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Try<T> + Send + 'static,
    {
        match Arc::clone(&self.permits).try_acquire_owned() {
            Ok(_permit) => self.ask(question).map_err(Fault::into_store_error),
            Err(_) => self.read(question).await,
        }
    }

    /// Reads on a thread that may block.
    pub(super) async fn read<T, F>(self: Arc<Self>, question: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Try<T> + Send + 'static,
    {
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let permit = permit.map_err(|_| StoreError::Closed)?;
        let reading = tokio::task::spawn_blocking(move || {
            let answer = self.ask(question);
            drop(permit);
            answer
        });
        match reading.await {
            Ok(answer) => answer.map_err(Fault::into_store_error),
            Err(_) => Err(StoreError::Engine("a read was interrupted".to_owned())),
        }
    }

    fn ask<T>(&self, question: impl FnOnce(&Connection) -> Try<T>) -> Try<T> {
        let idle = lock(&self.idle).pop();
        let db = match idle {
            Some(db) => db,
            None => connect(&self.path, &self.options)?,
        };
        let answer = question(&db);
        // After a failure the next read begins with a fresh connection; after closing, none stays.
        if answer.is_ok() && !self.permits.is_closed() {
            lock(&self.idle).push(db);
        }
        answer
    }

    /// Lets no more reads in.
    pub(super) fn close(&self) {
        self.permits.close();
        lock(&self.idle).clear();
    }
}

fn connect(path: &Path, options: &SqliteOptions) -> Try<Connection> {
    // A connection opened read-only could not make the shared index of the write-ahead log.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags)?;
    prepare(&db, options)?;
    db.pragma_update(None, "query_only", true)?;
    Ok(db)
}
