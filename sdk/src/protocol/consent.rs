//! The consumer's consent, signed by the center. Knows nothing of how it is kept.
//!
//! Without a valid consent nothing personal is stored. Purposes, categories, recipient kinds and
//! methods are open: values we do not know are kept as they are. A consent can be verified again
//! at any time; give the instant at which it was first received as `now`.
//!
//! A consent is refused at the first fault in this order (tested): missing, malformed, signature,
//! issuer, merchant, complaint, purpose, recipient, not yet given, expired.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::jws::{CONSENT_TYP, JwsError, sign_jws, verify_jws_into};
use super::key::{KeyPurpose, KeySet, SigningKey};
use super::problem::{Problem, ProblemCode};
use super::token::SKEW_MILLIS;
use crate::ids::ComplaintNo;
use crate::time::Timestamp;

/// The purpose without which we may not act.
pub const PURPOSE_NEGOTIATE: &str = "negotiate";
/// The purpose of telling the center how it ended.
pub const PURPOSE_REPORT_OUTCOME: &str = "report_outcome";
/// The kind of recipient that is the merchant itself.
pub const RECIPIENT_MERCHANT: &str = "merchant";
/// The kind of recipient that is a shop the merchant answers for (PIPL Art. 23).
pub const RECIPIENT_TENANT: &str = "tenant";

/// Who agreed to what data going to whom, for which purpose, until when.
///
/// Its `Debug` leaves out who the consumer is and the recipients' names.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// The center.
    pub iss: String,
    /// The consumer's pseudonym at the center.
    pub sub: String,
    /// The merchant's unified social credit code (统一社会信用代码).
    pub merchant: String,
    /// The complaint it is about.
    pub complaint_no: ComplaintNo,
    /// What the data may be used for.
    pub purposes: Vec<String>,
    /// Which data.
    pub data_categories: Vec<String>,
    /// Who may have them.
    pub recipients: Vec<Recipient>,
    /// When it was given.
    pub given_at: Timestamp,
    /// From when on it no longer holds.
    pub expires_at: Timestamp,
    /// How it was given: web, app, phone, paper.
    pub method: String,
    /// SHA-256 of the wording the consumer agreed to, 64 lower-case hex digits.
    pub wording_sha256: String,
}

/// One who may have the data.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipient {
    /// `merchant`, `tenant`, or a kind of later versions.
    pub kind: String,
    /// Its unified social credit code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uscc: Option<String>,
    /// Its name; of a sole trader this is a person's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl Consent {
    /// Whether the data may be used for this purpose.
    #[must_use]
    pub fn allows(&self, purpose: &str) -> bool {
        self.purposes.iter().any(|allowed| allowed == purpose)
    }

    /// Whether this party may have the data.
    #[must_use]
    pub fn names_recipient(&self, kind: &str, uscc: &str) -> bool {
        let is_named = |one: &Recipient| one.kind == kind && one.uscc.as_deref() == Some(uscc);
        self.recipients.iter().any(is_named)
    }

    fn check(&self, expect: &ConsentExpectation<'_>) -> Result<(), ConsentError> {
        let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if self.wording_sha256.len() != 64 || !self.wording_sha256.bytes().all(hex) {
            return Err(ConsentError::Malformed);
        }
        if self.iss != expect.center_issuer {
            return Err(ConsentError::IssuerWrong);
        }
        if self.merchant != expect.merchant_uscc {
            return Err(ConsentError::ForAnotherMerchant);
        }
        if self.complaint_no.as_str() != expect.complaint_no {
            return Err(ConsentError::ForAnotherComplaint);
        }
        if !self.allows(PURPOSE_NEGOTIATE) {
            return Err(ConsentError::PurposeMissing);
        }
        if !self.names_recipient(RECIPIENT_MERCHANT, expect.merchant_uscc) {
            return Err(ConsentError::RecipientMissing);
        }
        if self.given_at > expect.now.plus_millis(SKEW_MILLIS) {
            return Err(ConsentError::NotYetGiven);
        }
        if expect.now >= self.expires_at {
            return Err(ConsentError::Expired);
        }
        Ok(())
    }
}

