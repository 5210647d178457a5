//! Whether a store may be served. Both engines keep one row about it; what it means is said here.

use super::StoreError;

/// The state of a store that may be served.
pub(super) const OPEN: &str = "open";
/// The state of a store that a restore or a move is filling: it is not whole.
pub(super) const FILLING: &str = "filling";
/// The state of a file that is a backup: what goes on from it does so in a store of its own.
pub(super) const BACKUP: &str = "backup";

/// A store that is being filled is not whole, and one that was moved has a successor: serving it
/// as well would fork the log.
pub(super) fn must_be_open(state: &str, detail: &str) -> Result<(), StoreError> {
    match state {
        OPEN => Ok(()),
        FILLING => Err(StoreError::Engine(format!(
            "this store is not whole: it is being filled from {detail}; run the same command again"
        ))),
        BACKUP => {
            let text = "this file is a backup; restore it into an empty store and serve that one";
            Err(StoreError::Engine(text.to_owned()))
        }
        _ => Err(StoreError::Engine(format!("this store was moved to {detail}; serve that one"))),
    }
}
