//! The worker that hands approved advances to a provider and finds out what became of them.
//!
//! `submitted` is durable before the provider is called. Killed before the call, during it or after,
//! the next round finds the advance in flight and asks; it never pays again. A callback is a hint to
//! ask, and nothing more: who sends one cannot say how much was paid.

use crate::channel::Channel;
use crate::channel::casework::ActError;
use crate::channel::fund::{AdvanceRow, FundError, FundTarget, Queue};
use crate::channel::payout::{PayoutAnswer, PayoutOrder, PayoutProvider};
use crate::fund::{AdvanceStatus, FundCommand, FundRefusalCode, Paid};
use crate::ids::AdvanceId;
use crate::store::Store;

/// How the worker behaves.
#[derive(Clone, Copy, Debug)]
pub struct PayoutLimits {
    /// So many advances in one round.
    pub round: u32,
    /// So long after an advance was handed over it is asked for; longer than one call may take, in
    /// milliseconds. Asked for earlier, an order that is still on its way would be refused.
    pub ask_after_millis: i64,
}

impl Default for PayoutLimits {
    /// 50 in one round, asked for after a minute.
    fn default() -> Self {
        Self { round: 50, ask_after_millis: 60_000 }
    }
}

/// What a round did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PaidRound {
    /// Paid, for certain.
    pub paid: u32,
    /// Not paid, for certain.
    pub refused: u32,
    /// Not known yet.
    pub unknown: u32,
    /// Released because nobody paid in time.
    pub expired: u32,
    /// Tenants that did not pay back in time.
    pub overdue: u32,
    /// Debts for which a deposit was drawn on again.
    pub drawn: u32,
    /// Days that were closed.
    pub closed: u32,
}

impl<S: Store> Channel<S> {
    /// Hands what is approved to a provider. Each is durable as submitted before the provider is
    /// called.
    ///
    /// # Errors
    /// When the store fails. What was handed over and not noted is asked for later.
    pub async fn pay_due<P: PayoutProvider>(
        &self,
        provider: &P,
        limits: &PayoutLimits,
    ) -> Result<PaidRound, FundError> {
        let mut round = PaidRound::default();
        for row in self.advances(Queue::Pay, None, limits.round).await? {
            let payee = match self.payee(&row).await {
                Ok(payee) => payee,
                // Nobody to pay any more: it waits for a person to take it back, or for its time.
                Err(ActError::Erased) => continue,
                Err(error) => return Err(error.into()),
            };
            let (key, fen) = (row.advance.id, row.advance.fen);
            let submit = FundCommand::Submit { provider: provider.name().to_owned() };
            match self.act_fund(self.system(), &submit, &FundTarget::advance(key)).await {
                Ok(_) => {}
                // Another was first, or somebody took it back.
                Err(FundError::Refused(_)) => continue,
                Err(error) => return Err(error),
            }
            match provider.submit(&PayoutOrder { key, fen, payee }).await {
                Ok(answer) => self.note_answer(key, answer, &mut round).await?,
                Err(silence) => {
                    tracing::warn!(advance = %key, cause = silence.cause, "no answer to a payout");
                    self.lose_track(key).await?;
                    round.unknown += 1;
                }
            }
        }
        Ok(round)
    }

