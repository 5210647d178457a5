//! Delivery of reports: at least once on the wire, once in effect, in order within a case.
//!
//! A worker claims a row under a growing fence, sends it, and writes the outcome only if the fence
//! is still its own. A crash after the send and before the write sends the same report again, with
//! the same id: the center knows it. The receipt is verified before it counts.

use std::time::Duration;

use super::casework::{ActError, Alongside};
use super::{Channel, together};
use crate::case::{Command, ReportKind, StateName};
use crate::center::{Center, DeliveryError};
use crate::ids::ReportId;
use crate::privacy::Personal;
use crate::protocol::{ReceiptExpectation, body_digest, verify_report_receipt};
use crate::store::{Change, OutboxMove, OutboxRow, OutboxState, OutboxStep, Store, StoreError};
use crate::time::Timestamp;

/// How delivery behaves.
#[derive(Clone, Copy, Debug)]
pub struct OutboxLimits {
    /// How many reports are sent at once.
    pub parallel: u32,
    /// How long a worker may hold a report, in milliseconds; longer than one call may take.
    pub lease_millis: i64,
    /// The first pause after a failure, in milliseconds; it doubles.
    pub pause_first_millis: i64,
    /// The longest pause, in milliseconds.
    pub pause_max_millis: i64,
    /// After so many attempts a report is put aside for a person to look at.
    pub attempts_max: u32,
}

impl Default for OutboxLimits {
    /// 16 at once, a lease of a minute, pauses from 1 s to 2 h, five days of trying at most.
    fn default() -> Self {
        Self {
            parallel: 16,
            lease_millis: 60_000,
            pause_first_millis: 1_000,
            pause_max_millis: 7_200_000,
            attempts_max: 72,
        }
    }
}

/// What came of one delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The center has it, and its receipt is kept.
    Delivered,
    /// Later.
    Retry {
        /// Why.
        cause: String,
    },
    /// Put aside.
    Dead {
        /// Why.
        cause: String,
    },
    /// Another worker has it.
    Lost,
}

impl<S: Store> Channel<S> {
    /// Claims and sends what is due, at most `limits.parallel` at once, and returns what came of each.
    ///
    /// # Errors
    /// When the store fails; what was sent but not written is sent again under the same id.
    pub async fn deliver_due<C: Center>(
        &self,
        center: &C,
        limits: &OutboxLimits,
    ) -> Result<Vec<(ReportId, Delivery)>, StoreError> {
        let now = self.now();
        let until = now.plus_millis(limits.lease_millis);
        let due = self.store().claim_due(now, until, limits.parallel).await?;
        // All wait on the network together.
        let mut deliveries = Vec::with_capacity(due.len());
        for row in due {
            let id = row.id;
            deliveries.push(async move { (id, self.deliver_one(center, row, limits).await) });
        }
        let mut outcomes = Vec::new();
        for (id, outcome) in together::all(deliveries).await {
            outcomes.push((id, outcome?));
        }
        Ok(outcomes)
    }

    async fn deliver_one<C: Center>(
        &self,
        center: &C,
        row: OutboxRow,
        limits: &OutboxLimits,
    ) -> Result<Delivery, StoreError> {
        let loaded = match self.load(row.case).await {
            Ok(loaded) => loaded,
            Err(ActError::Store(error)) => return Err(error),
            Err(_) => return Err(StoreError::Corrupt { table: "outbox" }),
        };
        let Ok(body) = self.open_report(&row, loaded.key.as_ref()) else {
            // It will not read next time either, and must not hold up the others.
            return self.give_up(&row, "unreadable".to_owned()).await;
        };
        let digest = body_digest(&body);
        match center.deliver(row.id, body).await {
            Ok(receipt) => self.receipted(&row, &receipt, &digest, limits).await,
            Err(DeliveryError::Later { cause, retry_after }) => {
                self.put_off(&row, cause, retry_after, limits).await
            }
            Err(DeliveryError::Refused { cause }) => self.give_up(&row, cause).await,
        }
    }

