//! Checking proofs (RFC 9162 sections 2.1.3.2 and 2.1.4.2): from hashes alone, asking nobody.

use super::hash::{Hash, node_hash};

/// The proof does not prove it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The leaf cannot be in a tree of that size.
    #[error("leaf {index} cannot be in a tree of {size} leaves")]
    OutOfRange {
        /// The leaf.
        index: u64,
        /// The tree.
        size: u64,
    },
    /// A tree does not shrink.
    #[error("a tree of {old} leaves cannot grow into one of {new}")]
    Shrunk {
        /// Before.
        old: u64,
        /// After.
        new: u64,
    },
    /// Too few or too many hashes.
    #[error("the proof has the wrong number of hashes")]
    Length,
    /// The hashes lead to another root.
    #[error("the proof leads to another root")]
    Root,
}

/// Checks that a leaf is at `index` in the tree of `size` leaves with this root.
///
/// # Errors
/// Why it is not shown.
pub fn verify_inclusion(
    leaf: &Hash,
    index: u64,
    size: u64,
    proof: &[Hash],
    root: &Hash,
) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::OutOfRange { index, size });
    }
    let (mut node, mut last, mut hash) = (index, size - 1, *leaf);
    for step in proof {
        if last == 0 {
            return Err(ProofError::Length);
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(step, &hash);
            while node & 1 == 0 && node != 0 {
                (node, last) = (node >> 1, last >> 1);
            }
        } else {
            hash = node_hash(&hash, step);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    match (last, hash == *root) {
        (0, true) => Ok(()),
        (0, false) => Err(ProofError::Root),
        _ => Err(ProofError::Length),
    }
}

/// Checks that the tree of `new_size` leaves began as the tree of `old_size`.
///
/// # Errors
/// Why it is not shown.
pub fn verify_consistency(
    old_size: u64,
    old_root: &Hash,
    new_size: u64,
    new_root: &Hash,
    proof: &[Hash],
) -> Result<(), ProofError> {
    if old_size > new_size {
        return Err(ProofError::Shrunk { old: old_size, new: new_size });
    }
    if old_size == new_size || old_size == 0 {
        if !proof.is_empty() {
            return Err(ProofError::Length);
        }
        let same = if old_size == 0 { Hash::of_empty_tree() } else { *new_root };
        return if *old_root == same { Ok(()) } else { Err(ProofError::Root) };
    }
    let (mut node, mut last) = (old_size - 1, new_size - 1);
    while node & 1 == 1 {
        (node, last) = (node >> 1, last >> 1);
    }
    let mut steps = proof.iter();
    let seed = if old_size.is_power_of_two() {
        *old_root
    } else {
        *steps.next().ok_or(ProofError::Length)?
    };
    let (mut old, mut new) = (seed, seed);
    for step in steps {
        if last == 0 {
            return Err(ProofError::Length);
        }
        if node & 1 == 1 || node == last {
            old = node_hash(step, &old);
            new = node_hash(step, &new);
            while node & 1 == 0 && node != 0 {
                (node, last) = (node >> 1, last >> 1);
            }
        } else {
            new = node_hash(&new, step);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    if last != 0 {
        return Err(ProofError::Length);
    }
    if old == *old_root && new == *new_root { Ok(()) } else { Err(ProofError::Root) }
}
