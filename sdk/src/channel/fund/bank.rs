//! The bank: batches out, results in, and the statement against the ledger.
//!
//! A batch is written down before anything is submitted, and its name is the provider of every advance
//! that it submits: an advance is in one batch for good. Killed halfway, the same batch is asked for
//! again and goes on; the file has the same bytes whenever it is written.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::act::{FundError, FundTarget};
use super::views::{seen, write};
use crate::case::Actor;
use crate::channel::Channel;
use crate::channel::casework::ActError;
use crate::fund::{
    AdvanceStatus, BatchFile, BatchLine, BatchResult, Direction, Expected, FundAction, FundCommand,
    FundEvent, FundRefusal, FundRefusalCode, JournalLine, Matched, Paid, Received, Reconciliation,
    ResultLine, Statement, TableError, reconcile, role_may, write_batch,
};
use crate::ids::{AdvanceId, Pseudonym};
use crate::money::Fen;
use crate::store::{Change, Store, StoreError};
use crate::time::{Date, Timestamp};

const BATCH: &str = "fund_batch";
/// With this begins the name of a batch, which is the provider of its advances.
const NAME: &str = "bank-file-";
const PAGE: u32 = 500;

/// A batch for the bank.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchRow {
    /// Its name: the provider of its advances.
    pub name: String,
    /// What is to be paid, in the order of the file.
    pub advances: Vec<AdvanceId>,
    /// Who made it.
    pub by: Pseudonym,
    /// When.
    pub at: Timestamp,
}

/// Why the bank was not given or asked something. Nothing was written that is not found again.
#[derive(Debug, thiserror::Error)]
pub enum BankError {
    /// The file does not fit.
    #[error(transparent)]
    Table(#[from] TableError),
    /// A rule said no, or the store failed.
    #[error(transparent)]
    Fund(#[from] FundError),
}

impl From<StoreError> for BankError {
    fn from(error: StoreError) -> Self {
        Self::Fund(error.into())
    }
}

/// What became of a line of a result file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Booked now.
    Booked,
    /// Booked before, the same.
    Known,
    /// It says something else than what was booked: a person looks.
    Contradicts,
    /// No advance of a batch has this number.
    NotOurs,
    /// A rule said no.
    Refused(FundRefusal),
}

/// Whether what the bank says it holds at the end is what the ledger says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClosingCheck {
    /// The bank's.
    pub bank: Fen,
    /// The ledger's, with what the matched lines of this statement will clear.
    pub ledger: Option<Fen>,
}

/// A statement against the ledger.
#[derive(Clone, Debug)]
pub struct Reconciled {
    /// Line by line.
    pub lines: Reconciliation,
    /// The balance at the end, where the file says one.
    pub closing: Option<ClosingCheck>,
}

impl<S: Store> Channel<S> {
    /// Writes down a batch. Every account is checked before; nothing is submitted yet.
    ///
    /// # Errors
    /// When a role may not, an advance is not to be paid, or an account cannot be one.
    pub async fn batch_begin(
        &self,
        actor: Actor,
        advances: &[AdvanceId],
    ) -> Result<BatchRow, BankError> {
        may(&actor, FundAction::Submit)?;
        let name = self.batch_name();
        let mut lines = Vec::new();
        for id in advances {
            let row = self.advance(*id).await?.ok_or_else(|| refused(FundRefusalCode::Unknown))?;
            let status = row.advance.status;
            if status != AdvanceStatus::Intended {
                return Err(refused(FundRefusalCode::WrongStatus(status)).into());
            }
            lines.push(self.batch_line(*id, None).await?);
        }
        write_batch(&name, &lines)?;
        let row =
            BatchRow { name, advances: advances.to_vec(), by: actor.pseudonym, at: self.now() };
        let record = write(BATCH, row.name.clone(), 0, &row)?;
        self.store().commit(Change { records: vec![record], ..Change::default() }).await?;
        Ok(row)
    }

    /// The file of a batch: what is not submitted yet is submitted now; whoever pays otherwise, was
    /// taken back or expired is left out. Each account that goes into it is written down as shown.
    ///
    /// # Errors
    /// When there is no such batch, a role may not, a person was erased, or nothing is left to pay.
    pub async fn batch_file(&self, actor: Actor, name: &str) -> Result<BatchFile, BankError> {
        may(&actor, FundAction::Submit)?;
        let row = self.batch(name).await?.ok_or_else(|| refused(FundRefusalCode::Unknown))?;
        let mut lines = Vec::new();
        for id in &row.advances {
            if self.batch_submit(actor, &row.name, *id).await? {
                lines.push(self.batch_line(*id, Some(actor)).await?);
            }
        }
        Ok(write_batch(&row.name, &lines)?)
    }

