//! The merchant's secrets: one key per purpose, and the key-encryption key. Knows nothing of where
//! they are kept; an operator's file has the form of [`KeyRingFile`].

use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use crate::ids::{Entropy, Pseudonym};
use crate::log::NoteSigner;
use crate::privacy::Kek;
use crate::protocol::{KeyPurpose, KeySet, SigningKey};

/// The secrets as an operator keeps them: 32-byte seeds in hex. Guard this file like money.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyRingFile {
    /// Signs requests to the center (Ed25519 seed).
    pub request_seed: String,
    /// Signs receipts and dossiers (Ed25519 seed).
    pub receipt_seed: String,
    /// Signs checkpoints (Ed25519 seed).
    pub log_seed: String,
    /// Wraps case keys (AES-256). Without it every case is unreadable for ever.
    pub key_encryption_key: String,
    /// The system's own pseudonym in the log.
    pub system_pseudonym: String,
}

impl KeyRingFile {
    /// Fresh secrets.
    #[must_use]
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let fresh = || {
            let mut bytes = [0; 32];
            entropy.fill(&mut bytes);
            hex::encode(bytes)
        };
        let mut name = [0; 16];
        entropy.fill(&mut name);
        Self {
            request_seed: fresh(),
            receipt_seed: fresh(),
            log_seed: fresh(),
            key_encryption_key: fresh(),
            system_pseudonym: Pseudonym::new(name).to_string(),
        }
    }
}

impl Drop for KeyRingFile {
    fn drop(&mut self) {
        self.request_seed.zeroize();
        self.receipt_seed.zeroize();
        self.log_seed.zeroize();
        self.key_encryption_key.zeroize();
    }
}

/// The merchant's secrets, ready for use.
#[derive(Clone)]
pub struct KeyRing {
    request: SigningKey,
    receipt: SigningKey,
    log_seed: zeroize::Zeroizing<[u8; 32]>,
    kek: zeroize::Zeroizing<[u8; 32]>,
    system: Pseudonym,
}

/// A secret does not read.
#[derive(Debug, thiserror::Error)]
#[error("{field}: give 64 hex digits (32 for system_pseudonym)")]
pub struct KeyError {
    /// Which.
    pub field: &'static str,
}

impl KeyRing {
    /// Reads an operator's file.
    ///
    /// # Errors
    /// The first field that does not read.
    pub fn from_file(file: &KeyRingFile) -> Result<Self, KeyError> {
        let seed = |text: &str, field| {
            let mut bytes = [0; 32];
            hex::decode_to_slice(text, &mut bytes).map_err(|_| KeyError { field })?;
            Ok::<_, KeyError>(bytes)
        };
        let request = seed(&file.request_seed, "request_seed")?;
        let receipt = seed(&file.receipt_seed, "receipt_seed")?;
        let system = file.system_pseudonym.parse();
        Ok(Self {
            request: SigningKey::from_seed(request, KeyPurpose::Request),
            receipt: SigningKey::from_seed(receipt, KeyPurpose::Receipt),
            log_seed: seed(&file.log_seed, "log_seed")?.into(),
            kek: seed(&file.key_encryption_key, "key_encryption_key")?.into(),
            system: system.map_err(|_| KeyError { field: "system_pseudonym" })?,
        })
    }

    /// The key that signs requests.
    #[must_use]
    pub fn request(&self) -> &SigningKey {
        &self.request
    }

    /// The key that signs receipts and dossiers.
    #[must_use]
    pub fn receipt(&self) -> &SigningKey {
        &self.receipt
    }

    /// The public halves of the keys that sign messages.
    #[must_use]
    pub fn public(&self) -> KeySet {
        let mut keys = KeySet::new();
        keys.insert(self.request.public());
        keys.insert(self.receipt.public());
        keys
    }

    /// The signer of checkpoints.
    #[must_use]
    pub fn log_signer(&self, origin: &str) -> NoteSigner {
        NoteSigner::from_seed(origin, *self.log_seed)
    }

    /// The verifier key of checkpoints.
    #[must_use]
    pub fn log_vkey(&self, origin: &str) -> String {
        self.log_signer(origin).vkey()
    }

    pub(super) fn kek(&self) -> Kek {
        Kek::from_bytes(*self.kek)
    }

    pub(super) fn system_pseudonym(&self) -> Pseudonym {
        self.system
    }
}
