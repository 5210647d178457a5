//! The embedded database: one SQLite file, one thread that writes and a few connections that read.
//!
//! Many waiting changes share one fsync; each is acknowledged only after it. Writing stops for good
//! when the disk fails. This room knows rows, not what they mean.

mod apply;
mod company;
mod error;
mod handle;
mod pages;
mod read;
mod readers;
mod rows;
mod writer;

mod embedded {
    //! The migrations, compiled in.
    refinery::embed_migrations!("src/store/sqlite/migrations");
}

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use tokio::sync::mpsc;

use self::error::{Fault, Try, describe};
use self::readers::Readers;
use self::writer::{Job, Writer};
use super::StoreError;
use super::waiting::Waiting;

/// How many prepared statements a connection keeps; more than there are.
const STATEMENTS: usize = 128;

/// How to run the embedded database. The defaults suit one modest machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqliteOptions {
    /// How many changes may wait before new ones are refused with [`StoreError::Overloaded`].
    pub queue: usize,
    /// How many changes share one fsync at most.
    pub batch: usize,
    /// How many reads run at a time.
    pub readers: usize,
    /// How long to wait for a lock of another process (a backup, a person with a shell).
    pub busy_timeout: Duration,
    /// Page cache of each connection that reads, in KiB.
    pub cache_kib: u32,
    /// Page cache of the connection that writes, in KiB: what it has to read first, a change waits
    /// for.
    pub writer_cache_kib: u32,
    /// When the write-ahead log has so many pages of 4 KiB, it is moved into the database file and
    /// begins anew: a log that is written over is durable sooner than one that grows.
    pub checkpoint_pages: i32,
    /// To how many bytes a write-ahead log is cut that has grown larger.
    pub journal_size_limit: u32,
    /// At most so many pages of 4 KiB; no limit when none. For tests of a full disk.
    pub max_pages: Option<u32>,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            queue: 4096,
            batch: 200,
            readers: 4,
            busy_timeout: Duration::from_secs(5),
            cache_kib: 8 * 1024,
            writer_cache_kib: 32 * 1024,
            checkpoint_pages: 6_000,
            journal_size_limit: 64 * 1024 * 1024,
            max_pages: None,
        }
    }
}

/// What the writing connection really runs with, read back from SQLite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqliteSettings {
    /// `wal`.
    pub journal_mode: String,
    /// 2 is FULL: an fsync before every acknowledgement.
    pub synchronous: i64,
    /// Whether foreign keys are checked.
    pub foreign_keys: bool,
    /// Whether deleted bytes are overwritten with zeros.
    pub secure_delete: bool,
}

/// How busy the writer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SqliteStats {
    /// How many changes wait now.
    pub queued: usize,
    /// How many changes the last commit held.
    pub last_batch: usize,
    /// Whether changes are still taken.
    pub writing: bool,
}

/// The store in one SQLite file. Share it in an `Arc`.
///
/// Dropping it waits until everything queued is durable; [`SqliteStore::close`] does the same
/// without blocking a task.
pub struct SqliteStore {
    sender: Mutex<Option<mpsc::Sender<Job>>>,
    waiting: Waiting,
    thread: Mutex<Option<JoinHandle<Result<(), StoreError>>>>,
    readers: Arc<Readers>,
    last_batch: Arc<AtomicUsize>,
    settings: SqliteSettings,
}

impl std::fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteStore").field("stats", &self.stats()).finish_non_exhaustive()
    }
}

impl SqliteStore {
    /// Opens the database at `path`, creates it if there is none, and brings its schema up to date.
    ///
    /// # Errors
    /// When the file cannot be opened or written, when it was made by a newer version or its
    /// applied migrations differ from ours, or when it does not take the settings durability needs.
    pub fn open(path: &Path, options: SqliteOptions) -> Result<Self, StoreError> {
        let (db, settings) = open_writer(path, &options).map_err(Fault::into_store_error)?;
        let readers = Readers::open(path, &options).map_err(Fault::into_store_error)?;
        let last_batch = Arc::new(AtomicUsize::new(0));
        let (sender, jobs) = mpsc::channel(options.queue.max(1));
        let writer = Writer::new(
            db,
            options.batch.max(1),
            options.checkpoint_pages.max(1),
            options.busy_timeout,
            Arc::clone(&last_batch),
        );
        let thread = std::thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || writer.run(jobs))
            .map_err(|_| StoreError::Engine("the writer thread does not start".to_owned()))?;
        Ok(Self {
            sender: Mutex::new(Some(sender)),
            waiting: Waiting::new(),
            thread: Mutex::new(Some(thread)),
            readers: Arc::new(readers),
            last_batch,
            settings,
        })
    }

    /// What the writing connection runs with: for `doctor` and for tests.
    #[must_use]
    pub fn settings(&self) -> &SqliteSettings {
        &self.settings
    }

    /// How busy the writer is, for metrics.
    #[must_use]
    pub fn stats(&self) -> SqliteStats {
        let guard = lock(&self.sender);
        let sender = guard.as_ref().filter(|sender| !sender.is_closed());
        SqliteStats {
            queued: sender.map_or(0, |sender| sender.max_capacity() - sender.capacity()),
            last_batch: self.last_batch.load(Ordering::Relaxed),
            writing: sender.is_some(),
        }
    }

    /// Takes no more changes and reads, makes durable what is queued, empties the write-ahead log
    /// and closes the file. Again is fine.
    ///
    /// # Errors
    /// When the writer had stopped before, or stops over what was queued.
    pub async fn close(&self) -> Result<(), StoreError> {
        let Some(thread) = self.stop() else { return Ok(()) };
        match tokio::task::spawn_blocking(move || join(thread)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(StoreError::Closed),
        }
    }

    /// Lets the writer come to its end; gives its thread the first time.
    fn stop(&self) -> Option<JoinHandle<Result<(), StoreError>>> {
        self.readers.close();
        drop(lock(&self.sender).take());
        lock(&self.thread).take()
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        if let Some(thread) = self.stop() {
            // The writer has told the log itself; nobody is left to hand its error to.
            drop(join(thread));
        }
    }
}

