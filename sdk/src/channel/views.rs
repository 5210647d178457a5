//! How a case becomes what people and programs read. Identity fields are masked here; showing them
//! is a command of its own ([`crate::case::Command::Reveal`]).

use std::collections::BTreeMap;

use super::access::{Withheld, consent_of, covers, may_read};
use super::casework::{Acted, Alongside, LoadedCase};
use super::fund::AdvanceRow;
use super::payout::Payee;
use super::view_types::{
    AskedView, AssignedView, CaseAdvanceView, CaseView, ChoiceView, ClockView, ConsentView,
    ConsumerView, HistoryEntry, OfferView, PartyView, QueueRow, RelatedView, ReportView,
    TransferView,
};
use super::{ActError, Channel};
use crate::case::{
    Action, Actor, Case, CaseAdvance, CaseClock, CaseState, Choice, Command, Offer, Policy,
    Refusal, Role, choices,
};
use crate::codes::{PersonName, Phone};
use crate::ids::CaseId;
use crate::log::Leaf;
use crate::privacy::Personal;
use crate::protocol::{Complaint, Consent, ReportTrace, Tracking, TrackingClock, parse_json};
use crate::store::{CaseQuery, Store, StoreError};
use crate::time::Timestamp;

/// What stands where a consumer's name is not shown.
pub(super) const NOT_SHOWN: &str = "（不予显示）";

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
            rows.push(self.row(&loaded, complaint.as_ref()));
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
        Ok(self.row(&loaded, complaint.as_ref()))
    }

    /// A case as this actor sees it. Of the consumer only what the consent lets this role read.
    ///
    /// # Errors
    /// When there is none or it does not read back.
    #[expect(clippy::too_many_lines, reason = "one line per field reads best as one list")]
    pub async fn view(&self, id: CaseId, actor: &Actor) -> Result<CaseView, ActError> {
        let loaded = self.load(id).await?;
        let policy = self.policy(&loaded.case)?;
        let words = self.all_words(&loaded).await?;
        let complaint = match words.get(&0) {
            Some(first) => parse_complaint(first)?,
            None => None,
        };
        let now = self.now();
        let consent = complaint.as_ref().and_then(|c| self.consent(c));
        let withheld = match &complaint {
            Some(_) => may_read(&loaded, consent.as_ref(), actor.role, now).err(),
            None => None,
        };
        let of = complaint.as_ref();
        // What may not be read is not there.
        let shown = of.filter(|_| withheld.is_none());
        let text = |offer: &Offer| {
            let said = words.get(&offer.n).filter(|_| withheld.is_none());
            said.and_then(|words| words.get("text")).cloned()
        };
        let case = &loaded.case;
        let choices = choices(case, actor, &policy.rules, now).into_iter().map(choice_view);
        let (outcome, recovered_fen) = ending(case);
        let mut summary = queue_row(&loaded, of, now);
        if withheld.is_some() {
            NOT_SHOWN.clone_into(&mut summary.consumer);
        }
        Ok(CaseView {
            summary,
            stream: loaded.stream,
            rules: case.rules.clone(),
            version: case.version,
            origin: case.origin,
            origin_label: case.origin.label_zh().to_owned(),
            group_size: of.and_then(|c| c.group_size),
            parties: shown.map(parties).unwrap_or_default(),
            withheld: withheld.map(|withheld| withheld.message_zh().to_owned()),
            transfer: case.transfer.as_ref().map(|t| TransferView { to: t.to, at: t.at }),
            transfers: case.transfers,
            assigned: self.assigned_view(case).await?,
            asked: case.asked.as_ref().map(|a| AskedView { at: a.at, reply_by: a.reply_by }),
            paused_since: case.pause.as_ref().map(|pause| pause.at),
            pause_ground: case.pause.as_ref().map(|pause| pause.ground),
            extension_asked: case.extension_asked.as_ref().map(|asked| asked.at),
            extensions: case.extensions,
            handback_drafted: case.should_hand_back(),
            contacts: case.contacts,
            reached: case.reached,
            unreached: u64::try_from(case.unreached.len()).unwrap_or(u64::MAX),
            advances: loaded.case.advances.iter().map(advance_view).collect(),
            related: self.related(&loaded, shown, actor.role).await?,
            facts: shown.map(|c| c.facts.clone()).unwrap_or_default(),
            brand: of.and_then(|c| c.goods.brand.clone()),
            order_no: shown.and_then(|c| c.goods.order_no.clone()),
            channel: of.map(|c| c.channel.label_zh().into_owned()).unwrap_or_default(),
            respondent: of.map(|c| c.respondent.name.clone()).unwrap_or_default(),
            stall_no: of.and_then(|c| c.respondent.stall_no.clone()),
            consumer: match (of, shown) {
                (Some(_), None) => consumer_view(None, NOT_SHOWN),
                (of, _) => consumer_view(of, "（已删除）"),
            },
            consent: consent.map(ConsentView::from),
            clocks: self.clock_views(&loaded, now),
            offers: case.offers.iter().map(|offer| offer_view(offer, text(offer))).collect(),
            choices: choices.collect(),
            reports: self.report_views(&loaded, &policy, now).await?,
            rating: case.rating,
            outcome,
            recovered_fen,
        })
    }

    /// A line of the queue for whoever works on cases: without the masked name once the consent no
    /// longer holds.
    fn row(&self, loaded: &LoadedCase, complaint: Option<&Complaint>) -> QueueRow {
        let now = self.now();
        let mut row = queue_row(loaded, complaint, now);
        let consent = complaint.and_then(|complaint| self.consent(complaint));
        if complaint.is_some() && may_read(loaded, consent.as_ref(), Role::Clerk, now).is_err() {
            NOT_SHOWN.clone_into(&mut row.consumer);
        }
        row
    }

    /// The consent of a complaint: the center's, or the one a clerk captured.
    fn consent(&self, complaint: &Complaint) -> Option<Consent> {
        consent_of(complaint, &self.host().base_url, &self.host().uscc)
    }

    async fn assigned_view(&self, case: &Case) -> Result<Option<AssignedView>, StoreError> {
        let Some(assigned) = &case.assigned else { return Ok(None) };
        let row = self.tenant(assigned.tenant).await?;
        let (name, stall_no) = match row {
            Some(row) => (row.tenant.name, row.tenant.stall_no),
            None => (String::new(), None),
        };
        Ok(Some(AssignedView { tenant: assigned.tenant, name, stall_no, named: assigned.named }))
    }

    /// Other cases of the same phone, newest first.
    async fn related(
        &self,
        loaded: &LoadedCase,
        complaint: Option<&Complaint>,
        role: Role,
    ) -> Result<Vec<RelatedView>, ActError> {
        const MOST: u32 = 11;
        // A shop learns nothing of cases at other shops.
        let complaint = complaint.filter(|_| role != Role::Tenant);
        let Some(complaint) = complaint else { return Ok(Vec::new()) };
        let phone = self.blind_phone(&complaint.consumer.phone);
        let mut related = Vec::new();
        for id in self.store().blind_cases("phone", phone, MOST).await? {
            if id == loaded.id {
                continue;
            }
            let row = self.summary(id).await?;
            related.push(RelatedView {
                case_id: id,
                complaint_no: row.complaint_no,
                state: row.state,
                state_label: row.state_label,
                received_at: row.received_at,
            });
        }
        related.truncate(10);
        Ok(related)
    }

    async fn report_views(
        &self,
        loaded: &LoadedCase,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Vec<ReportView>, StoreError> {
        let mut views = Vec::new();
        for row in self.store().outbox_of(loaded.id).await? {
            let due = policy.rules.report_due(row.created_at, &policy.calendar).ok().flatten();
            let mut view = ReportView::from(row);
            view.due_at = due.map(|clock| clock.due_at);
            let until = view.delivered_at.unwrap_or(now);
            view.overdue = view.due_at.is_some_and(|due| until > due);
            views.push(view);
        }
        Ok(views)
    }

    fn clock_views(&self, loaded: &LoadedCase, now: Timestamp) -> Vec<ClockView> {
        let calendar = self.calendar();
        let view = |entry: &CaseClock| ClockView {
            kind: entry.clock.kind,
            label: entry.clock.kind.label_zh().to_owned(),
            start_at: entry.clock.start_at,
            due_at: entry.clock.due_at,
            stopped_at: entry.stopped_at,
            paused_at: entry.paused_at.filter(|_| entry.stopped_at.is_none()),
            missed: u64::try_from(entry.missed.len()).unwrap_or(u64::MAX),
            extended: entry.clock.extended,
            overdue_millis: entry.overdue_millis(now),
            provisional: entry.clock.provisional,
            why: entry.clock.sentence_zh(&calendar),
            explanation: entry.clock.explain(&calendar).ok().flatten(),
        };
        loaded.case.clocks.iter().map(view).collect()
    }

    /// The history of a case: every leaf, with its words where this actor may read them.
    ///
    /// # Errors
    /// When there is no such case or it does not read back.
    pub async fn history(&self, id: CaseId, actor: &Actor) -> Result<Vec<HistoryEntry>, ActError> {
        let loaded = self.load(id).await?;
        let mut words = self.all_words(&loaded).await?;
        let complaint = match words.get(&0) {
            Some(first) => parse_complaint(first)?,
            None => None,
        };
        let consent = complaint.as_ref().and_then(|complaint| self.consent(complaint));
        // What staff wrote to one another is no shop's, whatever the consent says.
        let withheld = may_read(&loaded, consent.as_ref(), actor.role, self.now()).is_err();
        if withheld || actor.role == Role::Tenant {
            words.clear();
        }
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
                // Where money goes is for whoever pays it, and not without a trace (`show_payee`).
                said.retain(|field, _| !is_payee(field));
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

    /// Shows identity fields of the consumer: written down with who and why, before they are seen.
    ///
    /// # Errors
    /// See [`ActError`]; where the consent does not let this role read, nothing is shown.
    pub async fn reveal(
        &self,
        id: CaseId,
        actor: Actor,
        fields: &[String],
        reason: Personal<String>,
        expected: Option<u64>,
    ) -> Result<(Acted, BTreeMap<String, String>), ActError> {
        let loaded = self.load(id).await?;
        let words = self.all_words(&loaded).await?;
        let complaint = match words.get(&0) {
            Some(first) => parse_complaint(first)?,
            None => None,
        };
        let consent = complaint.as_ref().and_then(|complaint| self.consent(complaint));
        if loaded.key.is_some() {
            may_read(&loaded, consent.as_ref(), actor.role, self.now())
                .map_err(ActError::Withheld)?;
            if !covers(consent.as_ref(), actor.role, fields) {
                return Err(ActError::Withheld(Withheld::NotCovered));
            }
        }
        let command = Command::Reveal { fields: fields.to_vec(), reason };
        let listed = self.reveal_record(id, actor, fields)?;
        let alongside = |_: &LoadedCase| {
            Ok(Alongside { records: vec![listed.clone()], ..Alongside::default() })
        };
        let acted = self.act_with(id, actor, &command, expected, alongside).await?;
        Ok((acted, self.identity(id, fields).await?))
    }

    async fn identity(
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
        if !loaded.case.origin.is_reported() {
            // The consumer chose that the center does not hear of it.
            return Err(ActError::Unknown);
        }
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
        let policy = self.policy(&loaded.case)?;
        let open = choices(&loaded.case, &actor, &policy.rules, now);
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
            next: open.filter_map(|choice| notice_kind(choice.action)).map(str::to_owned).collect(),
            reports,
        })
    }

    /// To whom an advance is paid, for a person: written down with who, before it is seen.
    ///
    /// # Errors
    /// See [`ActError`]; only a cashier sees it, and only between the last approval and the payment.
    pub async fn show_payee(&self, row: &AdvanceRow, actor: Actor) -> Result<Payee, ActError> {
        if self.load(row.case_id).await?.key.is_none() {
            return Err(ActError::Erased);
        }
        let command = Command::ShowPayee { advance: row.advance.id };
        let listed = self.reveal_record(row.case_id, actor, &["payee".to_owned()])?;
        let alongside = |_: &LoadedCase| {
            Ok(Alongside { records: vec![listed.clone()], ..Alongside::default() })
        };
        self.act_with(row.case_id, actor, &command, None, alongside).await?;
        self.payee(row).await
    }

    pub(super) async fn all_words(
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

fn advance_view(advance: &CaseAdvance) -> CaseAdvanceView {
    CaseAdvanceView {
        advance_id: advance.id,
        status: advance.status,
        status_label: advance.status.label_zh().to_owned(),
        fen: advance.fen.as_fen(),
        paid_fen: advance.paid_fen.as_fen(),
    }
}

/// Whether a word of an advance says to whom it is paid.
pub(super) fn is_payee(field: &str) -> bool {
    field.starts_with("payee_")
}

/// The notice by which the center takes an action.
const fn notice_kind(action: Action) -> Option<&'static str> {
    match action {
        Action::Urge => Some("urge"),
        Action::Supervise => Some("supervise"),
        Action::Supplement => Some("supplement"),
        Action::Withdraw => Some("complaint_withdrawn"),
        Action::WithdrawConsent => Some("consent_withdrawn"),
        Action::Answer => Some("offer_answer"),
        Action::Counter => Some("counter_offer"),
        Action::AnswerExtension => Some("extension_answer"),
        Action::Review => Some("rejection_review"),
        Action::Breach => Some("breach"),
        Action::Rate => Some("rating"),
        Action::Reopen => Some("reopen"),
        _ => None,
    }
}

