//! Raw SQLite: rows of the same bytes as an intake's body in one table with a unique key and one
//! index, durable, 200 a transaction; and one row alone.

use std::path::Path;
use std::time::Instant;

use rusqlite::{Connection, params};

use crate::http::per_second;
use crate::table::{Plan, Table, percentile};

const BATCH: usize = 200;

/// Measures one round beside the stores.
pub(crate) fn measure(plan: &Plan, table: &mut Table, bytes: usize) {
    let folder = tempfile::tempdir_in("target").expect("a folder beside the stores");
    let db = open(&folder.path().join("raw.db"));
    let (payload, count) = (vec![7_u8; bytes], plan.count(20_000));
    let mut number = 0_u64;
    let began = Instant::now();
    for _ in 0..count / BATCH {
        db.execute_batch("BEGIN IMMEDIATE").expect("a transaction begins");
        for _ in 0..BATCH {
            insert(&db, &mut number, &payload);
        }
        db.execute_batch("COMMIT").expect("a transaction commits");
    }
    let seconds = began.elapsed().as_secs_f64();
    let rate = per_second(count / BATCH * BATCH, seconds);
    table.add("limit: raw SQLite rows, 200 a transaction", "/s", rate);

    let mut latencies = Vec::new();
    for _ in 0..plan.count(500) {
        let began = Instant::now();
        db.execute_batch("BEGIN IMMEDIATE").expect("a transaction begins");
        insert(&db, &mut number, &payload);
        db.execute_batch("COMMIT").expect("a transaction commits");
        latencies.push(began.elapsed());
    }
    table.add("limit: raw SQLite commit p50", "ms", percentile(&mut latencies, 50));
}

fn open(path: &Path) -> Connection {
    let db = Connection::open(path).expect("a database");
    let settings = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
        CREATE TABLE rows (id BLOB PRIMARY KEY, state TEXT, at INTEGER, body BLOB);
        CREATE INDEX rows_by_state ON rows (state, at)";
    db.execute_batch(settings).expect("a table");
    db
}

/// Keys that are spread like random ones.
fn insert(db: &Connection, number: &mut u64, payload: &[u8]) {
    *number += 1;
    let mixed = number.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes();
    let key = [mixed, mixed].concat();
    let at = i64::try_from(*number).expect("few rows");
    let mut insert = db
        .prepare_cached("INSERT INTO rows (id, state, at, body) VALUES (?1, 'received', ?2, ?3)")
        .expect("a statement");
    insert.execute(params![key, at, payload]).expect("a row goes in");
}
