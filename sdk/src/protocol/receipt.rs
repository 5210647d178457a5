//! Receipts: signed answers that are evidence. Knows nothing of where they are kept.
//!
//! Ours says that a diversion came in and until when the log will show it; the center's says that a
//! report arrived. Both name the body by its digest, so keep them sealed: the digest of something
//! guessable must not outlive an erasure.

use serde::{Deserialize, Serialize};

use super::jws::{INTAKE_RECEIPT_TYP, JwsError, REPORT_RECEIPT_TYP, sign_jws, verify_jws_into};
use super::key::{KeyPurpose, KeySet, SigningKey};
use super::token::SKEW_MILLIS;
use crate::time::Timestamp;

/// What the merchant signs when a diversion came in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntakeReceipt {
    /// The merchant's public base URL.
    pub iss: String,
    /// The center's issuer string.
    pub aud: String,
    /// The complaint.
    pub complaint_no: String,
    /// [`body_digest`](super::body_digest) of the body as received.
    pub body_sha256: String,
    /// When it was received.
    pub received_at: Timestamp,
    /// The log that will show it.
    pub log_origin: String,
    /// The case's stream in that log.
    pub stream: String,
    /// The leaf's hash, in standard base64.
    pub leaf_hash: String,
    /// By when the log shows it at the latest.
    pub merge_by: Timestamp,
}

/// What the center signs when a report arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportReceipt {
    /// The center's issuer string.
    pub iss: String,
    /// The merchant's public base URL.
    pub aud: String,
    /// The report.
    pub report_id: String,
    /// The complaint it was about.
    pub complaint_no: String,
    /// [`body_digest`](super::body_digest) of the body as received.
    pub body_sha256: String,
    /// When it arrived.
    pub received_at: Timestamp,
}

/// What an intake receipt must say to be the one for a diversion.
#[derive(Clone, Copy)]
pub struct IntakeReceiptExpectation<'a> {
    /// The merchant's public base URL.
    pub merchant: &'a str,
    /// The center's issuer string.
    pub center_issuer: &'a str,
    /// The complaint.
    pub complaint_no: &'a str,
    /// [`body_digest`](super::body_digest) of the body as sent.
    pub body_sha256: &'a str,
}

/// What a report receipt must say to be the one for a report.
#[derive(Clone, Copy)]
pub struct ReceiptExpectation<'a> {
    /// The center's issuer string.
    pub center_issuer: &'a str,
    /// The merchant's public base URL.
    pub merchant: &'a str,
    /// The report.
    pub report_id: &'a str,
    /// [`body_digest`](super::body_digest) of the body as sent.
    pub body_sha256: &'a str,
}

/// Signs an intake receipt with the merchant's key for receipts.
#[must_use]
pub fn sign_intake_receipt(receipt: &IntakeReceipt, key: &SigningKey) -> String {
    debug_assert_eq!(key.purpose(), KeyPurpose::Receipt, "a key serves one purpose");
    sign_jws(INTAKE_RECEIPT_TYP, key, receipt)
}

/// Signs a report receipt with the center's key for receipts.
#[must_use]
pub fn sign_report_receipt(receipt: &ReportReceipt, key: &SigningKey) -> String {
    debug_assert_eq!(key.purpose(), KeyPurpose::Receipt, "a key serves one purpose");
    sign_jws(REPORT_RECEIPT_TYP, key, receipt)
}

/// Verifies an intake receipt against the merchant's keys. To verify one again later, `now` is
/// still the instant at which it came.
///
/// # Errors
/// The first fault, in the order of [`ReceiptError`].
pub fn verify_intake_receipt(
    document: &str,
    keys: &KeySet,
    expect: &IntakeReceiptExpectation<'_>,
    now: Timestamp,
) -> Result<IntakeReceipt, ReceiptError> {
    let receipt: IntakeReceipt =
        verify_jws_into(document, INTAKE_RECEIPT_TYP, KeyPurpose::Receipt, keys, now)?;
    let parties = Parties { iss: &receipt.iss, aud: &receipt.aud };
    parties.check(expect.merchant, expect.center_issuer)?;
    if receipt.complaint_no != expect.complaint_no {
        return Err(ReceiptError::ForAnotherComplaint);
    }
    check_body(&receipt.body_sha256, expect.body_sha256)?;
    check_time(receipt.received_at, now)?;
    Ok(receipt)
}

