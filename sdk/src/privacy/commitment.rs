//! Salted commitments: a leaf can be held to a personal value without telling it.
//!
//! `HMAC-SHA256(key = salt, "gc/v1/commit" ‖ 0 ‖ stream ‖ 0 ‖ field ‖ 0 ‖ value)`. The salt is 256
//! random bits and lives in the sealed dossier only, so that no guess at a phone number can be
//! tested once the case key is gone.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use zeroize::Zeroizing;

use super::mac;

/// The salt of one commitment.
#[derive(Clone)]
pub struct Salt(Zeroizing<[u8; 32]>);

impl Salt {
    /// The salt made of these random bytes.
    #[must_use]
    pub fn new(random: [u8; 32]) -> Self {
        Self(Zeroizing::new(random))
    }
}

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt(…)")
    }
}

impl Serialize for Salt {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(*self.0))
    }
}

impl<'de> Deserialize<'de> for Salt {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        decode(&String::deserialize(deserializer)?).map(Self::new).ok_or_else(wrong)
    }
}

/// A commitment to one field of one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Commitment([u8; 32]);

impl Commitment {
    /// The commitment to a value under a salt.
    #[must_use]
    pub fn of(salt: &Salt, stream: &str, field: &str, value: &[u8]) -> Self {
        let (stream, field) = (stream.as_bytes(), field.as_bytes());
        Self(mac(&*salt.0, &[b"gc/v1/commit", &[0], stream, &[0], field, &[0], value]))
    }

    /// Whether this value under this salt is the one committed to.
    #[must_use]
    pub fn holds(&self, salt: &Salt, stream: &str, field: &str, value: &[u8]) -> bool {
        let other = Self::of(salt, stream, field, value);
        verify_slices_are_equal(&self.0, &other.0).is_ok()
    }
}

impl fmt::Display for Commitment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

impl Serialize for Commitment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Commitment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        decode(&String::deserialize(deserializer)?).map(Self).ok_or_else(wrong)
    }
}

fn decode(text: &str) -> Option<[u8; 32]> {
    STANDARD.decode(text).ok()?.try_into().ok()
}

fn wrong<E: de::Error>() -> E {
    E::custom("not 32 bytes in base64")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commitment_holds_for_exactly_its_value_field_stream_and_salt() {
        let (salt, other) = (Salt::new([1; 32]), Salt::new([2; 32]));
        let commitment = Commitment::of(&salt, "s", "phone", b"13800000000");
        assert!(commitment.holds(&salt, "s", "phone", b"13800000000"));
        assert!(!commitment.holds(&other, "s", "phone", b"13800000000"));
        assert!(!commitment.holds(&salt, "t", "phone", b"13800000000"));
        assert!(!commitment.holds(&salt, "s", "name", b"13800000000"));
        assert!(!commitment.holds(&salt, "s", "phone", b"13800000001"));
    }

    #[test]
    fn it_reads_back_as_written() {
        let commitment = Commitment::of(&Salt::new([7; 32]), "s", "f", b"v");
        let text = serde_json::to_string(&commitment).unwrap();
        assert_eq!(serde_json::from_str::<Commitment>(&text).unwrap(), commitment);
    }
}
