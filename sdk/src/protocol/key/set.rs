//! Sets of public keys (JWKS). Knows nothing of whose they are and where they came from.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::super::strict_json;
use super::{KeyError, KeyPurpose, PublicKey};
use crate::time::Timestamp;

/// The most keys one set may hold.
pub const KEYS_MAX: usize = 64;

/// The keys of one party. A signature counts only when a key of this set made it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeySet {
    keys: Vec<PublicKey>,
}

impl KeySet {
    /// An empty set, which trusts nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { keys: Vec::new() }
    }

    /// Reads a JWKS strictly. Keys of kinds and purposes that are not ours are passed over; one of
    /// ours that is malformed spoils the set, because a set that silently lost a key locks out.
    ///
    /// # Errors
    /// The JSON, the first malformed key, or a key with two purposes.
    pub fn from_jwks(bytes: &[u8]) -> Result<Self, KeyError> {
        let jwks: Jwks = strict_json::parse_object(bytes)?;
        if jwks.keys.len() > KEYS_MAX {
            return Err(KeyError::TooMany);
        }
        let mut set = Self::new();
        for jwk in &jwks.keys {
            match PublicKey::from_jwk(jwk) {
                Ok(key) => {
                    let kid = key.kid().to_owned();
                    if !set.insert(key) {
                        return Err(KeyError::TwoPurposes(kid));
                    }
                }
                Err(KeyError::Unsupported) => {}
                Err(malformed) => return Err(malformed),
            }
        }
        Ok(set)
    }

    /// The set as a JWKS, to be published.
    #[must_use]
    pub fn to_jwks(&self) -> Value {
        let keys = self.keys.iter().map(PublicKey::to_jwk).collect();
        Value::Object(Map::from_iter([("keys".to_owned(), Value::Array(keys))]))
    }

    /// Adds a key and says whether it is in. The same key again takes the new `not_after`; a key
    /// that is in for another purpose stays what it was.
    pub fn insert(&mut self, key: PublicKey) -> bool {
        let known = self.keys.iter().position(|known| known.kid() == key.kid());
        match known {
            Some(at) if self.keys[at].purpose() == key.purpose() => self.keys[at] = key,
            Some(_) => return false,
            None => self.keys.push(key),
        }
        true
    }

    /// The key of this name, if it serves this purpose and is good at `now`.
    #[must_use]
    pub fn find(&self, kid: &str, purpose: KeyPurpose, now: Timestamp) -> Option<&PublicKey> {
        let key = self.keys.iter().find(|key| key.kid() == kid)?;
        (key.purpose() == purpose && key.is_good_at(now)).then_some(key)
    }

    /// Every key, in the order of the set.
    pub fn iter(&self) -> impl Iterator<Item = &PublicKey> {
        self.keys.iter()
    }

    /// Whether nothing is trusted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

#[derive(Deserialize)]
struct Jwks {
    keys: Vec<Value>,
}
