//! An HTTP echo in a process of its own: the body is parsed as JSON and answered as it came.

use std::net::SocketAddr;

use axum::Router;
use axum::body::Bytes;
use axum::http::{StatusCode, header};
use axum::routing::post;
use tokio::net::TcpListener;

use crate::http::{self, request};
use crate::say;
use crate::server::Process;
use crate::table::{Plan, Table, percentile};

/// Serves until killed; the first line it says is its address.
pub(crate) async fn serve() -> std::io::Result<()> {
    let app = Router::new().route("/echo", post(echo));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    say(&listener.local_addr()?.to_string());
    axum::serve(listener, app).await
}

async fn echo(body: Bytes) -> Result<([(header::HeaderName, &'static str); 1], Bytes), StatusCode> {
    let parsed = serde_json::from_slice::<serde_json::Value>(&body);
    parsed.map_err(|_| StatusCode::BAD_REQUEST)?;
    Ok(([(header::CONTENT_TYPE, "application/json")], body))
}

/// Measures one round at so many connections.
pub(crate) async fn measure(
    address: SocketAddr,
    process: &Process,
    plan: &Plan,
    table: &mut Table,
    body: &[u8],
    connections: usize,
) {
    let count = plan.count(20_000);
    let one = request("POST", "/echo", "", body);
    let before = process.cpu_millis();
    let mut load = http::load(address, vec![one; count], connections, 200).await;
    let cpu = http::each(process.cpu_millis() - before, count);
    table.add(&format!("limit: HTTP echo, {connections} connections"), "/s", load.per_second);
    let p50 = percentile(&mut load.latencies, 50);
    table.add(&format!("limit: HTTP echo p50, {connections} connections"), "ms", p50);
    if connections == 64 {
        table.add("limit: CPU of an HTTP echo", "ms", cpu);
    }
}
