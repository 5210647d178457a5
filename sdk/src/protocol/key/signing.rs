//! The private half of a key. Knows nothing of sets and of what is signed.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::encoding::{AsBigEndian, Curve25519SeedBin};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::{Alg, KeyError, KeyPurpose, PublicKey};

/// An Ed25519 key that signs for one purpose. The seed is wiped when it is dropped.
#[derive(Clone)]
pub struct SigningKey {
    seed: Zeroizing<[u8; 32]>,
    /// Made once: working out the public half again costs as much as a signature.
    pair: Arc<Ed25519KeyPair>,
    public: PublicKey,
}

impl SigningKey {
    /// The key of this seed: 32 unpredictable bytes.
    ///
    /// # Panics
    /// Never for 32 bytes, unless the crypto library is broken.
    #[must_use]
    pub fn from_seed(seed: [u8; 32], purpose: KeyPurpose) -> Self {
        let seed = Zeroizing::new(seed);
        let pair = Ed25519KeyPair::from_seed_unchecked(seed.as_slice())
            .expect("any 32 bytes are an Ed25519 seed");
        let x: &[u8] = pair.public_key().as_ref();
        let x = <[u8; 32]>::try_from(x).expect("an Ed25519 public key has 32 bytes");
        let public = PublicKey::of_ed25519(x, purpose);
        Self { seed, pair: Arc::new(pair), public }
    }

    /// Reads an unencrypted PKCS#8 PEM, as OpenSSL writes it.
    ///
    /// # Errors
    /// Anything but one Ed25519 private key.
    pub fn from_pkcs8_pem(pem: &str, purpose: KeyPurpose) -> Result<Self, KeyError> {
        let body = pem.trim().strip_prefix(PEM_BEGIN).and_then(|rest| rest.strip_suffix(PEM_END));
        let packed: Zeroizing<String> =
            Zeroizing::new(body.ok_or(KeyError::Pem)?.split_ascii_whitespace().collect());
        let der = Zeroizing::new(STANDARD.decode(packed.as_bytes()).map_err(|_| KeyError::Pem)?);
        let pair = Ed25519KeyPair::from_pkcs8(&der).map_err(|_| KeyError::Pem)?;
        let seed = pair.seed().map_err(|_| KeyError::Pem)?;
        let seed: Curve25519SeedBin<'static> = seed.as_be_bytes().map_err(|_| KeyError::Pem)?;
        let bytes: &[u8] = (*seed).as_ref();
        let bytes = Zeroizing::new(<[u8; 32]>::try_from(bytes).map_err(|_| KeyError::Pem)?);
        Ok(Self::from_seed(*bytes, purpose))
    }

    /// Writes the private key as PKCS#8 PEM. Keep it where only the server can read it.
    #[must_use]
    pub fn to_pkcs8_pem(&self) -> Zeroizing<String> {
        let body = Zeroizing::new(STANDARD.encode(pkcs8_of(&self.seed).as_slice()));
        Zeroizing::new(format!("{PEM_BEGIN}\n{}\n{PEM_END}\n", body.as_str()))
    }

    /// The key's name: the RFC 7638 thumbprint of its public half.
    #[must_use]
    pub fn kid(&self) -> &str {
        self.public.kid()
    }

    /// What the key signs.
    #[must_use]
    pub fn purpose(&self) -> KeyPurpose {
        self.public.purpose()
    }

    /// The public half, to be published.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        self.public.clone()
    }

    pub(in crate::protocol) fn alg(&self) -> Alg {
        self.public.alg()
    }

    /// The seed, for signers that are not JOSE (the log's notes).
    #[must_use]
    pub fn seed(&self) -> &[u8; 32] {
        &self.seed
    }

    /// The signature over these bytes.
    pub(in crate::protocol) fn sign(&self, bytes: &[u8]) -> impl AsRef<[u8]> + use<> {
        self.pair.sign(bytes)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("public", &self.public).finish_non_exhaustive()
    }
}

const PEM_BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const PEM_END: &str = "-----END PRIVATE KEY-----";

/// PKCS#8 version 1 of an Ed25519 key (RFC 8410): a constant head and the seed.
fn pkcs8_of(seed: &[u8; 32]) -> Zeroizing<[u8; 48]> {
    const HEAD: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    let mut der = Zeroizing::new([0; 48]);
    der[..16].copy_from_slice(&HEAD);
    der[16..].copy_from_slice(seed);
    der
}
