//! What people and programs read of a case: plain data, in JSON and on pages.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::calendar::Explanation;
use crate::case::{
    AdvanceStatus, ClockKind, OfferStatus, Origin, Party, PauseGround, Rung, StateName, Via,
};

use crate::ids::{AdvanceId, CaseId, OfferId, Pseudonym, ReportId, TenantId};
use crate::protocol::Consent;
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
    /// Since when it stands still.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub paused_at: Option<Timestamp>,
    /// How many deadlines it has missed; stays for good.
    pub missed: u64,
    /// How many units an extension added.
    pub extended: u32,
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

impl From<Consent> for ConsentView {
    fn from(consent: Consent) -> Self {
        Self {
            purposes: consent.purposes,
            data_categories: consent.data_categories,
            given_at: consent.given_at,
            expires_at: consent.expires_at,
            method: consent.method,
        }
    }
}

/// One who speaks for the consumer, masked.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PartyView {
    /// `representative` or `agent`.
    pub role: String,
    /// 代表人 or 委托代理人
    pub role_label: String,
    /// 张*
    pub name: String,
    /// 138****5678
    pub phone: String,
    /// What an agent may do; of a representative empty.
    pub powers: Vec<String>,
    /// The last day of an agent's authority.
    #[serde(default, with = "iso_date::option", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = Date))]
    pub until: Option<Date>,
}

/// A transfer that waits for the one who was asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TransferView {
    /// Who was asked.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub to: Pseudonym,
    /// When.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub at: Timestamp,
}

/// The shop that answers for what the complaint is about.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AssignedView {
    /// Which.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub tenant: TenantId,
    /// Its name; empty when it is not in the registry.
    pub name: String,
    /// 摊位号
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stall_no: Option<String>,
    /// Whether the consent names it; else it does not read who complains.
    pub named: bool,
}

/// What the consumer was asked to add.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AskedView {
    /// When.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub at: Timestamp,
    /// Until when.
    #[serde(with = "iso_date")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Date))]
    pub reply_by: Date,
}

/// Another case of the same consumer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RelatedView {
    /// Which.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub case_id: CaseId,
    /// Its number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub complaint_no: Option<String>,
    /// Where it stands.
    pub state: StateName,
    /// In Chinese.
    pub state_label: String,
    /// When it was received.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub received_at: Timestamp,
}

/// An advance of a case, for reading.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CaseAdvanceView {
    /// Which.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub advance_id: AdvanceId,
    /// Where it stands.
    pub status: AdvanceStatus,
    /// In Chinese.
    pub status_label: String,
    /// How much was asked for, in fen.
    pub fen: i64,
    /// How much the consumer got, in fen.
    pub paid_fen: i64,
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
    /// In Chinese.
    pub status_label: String,
    /// Whose proposal it is.
    pub by: Party,
    /// In Chinese.
    pub by_label: String,
    /// By which way the consumer's word on it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub via: Option<Via>,
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
    /// By when the receipt should be here, where the rule set says so (回传时限).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub due_at: Option<Timestamp>,
    /// Whether it is or was later.
    #[serde(default)]
    pub overdue: bool,
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
            due_at: None,
            overdue: false,
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
    /// How it came.
    pub origin: Origin,
    /// Who was told of a deadline that still runs, at the highest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub escalated_to: Option<Rung>,
    /// Who was asked to take over.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub transfer_to: Option<Pseudonym>,
    /// The shop that answers for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub tenant: Option<TenantId>,
    /// Whether a hand-back lies before the first responder.
    pub handback_drafted: bool,
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
    /// How it came.
    pub origin: Origin,
    /// In Chinese.
    pub origin_label: String,
    /// Of a joint complaint: how many complain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_size: Option<u32>,
    /// Who speaks for the consumer.
    pub parties: Vec<PartyView>,
    /// Why the consumer's data are not shown to this reader; absent when they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withheld: Option<String>,
    /// A transfer that waits for an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transfer: Option<TransferView>,
    /// How often it changed hands.
    pub transfers: u32,
    /// The shop that answers for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assigned: Option<AssignedView>,
    /// What the consumer was asked to add.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked: Option<AskedView>,
    /// Since when clocks stand still.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub paused_since: Option<Timestamp>,
    /// Why they do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pause_ground: Option<PauseGround>,
    /// When the center was asked for more time, while it has not answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub extension_asked: Option<Timestamp>,
    /// How often a clock was lengthened.
    pub extensions: u32,
    /// Whether a hand-back lies before the first responder.
    pub handback_drafted: bool,
    /// Contact attempts.
    pub contacts: u32,
    /// Whether the consumer was ever reached.
    pub reached: bool,
    /// Attempts in vain since then.
    pub unreached: u64,
    /// 先行赔付: every advance of the case, oldest first.
    #[serde(default)]
    pub advances: Vec<CaseAdvanceView>,
    /// Other cases of the same consumer, newest first, at most ten.
    pub related: Vec<RelatedView>,
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
