//! A proof that anybody can check offline (C2SP tlog-proof): place, path and head in one text, to be
//! held against the hash of a leaf and a trust policy.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::hash::Hash;
use super::policy::{Believed, DistrustError, TrustPolicy};
use super::proof::{ProofError, verify_inclusion};

const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";
/// More than any proof has.
const HASHES_MAX: usize = 64;

/// Where a leaf is in a log, under which head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlogProof {
    /// Bytes of the application's own, under nobody's signature.
    pub extra: Option<Vec<u8>>,
    /// The position of the leaf, from 0.
    pub index: u64,
    /// The path, from the leaf's sibling up.
    pub path: Vec<Hash>,
    /// The signed head.
    pub note: String,
}

/// The text is no proof, or proves something else.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlogProofError {
    /// Not the text of a proof.
    #[error("not a proof: c2sp.org/tlog-proof@v1, index, hashes, an empty line, a checkpoint")]
    Malformed,
    /// The head is not believed.
    #[error(transparent)]
    Distrust(#[from] DistrustError),
    /// The path does not lead there.
    #[error(transparent)]
    Proof(#[from] ProofError),
}

impl TlogProof {
    /// The text.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!("{FIRST_LINE}\n");
        if let Some(extra) = &self.extra {
            text += &format!("extra {}\n", STANDARD.encode(extra));
        }
        text += &format!("index {}\n", self.index);
        for hash in &self.path {
            text += &format!("{hash}\n");
        }
        text + "\n" + &self.note
    }

    /// Reads a text.
    ///
    /// # Errors
    /// [`TlogProofError::Malformed`].
    pub fn parse(text: &str) -> Result<Self, TlogProofError> {
        Self::read(text).ok_or(TlogProofError::Malformed)
    }

    fn read(text: &str) -> Option<Self> {
        let (head, note) = text.split_once("\n\n")?;
        let mut lines = head.split('\n').peekable();
        lines.next().filter(|line| *line == FIRST_LINE)?;
        let extra = lines.next_if(|line| line.starts_with("extra "));
        let extra = match extra.and_then(|line| line.strip_prefix("extra ")) {
            Some(extra) => Some(STANDARD.decode(extra).ok()?),
            None => None,
        };
        let index = lines.next()?.strip_prefix("index ")?;
        let place: u64 = index.parse().ok()?;
        let path: Result<Vec<Hash>, _> = lines.map(str::parse).collect();
        let path = path.ok()?;
        if place.to_string() != index || path.len() > HASHES_MAX {
            return None;
        }
        Some(Self { extra, index: place, path, note: note.to_owned() })
    }

    /// Holds the proof against a leaf: that it is at this place under a head that the policy believes.
    ///
    /// # Errors
    /// Why it is not shown.
    pub fn verify(&self, leaf: &Hash, policy: &TrustPolicy) -> Result<Believed, TlogProofError> {
        let believed = policy.believe(&self.note)?;
        let head = &believed.checkpoint;
        verify_inclusion(leaf, self.index, head.size, &self.path, &head.root)?;
        Ok(believed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::{Checkpoint, NoteSigner, leaf_hash, node_hash, sign_checkpoint};

    fn proof() -> (TlogProof, TrustPolicy) {
        let signer = NoteSigner::from_seed("mall.example/log", [5; 32]);
        let (left, right) = (leaf_hash(b"left"), leaf_hash(b"right"));
        let root = node_hash(&left, &right);
        let head = Checkpoint { origin: "mall.example/log".into(), size: 2, root };
        let note = sign_checkpoint(&head, &signer);
        let proof = TlogProof { extra: Some(b"slip".to_vec()), index: 1, path: vec![left], note };
        (proof, TrustPolicy::only(signer.verifier()))
    }

    #[test]
    fn a_proof_reads_back_and_holds_for_its_leaf_alone() {
        let (proof, policy) = proof();
        for extra in [None, Some(b"slip".to_vec())] {
            let proof = TlogProof { extra, ..proof.clone() };
            assert_eq!(TlogProof::parse(&proof.to_text()), Ok(proof.clone()));
            assert!(proof.verify(&leaf_hash(b"right"), &policy).is_ok());
            assert!(proof.verify(&leaf_hash(b"left"), &policy).is_err());
            assert!(TlogProof { index: 0, ..proof }.verify(&leaf_hash(b"right"), &policy).is_err());
        }
    }

    #[test]
    fn a_text_in_any_other_form_is_refused() {
        let (proof, _) = proof();
        let text = proof.to_text();
        for other in [
            text.replacen("@v1", "@v2", 1),
            text.replacen("index 1", "index 01", 1),
            text.replacen("index 1", "index", 1),
            text.replacen("extra ", "extra !", 1),
            text.replacen("\n\n", "\n", 1),
            format!("\n{text}"),
        ] {
            assert_eq!(TlogProof::parse(&other), Err(TlogProofError::Malformed), "{other}");
        }
    }
}
