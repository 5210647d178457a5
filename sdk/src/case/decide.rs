//! What a command does to a case: a pure function from (case, command, actor, policy, now) to
//! events and effects, or a refusal. Read it with the regulation beside it.

use super::actor::Actor;
use super::clocks::{Clock, ClockKind};
use super::command::{Action, Closing, Command, Intake};
use super::event::{Event, HandbackReason, Private, ReportKind};
use super::offer::Terms;
use super::permit::permit;
use super::refusal::{Refusal, RefusalCode};
use super::rules::{ClockStart, Policy};
use super::state::{Case, StateName};
use crate::ids::OfferId;
use crate::money::Fen;
use crate::privacy::Personal;
use crate::time::{Date, Timestamp};

/// The longest text a person may write into one field, in characters.
const TEXT_MAX_CHARS: usize = 4000;

/// An event and the words that belong to it.
#[derive(Clone, Debug)]
pub struct Record {
    /// The facts, for the log.
    pub event: Event,
    /// The words, to be sealed.
    pub private: Vec<Private>,
}

/// What must follow once the events are durable; it goes into the outbox with them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Tell the center (回传).
    Report(ReportKind),
    /// Destroy the case's key: the person is erased.
    DestroyKey,
}

/// What a command leads to. Plain data; a test can print it.
#[derive(Clone, Debug, Default)]
pub struct Decision {
    /// The events, in order.
    pub records: Vec<Record>,
    /// The effects, in order.
    pub effects: Vec<Effect>,
}

impl Decision {
    fn of(event: Event) -> Self {
        Self::default().and(event)
    }

    fn and(mut self, event: Event) -> Self {
        self.records.push(Record { event, private: Vec::new() });
        self
    }

    /// Words that belong to the last event.
    fn with(mut self, field: &'static str, value: &Personal<String>) -> Self {
        if let Some(record) = self.records.last_mut() {
            record.private.push(Private { field, value: value.clone() });
        }
        self
    }

    fn with_some(self, field: &'static str, value: Option<&Personal<String>>) -> Self {
        match value {
            Some(value) => self.with(field, value),
            None => self,
        }
    }

    fn report(mut self, kind: ReportKind) -> Self {
        self.effects.push(Effect::Report(kind));
        self
    }
}

/// Opens a case for a diversion whose consent has been verified.
///
/// # Errors
/// When the calendar cannot give the deadlines.
pub fn receive(intake: &Intake, policy: &Policy, now: Timestamp) -> Result<Decision, Refusal> {
    let mut clocks = Vec::new();
    for rule in &policy.rules.clocks {
        let start = match rule.start {
            ClockStart::Diverted => intake.diverted_at,
            ClockStart::Received => now,
        };
        let clock = Clock::start(rule, start, &policy.calendar).map_err(|error| Refusal {
            action: Action::Accept,
            state: None,
            code: error.into(),
        })?;
        clocks.push(clock);
    }
    let event = Event::Received { diverted_at: intake.diverted_at, repeat: intake.repeat, clocks };
    Ok(Decision::of(event).with("complaint_no", &intake.complaint_no).with("body", &intake.body))
}