    /// Verifies the receipt and writes it with the event that notes it.
    async fn receipted(
        &self,
        row: &OutboxRow,
        receipt: &str,
        digest: &str,
        limits: &OutboxLimits,
    ) -> Result<Delivery, StoreError> {
        let center = self.center();
        let id = row.id.to_string();
        let expectation = ReceiptExpectation {
            center_issuer: &center.issuer,
            merchant: &self.inner.host.base_url,
            report_id: &id,
            body_sha256: digest,
        };
        if verify_report_receipt(receipt, &center.keys, &expectation, self.now()).is_err() {
            return self.put_off(row, "receipt_invalid".to_owned(), None, limits).await;
        }
        let at = self.now();
        let report =
            ReportKind::from_code(&row.kind).ok_or(StoreError::Corrupt { table: "outbox" })?;
        let command = Command::RecordReceipt {
            report_id: row.id,
            report,
            receipt: Personal::new(receipt.to_owned()),
        };
        let acted = self
            .act_with(row.case, self.system(), &command, None, |_| {
                let step = OutboxStep::Delivered { at, drop_body: false };
                let outbox_move = Some(OutboxMove { id: row.id, fence: row.fence, step });
                Ok(Alongside { outbox_move, ..Alongside::default() })
            })
            .await;
        match acted {
            Ok(_) => {
                // The next report of the case may go now.
                self.inner.wake_outbox.notify_one();
                Ok(Delivery::Delivered)
            }
            Err(ActError::Store(StoreError::Conflict { what: "report" })) => Ok(Delivery::Lost),
            Err(ActError::Store(error)) => Err(error),
            // An erased case keeps no receipt: the report is marked, its body dropped.
            Err(error) if is_erased(&error) => {
                let step = OutboxStep::Delivered { at, drop_body: true };
                let done = OutboxMove { id: row.id, fence: row.fence, step };
                Ok(if self.moved(done).await? { Delivery::Delivered } else { Delivery::Lost })
            }
            // The center has it, and its receipt cannot be noted yet: it is sent again under the
            // same id until it can.
            Err(error) => {
                tracing::error!(case = %row.case, report = %id, %error, "a receipt is not noted");
                self.put_off(row, "receipt_not_noted".to_owned(), None, limits).await
            }
        }
    }

    async fn put_off(
        &self,
        row: &OutboxRow,
        cause: String,
        retry_after: Option<Duration>,
        limits: &OutboxLimits,
    ) -> Result<Delivery, StoreError> {
        if row.attempts + 1 >= limits.attempts_max {
            return self.give_up(row, cause).await;
        }
        let jitter = u64::from_le_bytes(self.random());
        let pause = pause_millis(row.attempts, limits, jitter);
        let asked = retry_after.map_or(0, |wait| i64::try_from(wait.as_millis()).unwrap_or(0));
        let next_at = self.now().plus_millis(pause.max(asked.min(limits.pause_max_millis)));
        let step = OutboxStep::Retry { next_at, cause: cause.clone() };
        let kept = self.moved(OutboxMove { id: row.id, fence: row.fence, step }).await?;
        Ok(if kept { Delivery::Retry { cause } } else { Delivery::Lost })
    }

    async fn give_up(&self, row: &OutboxRow, cause: String) -> Result<Delivery, StoreError> {
        tracing::error!(report = %row.id, cause, "a report was put aside; see 回传 in the console");
        let step = OutboxStep::Dead { cause: cause.clone() };
        let kept = self.moved(OutboxMove { id: row.id, fence: row.fence, step }).await?;
        Ok(if kept { Delivery::Dead { cause } } else { Delivery::Lost })
    }

    /// Sends a report again that had been put aside.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it is not there or not put aside.
    pub async fn replay_report(&self, id: ReportId) -> Result<(), StoreError> {
        let row = self.store().report(id).await?;
        let row = row.filter(|row| row.state == OutboxState::Dead);
        let row = row.ok_or(StoreError::Conflict { what: "report" })?;
        let step = OutboxStep::Replay { at: self.now() };
        let done = OutboxMove { id, fence: row.fence, step };
        let change = Change { outbox_moves: vec![done], ..Change::default() };
        self.store().commit(change).await?;
        self.inner.wake_outbox.notify_one();
        Ok(())
    }

    async fn moved(&self, step: OutboxMove) -> Result<bool, StoreError> {
        let change = Change { outbox_moves: vec![step], ..Change::default() };
        match self.store().commit(change).await {
            Ok(()) => Ok(true),
            Err(StoreError::Conflict { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// When the next pending report may be due, for a worker that would otherwise sleep.
    #[must_use]
    pub fn next_try(&self, limits: &OutboxLimits) -> Timestamp {
        self.now().plus_millis(limits.pause_first_millis)
    }
}

/// Whether an act failed because the person was erased, before it or under it.
fn is_erased(error: &ActError) -> bool {
    match error {
        ActError::Erased => true,
        ActError::Refused(refusal) => refusal.state == Some(StateName::Erased),
        ActError::Unknown
        | ActError::Withheld(_)
        | ActError::Stale { .. }
        | ActError::Rules(_)
        | ActError::Store(_) => false,
    }
}

/// Full jitter: anything from nothing to the doubled pause, so that many merchants do not knock
/// together when a center comes back.
fn pause_millis(attempts: u32, limits: &OutboxLimits, jitter: u64) -> i64 {
    let doubled = limits.pause_first_millis.saturating_mul(1_i64 << attempts.min(30));
    let most = doubled.clamp(1, limits.pause_max_millis.max(1));
    let most_unsigned = u64::try_from(most).unwrap_or(1);
    i64::try_from(jitter % (most_unsigned + 1)).unwrap_or(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_are_spread() {
        let limits = OutboxLimits::default();
        for attempts in 0..80 {
            let most = pause_millis(attempts, &limits, u64::MAX - 1);
            assert!(most <= limits.pause_max_millis);
            assert_eq!(pause_millis(attempts, &limits, 0), 0);
        }
        assert_eq!(pause_millis(0, &limits, 1_000), 1_000);
        assert_eq!(pause_millis(3, &limits, 8_000), 8_000);
    }
}