impl fmt::Debug for Consent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Consent")
            .field("iss", &self.iss)
            .field("merchant", &self.merchant)
            .field("complaint_no", &self.complaint_no)
            .field("purposes", &self.purposes)
            .field("given_at", &self.given_at)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recipient")
            .field("kind", &self.kind)
            .field("uscc", &self.uscc)
            .finish_non_exhaustive()
    }
}

/// What a consent must say to count here and now.
#[derive(Clone, Copy, Debug)]
pub struct ConsentExpectation<'a> {
    /// The center that diverts.
    pub center_issuer: &'a str,
    /// Our unified social credit code.
    pub merchant_uscc: &'a str,
    /// The complaint that is diverted.
    pub complaint_no: &'a str,
    /// The instant at which the complaint was received.
    pub now: Timestamp,
}

/// Signs a consent with the center's key for consents.
#[must_use]
pub fn sign_consent(consent: &Consent, key: &SigningKey) -> String {
    debug_assert_eq!(key.purpose(), KeyPurpose::Consent, "a key serves one purpose");
    sign_jws(CONSENT_TYP, key, consent)
}

/// Verifies a consent against the keys of the calling center. Unknown members are passed over; keep
/// `document` itself, byte for byte.
///
/// # Errors
/// The first fault, in the order of the module's head.
pub fn verify_consent(
    document: &str,
    keys: &KeySet,
    expect: &ConsentExpectation<'_>,
) -> Result<Consent, ConsentError> {
    if document.is_empty() {
        return Err(ConsentError::Missing);
    }
    let consent: Consent =
        verify_jws_into(document, CONSENT_TYP, KeyPurpose::Consent, keys, expect.now)?;
    consent.check(expect)?;
    Ok(consent)
}

/// Why a consent does not count. The order is the order of precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConsentError {
    /// There is none.
    #[error("the complaint comes without a consent; ask the consumer first")]
    Missing,
    /// No signed consent of the agreed form.
    #[error("the consent is not a {CONSENT_TYP} document of the agreed form")]
    Malformed,
    /// Not signed by a key of the center that is good now and meant for consents.
    #[error("the consent is not signed by a good consent key of the calling center")]
    SignatureInvalid,
    /// Issued by someone else than the calling center.
    #[error("the consent was not issued by the calling center")]
    IssuerWrong,
    /// Names another merchant.
    #[error("the consent names another merchant; ask the consumer again")]
    ForAnotherMerchant,
    /// Names another complaint.
    #[error("the consent names another complaint; send the one that belongs to it")]
    ForAnotherComplaint,
    /// Does not cover negotiation.
    #[error("the consent does not cover the purpose {PURPOSE_NEGOTIATE}")]
    PurposeMissing,
    /// Does not name the merchant as a recipient.
    #[error("the consent does not name the merchant as a recipient")]
    RecipientMissing,
    /// Dated in the future.
    #[error("the consent is dated in the future; set both clocks")]
    NotYetGiven,
    /// Over.
    #[error("the consent has expired; ask the consumer again")]
    Expired,
}

impl ConsentError {
    /// The row of the API's table of problems.
    #[must_use]
    pub const fn problem_code(self) -> ProblemCode {
        match self {
            Self::Missing => ProblemCode::ConsentMissing,
            Self::Malformed => ProblemCode::ConsentMalformed,
            Self::SignatureInvalid => ProblemCode::ConsentSignatureInvalid,
            Self::IssuerWrong => ProblemCode::ConsentIssuerWrong,
            Self::ForAnotherMerchant => ProblemCode::ConsentForAnotherMerchant,
            Self::ForAnotherComplaint => ProblemCode::ConsentForAnotherComplaint,
            Self::PurposeMissing => ProblemCode::ConsentPurposeMissing,
            Self::RecipientMissing => ProblemCode::ConsentRecipientMissing,
            Self::NotYetGiven => ProblemCode::ConsentNotYetGiven,
            Self::Expired => ProblemCode::ConsentExpired,
        }
    }

    /// The stable code, one per cause.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.problem_code().as_str()
    }
}

