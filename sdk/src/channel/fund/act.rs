//! Acting on the fund: load, decide, commit; again when somebody else was first.

use super::FUND_STREAM;
use super::agreement::agreement_record;
use super::books::Books;
use super::queues::{Queue, moved};
use super::subject::{asked_tenant, case_facts, is_about_deposits, reversed_entry, tenants_in};
use super::views::{AdvanceRow, Seen, advance_write, proposal_write, seen, write};
use crate::case::{Actor, Command, Private, decide};
use crate::channel::Channel;
use crate::channel::casework::{ActError, LoadedCase};
use crate::channel::leaves::{Chain, broken};
use crate::fund::{
    Account, Advance, DayUse, FundAction, FundChoice, FundCommand, FundEvent, FundPolicy,
    FundRefusal, FundRules, FundStamped, FundState, Grounds, Move, Proposal, ProposalKind,
    decide_fund, fund_choices,
};
use crate::ids::{AdvanceId, CaseId, ProposalId, TenantId};
use crate::money::Fen;
use crate::store::{Change, RecordWrite, Store, StoreError};
use crate::time::Date;

const DAY: &str = "fund_day";
/// Entries that were reversed.
const REVERSED: &str = "fund_reversed";
/// The last day that was closed.
const CLOSED: &str = "fund_closed";
/// Slips that were booked.
const SLIP: &str = "fund_slip";
/// What is pending for a tenant, so that its limit need not be summed up.
const TENANT: &str = "fund_tenant";
/// How often a decision is tried again when something moved in between.
const TRIES: u32 = 64;

/// What a command is about.
#[derive(Clone, Debug, Default)]
pub struct FundTarget {
    /// An advance that exists.
    pub advance: Option<AdvanceId>,
    /// A proposal that exists.
    pub proposal: Option<ProposalId>,
    /// The case an advance is requested for.
    pub case: Option<CaseId>,
    /// Words that belong to it, sealed with the case: `payee_name`, `payee_account`, `payee_bank` and
    /// `reason` of a request, `reason` of what is said later.
    pub words: Vec<Private>,
    /// The text of the agreement that is adopted.
    pub text: Option<String>,
    /// Documents of the engine that go in with it; a caller leaves it empty.
    pub records: Vec<RecordWrite>,
}

impl FundTarget {
    /// This advance.
    #[must_use]
    pub fn advance(id: AdvanceId) -> Self {
        Self { advance: Some(id), ..Self::default() }
    }

    /// This proposal.
    #[must_use]
    pub fn proposal(id: ProposalId) -> Self {
        Self { proposal: Some(id), ..Self::default() }
    }
}

/// What an act led to.
#[derive(Clone, Debug)]
pub struct FundActed {
    /// The events that happened.
    pub events: Vec<FundEvent>,
    /// The advance after them.
    pub advance: Option<AdvanceRow>,
}

