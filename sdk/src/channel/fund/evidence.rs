//! 凭证照片: a photo of a slip or of a signed receipt. The log holds its digest; the picture is sealed with
//! the key of the case and goes with it. Looking at one is a reveal like any other.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::act::{FundActed, FundError, FundTarget};
use super::views::{AdvanceRow, seen, write};
use crate::case::Actor;
use crate::channel::Channel;
use crate::channel::casework::ActError;
use crate::fund::{
    EVIDENCE_BYTES_MAX, FundAction, FundCommand, FundRefusal, FundRefusalCode, Media,
};
use crate::hex_digest;
use crate::ids::AdvanceId;
use crate::privacy::{Personal, SealContext};
use crate::store::{Store, StoreError};

const EVIDENCE: &str = "fund_evidence";
/// What a reveal calls it.
pub(in crate::channel) const FIELD: &str = "evidence";

/// A picture as it is stored.
#[derive(Serialize, Deserialize)]
struct Stored {
    media: Media,
    /// Base64.
    sealed: String,
}

/// A picture in clear.
pub struct Picture {
    /// What it is.
    pub media: Media,
    /// The bytes, as they came.
    pub bytes: Vec<u8>,
}

fn id_of(advance: AdvanceId, sha256: &str) -> String {
    format!("{advance}/{sha256}")
}

impl<S: Store> Channel<S> {
    /// Adds a picture to an advance. Durable when it returns.
    ///
    /// # Errors
    /// When the role may not, it is no JPEG, PNG or PDF, it is too large, there are enough, or the
    /// person was erased.
    pub async fn add_evidence(
        &self,
        actor: Actor,
        id: AdvanceId,
        bytes: &[u8],
    ) -> Result<FundActed, FundError> {
        let refuse = |problem| {
            let code = FundRefusalCode::FieldInvalid { field: "file", problem };
            FundError::from(FundRefusal { action: FundAction::AddEvidence, code })
        };
        let media = Media::of(bytes).ok_or_else(|| refuse("give a JPEG, a PNG or a PDF"))?;
        let length = u32::try_from(bytes.len()).ok().filter(|length| *length <= EVIDENCE_BYTES_MAX);
        let length = length.ok_or_else(|| refuse("give at most 1.5 million bytes"))?;
        let sha256 = hex_digest(bytes);
        let row = self.advance(id).await?;
        let unknown =
            FundRefusal { action: FundAction::AddEvidence, code: FundRefusalCode::Unknown };
        let row = row.ok_or(unknown)?;
        let loaded = self.load(row.case_id).await?;
        let key = loaded.key.as_ref().ok_or(ActError::Erased)?;
        let name = id_of(id, &sha256);
        let context = SealContext { case: row.case_id, table: EVIDENCE, column: FIELD, row: &name };
        let sealed = STANDARD.encode(key.seal(&context, bytes, self.random()));
        let record = write(EVIDENCE, name, 0, &Stored { media, sealed })?;
        let command = FundCommand::AddEvidence { sha256, media, bytes: length };
        let target = FundTarget { records: vec![record], ..FundTarget::advance(id) };
        self.act_fund(actor, &command, &target).await
    }

    /// Shows a picture: written down with who and why, before it is seen.
    ///
    /// # Errors
    /// See [`ActError`]; where the consent does not let this role read, nothing is shown.
    pub async fn show_evidence(
        &self,
        row: &AdvanceRow,
        sha256: &str,
        actor: Actor,
        reason: Personal<String>,
    ) -> Result<Picture, ActError> {
        let name = id_of(row.advance.id, sha256);
        let stored = self.store().record(EVIDENCE, &name).await?.ok_or(ActError::Unknown)?;
        let stored = seen::<Stored>(&stored)?.row;
        self.reveal(row.case_id, actor, &[FIELD.to_owned()], reason, None).await?;
        let loaded = self.load(row.case_id).await?;
        let key = loaded.key.as_ref().ok_or(ActError::Erased)?;
        let context = SealContext { case: row.case_id, table: EVIDENCE, column: FIELD, row: &name };
        let corrupt = || StoreError::Corrupt { table: "records" };
        let sealed = STANDARD.decode(&stored.sealed).map_err(|_| corrupt())?;
        let bytes = key.open(&context, &sealed).map_err(|_| corrupt())?.to_vec();
        Ok(Picture { media: stored.media, bytes })
    }
}
