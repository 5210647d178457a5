//! For whoever looks over the merchant's shoulder: the figures of a period out of the stored log, and
//! what was done to the host itself.

use serde_json::Value;

use super::casework::{ActError, LoadedCase};
use super::{Channel, HOST_STREAM};
use crate::ids::Pseudonym;
use crate::indicators::Indicator;
use crate::log::{Leaf, TlogProof};
use crate::slip::{Slip, SlipReceipt};
use crate::store::{Store, StoreError};
use crate::time::{Date, Timestamp};
use crate::verify::{Fault, LogCheck, Rulebook};

/// So many entries are read at a time.
const PAGE: u32 = 500;

/// Why there are no figures.
#[derive(Debug, thiserror::Error)]
pub enum FiguresError {
    /// The log itself does not hold.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Something that was done to the host: a person added, a token made, a calendar loaded.
#[derive(Clone, Debug)]
pub struct HostAct {
    /// Its number in the stream of the host.
    pub n: u64,
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: String,
    /// In which role.
    pub role: String,
    /// By whom.
    pub actor: Pseudonym,
    /// The facts.
    pub data: Value,
    /// Its position in the log; none while it waits.
    pub position: Option<u64>,
}

impl<S: Store> Channel<S> {
    /// The figures of a period (both days in it) as the log gives them now, and over how many entries. Reads
    /// the whole log, as anybody would who has only that.
    ///
    /// # Errors
    /// When the log does not hold or the store fails.
    pub async fn figures(
        &self,
        from: Date,
        to: Date,
    ) -> Result<(Vec<Indicator>, u64), FiguresError> {
        let size = self.store().log_head().await?.size;
        let book = Rulebook::shipped().with_calendar(self.calendar());
        let book = self.inner.policies.all_rules().into_iter().fold(book, Rulebook::with_rules);
        let mut check =
            LogCheck::begin(&self.inner.host.log_origin, book).with_indicators(from, to);
        let mut place = 0;
        while place < size {
            let left = u32::try_from(size - place).unwrap_or(PAGE);
            let page = self.store().log_entries(place, left.min(PAGE)).await?;
            if page.is_empty() {
                return Err(StoreError::Corrupt { table: "leaves" }.into());
            }
            for leaf in &page {
                check.entry(&leaf.bytes)?;
                place += 1;
            }
            tokio::task::yield_now().await;
        }
        Ok((check.figures(), size))
    }

    /// What was done to the host, newest first: those before number `before` (none: from the newest on),
    /// at most `limit`.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn host_acts(
        &self,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<HostAct>, StoreError> {
        let next = self.store().stream_head(HOST_STREAM).await?.map_or(0, |head| head.next);
        let end = before.map_or(next, |before| before.min(next));
        let from = end.saturating_sub(u64::from(limit));
        let count = u32::try_from(end - from).unwrap_or(limit);
        let mut acts = Vec::new();
        for stored in self.store().leaves(HOST_STREAM, from, count).await? {
            let leaf =
                Leaf::parse(&stored.bytes).map_err(|_| StoreError::Corrupt { table: "leaves" })?;
            acts.push(HostAct {
                n: leaf.n,
                at: leaf.at,
                kind: leaf.kind,
                role: leaf.actor.role,
                actor: leaf.actor.pseudonym,
                data: leaf.data,
                position: stored.position,
            });
        }
        acts.reverse();
        Ok(acts)
    }

    /// The consumer's slip for a case. Nothing as long as no head covers its first entry.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn slip(&self, loaded: &LoadedCase) -> Result<Option<Slip>, ActError> {
        let stream = loaded.stream.to_string();
        let Some((leaf, proof)) = self.inclusion(&stream, 0).await? else { return Ok(None) };
        let receipt = SlipReceipt {
            iss: self.inner.host.base_url.clone(),
            log_origin: self.inner.host.log_origin.clone(),
            stream,
            leaf_hash: leaf.to_string(),
            received_at: loaded.case.received_at,
        };
        let proof = TlogProof { extra: None, ..proof };
        Ok(Some(Slip::sign(&receipt, self.inner.keys.receipt(), proof)))
    }
}
