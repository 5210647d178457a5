//! The sequencer: staged leaves get positions, the tree grows, a checkpoint is signed.
//!
//! Order of durability: a leaf is staged in the transaction of its change; positions and tree
//! nodes are committed together; only then is that size and root signed; the checkpoint is
//! committed; then it is served. A crash between any two steps leaves the earlier ones durable,
//! and the same function goes on from there. It never signs a root that is not durable, and the
//! store accepts one checkpoint per size for ever.

use super::{Channel, Lease};
use crate::log::{Checkpoint, Frontier, Hash, sign_checkpoint};
use crate::store::{
    Change, CheckpointRow, CheckpointWrite, LogHead, LogWrite, RecordHold, Store, StoreError,
};

/// How many leaves get their positions in one change.
const BATCH: u32 = 2_000;

/// What a run of the sequencer did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequenced {
    /// How many leaves got a position.
    pub leaves: u64,
    /// The size of the log now.
    pub size: u64,
    /// Whether more leaves wait.
    pub more: bool,
}

impl<S: Store> Channel<S> {
    /// Puts staged leaves into the log and signs its new head.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when another sequencer was first (harmless: call again); anything
    /// else when the store fails.
    pub async fn sequence(&self) -> Result<Sequenced, StoreError> {
        self.sequence_with(None).await
    }

    /// The same under a lease, so that of many servers one does it.
    ///
    /// # Errors
    /// As [`Channel::sequence`]; a conflict of `lease` says that another server has taken over.
    pub async fn sequence_under(&self, lease: &Lease) -> Result<Sequenced, StoreError> {
        self.sequence_with(lease.hold()).await
    }

    async fn sequence_with(&self, holds: Option<RecordHold>) -> Result<Sequenced, StoreError> {
        let staged = self.store().staged(BATCH).await?;
        let head = self.store().log_head().await?;
        let (old_size, mut size) = (head.size, head.size);
        let mut frontier = Frontier::from_hashes(size, &head.frontier)
            .map_err(|_| StoreError::Corrupt { table: "log_head" })?;
        let mut nodes = Vec::with_capacity(staged.len() * 2);
        for leaf in &staged {
            nodes.extend(frontier.append(leaf.hash));
            size += 1;
        }
        if !staged.is_empty() {
            let head = LogHead { size, frontier: frontier.hashes().to_vec() };
            let numbers = staged.iter().map(|leaf| leaf.staging).collect();
            let write = LogWrite { old_size, staged: numbers, nodes, head };
            let change = Change { log: Some(write), holds: holds.clone(), ..Change::default() };
            self.store().commit(change).await?;
        }
        // A crash here leaves a durable tree without a checkpoint; the next run signs it.
        self.sign_head(size, frontier.root(), holds).await?;
        let leaves = size - old_size;
        Ok(Sequenced { leaves, size, more: leaves == u64::from(BATCH) })
    }

    async fn sign_head(
        &self,
        size: u64,
        root: Hash,
        holds: Option<RecordHold>,
    ) -> Result<(), StoreError> {
        let last = self.store().checkpoint().await?;
        if size == 0 || last.is_some_and(|last| last.size >= size) {
            return Ok(());
        }
        let origin = &self.inner.host.log_origin;
        let checkpoint = Checkpoint { origin: origin.clone(), size, root };
        let note = sign_checkpoint(&checkpoint, &self.inner.keys.log_signer(origin));
        let row = CheckpointRow { size, root, note, at: self.now() };
        let checkpoint = Some(CheckpointWrite { row });
        let change = Change { checkpoint, holds, ..Change::default() };
        self.store().commit(change).await
    }
}
