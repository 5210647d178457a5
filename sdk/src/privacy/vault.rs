//! The vault: a key per case, wrapped by one key-encryption key; AES-256-GCM throughout.
//!
//! What is sealed is bound to its place (table, column, case, row): bytes moved elsewhere do not
//! open. Sealed form: version byte 1, nonce of 12 bytes, ciphertext with tag.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use zeroize::Zeroizing;

use super::mac;
use crate::ids::CaseId;

const VERSION: u8 = 1;

/// The key-encryption key: whoever has it and the database can read everything. Wrapping and the
/// blind index each use a key derived from it, so that no key serves two purposes.
#[derive(Clone)]
pub struct Kek {
    key: Zeroizing<[u8; 32]>,
    wrapping: Zeroizing<[u8; 32]>,
    id: String,
}

/// The key of one case. Destroying every copy of it erases the person. Sealing and fingerprints
/// each use a key derived from it.
#[derive(Clone)]
pub struct CaseKey {
    key: Zeroizing<[u8; 32]>,
    sealing: Zeroizing<[u8; 32]>,
}

/// Where something sealed belongs.
#[derive(Clone, Copy, Debug)]
pub struct SealContext<'a> {
    /// The table.
    pub table: &'a str,
    /// The column.
    pub column: &'a str,
    /// The case.
    pub case: CaseId,
    /// The row within the case.
    pub row: &'a str,
}

/// It does not open: another key, another place, or other bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("sealed data does not open: another key, another place, or damaged")]
pub struct VaultError;

impl Kek {
    /// The key-encryption key made of these bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        let id = hex::encode(&mac(&bytes, &[b"gc/v1/kek-id"])[..4]);
        let wrapping = Zeroizing::new(mac(&bytes, &[b"gc/v1/wrapping"]));
        Self { key: Zeroizing::new(bytes), wrapping, id }
    }

    /// A name for the key that says nothing about it.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Wraps a case key.
    #[must_use]
    pub fn wrap(&self, case: CaseId, key: &CaseKey, nonce: [u8; 12]) -> Vec<u8> {
        seal(&self.wrapping, &self.context(case), &*key.key, nonce)
    }

    /// Unwraps a case key.
    ///
    /// # Errors
    /// When it was wrapped by another key, for another case, or is damaged.
    pub fn unwrap(&self, case: CaseId, wrapped: &[u8]) -> Result<CaseKey, VaultError> {
        let plain = open(&self.wrapping, &self.context(case), wrapped)?;
        let bytes: [u8; 32] = plain.as_slice().try_into().map_err(|_| VaultError)?;
        Ok(CaseKey::from_bytes(bytes))
    }

    /// Seals something small that belongs to no case, under a name: moved to another name it does
    /// not open. A nonce must never be used twice: take it fresh from a random source.
    #[must_use]
    pub fn seal_named(&self, name: &str, plain: &[u8], nonce: [u8; 12]) -> Vec<u8> {
        seal(&self.naming(), &named(name), plain, nonce)
    }

    /// Opens what was sealed under this name.
    ///
    /// # Errors
    /// When it was sealed under another key, under another name, or is damaged.
    pub fn open_named(&self, name: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        open(&self.naming(), &named(name), sealed)
    }

    fn naming(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.derive(b"gc/v1/named-sealing"))
    }

    fn context(&self, case: CaseId) -> Vec<u8> {
        [b"gc/v1/case-key\0", case.as_bytes().as_slice(), b"\0", self.id.as_bytes()].concat()
    }

    /// A key of its own for another purpose.
    pub(super) fn derive(&self, purpose: &[u8]) -> [u8; 32] {
        mac(&*self.key, &[purpose])
    }
}

impl CaseKey {
    /// The case key made of these random bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        let sealing = Zeroizing::new(mac(&bytes, &[b"gc/v1/sealing"]));
        Self { key: Zeroizing::new(bytes), sealing }
    }

    /// Seals bytes for one place. A nonce must never be used twice with one key: take it fresh
    /// from a random source.
    #[must_use]
    pub fn seal(&self, context: &SealContext<'_>, plain: &[u8], nonce: [u8; 12]) -> Vec<u8> {
        seal(&self.sealing, &context.bytes(), plain, nonce)
    }

    /// Opens bytes sealed for this place.
    ///
    /// # Errors
    /// When they were sealed under another key, for another place, or are damaged.
    pub fn open(
        &self,
        context: &SealContext<'_>,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        open(&self.sealing, &context.bytes(), sealed)
    }

    /// A fingerprint by which a body can be recognised while the key lives, and not after.
    #[must_use]
    pub fn fingerprint(&self, domain: &str, bytes: &[u8]) -> [u8; 32] {
        let key = Zeroizing::new(mac(&*self.key, &[b"gc/v1/fingerprint"]));
        mac(&*key, &[domain.as_bytes(), &[0], bytes])
    }
}