    /// Whether the advance goes with this batch.
    async fn batch_submit(
        &self,
        actor: Actor,
        name: &str,
        id: AdvanceId,
    ) -> Result<bool, FundError> {
        let submit = FundCommand::Submit { provider: name.to_owned() };
        match self.act_fund(actor, &submit, &FundTarget::advance(id)).await {
            Ok(_) => Ok(true),
            Err(FundError::Refused(refusal)) => {
                // Submitted before by this very batch, or gone another way.
                let row = self.advance(id).await?;
                let ours = row.is_some_and(|row| row.advance.provider.as_deref() == Some(name));
                match refusal.code {
                    FundRefusalCode::WrongStatus(_) | FundRefusalCode::PayDayOver => Ok(ours),
                    _ => Err(refusal.into()),
                }
            }
            Err(error) => Err(error),
        }
    }

    /// To whom, and how much; for a person it is written down that they saw it, while it is to be paid.
    async fn batch_line(
        &self,
        key: AdvanceId,
        shown_to: Option<Actor>,
    ) -> Result<BatchLine, FundError> {
        let row = self.advance(key).await?.ok_or_else(|| refused(FundRefusalCode::Unknown))?;
        let payee = match shown_to.filter(|_| row.advance.status.is_to_be_paid()) {
            Some(actor) => self.show_payee(&row, actor).await?,
            None => self.payee(&row).await?,
        };
        let fen = row.advance.fen;
        Ok(BatchLine { key, name: payee.name, account: payee.account, bank: payee.bank, fen })
    }

    /// The batch with this name.
    ///
    /// # Errors
    /// When the store fails or it does not read back.
    pub async fn batch(&self, name: &str) -> Result<Option<BatchRow>, StoreError> {
        let row = self.store().record(BATCH, name).await?;
        row.as_ref().map(|row| Ok(seen::<BatchRow>(row)?.row)).transpose()
    }

    /// The batches there are, newest first, at most `limit` of the last ten thousand.
    ///
    /// # Errors
    /// When the store fails or one does not read back.
    pub async fn batches(&self, limit: usize) -> Result<Vec<BatchRow>, StoreError> {
        let rows = self.store().records(BATCH, "", 10_000).await?;
        let last = rows.iter().rev().take(limit);
        last.map(|row| Ok(seen::<BatchRow>(row)?.row)).collect()
    }

    /// Sorts by time: the newest is last.
    fn batch_name(&self) -> String {
        let day = self.now().civil_date().to_string().replace('-', "");
        let time = self.now().civil_time().replace(':', "");
        let tail = hex::encode(self.random::<2>());
        format!("{NAME}{day}-{}-{tail}", &time[..6.min(time.len())])
    }

    /// Books what a bank says of its payments; each once, whenever the file comes.
    ///
    /// # Errors
    /// When a role may not, or the store fails; what was booked before stays, and the file is read
    /// again.
    pub async fn take_results(
        &self,
        actor: Actor,
        lines: &[ResultLine],
    ) -> Result<Vec<(ResultLine, Outcome)>, BankError> {
        may(&actor, FundAction::ConfirmPaid)?;
        let mut outcomes = Vec::new();
        for line in lines {
            outcomes.push((line.clone(), self.take_result(actor, line).await?));
        }
        Ok(outcomes)
    }

    async fn take_result(&self, actor: Actor, line: &ResultLine) -> Result<Outcome, FundError> {
        let Some(row) = self.advance(line.key).await? else { return Ok(Outcome::NotOurs) };
        let by_batch = row.advance.provider.as_deref().is_some_and(|name| name.starts_with(NAME));
        if !by_batch {
            return Ok(Outcome::NotOurs);
        }
        let command = match &line.result {
            BatchResult::Paid { fen, reference, on } => FundCommand::ConfirmPaid(Paid {
                fen: *fen,
                effective_on: *on,
                reference: reference.clone(),
            }),
            BatchResult::Refused { cause } => FundCommand::ConfirmRefused { cause: cause.clone() },
        };
        match self.act_fund(actor, &command, &FundTarget::advance(line.key)).await {
            Ok(_) => Ok(Outcome::Booked),
            Err(FundError::Refused(refusal)) => Ok(match (&refusal.code, &line.result) {
                (FundRefusalCode::WrongStatus(status), result) => {
                    if says_the_same(*status, row.advance.paid_fen, result) {
                        Outcome::Known
                    } else {
                        Outcome::Contradicts
                    }
                }
                _ => Outcome::Refused(refusal),
            }),
            Err(error) => Err(error),
        }
    }

