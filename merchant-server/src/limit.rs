//! Back-pressure: what is held in memory for requests at the same time is bounded, and whoever comes
//! when it is full is told to come back. The bodies that a center sends take their room in the
//! SDK's intake, once it is known that the center sent them.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use green_channel::intake::{ApiProblem, Room};
use green_channel::protocol::ProblemCode;
use tokio::sync::Semaphore;

use crate::app::App;

/// What a request costs at least: what is kept for it beside its body.
const LEAST_BYTES: usize = 16 * 1024;
/// The largest body of a form or of a command.
pub(crate) const FORM_BYTES: usize = 64 * 1024;
/// The largest body with a file of the bank: two mebibytes, and what surrounds them.
pub(crate) const FILE_BYTES: usize = 2 * 1024 * 1024 + FORM_BYTES;
/// The largest body of somebody who has not signed in yet.
pub(crate) const LOGIN_BYTES: usize = 4 * 1024;
/// How many lists are streamed at a time; each holds a few pages.
const STREAMS: usize = 8;
/// Asked by balancers and by whoever wants to know why the answer is 429.
const EXEMPT: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

/// What may still be taken on.
pub(crate) struct Limits {
    pub(crate) room: Room,
    pub(crate) streams: Arc<Semaphore>,
}

impl Limits {
    /// Requests of so many MiB at the same time.
    pub(crate) fn new(in_flight_mib: u16) -> Self {
        Self { room: Room::mib(in_flight_mib), streams: Arc::new(Semaphore::new(STREAMS)) }
    }
}

/// Takes a request on if there is room for it, until its answer begins.
pub(crate) async fn admit(State(app): State<App>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if EXEMPT.contains(&path) {
        return next.run(request).await;
    }
    match app.limits.room.take(cost(request.method(), path)) {
        Some(_room) => next.run(request).await,
        None => ApiProblem::new(ProblemCode::Overloaded).into_response(),
    }
}

/// What a request may hold in memory, in bytes, but for what a center sends.
fn cost(method: &Method, path: &str) -> usize {
    let has_body = method == Method::POST || method == Method::PUT;
    let has_form = has_body && !path.starts_with("/green-channel/");
    let has_file = ["/console/fund/bank/", "/api/v1/fund/results", "/api/v1/fund/reconciliations"]
        .iter()
        .any(|begin| path.starts_with(begin))
        || path.ends_with("/evidence");
    match (has_form, has_file) {
        (true, true) => FILE_BYTES,
        (true, false) if path != "/console/login" => FORM_BYTES,
        _ => LEAST_BYTES,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_costs_what_its_route_may_hold() {
        for (method, path, bytes) in [
            (Method::GET, "/api/v1/cases", LEAST_BYTES),
            (Method::POST, "/api/v1/cases/case_1/actions", FORM_BYTES),
            (Method::POST, "/console/cases/case_1/actions", FORM_BYTES),
            (Method::PUT, "/api/v1/tenants/tnt_1", FORM_BYTES),
            (Method::POST, "/api/v1/fund/results", FILE_BYTES),
            (Method::POST, "/console/fund/bank/statement", FILE_BYTES),
            (Method::POST, "/console/fund/advances/adv_1/evidence", FILE_BYTES),
            (Method::GET, "/console/fund/bank/batches/x", LEAST_BYTES),
            (Method::POST, "/console/login", LEAST_BYTES),
            (Method::POST, "/green-channel/v1/complaints", LEAST_BYTES),
        ] {
            assert_eq!(cost(&method, path), bytes, "{method} {path}");
        }
    }
}
