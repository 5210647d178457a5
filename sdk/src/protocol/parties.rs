//! Who speaks for the consumer (共同投诉的代表人、代理人), and a consent captured at the desk.

use serde::{Deserialize, Serialize};

use super::complaint::FieldError;
use super::consent::{Consent, Recipient};
use crate::codes::{PersonName, Phone};
use crate::time::{Date, Timestamp, iso_date};

/// How many may speak for a joint complaint (令20号 Art. 11).
pub const REPRESENTATIVES_MAX: usize = 2;

/// One of at most two who speak for a joint complaint. To change or give up a request, or to
/// settle, they need the consent of those they speak for; the center has it.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Representative {
    /// 姓名
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 64))]
    pub name: String,
    /// 联系电话
    #[cfg_attr(feature = "openapi", schema(pattern = "^[0-9+() -]{3,40}$"))]
    pub phone: String,
}

/// One who acts for the consumer under a written authority (委托代理人, 令20号 Art. 10).
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Agent {
    /// 姓名
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 64))]
    pub name: String,
    /// 联系电话
    #[cfg_attr(feature = "openapi", schema(pattern = "^[0-9+() -]{3,40}$"))]
    pub phone: String,
    /// SHA-256 of the signed authority, 64 lower-case hex digits.
    #[cfg_attr(feature = "openapi", schema(pattern = "^[0-9a-f]{64}$"))]
    pub authorisation_sha256: String,
    /// What the agent may do: `negotiate`, `settle`, `withdraw`, `receive_money`; others are kept.
    pub powers: Vec<String>,
    /// The last day of the authority, where it has one.
    #[serde(default, with = "iso_date::option", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = Date))]
    pub until: Option<Date>,
}

/// A consent that a clerk captured on paper or screen (现场登记). Nobody else signs it: the paper
/// is kept, and the log commits to this record.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeskConsent {
    /// `paper` or `screen`.
    pub method: String,
    /// SHA-256 of the wording the consumer agreed to, 64 lower-case hex digits.
    #[cfg_attr(feature = "openapi", schema(pattern = "^[0-9a-f]{64}$"))]
    pub wording_sha256: String,
    /// What the data may be used for.
    pub purposes: Vec<String>,
    /// Which data.
    pub data_categories: Vec<String>,
    /// Who may have them.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Object>))]
    pub recipients: Vec<Recipient>,
    /// When it was given.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub given_at: Timestamp,
    /// From when on it no longer holds.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub expires_at: Timestamp,
    /// How the consumer signed: where the paper is, or the digest of the drawn signature.
    pub signature: String,
}

impl DeskConsent {
    /// The same as a center's consent reads, issued by the merchant.
    #[must_use]
    pub fn as_consent(
        &self,
        issuer: &str,
        merchant: &str,
        no: &crate::ids::ComplaintNo,
    ) -> Consent {
        Consent {
            iss: issuer.to_owned(),
            sub: String::new(),
            merchant: merchant.to_owned(),
            complaint_no: no.clone(),
            purposes: self.purposes.clone(),
            data_categories: self.data_categories.clone(),
            recipients: self.recipients.clone(),
            given_at: self.given_at,
            expires_at: self.expires_at,
            method: self.method.clone(),
            wording_sha256: self.wording_sha256.clone(),
        }
    }

    pub(super) fn check(&self) -> Result<(), FieldError> {
        let fail = |field, problem| Err(FieldError::Field { field, problem });
        if !is_digest(&self.wording_sha256) {
            return fail("desk_consent.wording_sha256", "give 64 lower-case hex digits");
        }
        if !["paper", "screen"].contains(&self.method.as_str()) {
            return fail("desk_consent.method", "give paper or screen");
        }
        if !(1..=200).contains(&self.signature.trim().chars().count()) {
            return fail("desk_consent.signature", "say in 1 to 200 characters how it was signed");
        }
        Ok(())
    }
}

pub(super) fn check_parties(
    group_size: Option<u32>,
    representatives: &[Representative],
    agent: Option<&Agent>,
) -> Result<(), FieldError> {
    let fail = |field, problem| Err(FieldError::Field { field, problem });
    if representatives.len() > REPRESENTATIVES_MAX {
        return fail("representatives", "name one or two: no more may speak for a joint complaint");
    }
    if group_size.is_some_and(|size| size > 1) && representatives.is_empty() {
        return fail("representatives", "name one or two who speak for the joint complaint");
    }
    for one in representatives {
        if PersonName::parse(&one.name).is_err() {
            return fail("representatives.name", "give 1 to 64 characters");
        }
        if Phone::parse(&one.phone).is_err() {
            return fail("representatives.phone", "give a phone number of 3 to 32 digits");
        }
    }
    let Some(agent) = agent else { return Ok(()) };
    if PersonName::parse(&agent.name).is_err() {
        return fail("agent.name", "give 1 to 64 characters");
    }
    if Phone::parse(&agent.phone).is_err() {
        return fail("agent.phone", "give a phone number of 3 to 32 digits");
    }
    if !is_digest(&agent.authorisation_sha256) {
        return fail("agent.authorisation_sha256", "give 64 lower-case hex digits");
    }
    if agent.powers.is_empty() || agent.powers.len() > 16 {
        return fail("agent.powers", "name 1 to 16 powers");
    }
    Ok(())
}

fn is_digest(text: &str) -> bool {
    let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    text.len() == 64 && text.bytes().all(hex)
}