fn join(thread: JoinHandle<Result<(), StoreError>>) -> Result<(), StoreError> {
    thread.join().unwrap_or_else(|_| Err(StoreError::Engine("the writer panicked".to_owned())))
}

/// A panic elsewhere leaves what these locks guard whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn open_writer(path: &Path, options: &SqliteOptions) -> Try<(Connection, SqliteSettings)> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut db = Connection::open_with_flags(path, flags)?;
    prepare(&db, options)?;
    db.pragma_update(None, "cache_size", -i64::from(options.writer_cache_kib))?;
    let journal_mode: String = pragma(&db, "PRAGMA journal_mode = WAL")?;
    db.pragma_update(None, "synchronous", "FULL")?;
    db.pragma_update(None, "foreign_keys", true)?;
    // These three answer with the value they took.
    let _: i64 = pragma(&db, "PRAGMA secure_delete = ON")?;
    let _: i64 = pragma(&db, "PRAGMA wal_autocheckpoint = 0")?;
    let limit = format!("PRAGMA journal_size_limit = {}", options.journal_size_limit);
    let _: i64 = pragma(&db, &limit)?;
    migrate(&mut db)?;
    must_be_open(&db)?;
    if let Some(pages) = options.max_pages {
        let _: i64 = pragma(&db, &format!("PRAGMA max_page_count = {pages}"))?;
    }
    let settings = SqliteSettings {
        journal_mode,
        synchronous: pragma(&db, "PRAGMA synchronous")?,
        foreign_keys: pragma(&db, "PRAGMA foreign_keys")?,
        secure_delete: pragma(&db, "PRAGMA secure_delete")?,
    };
    let wanted = SqliteSettings {
        journal_mode: "wal".to_owned(),
        synchronous: 2,
        foreign_keys: true,
        secure_delete: true,
    };
    if settings != wanted {
        let text = "the file system does not allow a write-ahead log; use a local disk";
        return Err(StoreError::Engine(text.to_owned()).into());
    }
    Ok((db, settings))
}

/// What every connection is told first.
fn prepare(db: &Connection, options: &SqliteOptions) -> Try<()> {
    db.busy_timeout(options.busy_timeout)?;
    db.set_prepared_statement_cache_capacity(STATEMENTS);
    db.pragma_update(None, "cache_size", -i64::from(options.cache_kib))?;
    // What a savepoint remembers stays in memory: it is not worth a file, even a temporary one.
    db.pragma_update(None, "temp_store", "MEMORY")?;
    // The writer alone moves the write-ahead log: closing must not repeat an fsync that failed.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    Ok(())
}

fn pragma<T: rusqlite::types::FromSql>(db: &Connection, sql: &str) -> Try<T> {
    Ok(db.query_row(sql, [], |row| row.get(0))?)
}

/// A store that is being filled is not whole, and one that was moved has a successor.
fn must_be_open(db: &Connection) -> Try<()> {
    let sql = "SELECT state, detail FROM house WHERE one = 1";
    let (state, detail): (String, String) =
        db.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    super::house::must_be_open(&state, &detail).map_err(Fault::Refused)
}

fn migrate(db: &mut Connection) -> Try<()> {
    // Grouped: a schema change and the note that it happened are one transaction.
    match embedded::migrations::runner().set_grouped(true).run(db) {
        Ok(_) => Ok(()),
        Err(error) => Err(migration_failed(&error).into()),
    }
}

fn migration_failed(error: &refinery::Error) -> StoreError {
    use refinery::error::Kind;
    match error.kind() {
        Kind::DivergentVersion(..) | Kind::MissingVersion(..) | Kind::RepeatedVersion(..) => {
            let text = "its schema is of another version; use the version that wrote it";
            StoreError::Engine(text.to_owned())
        }
        Kind::Connection(_, cause) => match cause.downcast_ref::<rusqlite::Error>() {
            Some(cause) => describe(cause),
            None => StoreError::Engine("a migration failed".to_owned()),
        },
        // The enumeration of the library; the rest cannot come from migrations compiled in.
        _ => StoreError::Engine("a migration failed".to_owned()),
    }
}
