//! The RFC 6962 tree over complete subtrees: what grows, what proves. Where the nodes are kept is
//! somebody else's business ([`Nodes`]).

use super::hash::{Hash, node_hash};

/// Hashes of complete subtrees, wherever they are kept.
pub trait Nodes {
    /// Why one could not be had.
    type Error;

    /// The hash of the complete subtree of `2^level` leaves with this index at its level.
    ///
    /// # Errors
    /// When it cannot be had.
    fn node(&self, level: u8, index: u64) -> Result<Hash, Self::Error>;
}

/// The right edge of a tree: the complete subtrees whose sizes are the binary digits of its size,
/// largest first. Enough to append and to tell the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    hashes: Vec<Hash>,
}

/// The number of hashes does not fit the size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a tree of {size} leaves has {expected} subtrees on its edge, not {found}")]
pub struct FrontierError {
    size: u64,
    expected: u32,
    found: usize,
}

impl Frontier {
    /// The edge of the empty tree.
    #[must_use]
    pub const fn empty() -> Self {
        Self { size: 0, hashes: Vec::new() }
    }

    /// The edge that was kept for a tree of this size.
    ///
    /// # Errors
    /// When the number of hashes does not fit.
    pub fn from_hashes(size: u64, hashes: &[Hash]) -> Result<Self, FrontierError> {
        let expected = size.count_ones();
        if usize::try_from(expected) != Ok(hashes.len()) {
            return Err(FrontierError { size, expected, found: hashes.len() });
        }
        Ok(Self { size, hashes: hashes.to_vec() })
    }

    /// How many leaves the tree has.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The edge, largest subtree first.
    #[must_use]
    pub fn hashes(&self) -> &[Hash] {
        &self.hashes
    }

    /// Appends a leaf and returns the complete subtrees that came to be: level, index, hash; the
    /// leaf itself is level 0.
    pub fn append(&mut self, leaf: Hash) -> Vec<(u8, u64, Hash)> {
        let mut made = Vec::new();
        self.grow(leaf, |level, index, hash| made.push((level, index, hash)));
        made
    }

    /// Appends a leaf and hands over the complete subtrees that came to be, as [`Self::append`] lists
    /// them.
    pub fn grow(&mut self, leaf: Hash, mut made: impl FnMut(u8, u64, Hash)) {
        made(0, self.size, leaf);
        let (mut hash, mut level, mut index) = (leaf, 0, self.size);
        while index & 1 == 1 {
            let left = self.hashes.pop().expect("an odd index has a left neighbour on the edge");
            hash = node_hash(&left, &hash);
            level += 1;
            index >>= 1;
            made(level, index, hash);
        }
        self.hashes.push(hash);
        self.size += 1;
    }

    /// The root of the tree.
    #[must_use]
    pub fn root(&self) -> Hash {
        let smaller_first = self.hashes.iter().rev().copied();
        let joined = smaller_first.reduce(|right, left| node_hash(&left, &right));
        joined.unwrap_or_else(Hash::of_empty_tree)
    }
}

/// The root of the first `size` leaves.
///
/// # Errors
/// When a node cannot be had.
pub fn root<N: Nodes>(nodes: &N, size: u64) -> Result<Hash, N::Error> {
    if size == 0 {
        return Ok(Hash::of_empty_tree());
    }
    range(nodes, 0, size)
}

/// The proof that the leaf at `index` is in the tree of `size` leaves (RFC 6962 section 2.1.1);
/// empty when `index` is not in it.
///
/// # Errors
/// When a node cannot be had.
pub fn inclusion_proof<N: Nodes>(nodes: &N, index: u64, size: u64) -> Result<Vec<Hash>, N::Error> {
    let mut proof = Vec::new();
    if index >= size {
        return Ok(proof);
    }
    let (mut start, mut end) = (0, size);
    while end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            proof.push(range(nodes, middle, end)?);
            end = middle;
        } else {
            proof.push(range(nodes, start, middle)?);
            start = middle;
        }
    }
    proof.reverse();
    Ok(proof)
}

/// The proof that the tree of `new` leaves began as the tree of `old` (RFC 6962 section 2.1.2);
/// empty when `old` is 0 or not smaller.
///
/// # Errors
/// When a node cannot be had.
pub fn consistency_proof<N: Nodes>(nodes: &N, old: u64, new: u64) -> Result<Vec<Hash>, N::Error> {
    let mut proof = Vec::new();
    if old == 0 || old >= new {
        return Ok(proof);
    }
    let (mut start, mut end, mut whole) = (0, new, true);
    while old != end {
        let middle = start + split(end - start);
        if old <= middle {
            proof.push(range(nodes, middle, end)?);
            end = middle;
        } else {
            proof.push(range(nodes, start, middle)?);
            start = middle;
            whole = false;
        }
    }
    if !whole {
        proof.push(range(nodes, start, end)?);
    }
    proof.reverse();
    Ok(proof)
}

/// The largest power of two smaller than `width` (which is at least 2).
const fn split(width: u64) -> u64 {
    1 << (63 - (width - 1).leading_zeros())
}

/// The hash over the leaves from `start` to `end`; `start` is a multiple of the largest power of
/// two within the range, so it falls into complete subtrees.
fn range<N: Nodes>(nodes: &N, start: u64, end: u64) -> Result<Hash, N::Error> {
    let width = end - start;
    if width.is_power_of_two() {
        let level = width.trailing_zeros();
        return nodes.node(u8::try_from(level).unwrap_or(u8::MAX), start >> level);
    }
    let middle = start + split(width);
    Ok(node_hash(&range(nodes, start, middle)?, &range(nodes, middle, end)?))
}
