//! The protocol by which a log asks a witness for its cosignature (C2SP tlog-witness): the body of
//! `add-checkpoint`, and what a witness must hold against it. Pure: both ends use it, and neither
//! the network nor where a witness keeps its state is its business.

use super::checkpoint::{CHECKPOINT_BYTES_MAX, Checkpoint, CheckpointError};
use super::hash::Hash;
use super::note::{NoteError, NoteVerifier};
use super::proof::verify_consistency;

/// The most hashes of a consistency proof.
const PROOF_MAX: usize = 63;
/// The largest body of a request.
pub const ADD_CHECKPOINT_BYTES_MAX: usize = CHECKPOINT_BYTES_MAX + 64 * 48;
/// The content type of a refusal that says the size the witness has.
pub const SIZE_CONTENT_TYPE: &str = "text/x.tlog.size";

/// A head for a witness, with the proof that it grew out of the one that the witness has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// The size of the head that the witness cosigned last; 0 for none.
    pub old: u64,
    /// The consistency proof from there; empty from 0.
    pub proof: Vec<Hash>,
    /// The new head, signed.
    pub note: String,
}

/// Why a witness does not cosign.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WitnessRefusal {
    /// Not the body of the protocol, or its old size is larger than the new one.
    #[error("not a request of tlog-witness")]
    Malformed,
    /// A log that it does not know.
    #[error("a log that the witness does not know")]
    UnknownLog,
    /// Not signed with the key it knows.
    #[error("not signed by the log")]
    Unsigned,
    /// It has cosigned a head of another size, or of this size with another root.
    #[error("the witness has cosigned a head of {size} leaves")]
    Conflict {
        /// Of so many leaves.
        size: u64,
    },
    /// The new head did not grow out of the old one.
    #[error("the head did not grow out of the one that the witness has cosigned")]
    Inconsistent,
}

impl WitnessRefusal {
    /// The HTTP status of the protocol.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::Malformed => 400,
            Self::UnknownLog => 404,
            Self::Unsigned => 403,
            Self::Conflict { .. } => 409,
            Self::Inconsistent => 422,
        }
    }
}

impl AddCheckpoint {
    /// The body of the request.
    #[must_use]
    pub fn to_body(&self) -> String {
        let mut body = format!("old {}\n", self.old);
        for hash in &self.proof {
            body += &format!("{hash}\n");
        }
        body + "\n" + &self.note
    }

    /// Reads a body.
    ///
    /// # Errors
    /// [`WitnessRefusal::Malformed`].
    pub fn parse(body: &str) -> Result<Self, WitnessRefusal> {
        let malformed = WitnessRefusal::Malformed;
        let (head, note) = body.split_once("\n\n").ok_or(malformed.clone())?;
        let mut lines = head.split('\n');
        let old =
            lines.next().and_then(|line| line.strip_prefix("old ")).ok_or(malformed.clone())?;
        let size: u64 = old.parse().map_err(|_| malformed.clone())?;
        let proof: Result<Vec<Hash>, _> = lines.map(str::parse).collect();
        let proof = proof.map_err(|_| malformed.clone())?;
        if size.to_string() != old || proof.len() > PROOF_MAX {
            return Err(malformed);
        }
        Ok(Self { old: size, proof, note: note.to_owned() })
    }

    /// What a witness decides that knows this log and has cosigned `last` of it. Keeping the head that
    /// comes back, durably and before the answer, is for the caller, and so is that nobody else does it
    /// at the same time.
    ///
    /// # Errors
    /// Why it does not cosign.
    pub fn consider(
        &self,
        log: &NoteVerifier,
        last: Option<(u64, Hash)>,
    ) -> Result<Checkpoint, WitnessRefusal> {
        let known = [log.clone()];
        let head =
            Checkpoint::verify(&self.note, log.name(), &known).map_err(|error| match error {
                CheckpointError::Origin => WitnessRefusal::UnknownLog,
                CheckpointError::Note(NoteError::Unsigned | NoteError::Signature { .. }) => {
                    WitnessRefusal::Unsigned
                }
                _ => WitnessRefusal::Malformed,
            })?;
        if self.old > head.size {
            return Err(WitnessRefusal::Malformed);
        }
        let (size, root) = last.unwrap_or((0, Hash::of_empty_tree()));
        if self.old != size || (head.size == size && head.root != root) {
            return Err(WitnessRefusal::Conflict { size });
        }
        verify_consistency(size, &root, head.size, &head.root, &self.proof)
            .map_err(|_| WitnessRefusal::Inconsistent)?;
        Ok(head)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::{Frontier, NoteSigner, leaf_hash, sign_checkpoint};

    fn signer() -> NoteSigner {
        NoteSigner::from_seed("mall.example/log", [5; 32])
    }

    fn head(size: u64) -> Checkpoint {
        let mut frontier = Frontier::empty();
        (0..size).for_each(|n| drop(frontier.append(leaf_hash(&n.to_be_bytes()))));
        Checkpoint { origin: "mall.example/log".into(), size, root: frontier.root() }
    }

    fn request(old: u64, size: u64, proof: Vec<Hash>) -> AddCheckpoint {
        AddCheckpoint { old, proof, note: sign_checkpoint(&head(size), &signer()) }
    }

    #[test]
    fn a_request_reads_back() {
        for proof in [vec![], vec![leaf_hash(b"a"), leaf_hash(b"b")]] {
            let request = request(2, 3, proof);
            assert_eq!(AddCheckpoint::parse(&request.to_body()), Ok(request));
        }
        for bad in ["", "old 1\n", "old 01\n\nx", "old -1\n\nx", "new 1\n\nx", "old 1\nzz\n\nx"] {
            assert_eq!(AddCheckpoint::parse(bad), Err(WitnessRefusal::Malformed), "{bad:?}");
        }
    }

    #[test]
    fn a_witness_goes_forward_only_and_only_with_a_proof() {
        let log = signer().verifier();
        let at = |size| Some((size, head(size).root));
        let proof = vec![leaf_hash(&2_u64.to_be_bytes())];
        assert_eq!(request(0, 3, vec![]).consider(&log, None), Ok(head(3)));
        assert_eq!(request(2, 3, proof.clone()).consider(&log, at(2)), Ok(head(3)));
        assert_eq!(request(3, 3, vec![]).consider(&log, at(3)), Ok(head(3)));
        let refused = |request: AddCheckpoint, last| request.consider(&log, last).unwrap_err();
        assert_eq!(refused(request(2, 3, vec![]), at(2)), WitnessRefusal::Inconsistent);
        assert_eq!(refused(request(0, 3, proof.clone()), None), WitnessRefusal::Inconsistent);
        assert_eq!(refused(request(0, 2, vec![]), at(3)), WitnessRefusal::Conflict { size: 3 });
        assert_eq!(refused(request(3, 2, vec![]), at(3)), WitnessRefusal::Malformed);
        let forked = Some((3, leaf_hash(b"another history")));
        assert_eq!(refused(request(3, 3, vec![]), forked), WitnessRefusal::Conflict { size: 3 });
        let forked = Some((2, leaf_hash(b"another history")));
        assert_eq!(refused(request(2, 3, proof), forked), WitnessRefusal::Inconsistent);
        let stranger = NoteSigner::from_seed("mall.example/log", [6; 32]).verifier();
        let unsigned = request(0, 3, vec![]).consider(&stranger, None).unwrap_err();
        assert_eq!(unsigned, WitnessRefusal::Unsigned);
    }
}