impl From<JwsError> for ConsentError {
    fn from(error: JwsError) -> Self {
        match error {
            JwsError::TooLarge { .. }
            | JwsError::Malformed
            | JwsError::HeaderRefused
            | JwsError::TypWrong { .. }
            | JwsError::Payload(_) => Self::Malformed,
            JwsError::KeyUnknown | JwsError::AlgMismatch | JwsError::SignatureInvalid => {
                Self::SignatureInvalid
            }
        }
    }
}

impl From<ConsentError> for Problem {
    fn from(error: ConsentError) -> Self {
        error.problem_code().problem().with_field("consent")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const CENTER: &str = "https://12315.example";
    const USCC: &str = "91440300MA5EXAMPLE";

    fn now() -> Timestamp {
        "2026-11-24T10:00:00+08:00".parse().unwrap()
    }

    fn key() -> SigningKey {
        SigningKey::from_seed([3; 32], KeyPurpose::Consent)
    }

    fn claims() -> Value {
        json!({
            "iss": CENTER,
            "sub": "consumer-77",
            "merchant": USCC,
            "complaint_no": "1440300002026112400001",
            "purposes": ["negotiate", "report_outcome", "teach"],
            "data_categories": ["identity", "contact", "facts", "evidence", "voice"],
            "recipients": [
                {"kind": "broker", "licence": 7},
                {"kind": "merchant", "uscc": USCC},
                {"kind": "tenant", "uscc": "92440300MA5TENANT1", "name": "张三水果店"},
            ],
            "given_at": "2026-11-24T09:00:00+08:00",
            "expires_at": "2027-11-24T09:00:00+08:00",
            "method": "web",
            "wording_sha256": "ab".repeat(32),
            "later": {"member": 1},
        })
    }

    fn verify_as(document: &str, now: Timestamp) -> Result<Consent, &'static str> {
        let mut keys = KeySet::new();
        keys.insert(key().public());
        let expect = ConsentExpectation {
            center_issuer: CENTER,
            merchant_uscc: USCC,
            complaint_no: "1440300002026112400001",
            now,
        };
        verify_consent(document, &keys, &expect).map_err(ConsentError::code)
    }

