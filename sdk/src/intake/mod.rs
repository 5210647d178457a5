//! The HTTP routes a center calls, for mounting in any axum service: `POST …/complaints` and what
//! follows, discovery, keys, and the public part of the log.
//!
//! A handler translates and nothing else: bytes in, token checked over the raw bytes, the channel
//! asked, an answer or a problem out. It knows nothing of rules or storage.
//!
//! ```no_run
//! # use green_channel::{channel::Channel, store::Store, intake};
//! # fn mount<S: Store>(channel: Channel<S>) -> axum::Router {
//! axum::Router::new().merge(intake::router(channel))
//! # }
//! ```

mod answer;
mod batch;
mod complaints;
mod document;
mod log_routes;
mod well_known;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderMap, Method, header};
use axum::routing::{get, post};

pub use answer::{ApiProblem, ApiResult};
pub use document::merchant_document;
pub use log_routes::entry_tile;

use crate::channel::Channel;
use crate::protocol::{BODY_MAX_BYTES, ProblemCode, VerifiedCaller};
use crate::store::Store;

/// The routes a center calls.
pub fn router<S: Store>(channel: Channel<S>) -> Router {
    Router::new()
        .route("/green-channel/v1/complaints", post(complaints::divert::<S>))
        .route("/green-channel/v1/complaint-batches", post(batch::divert::<S>))
        .route("/green-channel/v1/complaints/{no}", get(complaints::track::<S>))
        .route("/green-channel/v1/complaints/{no}/notices", post(complaints::notify::<S>))
        .route("/.well-known/green-channel.json", get(well_known::discovery::<S>))
        .route("/.well-known/jwks.json", get(well_known::jwks::<S>))
        .route("/log/checkpoint", get(log_routes::checkpoint::<S>))
        .route("/log/tile/{level}/{*place}", get(log_routes::tile::<S>))
        .layer(DefaultBodyLimit::disable())
        .with_state(channel)
}

/// A request whose token was verified over its raw bytes.
struct Admitted {
    caller: VerifiedCaller,
    body: Bytes,
}

/// Reads the body up to the limit and checks the token over exactly these bytes.
async fn admit<S: Store>(channel: &Channel<S>, request: Request) -> ApiResult<Admitted> {
    admit_up_to(channel, request, BODY_MAX_BYTES).await
}

/// The same with a limit of its own, in bytes.
async fn admit_up_to<S: Store>(
    channel: &Channel<S>,
    request: Request,
    limit: usize,
) -> ApiResult<Admitted> {
    let (parts, body) = request.into_parts();
    let body = read_body(&parts.headers, body, limit).await?;
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let authorization = authorization(&parts.headers)?;
    let method = parts.method.as_str();
    let caller = channel
        .authenticate(authorization, method, path, &body)
        .map_err(|error| ApiProblem::new(error.problem_code()))?;
    if parts.method != Method::GET {
        require_json(&parts.headers)?;
    }
    Ok(Admitted { caller, body })
}

/// Reads at most the allowed number of bytes; an announced length over it is refused unread.
async fn read_body(headers: &HeaderMap, body: Body, limit: usize) -> ApiResult<Bytes> {
    let too_large = || ApiProblem::new(ProblemCode::BodyTooLarge);
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let announced = announced.and_then(|text| text.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limit as u64) {
        return Err(too_large());
    }
    axum::body::to_bytes(body, limit).await.map_err(|_| too_large())
}

/// The one `Authorization` header; two of them are as good as none.
fn authorization(headers: &HeaderMap) -> ApiResult<Option<&str>> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let first = values.next();
    if values.next().is_some() {
        return Err(ApiProblem::new(ProblemCode::TokenMalformed));
    }
    match first {
        None => Ok(None),
        Some(value) => {
            let text = value.to_str();
            text.map(Some).map_err(|_| ApiProblem::new(ProblemCode::TokenMalformed))
        }
    }
}

/// `application/json`, with or without a charset.
fn require_json(headers: &HeaderMap) -> ApiResult<()> {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media = value.and_then(|value| value.split(';').next()).map(str::trim);
    match media {
        Some(media) if media.eq_ignore_ascii_case("application/json") => Ok(()),
        _ => Err(ApiProblem::new(ProblemCode::UnsupportedMediaType)),
    }
}
