//! One tenant: what the host knows of a shop, as typed in and as checked. Does not ask any register
//! whether the shop exists, and does not know whether its place is taken.

use std::collections::HashSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::codes::{PersonName, Phone, Uscc, visible};
use crate::time::{Date, iso_date};

const NAME_MAX: usize = 200;
const STALL_MAX: usize = 64;
const ADDRESS_MAX: usize = 300;
const ACCOUNT_MAX: usize = 64;
const COMMITMENTS_MAX: usize = 20;
const COMMITMENT_MAX: usize = 64;
const REASON_MAX: usize = 400;

/// What kind of shop a tenant is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TenantKind {
    /// 商场专柜
    MallShop,
    /// 市场摊位
    MarketStall,
    /// 平台内经营者
    PlatformShop,
}

impl TenantKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::MallShop, Self::MarketStall, Self::PlatformShop];

    /// The word in documents, leaves and the API.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::MallShop => "mall_shop",
            Self::MarketStall => "market_stall",
            Self::PlatformShop => "platform_shop",
        }
    }

    /// The kind with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// The official word.
    #[must_use]
    pub const fn label_zh(self) -> &'static str {
        match self {
            Self::MallShop => "商场专柜",
            Self::MarketStall => "市场摊位",
            Self::PlatformShop => "平台内经营者",
        }
    }
}

/// Whether a tenant trades.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TenantStatus {
    /// 在营
    Active,
    /// 暂停经营: still here, may not trade until the host says so.
    Suspended,
    /// 已退场: the contract has ended; the host may still have to answer for it (消法 43).
    Left,
}

impl TenantStatus {
    /// Every status.
    pub const ALL: [Self; 3] = [Self::Active, Self::Suspended, Self::Left];

    /// The word in documents, leaves and the API.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Left => "left",
        }
    }

    /// The status with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.code() == code)
    }

    /// The word on screen.
    #[must_use]
    pub const fn label_zh(self) -> &'static str {
        match self {
            Self::Active => "在营",
            Self::Suspended => "暂停经营",
            Self::Left => "已退场",
        }
    }
}

/// A shop the host answers for. One USCC and stall number together name one tenant.
///
/// Its contact is a person: `Debug` shows neither that nor any free text.
///
/// ```
/// use green_channel::tenants::TenantDraft;
/// let draft: TenantDraft = serde_json::from_str(
///     r#"{"uscc":"91350100M000100Y43","name":"示例童装","kind":"mall_shop","stall_no":"B1-07",
///         "contact_name":"林某","contact_phone":"13900005520","contract_from":"2026-01-01",
///         "status":"active","status_since":"2026-01-01"}"#,
/// )?;
/// let tenant = draft.into_tenant()?;
/// assert_eq!(tenant.contact_phone.masked(), "139****5520");
/// assert!(!format!("{tenant:?}").contains("5520"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Tenant {
    /// 统一社会信用代码
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub uscc: Uscc,
    /// The name on its business licence.
    pub name: String,
    /// What kind of shop it is.
    pub kind: TenantKind,
    /// 柜台号, 摊位号
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stall_no: Option<String>,
    /// 经营地址
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Whom to call there.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub contact_name: PersonName,
    /// Their number.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub contact_phone: Phone,
    /// The first day of the contract with the host.
    #[serde(with = "iso_date")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Date))]
    pub contract_from: Date,
    /// Its last day; absent when it has no end.
    #[serde(default, with = "iso_date::option", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = Date))]
    pub contract_until: Option<Date>,
    /// Where its deposit is found, such as the number of a sub-account. Not an amount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deposit_account: Option<String>,
    /// 服务承诺, e.g. 7天无理由退货.
    #[serde(default)]
    pub commitments: Vec<String>,
    /// Whether it trades.
    pub status: TenantStatus,
    /// Why it does not; may be empty while it does.
    #[serde(default)]
    pub status_reason: String,
    /// Since when.
    #[serde(with = "iso_date")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Date))]
    pub status_since: Date,
}

impl fmt::Debug for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Tenant");
        shown.field("uscc", &self.uscc).field("kind", &self.kind).field("status", &self.status);
        shown.finish_non_exhaustive()
    }
}

impl Tenant {
    /// Checks what the types do not: lengths, days and what depends on one another.
    ///
    /// # Errors
    /// The first field that cannot stand.
    pub fn check(&self) -> Result<(), TenantFault> {
        line("name", &self.name, NAME_MAX)?;
        for (field, text, max) in [
            ("stall_no", &self.stall_no, STALL_MAX),
            ("address", &self.address, ADDRESS_MAX),
            ("deposit_account", &self.deposit_account, ACCOUNT_MAX),
        ] {
            if let Some(text) = text {
                line(field, text, max)?;
            }
        }
        if self.contract_until.is_some_and(|until| until < self.contract_from) {
            return Err(fault("contract_until", "give contract_from or a later day, or nothing"));
        }
        self.check_commitments()?;
        let may_be_silent = match self.status {
            TenantStatus::Active => true,
            TenantStatus::Suspended | TenantStatus::Left => false,
        };
        if may_be_silent && self.status_reason.is_empty() {
            return Ok(());
        }
        line("status_reason", &self.status_reason, REASON_MAX)
    }

