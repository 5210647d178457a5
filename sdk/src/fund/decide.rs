//! What a command does to the fund: a pure function from (what there is, command, actor, policy, now)
//! to events, or a refusal. Every event that comes out of it can be posted: it was tried.

use super::account::Account;
use super::advance::Advance;
use super::command::{FundCommand, Grounds, Paid, Received};
use super::event::{FundEvent, ProposalKind};
use super::evidence::{EVIDENCE_MAX, Media};
use super::facts::{CaseFacts, FundState, Proposal};
use super::ledger::Move;
use super::refusal::{FundRefusal, FundRefusalCode as No};
use super::roles::role_may;
use super::rules::FundPolicy;
use crate::case::{Actor, AdvanceStatus, PaperNo, Role};
use crate::ids::{AdvanceId, ProposalId, Pseudonym, TenantId};
use crate::money::Fen;
use crate::time::{DAY_MILLIS, Date, Timestamp};

/// Decides a command on the fund.
///
/// # Errors
/// A [`FundRefusal`] with a stable code.
pub fn decide_fund(
    state: &FundState,
    command: &FundCommand,
    actor: &Actor,
    policy: &FundPolicy,
    now: Timestamp,
) -> Result<Vec<FundEvent>, FundRefusal> {
    let action = command.action();
    let refuse = |code| FundRefusal { action, code };
    if !role_may(actor.role, action) {
        return Err(refuse(No::RoleNotPermitted));
    }
    let act = Act { state, actor, policy, now };
    let events = act.decide(command).map_err(refuse)?;
    // What cannot be posted was not decided: an account that is short says so here.
    let mut ledger = state.ledger.clone();
    for event in &events {
        ledger = ledger.post(&event.moves()).map_err(|error| refuse(error.into()))?;
    }
    Ok(events)
}

struct Act<'a> {
    state: &'a FundState,
    actor: &'a Actor,
    policy: &'a FundPolicy,
    now: Timestamp,
}

type Decided = Result<Vec<FundEvent>, No>;

