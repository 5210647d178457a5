//! Reports to the center (回传): what each step tells, written and sealed with its decision.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::Channel;
use super::casework::{LoadedCase, fresh_key};
use super::leaves::broken;
use super::views::is_payee;
use crate::case::{Case, Decision, Event, Record, ReportKind, StateName};
use crate::ids::{CaseId, ComplaintNo, ReportId};
use crate::log::Leaf;
use crate::privacy::{CaseKey, SealContext};
use crate::protocol::{Complaint, DOSSIER_TYP, Report, sign_jws};
use crate::store::{OutboxRow, OutboxState, Store, StoreError};
use crate::time::Timestamp;

/// What a report is written from.
pub(super) struct ReportContext<'a> {
    pub(super) before: &'a LoadedCase,
    pub(super) after: &'a Case,
    pub(super) decision: &'a Decision,
    pub(super) key: &'a CaseKey,
    pub(super) now: Timestamp,
}

/// The body of an erasure's report: the case's key is gone, so it carries one of its own, wrapped.
/// It is dropped with the receipt.
#[derive(Serialize, Deserialize)]
struct Farewell {
    wrapped: String,
    sealed: String,
}

impl<S: Store> Channel<S> {
    /// The outbox row of one report.
    pub(super) async fn report_row(
        &self,
        context: &ReportContext<'_>,
        kind: ReportKind,
        sequence: u32,
    ) -> Result<OutboxRow, StoreError> {
        let id = ReportId::new(context.now, self.random());
        let case = context.before.id;
        let report = Report {
            report_id: id,
            complaint_no: self.complaint_no(context).await?,
            sequence,
            kind,
            at: context.now,
            detail: self.report_detail(context, kind).await?,
        };
        let plain = serde_json::to_vec(&report).map_err(|_| broken("report"))?;
        let body = if kind == ReportKind::Erased {
            self.farewell(case, id, &plain)?
        } else {
            let row = id.to_string();
            context.key.seal(&body_context(case, &row), &plain, self.random())
        };
        Ok(pending(id, case, sequence, kind, body, context.now))
    }

    /// The report of a case that began at the desk: the complaint itself.
    pub(super) fn first_report(
        &self,
        case: CaseId,
        key: &CaseKey,
        complaint: &Complaint,
        raw: &str,
        kind: ReportKind,
        now: Timestamp,
    ) -> Result<OutboxRow, StoreError> {
        let id = ReportId::new(now, self.random());
        let complaint_json: Value = serde_json::from_str(raw).map_err(|_| broken("complaint"))?;
        let report = Report {
            report_id: id,
            complaint_no: complaint.complaint_no.clone(),
            sequence: 1,
            kind,
            at: now,
            detail: json!({ "complaint": complaint_json }),
        };
        let plain = serde_json::to_vec(&report).map_err(|_| broken("report"))?;
        let row = id.to_string();
        let body = key.seal(&body_context(case, &row), &plain, self.random());
        Ok(pending(id, case, 1, kind, body, now))
    }

    fn farewell(&self, case: CaseId, id: ReportId, plain: &[u8]) -> Result<Vec<u8>, StoreError> {
        let key = fresh_key(&*self.inner.entropy);
        let row = id.to_string();
        let farewell = Farewell {
            wrapped: STANDARD.encode(self.inner.kek.wrap(case, &key, self.random())),
            sealed: STANDARD.encode(key.seal(&body_context(case, &row), plain, self.random())),
        };
        serde_json::to_vec(&farewell).map_err(|_| broken("report"))
    }

    /// Opens the body of a report for sending.
    pub(super) fn open_report(
        &self,
        row: &OutboxRow,
        key: Option<&CaseKey>,
    ) -> Result<Vec<u8>, StoreError> {
        let corrupt = || StoreError::Corrupt { table: "outbox" };
        let body = row.body.as_ref().ok_or_else(corrupt)?;
        let name = row.id.to_string();
        let context = body_context(row.case, &name);
        if row.kind == ReportKind::Erased.code() {
            let farewell: Farewell = serde_json::from_slice(body).map_err(|_| corrupt())?;
            let decode = |text: &str| STANDARD.decode(text).map_err(|_| corrupt());
            let key = self.inner.kek.unwrap(row.case, &decode(&farewell.wrapped)?);
            let key = key.map_err(|_| corrupt())?;
            let plain = key.open(&context, &decode(&farewell.sealed)?);
            return plain.map(|plain| plain.to_vec()).map_err(|_| corrupt());
        }
        let key = key.ok_or_else(corrupt)?;
        key.open(&context, body).map(|plain| plain.to_vec()).map_err(|_| corrupt())
    }

