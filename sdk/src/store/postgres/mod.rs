//! The store on a PostgreSQL server: any number of servers over one database, a few connections
//! that write in batches and a pool that reads.
//!
//! Row locks and unique indexes decide every expectation; isolation alone decides nothing. Each
//! change is acknowledged after the commit that holds it is on the server's disk. This room knows
//! rows, not what they mean.

mod apply;
mod connect;
mod error;
mod handle;
mod listen;
mod pages;
mod plan;
mod read;
mod readers;
mod rows;
mod writer;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc;
use tokio::task::JoinSet;

pub use connect::{connect, migrate};

use self::error::Fault;
use self::listen::Bell;
use self::readers::Readers;
use self::writer::{Job, Writer};
use super::StoreError;
use super::waiting::Waiting;

/// How to use the server. The defaults suit a few servers over one database of 100 connections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostgresOptions {
    /// How many changes may wait before new ones are refused with [`StoreError::Overloaded`].
    pub queue: usize,
    /// How many changes share one transaction at most.
    pub batch: usize,
    /// How many connections write.
    pub writers: usize,
    /// How many connections read at most.
    pub readers: usize,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self { queue: 4096, batch: 200, writers: 2, readers: 8 }
    }
}

/// How busy the writers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PostgresStats {
    /// How many changes wait now.
    pub queued: usize,
    /// How many changes the last batch held.
    pub last_batch: usize,
}

/// The store in a PostgreSQL database. Share it in an `Arc`.
///
/// Needs a running tokio runtime. Dropping it lets its tasks write what is queued;
/// [`PostgresStore::close`] waits for that.
pub struct PostgresStore {
    sender: Mutex<Option<mpsc::Sender<Job>>>,
    waiting: Waiting,
    writers: Mutex<JoinSet<()>>,
    readers: Readers,
    last_batch: Arc<AtomicUsize>,
    bell: Arc<Bell>,
}

impl std::fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresStore").field("stats", &self.stats()).finish_non_exhaustive()
    }
}

impl PostgresStore {
    /// Opens the database at a URL like `postgres://user@host/database` and brings its schema up
    /// to date. The database must exist.
    ///
    /// # Errors
    /// When the URL does not read, the server cannot be reached, the schema was made by a newer
    /// version, or the store is being filled or was moved elsewhere.
    pub async fn open(url: &str, options: PostgresOptions) -> Result<Self, StoreError> {
        migrate(url).await?;
        let config = connect::config(url)?;
        let first = writer::join(&config).await.map_err(Fault::into_store_error)?;
        connect::must_be_open(&first.client).await.map_err(Fault::into_store_error)?;
        writer::forget_the_dead(&first).await.map_err(Fault::into_store_error)?;
        let readers = Readers::new(&config, options.readers).map_err(Fault::into_store_error)?;
        let (sender, jobs) = mpsc::channel(options.queue.max(1));
        let jobs = Arc::new(tokio::sync::Mutex::new(jobs));
        let last_batch = Arc::new(AtomicUsize::new(0));
        let bell = listen::start(&config);
        let mut writers = JoinSet::new();
        let mut marks = Vec::new();
        for _ in 0..options.writers.max(1) {
            marks.push(writer::Mark::draw(&first).await.map_err(Fault::into_store_error)?);
        }
        let mut link = Some(first);
        for mark in marks {
            let writer = Writer {
                config: config.clone(),
                jobs: Arc::clone(&jobs),
                batch: options.batch.max(1),
                last_batch: Arc::clone(&last_batch),
                bell: Arc::clone(&bell),
                link: link.take(),
                mark,
            };
            writers.spawn(writer.run());
        }
        Ok(Self {
            sender: Mutex::new(Some(sender)),
            waiting: Waiting::new(),
            writers: Mutex::new(writers),
            readers,
            last_batch,
            bell,
        })
    }

    /// How busy the writers are, for metrics.
    #[must_use]
    pub fn stats(&self) -> PostgresStats {
        let guard = self.sender.lock().unwrap_or_else(PoisonError::into_inner);
        let queued = guard.as_ref().map_or(0, |sender| sender.max_capacity() - sender.capacity());
        PostgresStats { queued, last_batch: self.last_batch.load(Ordering::Relaxed) }
    }

    /// Takes no more changes and reads, and waits until what is queued is durable. Again is fine.
    pub async fn close(&self) {
        drop(self.sender.lock().unwrap_or_else(PoisonError::into_inner).take());
        let mut writers = {
            let mut guard = self.writers.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *guard)
        };
        while writers.join_next().await.is_some() {}
        self.readers.close();
    }
}

impl Drop for PostgresStore {
    fn drop(&mut self) {
        // The writers end by themselves once the queue is empty; they must not be cut off.
        let mut guard = self.writers.lock().unwrap_or_else(PoisonError::into_inner);
        guard.detach_all();
    }
}