    fn check_commitments(&self) -> Result<(), TenantFault> {
        const FIELD: &str = "commitments";
        if self.commitments.len() > COMMITMENTS_MAX {
            return Err(fault(FIELD, format!("give at most {COMMITMENTS_MAX}")));
        }
        let mut seen = HashSet::new();
        for commitment in &self.commitments {
            line(FIELD, commitment, COMMITMENT_MAX)?;
            if !seen.insert(commitment) {
                return Err(fault(FIELD, "name each one once"));
            }
        }
        Ok(())
    }
}

/// A tenant as somebody typed it: texts not yet checked. It is what the API takes.
#[derive(Clone, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TenantDraft {
    /// 统一社会信用代码, 18 characters.
    pub uscc: String,
    /// The name on its business licence, 1 to 200 characters.
    pub name: String,
    /// What kind of shop it is.
    pub kind: TenantKind,
    /// 柜台号, 摊位号, at most 64 characters.
    #[serde(default)]
    pub stall_no: Option<String>,
    /// 经营地址, at most 300 characters.
    #[serde(default)]
    pub address: Option<String>,
    /// Whom to call there, 1 to 64 characters.
    pub contact_name: String,
    /// Their number, 3 to 32 characters.
    pub contact_phone: String,
    /// The first day of the contract with the host.
    #[serde(with = "iso_date")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Date))]
    pub contract_from: Date,
    /// Its last day; absent when it has no end.
    #[serde(default, with = "iso_date::option")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = Date))]
    pub contract_until: Option<Date>,
    /// Where its deposit is found, at most 64 characters. Not an amount.
    #[serde(default)]
    pub deposit_account: Option<String>,
    /// 服务承诺: at most 20, each at most 64 characters.
    #[serde(default)]
    pub commitments: Vec<String>,
    /// Whether it trades.
    pub status: TenantStatus,
    /// Why it does not, at most 400 characters; required when it does not.
    #[serde(default)]
    pub status_reason: String,
    /// Since when.
    #[serde(with = "iso_date")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Date))]
    pub status_since: Date,
}

impl TenantDraft {
    /// The tenant, without the spaces around what was typed. An empty text of an optional field is
    /// as good as none.
    ///
    /// # Errors
    /// The first field that cannot stand.
    pub fn into_tenant(self) -> Result<Tenant, TenantFault> {
        let uscc = Uscc::parse(self.uscc.trim());
        let contact_name = PersonName::parse(self.contact_name.trim());
        let contact_phone = Phone::parse(self.contact_phone.trim());
        let tenant = Tenant {
            uscc: uscc.map_err(|error| fault("uscc", error.to_string()))?,
            name: self.name.trim().to_owned(),
            kind: self.kind,
            stall_no: given(self.stall_no),
            address: given(self.address),
            contact_name: contact_name.map_err(|error| fault("contact_name", error.to_string()))?,
            contact_phone: contact_phone
                .map_err(|error| fault("contact_phone", error.to_string()))?,
            contract_from: self.contract_from,
            contract_until: self.contract_until,
            deposit_account: given(self.deposit_account),
            commitments: self.commitments.iter().map(|text| text.trim().to_owned()).collect(),
            status: self.status,
            status_reason: one_line(&self.status_reason),
            status_since: self.status_since,
        };
        tenant.check()?;
        Ok(tenant)
    }
}

/// A field of a tenant that cannot stand. Never holds the value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct TenantFault {
    /// Its name.
    pub field: &'static str,
    /// What is wrong and the remedy.
    pub problem: String,
}

fn fault(field: &'static str, problem: impl Into<String>) -> TenantFault {
    TenantFault { field, problem: problem.into() }
}

/// A text that people read in one line: something, not too much, and nothing that hides in it.
fn line(field: &'static str, text: &str, max: usize) -> Result<(), TenantFault> {
    if text.trim().is_empty() {
        return Err(fault(field, "write something"));
    }
    if text.chars().nth(max).is_some() {
        return Err(fault(field, format!("write at most {max} characters")));
    }
    if visible(text) != text {
        return Err(fault(field, "leave out line breaks and characters that cannot be seen"));
    }
    Ok(())
}