    fn refused(claims: &Value) -> &'static str {
        verify_as(&sign_jws(CONSENT_TYP, &key(), claims), now()).expect_err("must be refused")
    }

    fn with(changes: &[(&str, Value)]) -> Value {
        let mut claims = claims();
        for (member, value) in changes {
            claims[*member] = value.clone();
        }
        claims
    }

    #[test]
    fn a_good_consent_is_read_and_values_of_later_versions_stay() {
        let consent = verify_as(&sign_jws(CONSENT_TYP, &key(), &claims()), now()).unwrap();
        assert!(consent.allows("teach") && consent.allows(PURPOSE_REPORT_OUTCOME));
        assert!(consent.names_recipient(RECIPIENT_TENANT, "92440300MA5TENANT1"));
        assert!(!consent.names_recipient(RECIPIENT_TENANT, USCC));
        assert_eq!(consent.recipients[0].kind, "broker");
        assert_eq!(consent.data_categories[4], "voice");
        assert_eq!(verify_as(&sign_consent(&consent, &key()), now()), Ok(consent));
    }

    #[test]
    fn each_fault_has_its_code() {
        let cases = [
            ("iss", json!("https://other.example"), "consent_issuer_wrong"),
            ("merchant", json!("91440300MA5ANOTHER"), "consent_for_another_merchant"),
            ("complaint_no", json!("2"), "consent_for_another_complaint"),
            ("complaint_no", json!("../2"), "consent_malformed"),
            ("purposes", json!([]), "consent_purpose_missing"),
            ("purposes", json!(["Negotiate"]), "consent_purpose_missing"),
            ("purposes", json!("negotiate"), "consent_malformed"),
            ("recipients", json!([]), "consent_recipient_missing"),
            ("recipients", json!([{"kind": "merchant"}]), "consent_recipient_missing"),
            ("recipients", json!([{"kind": "tenant", "uscc": USCC}]), "consent_recipient_missing"),
            ("recipients", json!([{"uscc": USCC}]), "consent_malformed"),
            ("given_at", json!("2026-11-24T10:01:00.001+08:00"), "consent_not_yet_given"),
            ("given_at", json!("2026-11-24T10:00:00"), "consent_malformed"),
            ("given_at", json!(1_795_485_600), "consent_malformed"),
            ("expires_at", json!("2026-11-24T10:00:00+08:00"), "consent_expired"),
            ("wording_sha256", json!("ab"), "consent_malformed"),
            ("wording_sha256", json!("AB".repeat(32)), "consent_malformed"),
            ("sub", json!(null), "consent_malformed"),
        ];
        for (member, value, code) in cases {
            assert_eq!(refused(&with(&[(member, value.clone())])), code, "{member} {value}");
        }
        for member in ["iss", "sub", "merchant", "purposes", "recipients", "expires_at", "method"] {
            let mut claims = claims();
            claims.as_object_mut().unwrap().remove(member);
            assert_eq!(refused(&claims), "consent_malformed", "{member}");
        }
    }

    #[test]
    fn the_clocks_may_differ_by_a_minute_when_it_was_given_and_not_when_it_ends() {
        let read = |member: &str, at: &str| {
            let claims = with(&[(member, json!(at))]);
            verify_as(&sign_jws(CONSENT_TYP, &key(), &claims), now()).is_ok()
        };
        assert!(read("given_at", "2026-11-24T10:01:00+08:00"));
        assert!(read("expires_at", "2026-11-24T10:00:00.001+08:00"));
        assert!(!read("expires_at", "2026-11-24T09:59:59+08:00"));
    }

    #[test]
    fn only_the_centers_consent_key_signs_consents() {
        assert_eq!(verify_as("", now()), Err("consent_missing"));
        assert_eq!(verify_as("true", now()), Err("consent_malformed"));
        let other = SigningKey::from_seed([4; 32], KeyPurpose::Consent);
        let forged = sign_jws(CONSENT_TYP, &other, &claims());
        assert_eq!(verify_as(&forged, now()), Err("consent_signature_invalid"));
        let request = sign_jws(crate::protocol::jws::REQUEST_TYP, &key(), &claims());
        assert_eq!(verify_as(&request, now()), Err("consent_malformed"));
        let mut keys = KeySet::new();
        let seed = *key().seed();
        keys.insert(SigningKey::from_seed(seed, KeyPurpose::Request).public());
        let expect = ConsentExpectation {
            center_issuer: CENTER,
            merchant_uscc: USCC,
            complaint_no: "1440300002026112400001",
            now: now(),
        };
        let document = sign_jws(CONSENT_TYP, &key(), &claims());
        let refused = verify_consent(&document, &keys, &expect);
        assert_eq!(refused, Err(ConsentError::SignatureInvalid));
    }

    #[test]
    fn of_many_faults_the_first_in_order_is_told() {
        let faults = [
            ("iss", json!("x"), "consent_issuer_wrong"),
            ("merchant", json!("x"), "consent_for_another_merchant"),
            ("complaint_no", json!("x"), "consent_for_another_complaint"),
            ("purposes", json!([]), "consent_purpose_missing"),
            ("recipients", json!([]), "consent_recipient_missing"),
            ("given_at", json!("2030-01-01T00:00:00Z"), "consent_not_yet_given"),
            ("expires_at", json!("2020-01-01T00:00:00Z"), "consent_expired"),
        ];
        for first in 0..faults.len() {
            let later: Vec<(&str, Value)> =
                faults[first..].iter().map(|(member, value, _)| (*member, value.clone())).collect();
            assert_eq!(refused(&with(&later)), faults[first].2);
        }
    }

    #[test]
    fn nobody_is_named_in_debug_output() {
        let consent = verify_as(&sign_jws(CONSENT_TYP, &key(), &claims()), now()).unwrap();
        let shown = format!("{consent:?} {:?}", consent.recipients);
        assert!(!shown.contains("consumer-77") && !shown.contains("张三"), "{shown}");
    }
}
