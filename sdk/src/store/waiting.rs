//! Room for changes that wait to be written: bounded in bytes, beside the bound on their number. A
//! disk that stands still must not fill the memory with what came meanwhile.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{Change, StoreError};

/// How many KiB of changes may wait.
const ROOM_KIB: u32 = 64 * 1024;

/// The room of one queue.
pub(super) struct Waiting {
    kib: Arc<Semaphore>,
}

impl Waiting {
    pub(super) fn new() -> Self {
        Self { kib: Arc::new(Semaphore::new(ROOM_KIB as usize)) }
    }

    /// Room for a change until the permit is dropped; a change larger than all of it takes all.
    pub(super) fn take(&self, change: &Change) -> Result<OwnedSemaphorePermit, StoreError> {
        let kib = u32::try_from(bytes(change).div_ceil(1024)).unwrap_or(u32::MAX);
        let permit = Arc::clone(&self.kib).try_acquire_many_owned(kib.clamp(1, ROOM_KIB));
        permit.map_err(|_| StoreError::Overloaded)
    }
}

/// What of a change can be large.
fn bytes(change: &Change) -> usize {
    let case = change.case.as_ref().map_or(0, |case| case.row.snapshot.len());
    let leaves = change.streams.iter().flat_map(|stream| &stream.leaves);
    let leaves: usize = leaves.map(|leaf| leaf.bytes.len()).sum();
    let sealed: usize = change.sealed.iter().map(|row| row.sealed.len()).sum();
    let notice = change.notice.as_ref().map_or(0, |row| row.answer.len());
    let outbox: usize = change.outbox.iter().map(|row| row.body.as_ref().map_or(0, Vec::len)).sum();
    let records: usize =
        change.records.iter().map(|row| row.body.as_ref().map_or(0, Vec::len)).sum();
    let nodes = change.log.as_ref().map_or(0, |log| log.nodes.len() * 64 + log.staged.len() * 8);
    case + leaves + sealed + notice + outbox + records + nodes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::CaseId;
    use crate::store::SealedRow;

    fn of(bytes: usize) -> Change {
        let row = SealedRow { case: CaseId::from_bytes([1; 16]), n: 0, sealed: vec![0; bytes] };
        Change { sealed: vec![row], ..Change::default() }
    }

    #[test]
    fn more_than_fits_is_refused_until_what_waits_is_written() {
        let waiting = Waiting::new();
        let most = waiting.take(&of(63 * 1024 * 1024)).unwrap();
        assert!(matches!(waiting.take(&of(2 * 1024 * 1024)), Err(StoreError::Overloaded)));
        let small = waiting.take(&of(10)).unwrap();
        drop((most, small));
        drop(waiting.take(&of(200 * 1024 * 1024)).expect("one alone always fits"));
    }
}
