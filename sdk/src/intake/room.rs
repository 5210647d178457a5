//! Room in memory for what is being received: bounded, and whoever comes when it is full is told to
//! come back.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many bytes of requests may be in memory at a time, counted in KiB. Clones share the room.
#[derive(Clone, Debug)]
pub struct Room {
    kib: Arc<Semaphore>,
    all: u32,
}

/// Room that is taken until this is dropped.
#[derive(Debug)]
pub struct Taken {
    _permit: OwnedSemaphorePermit,
}

impl Room {
    /// So many MiB.
    #[must_use]
    pub fn mib(mib: u16) -> Self {
        let all = u32::from(mib) * 1024;
        let permits = usize::try_from(all).unwrap_or(usize::MAX);
        Self { kib: Arc::new(Semaphore::new(permits.min(Semaphore::MAX_PERMITS))), all }
    }

    /// Takes room for so many bytes, if there is any; more than there is at all takes all of it.
    #[must_use]
    pub fn take(&self, bytes: usize) -> Option<Taken> {
        let kib = u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX).min(self.all);
        let permit = Arc::clone(&self.kib).try_acquire_many_owned(kib).ok()?;
        Some(Taken { _permit: permit })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_taken_is_free_again_when_it_is_dropped() {
        let room = Room::mib(1);
        let most = room.take(1023 * 1024).unwrap();
        let rest = room.take(1).unwrap();
        assert!(room.take(1).is_none());
        drop((most, rest));
        let all = room.take(usize::MAX).expect("more than there is takes all of it");
        assert!(room.take(1).is_none());
        drop(all);
    }
}
