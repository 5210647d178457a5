//! Signed documents in JWS compact form. Knows nothing of what they say and whom they are for.
//!
//! The header has exactly the members `typ`, `alg` and `kid`. `typ` is the domain string of the
//! signature: each kind of document has its own, so that none can stand in for another. `alg` must
//! be the algorithm of the key that `kid` names; nothing in a header is ever fetched or believed.
//!
//! A document is refused at the first fault in this order (tested): size, three canonical
//! base64url parts, header, `typ`, a known key that is good and serves the purpose, its `alg`, the
//! signature. Only then is the payload looked at.

use std::sync::Once;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::key::{KeyPurpose, KeySet, PublicKey, SigningKey, from_base64url, to_base64url};
use super::strict_json::{self, JsonError};
use crate::time::Timestamp;

/// `typ` of the token of one request.
pub const REQUEST_TYP: &str = "gc+jwt";
/// `typ` of a consumer's consent.
pub const CONSENT_TYP: &str = "gc-consent+jwt";
/// `typ` of our receipt for a diversion.
pub const INTAKE_RECEIPT_TYP: &str = "gc-intake-receipt+jwt";
/// `typ` of the center's receipt for a report.
pub const REPORT_RECEIPT_TYP: &str = "gc-report-receipt+jwt";
/// `typ` of the whole story of a case that is handed back.
pub const DOSSIER_TYP: &str = "gc-dossier+jwt";

/// The most characters a signed document may have.
pub const TOKEN_BYTES_MAX: usize = 64 * 1024;
/// The most characters a signed dossier may have.
pub const DOSSIER_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Signs claims as a document of this `typ`.
///
/// ```
/// use green_channel::protocol::{
///     CONSENT_TYP, KeyPurpose, KeySet, SigningKey, sign_jws, verify_jws,
/// };
/// use green_channel::time::Timestamp;
///
/// let key = SigningKey::from_seed([7; 32], KeyPurpose::Consent);
/// let mut keys = KeySet::new();
/// keys.insert(key.public());
/// let now = Timestamp::from_millis(0)?;
/// let document = sign_jws(CONSENT_TYP, &key, &serde_json::json!({"n": 1}));
/// let payload = verify_jws(&document, CONSENT_TYP, KeyPurpose::Consent, &keys, now)?;
/// assert_eq!(payload, br#"{"n":1}"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
/// When `claims` do not serialize to JSON; the claims of this crate always do.
#[must_use]
pub fn sign_jws<T: Serialize>(typ: &str, key: &SigningKey, claims: &T) -> String {
    let alg = key.alg().as_str();
    let header = Header { typ: typ.into(), alg: alg.into(), kid: key.kid().into() };
    let header = serde_json::to_vec(&header).expect("three strings serialize");
    let payload = serde_json::to_vec(claims).expect("claims serialize");
    let mut document = format!("{}.{}", to_base64url(&header), to_base64url(&payload));
    // Not by `jsonwebtoken`, which takes the key apart again for every signature.
    let signature = key.sign(document.as_bytes());
    document.push('.');
    document.push_str(&to_base64url(signature.as_ref()));
    document
}

/// Verifies a document against the keys of the one party that may have signed it, and gives back
/// the payload's bytes.
///
/// `now` decides whether the key is good. To verify something again later, pass the instant at
/// which it was first received.
///
/// # Errors
/// The first fault, in the order of the module's head.
pub fn verify_jws(
    document: &str,
    typ: &str,
    purpose: KeyPurpose,
    keys: &KeySet,
    now: Timestamp,
) -> Result<Vec<u8>, JwsError> {
    verify_jws_up_to(TOKEN_BYTES_MAX, document, typ, purpose, keys, now)
}

/// The same for documents of another size, like dossiers ([`DOSSIER_BYTES_MAX`]).
///
/// # Errors
/// As [`verify_jws`].
pub fn verify_jws_up_to(
    bytes_max: usize,
    document: &str,
    typ: &str,
    purpose: KeyPurpose,
    keys: &KeySet,
    now: Timestamp,
) -> Result<Vec<u8>, JwsError> {
    let parts = Parts::split(document, typ, bytes_max)?;
    let key = keys.find(parts.kid(), purpose, now).ok_or(JwsError::KeyUnknown)?;
    parts.verify(key)
}

