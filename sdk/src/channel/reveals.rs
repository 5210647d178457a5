//! The list of reveals: who saw sealed fields of which case, and when; for the auditor. Why, is among
//! the words of the case, and goes with it.

use serde::{Deserialize, Serialize};

use super::Channel;
use super::leaves::broken;
use crate::case::{Actor, Role};
use crate::ids::{CaseId, Pseudonym};
use crate::store::{RecordWrite, Store, StoreError};
use crate::time::Timestamp;

const KIND: &str = "reveal";

/// One reveal.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RevealEntry {
    /// Where the next page begins.
    #[serde(skip)]
    pub place: String,
    /// Of which case.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub case_id: CaseId,
    /// When.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub at: Timestamp,
    /// In which role.
    pub role: Role,
    /// By whom.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub actor: Pseudonym,
    /// Which fields.
    pub fields: Vec<String>,
}

impl<S: Store> Channel<S> {
    /// The reveals, newest first, after a place, at most `limit`.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn reveals(&self, after: &str, limit: u32) -> Result<Vec<RevealEntry>, StoreError> {
        let rows = self.store().records(KIND, after, limit).await?;
        let read = |row: crate::store::RecordRow| {
            let entry = serde_json::from_slice::<RevealEntry>(&row.body)
                .map_err(|_| StoreError::Corrupt { table: "records" })?;
            Ok(RevealEntry { place: row.id, ..entry })
        };
        rows.into_iter().map(read).collect()
    }

    /// The document that goes in with a reveal. Its id counts down, so that the newest is first.
    pub(super) fn reveal_record(
        &self,
        case_id: CaseId,
        actor: Actor,
        fields: &[String],
    ) -> Result<RecordWrite, StoreError> {
        let at = self.now();
        let entry = RevealEntry {
            place: String::new(),
            case_id,
            at,
            role: actor.role,
            actor: actor.pseudonym,
            fields: fields.to_vec(),
        };
        let down = i64::MAX - at.as_millis();
        let id = format!("{down:019}-{}", hex::encode(self.random::<4>()));
        Ok(RecordWrite {
            kind: KIND,
            id,
            expected: 0,
            body: Some(serde_json::to_vec(&entry).map_err(|_| broken("reveal"))?),
            expires_at: None,
        })
    }
}