fn ending(case: &Case) -> (Option<String>, Option<i64>) {
    match &case.state {
        CaseState::Closed { outcome, recovered_fen, .. } => {
            (Some(outcome.to_string()), Some(recovered_fen.as_fen()))
        }
        _ => (None, None),
    }
}

fn choice_view(choice: Choice) -> ChoiceView {
    ChoiceView {
        action: choice.action.code().to_owned(),
        label: choice.action.label_zh().to_owned(),
        allowed: choice.why_not.is_none(),
        why_not: choice.why_not.as_ref().map(|refusal| refusal.code().to_owned()),
        why_not_text: choice.why_not.as_ref().map(Refusal::message_zh),
    }
}

/// Who speaks for the consumer, masked.
fn parties(complaint: &Complaint) -> Vec<PartyView> {
    let of = |role: &str, label: &str, name: &str, phone: &str| PartyView {
        role: role.to_owned(),
        role_label: label.to_owned(),
        name: PersonName::parse(name).map(|n| n.masked()).unwrap_or_default(),
        phone: Phone::parse(phone).map(|p| p.masked()).unwrap_or_default(),
        powers: Vec::new(),
        until: None,
    };
    let speakers = complaint.representatives.iter();
    let mut parties: Vec<PartyView> =
        speakers.map(|one| of("representative", "代表人", &one.name, &one.phone)).collect();
    if let Some(agent) = &complaint.agent {
        let mut view = of("agent", "委托代理人", &agent.name, &agent.phone);
        view.powers.clone_from(&agent.powers);
        view.until = agent.until;
        parties.push(view);
    }
    parties
}