/// Verifies a report receipt against the center's keys. To verify one again later, `now` is still
/// the instant at which it came.
///
/// # Errors
/// The first fault, in the order of [`ReceiptError`].
pub fn verify_report_receipt(
    document: &str,
    keys: &KeySet,
    expect: &ReceiptExpectation<'_>,
    now: Timestamp,
) -> Result<ReportReceipt, ReceiptError> {
    let receipt: ReportReceipt =
        verify_jws_into(document, REPORT_RECEIPT_TYP, KeyPurpose::Receipt, keys, now)?;
    let parties = Parties { iss: &receipt.iss, aud: &receipt.aud };
    parties.check(expect.center_issuer, expect.merchant)?;
    if receipt.report_id != expect.report_id {
        return Err(ReceiptError::ForAnotherReport);
    }
    check_body(&receipt.body_sha256, expect.body_sha256)?;
    check_time(receipt.received_at, now)?;
    Ok(receipt)
}

/// Why a receipt is no evidence. The order is the order of precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// No signed receipt of this kind.
    #[error("not a signed receipt of this kind and form")]
    Malformed,
    /// Not signed by a good receipt key of the other side.
    #[error(
        "the receipt is not signed by a good receipt key of the other side; fetch its keys again"
    )]
    SignatureInvalid,
    /// Issued by someone else.
    #[error("the receipt was issued by someone else")]
    IssuerWrong,
    /// Issued to someone else.
    #[error("the receipt was issued to someone else")]
    AudienceWrong,
    /// For another complaint.
    #[error("the receipt is for another complaint")]
    ForAnotherComplaint,
    /// For another report.
    #[error("the receipt is for another report")]
    ForAnotherReport,
    /// For another body.
    #[error("the receipt is for another body than the one sent")]
    ForAnotherBody,
    /// Dated in the future.
    #[error("the receipt is dated in the future; set both clocks")]
    NotYet,
}

impl ReceiptError {
    /// The stable code, one per cause.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "receipt_malformed",
            Self::SignatureInvalid => "receipt_signature_invalid",
            Self::IssuerWrong => "receipt_issuer_wrong",
            Self::AudienceWrong => "receipt_audience_wrong",
            Self::ForAnotherComplaint => "receipt_for_another_complaint",
            Self::ForAnotherBody => "receipt_for_another_body",
            Self::NotYet => "receipt_not_yet",
            Self::ForAnotherReport => "receipt_for_another_report",
        }
    }
}

impl From<JwsError> for ReceiptError {
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

/// Named, so that no call can swap the two.
struct Parties<'r> {
    iss: &'r str,
    aud: &'r str,
}

impl Parties<'_> {
    fn check(&self, iss: &str, aud: &str) -> Result<(), ReceiptError> {
        if self.iss != iss {
            return Err(ReceiptError::IssuerWrong);
        }
        if self.aud != aud {
            return Err(ReceiptError::AudienceWrong);
        }
        Ok(())
    }
}

fn check_body(named: &str, sent: &str) -> Result<(), ReceiptError> {
    if named == sent { Ok(()) } else { Err(ReceiptError::ForAnotherBody) }
}

fn check_time(received_at: Timestamp, now: Timestamp) -> Result<(), ReceiptError> {
    let latest = now.plus_millis(SKEW_MILLIS);
    if received_at <= latest { Ok(()) } else { Err(ReceiptError::NotYet) }
}

#[cfg(test)]
mod tests {
    use super::super::body_digest;
    use super::*;

    const CENTER: &str = "https://12315.example";
    const MALL: &str = "https://mall.example";
    const BODY: &[u8] = b"{}";

