//! Personal data: sealed under a key per case, committed to in the log, found again by a keyed
//! index. Destroying the case key erases the person; every proof stays valid.
//!
//! This room takes keys, salts and nonces as arguments. It knows nothing of storage, of the log's
//! tree or of where randomness comes from.

mod blind_index;
mod commitment;
mod personal;
mod vault;

pub use blind_index::BlindIndexKey;
pub use commitment::{Commitment, Salt};
pub use personal::Personal;
pub use vault::{CaseKey, Kek, SealContext, VaultError};

use aws_lc_rs::hmac;

/// HMAC-SHA256 over the parts as they stand; the caller puts zero bytes between what may vary.
fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
    for part in parts {
        context.update(part);
    }
    let mut out = [0; 32];
    out.copy_from_slice(context.sign().as_ref());
    out
}