fn read_complaint(words: &super::leaves::SealedWords) -> Result<Complaint, StoreError> {
    let body = words.fields.get("body").ok_or(StoreError::Corrupt { table: "sealed" })?;
    parse_json(body.value.as_bytes()).map_err(|_| StoreError::Corrupt { table: "sealed" })
}

pub(super) fn parse_complaint(
    words: &BTreeMap<String, String>,
) -> Result<Option<Complaint>, StoreError> {
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
        consumer: consumer_view(complaint, "（已删除）").name,
        next_clock: next.map(|entry| entry.clock.kind),
        due_at: next.map(|entry| entry.clock.due_at),
        overdue: case.is_overdue(now),
        urges: u64::try_from(case.urges.len()).unwrap_or(u64::MAX),
        supervisions: u64::try_from(case.supervisions.len()).unwrap_or(u64::MAX),
        repeat: case.repeat,
        unread: case.unread,
        origin: case.origin,
        escalated_to: case.escalated_to(),
        transfer_to: case.transfer.as_ref().map(|transfer| transfer.to),
        tenant: case.assigned.as_ref().map(|assigned| assigned.tenant),
        handback_drafted: case.should_hand_back(),
        first_responder: case.first_responder,
        received_at: case.received_at,
    }
}

fn consumer_view(complaint: Option<&Complaint>, nobody: &str) -> ConsumerView {
    let Some(complaint) = complaint else {
        return ConsumerView {
            name: nobody.to_owned(),
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
        status_label: offer.status.label_zh().to_owned(),
        by: offer.by,
        by_label: offer.by.label_zh().to_owned(),
        via: offer.via,
        drafted_at: offer.drafted_at,
        text,
    }
}
