//! Identifiers: prefixed UUIDv7 inside, random pseudonyms outside.
//!
//! Every kind is a type of its own, so that no function can be handed the wrong one. New ids take
//! the time and the randomness they are made of: [`Entropy`] is asked at the edge.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::time::Timestamp;

/// A source of randomness. The pure rooms never hold one: they take the bytes.
pub trait Entropy: Send + Sync + 'static {
    /// Fills `bytes` with unpredictable bytes.
    fn fill(&self, bytes: &mut [u8]);
}

/// The text is no identifier of the expected kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not {expected}")]
pub struct IdError {
    expected: &'static str,
}

macro_rules! prefixed_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// The prefix of the text form.
            pub const PREFIX: &'static str = $prefix;

            /// A new id: UUIDv7 of this instant and these random bytes.
            #[must_use]
            pub fn new(now: Timestamp, random: [u8; 10]) -> Self {
                let millis = u64::try_from(now.as_millis()).unwrap_or(0);
                Self(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
            }

            /// The 16 bytes of the UUID, as a database keeps them.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// The id with these 16 bytes, as a database gives them back.
            #[must_use]
            pub fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), self.0.simple())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                let error = IdError { expected: concat!("an id like ", $prefix, "_0190…") };
                let hex = text.strip_prefix(concat!($prefix, "_")).ok_or(error.clone())?;
                let plain = hex.len() == 32
                    && hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
                match Uuid::try_parse(hex) {
                    Ok(uuid) if plain => Ok(Self(uuid)),
                    _ => Err(error),
                }
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::from_text::from_text(deserializer)
            }
        }
    };
}

prefixed_id!(
    /// One case: our handling of one complaint.
    CaseId,
    "case"
);
prefixed_id!(
    /// One settlement offer (和解方案) within a case.
    OfferId,
    "ofr"
);
prefixed_id!(
    /// One report to the center (回传); also its idempotency key on the wire.
    ReportId,
    "rpt"
);
prefixed_id!(
    /// One advance compensation (赔偿先付); also the key under which a provider pays it, for ever.
    AdvanceId,
    "adv"
);
prefixed_id!(
    /// One thing that needs two people: a write-off, a return of money, a correction.
    ProposalId,
    "prp"
);
prefixed_id!(
    /// One tenant (场内商户): a shop the host answers for. Random; says nothing about the shop.
    TenantId,
    "tnt"
);

/// A random public name: of a case's stream in the log, or of a person who acted.
///
/// Random bits in lower-case hex: 128 for a person, 80 behind the instant of birth for a stream. It
/// is derived from nothing else, so it says nothing else.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pseudonym([u8; 16]);

impl Pseudonym {
    /// The pseudonym made of these random bytes.
    #[must_use]
    pub const fn new(random: [u8; 16]) -> Self {
        Self(random)
    }

    /// A pseudonym that begins with this instant: what is born together is stored together. For
    /// the streams of cases, whose first leaf tells the same instant to everybody anyway; the 80
    /// random bits are what ties it to nobody.
    #[must_use]
    pub fn born(now: Timestamp, random: [u8; 10]) -> Self {
        let millis = u64::try_from(now.as_millis()).unwrap_or(0).to_be_bytes();
        let mut bytes = [0; 16];
        bytes[..6].copy_from_slice(&millis[2..]);
        bytes[6..].copy_from_slice(&random);
        Self(bytes)
    }

    /// The 16 bytes, as a database keeps them.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Pseudonym {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let error = IdError { expected: "a pseudonym of 32 lower-case hex digits" };
        let mut bytes = [0; 16];
        let plain = !text.bytes().any(|b| b.is_ascii_uppercase());
        match hex::decode_to_slice(text, &mut bytes) {
            Ok(()) if plain => Ok(Self(bytes)),
            _ => Err(error),
        }
    }
}

impl Serialize for Pseudonym {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Pseudonym {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::from_text::from_text(deserializer)
    }
}

/// The number the center gave a complaint (投诉编号), as it wrote it.
///
/// 1 to 64 of `A–Z a–z 0–9 - _ .`, so that it is safe in a URL. It may be guessable, so the log
/// only commits to it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ComplaintNo(String);

impl ComplaintNo {
    /// The number as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ComplaintNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ComplaintNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ComplaintNo {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
        if (1..=64).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(IdError { expected: "a complaint number of 1 to 64 letters, digits, - _ or ." })
        }
    }
}

impl Serialize for ComplaintNo {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for ComplaintNo {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::from_text::from_text(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis).unwrap()
    }

    #[test]
    fn an_id_reads_back_and_no_other_kind_accepts_it() {
        let id = CaseId::new(at(1_795_485_600_000), [7; 10]);
        assert_eq!(id.to_string().parse::<CaseId>().unwrap(), id);
        assert!(id.to_string().parse::<ReportId>().is_err());
        assert!(id.to_string().to_uppercase().parse::<CaseId>().is_err());
        assert_eq!(CaseId::from_bytes(*id.as_bytes()), id);
    }

    #[test]
    fn ids_sort_by_the_time_they_were_made() {
        assert!(CaseId::new(at(1), [255; 10]) < CaseId::new(at(2), [0; 10]));
    }

    #[test]
    fn a_complaint_number_is_safe_in_a_url() {
        assert!("1320000002026112400001".parse::<ComplaintNo>().is_ok());
        for bad in ["", "a/b", "..%2f", "投诉", "a b", &"9".repeat(65)] {
            assert!(bad.parse::<ComplaintNo>().is_err(), "{bad}");
        }
    }
}