/// Decides a command on a case.
///
/// # Errors
/// A [`Refusal`] that names the state, the action and a stable code. Permission comes first
/// ([`permit`]), then the command's own fields in their order.
pub fn decide(
    case: &Case,
    command: &Command,
    actor: &Actor,
    policy: &Policy,
    now: Timestamp,
) -> Result<Decision, Refusal> {
    let action = command.action();
    permit(case, action, actor, now)?;
    let decided = match command {
        Command::Accept => Ok(accept(actor)),
        Command::Contact { method, result, note } => text("note", note).map(|()| {
            Decision::of(Event::Contacted { method: *method, result: *result })
                .with("note", note)
                .report(ReportKind::Contacted)
        }),
        Command::Offer { offer_id, terms, answer_by, text } => {
            offer(*offer_id, terms, *answer_by, text, policy, now)
        }
        Command::Approve => approve(case),
        Command::SendBack { reason } => send_back(case, reason),
        Command::Answer { offer_id, accepted, text } => {
            answer(case, *offer_id, *accepted, text.as_ref(), now)
        }
        Command::ExpireOffer => {
            current(case).map(|(offer_id, _, _)| Decision::of(Event::OfferExpired { offer_id }))
        }
        Command::Perform { proof, closing } => perform(case, proof, closing),
        Command::Breach { reason } => breach(case, reason, policy, now),
        Command::Reject { reason, text: words } => text("text", words).map(|()| {
            Decision::of(Event::Rejected { reason: *reason })
                .with("text", words)
                .report(ReportKind::Rejected)
        }),
        Command::Review { upheld, text } => Ok(review(*upheld, text.as_ref())),
        Command::HandBack { reason, summary } => hand_back(*reason, summary),
        Command::Withdraw { reason } => Ok(Decision::of(Event::Withdrawn {})
            .with_some("reason", reason.as_ref())
            .report(ReportKind::Withdrawn)),
        Command::WithdrawConsent => Ok(erase()),
        Command::Urge => Ok(Decision::of(Event::Urged {})),
        Command::Supervise { reply_by } => {
            Ok(Decision::of(Event::Supervised { reply_by: *reply_by }))
        }
        Command::Supplement { text: words } => {
            text("text", words).map(|()| Decision::of(Event::Supplemented {}).with("text", words))
        }
        Command::Rate { stars, text } => rate(*stars, text.as_ref()),
        Command::Reopen { reason } => reopen(reason, policy, now),
        Command::KeepNotice { raw } => Ok(Decision::of(Event::NoticeKept {}).with("raw", raw)),
        Command::Reveal { fields, reason } => reveal(fields, reason),
        Command::RecordReceipt { report_id, report, receipt } => {
            let noted = Decision::of(Event::Reported { report_id: *report_id, report: *report })
                .with("receipt", receipt);
            let handed_back = case.state.name() == StateName::HandedBack;
            Ok(if handed_back && *report == ReportKind::HandedBack {
                noted.and(Event::HandbackAcknowledged {})
            } else {
                noted
            })
        }
    };
    decided.map_err(|code| Refusal { action, state: Some(case.state.name()), code })
}

type Decided = Result<Decision, RefusalCode>;

/// 首问受理: whoever accepts answers for it from now on.
fn accept(actor: &Actor) -> Decision {
    Decision::of(Event::Accepted { first_responder: actor.pseudonym }).report(ReportKind::Accepted)
}

/// 提出和解方案: above the clerk's limit another person approves first.
fn offer(
    offer_id: OfferId,
    terms: &Terms,
    answer_by: Date,
    words: &Personal<String>,
    policy: &Policy,
    now: Timestamp,
) -> Decided {
    let today = now.civil_date();
    terms.check(today)?;
    if answer_by < today {
        return Err(invalid("answer_by", "choose today or a later day"));
    }
    if answer_by > terms.perform_by {
        return Err(invalid("answer_by", "choose a day no later than perform_by"));
    }
    text("text", words)?;
    let terms = terms.clone();
    if terms.total()? > policy.clerk_offer_limit {
        let drafted = Event::OfferDrafted { offer_id, terms, answer_by };
        return Ok(Decision::of(drafted).with("text", words));
    }
    let offered = Event::Offered { offer_id, terms, answer_by };
    Ok(Decision::of(offered).with("text", words).report(ReportKind::Offered))
}

/// 审核通过: the draft goes to the consumer as it was written.
fn approve(case: &Case) -> Decided {
    let (offer_id, terms, answer_by) = current(case)?;
    let offered = Event::Offered { offer_id, terms: terms.clone(), answer_by };
    Ok(Decision::of(offered).report(ReportKind::Offered))
}

/// 审核退回
fn send_back(case: &Case, reason: &Personal<String>) -> Decided {
    text("reason", reason)?;
    let (offer_id, _, _) = current(case)?;
    Ok(Decision::of(Event::OfferSentBack { offer_id }).with("reason", reason))
}

/// 消费者答复: accepted means settled, with a day by which the promise must be kept.
fn answer(
    case: &Case,
    offer_id: OfferId,
    accepted: bool,
    words: Option<&Personal<String>>,
    now: Timestamp,
) -> Decided {
    let (open, terms, _) = current(case)?;
    if open != offer_id {
        return Err(RefusalCode::OfferUnknown);
    }
    if accepted {
        let clock = Clock::until(ClockKind::Perform, now, terms.perform_by);
        let settled = Decision::of(Event::Settled { offer_id, clock });
        return Ok(settled.with_some("answer", words).report(ReportKind::Settled));
    }
    let declined = Decision::of(Event::OfferDeclined { offer_id });
    Ok(declined.with_some("answer", words).report(ReportKind::Declined))
}