/// Verifies a document and reads its payload strictly.
///
/// # Errors
/// As [`verify_jws`], and [`JwsError::Payload`] when the payload is not the expected object.
pub fn verify_jws_into<T: DeserializeOwned>(
    document: &str,
    typ: &str,
    purpose: KeyPurpose,
    keys: &KeySet,
    now: Timestamp,
) -> Result<T, JwsError> {
    let payload = verify_jws(document, typ, purpose, keys, now)?;
    Ok(strict_json::parse_object(&payload)?)
}

/// Why a signed document was not believed. The order is the order of precedence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwsError {
    /// Longer than allowed.
    #[error("the signed document is longer than {bytes_max} characters")]
    TooLarge {
        /// The limit.
        bytes_max: usize,
    },
    /// Not three parts of canonical base64url.
    #[error("not a JWS in compact form: three base64url parts without padding, joined by dots")]
    Malformed,
    /// The header is no object of exactly `typ`, `alg` and `kid`.
    #[error("the header must have exactly the members typ, alg and kid, each a string")]
    HeaderRefused,
    /// A signed document of another kind.
    #[error("the typ is not {expected}; each kind of document has its own")]
    TypWrong {
        /// The kind that belongs here.
        expected: String,
    },
    /// No key of this name is good now and serves this purpose.
    #[error("no key with this kid is known, good now and meant for this purpose; publish it first")]
    KeyUnknown,
    /// The header names another algorithm than the key has.
    #[error("the alg is not the one of the key that kid names")]
    AlgMismatch,
    /// The signature is not the key's over these bytes.
    #[error("the signature does not match")]
    SignatureInvalid,
    /// The signature is good, but the payload is not what it should be.
    #[error("payload: {0}")]
    Payload(#[from] JsonError),
}

/// A document taken apart, not yet believed.
pub(super) struct Parts<'d> {
    header: Header,
    signed: &'d str,
    payload: Vec<u8>,
    signature: &'d str,
    signature_bytes: usize,
}

impl<'d> Parts<'d> {
    pub(super) fn split(document: &'d str, typ: &str, bytes_max: usize) -> Result<Self, JwsError> {
        if document.len() > bytes_max {
            return Err(JwsError::TooLarge { bytes_max });
        }
        let (signed, signature) = document.rsplit_once('.').ok_or(JwsError::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(JwsError::Malformed)?;
        // A fourth dot fails here: it is not base64url.
        let header = from_base64url(header).ok_or(JwsError::Malformed)?;
        let payload = from_base64url(payload).ok_or(JwsError::Malformed)?;
        let signature_bytes = from_base64url(signature).ok_or(JwsError::Malformed)?.len();
        let header: Header =
            strict_json::parse_object(&header).map_err(|_| JwsError::HeaderRefused)?;
        if header.typ != typ {
            return Err(JwsError::TypWrong { expected: typ.to_owned() });
        }
        Ok(Self { header, signed, payload, signature, signature_bytes })
    }

    pub(super) fn kid(&self) -> &str {
        &self.header.kid
    }

    /// The payload, if this key signed it.
    pub(super) fn verify(self, key: &PublicKey) -> Result<Vec<u8>, JwsError> {
        if self.header.alg != key.alg().as_str() {
            return Err(JwsError::AlgMismatch);
        }
        // Both algorithms have signatures of exactly this length; shorter ones never reach C code.
        if self.signature_bytes != SIGNATURE_BYTES {
            return Err(JwsError::SignatureInvalid);
        }
        use_our_crypto();
        let signed = self.signed.as_bytes();
        let alg = key.alg().to_jose();
        match jsonwebtoken::crypto::verify(self.signature, signed, &key.decoding(), alg) {
            Ok(true) => Ok(self.payload),
            Ok(false) | Err(_) => Err(JwsError::SignatureInvalid),
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    typ: String,
    alg: String,
    kid: String,
}

const SIGNATURE_BYTES: usize = 64;

/// Tells `jsonwebtoken` which crypto to use. With one of its two backends compiled in it would
/// find out alone; when another crate of the program turns on the other one, it would panic
/// instead. A program that has installed a provider before keeps it.
fn use_our_crypto() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // An error says that one is installed already, and either backend serves us.
        let _ = jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default();
    });
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn now() -> Timestamp {
        "2026-11-24T10:00:00+08:00".parse().unwrap()
    }

