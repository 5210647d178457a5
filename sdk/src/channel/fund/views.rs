//! Advances and proposals as they are stored and shown.

use serde::{Deserialize, Serialize};

use crate::channel::leaves::broken;
use crate::channel::payout::Payee;
use crate::channel::{ActError, Channel};
use crate::fund::{Advance, Proposal};
use crate::ids::{AdvanceId, CaseId, ProposalId};
use crate::privacy::Personal;
use crate::store::{RecordRow, RecordWrite, Store, StoreError};

const ADVANCE: &str = "fund_advance";
const PROPOSAL: &str = "fund_proposal";

/// An advance and the case it belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdvanceRow {
    /// The case.
    pub case_id: CaseId,
    /// The advance.
    pub advance: Advance,
}

/// A document with the version it was read at.
pub(super) struct Seen<T> {
    pub(super) row: T,
    pub(super) version: u64,
}

impl<S: Store> Channel<S> {
    /// The advance with this id.
    ///
    /// # Errors
    /// When the store fails or it does not read back.
    pub async fn advance(&self, id: AdvanceId) -> Result<Option<AdvanceRow>, StoreError> {
        Ok(self.seen_advance(id).await?.map(|seen| seen.row))
    }

    pub(super) async fn seen_advance(
        &self,
        id: AdvanceId,
    ) -> Result<Option<Seen<AdvanceRow>>, StoreError> {
        let row = self.store().record(ADVANCE, &id.to_string()).await?;
        row.as_ref().map(seen).transpose()
    }

    /// The proposal with this id.
    ///
    /// # Errors
    /// When the store fails or it does not read back.
    pub async fn proposal(&self, id: ProposalId) -> Result<Option<Proposal>, StoreError> {
        Ok(self.seen_proposal(id).await?.map(|seen| seen.row))
    }

    pub(super) async fn seen_proposal(
        &self,
        id: ProposalId,
    ) -> Result<Option<Seen<Proposal>>, StoreError> {
        let row = self.store().record(PROPOSAL, &id.to_string()).await?;
        row.as_ref().map(seen).transpose()
    }

    /// Every advance ever asked for, oldest first, after one, at most `limit`.
    ///
    /// # Errors
    /// When the store fails or one does not read back.
    pub async fn all_advances(
        &self,
        after: Option<AdvanceId>,
        limit: u32,
    ) -> Result<Vec<AdvanceRow>, StoreError> {
        let after = after.map(|id| id.to_string()).unwrap_or_default();
        let rows = self.store().records(ADVANCE, &after, limit).await?;
        rows.iter().map(|row| Ok(seen::<AdvanceRow>(row)?.row)).collect()
    }

    /// To whom an advance is paid: words of its case, gone with the person.
    ///
    /// # Errors
    /// [`ActError::Erased`] when the person was erased.
    pub async fn payee(&self, row: &AdvanceRow) -> Result<Payee, ActError> {
        let loaded = self.load(row.case_id).await?;
        let key = loaded.key.as_ref().ok_or(ActError::Erased)?;
        let corrupt = || StoreError::Corrupt { table: "sealed" };
        let known = loaded.case.advances.iter().find(|known| known.id == row.advance.id);
        let n = known.ok_or_else(corrupt)?.n;
        let words = self.words_of(&loaded, key, n).await?;
        let word = |name: &str| words.get(name).cloned().map(Personal::new).ok_or_else(corrupt);
        Ok(Payee {
            name: word("payee_name")?,
            account: word("payee_account")?,
            bank: word("payee_bank")?,
        })
    }
}

pub(super) fn advance_write(row: &AdvanceRow, expected: u64) -> Result<RecordWrite, StoreError> {
    write(ADVANCE, row.advance.id.to_string(), expected, row)
}

pub(super) fn proposal_write(row: &Proposal, expected: u64) -> Result<RecordWrite, StoreError> {
    write(PROPOSAL, row.id.to_string(), expected, row)
}

pub(super) fn write<T: Serialize>(
    kind: &'static str,
    id: String,
    expected: u64,
    row: &T,
) -> Result<RecordWrite, StoreError> {
    let body = Some(serde_json::to_vec(row).map_err(|_| broken(kind))?);
    Ok(RecordWrite { kind, id, expected, body, expires_at: None })
}

pub(super) fn seen<T: for<'de> Deserialize<'de>>(row: &RecordRow) -> Result<Seen<T>, StoreError> {
    let read = serde_json::from_slice(&row.body);
    let read = read.map_err(|_| StoreError::Corrupt { table: "records" })?;
    Ok(Seen { row: read, version: row.version })
}
