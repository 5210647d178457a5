//! 4 KiB appended and synchronized, one after another.

use std::io::Write;
use std::time::Instant;

use crate::http::per_second;
use crate::table::{Plan, Table};

/// Measures one round.
pub(crate) fn append_and_sync(plan: &Plan, table: &mut Table) {
    let folder = tempfile::tempdir_in("target").expect("a folder beside the stores");
    let mut file = std::fs::File::create(folder.path().join("file")).expect("a file");
    let (count, page) = (plan.count(1_000), [7; 4096]);
    let began = Instant::now();
    for _ in 0..count {
        file.write_all(&page).expect("the disk takes it");
        file.sync_data().expect("the disk keeps it");
    }
    let seconds = began.elapsed().as_secs_f64();
    table.add("limit: 4 KiB append and fdatasync", "/s", per_second(count, seconds));
}