    fn key() -> SigningKey {
        SigningKey::from_seed([7; 32], KeyPurpose::Receipt)
    }

    fn keys() -> KeySet {
        let mut keys = KeySet::new();
        keys.insert(key().public());
        keys
    }

    fn read(document: &str) -> Result<Vec<u8>, JwsError> {
        verify_jws(document, DOSSIER_TYP, KeyPurpose::Receipt, &keys(), now())
    }

    #[test]
    fn a_signed_document_is_believed_and_its_bytes_come_back() {
        let document = sign_jws(DOSSIER_TYP, &key(), &json!({"facts": "缺斤少两"}));
        assert_eq!(read(&document).unwrap(), r#"{"facts":"缺斤少两"}"#.as_bytes());
    }

    #[test]
    fn every_single_changed_character_is_noticed() {
        let document = sign_jws(DOSSIER_TYP, &key(), &json!({"n": 1}));
        for at in 0..document.len() {
            for replacement in ["A", "B", "_", ".", "=", " ", "\n", "+", ""] {
                let mut forged = document.clone();
                forged.replace_range(at..=at, replacement);
                assert!(forged == document || read(&forged).is_err(), "{at} {replacement:?}");
            }
        }
    }

    #[test]
    fn the_signature_of_rfc_8037_is_ours() {
        let seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
        let seed: [u8; 32] = hex::decode(seed).unwrap().try_into().unwrap();
        let key = SigningKey::from_seed(seed, KeyPurpose::Receipt);
        let message = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
        assert_eq!(
            to_base64url(key.sign(message).as_ref()),
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
        );
    }

    #[test]
    fn structure_comes_before_key_before_signature_before_payload() {
        let other = SigningKey::from_seed([8; 32], KeyPurpose::Receipt);
        let signed_by = |key: &SigningKey, typ: &str| sign_jws(typ, key, &json!([1]));
        let long = "A".repeat(TOKEN_BYTES_MAX + 1);
        assert_eq!(read(&long), Err(JwsError::TooLarge { bytes_max: TOKEN_BYTES_MAX }));
        assert_eq!(read(&format!("{}=", signed_by(&other, "x"))), Err(JwsError::Malformed));
        let typ_wrong = JwsError::TypWrong { expected: DOSSIER_TYP.to_owned() };
        assert_eq!(read(&signed_by(&other, CONSENT_TYP)), Err(typ_wrong));
        assert_eq!(read(&signed_by(&other, DOSSIER_TYP)), Err(JwsError::KeyUnknown));
        let document = signed_by(&key(), DOSSIER_TYP);
        let (signed, _) = document.rsplit_once('.').unwrap();
        for signature in ["", "AAAA", &"A".repeat(86)] {
            let forged = format!("{signed}.{signature}");
            assert_eq!(read(&forged), Err(JwsError::SignatureInvalid), "{signature}");
        }
        let array: Result<Value, _> =
            verify_jws_into(&document, DOSSIER_TYP, KeyPurpose::Receipt, &keys(), now());
        assert!(matches!(array, Err(JwsError::Payload(_))));
    }

    #[test]
    fn a_dossier_may_be_larger() {
        let document = sign_jws(DOSSIER_TYP, &key(), &json!({"text": "a".repeat(TOKEN_BYTES_MAX)}));
        assert!(matches!(read(&document), Err(JwsError::TooLarge { .. })));
        let (purpose, keys) = (KeyPurpose::Receipt, keys());
        assert!(
            verify_jws_up_to(DOSSIER_BYTES_MAX, &document, DOSSIER_TYP, purpose, &keys, now())
                .is_ok()
        );
    }

    #[test]
    fn a_key_of_another_purpose_or_past_its_end_is_unknown() {
        let document = sign_jws(DOSSIER_TYP, &key(), &json!({}));
        let with =
            |purpose, keys: &KeySet| verify_jws(&document, DOSSIER_TYP, purpose, keys, now());
        assert_eq!(with(KeyPurpose::Consent, &keys()), Err(JwsError::KeyUnknown));
        let mut ended = KeySet::new();
        ended.insert(key().public().with_not_after(now()));
        assert_eq!(with(KeyPurpose::Receipt, &ended), Err(JwsError::KeyUnknown));
        assert_eq!(with(KeyPurpose::Receipt, &KeySet::new()), Err(JwsError::KeyUnknown));
    }
}
