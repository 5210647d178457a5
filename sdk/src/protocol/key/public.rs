//! The public half of a key, as a JWK. Knows nothing of sets.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ParsedPublicKey};
use jsonwebtoken::DecodingKey;
use serde_json::{Map, Value};

use super::{Alg, KeyError, KeyPurpose, from_base64url, to_base64url};
use crate::time::Timestamp;

/// A key to verify with: its algorithm, its one purpose and until when it is good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    kid: String,
    purpose: KeyPurpose,
    not_after: Option<Timestamp>,
    point: Point,
}

#[derive(Clone, PartialEq, Eq)]
enum Point {
    Ed25519([u8; 32]),
    /// 0x04, x, y.
    P256([u8; 65]),
}

impl fmt::Debug for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ed25519(_) => "Ed25519",
            Self::P256(_) => "P-256",
        })
    }
}

impl PublicKey {
    pub(super) fn of_ed25519(x: [u8; 32], purpose: KeyPurpose) -> Self {
        Self::new(Point::Ed25519(x), purpose)
    }

    fn new(point: Point, purpose: KeyPurpose) -> Self {
        Self { kid: thumbprint(&point), purpose, not_after: None, point }
    }

    /// Reads one JWK of the fixed form; unknown members are passed over.
    ///
    /// # Errors
    /// [`KeyError::Unsupported`] for kinds, curves, uses and purposes that are not ours; otherwise
    /// what is wrong with a key that should have been ours.
    pub fn from_jwk(jwk: &Value) -> Result<Self, KeyError> {
        let members = jwk.as_object().ok_or(KeyError::Member("kty"))?;
        let text = |name: &str| members.get(name).and_then(Value::as_str);
        let supported = match (text("kty"), text("crv"), text("use")) {
            (Some("OKP"), Some("Ed25519"), Some("sig") | None) => Some(Alg::EdDsa),
            (Some("EC"), Some("P-256"), Some("sig") | None) => Some(Alg::Es256),
            _ => None,
        };
        let alg = supported.ok_or(KeyError::Unsupported)?;
        let purpose: KeyPurpose = text("gc_purpose").ok_or(KeyError::Unsupported)?.parse()?;
        if members.contains_key("d") {
            return Err(KeyError::Private);
        }
        if members.get("alg").is_some_and(|named| named.as_str() != Some(alg.as_str())) {
            return Err(KeyError::Member("alg"));
        }
        let key = Self::new(Point::read(alg, text("x"), text("y"))?, purpose);
        if members.get("kid").is_some_and(|kid| kid.as_str() != Some(key.kid.as_str())) {
            return Err(KeyError::Kid);
        }
        let not_after =
            members.get("gc_not_after").map(|at| at.as_str().unwrap_or("").parse::<Timestamp>());
        let not_after = not_after.transpose().map_err(|_| KeyError::Member("gc_not_after"))?;
        Ok(Self { not_after, ..key })
    }

    /// The key as a JWK, to be published.
    #[must_use]
    pub fn to_jwk(&self) -> Value {
        let mut members = Map::new();
        let mut put = |name: &str, value: String| {
            members.insert(name.to_owned(), Value::String(value));
        };
        match &self.point {
            Point::Ed25519(x) => {
                put("kty", "OKP".to_owned());
                put("crv", "Ed25519".to_owned());
                put("x", to_base64url(x));
            }
            Point::P256(point) => {
                put("kty", "EC".to_owned());
                put("crv", "P-256".to_owned());
                put("x", to_base64url(&point[1..33]));
                put("y", to_base64url(&point[33..]));
            }
        }
        put("kid", self.kid.clone());
        put("use", "sig".to_owned());
        put("alg", self.alg().as_str().to_owned());
        put("gc_purpose", self.purpose.as_str().to_owned());
        if let Some(at) = self.not_after {
            put("gc_not_after", at.to_string());
        }
        Value::Object(members)
    }

    /// The same key, good only until `at`: how a rotation announces the end of the old key.
    #[must_use]
    pub fn with_not_after(mut self, at: Timestamp) -> Self {
        self.not_after = Some(at);
        self
    }

    /// The key's name: its RFC 7638 thumbprint.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The algorithm its signatures have.
    #[must_use]
    pub fn alg(&self) -> Alg {
        match self.point {
            Point::Ed25519(_) => Alg::EdDsa,
            Point::P256(_) => Alg::Es256,
        }
    }

    /// What it may have signed.
    #[must_use]
    pub fn purpose(&self) -> KeyPurpose {
        self.purpose
    }

    /// From when on it is no longer good, if that is known.
    #[must_use]
    pub fn not_after(&self) -> Option<Timestamp> {
        self.not_after
    }

    /// The 32 bytes of an Ed25519 key (for the log's notes); nothing for other kinds.
    #[must_use]
    pub fn ed25519(&self) -> Option<&[u8; 32]> {
        match &self.point {
            Point::Ed25519(x) => Some(x),
            Point::P256(_) => None,
        }
    }

    /// Whether it may be trusted at this instant.
    #[must_use]
    pub fn is_good_at(&self, now: Timestamp) -> bool {
        self.not_after.is_none_or(|end| now < end)
    }

    pub(in crate::protocol) fn decoding(&self) -> DecodingKey {
        match &self.point {
            Point::Ed25519(x) => DecodingKey::from_ed_der(x),
            Point::P256(point) => DecodingKey::from_ec_der(point),
        }
    }
}

impl Point {
    fn read(alg: Alg, x: Option<&str>, y: Option<&str>) -> Result<Self, KeyError> {
        let x = coordinate(x).ok_or(KeyError::Member("x"))?;
        match alg {
            Alg::EdDsa if has_small_order(&x) => Err(KeyError::Point),
            Alg::EdDsa => Ok(Self::Ed25519(x)),
            Alg::Es256 => {
                let mut point = [4; 65];
                point[1..33].copy_from_slice(&x);
                point[33..].copy_from_slice(&coordinate(y).ok_or(KeyError::Member("y"))?);
                // Refuses points that are not on the curve.
                ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
                    .map_err(|_| KeyError::Point)?;
                Ok(Self::P256(point))
            }
        }
    }
}

fn coordinate(text: Option<&str>) -> Option<[u8; 32]> {
    from_base64url(text?)?.try_into().ok()
}

fn thumbprint(point: &Point) -> String {
    // RFC 7638: the required members only, in lexicographic order, without spaces.
    let required = match point {
        Point::Ed25519(x) => {
            format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, to_base64url(x))
        }
        Point::P256(point) => format!(
            r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#,
            to_base64url(&point[1..33]),
            to_base64url(&point[33..])
        ),
    };
    to_base64url(digest(&SHA256, required.as_bytes()).as_ref())
}

/// Whether the point generates at most eight others: anyone can make signatures that such a "key"
/// accepts. The sign bit is left out of the comparison.
fn has_small_order(x: &[u8; 32]) -> bool {
    let mut y = *x;
    y[31] &= 0x7f;
    let near_prime = |low: u8| y[0] == low && y[31] == 0x7f && y[1..31].iter().all(|b| *b == 0xff);
    let tiny = y[0] <= 1 && y[1..].iter().all(|b| *b == 0);
    tiny || (0xec..=0xee).any(near_prime) || SMALL_ORDER_8.contains(&y)
}

const SMALL_ORDER_8: [[u8; 32]; 2] = [
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98,
        0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53,
        0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67,
        0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac,
        0x03, 0x7a,
    ],
];
