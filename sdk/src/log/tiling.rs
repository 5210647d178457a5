//! Cutting a growing tree into tiles: the same bytes for whoever writes them and whoever checks them.

use super::hash::Hash;
use super::tile::{FULL, TilePath};
use super::tree::Frontier;

/// The hash tiles of a tree that is read leaf by leaf. Holds at most one open tile per level.
#[derive(Clone, Debug, Default)]
pub struct Tiling {
    levels: Vec<Open>,
}

#[derive(Clone, Debug, Default)]
struct Open {
    index: u64,
    hashes: Vec<u8>,
}

impl Tiling {
    /// Before the first leaf.
    #[must_use]
    pub fn begin() -> Self {
        Self::default()
    }

    /// Appends a leaf to the tree and hands over each tile that became full.
    ///
    /// # Errors
    /// Whatever `full` says.
    pub fn append<E>(
        &mut self,
        frontier: &mut Frontier,
        leaf: Hash,
        mut full: impl FnMut(TilePath, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut done = Ok(());
        frontier.grow(leaf, |level, _, hash| {
            if level.is_multiple_of(8) && done.is_ok() {
                done = self.node(level / 8, hash, &mut full);
            }
        });
        done
    }

    fn node<E>(
        &mut self,
        level: u8,
        hash: Hash,
        full: &mut impl FnMut(TilePath, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let place = usize::from(level);
        if self.levels.len() <= place {
            self.levels.resize_with(place + 1, Open::default);
        }
        let Some(open) = self.levels.get_mut(place) else { return Ok(()) };
        open.hashes.extend_from_slice(hash.as_bytes());
        if open.hashes.len() < usize::from(FULL) * 32 {
            return Ok(());
        }
        full(TilePath::of_hashes(level, open.index, FULL), &open.hashes)?;
        open.hashes.clear();
        open.index += 1;
        Ok(())
    }

    /// The tiles that are not full: one per level at most.
    pub fn partial(&self) -> impl Iterator<Item = (TilePath, &[u8])> {
        let levels = self.levels.iter().enumerate().filter(|(_, open)| !open.hashes.is_empty());
        levels.map(|(level, open)| {
            let width = u16::try_from(open.hashes.len() / 32).unwrap_or(FULL);
            let level = u8::try_from(level).unwrap_or(u8::MAX);
            (TilePath::of_hashes(level, open.index, width), open.hashes.as_slice())
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::convert::Infallible;

    use super::*;
    use crate::log::{leaf_hash, node_hash};

    fn tiles(size: u64) -> BTreeMap<String, Vec<u8>> {
        let (mut tiling, mut frontier) = (Tiling::begin(), Frontier::empty());
        let mut found = BTreeMap::new();
        for n in 0..size {
            let put = |path: TilePath, bytes: &[u8]| {
                found.insert(path.to_path(), bytes.to_vec());
                Ok::<(), Infallible>(())
            };
            tiling.append(&mut frontier, leaf_hash(&n.to_be_bytes()), put).unwrap();
        }
        found.extend(tiling.partial().map(|(path, bytes)| (path.to_path(), bytes.to_vec())));
        found
    }

    #[test]
    fn a_tree_is_cut_as_the_standard_cuts_it() {
        for (size, names) in [
            (1, &["tile/0/000.p/1"][..]),
            (255, &["tile/0/000.p/255"]),
            (256, &["tile/0/000", "tile/1/000.p/1"]),
            (600, &["tile/0/000", "tile/0/001", "tile/0/002.p/88", "tile/1/000.p/2"]),
        ] {
            assert_eq!(tiles(size).keys().collect::<Vec<_>>(), names, "{size}");
        }
        let all = tiles(65_536 + 1);
        assert_eq!(all["tile/1/000"].len(), 256 * 32);
        assert_eq!(all["tile/2/000.p/1"].len(), 32);
        assert_eq!(all["tile/0/256.p/1"], leaf_hash(&65_536_u64.to_be_bytes()).as_bytes());
        // A hash of level 1 is the root over its tile of level 0.
        let mut level: Vec<Hash> = all["tile/0/005"]
            .chunks_exact(32)
            .map(|bytes| <[u8; 32]>::try_from(bytes).unwrap().into())
            .collect();
        while level.len() > 1 {
            level = level.chunks_exact(2).map(|pair| node_hash(&pair[0], &pair[1])).collect();
        }
        assert_eq!(all["tile/1/000"][5 * 32..6 * 32], *level[0].as_bytes());
    }
}
