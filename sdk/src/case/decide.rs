//! What a command does to a case: a pure function from (case, command, actor, policy, now) to
//! events and effects, or a refusal. Read it with the regulation beside it. The rules about offers
//! and about time stand in rooms of their own below.

mod offers;
mod time;

use super::actor::{Actor, Role};
use super::clocks::{Clock, ClockKind};
use super::command::{Action, Command, ContactMethod, ContactResult, Intake};
use super::event::{Event, Private};
use super::paper::PaperNo;
use super::permit::permit;
use super::reasons::{
    AdvanceStatus, EraseReason, HandbackReason, PauseGround, RejectionReason, ReportKind, Via,
};
use super::refusal::{Circumstance, Refusal, RefusalCode};
use super::rules::{ClockStart, Policy};
use super::state::{Case, StateName};
use crate::ids::{AdvanceId, Pseudonym, TenantId};
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

type Decided = Result<Decision, RefusalCode>;

/// Opens a case for a diversion whose consent has been verified, or for a walk-in consumer.
///
/// # Errors
/// When the calendar cannot give the deadlines.
pub fn receive(intake: &Intake, policy: &Policy, now: Timestamp) -> Result<Decision, Refusal> {
    let mut clocks = Vec::new();
    for rule in &policy.rules.clocks {
        let start = match rule.start {
            ClockStart::Diverted => intake.diverted_at,
            ClockStart::Received => now,
            ClockStart::Urged | ClockStart::Told => continue,
        };
        let clock = Clock::start(rule, start, &policy.calendar).map_err(|error| Refusal {
            action: Action::Accept,
            state: None,
            code: error.into(),
        })?;
        clocks.push(clock);
    }
    let event = Event::Received {
        diverted_at: intake.diverted_at,
        repeat: intake.repeat,
        clocks,
        origin: intake.origin,
    };
    let received =
        Decision::of(event).with("complaint_no", &intake.complaint_no).with("body", &intake.body);
    Ok(if intake.origin.is_desk() && intake.origin.is_reported() {
        received.report(ReportKind::Registered)
    } else {
        received
    })
}

/// The consumer withdrew before the diversion came: the number is taken, and no case opens under
/// it when the diversion comes after all.
#[must_use]
pub fn withdrawn_unseen(consent: bool) -> Decision {
    Decision::of(Event::WithdrawnUnseen { consent })
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
    permit(case, action, actor, Some(&policy.rules), now)?;
    let act = Act { case, actor, policy, now };
    let decided = act.decide(command);
    let mut decision =
        decided.map_err(|code| Refusal { action, state: Some(case.state.name()), code })?;
    if !case.origin.is_reported() {
        // Between the consumer and us: the consumer chose that the center does not hear of it.
        decision.effects.retain(|effect| !matches!(effect, Effect::Report(_)));
    }
    Ok(decision)
}

/// One decision in the making: whose, on what, against which policy, when.
struct Act<'a> {
    case: &'a Case,
    actor: &'a Actor,
    policy: &'a Policy,
    now: Timestamp,
}

