//! What people and programs read of a case: plain data, in JSON and on pages.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::calendar::Explanation;
use crate::case::{ClockKind, OfferStatus, StateName};
use crate::ids::{CaseId, OfferId, Pseudonym, ReportId};
use crate::store::OutboxRow;
use crate::time::{Date, Timestamp, iso_date};

/// A clock with its explanation (为什么是这个期限).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ClockView {
    /// What it measures.
    pub kind: ClockKind,
    /// In Chinese.
    pub label: String,
    /// From when it counts.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub start_at: Timestamp,
    /// The last instant in time.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub due_at: Timestamp,
    /// When it stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub stopped_at: Option<Timestamp>,
    /// By how many milliseconds it is or was over; absent when in time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overdue_millis: Option<i64>,
    /// Whether holidays of the year are still unpublished.
    pub provisional: bool,
    /// The sum in a sentence.
    pub why: String,
    /// The sum day by day, where days were counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<Explanation>,
}

/// An action and whether it is open, with the reason when not.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChoiceView {
    /// The action's code.
    pub action: String,
    /// Its word on a button.
    pub label: String,
    /// Whether it may be taken now.
    pub allowed: bool,
    /// The refusal's code, when not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why_not: Option<String>,
    /// The reason in Chinese, when not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why_not_text: Option<String>,
}

/// The consumer, masked.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConsumerView {
    /// 张*
    pub name: String,
    /// 138****5678
    pub phone: String,
    /// Whether an id number was given.
    pub has_id_number: bool,
    /// Whether an address was given.
    pub has_address: bool,
}

/// What the consumer agreed to; verified at intake and kept as it was signed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConsentView {
    /// For which purposes: `negotiate`, `report_outcome`; others as they were sent.
    pub purposes: Vec<String>,
    /// Which data: `identity`, `contact`, `facts`, `evidence`; others as they were sent.
    pub data_categories: Vec<String>,
    /// When.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub given_at: Timestamp,
    /// Until when.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub expires_at: Timestamp,
    /// How: `web`, `app`, `phone`, `paper`; others as they were sent.
    pub method: String,
}

impl ConsentView {
    /// Reads the claims of a consent that was verified when it came in.
    pub(super) fn of(consent: &str) -> Option<Self> {
        let payload = consent.split('.').nth(1)?;
        let payload = URL_SAFE_NO_PAD.decode(payload).ok()?;
        serde_json::from_slice(&payload).ok()
    }
}

/// An offer, for reading.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OfferView {
    /// Its id.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub id: OfferId,
    /// Its terms in a line.
    pub summary: String,
    /// Its terms.
    pub terms: crate::case::Terms,
    /// All money promised, in fen.
    pub total_fen: i64,
    /// Until when the consumer may answer.
    #[serde(with = "iso_date")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Date))]
    pub answer_by: Date,
    /// Where it stands.
    pub status: OfferStatus,
    /// When it was drafted.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub drafted_at: Timestamp,
    /// In words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// A report, for reading.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReportView {
    /// Its id.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub report_id: ReportId,
    /// Its case.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub case_id: CaseId,
    /// Its number within the case.
    pub sequence: u32,
    /// What it tells.
    pub kind: String,
    /// `pending`, `delivered` or `dead`.
    pub state: String,
    /// How often it was tried.
    pub attempts: u32,
    /// Why the last attempt failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// When it was written.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub created_at: Timestamp,
    /// When its receipt came.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub delivered_at: Option<Timestamp>,
}

impl From<OutboxRow> for ReportView {
    fn from(row: OutboxRow) -> Self {
        Self {
            report_id: row.id,
            case_id: row.case,
            sequence: row.sequence,
            kind: row.kind,
            state: row.state.code().to_owned(),
            attempts: row.attempts,
            cause: row.cause,
            created_at: row.created_at,
            delivered_at: row.delivered_at,
        }
    }
}

/// One line of the history: a leaf and its words.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HistoryEntry {
    /// Number within the case.
    pub n: u64,
    /// When.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub at: Timestamp,
    /// What.
    pub kind: String,
    /// Acted in which role.
    pub role: String,
    /// By whom, as the log knows them.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub actor: Pseudonym,
    /// The facts.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub data: serde_json::Value,
    /// The words, by field; empty after an erasure. The complaint itself is not repeated here.
    pub words: BTreeMap<String, String>,
    /// Its hash in the log.
    pub leaf_hash: String,
    /// Its position in the log; absent while it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<u64>,
}

/// A line of the queue.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QueueRow {
    /// The case.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub case_id: CaseId,
    /// The center's number; absent after an erasure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub complaint_no: Option<String>,
    /// The state.
    pub state: StateName,
    /// In Chinese.
    pub state_label: String,
    /// The revision a command must quote.
    pub revision: u64,
    /// 商品或服务
    pub goods: String,
    /// 问题类别
    pub issue: String,
    /// 诉求
    pub requests: Vec<String>,
    /// 涉及金额, in fen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount_fen: Option<i64>,
    /// 消费者, masked.
    pub consumer: String,
    /// The clock that runs out first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_clock: Option<ClockKind>,
    /// When it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub due_at: Option<Timestamp>,
    /// Whether any clock is or was over.
    pub overdue: bool,
    /// How often the center urged.
    pub urges: u64,
    /// How often it supervised.
    pub supervisions: u64,
    /// How often this consumer had come before.
    pub repeat: u32,
    /// Whether something new came from the center.
    pub unread: bool,
    /// 首问责任人
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub first_responder: Option<Pseudonym>,
    /// When it was received.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub received_at: Timestamp,
}

/// A case, for the one who works on it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CaseView {
    /// The line of the queue.
    pub summary: QueueRow,
    /// The case's stream in the log.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub stream: Pseudonym,
    /// The rule set it is bound to.
    pub rules: String,
    /// How many events it has had.
    pub version: u64,
    /// 事实
    pub facts: String,
    /// 品牌
    pub brand: Option<String>,
    /// 订单号
    pub order_no: Option<String>,
    /// 来源渠道
    pub channel: String,
    /// 被投诉人
    pub respondent: String,
    /// 摊位号
    pub stall_no: Option<String>,
    /// 消费者, masked.
    pub consumer: ConsumerView,
    /// 同意; absent after an erasure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consent: Option<ConsentView>,
    /// Its clocks, stopped ones too.
    pub clocks: Vec<ClockView>,
    /// Its offers.
    pub offers: Vec<OfferView>,
    /// What may be done now, and why the rest may not.
    pub choices: Vec<ChoiceView>,
    /// What was reported.
    pub reports: Vec<ReportView>,
    /// 评价
    pub rating: Option<u8>,
    /// How it ended.
    pub outcome: Option<String>,
    /// 挽回经济损失, in fen.
    pub recovered_fen: Option<i64>,
}
