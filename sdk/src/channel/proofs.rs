//! Proofs out of the stored tree: that a leaf is in the log, that a head grew out of another.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use super::Channel;
use crate::log::{Hash, Nodes, TlogProof, consistency_proof, inclusion_proof, root};
use crate::store::{Store, StoreError};

/// Which nodes a proof asks for: asked first, fetched, and asked again with them at hand.
#[derive(Default)]
struct Wanted {
    nodes: RefCell<BTreeSet<(u8, u64)>>,
}

impl Nodes for Wanted {
    type Error = Infallible;

    fn node(&self, level: u8, index: u64) -> Result<Hash, Infallible> {
        self.nodes.borrow_mut().insert((level, index));
        Ok(Hash::of_empty_tree())
    }
}

struct Fetched(BTreeMap<(u8, u64), Hash>);

impl Nodes for Fetched {
    type Error = StoreError;

    fn node(&self, level: u8, index: u64) -> Result<Hash, StoreError> {
        let node = self.0.get(&(level, index));
        node.copied().ok_or(StoreError::Corrupt { table: "log_nodes" })
    }
}

impl<S: Store> Channel<S> {
    async fn fetch(&self, wanted: Wanted) -> Result<Fetched, StoreError> {
        let mut fetched = BTreeMap::new();
        for (level, index) in wanted.nodes.into_inner() {
            let found = self.store().log_nodes(level, index, 1).await?;
            let node = found.first().ok_or(StoreError::Corrupt { table: "log_nodes" })?;
            fetched.insert((level, index), *node);
        }
        Ok(Fetched(fetched))
    }

    /// The proof that the head of `new` leaves grew out of that of `old` (RFC 6962 section 2.1.2).
    pub(super) async fn consistency(&self, old: u64, new: u64) -> Result<Vec<Hash>, StoreError> {
        let wanted = Wanted::default();
        let Ok(_) = consistency_proof(&wanted, old, new);
        consistency_proof(&self.fetch(wanted).await?, old, new)
    }

    /// The root of the first `size` leaves.
    ///
    /// # Errors
    /// When the store fails or has fewer.
    pub async fn root_at(&self, size: u64) -> Result<Hash, StoreError> {
        let wanted = Wanted::default();
        let Ok(_) = root(&wanted, size);
        root(&self.fetch(wanted).await?, size)
    }

    /// The hash of a leaf and the proof that it is in the log, under the newest head (the newest one
    /// that witnesses have cosigned, if it covers the leaf). Nothing when there is no such leaf, or
    /// when no head covers it yet.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn inclusion(
        &self,
        stream: &str,
        n: u64,
    ) -> Result<Option<(Hash, TlogProof)>, StoreError> {
        let leaves = self.store().leaves(stream, n, 1).await?;
        let Some(leaf) = leaves.into_iter().find(|leaf| leaf.n == n) else { return Ok(None) };
        let Some(index) = leaf.position else { return Ok(None) };
        let cosigned = self.cosigned_head().await?.filter(|head| head.size > index);
        let head = match cosigned {
            Some(head) => Some((head.size, head.note)),
            None => self.store().checkpoint().await?.map(|row| (row.size, row.note)),
        };
        let Some((size, note)) = head.filter(|(size, _)| *size > index) else { return Ok(None) };
        let wanted = Wanted::default();
        let Ok(_) = inclusion_proof(&wanted, index, size);
        let path = inclusion_proof(&self.fetch(wanted).await?, index, size)?;
        Ok(Some((leaf.hash, TlogProof { extra: None, index, path, note })))
    }
}
