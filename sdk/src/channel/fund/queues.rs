//! What waits for whom: small index documents, moved with the advance they name in the same change.

use crate::channel::Channel;
use crate::channel::fund::views::AdvanceRow;
use crate::fund::{Advance, AdvanceStatus, Proposal};
use crate::ids::{AdvanceId, ProposalId};
use crate::money::Fen;
use crate::store::{RecordWrite, Store, StoreError};

const KIND: &str = "fund_queue";
/// An index document is written once and deleted.
const ONCE: u64 = 1;

/// A queue of the fund.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queue {
    /// 待审核
    Approve,
    /// 待付款
    Pay,
    /// 付款中、待核实
    Resolve,
    /// 待追偿
    Owed,
    /// 待另一人审核的事项
    Proposed,
}

impl Queue {
    const fn code(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Pay => "pay",
            Self::Resolve => "resolve",
            Self::Owed => "owed",
            Self::Proposed => "proposed",
        }
    }

    /// Where an advance waits, if anywhere.
    pub(super) fn of(advance: &Advance) -> Option<Self> {
        match advance.status {
            AdvanceStatus::Requested => Some(Self::Approve),
            AdvanceStatus::Intended => Some(Self::Pay),
            AdvanceStatus::Submitted | AdvanceStatus::Unknown => Some(Self::Resolve),
            AdvanceStatus::Paid if advance.owed() > Fen::ZERO => Some(Self::Owed),
            AdvanceStatus::Paid
            | AdvanceStatus::Refused
            | AdvanceStatus::Declined
            | AdvanceStatus::Cancelled
            | AdvanceStatus::Expired => None,
        }
    }
}

impl<S: Store> Channel<S> {
    /// The advances that wait in a queue, oldest first, after one, at most `limit`.
    ///
    /// # Errors
    /// When the store fails or one does not read back.
    pub async fn advances(
        &self,
        queue: Queue,
        after: Option<AdvanceId>,
        limit: u32,
    ) -> Result<Vec<AdvanceRow>, StoreError> {
        let mut rows = Vec::new();
        for id in self.queued(queue, after.map(|id| id.to_string()), limit).await? {
            let id = id.parse().map_err(|_| StoreError::Corrupt { table: "records" })?;
            // It may have moved on since the page was read.
            let row = self.advance(id).await?;
            rows.extend(row.filter(|row| Queue::of(&row.advance) == Some(queue)));
        }
        Ok(rows)
    }

    /// The proposals that wait for a second person, oldest first, after one, at most `limit`.
    ///
    /// # Errors
    /// When the store fails or one does not read back.
    pub async fn proposals(
        &self,
        after: Option<ProposalId>,
        limit: u32,
    ) -> Result<Vec<Proposal>, StoreError> {
        let mut rows = Vec::new();
        let after = after.map(|id| id.to_string());
        for id in self.queued(Queue::Proposed, after, limit).await? {
            let id = id.parse().map_err(|_| StoreError::Corrupt { table: "records" })?;
            rows.extend(self.proposal(id).await?.filter(|row| row.agreed.is_none()));
        }
        Ok(rows)
    }

    /// How many wait in a queue, counted up to `most`.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn waiting(&self, queue: Queue, most: u32) -> Result<usize, StoreError> {
        Ok(self.queued(queue, None, most).await?.len())
    }

    async fn queued(
        &self,
        queue: Queue,
        after: Option<String>,
        limit: u32,
    ) -> Result<Vec<String>, StoreError> {
        let prefix = format!("{}/", queue.code());
        let from = format!("{prefix}{}", after.unwrap_or_default());
        let rows = self.store().records(KIND, &from, limit).await?;
        let ids = rows.iter().map_while(|row| row.id.strip_prefix(&prefix));
        Ok(ids.map(str::to_owned).collect())
    }
}

/// From one queue to another; nothing when it stays.
pub(super) fn moved(id: &str, from: Option<Queue>, to: Option<Queue>) -> Vec<RecordWrite> {
    if from == to {
        return Vec::new();
    }
    let write = |queue: Queue, expected, body| RecordWrite {
        kind: KIND,
        id: format!("{}/{id}", queue.code()),
        expected,
        body,
        expires_at: None,
    };
    let gone = from.map(|queue| write(queue, ONCE, None));
    let new = to.map(|queue| write(queue, 0, Some(b"{}".to_vec())));
    gone.into_iter().chain(new).collect()
}