fn given(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// A reason is typed into a box of several lines.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> TenantDraft {
        TenantDraft {
            uscc: "91350100M000100Y43".to_owned(),
            name: "示例童装".to_owned(),
            kind: TenantKind::MallShop,
            stall_no: Some("B1-07".to_owned()),
            address: None,
            contact_name: "林某".to_owned(),
            contact_phone: "13900005520".to_owned(),
            contract_from: "2026-01-01".parse().unwrap(),
            contract_until: Some("2026-12-31".parse().unwrap()),
            deposit_account: Some("保证金子账户 0107".to_owned()),
            commitments: vec!["7天无理由退货".to_owned(), "先行赔付".to_owned()],
            status: TenantStatus::Active,
            status_reason: String::new(),
            status_since: "2026-01-01".parse().unwrap(),
        }
    }

    /// The field that is at fault after this change.
    fn at_fault(change: impl FnOnce(&mut TenantDraft)) -> &'static str {
        let mut draft = draft();
        change(&mut draft);
        draft.into_tenant().expect_err("this cannot stand").field
    }

    #[test]
    fn a_tenant_reads_back_as_it_is_kept() {
        let tenant = draft().into_tenant().unwrap();
        let text = serde_json::to_string(&tenant).unwrap();
        assert_eq!(serde_json::from_str::<Tenant>(&text).unwrap(), tenant);
        assert!(text.contains("\"kind\":\"mall_shop\"") && text.contains("\"status\":\"active\""));
    }

    #[test]
    fn what_cannot_stand_is_named_by_its_field() {
        let long = |count: usize| "长".repeat(count);
        assert_eq!(at_fault(|d| d.uscc = "91350100M000100Y44".to_owned()), "uscc");
        assert_eq!(at_fault(|d| d.uscc.clear()), "uscc");
        assert_eq!(at_fault(|d| d.name = "  ".to_owned()), "name");
        assert_eq!(at_fault(|d| d.name = long(201)), "name");
        assert_eq!(at_fault(|d| d.name = "示例\u{202e}店".to_owned()), "name");
        assert_eq!(at_fault(|d| d.stall_no = Some(long(65))), "stall_no");
        assert_eq!(at_fault(|d| d.address = Some(long(301))), "address");
        assert_eq!(at_fault(|d| d.contact_name.clear()), "contact_name");
        assert_eq!(at_fault(|d| d.contact_phone = "微信同号".to_owned()), "contact_phone");
        let before = Some("2025-12-31".parse().unwrap());
        assert_eq!(at_fault(|d| d.contract_until = before), "contract_until");
        assert_eq!(at_fault(|d| d.deposit_account = Some(long(65))), "deposit_account");
        assert_eq!(at_fault(|d| d.commitments = vec![long(65)]), "commitments");
        assert_eq!(at_fault(|d| d.commitments = vec![String::new()]), "commitments");
        assert_eq!(at_fault(|d| d.commitments.push("先行赔付".to_owned())), "commitments");
        let many = || (0..21).map(|number| number.to_string()).collect();
        assert_eq!(at_fault(|d| d.commitments = many()), "commitments");
        assert_eq!(at_fault(|d| d.status = TenantStatus::Suspended), "status_reason");
        assert_eq!(at_fault(|d| d.status = TenantStatus::Left), "status_reason");
        assert_eq!(at_fault(|d| d.status_reason = long(401)), "status_reason");
    }

    #[test]
    fn the_longest_texts_and_a_contract_of_one_day_stand() {
        let mut draft = draft();
        draft.name = "长".repeat(200);
        draft.stall_no = Some("摊".repeat(64));
        draft.contract_until = Some(draft.contract_from);
        draft.commitments = (0..20).map(|number| format!("承诺{number}")).collect();
        assert!(draft.into_tenant().is_ok());
    }

    #[test]
    fn spaces_around_a_text_are_not_part_of_it() {
        let mut draft = draft();
        draft.uscc = " 91350100M000100Y43 ".to_owned();
        draft.stall_no = Some("  ".to_owned());
        draft.name = " 示例童装\u{3000}".to_owned();
        draft.status = TenantStatus::Suspended;
        draft.status_reason = "保证金不足，\r\n限期补足".to_owned();
        let tenant = draft.into_tenant().unwrap();
        assert_eq!((tenant.name.as_str(), tenant.stall_no), ("示例童装", None));
        assert_eq!(tenant.status_reason, "保证金不足， 限期补足");
    }

    #[test]
    fn neither_debug_nor_a_fault_tells_who_the_contact_is() {
        let shown = format!("{:?}", draft().into_tenant().unwrap());
        assert!(!shown.contains("林某") && !shown.contains("5520"), "{shown}");
        let mut draft = draft();
        draft.contact_phone = "13900005520微信".to_owned();
        let fault = draft.into_tenant().unwrap_err().to_string();
        assert!(!fault.contains("5520"), "{fault}");
    }

    #[test]
    fn every_code_reads_back_and_is_what_json_says() {
        for kind in TenantKind::ALL {
            assert_eq!(TenantKind::from_code(kind.code()), Some(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.code());
        }
        for status in TenantStatus::ALL {
            assert_eq!(TenantStatus::from_code(status.code()), Some(status));
            assert_eq!(serde_json::to_value(status).unwrap(), status.code());
        }
    }
}
