//! Cosignatures (C2SP tlog-cosignature, `cosignature/v1`): a witness says that, at an instant, this
//! head was the largest it had seen of this log and grew out of every one it had seen before.

use std::fmt;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::note::{NoteError, SignedNote, VerifierKey, key_id};
use crate::time::Timestamp;

/// The signature type of a timestamped Ed25519 cosignature.
const COSIGNATURE_TYPE: u8 = 4;

/// Cosigns the heads of logs under a name.
#[derive(Clone)]
pub struct Cosigner {
    name: String,
    seed: Zeroizing<[u8; 32]>,
}

/// Checks the cosignatures of one witness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CosignerKey(VerifierKey);

impl Cosigner {
    /// The witness with this name and Ed25519 seed. A name has no white space and no plus sign. The
    /// key must serve nothing else: what is signed does not say the name.
    #[must_use]
    pub fn from_seed(name: &str, seed: [u8; 32]) -> Self {
        Self { name: name.to_owned(), seed: Zeroizing::new(seed) }
    }

    fn key(&self) -> Ed25519KeyPair {
        Ed25519KeyPair::from_seed_unchecked(&*self.seed).expect("a seed has 32 bytes")
    }

    /// Whoever wants to check the cosignatures of this witness.
    #[must_use]
    pub fn verifier(&self) -> CosignerKey {
        let mut key = [0; 32];
        key.copy_from_slice(self.key().public_key().as_ref());
        let id = key_id(&self.name, COSIGNATURE_TYPE, &key);
        CosignerKey(VerifierKey { name: self.name.clone(), id, key })
    }

    /// The signature line for the text of a checkpoint, with its line break.
    #[must_use]
    pub fn cosign(&self, text: &str, at: Timestamp) -> String {
        let seconds = u64::try_from(at.as_seconds()).unwrap_or(0);
        let signature = self.key().sign(message(text, seconds).as_bytes());
        let id = self.verifier().0.id;
        let bytes = [id.as_slice(), &seconds.to_be_bytes(), signature.as_ref()].concat();
        format!("\u{2014} {} {}\n", self.name, STANDARD.encode(bytes))
    }
}

impl fmt::Debug for Cosigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cosigner({})", self.name)
    }
}

impl CosignerKey {
    /// Reads the key of a witness.
    ///
    /// # Errors
    /// When the text is none, or of another type of signature.
    pub fn parse(vkey: &str) -> Result<Self, NoteError> {
        VerifierKey::parse(vkey, COSIGNATURE_TYPE).map(Self)
    }

    /// The name of the witness.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The public key itself.
    #[must_use]
    pub const fn public_key(&self) -> &[u8; 32] {
        &self.0.key
    }

    /// When this witness cosigned the note; nothing if it did not.
    ///
    /// # Errors
    /// When a line claims to be its cosignature and is not.
    pub fn cosigned_at(&self, note: &SignedNote) -> Result<Option<Timestamp>, NoteError> {
        let Some(bytes) = note.signature_of(&self.0) else { return Ok(None) };
        let wrong = || NoteError::Signature { name: self.0.name.clone() };
        let (seconds, signature) = bytes.split_first_chunk::<8>().ok_or_else(wrong)?;
        let seconds = u64::from_be_bytes(*seconds);
        let key = UnparsedPublicKey::new(&ED25519, self.0.key);
        let said = message(note.text(), seconds);
        key.verify(said.as_bytes(), signature).map_err(|_| wrong())?;
        let millis = i64::try_from(seconds).ok().and_then(|seconds| seconds.checked_mul(1_000));
        let at = millis.and_then(|millis| Timestamp::from_millis(millis).ok());
        at.map(Some).ok_or_else(wrong)
    }
}

impl fmt::Display for CosignerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_vkey(COSIGNATURE_TYPE))
    }
}

fn message(text: &str, seconds: u64) -> String {
    format!("cosignature/v1\ntime {seconds}\n{text}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::{Checkpoint, NoteSigner, leaf_hash, sign_checkpoint};

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis).unwrap()
    }

    fn note() -> (String, String) {
        let root = leaf_hash(b"x");
        let checkpoint = Checkpoint { origin: "mall.example/log".into(), size: 7, root };
        let signer = NoteSigner::from_seed("mall.example/log", [5; 32]);
        (checkpoint.text(), sign_checkpoint(&checkpoint, &signer))
    }

    #[test]
    fn a_cosignature_holds_for_its_text_its_time_and_its_witness() {
        let (text, note) = note();
        let witness = Cosigner::from_seed("12315.example/witness", [6; 32]);
        let line = witness.cosign(&text, at(1_795_485_600_999));
        let cosigned = SignedNote::parse(&format!("{note}{line}")).unwrap();
        let key = CosignerKey::parse(&witness.verifier().to_string()).unwrap();
        assert_eq!(key.cosigned_at(&cosigned), Ok(Some(at(1_795_485_600_000))));
        // Nobody else's, and not there before.
        let other = Cosigner::from_seed("12315.example/witness", [7; 32]).verifier();
        assert_eq!(other.cosigned_at(&cosigned), Ok(None));
        assert_eq!(key.cosigned_at(&SignedNote::parse(&note).unwrap()), Ok(None));
        // Another time or another text under the same signature.
        let later = note.clone() + &witness.cosign(&text, at(0)).replace("AAAAAAAA", "AAAAAAAB");
        assert!(key.cosigned_at(&SignedNote::parse(&later).unwrap()).is_err());
        let moved = format!("{note}{line}").replacen("\n7\n", "\n8\n", 1);
        assert!(key.cosigned_at(&SignedNote::parse(&moved).unwrap()).is_err());
    }

    #[test]
    fn a_key_for_signing_notes_is_no_witness_and_the_other_way_round() {
        let signer = NoteSigner::from_seed("a", [1; 32]).vkey();
        assert_eq!(CosignerKey::parse(&signer), Err(NoteError::Key));
        let witness = Cosigner::from_seed("a", [1; 32]).verifier().to_string();
        assert_eq!(crate::log::NoteVerifier::parse(&witness), Err(NoteError::Key));
    }
}