/// Why an act did not happen. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum FundError {
    /// The rule said no.
    #[error(transparent)]
    Refused(#[from] FundRefusal),
    /// The case it belongs to does not take it.
    #[error(transparent)]
    Case(#[from] ActError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whether an advance may be asked for on a case.
#[derive(Clone, Debug)]
pub struct RequestChoice {
    /// Why not; none when it may be.
    pub why_not: Option<FundRefusal>,
    /// The most that the settlement and the limit of a case leave.
    pub most_fen: Fen,
    /// The shop that answers for the case; from it the advance is recovered.
    pub tenant: Option<TenantId>,
}

/// Everything that was read for one decision, with the versions it was read at.
struct Read {
    books: Books,
    advance: Option<Seen<AdvanceRow>>,
    proposal: Option<Seen<Proposal>>,
    day: Option<(Date, Seen<DayUse>)>,
    tenant: Option<(TenantId, Seen<Fen>)>,
    closed: Option<Seen<String>>,
    case: Option<LoadedCase>,
    state: FundState,
}

impl<S: Store> Channel<S> {
    /// The limits of the fund.
    #[must_use]
    pub fn fund_rules(&self) -> &FundRules {
        &self.inner.fund_rules
    }

    /// Carries out a command on the fund. Durable when it returns.
    ///
    /// # Errors
    /// See [`FundError`]; in each case nothing was written.
    pub async fn act_fund(
        &self,
        actor: Actor,
        command: &FundCommand,
        target: &FundTarget,
    ) -> Result<FundActed, FundError> {
        // Within one process they queue here rather than race for the head.
        let _turn = self.inner.fund_turn.lock().await;
        for _ in 0..TRIES {
            match self.try_fund(actor, command, target).await {
                Err(FundError::Store(StoreError::Conflict {
                    what: "stream" | "record" | "case",
                })) => {}
                done => return done,
            }
        }
        Err(StoreError::Conflict { what: "fund" }.into())
    }

    /// What this person may do with an advance now, by the rule that the command uses; nothing when
    /// there is no such advance.
    ///
    /// # Errors
    /// When the store fails or something does not read back.
    pub async fn advance_choices(
        &self,
        id: AdvanceId,
        actor: &Actor,
    ) -> Result<Vec<FundChoice>, FundError> {
        let read = self.read_fund(&FundCommand::Approve, &FundTarget::advance(id)).await?;
        let policy = self.fund_policy();
        Ok(fund_choices(&read.state, actor, &policy, self.now()))
    }

    /// Whether this person may ask for an advance on a case now and, if not, why.
    ///
    /// # Errors
    /// When the store fails or something does not read back.
    pub async fn advance_request(
        &self,
        id: CaseId,
        actor: &Actor,
    ) -> Result<RequestChoice, FundError> {
        let loaded = self.load(id).await?;
        let tenant = loaded.case.assigned.as_ref().map(|assigned| assigned.tenant);
        let command = FundCommand::Request {
            advance: AdvanceId::from_bytes([0; 16]),
            case: loaded.stream,
            tenant,
            fen: Fen::new(1),
            grounds: Grounds::ALL,
        };
        let target = FundTarget { case: Some(id), ..FundTarget::default() };
        let (read, policy) = (self.read_fund(&command, &target).await?, self.fund_policy());
        let why_not = decide_fund(&read.state, &command, actor, &policy, self.now()).err();
        let facts = read.state.case.as_ref();
        let most = facts.and_then(|facts| {
            let most = facts.settled_fen?.min(policy.rules.case_limit_fen);
            most.checked_sub(facts.advanced_fen)
        });
        Ok(RequestChoice { why_not, most_fen: most.unwrap_or(Fen::ZERO).max(Fen::ZERO), tenant })
    }

    fn fund_policy(&self) -> FundPolicy {
        FundPolicy { rules: self.inner.fund_rules.clone(), calendar: self.calendar() }
    }

    async fn try_fund(
        &self,
        actor: Actor,
        command: &FundCommand,
        target: &FundTarget,
    ) -> Result<FundActed, FundError> {
        // The head first: whatever is read after it and is older, the commit refuses.
        let head = self.store().stream_head(FUND_STREAM).await?;
        let read = self.read_fund(command, target).await?;
        let now = self.now();
        let policy = self.fund_policy();
        let events = decide_fund(&read.state, command, &actor, &policy, now)?;
        let stamp = |event: &FundEvent| FundStamped { at: now, actor, event: event.clone() };
        let stamped: Vec<FundStamped> = events.iter().map(stamp).collect();
        let chain = Chain {
            stream: FUND_STREAM.to_owned(),
            next: head.as_ref().map_or(0, |head| head.next),
            head: head.map(|head| head.hash),
            at: now,
            actor,
            policy: None,
        };
        let (mut change, advance) = self.prepare_fund(&read, command, target, &stamped).await?;
        change.streams.push(self.stage_fund(&chain, &events)?);
        let has_reports = !change.outbox.is_empty();
        self.store().commit(change).await?;
        self.committed(has_reports);
        Ok(FundActed { events, advance })
    }

    async fn read_fund(
        &self,
        command: &FundCommand,
        target: &FundTarget,
    ) -> Result<Read, FundError> {
        let proposal = match target.proposal {
            Some(id) => self.seen_proposal(id).await?,
            None => None,
        };
        let named = match proposal.as_ref().map(|seen| &seen.row.kind) {
            Some(ProposalKind::WriteOff { advance, .. }) => Some(*advance),
            _ => target.advance,
        };
        let advance = match named {
            Some(id) => self.seen_advance(id).await?,
            None => None,
        };
        let case_id = advance.as_ref().map(|seen| seen.row.case_id).or(target.case);
        let case = match case_id {
            Some(id) => Some(self.load(id).await?),
            None => None,
        };
        let tenants = tenants_in(command, advance.as_ref(), proposal.as_ref());
        let books = match command.action() {
            FundAction::Assert => self.all_books().await?,
            _ => self.books(&tenants).await?,
        };
        let kind = proposal.as_ref().map(|seen| &seen.row.kind);
        let (day, tenant) = self.read_limits(command, advance.as_ref(), kind).await?;
        let mut state = FundState {
            ledger: books.ledger.clone(),
            advance: advance.as_ref().map(|seen| seen.row.advance.clone()),
            proposal: proposal.as_ref().map(|seen| seen.row.clone()),
            case: case.as_ref().map(case_facts),
            ..FundState::default()
        };
        if let Some(n) = reversed_entry(command, proposal.as_ref()) {
            state.to_reverse = self.to_reverse(n).await?;
        }
        if is_about_deposits(command, kind) {
            let today = self.now().civil_date();
            (state.agreement, state.agreements) = self.agreement_on(today).await?;
        }
        let closed = self.seen_closed().await?;
        state.closed_on = closed.as_ref().and_then(|seen| seen.row.parse().ok());
        if let Some(id) = slip_of(command) {
            state.slip_is_booked = self.store().record(SLIP, &id).await?.is_some();
        }
        if let Some((_, day)) = &day {
            state.day = day.row.clone();
        }
        if let Some((id, pending)) = &tenant {
            let owed = books.ledger.balance(Account::Receivable(*id));
            state.tenant_open_fen = owed.checked_add(pending.row);
        }
        if let Some(id) = asked_tenant(command) {
            // Also one that has left: the host answers for it (消法 Art. 43) and may recover.
            state.tenant_is_there = self.tenant(id).await?.is_some();
        }
        Ok(Read { books, advance, proposal, day, tenant, closed, case, state })
    }

    async fn seen_closed(&self) -> Result<Option<Seen<String>>, StoreError> {
        let row = self.store().record(CLOSED, "last").await?;
        row.as_ref().map(seen).transpose()
    }

    /// Closes yesterday (日终核对), if the fund was ever used and nobody closed it.
    ///
    /// # Errors
    /// See [`FundError`]; in each case nothing was written.
    pub(in crate::channel) async fn close_yesterday(&self) -> Result<bool, FundError> {
        let Ok(on) = self.now().civil_date().yesterday() else { return Ok(false) };
        let closed = self.seen_closed().await?.and_then(|seen| seen.row.parse::<Date>().ok());
        let is_used = self.store().stream_head(FUND_STREAM).await?.is_some();
        if !is_used || closed.is_some_and(|closed| closed >= on) {
            return Ok(false);
        }
        let (actor, close) = (self.system(), FundCommand::Assert { on });
        match self.act_fund(actor, &close, &FundTarget::default()).await {
            Ok(_) => Ok(true),
            Err(FundError::Refused(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The moves of an entry, unless it was reversed.
    async fn to_reverse(&self, n: u64) -> Result<Option<Vec<Move>>, StoreError> {
        if self.store().record(REVERSED, &n.to_string()).await?.is_some() {
            return Ok(None);
        }
        let lines = self.fund_lines(n, 1).await?;
        let entry = lines.first().filter(|line| line.n == n);
        Ok(entry.map(|line| line.stamped.event.moves()))
    }

    /// What was requested today, and what is pending for the tenant.
    async fn read_limits(
        &self,
        command: &FundCommand,
        advance: Option<&Seen<AdvanceRow>>,
        proposed: Option<&ProposalKind>,
    ) -> Result<(Option<(Date, Seen<DayUse>)>, Option<(TenantId, Seen<Fen>)>), StoreError> {
        let mut day = None;
        if let FundCommand::Request { .. } = command {
            let today = self.now().civil_date();
            let row = self.store().record(DAY, &today.to_string()).await?;
            let none = Seen { row: DayUse::default(), version: 0 };
            day = Some((today, row.as_ref().map(seen).transpose()?.unwrap_or(none)));
        }
        let of = match command {
            FundCommand::Request { tenant, .. } => *tenant,
            FundCommand::Propose { kind: ProposalKind::ReturnDeposit { tenant, .. }, .. } => {
                Some(*tenant)
            }
            _ => match proposed {
                Some(ProposalKind::ReturnDeposit { tenant, .. }) => Some(*tenant),
                _ => advance.and_then(|seen| seen.row.advance.tenant),
            },
        };
        let mut tenant = None;
        if let Some(id) = of {
            let row = self.store().record(TENANT, &id.to_string()).await?;
            let none = Seen { row: Fen::ZERO, version: 0 };
            tenant = Some((id, row.as_ref().map(seen).transpose()?.unwrap_or(none)));
        }
        Ok((day, tenant))
    }

    /// Turns what was decided into the change that makes it so, all but the fund's own leaves.
    async fn prepare_fund(
        &self,
        read: &Read,
        command: &FundCommand,
        target: &FundTarget,
        stamped: &[FundStamped],
    ) -> Result<(Change, Option<AdvanceRow>), FundError> {
        let mut ledger = read.state.ledger.clone();
        let mut after = read.state.advance.clone();
        for one in stamped {
            ledger = ledger.post(&one.event.moves()).map_err(|_| broken("posting"))?;
            if one.event.advance().is_some() {
                after = Some(folded(after, one).ok_or_else(|| broken("advance"))?);
            }
        }
        let mut records = read.books.written(&ledger)?;
        records.extend(self.proposal_records(read, stamped)?);
        records.extend(limit_records(read, after.as_ref())?);
        records.extend(slip_records(command)?);
        records.extend(closed_record(read, stamped)?);
        records.extend(agreement_record(target, stamped)?);
        records.extend(target.records.iter().cloned());
        let before = read.state.advance.as_ref();
        let row = match (&after, &read.case) {
            (Some(advance), Some(case)) if after.as_ref() != before => {
                let row = AdvanceRow { case_id: case.id, advance: advance.clone() };
                let seen = read.advance.as_ref().map_or(0, |seen| seen.version);
                records.push(advance_write(&row, seen)?);
                let (from, to) = (before.and_then(Queue::of), Queue::of(advance));
                records.extend(moved(&advance.id.to_string(), from, to));
                Some(row)
            }
            _ => None,
        };
        let mut change = match (&row, before) {
            (Some(row), before) if before.map(|one| one.status) != Some(row.advance.status) => {
                self.follow(read, target, &row.advance).await?
            }
            _ => Change::default(),
        };
        change.records.extend(records);
        Ok((change, row))
    }

    /// The event by which the case follows its advance; none when the person was erased.
    async fn follow(
        &self,
        read: &Read,
        target: &FundTarget,
        advance: &Advance,
    ) -> Result<Change, FundError> {
        let Some(loaded) = &read.case else { return Ok(Change::default()) };
        let Some(key) = loaded.key.clone() else { return Ok(Change::default()) };
        let command = Command::MoveAdvance {
            advance: advance.id,
            status: advance.status,
            fen: advance.fen,
            paid_fen: advance.paid_fen,
            words: target.words.clone(),
        };
        let (policy, actor, now) = (self.policy(&loaded.case), self.system(), self.now());
        let policy = policy.map_err(ActError::from)?;
        let decision =
            decide(&loaded.case, &command, &actor, &policy, now).map_err(ActError::from)?;
        let before = self.load(loaded.id).await?;
        if before.case.version != loaded.case.version {
            return Err(StoreError::Conflict { what: "case" }.into());
        }
        let (_, change) = self.prepare(before, &decision, actor, &policy, now, &key).await?;
        Ok(change)
    }

    fn proposal_records(
        &self,
        read: &Read,
        stamped: &[FundStamped],
    ) -> Result<Vec<RecordWrite>, StoreError> {
        let mut records = Vec::new();
        for FundStamped { at, actor, event } in stamped {
            if let FundEvent::Proposed { proposal, kind } = event {
                let row = Proposal {
                    id: *proposal,
                    kind: kind.clone(),
                    proposed_by: actor.pseudonym,
                    proposed_at: *at,
                    agreed: None,
                };
                records.push(proposal_write(&row, 0)?);
                records.extend(moved(&proposal.to_string(), None, Some(Queue::Proposed)));
            }
        }
        let reversed = stamped.iter().find_map(|one| match &one.event {
            FundEvent::Reversed { n, .. } => Some(n.to_string()),
            _ => None,
        });
        if let Some(n) = reversed {
            records.push(write(REVERSED, n, 0, &true)?);
        }
        let decided = stamped.iter().find_map(|one| agreed(&one.event));
        if let (Some(agreed), Some(Seen { row, version })) = (decided, &read.proposal) {
            let row = Proposal { agreed: Some(agreed), ..row.clone() };
            records.push(proposal_write(&row, *version)?);
            records.extend(moved(&row.id.to_string(), Some(Queue::Proposed), None));
        }
        Ok(records)
    }
}

/// The slip that a command books, as it is remembered.
fn slip_of(command: &FundCommand) -> Option<String> {
    command.slip().map(|(way, reference)| format!("{way}/{reference}"))
}

/// A slip is booked once; an entry that is reversed keeps its own, so that both can be found.
fn slip_records(command: &FundCommand) -> Result<Vec<RecordWrite>, StoreError> {
    let write = |id| write(SLIP, id, 0, &true);
    slip_of(command).map(write).into_iter().collect()
}

/// The last day that was closed; an earlier one that is closed again changes nothing.
fn closed_record(read: &Read, stamped: &[FundStamped]) -> Result<Option<RecordWrite>, StoreError> {
    let closing = stamped.iter().find_map(|one| match &one.event {
        FundEvent::Asserted { on, .. } => Some(*on),
        _ => None,
    });
    let later = closing.filter(|on| read.state.closed_on.is_none_or(|closed| *on > closed));
    let version = read.closed.as_ref().map_or(0, |seen| seen.version);
    later.map(|on| write(CLOSED, "last".to_owned(), version, &on.to_string())).transpose()
}

/// Whether an event carries a proposal out, or turns it down.
const fn agreed(event: &FundEvent) -> Option<bool> {
    match event {
        FundEvent::PoolReturned { .. }
        | FundEvent::DepositReturned { .. }
        | FundEvent::WrittenOff { .. }
        | FundEvent::Reversed { .. } => Some(true),
        FundEvent::ProposalDeclined { .. } => Some(false),
        _ => None,
    }
}

fn folded(before: Option<Advance>, stamped: &FundStamped) -> Option<Advance> {
    match before {
        None => Advance::begin(stamped).ok(),
        Some(advance) => advance.apply(stamped).ok(),
    }
}

/// The documents by which the limits are kept.
fn limit_records(read: &Read, after: Option<&Advance>) -> Result<Vec<RecordWrite>, StoreError> {
    let Some(after) = after else { return Ok(Vec::new()) };
    let pending = |advance: Option<&Advance>| match advance {
        Some(advance) if advance.status.is_pending() => advance.fen,
        Some(_) | None => Fen::ZERO,
    };
    let mut records = Vec::new();
    let (was, is) = (pending(read.state.advance.as_ref()), pending(Some(after)));
    if let (Some((id, Seen { row, version })), true) = (&read.tenant, was != is) {
        let sum = row.checked_add(is).and_then(|sum| sum.checked_sub(was));
        let sum = sum.ok_or_else(|| broken("limit"))?;
        records.push(write(TENANT, id.to_string(), *version, &sum)?);
    }
    if let Some((day, Seen { row, version })) = &read.day {
        let used = row.clone().with(after.requested_by, after.fen);
        let used = used.ok_or_else(|| broken("limit"))?;
        records.push(write(DAY, day.to_string(), *version, &used)?);
    }
    Ok(records)
}
