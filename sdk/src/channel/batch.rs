//! Many diversions in one call, each with its own verdict.

use super::{Channel, Diverted, IntakeError, together};
use crate::protocol::VerifiedCaller;
use crate::store::{Store, StoreError};

/// How many of a batch are under way at a time: enough to share commits, few enough that one batch
/// does not fill the store's queue for everybody else.
const TOGETHER: usize = 64;

impl<S: Store> Channel<S> {
    /// Takes many diverted complaints. The verdicts come in the order of the bodies; one bad
    /// complaint spoils none of the others, and each that was taken is durable.
    ///
    /// The token of the call is used up first. After a crash or a refusal the whole batch may be
    /// sent again under a fresh token: what was taken before gets the same receipt. Of two bodies
    /// under one number in one batch, one opens the case and the other is told so, as if they had
    /// come in two calls at once.
    ///
    /// # Errors
    /// When the token was used before or the store cannot note it; then nothing was taken.
    pub async fn divert_batch<B: AsRef<[u8]> + Sync>(
        &self,
        caller: Option<&VerifiedCaller>,
        bodies: &[B],
    ) -> Result<Vec<Result<Diverted, IntakeError>>, StoreError> {
        if let Some(caller) = caller {
            self.burn(caller).await?;
        }
        let mut verdicts = Vec::with_capacity(bodies.len());
        for round in bodies.chunks(TOGETHER) {
            let running = round.iter().map(|body| self.divert(None, body.as_ref())).collect();
            verdicts.extend(together::all(running).await);
        }
        Ok(verdicts)
    }
}