impl Act<'_> {
    #[expect(clippy::too_many_lines, reason = "one arm per command reads best as one table")]
    fn decide(&self, command: &FundCommand) -> Decided {
        match command {
            FundCommand::Contribute(received) => {
                let Received { fen, effective_on, reference } = self.checked(received)?;
                Ok(vec![FundEvent::Contributed { fen, effective_on, reference }])
            }
            FundCommand::ReceiveDeposit { tenant, received } => {
                let Received { fen, effective_on, reference } = self.checked(received)?;
                self.tenant_is_there()?;
                let tenant = *tenant;
                let agreement = self.state.agreement;
                Ok(vec![FundEvent::DepositReceived {
                    tenant,
                    fen,
                    effective_on,
                    reference,
                    agreement,
                }])
            }
            FundCommand::Request { advance, case, tenant, fen, grounds } => {
                self.request(*advance, *case, *tenant, *fen, *grounds)
            }
            FundCommand::Approve => self.approve(),
            FundCommand::Decline => {
                let advance = self.advance_in(&[AdvanceStatus::Requested])?;
                self.is_not(advance.requested_by)?;
                Ok(vec![FundEvent::AdvanceDeclined { advance: advance.id }])
            }
            FundCommand::Cancel => {
                let status = [AdvanceStatus::Requested, AdvanceStatus::Intended];
                let advance = self.advance_in(&status)?;
                if self.actor.role == Role::Clerk && self.actor.pseudonym != advance.requested_by {
                    return Err(No::NotRequester);
                }
                let (advance, released_fen) = (advance.id, self.reserved(advance));
                Ok(vec![FundEvent::AdvanceCancelled { advance, released_fen }])
            }
            FundCommand::Expire => self.expire(),
            FundCommand::Submit { provider } => {
                let advance = self.advance_in(&[AdvanceStatus::Intended])?;
                self.is_no_checker_of(advance)?;
                if self.pay_day_is_over(advance)? {
                    return Err(No::PayDayOver);
                }
                code("provider", provider)?;
                let (provider, fen) = (provider.clone(), advance.fen);
                Ok(vec![FundEvent::AdvanceSubmitted { advance: advance.id, provider, fen }])
            }
            FundCommand::ConfirmPaid(paid) => self.confirm_paid(paid),
            FundCommand::ConfirmRefused { cause } => {
                let advance = self.in_flight()?;
                self.is_no_checker_of(advance)?;
                code("cause", cause)?;
                let (released_fen, cause) = (advance.fen, cause.clone());
                Ok(vec![FundEvent::AdvanceRefused { advance: advance.id, released_fen, cause }])
            }
            FundCommand::LoseTrack => {
                let advance = self.advance_in(&[AdvanceStatus::Submitted])?;
                Ok(vec![FundEvent::AdvanceUnknown { advance: advance.id }])
            }
            FundCommand::Sign { paper_no } => {
                let advance = self.advance_in(&[AdvanceStatus::Paid])?;
                if advance.receipt.is_some() {
                    return Err(No::NotDueYet);
                }
                let paper =
                    PaperNo::parse(paper_no).map_err(|problem| field("paper_no", problem))?;
                Ok(vec![FundEvent::AdvanceSigned { advance: advance.id, paper }])
            }
            FundCommand::AddEvidence { sha256, media, bytes } => {
                self.add_evidence(sha256, *media, *bytes)
            }
            FundCommand::Bounce(received) => self.bounce(received),
            FundCommand::Draw => self.draw(),
            FundCommand::ReceiveRecourse(received) => self.receive_recourse(received),
            FundCommand::NoteTopUpOverdue => {
                let advance = self.advance_in(&[AdvanceStatus::Paid])?;
                let due = advance.top_up.as_ref().filter(|top_up| {
                    !top_up.overdue && self.now > Timestamp::end_of(top_up.due_on)
                });
                let tenant = due.and(advance.tenant).ok_or(No::NotDueYet)?;
                Ok(vec![FundEvent::TopUpOverdue { advance: advance.id, tenant }])
            }
            FundCommand::Clear { received } => {
                let Received { fen, effective_on, reference } = self.checked(received)?;
                let advance = self.state.advance.as_ref().map(|advance| advance.id);
                Ok(vec![FundEvent::Cleared { advance, fen, effective_on, reference }])
            }
            FundCommand::Propose { proposal, kind } => self.propose(*proposal, kind),
            FundCommand::ApproveProposal { effective_on } => self.agree(*effective_on),
            FundCommand::DeclineProposal => {
                let proposal = self.proposal()?;
                self.is_not(proposal.proposed_by)?;
                Ok(vec![FundEvent::ProposalDeclined { proposal: proposal.id }])
            }
            FundCommand::Adopt { digest, effective_from } => self.adopt(digest, *effective_from),
            FundCommand::Assert { on } => self.assert(*on),
        }
    }

    /// 申请先付: an advance performs a settlement, and never more than it promises.
    fn request(
        &self,
        advance: AdvanceId,
        case: Pseudonym,
        tenant: Option<TenantId>,
        fen: Fen,
        grounds: Grounds,
    ) -> Decided {
        let facts = self.state.case.as_ref().filter(|facts| facts.stream == case);
        let facts = facts.ok_or(No::CaseNotSettled)?;
        let settled = facts.settled_fen.ok_or(No::CaseNotSettled)?;
        let is_responder = facts.first_responder == Some(self.actor.pseudonym);
        if self.actor.role == Role::Clerk && !is_responder {
            return Err(No::NotFirstResponder);
        }
        if !grounds.are_met() {
            return Err(No::GroundsNotMet);
        }
        if self.state.advance.is_some() {
            return Err(field("advance", "use a fresh id for each advance"));
        }
        payable(fen)?;
        if tenant.is_some() {
            self.tenant_is_there()?;
            if tenant != facts.tenant {
                return Err(field("tenant", "name the shop that answers for the case, or nobody"));
            }
        }
        self.within_limits(facts, settled, tenant, fen)?;
        let requested = FundEvent::AdvanceRequested { advance, case, tenant, fen, grounds };
        // All that the case was given counts: a large claim is not small in parts.
        let sum = facts.advanced_fen.checked_add(fen);
        if sum.is_none_or(|sum| sum > self.policy.rules.small_claim_fen) {
            return Ok(vec![requested]);
        }
        // 小额即赔: approved as it is asked for, by the rule rather than by a person.
        Ok(vec![requested, FundEvent::AdvanceApproved { advance, reserved_fen: fen }])
    }

    fn within_limits(
        &self,
        facts: &CaseFacts,
        settled: Fen,
        tenant: Option<TenantId>,
        fen: Fen,
    ) -> Result<(), No> {
        let rules = &self.policy.rules;
        let plus = |before: Fen| before.checked_add(fen);
        let within = |sum: Option<Fen>, most: Fen, no: No| match sum {
            Some(sum) if sum <= most => Ok(()),
            Some(_) | None => Err(no),
        };
        within(plus(facts.advanced_fen), settled, No::MoreThanSettled)?;
        within(plus(facts.advanced_fen), rules.case_limit_fen, No::CaseLimit)?;
        if tenant.is_some() {
            let open = self.state.tenant_open_fen.unwrap_or(Fen::ZERO);
            within(plus(open), rules.tenant_limit_fen, No::TenantLimit)?;
        }
        within(plus(self.state.day.fen), rules.day_limit_fen, No::DayLimit)?;
        let own = self.state.day.by_person.get(&self.actor.pseudonym.to_string());
        let own = own.copied().unwrap_or(Fen::ZERO);
        within(plus(own), rules.clerk_day_limit_fen, No::ClerkLimit)
    }

    /// 审核: never by whoever asked, never twice by one; above the limit by two, one of them the
    /// manager.
    fn approve(&self) -> Decided {
        let advance = self.advance_in(&[AdvanceStatus::Requested])?;
        self.is_not(advance.requested_by)?;
        for earlier in &advance.approved_by {
            self.is_not(*earlier)?;
        }
        // With everything else that the case was given: nobody gets round the second person in parts.
        let of_case = self.state.case.as_ref().map_or(advance.fen, |facts| facts.advanced_fen);
        let needs_two = of_case.max(advance.fen) > self.policy.rules.second_approval_above_fen;
        let is_second = !advance.approved_by.is_empty();
        let has_manager = advance.manager_approved || self.actor.role == Role::Manager;
        if needs_two && is_second && !has_manager {
            return Err(No::ManagerNeeded);
        }
        let reserved_fen = if needs_two && !is_second { Fen::ZERO } else { advance.fen };
        Ok(vec![FundEvent::AdvanceApproved { advance: advance.id, reserved_fen }])
    }

    fn expire(&self) -> Decided {
        let advance = self.advance_in(&[AdvanceStatus::Intended])?;
        if !self.pay_day_is_over(advance)? {
            return Err(No::NotDueYet);
        }
        let (advance, released_fen) = (advance.id, advance.fen);
        Ok(vec![FundEvent::AdvanceExpired { advance, released_fen }])
    }

    fn pay_day_is_over(&self, advance: &Advance) -> Result<bool, No> {
        let since = advance.reserved_at.ok_or(No::NotDueYet)?.civil_date();
        let days = self.policy.rules.expire_working_days;
        Ok(self.now > Timestamp::end_of(self.working_days_after(since, days)?))
    }

    /// 已付: and at once the deposit of whoever is liable is drawn on; what it does not cover is asked
    /// for by a day.
    fn confirm_paid(&self, paid: &Paid) -> Decided {
        let advance = self.in_flight()?;
        self.is_no_checker_of(advance)?;
        let Paid { fen, effective_on, reference } = paid;
        let evidence =
            Received { fen: *fen, effective_on: *effective_on, reference: reference.clone() };
        let Received { fen: paid_fen, effective_on, reference } = self.evidence(&evidence)?;
        let rest = advance.fen.checked_sub(paid_fen).filter(|rest| *rest >= Fen::ZERO);
        let released_fen = rest.ok_or_else(|| field("fen", "give no more than was approved"))?;
        if advance.reserved_at.is_some_and(|since| effective_on < since.civil_date()) {
            return Err(field("effective_on", "it was not approved before that day"));
        }
        let (id, tenant) = (advance.id, advance.tenant);
        let mut events = vec![FundEvent::AdvancePaid {
            advance: id,
            tenant,
            paid_fen,
            released_fen,
            effective_on,
            reference,
        }];
        if let Some(tenant) = tenant {
            events.extend(self.recourse(id, tenant, paid_fen, effective_on)?);
        }
        Ok(events)
    }

    /// 追偿: the deposit first, then a day by which the tenant pays the rest.
    fn recourse(
        &self,
        advance: AdvanceId,
        tenant: TenantId,
        owed: Fen,
        effective_on: Date,
    ) -> Result<Vec<FundEvent>, No> {
        let mut events = Vec::new();
        let fen = self.state.ledger.balance(Account::Deposit(tenant)).min(owed);
        if fen > Fen::ZERO {
            events.push(FundEvent::RecourseDrawn { advance, tenant, fen, effective_on });
        }
        let rest = owed.checked_sub(fen).unwrap_or(Fen::ZERO);
        if rest > Fen::ZERO {
            let days = self.policy.rules.top_up_working_days;
            let due_on = self.working_days_after(self.now.civil_date(), days)?;
            events.push(FundEvent::TopUpDemanded { advance, tenant, fen: rest, due_on });
        }
        Ok(events)
    }

    /// 添加凭证照片: as soon as somebody pays; each once, and not without end.
    fn add_evidence(&self, sha256: &str, media: Media, bytes: u32) -> Decided {
        let advance = self.state.advance.as_ref().ok_or(No::Unknown)?;
        if advance.submitted_at.is_none() {
            return Err(No::WrongStatus(advance.status));
        }
        let known = advance.evidence.iter().any(|known| known.sha256 == sha256);
        if known || advance.evidence.len() >= EVIDENCE_MAX {
            return Err(field("file", "it is there already, or there are ten"));
        }
        let (advance, sha256) = (advance.id, sha256.to_owned());
        Ok(vec![FundEvent::EvidenceAdded { advance, sha256, media, bytes }])
    }

    /// 退汇: only of the whole, and only before the consumer signed for it.
    fn bounce(&self, received: &Received) -> Decided {
        let advance = self.advance_in(&[AdvanceStatus::Paid])?;
        if advance.receipt.is_some() {
            return Err(No::Signed);
        }
        let Received { fen, effective_on, reference } = self.checked(received)?;
        if fen != advance.paid_fen {
            return Err(field("fen", "give all that was paid; a bank gives back the whole"));
        }
        Ok(vec![FundEvent::AdvanceBounced {
            advance: advance.id,
            tenant: advance.tenant,
            fen,
            recovered_fen: advance.recovered_fen,
            written_off_fen: advance.written_off_fen,
            effective_on,
            reference,
        }])
    }

    /// 扣划: what was demanded is taken from the deposit as soon as it holds something again.
    fn draw(&self) -> Decided {
        let advance = self.advance_in(&[AdvanceStatus::Paid])?;
        let tenant = advance.tenant.ok_or(No::NobodyOwes)?;
        let fen = self.state.ledger.balance(Account::Deposit(tenant)).min(advance.owed());
        if advance.owed() == Fen::ZERO {
            return Err(No::NobodyOwes);
        }
        if fen == Fen::ZERO {
            return Err(No::Short(Account::Deposit(tenant)));
        }
        let (advance, effective_on) = (advance.id, self.now.civil_date());
        Ok(vec![FundEvent::RecourseDrawn { advance, tenant, fen, effective_on }])
    }

    fn receive_recourse(&self, received: &Received) -> Decided {
        let advance = self.advance_in(&[AdvanceStatus::Paid])?;
        let tenant = advance.tenant.ok_or(No::NobodyOwes)?;
        let Received { fen, effective_on, reference } = self.checked(received)?;
        if fen > advance.owed() {
            return Err(field("fen", "give no more than is owed; book the rest as a deposit"));
        }
        let advance = advance.id;
        Ok(vec![FundEvent::RecourseReceived { advance, tenant, fen, effective_on, reference }])
    }

    fn propose(&self, proposal: ProposalId, kind: &ProposalKind) -> Decided {
        if self.state.proposal.is_some() {
            return Err(field("proposal", "use a fresh id for each proposal"));
        }
        match kind {
            ProposalKind::WriteOff { advance, fen } => {
                payable(*fen)?;
                let owes = self.advance_in(&[AdvanceStatus::Paid])?;
                if owes.id != *advance || *fen > owes.owed() {
                    return Err(field("fen", "give no more than is owed for this advance"));
                }
            }
            ProposalKind::ReturnDeposit { fen, .. } | ProposalKind::ReturnPool { fen } => {
                payable(*fen)?;
            }
            ProposalKind::Reverse { moves, .. } => {
                self.is_reversible(moves)?;
                // An advance's own postings are undone by its own events, never beside them.
                let cash = |one: &&Move| {
                    one.debit == Account::Bank
                        && matches!(one.credit, Account::Pool | Account::Deposit(_))
                };
                if moves.is_empty() || !moves.iter().all(|one| cash(&one)) {
                    return Err(field("n", "only money that came in can be reversed"));
                }
            }
        }
        // Whether it could be posted at all is told now rather than to the second person.
        self.carried_out(proposal, kind, self.now.civil_date())?;
        Ok(vec![FundEvent::Proposed { proposal, kind: kind.clone() }])
    }

    fn agree(&self, effective_on: Date) -> Decided {
        let proposal = self.proposal()?;
        self.is_not(proposal.proposed_by)?;
        self.is_recent(effective_on)?;
        Ok(vec![self.carried_out(proposal.id, &proposal.kind, effective_on)?])
    }

    fn carried_out(
        &self,
        proposal: ProposalId,
        kind: &ProposalKind,
        effective_on: Date,
    ) -> Result<FundEvent, No> {
        let event = match kind {
            ProposalKind::WriteOff { advance, fen } => {
                let owes = self.advance_in(&[AdvanceStatus::Paid])?;
                let tenant = owes.tenant.ok_or(No::NobodyOwes)?;
                if *fen > owes.owed() {
                    return Err(field("fen", "less is owed by now"));
                }
                let (advance, fen) = (*advance, *fen);
                FundEvent::WrittenOff { advance, tenant, fen, effective_on, proposal }
            }
            ProposalKind::ReturnDeposit { tenant, fen } => {
                // It is there for what the tenant owes (电商法 Art. 58).
                if self.state.tenant_open_fen.is_none_or(|open| open > Fen::ZERO) {
                    return Err(No::TenantOwes);
                }
                let (tenant, fen) = (*tenant, *fen);
                let agreement = self.state.agreement;
                FundEvent::DepositReturned { tenant, fen, effective_on, proposal, agreement }
            }
            ProposalKind::ReturnPool { fen } => {
                FundEvent::PoolReturned { fen: *fen, effective_on, proposal }
            }
            ProposalKind::Reverse { n, moves } => {
                self.is_reversible(moves)?;
                let moves = moves.iter().rev().map(|one| one.reversed()).collect();
                FundEvent::Reversed { n: *n, moves, effective_on, proposal }
            }
        };
        self.state.ledger.clone().post(&event.moves())?;
        Ok(event)
    }

    fn is_reversible(&self, moves: &[Move]) -> Result<(), No> {
        match &self.state.to_reverse {
            Some(entry) if entry == moves => Ok(()),
            Some(_) => Err(field("n", "its moves are not these")),
            None => Err(field("n", "there is no such entry, or it was reversed before")),
        }
    }

    /// 公布: never for a day that is over; what was done under the old text stays under it.
    fn adopt(&self, digest: &str, effective_from: Date) -> Decided {
        let hex = digest.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if digest.len() != 64 || !hex {
            return Err(field("digest", "give the SHA-256 of the text, hexadecimal"));
        }
        if effective_from < self.now.civil_date() {
            return Err(field("effective_from", "choose today or a later day"));
        }
        let version = self.state.agreements + 1;
        let digest = digest.to_owned();
        Ok(vec![FundEvent::AgreementAdopted { version, digest, effective_from }])
    }

    fn assert(&self, on: Date) -> Decided {
        let is_over = on < self.now.civil_date();
        let is_closed = self.state.closed_on.is_some_and(|closed| closed >= on);
        if self.actor.role == Role::System && (!is_over || is_closed) {
            return Err(No::NotDueYet);
        }
        self.not_later_than_today(on)?;
        let balances = self.state.ledger.balances().collect();
        Ok(vec![FundEvent::Asserted { on, balances }])
    }

    fn advance_in(&self, statuses: &[AdvanceStatus]) -> Result<&Advance, No> {
        let advance = self.state.advance.as_ref().ok_or(No::Unknown)?;
        if statuses.contains(&advance.status) {
            Ok(advance)
        } else {
            Err(No::WrongStatus(advance.status))
        }
    }

    fn in_flight(&self) -> Result<&Advance, No> {
        self.advance_in(&[AdvanceStatus::Submitted, AdvanceStatus::Unknown])
    }

    fn proposal(&self) -> Result<&Proposal, No> {
        let proposal = self.state.proposal.as_ref().ok_or(No::Unknown)?;
        if proposal.agreed.is_some() { Err(No::ProposalOver) } else { Ok(proposal) }
    }

    fn reserved(&self, advance: &Advance) -> Fen {
        if advance.status == AdvanceStatus::Intended { advance.fen } else { Fen::ZERO }
    }

    fn is_not(&self, other: Pseudonym) -> Result<(), No> {
        if self.actor.pseudonym == other { Err(No::SamePerson) } else { Ok(()) }
    }

    /// Who pays has neither asked nor approved.
    fn is_no_checker_of(&self, advance: &Advance) -> Result<(), No> {
        self.is_not(advance.requested_by)?;
        advance.approved_by.iter().try_for_each(|approver| self.is_not(*approver))
    }

    fn tenant_is_there(&self) -> Result<(), No> {
        if self.state.tenant_is_there { Ok(()) } else { Err(No::TenantNotThere) }
    }

    fn working_days_after(&self, day: Date, days: u32) -> Result<Date, No> {
        let sum = self.policy.calendar.after_working_days_without(day, days, &[]);
        sum.map(|sum| sum.due_on).map_err(|_| No::NoDeadline)
    }

    fn not_later_than_today(&self, day: Date) -> Result<(), No> {
        if day > self.now.civil_date() {
            return Err(field("effective_on", "choose today or an earlier day"));
        }
        Ok(())
    }

    /// Neither to come nor so old that a person should look first.
    fn is_recent(&self, day: Date) -> Result<(), No> {
        self.not_later_than_today(day)?;
        let back = i64::from(self.policy.rules.backdate_days).saturating_mul(DAY_MILLIS);
        if day < self.now.plus_millis(-back).civil_date() {
            return Err(field("effective_on", "it is dated too far back (backdate_days)"));
        }
        Ok(())
    }

    /// Money that came, or a line of the statement: booked once, and soon.
    fn checked(&self, received: &Received) -> Result<Received, No> {
        self.is_recent(received.effective_on)?;
        if self.state.slip_is_booked {
            return Err(No::SlipBooked);
        }
        self.evidence(received)
    }

    /// Money that came or went: an amount, a day that is not to come, and the slip that shows it.
    fn evidence(&self, received: &Received) -> Result<Received, No> {
        payable(received.fen)?;
        self.not_later_than_today(received.effective_on)?;
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_./".contains(&b);
        let reference = received.reference.trim();
        if !(1..=64).contains(&reference.len()) || !reference.bytes().all(plain) {
            let problem = "give the number of the slip: 1 to 64 letters, digits, - _ . /";
            return Err(field("reference", problem));
        }
        Ok(Received { reference: reference.to_owned(), ..received.clone() })
    }
}

fn payable(fen: Fen) -> Result<(), No> {
    if fen > Fen::ZERO && fen.is_payable() {
        return Ok(());
    }
    Err(field("fen", "give an amount from 1 to 9007199254740991 fen"))
}

/// A word of ours for logs and lists, never what people wrote.
fn code(name: &'static str, text: &str) -> Result<(), No> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b);
    if (1..=32).contains(&text.len()) && text.bytes().all(plain) {
        return Ok(());
    }
    Err(field(name, "give 1 to 32 small letters, digits, - or _"))
}

const fn field(field: &'static str, problem: &'static str) -> No {
    No::FieldInvalid { field, problem }
}
