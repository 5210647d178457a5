//! Back-pressure: what is read into memory at the same time is bounded, and whoever comes when it is
//! full is told to come back before a byte of the body is read.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use green_channel::intake::ApiProblem;
use green_channel::protocol::{BATCH_MAX_BYTES, BODY_MAX_BYTES, ProblemCode};
use tokio::sync::Semaphore;

use crate::app::App;

/// What a request costs at least, in KiB: what is kept for it beside its body.
const LEAST_KIB: u32 = 16;
/// How many lists are streamed at a time; each holds a few pages.
const STREAMS: usize = 8;
/// Asked by balancers and by whoever wants to know why the answer is 429.
const EXEMPT: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

/// What may still be taken on.
pub(crate) struct Limits {
    kib: Arc<Semaphore>,
    all_kib: u32,
    pub(crate) streams: Arc<Semaphore>,
}

impl Limits {
    /// Bodies of so many MiB at the same time.
    pub(crate) fn new(in_flight_mib: u16) -> Self {
        let all_kib = u32::from(in_flight_mib) * 1024;
        let permits = usize::try_from(all_kib).unwrap_or(usize::MAX);
        let streams = Arc::new(Semaphore::new(STREAMS));
        Self { kib: Arc::new(Semaphore::new(permits)), all_kib, streams }
    }
}

/// Takes a request on if there is room for it, until its answer begins.
pub(crate) async fn admit(State(app): State<App>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if EXEMPT.contains(&path) {
        return next.run(request).await;
    }
    let wanted = cost_kib(request.headers(), path).min(app.limits.all_kib);
    match Arc::clone(&app.limits.kib).try_acquire_many_owned(wanted) {
        Ok(_room) => next.run(request).await,
        Err(_) => ApiProblem::new(ProblemCode::Overloaded).into_response(),
    }
}

/// What a request may hold in memory: its announced body, or as much as its route takes.
fn cost_kib(headers: &HeaderMap, path: &str) -> u32 {
    let most = if path.ends_with("/complaint-batches") { BATCH_MAX_BYTES } else { BODY_MAX_BYTES };
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let announced = announced.and_then(|text| text.parse::<usize>().ok());
    let bytes = match announced {
        Some(length) => length.min(most),
        None if headers.contains_key(header::TRANSFER_ENCODING) => most,
        None => 0,
    };
    u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX).max(LEAST_KIB)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_request_costs_its_announced_body_or_the_most_its_route_takes() {
        let mut headers = HeaderMap::new();
        assert_eq!(cost_kib(&headers, "/api/v1/cases"), LEAST_KIB);
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("1500"));
        assert_eq!(cost_kib(&headers, "/green-channel/v1/complaints"), LEAST_KIB);
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("99999999999"));
        assert_eq!(cost_kib(&headers, "/green-channel/v1/complaints"), 256);
        assert_eq!(cost_kib(&headers, "/green-channel/v1/complaint-batches"), 8 * 1024);
        headers.remove(header::CONTENT_LENGTH);
        headers.insert(header::TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
        assert_eq!(cost_kib(&headers, "/green-channel/v1/complaint-batches"), 8 * 1024);
    }
}