    fn now() -> Timestamp {
        "2026-11-24T10:00:00+08:00".parse().unwrap()
    }

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed([seed; 32], KeyPurpose::Receipt)
    }

    fn keys(seed: u8) -> KeySet {
        let mut keys = KeySet::new();
        keys.insert(key(seed).public());
        keys
    }

    fn intake() -> IntakeReceipt {
        IntakeReceipt {
            iss: MALL.into(),
            aud: CENTER.into(),
            complaint_no: "1".into(),
            body_sha256: body_digest(BODY),
            received_at: now(),
            log_origin: "mall.example/green-channel".into(),
            stream: "0123456789abcdef0123456789abcdef".into(),
            leaf_hash: "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=".into(),
            merge_by: now().plus_millis(86_400_000),
        }
    }

    fn report() -> ReportReceipt {
        ReportReceipt {
            iss: CENTER.into(),
            aud: MALL.into(),
            report_id: "rpt_1".into(),
            complaint_no: "1".into(),
            body_sha256: body_digest(BODY),
            received_at: now(),
        }
    }

    fn verify_report(document: &str) -> Result<ReportReceipt, ReceiptError> {
        let digest = body_digest(BODY);
        let expect = ReceiptExpectation {
            center_issuer: CENTER,
            merchant: MALL,
            report_id: "rpt_1",
            body_sha256: &digest,
        };
        verify_report_receipt(document, &keys(1), &expect, now())
    }

    fn verify_intake(
        document: &str,
        merchant: &str,
        complaint_no: &str,
        body: &[u8],
    ) -> Result<IntakeReceipt, ReceiptError> {
        let digest = body_digest(body);
        let expect = IntakeReceiptExpectation {
            merchant,
            center_issuer: CENTER,
            complaint_no,
            body_sha256: &digest,
        };
        verify_intake_receipt(document, &keys(2), &expect, now())
    }

    #[test]
    fn receipts_read_back_as_signed() {
        assert_eq!(verify_report(&sign_report_receipt(&report(), &key(1))), Ok(report()));
        let document = sign_intake_receipt(&intake(), &key(2));
        assert_eq!(verify_intake(&document, MALL, "1", BODY), Ok(intake()));
    }

    #[test]
    fn a_receipt_for_something_else_is_no_evidence() {
        let report_cases = [
            (ReportReceipt { iss: MALL.into(), ..report() }, ReceiptError::IssuerWrong),
            (ReportReceipt { aud: CENTER.into(), ..report() }, ReceiptError::AudienceWrong),
            (
                ReportReceipt { report_id: "rpt_2".into(), ..report() },
                ReceiptError::ForAnotherReport,
            ),
            (
                ReportReceipt { body_sha256: body_digest(b""), ..report() },
                ReceiptError::ForAnotherBody,
            ),
            (
                ReportReceipt { received_at: now().plus_millis(60_001), ..report() },
                ReceiptError::NotYet,
            ),
        ];
        for (receipt, error) in report_cases {
            let refused = verify_report(&sign_report_receipt(&receipt, &key(1)));
            assert_eq!(refused, Err(error), "{}", error.code());
        }
        let document = sign_intake_receipt(&intake(), &key(2));
        let refused = verify_intake(&document, CENTER, "1", BODY);
        assert_eq!(refused, Err(ReceiptError::IssuerWrong));
        let refused = verify_intake(&document, MALL, "2", BODY);
        assert_eq!(refused, Err(ReceiptError::ForAnotherComplaint));
        let refused = verify_intake(&document, MALL, "1", b"{ }");
        assert_eq!(refused, Err(ReceiptError::ForAnotherBody));
    }

    #[test]
    fn one_kind_of_receipt_never_stands_in_for_another() {
        let forged = sign_report_receipt(&report(), &key(2));
        assert_eq!(verify_report(&forged), Err(ReceiptError::SignatureInvalid));
        let other_kind = sign_jws(INTAKE_RECEIPT_TYP, &key(1), &report());
        assert_eq!(verify_report(&other_kind), Err(ReceiptError::Malformed));
        assert_eq!(verify_report(""), Err(ReceiptError::Malformed));
    }
}