    async fn complaint_no(&self, context: &ReportContext<'_>) -> Result<ComplaintNo, StoreError> {
        let words = self.words_of(context.before, context.key, 0).await?;
        let corrupt = || StoreError::Corrupt { table: "sealed" };
        words.get("complaint_no").ok_or_else(corrupt)?.parse().map_err(|_| corrupt())
    }

    /// The words of one event of a case, by field.
    pub(super) async fn words_of(
        &self,
        loaded: &LoadedCase,
        key: &CaseKey,
        n: u64,
    ) -> Result<std::collections::BTreeMap<String, String>, StoreError> {
        let rows = if n == 0 {
            self.store().first_sealed(vec![loaded.id]).await?
        } else {
            self.store().sealed(loaded.id).await?
        };
        let Some(row) = rows.iter().find(|row| row.n == n) else { return Ok(Default::default()) };
        let words = self.open_words(key, row)?;
        Ok(words.fields.into_iter().map(|(field, word)| (field, word.value)).collect())
    }

    /// The members of `detail` for a kind: facts of the events and the words beside them.
    async fn report_detail(
        &self,
        context: &ReportContext<'_>,
        kind: ReportKind,
    ) -> Result<Value, StoreError> {
        let mut detail = Map::new();
        for record in &context.decision.records {
            if tells(&record.event, kind) {
                add_facts(&mut detail, record)?;
            }
        }
        match kind {
            ReportKind::Offered => self.add_offer_words(context, &mut detail).await?,
            ReportKind::Settled => {
                let offer = context.after.accepted_offer();
                let perform_by = offer.map(|offer| offer.terms.perform_by.to_string());
                detail.insert("perform_by".into(), json!(perform_by));
                detail.remove("clock");
            }
            ReportKind::Breached | ReportKind::Reopened => {
                detail.remove("clock");
            }
            ReportKind::Extended | ReportKind::Resumed => due_days(&mut detail),
            ReportKind::Closed => add_closing(&mut detail, context),
            ReportKind::HandedBack => {
                let dossier = self.dossier(context).await?;
                detail.insert("dossier".into(), json!(dossier));
            }
            ReportKind::Registered
            | ReportKind::Accepted
            | ReportKind::Transferred
            | ReportKind::Contacted
            | ReportKind::SupplementAsked
            | ReportKind::ExtensionAsked
            | ReportKind::Paused
            | ReportKind::Countered
            | ReportKind::CounterDeclined
            | ReportKind::Declined
            | ReportKind::PaidInAdvance
            | ReportKind::Performed
            | ReportKind::Rejected
            | ReportKind::Withdrawn
            | ReportKind::Erased => {}
        }
        Ok(Value::Object(detail))
    }

    /// An approved draft was worded when it was drafted.
    async fn add_offer_words(
        &self,
        context: &ReportContext<'_>,
        detail: &mut Map<String, Value>,
    ) -> Result<(), StoreError> {
        if detail.contains_key("text") {
            return Ok(());
        }
        let Some(offer) = context.after.current_offer() else { return Ok(()) };
        let words = self.words_of(context.before, context.key, offer.n).await?;
        if let Some(text) = words.get("text") {
            detail.insert("text".into(), json!(text));
        }
        Ok(())
    }

    /// The whole dossier, signed: complaint, events, words. What the consumer told is not asked
    /// again.
    async fn dossier(&self, context: &ReportContext<'_>) -> Result<String, StoreError> {
        let loaded = context.before;
        let mut words = std::collections::BTreeMap::new();
        for row in self.store().sealed(loaded.id).await? {
            words.insert(row.n, self.open_words(context.key, &row)?);
        }
        let mut events = Vec::new();
        let (stream, mut from) = (loaded.stream.to_string(), 0);
        loop {
            let page = self.store().leaves(&stream, from, 200).await?;
            let Some(last) = page.last() else { break };
            from = last.n + 1;
            for stored in &page {
                let leaf = Leaf::parse(&stored.bytes)
                    .map_err(|_| StoreError::Corrupt { table: "leaves" })?;
                let texts: Map<String, Value> = words
                    .get(&stored.n)
                    .into_iter()
                    .flat_map(|words| &words.fields)
                    // The center does not pay: it needs no account (PIPL Art. 6).
                    .filter(|(field, _)| !is_payee(field))
                    .map(|(field, word)| (field.clone(), json!(word.value)))
                    .collect();
                events.push(json!({
                    "n": leaf.n, "at": leaf.at, "kind": leaf.kind, "data": leaf.data,
                    "words": texts, "leaf_hash": stored.hash.to_string(),
                }));
            }
        }
        for (place, record) in context.decision.records.iter().enumerate() {
            let mut facts = Map::new();
            add_facts(&mut facts, record)?;
            let n = loaded.case.version + u64::try_from(place).unwrap_or(0);
            events.push(json!({
                "n": n, "at": context.now, "kind": record.event.kind(), "data": facts,
            }));
        }
        let claims = json!({
            "iss": self.inner.host.base_url,
            "aud": &self.center().issuer,
            "stream": stream,
            "log_origin": self.inner.host.log_origin,
            "events": events,
        });
        Ok(sign_jws(DOSSIER_TYP, self.inner.keys.receipt(), &claims))
    }
}

