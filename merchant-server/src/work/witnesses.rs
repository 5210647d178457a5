//! What becomes of a head after it is signed: it is noted beside the database, and goes to the
//! witnesses. The log does not wait for either.

use std::time::Duration;

use green_channel::channel::{Cosigning, Lease};
use green_channel::store::{Store, StoreError};

use super::{REST, Stopped, give_back};
use crate::app::App;
use crate::witnessing::keep_seen;

const LOOK_EVERY: Duration = Duration::from_millis(300);
/// So long a witness that did not answer is left alone.
const PATIENCE: Duration = Duration::from_secs(5);
const LEASE_MILLIS: i64 = 90_000;

/// Follows the heads until told to stop.
pub(super) async fn publish(app: App, mut stopped: Stopped) {
    let (mut lease, mut seen) = (None, 0);
    loop {
        let rest = match round(&app, &mut lease, &mut seen).await {
            Ok(true) => LOOK_EVERY,
            Ok(false) => PATIENCE,
            Err(error) => {
                tracing::error!(%error, "heads could not be published");
                REST
            }
        };
        tokio::select! {
            () = tokio::time::sleep(rest) => {}
            _ = stopped.changed() => break,
        }
    }
    give_back(&app, lease).await;
}

/// Whether all that could be done was.
async fn round(app: &App, lease: &mut Option<Lease>, seen: &mut u64) -> Result<bool, StoreError> {
    let Some(head) = app.engine.store().checkpoint().await? else { return Ok(true) };
    if head.size > *seen {
        *seen = head.size;
        if let Err(error) = keep_seen(&app.data, &head.note) {
            tracing::warn!(%error, "the published head could not be noted beside the database");
        }
    }
    if app.witnessing.policy().witnesses().is_empty() {
        return Ok(true);
    }
    *lease = app.engine.lease("witnesses", LEASE_MILLIS, lease.take()).await?;
    if lease.is_none() {
        return Ok(true);
    }
    let Cosigning { size, missing, ahead, quorum, .. } = app.witnessing.cosign(&app.engine).await?;
    for (witness, why) in missing {
        tracing::warn!(witness, why, size, "a witness has not cosigned");
    }
    if let Some((witness, theirs)) = ahead {
        // It did not answer when we started, or somebody else writes this log: tell the same log twice
        // we will not. Whoever balances sends nothing more; a restart refuses.
        tracing::error!(witness, theirs, size, "a witness has seen more of this log than we have");
        app.drain();
        return Ok(false);
    }
    Ok(quorum)
}
