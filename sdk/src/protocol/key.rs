//! Signing keys, public keys and key sets (JWK, RFC 7517). Knows nothing of who owns a key.
//!
//! We sign with Ed25519. We verify Ed25519 and ECDSA P-256, because a center may have either. A
//! key is named by its RFC 7638 thumbprint and serves one purpose: the thumbprint is always
//! recomputed, so a set cannot hand out a familiar name for another key.

mod public;
mod set;
mod signing;

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use serde::{Deserialize, Serialize};

pub use self::public::PublicKey;
pub use self::set::{KEYS_MAX, KeySet};
pub use self::signing::SigningKey;
use super::strict_json::JsonError;

/// A signature algorithm. It belongs to the key; a token's header only repeats it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alg {
    /// Ed25519.
    EdDsa,
    /// ECDSA over P-256 with SHA-256.
    Es256,
}

impl Alg {
    /// The name in JOSE headers and JWKs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EdDsa => "EdDSA",
            Self::Es256 => "ES256",
        }
    }

    pub(super) const fn to_jose(self) -> Algorithm {
        match self {
            Self::EdDsa => Algorithm::EdDSA,
            Self::Es256 => Algorithm::ES256,
        }
    }
}

/// The one thing a key may sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyPurpose {
    /// Tokens of single requests.
    Request,
    /// Receipts and dossiers.
    Receipt,
    /// Consents.
    Consent,
    /// Checkpoints of the log.
    Log,
    /// Cosignatures of another's checkpoints.
    Witness,
}

impl KeyPurpose {
    /// Every purpose.
    pub const ALL: [Self; 5] =
        [Self::Request, Self::Receipt, Self::Consent, Self::Log, Self::Witness];

    /// The value of `gc_purpose`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Receipt => "receipt",
            Self::Consent => "consent",
            Self::Log => "log",
            Self::Witness => "witness",
        }
    }
}

impl fmt::Display for KeyPurpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for KeyPurpose {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let known = Self::ALL.into_iter().find(|purpose| purpose.as_str() == text);
        known.ok_or(KeyError::Unsupported)
    }
}