/// 履行并办结: what was promised is done, and the record says how it was reached.
fn perform(case: &Case, proof: &Personal<String>, closing: &Closing) -> Decided {
    text("proof", proof)?;
    text("process", &closing.process)?;
    text("result", &closing.result)?;
    if !closing.recovered_fen.is_payable() {
        return Err(invalid("recovered_fen", "give an amount from 0 to 9007199254740991 fen"));
    }
    let (offer_id, terms, _) = current(case)?;
    if terms.total()? == Fen::ZERO && closing.recovered_fen > Fen::ZERO {
        let problem = "a settlement without money recovers none; give 0";
        return Err(invalid("recovered_fen", problem));
    }
    let closed = Event::Closed {
        outcome: closing.outcome,
        method: closing.method,
        recovered_fen: closing.recovered_fen,
    };
    Ok(Decision::of(Event::Performed { offer_id })
        .with("proof", proof)
        .and(closed)
        .with("process", &closing.process)
        .with("result", &closing.result)
        .report(ReportKind::Performed)
        .report(ReportKind::Closed))
}

/// 未按约履行: back to negotiation on a new clock, and the center is told.
fn breach(case: &Case, reason: &Personal<String>, policy: &Policy, now: Timestamp) -> Decided {
    text("reason", reason)?;
    let (offer_id, _, _) = current(case)?;
    let clock = settlement_clock(policy, now)?;
    let breached = Decision::of(Event::Breached { offer_id, clock });
    Ok(breached.with("reason", reason).report(ReportKind::Breached))
}

/// 中心复核: the center agrees, and the case goes back; or it is ours after all.
fn review(upheld: bool, words: Option<&Personal<String>>) -> Decision {
    if upheld {
        let event = Event::HandedBack { reason: HandbackReason::RejectionUpheld };
        return Decision::of(event).with_some("text", words).report(ReportKind::HandedBack);
    }
    Decision::of(Event::RejectionOverturned {}).with_some("text", words)
}

/// 退回: the whole dossier goes with it, so that the consumer never tells the story twice.
fn hand_back(reason: HandbackReason, summary: &Personal<String>) -> Decided {
    text("summary", summary)?;
    if reason == HandbackReason::RejectionUpheld {
        return Err(invalid("reason", "only the center's review can say so; choose another"));
    }
    let handed_back = Decision::of(Event::HandedBack { reason }).with("summary", summary);
    Ok(handed_back.report(ReportKind::HandedBack))
}

/// 撤回同意: the key goes, the skeleton and every proof stay.
fn erase() -> Decision {
    let mut decision = Decision::of(Event::Erased {}).report(ReportKind::Erased);
    decision.effects.push(Effect::DestroyKey);
    decision
}

fn rate(stars: u8, words: Option<&Personal<String>>) -> Decided {
    if !(1..=5).contains(&stars) {
        return Err(invalid("stars", "give 1 to 5"));
    }
    Ok(Decision::of(Event::Rated { stars }).with_some("text", words))
}

/// 重新办理: through the center, on a new clock.
fn reopen(reason: &Personal<String>, policy: &Policy, now: Timestamp) -> Decided {
    text("reason", reason)?;
    let clock = settlement_clock(policy, now)?;
    Ok(Decision::of(Event::Reopened { clock }).with("reason", reason))
}

/// 显示个人信息: nobody sees a sealed field without a trace and a reason.
fn reveal(fields: &[String], reason: &Personal<String>) -> Decided {
    const FIELDS: [&str; 4] = ["name", "phone", "id_number", "address"];
    if fields.is_empty() || fields.iter().any(|field| !FIELDS.contains(&field.as_str())) {
        return Err(invalid("fields", "choose from name, phone, id_number, address"));
    }
    text("reason", reason)?;
    Ok(Decision::of(Event::Revealed { fields: fields.to_vec() }).with("reason", reason))
}

fn settlement_clock(policy: &Policy, now: Timestamp) -> Result<Clock, RefusalCode> {
    let rule = policy.rules.clock(ClockKind::Settle);
    let rule = rule.ok_or_else(|| invalid("rules", "the rule set has no settlement clock"))?;
    Ok(Clock::start(rule, now, &policy.calendar)?)
}

fn current(case: &Case) -> Result<(OfferId, &Terms, Date), RefusalCode> {
    let offer = case.current_offer().ok_or(RefusalCode::OfferUnknown)?;
    Ok((offer.id, &offer.terms, offer.answer_by))
}

fn text(field: &'static str, words: &Personal<String>) -> Result<(), RefusalCode> {
    let words = words.expose().trim();
    if words.is_empty() {
        return Err(invalid(field, "write at least a few words"));
    }
    if words.chars().count() > TEXT_MAX_CHARS {
        return Err(invalid(field, "write at most 4000 characters"));
    }
    Ok(())
}

const fn invalid(field: &'static str, problem: &'static str) -> RefusalCode {
    RefusalCode::FieldInvalid { field, problem }
}
