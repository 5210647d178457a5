//! The complaint as a center sends it: tolerant of what it does not know, strict about what it
//! uses.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::parties::{Agent, DeskConsent, Representative, check_parties};
use super::strict_json::{self, JsonError};
use crate::codes::{Channel, Goods, IdType, Issue, Open, PersonName, Phone, Request, Uscc};
use crate::ids::ComplaintNo;
use crate::money::Fen;
use crate::time::{Date, Timestamp, iso_date};

/// A consumer's complaint (投诉单), as received. Personal throughout, so it has no `Debug` of its
/// content.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Complaint {
    /// The center's number: 1 to 64 of `A–Z a–z 0–9 - _ .`.
    #[cfg_attr(feature = "openapi", schema(value_type = String, pattern = "^[A-Za-z0-9._-]{1,64}$"))]
    pub complaint_no: ComplaintNo,
    /// When the center diverted it.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub diverted_at: Timestamp,
    /// The consumer's consent: a JWS by the center, typ `gc-consent+jwt`.
    #[serde(default)]
    pub consent: String,
    /// Who complains.
    pub consumer: Consumer,
    /// About whom.
    pub respondent: Respondent,
    /// About what.
    pub goods: GoodsInfo,
    /// 投诉问题类别
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub issue: Open<Issue>,
    /// 诉求
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
    pub requests: Vec<Open<Request>>,
    /// 涉及金额, in fen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<i64>, minimum = 0))]
    pub amount_fen: Option<Fen>,
    /// 事实, at most 4000 characters.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 4000))]
    pub facts: String,
    /// 争议发生日期
    #[serde(default, with = "iso_date::option", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = Date))]
    pub happened_on: Option<Date>,
    /// 来源渠道
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub channel: Open<Channel>,
    /// Of a joint complaint: how many complain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_size: Option<u32>,
    /// Of a joint complaint: one or two who speak for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub representatives: Vec<Representative>,
    /// Who acts for the consumer under a written authority.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<Agent>,
    /// The consent as a clerk captured it; a center never sends one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(ignore))]
    pub desk_consent: Option<DeskConsent>,
}

/// Who complains (投诉人).
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Consumer {
    /// 姓名
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 64))]
    pub name: String,
    /// 联系电话: 3 to 32 digits, with + - ( ) and spaces between.
    #[cfg_attr(feature = "openapi", schema(pattern = "^[0-9+() -]{3,40}$"))]
    pub phone: String,
    /// 证件类型
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub id_type: Option<Open<IdType>>,
    /// 证件号码
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_number: Option<String>,
    /// 联系地址
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// About whom (被投诉人).
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Respondent {
    /// 统一社会信用代码, with a right check character.
    #[cfg_attr(feature = "openapi", schema(pattern = "^[0-9A-HJ-NPQRTUWXY]{18}$"))]
    pub uscc: String,
    /// 名称
    pub name: String,
    /// 摊位号
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stall_no: Option<String>,
    /// 经营地址
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// About what (商品或服务).
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GoodsInfo {
    /// 客体类别
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub kind: Open<Goods>,
    /// 名称
    pub name: String,
    /// 品牌
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand: Option<String>,
    /// 订单号
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_no: Option<String>,
    /// 消费日期
    #[serde(default, with = "iso_date::option", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = Date))]
    pub purchased_on: Option<Date>,
}

/// A field that cannot stand, with the remedy. Never holds the value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FieldError {
    /// The JSON itself.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// A value.
    #[error("{field}: {problem}")]
    Field {
        /// Its path.
        field: &'static str,
        /// What is wrong and the remedy.
        problem: &'static str,
    },
}

impl Complaint {
    /// Parses and checks the body of a diversion.
    ///
    /// Unknown members and unknown code values are accepted: the caller keeps the raw bytes.
    ///
    /// # Errors
    /// The first field that cannot be used.
    pub fn parse(body: &[u8]) -> Result<Self, FieldError> {
        let complaint: Self = strict_json::parse_object(body)?;
        complaint.check()?;
        Ok(complaint)
    }

    /// Checks every field that is used.
    ///
    /// # Errors
    /// The first field that cannot be used.
    pub fn check(&self) -> Result<(), FieldError> {
        let fail = |field, problem| Err(FieldError::Field { field, problem });
        if PersonName::parse(&self.consumer.name).is_err() {
            return fail("consumer.name", "give 1 to 64 characters without control characters");
        }
        if Phone::parse(&self.consumer.phone).is_err() {
            return fail("consumer.phone", "give a mobile or landline number of 3 to 32 digits");
        }
        if Uscc::parse(&self.respondent.uscc).is_err() {
            return fail("respondent.uscc", "give the 18 characters with a right check character");
        }
        check_parties(self.group_size, &self.representatives, self.agent.as_ref())?;
        if let Some(consent) = &self.desk_consent {
            consent.check()?;
        }
        let lengths: [(&'static str, Option<&str>, usize); 8] = [
            ("consumer.id_number", self.consumer.id_number.as_deref(), 64),
            ("consumer.address", self.consumer.address.as_deref(), 300),
            ("respondent.name", Some(&self.respondent.name), 200),
            ("respondent.stall_no", self.respondent.stall_no.as_deref(), 64),
            ("respondent.address", self.respondent.address.as_deref(), 300),
            ("goods.name", Some(&self.goods.name), 200),
            ("goods.brand", self.goods.brand.as_deref(), 200),
            ("goods.order_no", self.goods.order_no.as_deref(), 128),
        ];
        for (field, value, most) in lengths {
            if value.is_some_and(|value| value.chars().count() > most) {
                return fail(field, "shorten it: the field is too long");
            }
        }
        if self.goods.name.trim().is_empty() {
            return fail("goods.name", "name the goods or service");
        }
        if self.requests.len() > 16 {
            return fail("requests", "give at most 16 requests");
        }
        if self.amount_fen.is_some_and(|amount| !amount.is_payable()) {
            return fail("amount_fen", "give an amount from 0 to 9007199254740991 fen");
        }
        if !(1..=4000).contains(&self.facts.trim().chars().count()) {
            return fail("facts", "write 1 to 4000 characters");
        }
        Ok(())
    }
}

impl fmt::Debug for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Complaint(…)")
    }
}