/// Why a key or a set of keys was not taken. Never holds key material.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The text is no unencrypted PKCS#8 PEM of an Ed25519 key.
    #[error(
        "not an unencrypted PKCS#8 PEM of an Ed25519 key; see `openssl genpkey -algorithm ed25519`"
    )]
    Pem,
    /// A kind, curve or purpose that we do not use. In a set such keys are passed over.
    #[error("a key of a kind, curve or purpose that is not used here")]
    Unsupported,
    /// A member of a JWK is missing or wrong.
    #[error("jwk member `{0}` is missing or wrong")]
    Member(&'static str),
    /// The JWK holds the private half.
    #[error("the jwk holds a private key; withdraw this key and publish only its public half")]
    Private,
    /// The coordinates are no usable point of the curve.
    #[error("the jwk is no usable public key of its curve")]
    Point,
    /// The `kid` is not the thumbprint of the key.
    #[error("the jwk's kid is not its RFC 7638 thumbprint")]
    Kid,
    /// One key is listed for two purposes.
    #[error("key {0} has two purposes; make a key for each")]
    TwoPurposes(String),
    /// More keys than [`KEYS_MAX`].
    #[error("more than {KEYS_MAX} keys in one set")]
    TooMany,
    /// The set is no JSON that we read.
    #[error("jwks: {0}")]
    Json(#[from] JsonError),
}

/// Base64url without padding, as everywhere in JOSE.
pub(super) fn to_base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Canonical base64url only: no padding, no whitespace, no stray bits in the last character.
pub(super) fn from_base64url(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::time::Timestamp;

    const PEM: &str = "-----BEGIN PRIVATE KEY-----\n\
        MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n\
        -----END PRIVATE KEY-----\n";

    const ORDER_8: &str = "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05";

    fn rfc8037() -> SigningKey {
        SigningKey::from_pkcs8_pem(PEM, KeyPurpose::Request).unwrap()
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000).unwrap()
    }

    fn p256() -> Value {
        json!({
            "kty": "EC", "crv": "P-256", "gc_purpose": "request", "alg": "ES256", "use": "sig",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        })
    }

    #[test]
    fn the_vectors_of_rfc_8037_hold() {
        let key = rfc8037();
        assert_eq!(key.kid(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        let jwk = key.public().to_jwk();
        assert_eq!(jwk["x"], "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        assert_eq!(key.to_pkcs8_pem().as_str(), PEM);
        assert_eq!(SigningKey::from_seed(*key.seed(), KeyPurpose::Request).kid(), key.kid());
    }

    #[test]
    fn a_public_key_reads_back_as_published() {
        let ed = rfc8037().public().with_not_after(at(9));
        let ec = PublicKey::from_jwk(&p256()).unwrap();
        assert_eq!(ec.alg(), Alg::Es256);
        for key in [ed, ec] {
            assert_eq!(PublicKey::from_jwk(&key.to_jwk()), Ok(key));
        }
    }

    #[test]
    fn nothing_secret_is_printed() {
        let key = rfc8037();
        let shown = format!("{key:?}");
        assert!(shown.contains(key.kid()) && !shown.contains("9d61") && !shown.contains("157, 97"));
    }

    #[test]
    fn a_malformed_key_spoils_the_set_and_a_foreign_one_does_not() {
        let good = rfc8037().public().to_jwk();
        let with = |name: &str, value: Value| {
            let mut jwk = good.clone();
            jwk[name] = value;
            jwk
        };
        let set = |jwk: Value| KeySet::from_jwks(json!({"keys": [jwk]}).to_string().as_bytes());
        assert!(!set(good.clone()).unwrap().is_empty());
        let foreign = [
            with("kty", json!("RSA")),
            with("crv", json!("Ed448")),
            with("gc_purpose", json!("payslip")),
            with("gc_purpose", json!(null)),
            with("use", json!("enc")),
        ];
        for jwk in foreign {
            assert!(set(jwk.clone()).unwrap().is_empty(), "{jwk}");
        }
        let malformed = [
            (with("d", json!("AAAA")), KeyError::Private),
            (with("alg", json!("ES256")), KeyError::Member("alg")),
            (with("alg", json!(null)), KeyError::Member("alg")),
            (with("x", json!(7)), KeyError::Member("x")),
            (with("x", json!("AAAA")), KeyError::Member("x")),
            (
                with("x", json!("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo=")),
                KeyError::Member("x"),
            ),
            (
                with("x", json!("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURp")),
                KeyError::Member("x"),
            ),
            (with("kid", json!("mine")), KeyError::Kid),
            (with("kid", json!(1)), KeyError::Kid),
            (with("gc_not_after", json!("tomorrow")), KeyError::Member("gc_not_after")),
            (with("gc_not_after", json!(1)), KeyError::Member("gc_not_after")),
        ];
        for (jwk, error) in malformed {
            assert_eq!(set(jwk.clone()), Err(error), "{jwk}");
        }
    }

    #[test]
    fn a_point_anyone_can_sign_for_is_refused() {
        let jwk = |x: [u8; 32]| {
            let x = to_base64url(&x);
            json!({"kty": "OKP", "crv": "Ed25519", "gc_purpose": "request", "x": x})
        };
        let mut minus_one = [0xff; 32];
        (minus_one[0], minus_one[31]) = (0xec, 0x7f);
        let mut one = [0; 32];
        one[0] = 1;
        let mut signed = one;
        signed[31] = 0x80;
        let order_8: [u8; 32] = hex::decode(ORDER_8).unwrap().try_into().unwrap();
        for x in [[0; 32], one, signed, minus_one, order_8] {
            assert_eq!(PublicKey::from_jwk(&jwk(x)), Err(KeyError::Point));
        }
        let mut off_curve = p256();
        off_curve["y"] = off_curve["x"].clone();
        assert_eq!(PublicKey::from_jwk(&off_curve), Err(KeyError::Point));
    }

    #[test]
    fn a_key_serves_one_purpose_and_only_until_its_end() {
        let key = rfc8037().public().with_not_after(at(10));
        let mut set = KeySet::new();
        assert!(set.insert(key.clone()));
        assert!(set.find(key.kid(), KeyPurpose::Request, at(9)).is_some());
        assert!(set.find(key.kid(), KeyPurpose::Request, at(10)).is_none());
        assert!(set.find(key.kid(), KeyPurpose::Receipt, at(9)).is_none());
        assert!(set.find("../../dev/null", KeyPurpose::Request, at(9)).is_none());
        let other = SigningKey::from_seed(*rfc8037().seed(), KeyPurpose::Log).public();
        assert!(!set.insert(other.clone()));
        assert!(set.find(key.kid(), KeyPurpose::Log, at(9)).is_none());
        let both = json!({"keys": [key.to_jwk(), other.to_jwk()]}).to_string();
        let refused = KeySet::from_jwks(both.as_bytes());
        assert_eq!(refused, Err(KeyError::TwoPurposes(key.kid().to_owned())));
        assert!(set.insert(key.with_not_after(at(20))));
        assert_eq!(set.iter().count(), 1);
        assert_eq!(KeySet::from_jwks(set.to_jwks().to_string().as_bytes()), Ok(set));
    }

    #[test]
    fn what_is_no_private_key_is_refused() {
        let torn = PEM.replace("MC4", "MC5");
        let public = PEM.replace("PRIVATE", "PUBLIC");
        for pem in ["", "x", &PEM[..60], torn.as_str(), public.as_str()] {
            let refused = SigningKey::from_pkcs8_pem(pem, KeyPurpose::Log).map(|key| key.public());
            assert_eq!(refused, Err(KeyError::Pem), "{pem}");
        }
    }
}
