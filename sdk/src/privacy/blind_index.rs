//! The blind index: finding what is sealed by a value one already knows, without keeping it.

use std::fmt;

use zeroize::Zeroizing;

use super::mac;
use super::vault::Kek;

/// The key of the blind index.
#[derive(Clone)]
pub struct BlindIndexKey(Zeroizing<[u8; 32]>);

impl BlindIndexKey {
    /// The index key that belongs to a key-encryption key.
    #[must_use]
    pub fn from_kek(kek: &Kek) -> Self {
        Self(Zeroizing::new(kek.derive(b"gc/v1/blind-index")))
    }

    /// The blind value of `value` in a domain such as `phone`. Equal values of one domain are
    /// equal, and that is all it tells without the key.
    #[must_use]
    pub fn of(&self, domain: &str, value: &[u8]) -> [u8; 32] {
        mac(&*self.0, &[b"gc/v1/blind/", domain.as_bytes(), &[0], value])
    }
}

impl fmt::Debug for BlindIndexKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BlindIndexKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_again_only_in_its_domain_and_under_its_key() {
        let key = BlindIndexKey::from_kek(&Kek::from_bytes([1; 32]));
        let other = BlindIndexKey::from_kek(&Kek::from_bytes([2; 32]));
        assert_eq!(key.of("phone", b"1"), key.of("phone", b"1"));
        assert_ne!(key.of("phone", b"1"), key.of("number", b"1"));
        assert_ne!(key.of("phone", b"1"), other.of("phone", b"1"));
    }
}
