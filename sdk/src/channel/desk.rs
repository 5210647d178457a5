//! 现场登记: a walk-in consumer's complaint, written down by a clerk. It takes the same path and the
//! same log as a diversion; whether the center hears of it is the consumer's choice.

use serde::{Deserialize, Serialize};

use super::Channel;
use super::intake::{Diverted, IntakeError, Opening};
use crate::case::{Actor, Origin};
use crate::codes::{Channel as Source, Goods, Issue, Open, Request};
use crate::ids::ComplaintNo;
use crate::money::Fen;
use crate::protocol::{
    Complaint, Consumer, DeskConsent, FieldError, GoodsInfo, Respondent,
    consent::{PURPOSE_NEGOTIATE, PURPOSE_REPORT_OUTCOME, RECIPIENT_MERCHANT},
    token::SKEW_MILLIS,
};
use crate::store::{Store, StoreError};
use crate::time::{Date, iso_date};

/// What a clerk writes down (消费者投诉登记表). Personal throughout, so it has no `Debug`.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DeskComplaint {
    /// Whether the consumer wants the center to know.
    pub report_to_center: bool,
    /// Who complains.
    pub consumer: Consumer,
    /// About whom; the merchant itself or a shop in it.
    pub respondent: Respondent,
    /// About what.
    pub goods: GoodsInfo,
    /// 投诉问题类别
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub issue: Open<Issue>,
    /// 诉求
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
    pub requests: Vec<Open<Request>>,
    /// 涉及金额, in fen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<i64>, minimum = 0))]
    pub amount_fen: Option<Fen>,
    /// 事实
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 4000))]
    pub facts: String,
    /// 争议发生日期
    #[serde(default, with = "iso_date::option", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = Date))]
    pub happened_on: Option<Date>,
    /// What the consumer agreed to.
    pub consent: DeskConsent,
}

/// A walk-in complaint was not taken. Nothing personal was stored.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// A field does not fit.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// It could not be opened.
    #[error(transparent)]
    Intake(#[from] IntakeError),
}

impl<S: Store> Channel<S> {
    /// Opens a case for a consumer at the desk, with a number of our own.
    ///
    /// # Errors
    /// See [`DeskError`]; in each case nothing personal was stored.
    pub async fn register(
        &self,
        actor: Actor,
        written: DeskComplaint,
    ) -> Result<Diverted, DeskError> {
        let now = self.now();
        self.check_desk_consent(&written)?;
        let origin = if written.report_to_center { Origin::DeskReported } else { Origin::DeskOnly };
        let complaint = Complaint {
            complaint_no: self.desk_number()?,
            diverted_at: now,
            consent: String::new(),
            consumer: written.consumer,
            respondent: written.respondent,
            goods: written.goods,
            issue: written.issue,
            requests: written.requests,
            amount_fen: written.amount_fen,
            facts: written.facts,
            happened_on: written.happened_on,
            channel: Open::Known(Source::Visit),
            group_size: None,
            representatives: Vec::new(),
            agent: None,
            desk_consent: Some(written.consent),
        };
        complaint.check()?;
        let body = serde_json::to_vec(&complaint)
            .map_err(|_| IntakeError::from(StoreError::Corrupt { table: "body" }))?;
        let opening = Opening {
            complaint: &complaint,
            body: &body,
            number: self.blind_number(&complaint.complaint_no),
            token: None,
            now,
            origin,
        };
        Ok(self.open_case(opening, actor).await?)
    }

    /// `XC20261126-` and ten random hex digits: tells the day and the desk, and nothing else.
    fn desk_number(&self) -> Result<ComplaintNo, DeskError> {
        let day = self.now().civil_date().strftime("%Y%m%d").to_string();
        let number = format!("XC{day}-{}", hex::encode(self.random::<5>()));
        let fault = IntakeError::from(StoreError::Corrupt { table: "number" });
        number.parse().map_err(|_| fault.into())
    }

    fn check_desk_consent(&self, written: &DeskComplaint) -> Result<(), FieldError> {
        let fail = |field, problem| Err(FieldError::Field { field, problem });
        let consent: &DeskConsent = &written.consent;
        let agreed = consent.purposes.iter().any(|purpose| purpose == PURPOSE_REPORT_OUTCOME);
        if written.report_to_center != agreed {
            let problem = "tell the center if and only if the purpose report_outcome is agreed to";
            return fail("report_to_center", problem);
        }
        if consent.given_at > self.now().plus_millis(SKEW_MILLIS) {
            return fail("consent.given_at", "give the time it was given, not a time to come");
        }
        let covered = |kind: &str| consent.data_categories.iter().any(|agreed| agreed == kind);
        if !["identity", "contact", "facts"].into_iter().all(covered) {
            let problem =
                "name identity, contact and facts: what is written down must be agreed to";
            return fail("consent.data_categories", problem);
        }
        if !consent.purposes.iter().any(|purpose| purpose == PURPOSE_NEGOTIATE) {
            return fail("consent.purposes", "the consumer must agree to negotiation; ask again");
        }
        let us = &self.inner.host.uscc;
        let named = consent
            .recipients
            .iter()
            .any(|one| one.kind == RECIPIENT_MERCHANT && one.uscc.as_deref() == Some(us.as_str()));
        if !named {
            return fail("consent.recipients", "name the merchant itself as a recipient");
        }
        if consent.expires_at <= self.now() {
            return fail("consent.expires_at", "give a time to come");
        }
        Ok(())
    }
}

/// What is complained about may be left open at the desk.
impl DeskComplaint {
    /// The class of goods when nobody chose one.
    #[must_use]
    pub const fn goods_unknown() -> Open<Goods> {
        Open::Known(Goods::OtherGoods)
    }
}
