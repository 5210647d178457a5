//! Raw PostgreSQL: one row a commit, at so many clients.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use green_channel::store::postgres::connect;

use crate::http::per_second;
use crate::table::{Plan, Table};

/// Measures one round in a database of its own.
pub(crate) async fn measure(
    url: &str,
    plan: &Plan,
    table: &mut Table,
    bytes: usize,
    clients: usize,
) {
    let first = connect(url).await.expect("the server takes a connection");
    let made = "CREATE TABLE IF NOT EXISTS rows (id BYTEA PRIMARY KEY, state TEXT, at BIGINT,
                                                 body BYTEA);
        CREATE INDEX IF NOT EXISTS rows_by_state ON rows (state, at)";
    first.batch_execute(made).await.expect("a table");
    let count = plan.count(if clients == 1 { 2_000 } else { 10_000 });
    let (next, payload) = (Arc::new(AtomicU64::new(0)), Arc::new(vec![7_u8; bytes]));
    let mut open = Vec::new();
    for _ in 0..clients {
        let client = connect(url).await.expect("the server takes a connection");
        let sql = "INSERT INTO rows (id, state, at, body)
                   VALUES (decode(md5(random()::TEXT), 'hex'), 'received', $1, $2)";
        let statement = client.prepare(sql).await.expect("a statement");
        open.push((client, statement));
    }
    let began = Instant::now();
    let mut tasks = Vec::new();
    for (client, statement) in open {
        let (next, payload) = (Arc::clone(&next), Arc::clone(&payload));
        tasks.push(tokio::spawn(async move {
            loop {
                let number = i64::try_from(next.fetch_add(1, Ordering::Relaxed)).expect("few");
                if usize::try_from(number).expect("few") >= count {
                    return;
                }
                client.execute(&statement, &[&number, &*payload]).await.expect("a row goes in");
            }
        }));
    }
    for task in tasks {
        task.await.expect("the load does not panic");
    }
    let seconds = began.elapsed().as_secs_f64();
    let name = format!("limit: raw PostgreSQL commits, {clients} clients");
    table.add(&name, "/s", per_second(count, seconds));
}
