//! What people and programs read of a case. Identity fields are masked here; showing them is a
//! command of its own ([`crate::case::Command::Reveal`]).

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::casework::LoadedCase;
use super::{ActError, Channel};
use crate::calendar::Explanation;
use crate::case::{Actor, CaseState, ClockKind, Offer, OfferStatus, StateName, choices};
use crate::codes::{PersonName, Phone};
use crate::ids::{CaseId, OfferId, Pseudonym, ReportId};
use crate::log::Leaf;
use crate::protocol::{Complaint, ReportTrace, Tracking, TrackingClock, parse_json};
use crate::store::{CaseQuery, OutboxRow, Store, StoreError};
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
    fn of(consent: &str) -> Option<Self> {
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

impl<S: Store> Channel<S> {
    /// A page of the queue.
    ///
    /// # Errors
    /// When the store fails or a row does not read back.
    pub async fn queue(
        &self,
        query: CaseQuery,
    ) -> Result<(Vec<QueueRow>, Option<String>), StoreError> {
        let page = self.store().cases(query).await?;
        let ids = page.cases.iter().map(|stored| stored.row.id).collect();
        let sealed = self.store().first_sealed(ids).await?;
        let mut rows = Vec::with_capacity(page.cases.len());
        for stored in page.cases {
            let loaded = self.loaded(stored).await?;
            let first = sealed.iter().find(|row| row.case == loaded.id);
            let complaint = match (&loaded.key, first) {
                (Some(key), Some(row)) => Some(read_complaint(&self.open_words(key, row)?)?),
                _ => None,
            };
            rows.push(queue_row(&loaded, complaint.as_ref(), self.now()));
        }
        Ok((rows, page.next))
    }

    /// One line of the queue.
    ///
    /// # Errors
    /// When there is no such case or it does not read back.
    pub async fn summary(&self, id: CaseId) -> Result<QueueRow, ActError> {
        let loaded = self.load(id).await?;
        let sealed = self.store().first_sealed(vec![id]).await?;
        let complaint = match (&loaded.key, sealed.first()) {
            (Some(key), Some(row)) => Some(read_complaint(&self.open_words(key, row)?)?),
            _ => None,
        };
        Ok(queue_row(&loaded, complaint.as_ref(), self.now()))
    }

    /// A case as this actor sees it.
    ///
    /// # Errors
    /// When there is none or it does not read back.
    pub async fn view(&self, id: CaseId, actor: &Actor) -> Result<CaseView, ActError> {
        let loaded = self.load(id).await?;
        let words = self.all_words(&loaded).await?;
        let complaint = match words.get(&0) {
            Some(first) => parse_complaint(first)?,
            None => None,
        };
        let now = self.now();
        let reports = self.store().outbox_of(id).await?;
        let text = |offer: &Offer| words.get(&offer.n).and_then(|w| w.get("text")).cloned();
        let case = &loaded.case;
        let shown = choices(case, actor, now).into_iter().map(|choice| ChoiceView {
            action: choice.action.code().to_owned(),
            label: choice.action.label_zh().to_owned(),
            allowed: choice.why_not.is_none(),
            why_not: choice.why_not.as_ref().map(|refusal| refusal.code().to_owned()),
            why_not_text: choice.why_not.as_ref().map(crate::case::Refusal::message_zh),
        });
        let (outcome, recovered_fen) = match &case.state {
            CaseState::Closed { outcome, recovered_fen, .. } => {
                (Some(outcome.to_string()), Some(recovered_fen.as_fen()))
            }
            _ => (None, None),
        };
        let of = complaint.as_ref();
        Ok(CaseView {
            summary: queue_row(&loaded, of, now),
            stream: loaded.stream,
            rules: case.rules.clone(),
            version: case.version,
            facts: of.map(|c| c.facts.clone()).unwrap_or_default(),
            brand: of.and_then(|c| c.goods.brand.clone()),
            order_no: of.and_then(|c| c.goods.order_no.clone()),
            channel: of.map(|c| c.channel.label_zh().into_owned()).unwrap_or_default(),
            respondent: of.map(|c| c.respondent.name.clone()).unwrap_or_default(),
            stall_no: of.and_then(|c| c.respondent.stall_no.clone()),
            consumer: consumer_view(of),
            consent: of.and_then(|c| ConsentView::of(&c.consent)),
            clocks: self.clock_views(&loaded, now),
            offers: case.offers.iter().map(|offer| offer_view(offer, text(offer))).collect(),
            choices: shown.collect(),
            reports: reports.into_iter().map(ReportView::from).collect(),
            rating: case.rating,
            outcome,
            recovered_fen,
        })
    }

    fn clock_views(&self, loaded: &LoadedCase, now: Timestamp) -> Vec<ClockView> {
        let calendar = self.calendar();
        let view = |entry: &crate::case::CaseClock| ClockView {
            kind: entry.clock.kind,
            label: entry.clock.kind.label_zh().to_owned(),
            start_at: entry.clock.start_at,
            due_at: entry.clock.due_at,
            stopped_at: entry.stopped_at,
            overdue_millis: entry.overdue_millis(now),
            provisional: entry.clock.provisional,
            why: entry.clock.sentence_zh(calendar),
            explanation: entry.clock.explain(calendar).ok().flatten(),
        };
        loaded.case.clocks.iter().map(view).collect()
    }

    /// The history of a case: every leaf with its words.
    ///
    /// # Errors
    /// When there is no such case or it does not read back.
    pub async fn history(&self, id: CaseId) -> Result<Vec<HistoryEntry>, ActError> {
        let loaded = self.load(id).await?;
        let mut words = self.all_words(&loaded).await?;
        let (stream, mut from, mut entries) = (loaded.stream.to_string(), 0, Vec::new());
        loop {
            let page = self.store().leaves(&stream, from, 200).await?;
            let Some(last) = page.last() else { break };
            from = last.n + 1;
            for stored in page {
                let corrupt = StoreError::Corrupt { table: "leaves" };
                let Ok(leaf) = Leaf::parse(&stored.bytes) else { return Err(corrupt.into()) };
                let mut said = words.remove(&stored.n).unwrap_or_default();
                said.remove("body");
                entries.push(HistoryEntry {
                    n: stored.n,
                    at: leaf.at,
                    kind: leaf.kind,
                    role: leaf.actor.role,
                    actor: leaf.actor.pseudonym,
                    data: leaf.data,
                    words: said,
                    leaf_hash: stored.hash.to_string(),
                    position: stored.position,
                });
            }
        }
        Ok(entries)
    }

    /// The identity fields that a logged reveal allows to be shown.
    ///
    /// # Errors
    /// When there is no such case or it does not read back.
    pub async fn identity(
        &self,
        id: CaseId,
        fields: &[String],
    ) -> Result<BTreeMap<String, String>, ActError> {
        let loaded = self.load(id).await?;
        let words = self.all_words(&loaded).await?;
        let complaint = match words.get(&0) {
            Some(first) => parse_complaint(first)?,
            None => None,
        };
        let Some(complaint) = complaint else { return Err(ActError::Erased) };
        let consumer = complaint.consumer;
        let known = [
            ("name", Some(consumer.name)),
            ("phone", Some(consumer.phone)),
            ("id_number", consumer.id_number),
            ("address", consumer.address),
        ];
        let shown = known.into_iter().filter(|(name, _)| fields.iter().any(|f| f == name));
        Ok(shown.map(|(name, value)| (name.to_owned(), value.unwrap_or_default())).collect())
    }

    /// Where a complaint stands, for the center.
    ///
    /// # Errors
    /// When there is no such complaint or it does not read back.
    pub async fn tracking(&self, no: &crate::ids::ComplaintNo) -> Result<Tracking, ActError> {
        let loaded = self.load_by_number(no).await?;
        if loaded.key.is_none() {
            return Err(ActError::Erased);
        }
        let now = self.now();
        let clock = |entry: &crate::case::CaseClock| TrackingClock {
            kind: entry.clock.kind,
            due_on: entry.clock.due_at.civil_date(),
            provisional: entry.clock.provisional,
            overdue: entry.overdue_millis(now).is_some(),
        };
        let actor = self.center_actor();
        let open = choices(&loaded.case, &actor, now);
        let open = open.into_iter().filter(|choice| choice.why_not.is_none());
        let mut reports = Vec::new();
        for row in self.store().outbox_of(loaded.id).await? {
            let kind = crate::case::ReportKind::from_code(&row.kind)
                .ok_or(StoreError::Corrupt { table: "outbox" })?;
            reports.push(ReportTrace {
                report_id: row.id,
                kind,
                at: row.created_at,
                state: row.state.code().to_owned(),
                receipted_at: row.delivered_at,
            });
        }
        Ok(Tracking {
            complaint_no: no.clone(),
            state: loaded.case.state.name(),
            version: loaded.case.version,
            received_at: loaded.case.received_at,
            clocks: loaded.case.clocks.iter().map(clock).collect(),
            next: open.map(|choice| choice.action.code().to_owned()).collect(),
            reports,
        })
    }

    async fn all_words(
        &self,
        loaded: &LoadedCase,
    ) -> Result<BTreeMap<u64, BTreeMap<String, String>>, StoreError> {
        let Some(key) = &loaded.key else { return Ok(BTreeMap::new()) };
        let mut all = BTreeMap::new();
        for row in self.store().sealed(loaded.id).await? {
            let words = self.open_words(key, &row)?;
            let said = words.fields.into_iter().map(|(field, word)| (field, word.value));
            all.insert(row.n, said.collect());
        }
        Ok(all)
    }
}

fn read_complaint(words: &super::leaves::SealedWords) -> Result<Complaint, StoreError> {
    let body = words.fields.get("body").ok_or(StoreError::Corrupt { table: "sealed" })?;
    parse_json(body.value.as_bytes()).map_err(|_| StoreError::Corrupt { table: "sealed" })
}

fn parse_complaint(words: &BTreeMap<String, String>) -> Result<Option<Complaint>, StoreError> {
    let Some(body) = words.get("body") else { return Ok(None) };
    let complaint = parse_json(body.as_bytes());
    complaint.map(Some).map_err(|_| StoreError::Corrupt { table: "sealed" })
}

fn queue_row(loaded: &LoadedCase, complaint: Option<&Complaint>, now: Timestamp) -> QueueRow {
    let case = &loaded.case;
    let next = case.next_due();
    let state = case.state.name();
    QueueRow {
        case_id: loaded.id,
        complaint_no: complaint.map(|c| c.complaint_no.to_string()),
        state,
        state_label: state.label_zh().to_owned(),
        revision: case.revision,
        goods: complaint.map(|c| c.goods.name.clone()).unwrap_or_default(),
        issue: complaint.map(|c| c.issue.label_zh().into_owned()).unwrap_or_default(),
        requests: complaint
            .map(|c| c.requests.iter().map(|request| request.label_zh().into_owned()).collect())
            .unwrap_or_default(),
        amount_fen: complaint.and_then(|c| c.amount_fen).map(crate::money::Fen::as_fen),
        consumer: consumer_view(complaint).name,
        next_clock: next.map(|entry| entry.clock.kind),
        due_at: next.map(|entry| entry.clock.due_at),
        overdue: case.is_overdue(now),
        urges: u64::try_from(case.urges.len()).unwrap_or(u64::MAX),
        supervisions: u64::try_from(case.supervisions.len()).unwrap_or(u64::MAX),
        repeat: case.repeat,
        unread: case.unread,
        first_responder: case.first_responder,
        received_at: case.received_at,
    }
}

fn consumer_view(complaint: Option<&Complaint>) -> ConsumerView {
    let Some(complaint) = complaint else {
        return ConsumerView {
            name: "（已删除）".to_owned(),
            phone: String::new(),
            has_id_number: false,
            has_address: false,
        };
    };
    let consumer = &complaint.consumer;
    ConsumerView {
        name: PersonName::parse(&consumer.name).map(|n| n.masked()).unwrap_or_default(),
        phone: Phone::parse(&consumer.phone).map(|p| p.masked()).unwrap_or_default(),
        has_id_number: consumer.id_number.is_some(),
        has_address: consumer.address.is_some(),
    }
}

fn offer_view(offer: &Offer, text: Option<String>) -> OfferView {
    OfferView {
        id: offer.id,
        summary: offer.terms.summary_zh(),
        total_fen: offer.terms.total().map_or(0, crate::money::Fen::as_fen),
        terms: offer.terms.clone(),
        answer_by: offer.answer_by,
        status: offer.status,
        drafted_at: offer.drafted_at,
        text,
    }
}