    /// A statement against the ledger: what the days of the statement and whatever is not cleared yet
    /// should show.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn reconcile(&self, statement: &Statement) -> Result<Reconciled, StoreError> {
        let expected = self.expected(statement).await?;
        let lines = reconcile(&statement.lines, &expected);
        let closing = match statement.closing {
            None => None,
            Some(bank) => {
                let ledger = self.fund_overview().await?.bank_fen;
                let new = |one: &&Matched| is_payment(one) && one.entry.cleared_by.is_none();
                let out = lines.matched.iter().filter(new);
                let out = Fen::checked_sum(out.map(|one| one.line.fen));
                Some(ClosingCheck { bank, ledger: out.and_then(|out| ledger.checked_sub(out)) })
            }
        };
        Ok(Reconciled { lines, closing })
    }

    /// Notes the payments that a statement shows (核销在途). What was noted before is left.
    ///
    /// # Errors
    /// When a role may not, or the store fails; what was noted stays.
    pub async fn clear_matched(
        &self,
        actor: Actor,
        matched: &[Matched],
    ) -> Result<(u32, Vec<FundRefusal>), BankError> {
        may(&actor, FundAction::Clear)?;
        let (mut cleared, mut no) = (0, Vec::new());
        let new = |one: &&Matched| is_payment(one) && one.entry.cleared_by.is_none();
        for one in matched.iter().filter(new) {
            let Some(advance) = one.entry.advance else { continue };
            let received = Received {
                fen: one.line.fen,
                effective_on: one.line.on,
                reference: one.line.reference.clone(),
            };
            let command = FundCommand::Clear { received };
            match self.act_fund(actor, &command, &FundTarget::advance(advance)).await {
                Ok(_) => cleared += 1,
                Err(FundError::Refused(refusal)) => no.push(refusal),
                Err(error) => return Err(error.into()),
            }
        }
        Ok((cleared, no))
    }

    async fn expected(&self, statement: &Statement) -> Result<Vec<Expected>, StoreError> {
        let days = statement.lines.iter().map(|line| line.on);
        let (first, last) = (days.clone().min(), days.max());
        let (mut all, mut cleared, mut undone, mut from) =
            (Vec::new(), BTreeMap::new(), BTreeSet::new(), 0);
        loop {
            let page = self.fund_lines(from, PAGE).await?;
            let Some(end) = page.last() else { break };
            from = end.n + 1;
            for line in &page {
                match &line.stamped.event {
                    FundEvent::Cleared { advance: Some(id), reference, .. } => {
                        cleared.insert(*id, reference.clone());
                    }
                    FundEvent::Reversed { n, .. } => {
                        undone.insert(*n);
                    }
                    _ => {}
                }
                all.extend(on_statement(line));
            }
        }
        all.retain(|entry| !undone.contains(&entry.n));
        for entry in &mut all {
            let out = entry.advance.filter(|_| entry.direction == Direction::Out);
            entry.cleared_by = out.and_then(|id| cleared.get(&id).cloned());
        }
        let within = |day: Date| {
            first.is_some_and(|first| day >= first) && last.is_some_and(|last| day <= last)
        };
        // A payment that no statement has shown is waited for, however long ago.
        let open = |entry: &Expected| entry.advance.is_some() && entry.cleared_by.is_none();
        let listed: BTreeSet<&str> =
            statement.lines.iter().map(|line| line.reference.as_str()).collect();
        all.retain(|entry| {
            let named = entry.reference.as_deref().is_some_and(|no| listed.contains(no));
            let paid = entry.direction == Direction::Out && open(entry);
            within(entry.on) || paid || named
        });
        Ok(all)
    }
}

/// What an entry should show on the bank's statement, if anything.
fn on_statement(line: &JournalLine) -> Option<Expected> {
    use Direction::{In, Out};
    let event = &line.stamped.event;
    let (reference, direction, advance) = match event {
        FundEvent::Contributed { reference, .. } | FundEvent::DepositReceived { reference, .. } => {
            (Some(reference), In, None)
        }
        FundEvent::RecourseReceived { reference, advance, .. }
        | FundEvent::AdvanceBounced { reference, advance, .. } => {
            (Some(reference), In, Some(*advance))
        }
        FundEvent::AdvancePaid { reference, advance, .. } => (Some(reference), Out, Some(*advance)),
        FundEvent::DepositReturned { .. } | FundEvent::PoolReturned { .. } => (None, Out, None),
        _ => return None,
    };
    Some(Expected {
        n: line.n,
        on: event.effective_on(line.stamped.at),
        reference: reference.cloned(),
        direction,
        fen: event.amount()?,
        advance,
        what: event.label_zh(),
        cleared_by: None,
    })
}

/// Whether it shows that a consumer was paid.
fn is_payment(one: &Matched) -> bool {
    one.entry.advance.is_some() && one.line.direction == Direction::Out
}

fn says_the_same(status: AdvanceStatus, paid: Fen, result: &BatchResult) -> bool {
    match (status, result) {
        (AdvanceStatus::Paid, BatchResult::Paid { fen, .. }) => *fen == paid,
        (AdvanceStatus::Refused, BatchResult::Refused { .. }) => true,
        _ => false,
    }
}

fn may(actor: &Actor, action: FundAction) -> Result<(), FundError> {
    if role_may(actor.role, action) {
        return Ok(());
    }
    Err(FundRefusal { action, code: FundRefusalCode::RoleNotPermitted }.into())
}

fn refused(code: FundRefusalCode) -> FundError {
    FundRefusal { action: FundAction::Submit, code }.into()
}

impl From<ActError> for BankError {
    fn from(error: ActError) -> Self {
        Self::Fund(error.into())
    }
}
