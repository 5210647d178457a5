//! The limits of the machine, measured in the same run as ours.

mod crypto;
pub(crate) mod echo;
mod files;
pub(crate) mod postgres;
pub(crate) mod sqlite;

use crate::table::{Plan, Table};

/// The limits that need nobody else: disk and processor.
pub(crate) fn machine(plan: &Plan, table: &mut Table) {
    for _ in 0..plan.rounds {
        files::append_and_sync(plan, table);
        crypto::verify_and_hash(plan, table);
    }
}
