//! Pulling diversions, for hosts behind a firewall: the same intake as a push, then an
//! acknowledgement. The cursor moves only after the complaint is durable, so a crash repeats a
//! page and never skips one.

use super::{Center, DeliveryError};
use crate::channel::{Channel, IntakeError};
use crate::protocol::ConsentError;
use crate::store::{Change, RecordWrite, Store, StoreError};

const CURSOR_KIND: &str = "cursor";
const CURSOR_ID: &str = "diversions";

/// What one round of pulling brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pulled {
    /// Complaints taken, new or known.
    pub taken: u32,
    /// Complaints that could not be taken; the center keeps them, and the log says why.
    pub refused: u32,
}

/// Why a round of pulling ended early.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    /// The center.
    #[error(transparent)]
    Center(#[from] DeliveryError),
    /// A consent does not verify by the keys we have.
    #[error("a consent does not verify by the center's keys we have; fetch its new keys")]
    UnknownKey,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Pulls one page of diversions, takes each, acknowledges each, moves the cursor.
///
/// # Errors
/// When the center cannot be reached or the store fails; what was taken stays taken.
pub async fn pull_once<S: Store, C: Center>(
    channel: &Channel<S>,
    center: &C,
    limit: u32,
) -> Result<Pulled, PullError> {
    let seen = channel.store().record(CURSOR_KIND, CURSOR_ID).await?;
    let mut version = seen.as_ref().map_or(0, |row| row.version);
    let after = seen.map(|row| String::from_utf8_lossy(&row.body).into_owned());
    let page = center.diversions(after.as_deref(), limit).await?;
    let mut pulled = Pulled::default();
    for diversion in page.diversions {
        match channel.divert(None, diversion.complaint.get().as_bytes()).await {
            Ok(diverted) => {
                let answer = diverted.answer;
                center.acknowledge(&answer.complaint_no, &answer.receipt).await?;
                pulled.taken += 1;
            }
            Err(IntakeError::Store(error)) => return Err(error.into()),
            // A key we do not know yet: going on would pass over every complaint signed with it.
            Err(IntakeError::Consent(ConsentError::SignatureInvalid)) => {
                return Err(PullError::UnknownKey);
            }
            Err(error) => {
                tracing::warn!(cause = %error, "a pulled diversion was not taken");
                pulled.refused += 1;
            }
        }
        let write = RecordWrite {
            kind: CURSOR_KIND,
            id: CURSOR_ID.to_owned(),
            expected: version,
            body: Some(diversion.cursor.into_bytes()),
            expires_at: None,
        };
        channel.store().commit(Change { records: vec![write], ..Change::default() }).await?;
        version += 1;
    }
    Ok(pulled)
}
