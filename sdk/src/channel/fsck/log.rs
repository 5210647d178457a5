//! The log held against its own leaves: positions, tree, head, and every checkpoint.

use std::collections::{BTreeMap, VecDeque};

use super::report::{Audit, FsckCode};
use crate::channel::Channel;
use crate::log::{Checkpoint, Frontier, Hash, NoteVerifier, leaf_hash};
use crate::store::{CheckpointRow, Store, StoreError};

/// How many entries and checkpoints are read at a time.
const PAGE: u32 = 500;

/// The checkpoints, smallest first, a page at a time.
#[derive(Default)]
struct Signed {
    page: VecDeque<CheckpointRow>,
    after: u64,
    is_over: bool,
}

/// The complete subtrees that one page of entries made, by level: from where on, and which.
type Made = BTreeMap<u8, (u64, Vec<Hash>)>;

impl Signed {
    /// The next checkpoint that is not of more than `size` leaves.
    async fn next<S: Store>(
        &mut self,
        store: &S,
        size: u64,
    ) -> Result<Option<CheckpointRow>, StoreError> {
        if self.page.is_empty() && !self.is_over {
            self.page = store.checkpoints(self.after, PAGE).await?.into();
            match self.page.back() {
                Some(last) => self.after = last.size,
                None => self.is_over = true,
            }
        }
        if self.page.front().is_some_and(|row| row.size <= size) {
            return Ok(self.page.pop_front());
        }
        Ok(None)
    }
}

impl<S: Store> Channel<S> {
    pub(super) async fn audit_log(&self, audit: &mut Audit) -> Result<(), StoreError> {
        let outcome = self.walk_log(audit).await;
        if let Err(StoreError::Corrupt { table }) = &outcome {
            audit.found(FsckCode::LogUnreadable, *table);
            return Ok(());
        }
        outcome
    }

    async fn walk_log(&self, audit: &mut Audit) -> Result<(), StoreError> {
        let head = self.store().log_head().await?;
        let known = self.inner.keys.log_signer(&self.inner.host.log_origin).verifier();
        let (mut frontier, mut signed) = (Frontier::empty(), Signed::default());
        while frontier.size() < head.size {
            let left = u32::try_from(head.size - frontier.size()).unwrap_or(PAGE).min(PAGE);
            let entries = self.store().log_entries(frontier.size(), left).await?;
            let mut made = Made::new();
            let full = u32::try_from(entries.len()) == Ok(left);
            for entry in entries {
                let position = frontier.size();
                if entry.position != Some(position) {
                    audit.found(FsckCode::PositionGap, format!("position {position}"));
                    return Ok(());
                }
                let hash = leaf_hash(&entry.bytes);
                if hash != entry.hash {
                    audit.found(FsckCode::EntryChanged, format!("position {position}"));
                }
                for (level, index, hash) in frontier.append(hash) {
                    if level > 0 {
                        made.entry(level).or_insert((index, Vec::new())).1.push(hash);
                    }
                }
                while let Some(row) = signed.next(self.store(), frontier.size()).await? {
                    self.hold(audit, &row, &frontier, &known);
                }
            }
            if !full {
                audit.found(FsckCode::PositionGap, format!("position {}", frontier.size()));
                return Ok(());
            }
            self.audit_nodes(audit, made).await?;
        }
        audit.report.log_size = frontier.size();
        audit.report.log_root = frontier.root();
        if head.frontier != frontier.hashes() {
            audit.found(FsckCode::FrontierWrong, format!("size {}", head.size));
        }
        // The newest checkpoint first: a sound log never signs more than it has.
        let newest = self.store().checkpoint().await?.map_or(0, |row| row.size);
        if newest > self.store().log_head().await?.size {
            audit.found(FsckCode::CheckpointAhead, format!("size {newest}"));
        }
        Ok(())
    }

    /// Holds a checkpoint against the tree of its size. A wrong root makes all later ones wrong,
    /// so only the first is told.
    fn hold(
        &self,
        audit: &mut Audit,
        row: &CheckpointRow,
        frontier: &Frontier,
        known: &NoteVerifier,
    ) {
        audit.report.checkpoints += 1;
        let origin = &self.inner.host.log_origin;
        let says = Checkpoint::verify(&row.note, origin, std::slice::from_ref(known));
        let right = says.is_ok_and(|says| says.size == row.size && says.root == row.root);
        if !right {
            audit.found(FsckCode::CheckpointUnsigned, format!("size {}", row.size));
        }
        let same = row.size == frontier.size() && row.root == frontier.root();
        if !same && !audit.told(FsckCode::RootWrong) {
            audit.found(FsckCode::RootWrong, format!("size {}", row.size));
        }
    }

    /// Holds the subtrees that are served as tiles against those that the leaves make; the first
    /// wrong one is told, because all above it are wrong too.
    async fn audit_nodes(&self, audit: &mut Audit, made: Made) -> Result<(), StoreError> {
        for (level, (index, hashes)) in made {
            if audit.told(FsckCode::NodeWrong) {
                return Ok(());
            }
            let count = u32::try_from(hashes.len()).unwrap_or(u32::MAX);
            let kept = match self.store().log_nodes(level, index, count).await {
                Err(StoreError::Corrupt { .. }) => None,
                kept => Some(kept?),
            };
            if kept.is_none_or(|kept| kept != hashes) {
                audit.found(FsckCode::NodeWrong, format!("level {level} from {index}"));
            }
        }
        Ok(())
    }
}