/// Whether this event is the one a report of this kind tells.
fn tells(event: &Event, kind: ReportKind) -> bool {
    match kind {
        ReportKind::Registered => matches!(event, Event::Received { .. }),
        ReportKind::Transferred => matches!(event, Event::TransferTaken { .. }),
        ReportKind::SupplementAsked => matches!(event, Event::SupplementAsked { .. }),
        ReportKind::ExtensionAsked => matches!(event, Event::ExtensionAsked { .. }),
        ReportKind::Extended => matches!(event, Event::Extended { .. }),
        ReportKind::Paused => matches!(event, Event::Paused { .. }),
        ReportKind::Resumed => matches!(event, Event::Resumed { .. }),
        ReportKind::Countered => matches!(event, Event::Countered { .. }),
        ReportKind::CounterDeclined => matches!(event, Event::CounterDeclined { .. }),
        ReportKind::Reopened => matches!(event, Event::Reopened { .. }),
        ReportKind::Accepted => matches!(event, Event::Accepted { .. }),
        ReportKind::Contacted => matches!(event, Event::Contacted { .. }),
        ReportKind::Offered => matches!(event, Event::Offered { .. }),
        ReportKind::Declined => matches!(event, Event::OfferDeclined { .. }),
        ReportKind::Settled => matches!(event, Event::Settled { .. }),
        ReportKind::PaidInAdvance => matches!(event, Event::AdvanceMoved { .. }),
        ReportKind::Performed => matches!(event, Event::Performed { .. }),
        ReportKind::Breached => matches!(event, Event::Breached { .. }),
        ReportKind::Closed => matches!(event, Event::Closed { .. }),
        ReportKind::Rejected => matches!(event, Event::Rejected { .. }),
        ReportKind::HandedBack => matches!(event, Event::HandedBack { .. }),
        ReportKind::Withdrawn => matches!(event, Event::Withdrawn {}),
        ReportKind::Erased => matches!(event, Event::Erased { .. }),
    }
}

fn pending(
    id: ReportId,
    case: CaseId,
    sequence: u32,
    kind: ReportKind,
    body: Vec<u8>,
    now: Timestamp,
) -> OutboxRow {
    OutboxRow {
        id,
        case,
        sequence,
        kind: kind.code().to_owned(),
        body: Some(body),
        state: OutboxState::Pending,
        attempts: 0,
        next_at: now,
        fence: 0,
        leased_until: None,
        cause: None,
        created_at: now,
        delivered_at: None,
    }
}

/// Of a moved clock the center is told the new last day.
fn due_days(detail: &mut Map<String, Value>) {
    let due = |clock: &Value| {
        let due = clock.get("due_at")?.as_str()?.parse::<Timestamp>().ok()?;
        Some(json!({ "kind": clock.get("kind")?, "due_on": due.civil_date().to_string() }))
    };
    let moved = match (detail.remove("clock"), detail.remove("clocks")) {
        (Some(clock), _) => vec![clock],
        (None, Some(Value::Array(clocks))) => clocks,
        (None, _) => Vec::new(),
    };
    let days: Vec<Value> = moved.iter().filter_map(due).collect();
    detail.insert("clocks".into(), Value::Array(days));
}

fn add_facts(detail: &mut Map<String, Value>, record: &Record) -> Result<(), StoreError> {
    let mut event = serde_json::to_value(&record.event).map_err(|_| broken("event"))?;
    if let Some(Value::Object(data)) = event.get_mut("data").map(Value::take) {
        detail.extend(data);
    }
    for words in &record.private {
        detail.insert(words.field.to_owned(), json!(words.value.expose()));
    }
    Ok(())
}

/// A closing says when, how, through what and with which amounts (处理时间、过程、方式、结果).
fn add_closing(detail: &mut Map<String, Value>, context: &ReportContext<'_>) {
    debug_assert!(context.after.state.name() == StateName::Closed);
    detail.insert("handled_at".into(), json!(context.now));
    let Some(offer) = context.after.accepted_offer() else { return };
    for (_, fen, field) in offer.terms.amounts() {
        detail.insert(field.into(), json!(fen));
    }
}

fn body_context(case: CaseId, row: &str) -> SealContext<'_> {
    SealContext { table: "outbox", column: "body", case, row }
}
