//! Checkpoints (C2SP tlog-checkpoint): origin, size and root of the log, signed as a note.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::hash::Hash;
use super::note::{NoteError, NoteSigner, NoteVerifier, SignedNote};

/// The largest checkpoint that is read.
pub const CHECKPOINT_BYTES_MAX: usize = 8 * 1024;

/// The head of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name.
    pub origin: String,
    /// How many leaves.
    pub size: u64,
    /// Their root.
    pub root: Hash,
}

/// The text is no checkpoint of this log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// Larger than any real one.
    #[error("a checkpoint has at most 8 KiB")]
    TooLarge,
    /// The note around it.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// Not origin, size, root, each on its line.
    #[error("not a checkpoint: origin, size and base64 root, each on its line")]
    Malformed,
    /// Of another log.
    #[error("a checkpoint of another log")]
    Origin,
}

/// The checkpoint as a note with this signer's signature.
#[must_use]
pub fn sign_checkpoint(checkpoint: &Checkpoint, signer: &NoteSigner) -> String {
    signer.sign(&checkpoint.text())
}

impl Checkpoint {
    /// The text that is signed.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, STANDARD.encode(self.root.as_bytes()))
    }

    /// Reads a signed checkpoint of the log `origin`, believed by one of the signers.
    ///
    /// # Errors
    /// When it is not signed by any, not of this log, or not in the one form it has.
    pub fn verify(
        note: &str,
        origin: &str,
        known: &[NoteVerifier],
    ) -> Result<Self, CheckpointError> {
        if note.len() > CHECKPOINT_BYTES_MAX {
            return Err(CheckpointError::TooLarge);
        }
        let note = SignedNote::parse(note)?;
        let checkpoint = Self::parse_text(note.verify(known)?)?;
        if checkpoint.origin == origin { Ok(checkpoint) } else { Err(CheckpointError::Origin) }
    }

    /// Reads the text. What comes out differently when written again (leading zeros, other
    /// base64) is refused; extension lines after the root are not ours and are refused too.
    fn parse_text(text: &str) -> Result<Self, CheckpointError> {
        let mut lines = text.split_terminator('\n');
        let (origin, size, root) = (lines.next(), lines.next(), lines.next());
        let (Some(origin), Some(size), Some(root)) = (origin, size, root) else {
            return Err(CheckpointError::Malformed);
        };
        let checkpoint = Self {
            origin: origin.to_owned(),
            size: size.parse().map_err(|_| CheckpointError::Malformed)?,
            root: root.parse().map_err(|_| CheckpointError::Malformed)?,
        };
        let same = checkpoint.text() == text && !origin.is_empty();
        if same { Ok(checkpoint) } else { Err(CheckpointError::Malformed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::leaf_hash;

    fn signed() -> (Checkpoint, NoteSigner, String) {
        let checkpoint =
            Checkpoint { origin: "mall.example/log".into(), size: 7, root: leaf_hash(b"x") };
        let signer = NoteSigner::from_seed("mall.example/log", [5; 32]);
        let note = sign_checkpoint(&checkpoint, &signer);
        (checkpoint, signer, note)
    }

    #[test]
    fn a_checkpoint_is_believed_only_from_its_signer_and_for_its_log() {
        let (checkpoint, signer, note) = signed();
        let known = [NoteVerifier::parse(&signer.vkey()).unwrap()];
        assert_eq!(Checkpoint::verify(&note, "mall.example/log", &known).unwrap(), checkpoint);
        assert_eq!(Checkpoint::verify(&note, "other", &known), Err(CheckpointError::Origin));
        let stranger = [NoteSigner::from_seed("mall.example/log", [6; 32]).verifier()];
        assert_eq!(
            Checkpoint::verify(&note, "mall.example/log", &stranger),
            Err(CheckpointError::Note(NoteError::Unsigned))
        );
    }

    #[test]
    fn any_changed_byte_is_noticed() {
        let (_, signer, note) = signed();
        let known = [signer.verifier()];
        for at in 0..note.len() {
            let mut bytes = note.clone().into_bytes();
            bytes[at] ^= 1;
            if let Ok(changed) = String::from_utf8(bytes) {
                assert!(Checkpoint::verify(&changed, "mall.example/log", &known).is_err(), "{at}");
            }
        }
    }

    #[test]
    fn a_size_with_leading_zeros_or_a_short_text_is_refused() {
        for text in
            ["o\n07\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", "o\n7\n", "o\n7\nAA==\n"]
        {
            assert_eq!(Checkpoint::parse_text(text), Err(CheckpointError::Malformed));
        }
    }

    #[test]
    fn an_extra_line_is_refused_although_signed() {
        let (checkpoint, signer, _) = signed();
        let note = signer.sign(&format!("{}extension\n", checkpoint.text()));
        let held = Checkpoint::verify(&note, "mall.example/log", &[signer.verifier()]);
        assert_eq!(held, Err(CheckpointError::Malformed));
    }
}