impl Act<'_> {
    fn decide(&self, command: &Command) -> Decided {
        match command {
            Command::Accept => Ok(self.accept()),
            Command::ProposeTransfer { to, reason } => self.propose_transfer(*to, reason),
            Command::TakeTransfer => Ok(self.take_transfer()),
            Command::RefuseTransfer { reason } => said(Event::TransferRefused {}, "reason", reason),
            Command::RecallTransfer => Ok(Decision::of(Event::TransferRecalled {})),
            Command::Contact { method, result, note } => contact(*method, *result, note),
            Command::Reject { reason, text } => reject(*reason, text),
            Command::Review { upheld, text } => self.review(*upheld, text.as_ref()),
            Command::HandBack { reason, summary } => self.hand_back(*reason, summary),
            Command::Withdraw { reason, signature } => {
                self.withdraw(reason.as_ref(), signature.as_ref())
            }
            Command::WithdrawConsent { paper_no } => self.withdraw_consent(paper_no.as_deref()),
            Command::Erase { reason } => self.erase(*reason),
            Command::Supplement { text } => self.supplement(text),
            Command::Assign { tenant, named } => self.assign(*tenant, *named),
            Command::Unassign { reason } => said(Event::Unassigned {}, "reason", reason),
            Command::TenantState { text } => said(Event::TenantStated {}, "text", text),
            Command::Rate { stars, text, signature } => {
                let rated = rate(*stars, text.as_ref())?;
                self.signed(signature.as_ref())?;
                Ok(rated.with_some("signature", signature.as_ref()))
            }
            Command::Reopen { reason, signature } => self.reopen(reason, signature.as_ref()),
            Command::MoveAdvance { advance, status, fen, paid_fen, words } => {
                self.move_advance(*advance, *status, (*fen, *paid_fen), words)
            }
            Command::KeepNotice { raw, case_filed } => {
                let kept = Event::NoticeKept { case_filed: *case_filed };
                Ok(Decision::of(kept).with("raw", raw))
            }
            Command::Reveal { fields, reason } => reveal(fields, reason),
            Command::ShowPayee { advance } => self.show_payee(*advance),
            Command::RecordReceipt { report_id, report, receipt } => {
                let event = Event::Reported { report_id: *report_id, report: *report };
                let noted = Decision::of(event).with("receipt", receipt);
                let handed_back = self.case.state.name() == StateName::HandedBack;
                Ok(if handed_back && *report == ReportKind::HandedBack {
                    noted.and(Event::HandbackAcknowledged {})
                } else {
                    noted
                })
            }
            Command::Offer { .. }
            | Command::Approve
            | Command::SendBack { .. }
            | Command::IssueLink
            | Command::Answer { .. }
            | Command::Counter { .. }
            | Command::AcceptCounter { .. }
            | Command::DeclineCounter { .. }
            | Command::ExpireOffer
            | Command::Perform { .. }
            | Command::Breach { .. } => self.decide_offer(command),
            Command::AskSupplement { .. }
            | Command::LapseSupplement
            | Command::Pause { .. }
            | Command::Resume { .. }
            | Command::LapsePause
            | Command::AskExtension { .. }
            | Command::AnswerExtension { .. }
            | Command::Extend { .. }
            | Command::Urge
            | Command::Supervise { .. }
            | Command::NoteExpiry { .. }
            | Command::Escalate { .. }
            | Command::MoveClock { .. } => self.decide_time(command),
        }
    }

    /// 首问受理: whoever accepts answers for it from now on.
    fn accept(&self) -> Decision {
        let event = Event::Accepted { first_responder: self.actor.pseudonym };
        Decision::of(event).report(ReportKind::Accepted)
    }

    /// 移交: until the other takes it, the first responder answers for it.
    fn propose_transfer(&self, to: Pseudonym, reason: &Personal<String>) -> Decided {
        if Some(to) == self.case.first_responder {
            return Err(invalid("to", "choose somebody else than the first responder"));
        }
        said(Event::TransferProposed { to }, "reason", reason)
    }

    fn take_transfer(&self) -> Decision {
        let event = Event::TransferTaken { first_responder: self.actor.pseudonym };
        Decision::of(event).report(ReportKind::Transferred)
    }

    /// 中心复核: the center agrees, and the case goes back; or it is ours after all, and somebody
    /// must answer for it in the time that an intake has.
    fn review(&self, upheld: bool, words: Option<&Personal<String>>) -> Decided {
        if upheld {
            let event = Event::HandedBack { reason: HandbackReason::RejectionUpheld };
            let handed_back = Decision::of(event).with_some("text", words);
            return Ok(handed_back.report(ReportKind::HandedBack));
        }
        let rule = self.policy.rules.clock(ClockKind::Respond);
        let clock = rule.map(|rule| Clock::start(rule, self.now, &self.policy.calendar));
        let overturned = Event::RejectionOverturned { clock: clock.transpose()? };
        Ok(Decision::of(overturned).with_some("text", words))
    }

    /// 退回: the whole dossier goes with it, so that the consumer never tells the story twice.
    fn hand_back(&self, reason: HandbackReason, summary: &Personal<String>) -> Decided {
        text("summary", summary)?;
        match reason {
            HandbackReason::RejectionUpheld => {
                let problem = "only the center's review can say so; choose another";
                return Err(invalid("reason", problem));
            }
            HandbackReason::Expired if !self.settlement_is_over() => {
                return Err(Circumstance::NotOverdue.into());
            }
            HandbackReason::Unreachable if !self.is_unreachable() => {
                return Err(Circumstance::StillReachable.into());
            }
            HandbackReason::NoAgreement if !self.case.was_heard() => {
                return Err(Circumstance::NotNegotiated.into());
            }
            HandbackReason::NoAgreement if self.case.state.name() == StateName::Offered => {
                return Err(Circumstance::OfferOpen.into());
            }
            HandbackReason::Expired
            | HandbackReason::Unreachable
            | HandbackReason::NoAgreement
            | HandbackReason::ConsumerAsks => {}
        }
        let handed_back = Decision::of(Event::HandedBack { reason }).with("summary", summary);
        Ok(handed_back.report(ReportKind::HandedBack))
    }

    fn settlement_is_over(&self) -> bool {
        let running = self.case.running(ClockKind::Settle);
        running.is_some_and(|entry| entry.overdue_millis(self.now).is_some())
    }

    /// 联系不上: so many attempts in vain, on so many days, since the consumer was last reached.
    fn is_unreachable(&self) -> bool {
        let Some(rule) = &self.policy.rules.unreachable else { return true };
        let mut days: Vec<Date> =
            self.case.unreached.iter().map(|attempt| attempt.civil_date()).collect();
        let attempts = days.len();
        days.sort_unstable();
        days.dedup();
        let at_least = |count: usize, least: u32| u32::try_from(count).unwrap_or(u32::MAX) >= least;
        at_least(attempts, rule.attempts) && at_least(days.len(), rule.days)
    }

    /// 撤诉
    fn withdraw(
        &self,
        reason: Option<&Personal<String>>,
        signature: Option<&Personal<String>>,
    ) -> Decided {
        self.signed(signature)?;
        let withdrawn = Decision::of(Event::Withdrawn {}).with_some("reason", reason);
        Ok(withdrawn.with_some("signature", signature).report(ReportKind::Withdrawn))
    }

    /// 保存期限届满, or an old backup brought the person back.
    fn erase(&self, reason: EraseReason) -> Decided {
        match reason {
            EraseReason::ConsentWithdrawn => {
                Err(invalid("reason", "the consumer withdraws a consent; choose another reason"))
            }
            EraseReason::Retention if !self.retention_is_over() => {
                Err(Circumstance::NotDueYet.into())
            }
            EraseReason::Retention | EraseReason::Restored => Ok(erase(reason, None)),
        }
    }

    /// 撤回同意: the words of a signature would go with the key, so the log names the paper.
    fn withdraw_consent(&self, paper_no: Option<&str>) -> Decided {
        let paper = match (self.via(), paper_no) {
            (Via::Center | Via::Link, _) => None,
            (Via::Desk, None) => {
                return Err(invalid(
                    "paper_no",
                    "give the number of the paper the consumer signed",
                ));
            }
            (Via::Desk, Some(text)) => {
                let read = PaperNo::parse(text);
                Some(read.map_err(|problem| invalid("paper_no", problem))?)
            }
        };
        Ok(erase(EraseReason::ConsentWithdrawn, paper))
    }

    fn retention_is_over(&self) -> bool {
        let until = super::timers::kept_until(self.case, self.policy);
        until.is_some_and(|until| self.now >= until)
    }

    /// 补充: what stood still for it goes on.
    fn supplement(&self, words: &Personal<String>) -> Decided {
        text("text", words)?;
        let supplemented = Decision::of(Event::Supplemented {}).with("text", words);
        self.resume_after(supplemented, PauseGround::Supplement, self.now)
    }

    /// 责任商户
    fn assign(&self, tenant: TenantId, named: bool) -> Decided {
        let same = self.case.assigned.as_ref().is_some_and(|assigned| assigned.tenant == tenant);
        if same {
            return Err(invalid("tenant", "this shop answers for it already; choose another"));
        }
        Ok(Decision::of(Event::Assigned { tenant, named }))
    }

    /// 重新办理: on a new clock.
    fn reopen(&self, reason: &Personal<String>, signature: Option<&Personal<String>>) -> Decided {
        text("reason", reason)?;
        self.signed(signature)?;
        let clock = self.settlement_clock()?;
        let reopened = Decision::of(Event::Reopened { clock }).with("reason", reason);
        let reopened = reopened.with_some("signature", signature);
        Ok(match self.via() {
            Via::Center => reopened,
            Via::Desk | Via::Link => reopened.report(ReportKind::Reopened),
        })
    }

    /// 先行赔付: what the fund did; the center hears when the consumer has the money.
    fn move_advance(
        &self,
        advance: AdvanceId,
        status: AdvanceStatus,
        (fen, paid_fen): (Fen, Fen),
        words: &[Private],
    ) -> Decided {
        let is_known = self.case.advances.iter().any(|known| known.id == advance);
        // A small claim is approved as it is asked for.
        let begins = matches!(status, AdvanceStatus::Requested | AdvanceStatus::Intended);
        // It performs a settlement: without one it does not begin.
        let may_begin = begins && self.case.state.name() == StateName::Settled;
        if !is_known && !may_begin {
            return Err(RefusalCode::WrongState);
        }
        let mut moved = Decision::of(Event::AdvanceMoved { advance, status, fen, paid_fen });
        for one in words {
            moved = moved.with(one.field, &one.value);
        }
        Ok(match status {
            AdvanceStatus::Paid => moved.report(ReportKind::PaidInAdvance),
            _ => moved,
        })
    }

    /// 显示收款账户: of an advance that is to be paid, to whoever pays it; not without a trace.
    fn show_payee(&self, advance: AdvanceId) -> Decided {
        let known = self.case.advances.iter().find(|known| known.id == advance);
        if known.is_some_and(|known| known.status.is_to_be_paid()) {
            return Ok(Decision::of(Event::PayeeShown { advance }));
        }
        Err(invalid("advance", "name an advance of this case that is to be paid"))
    }

    /// By which way the consumer's word came.
    fn via(&self) -> Via {
        match self.actor.role {
            Role::Clerk | Role::Supervisor | Role::Manager => Via::Desk,
            Role::Consumer => Via::Link,
            Role::Center
            | Role::Cashier
            | Role::Administrator
            | Role::SecurityAdministrator
            | Role::Auditor
            | Role::Regulator
            | Role::Tenant
            | Role::System => Via::Center,
        }
    }

    /// What a clerk writes down for the consumer at the desk, the consumer has signed.
    fn signed(&self, signature: Option<&Personal<String>>) -> Result<(), RefusalCode> {
        match (self.via(), signature) {
            (Via::Desk, Some(signature)) => text("signature", signature),
            (Via::Desk, None) => Err(invalid("signature", "record how the consumer signed")),
            (Via::Center | Via::Link, _) => Ok(()),
        }
    }

    fn settlement_clock(&self) -> Result<Clock, RefusalCode> {
        let rule = self.policy.rules.clock(ClockKind::Settle);
        let rule = rule.ok_or_else(|| invalid("rules", "the rule set has no settlement clock"))?;
        Ok(Clock::start(rule, self.now, &self.policy.calendar)?)
    }
}

