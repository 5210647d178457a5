//! The wire between a 12315 center and a merchant: keys, tokens, signed documents, messages.
//!
//! Everything here is parsed strictly and carried on as a proof of having been parsed. It knows
//! nothing of HTTP servers, of storage or of what a case does with a message. The full text is
//! `docs/protocol.md`.

pub mod complaint;
pub mod consent;
pub mod jws;
pub mod key;
pub mod notice;
pub mod parties;
pub mod problem;
pub mod receipt;
pub mod report;
pub mod strict_json;
pub mod token;
pub mod tracking;
pub mod well_known;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

pub use complaint::{Complaint, Consumer, FieldError, GoodsInfo, Respondent};
pub use consent::{
    Consent, ConsentError, ConsentExpectation, Recipient, sign_consent, verify_consent,
};
pub use jws::{
    CONSENT_TYP, DOSSIER_TYP, INTAKE_RECEIPT_TYP, JwsError, REPORT_RECEIPT_TYP, REQUEST_TYP,
    TOKEN_BYTES_MAX, sign_jws, verify_jws, verify_jws_into, verify_jws_up_to,
};
pub use key::{Alg, KeyError, KeyPurpose, KeySet, PublicKey, SigningKey};
pub use notice::{Notice, NoticeAnswer, NoticeEnvelope, NoticeKind, NoticeOutcome};
pub use parties::{Agent, DeskConsent, REPRESENTATIVES_MAX, Representative};
pub use problem::{PROBLEM_MEDIA_TYPE, Problem, ProblemCode};
pub use receipt::{
    IntakeReceipt, IntakeReceiptExpectation, ReceiptError, ReceiptExpectation, ReportReceipt,
    sign_intake_receipt, sign_report_receipt, verify_intake_receipt, verify_report_receipt,
};
pub use report::{Diversion, DiversionPage, Report, ReportAnswer};
pub use strict_json::{
    DEPTH_MAX, JsonError, JsonErrorKind, check as check_json, parse as parse_json,
    parse_object as parse_json_object,
};
pub use token::{
    RequestParts, TokenError, TrustedCallers, VerifiedCaller, VerifiedHead, sign_request,
    verify_head, verify_request,
};
pub use tracking::{ReportTrace, Tracking, TrackingClock};
pub use well_known::{Discovery, DiscoveryLog, DiscoveryMerchant, DiscoveryStation};

/// The base path of the calls a center makes to a merchant.
pub const BASE_PATH: &str = "/green-channel/v1";
/// The largest complaint or notice accepted, in bytes.
pub const BODY_MAX_BYTES: usize = 256 * 1024;
/// The largest body of a batch, in bytes.
pub const BATCH_MAX_BYTES: usize = 8 * 1024 * 1024;
/// The most complaints of a batch.
pub const BATCH_MAX_COMPLAINTS: usize = 200;

/// The `bsh` claim and the `body_sha256` of receipts: base64url of the SHA-256 of the raw bytes.
#[must_use]
pub fn body_digest(body: &[u8]) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, body);
    URL_SAFE_NO_PAD.encode(digest)
}
