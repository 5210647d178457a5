//! Who may read what of a consumer, now: the consent is asked at every read, not once.

use super::casework::LoadedCase;
use crate::case::Role;
use crate::protocol::consent::PURPOSE_NEGOTIATE;
use crate::protocol::{Complaint, Consent};
use crate::time::Timestamp;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Why the consumer's data are not shown. The case itself is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Withheld {
    /// The shop is not a recipient the consent names (PIPL Art. 23).
    NotNamed,
    /// The consent no longer holds: the data are kept for the law alone (PIPL Art. 47).
    Expired,
    /// This role never reads them.
    NoPurpose,
    /// The consent does not cover this kind of data.
    NotCovered,
}

impl Withheld {
    /// Why, for the one who reads.
    #[must_use]
    pub const fn message_zh(self) -> &'static str {
        match self {
            Self::NotNamed => {
                "同意书未写明向该商户提供，消费者信息不予显示（个人信息保护法第二十三条）"
            }
            Self::Expired => {
                "同意已到期，消费者信息仅依法保存，不再用于办理（个人信息保护法第四十七条）"
            }
            Self::NoPurpose => "该岗位没有查阅消费者信息的用途",
            Self::NotCovered => "同意书未包括这类信息，不予显示",
        }
    }

    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotNamed => "consent_does_not_name_tenant",
            Self::Expired => "consent_expired",
            Self::NoPurpose => "no_purpose",
            Self::NotCovered => "consent_does_not_cover",
        }
    }
}

/// The consent of a complaint, verified when it came in.
pub(super) fn consent_of(complaint: &Complaint, issuer: &str, merchant: &str) -> Option<Consent> {
    if complaint.consent.is_empty() {
        let desk = complaint.desk_consent.as_ref()?;
        return Some(desk.as_consent(issuer, merchant, &complaint.complaint_no));
    }
    let payload = complaint.consent.split('.').nth(1)?;
    let payload = URL_SAFE_NO_PAD.decode(payload).ok()?;
    serde_json::from_slice(&payload).ok()
}

/// Whether somebody in this role may read the consumer's data on this case now.
///
/// Auditors and regulators read by law (PIPL Art. 13(3)), not by the consent, and each reveal is
/// written down; whoever works on the case reads as long as the consent holds; a shop, if the
/// consent names it.
pub(super) fn may_read(
    loaded: &LoadedCase,
    consent: Option<&Consent>,
    role: Role,
    now: Timestamp,
) -> Result<(), Withheld> {
    let holds = consent
        .is_some_and(|consent| now < consent.expires_at && consent.allows(PURPOSE_NEGOTIATE));
    match role {
        Role::Auditor | Role::Regulator | Role::System | Role::Center => Ok(()),
        Role::Clerk | Role::Supervisor | Role::Manager if holds => Ok(()),
        Role::Clerk | Role::Supervisor | Role::Manager => Err(Withheld::Expired),
        Role::Tenant => match &loaded.case.assigned {
            Some(assigned) if assigned.named && holds => Ok(()),
            Some(assigned) if assigned.named => Err(Withheld::Expired),
            Some(_) | None => Err(Withheld::NotNamed),
        },
        Role::Cashier | Role::Administrator | Role::SecurityAdministrator | Role::Consumer => {
            Err(Withheld::NoPurpose)
        }
    }
}

/// Whether the consent covers these fields of the consumer, by the kind of data each is. By law
/// (auditors, regulators) all may be read.
pub(super) fn covers(consent: Option<&Consent>, role: Role, fields: &[String]) -> bool {
    if matches!(role, Role::Auditor | Role::Regulator) {
        return true;
    }
    let Some(consent) = consent else { return false };
    // A shop is told whom to call, never more (PIPL Art. 6: no more than the purpose needs).
    if role == Role::Tenant && fields.iter().any(|field| !["name", "phone"].contains(&&**field)) {
        return false;
    }
    let agreed = |kind: &str| consent.data_categories.iter().any(|category| category == kind);
    fields.iter().all(|field| match field.as_str() {
        "phone" | "address" => agreed("contact"),
        _ => agreed("identity"),
    })
}
