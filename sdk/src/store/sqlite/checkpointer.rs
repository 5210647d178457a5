//! Moves the write-ahead log into the database file beside the writer, so that the writer need not
//! stand still while thousands of pages go to the disk. It moves what was committed and changes
//! nothing; the little that comes meanwhile the writer moves itself, and with that the log begins
//! anew.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::{Connection, Error};

use super::lock;
use crate::store::StoreError;

/// So few pages that came during a round are left for the writer; for more there is another round,
/// so often at most.
const LEFT: i64 = 1_000;
const ROUNDS: u32 = 3;

const IDLE: u8 = 0;
const ASKED: u8 = 1;
const DONE: u8 = 2;

/// The thread that moves, as the writer sees it.
pub(super) struct Checkpointer {
    bell: Option<SyncSender<()>>,
    state: Arc<AtomicU8>,
    failed: Arc<Mutex<Option<Error>>>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpointer {
    /// Starts the thread over a connection of its own.
    pub(super) fn start(db: Connection) -> Result<Self, StoreError> {
        let (bell, rung) = sync_channel(1);
        let (state, failed) = (Arc::new(AtomicU8::new(IDLE)), Arc::default());
        let (its_state, its_failed) = (Arc::clone(&state), Arc::clone(&failed));
        let thread = std::thread::Builder::new()
            .name("sqlite-checkpoint".to_owned())
            .spawn(move || run(&db, &rung, &its_state, &its_failed))
            .map_err(|_| StoreError::Engine("the checkpoint thread does not start".to_owned()))?;
        Ok(Self { bell: Some(bell), state, failed, thread: Some(thread) })
    }

    /// Asks for a move, unless one is under way or waits to be concluded.
    pub(super) fn ask(&self) {
        let asked = self.state.compare_exchange(IDLE, ASKED, Ordering::SeqCst, Ordering::SeqCst);
        if let (Ok(_), Some(bell)) = (asked, &self.bell)
            && bell.try_send(()).is_err()
        {
            // The thread is gone: the writer moves the log alone.
            self.state.store(DONE, Ordering::SeqCst);
        }
    }

    /// Waits until no move is under way, so that the writer can have the log for itself.
    pub(super) fn rest(&self, limit: Duration) {
        let began = Instant::now();
        while self.state.load(Ordering::SeqCst) == ASKED && began.elapsed() < limit {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Whether nearly everything was moved, so that the writer should move the rest: once.
    ///
    /// # Errors
    /// What the disk said to the thread: after it nothing may be written.
    pub(super) fn is_done(&self) -> Result<bool, Error> {
        if let Some(error) = lock(&self.failed).take() {
            return Err(error);
        }
        let done = self.state.compare_exchange(DONE, IDLE, Ordering::SeqCst, Ordering::SeqCst);
        Ok(done.is_ok())
    }

    /// Waits until the thread has ended: for the last checkpoint, which is the writer's.
    pub(super) fn end(&mut self) {
        drop(self.bell.take());
        if let Some(thread) = self.thread.take() {
            // If it panicked, the writer's own checkpoint does its work.
            drop(thread.join());
        }
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.end();
    }
}

fn run(db: &Connection, rung: &Receiver<()>, state: &AtomicU8, failed: &Mutex<Option<Error>>) {
    while rung.recv().is_ok() {
        if let Err(error) = move_pages(db) {
            *lock(failed) = Some(error);
        }
        state.store(DONE, Ordering::SeqCst);
    }
}

/// Moves what no reader holds back, in rounds: each moves what was there when it began, so the next
/// one tells how much came meanwhile.
fn move_pages(db: &Connection) -> Result<(), Error> {
    let mut before = 0;
    for _ in 0..ROUNDS {
        let sql = "PRAGMA wal_checkpoint(PASSIVE)";
        let pages: i64 = db.query_row(sql, [], |row| row.get(1))?;
        if pages - before <= LEFT {
            break;
        }
        before = pages;
    }
    Ok(())
}
