//! Leases: work that one server of many does at a time. A lease is a small document; its version
//! is the fence. Whoever writes under a lease names that version, and the store refuses the write
//! when another server has taken over since: a server that slept and woke does no harm.

use serde::{Deserialize, Serialize};

use super::Channel;
use super::leaves::broken;
use crate::store::{Change, RecordHold, RecordWrite, Store, StoreError};
use crate::time::Timestamp;

/// The kind of the documents that hold leases.
const KIND: &str = "lease";

/// A lease that was ours when it was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    name: &'static str,
    /// The fence; none when the store has no other writers to fence off.
    version: Option<u64>,
    until: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct Holder {
    /// Who: drawn at random by each engine when it opens.
    holder: String,
    /// Until when.
    until: Timestamp,
}

impl Lease {
    /// What a change under this lease must find, if there is anybody to fence off.
    #[must_use]
    pub fn hold(&self) -> Option<RecordHold> {
        let hold = |version| RecordHold { kind: KIND, id: self.name.to_owned(), version };
        self.version.map(hold)
    }
}

impl<S: Store> Channel<S> {
    /// Takes the lease of this name for so many milliseconds, or keeps the one that `had` is:
    /// it is renewed once half of it is over. `None` when another server holds it. Under a store
    /// that only this process writes it is always ours and costs nothing.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn lease(
        &self,
        name: &'static str,
        millis: i64,
        had: Option<Lease>,
    ) -> Result<Option<Lease>, StoreError> {
        let now = self.now();
        let until = now.plus_millis(millis);
        if !self.store().is_shared() {
            return Ok(Some(Lease { name, version: None, until }));
        }
        if let Some(had) = had.filter(|had| had.until.millis_since(now) * 2 > millis) {
            return Ok(Some(had));
        }
        let found = self.store().record(KIND, name).await?;
        let expected = found.as_ref().map_or(0, |row| row.version);
        let holder = found.and_then(|row| serde_json::from_slice::<Holder>(&row.body).ok());
        let free = holder.as_ref().is_none_or(|holder| {
            let left = holder.until.millis_since(now);
            // One that runs longer than a lease can was written under a wrong clock.
            holder.holder == self.inner.instance || left <= 0 || left > millis * 2
        });
        if !free {
            return Ok(None);
        }
        match self.write_lease(name, expected, until).await {
            Ok(()) => Ok(Some(Lease { name, version: Some(expected + 1), until })),
            Err(StoreError::Conflict { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Gives a lease back, so that another server need not wait for its end. The document stays:
    /// a fence never goes back.
    ///
    /// # Errors
    /// When the store fails; then the lease ends by itself.
    pub async fn release(&self, lease: Lease) -> Result<(), StoreError> {
        let Some(version) = lease.version else { return Ok(()) };
        match self.write_lease(lease.name, version, self.now()).await {
            // Another server has it already.
            Ok(()) | Err(StoreError::Conflict { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn write_lease(
        &self,
        name: &str,
        expected: u64,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        let body = serde_json::to_vec(&Holder { holder: self.inner.instance.clone(), until });
        let body = Some(body.map_err(|_| broken("lease"))?);
        let id = name.to_owned();
        let write = RecordWrite { kind: KIND, id, expected, body, expires_at: None };
        self.store().commit(Change { records: vec![write], ..Change::default() }).await
    }
}