impl SealContext<'_> {
    fn bytes(&self) -> Vec<u8> {
        let parts = [
            b"gc/v1/seal".as_slice(),
            self.table.as_bytes(),
            self.column.as_bytes(),
            self.case.as_bytes(),
            self.row.as_bytes(),
        ];
        // The case is of fixed length and no name holds a zero byte, so the parts cannot shift.
        parts.join(&0)
    }
}

fn named(name: &str) -> Vec<u8> {
    [b"gc/v1/named\0".as_slice(), name.as_bytes()].concat()
}

fn cipher(key: &[u8; 32]) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("the key has 32 bytes"))
}

fn seal(key: &[u8; 32], context: &[u8], plain: &[u8], nonce: [u8; 12]) -> Vec<u8> {
    let mut sealed = Vec::with_capacity(1 + NONCE_LEN + plain.len() + AES_256_GCM.tag_len());
    sealed.push(VERSION);
    sealed.extend_from_slice(&nonce);
    // Room for the tag from the start: growing would leave an unwiped copy of the plaintext behind.
    let mut body = Vec::with_capacity(plain.len() + AES_256_GCM.tag_len());
    body.extend_from_slice(plain);
    cipher(key)
        .seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(context),
            &mut body,
        )
        .expect("no plaintext of ours comes near the limit of AES-GCM");
    sealed.extend_from_slice(&body);
    sealed
}

fn open(key: &[u8; 32], context: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    let (version, rest) = sealed.split_first().ok_or(VaultError)?;
    let (nonce, body) = rest.split_first_chunk::<NONCE_LEN>().ok_or(VaultError)?;
    if *version != VERSION {
        return Err(VaultError);
    }
    let mut body = Zeroizing::new(body.to_vec());
    let nonce = Nonce::assume_unique_for_key(*nonce);
    let plain = cipher(key).open_in_place(nonce, Aad::from(context), &mut body);
    let length = plain.map_err(|_| VaultError)?.len();
    body.truncate(length);
    Ok(body)
}

impl fmt::Debug for Kek {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kek({})", self.id)
    }
}

impl fmt::Debug for CaseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CaseKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(byte: u8) -> CaseId {
        CaseId::from_bytes([byte; 16])
    }

    fn place<'a>(table: &'a str, row: &'a str, byte: u8) -> SealContext<'a> {
        SealContext { table, column: "words", case: case(byte), row }
    }

    #[test]
    fn what_is_sealed_opens_only_in_its_place_and_under_its_key() {
        let key = CaseKey::from_bytes([1; 32]);
        let sealed = key.seal(&place("sealed", "0", 1), "张三".as_bytes(), [9; 12]);
        assert_eq!(*key.open(&place("sealed", "0", 1), &sealed).unwrap(), "张三".as_bytes());
        assert!(!sealed.windows(6).any(|window| window == "张三".as_bytes()));
        for other in [place("outbox", "0", 1), place("sealed", "1", 1), place("sealed", "0", 2)] {
            assert_eq!(key.open(&other, &sealed).unwrap_err(), VaultError);
        }
        let stranger = CaseKey::from_bytes([2; 32]);
        assert!(stranger.open(&place("sealed", "0", 1), &sealed).is_err());
    }

    #[test]
    fn damaged_or_cut_bytes_never_open() {
        let key = CaseKey::from_bytes([1; 32]);
        let sealed = key.seal(&place("sealed", "0", 1), b"words", [9; 12]);
        for length in 0..sealed.len() {
            assert!(key.open(&place("sealed", "0", 1), &sealed[..length]).is_err());
        }
        for bit in 0..sealed.len() * 8 {
            let mut flipped = sealed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(key.open(&place("sealed", "0", 1), &flipped).is_err());
        }
    }

    #[test]
    fn what_is_sealed_under_a_name_opens_only_under_it() {
        let kek = Kek::from_bytes([3; 32]);
        let sealed = kek.seal_named("person/wang/totp", b"secret", [5; 12]);
        assert_eq!(*kek.open_named("person/wang/totp", &sealed).unwrap(), b"secret");
        assert!(kek.open_named("person/zhao/totp", &sealed).is_err());
        let stranger = Kek::from_bytes([4; 32]);
        assert!(stranger.open_named("person/wang/totp", &sealed).is_err());
    }

    #[test]
    fn a_wrapped_key_unwraps_only_for_its_case() {
        let kek = Kek::from_bytes([3; 32]);
        let key = CaseKey::from_bytes([1; 32]);
        let wrapped = kek.wrap(case(1), &key, [5; 12]);
        assert_eq!(*kek.unwrap(case(1), &wrapped).unwrap().key, [1; 32]);
        assert!(kek.unwrap(case(2), &wrapped).is_err());
        assert!(Kek::from_bytes([4; 32]).unwrap(case(1), &wrapped).is_err());
    }
}
