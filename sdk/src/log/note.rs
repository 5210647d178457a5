//! Signed notes (C2SP signed-note): a text and lines of signatures below it. Signatures of
//! strangers are no fault; at least one of those we wait for must hold.

use std::fmt;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::hash::sha256;

/// The signature type of plain Ed25519.
const ED25519_TYPE: u8 = 1;
/// The most signatures a note may carry.
const SIGNATURES_MAX: usize = 100;

/// The note cannot be believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Not a signed note.
    #[error("not a signed note: text, an empty line, then lines that begin with “— ”")]
    Malformed,
    /// None of the signatures we wait for is there.
    #[error("no signature of a signer we know")]
    Unsigned,
    /// A signature of a signer we know is wrong.
    #[error("the signature of {name} does not hold")]
    Signature {
        /// The signer.
        name: String,
    },
    /// Not a verifier key.
    #[error("not a verifier key of the form name+hash+key")]
    Key,
}

/// Signs notes under a name.
#[derive(Clone)]
pub struct NoteSigner {
    name: String,
    seed: Zeroizing<[u8; 32]>,
}

/// Checks the notes of one signer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteVerifier(VerifierKey);

/// A public key under a name, with the id by which notes name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct VerifierKey {
    pub(super) name: String,
    pub(super) id: [u8; 4],
    pub(super) key: [u8; 32],
}

/// A text with its signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedNote {
    text: String,
    signatures: Vec<(String, [u8; 4], Vec<u8>)>,
}

impl NoteSigner {
    /// The signer with this name and Ed25519 seed. A name has no white space and no plus sign.
    #[must_use]
    pub fn from_seed(name: &str, seed: [u8; 32]) -> Self {
        Self { name: name.to_owned(), seed: Zeroizing::new(seed) }
    }

    fn key(&self) -> Ed25519KeyPair {
        Ed25519KeyPair::from_seed_unchecked(&*self.seed).expect("a seed has 32 bytes")
    }

    /// Whoever wants to check the notes of this signer.
    #[must_use]
    pub fn verifier(&self) -> NoteVerifier {
        let mut key = [0; 32];
        key.copy_from_slice(self.key().public_key().as_ref());
        let id = key_id(&self.name, ED25519_TYPE, &key);
        NoteVerifier(VerifierKey { name: self.name.clone(), id, key })
    }

    /// The verifier key as text: `name+hash+key`.
    #[must_use]
    pub fn vkey(&self) -> String {
        self.verifier().to_string()
    }

    /// The text (which ends with a line break) with this signer's signature below it.
    #[must_use]
    pub fn sign(&self, text: &str) -> String {
        debug_assert!(text.ends_with('\n'), "the text of a note ends with a line break");
        let id = self.verifier().0.id;
        let signature = self.key().sign(text.as_bytes());
        let bytes = [id.as_slice(), signature.as_ref()].concat();
        format!("{text}\n\u{2014} {} {}\n", self.name, STANDARD.encode(bytes))
    }
}

impl fmt::Debug for NoteSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NoteSigner({})", self.name)
    }
}

impl NoteVerifier {
    /// Reads a verifier key.
    ///
    /// # Errors
    /// When the text is none, or its hash is not that of its key.
    pub fn parse(vkey: &str) -> Result<Self, NoteError> {
        VerifierKey::parse(vkey, ED25519_TYPE).map(Self)
    }

    /// The signer's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The public key itself.
    #[must_use]
    pub const fn public_key(&self) -> &[u8; 32] {
        &self.0.key
    }
}

impl fmt::Display for NoteVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_vkey(ED25519_TYPE))
    }
}

impl VerifierKey {
    /// Reads `name+hash+key` of one type of signature.
    pub(super) fn parse(vkey: &str, wanted: u8) -> Result<Self, NoteError> {
        let mut parts = vkey.trim().splitn(3, '+');
        let (name, id, key) = (parts.next(), parts.next(), parts.next());
        let (Some(name), Some(id), Some(key)) = (name, id, key) else { return Err(NoteError::Key) };
        let key = STANDARD.decode(key).map_err(|_| NoteError::Key)?;
        let (kind, key) = key.split_first().ok_or(NoteError::Key)?;
        let key: [u8; 32] = key.try_into().map_err(|_| NoteError::Key)?;
        let verifier = Self { name: name.to_owned(), id: key_id(name, wanted, &key), key };
        let right = *kind == wanted && hex::encode(verifier.id) == id && name_is_good(name);
        if right { Ok(verifier) } else { Err(NoteError::Key) }
    }

    /// The key as text.
    pub(super) fn to_vkey(&self, kind: u8) -> String {
        let key = [&[kind], self.key.as_slice()].concat();
        format!("{}+{}+{}", self.name, hex::encode(self.id), STANDARD.encode(key))
    }
}

impl SignedNote {
    /// Reads a note without believing it yet.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(note: &str) -> Result<Self, NoteError> {
        if note.chars().any(|c| c.is_control() && c != '\n') {
            return Err(NoteError::Malformed);
        }
        let at = note.rfind("\n\n").ok_or(NoteError::Malformed)?;
        let (text, lines) = (&note[..=at], &note[at + 2..]);
        let lines = lines.strip_suffix('\n').ok_or(NoteError::Malformed)?;
        let mut signatures = Vec::new();
        for line in lines.split('\n') {
            let line = line.strip_prefix("\u{2014} ").ok_or(NoteError::Malformed)?;
            let (name, signature) = line.split_once(' ').ok_or(NoteError::Malformed)?;
            let bytes = STANDARD.decode(signature).map_err(|_| NoteError::Malformed)?;
            let (id, signature) = bytes.split_first_chunk::<4>().ok_or(NoteError::Malformed)?;
            if !name_is_good(name) || signatures.len() == SIGNATURES_MAX {
                return Err(NoteError::Malformed);
            }
            signatures.push((name.to_owned(), *id, signature.to_vec()));
        }
        Ok(Self { text: text.to_owned(), signatures })
    }

    /// What is signed, believed or not.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signature that claims to be of this key.
    pub(super) fn signature_of(&self, key: &VerifierKey) -> Option<&[u8]> {
        let of_key =
            |(name, id, _): &&(String, [u8; 4], Vec<u8>)| *name == key.name && *id == key.id;
        self.signatures.iter().find(of_key).map(|(_, _, signature)| signature.as_slice())
    }

    /// The text, if one of these signers signed it and none of them wrongly.
    ///
    /// # Errors
    /// When a known signature is wrong, or none is there.
    pub fn verify(&self, known: &[NoteVerifier]) -> Result<&str, NoteError> {
        let mut held = 0;
        for (name, id, signature) in &self.signatures {
            let signer = known.iter().map(|signer| &signer.0);
            let signer = signer.into_iter().find(|key| key.name == *name && key.id == *id);
            let Some(signer) = signer else { continue };
            let key = UnparsedPublicKey::new(&ED25519, signer.key);
            if key.verify(self.text.as_bytes(), signature).is_err() {
                return Err(NoteError::Signature { name: name.clone() });
            }
            held += 1;
        }
        if held > 0 { Ok(&self.text) } else { Err(NoteError::Unsigned) }
    }
}

pub(super) fn key_id(name: &str, kind: u8, key: &[u8; 32]) -> [u8; 4] {
    let hash = sha256(&[name.as_bytes(), b"\n", &[kind], key]);
    let [a, b, c, d, ..] = *hash.as_bytes();
    [a, b, c, d]
}

/// Whether a signer or a log can have this name: something, without white space or a plus sign.
#[must_use]
pub fn name_is_good(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(|c| c.is_whitespace() || c == '+')
}