/// 联系
fn contact(method: ContactMethod, result: ContactResult, note: &Personal<String>) -> Decided {
    let contacted = said(Event::Contacted { method, result }, "note", note)?;
    Ok(contacted.report(ReportKind::Contacted))
}

/// 非本单位 / 重复 / 不属消费争议: the center reviews it.
fn reject(reason: RejectionReason, words: &Personal<String>) -> Decided {
    Ok(said(Event::Rejected { reason }, "text", words)?.report(ReportKind::Rejected))
}

/// The key goes, the skeleton and every proof stay.
fn erase(reason: EraseReason, paper: Option<PaperNo>) -> Decision {
    let mut decision = Decision::of(Event::Erased { reason, paper });
    // An older backup does not know how far the reports had come, and the center was told then.
    if reason != EraseReason::Restored {
        decision = decision.report(ReportKind::Erased);
    }
    decision.effects.push(Effect::DestroyKey);
    decision
}

fn rate(stars: u8, words: Option<&Personal<String>>) -> Decided {
    if !(1..=5).contains(&stars) {
        return Err(invalid("stars", "give 1 to 5"));
    }
    Ok(Decision::of(Event::Rated { stars }).with_some("text", words))
}

/// 显示个人信息: nobody sees a sealed field without a trace and a reason.
fn reveal(fields: &[String], reason: &Personal<String>) -> Decided {
    // 凭证照片: pictures of an advance's slips, sealed with the case.
    const FIELDS: [&str; 5] = ["name", "phone", "id_number", "address", "evidence"];
    if fields.is_empty() || fields.iter().any(|field| !FIELDS.contains(&field.as_str())) {
        return Err(invalid("fields", "choose from name, phone, id_number, address"));
    }
    said(Event::Revealed { fields: fields.to_vec() }, "reason", reason)
}

/// An event with words that may not be empty.
fn said(event: Event, field: &'static str, words: &Personal<String>) -> Decided {
    text(field, words)?;
    Ok(Decision::of(event).with(field, words))
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

/// Whether a day is more than so many days after another.
fn is_later_than(day: Date, from: Date, days: u32) -> bool {
    from.checked_add(jiff::Span::new().days(i64::from(days))).is_ok_and(|last| day > last)
}

const fn invalid(field: &'static str, problem: &'static str) -> RefusalCode {
    RefusalCode::FieldInvalid { field, problem }
}