    /// Asks a provider what became of everything that is in flight with it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn resolve_due<P: PayoutProvider>(
        &self,
        provider: &P,
        limits: &PayoutLimits,
    ) -> Result<PaidRound, FundError> {
        let (mut round, mut after) = (PaidRound::default(), None);
        loop {
            let page = self.advances(Queue::Resolve, after, limits.round).await?;
            let Some(last) = page.last() else { return Ok(round) };
            after = Some(last.advance.id);
            for row in page {
                if self.may_ask(&row, provider, limits) {
                    self.ask(provider, &row, &mut round).await?;
                }
            }
        }
    }

    /// Takes a provider's callback: the provider is asked, and its answer counts.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn payout_callback<P: PayoutProvider>(
        &self,
        provider: &P,
        key: AdvanceId,
    ) -> Result<PaidRound, FundError> {
        let mut round = PaidRound::default();
        let Some(row) = self.advance(key).await? else { return Ok(round) };
        let ours = row.advance.provider.as_deref() == Some(provider.name());
        // Before the first answer the call itself is still open: it will tell.
        if ours && row.advance.status == AdvanceStatus::Unknown {
            self.ask(provider, &row, &mut round).await?;
        }
        Ok(round)
    }

    /// What time alone brings: approved advances that nobody paid, deposits that hold something again,
    /// and tenants that did not pay back; and the end of a day.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn tick_fund(&self, limit: u32) -> Result<PaidRound, FundError> {
        let expired = self.try_all(Queue::Pay, &FundCommand::Expire, limit).await?;
        let drawn = self.try_all(Queue::Owed, &FundCommand::Draw, limit).await?;
        let overdue = self.try_all(Queue::Owed, &FundCommand::NoteTopUpOverdue, limit).await?;
        let closed = u32::from(self.close_yesterday().await?);
        Ok(PaidRound { expired, overdue, drawn, closed, ..PaidRound::default() })
    }

    /// Tries a command on everything in a queue; what is not due refuses it.
    async fn try_all(
        &self,
        queue: Queue,
        command: &FundCommand,
        limit: u32,
    ) -> Result<u32, FundError> {
        let (mut done, mut after) = (0, None);
        loop {
            let page = self.advances(queue, after, limit).await?;
            let Some(last) = page.last() else { return Ok(done) };
            after = Some(last.advance.id);
            for row in page {
                let target = FundTarget::advance(row.advance.id);
                match self.act_fund(self.system(), command, &target).await {
                    Ok(_) => done += 1,
                    Err(FundError::Refused(_)) => {}
                    Err(error) => return Err(error),
                }
            }
        }
    }

    fn may_ask<P: PayoutProvider>(
        &self,
        row: &AdvanceRow,
        provider: &P,
        limits: &PayoutLimits,
    ) -> bool {
        let ours = row.advance.provider.as_deref() == Some(provider.name());
        let waited = row.advance.submitted_at.map_or(0, |at| self.now().millis_since(at));
        ours && waited >= limits.ask_after_millis
    }

    async fn ask<P: PayoutProvider>(
        &self,
        provider: &P,
        row: &AdvanceRow,
        round: &mut PaidRound,
    ) -> Result<(), FundError> {
        let key = row.advance.id;
        match provider.query(key).await {
            Ok(answer) => self.note_answer(key, answer, round).await,
            Err(silence) => {
                tracing::warn!(advance = %key, cause = silence.cause, "no answer to a query");
                self.lose_track(key).await?;
                round.unknown += 1;
                Ok(())
            }
        }
    }

    /// Writes down what a provider says for certain.
    async fn note_answer(
        &self,
        key: AdvanceId,
        answer: PayoutAnswer,
        round: &mut PaidRound,
    ) -> Result<(), FundError> {
        let command = match answer {
            PayoutAnswer::Paid { fen, reference, on } => {
                FundCommand::ConfirmPaid(Paid { fen, effective_on: on, reference })
            }
            PayoutAnswer::Refused { cause } => FundCommand::ConfirmRefused { cause },
            PayoutAnswer::Pending => {
                round.unknown += 1;
                return self.lose_track(key).await;
            }
        };
        let is_paid = matches!(command, FundCommand::ConfirmPaid(_));
        match self.act_fund(self.system(), &command, &FundTarget::advance(key)).await {
            Ok(_) if is_paid => round.paid += 1,
            Ok(_) => round.refused += 1,
            // Noted already, by another way.
            Err(FundError::Refused(refusal))
                if matches!(refusal.code, FundRefusalCode::WrongStatus(_)) => {}
            // What cannot be true is not booked: a person looks.
            Err(FundError::Refused(refusal)) => {
                tracing::error!(advance = %key, %refusal, "an answer cannot be booked; see 待核实");
                self.lose_track(key).await?;
                round.unknown += 1;
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Nobody knows: from now on only a query, a callback or a person's evidence tells.
    async fn lose_track(&self, key: AdvanceId) -> Result<(), FundError> {
        let target = FundTarget::advance(key);
        match self.act_fund(self.system(), &FundCommand::LoseTrack, &target).await {
            // It is unknown already, or known by now.
            Ok(_) | Err(FundError::Refused(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
