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
mod room;
mod well_known;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRef, Request};
use axum::http::{HeaderMap, Method, header};
use axum::routing::{get, post};

pub use answer::{ApiProblem, ApiResult};
pub use document::merchant_document;
pub use log_routes::entry_tile;
pub use room::{Room, Taken};

use crate::channel::Channel;
use crate::protocol::{BODY_MAX_BYTES, ProblemCode, TokenError, VerifiedCaller};
use crate::store::Store;

/// So much of a body is read although its token is refused.
const POLITE_BYTES: usize = 16 * 1024;

/// How many MiB of bodies [`router`] receives at a time.
const ROOM_MIB: u16 = 64;

/// The routes a center calls; at most 64 MiB of its bodies are in memory at a time.
pub fn router<S: Store>(channel: Channel<S>) -> Router {
    router_within(channel, Room::mib(ROOM_MIB))
}

/// The same within a room that you share with what else you receive. A body for which there is no
/// room is answered with 429 and Retry-After before a byte of it is read.
pub fn router_within<S: Store>(channel: Channel<S>, room: Room) -> Router {
    Router::new()
        .route("/green-channel/v1/complaints", post(complaints::divert::<S>))
        .route("/green-channel/v1/complaint-batches", post(batch::divert::<S>))
        .route("/green-channel/v1/complaints/{no}", get(complaints::track::<S>))
        .route("/green-channel/v1/complaints/{no}/notices", post(complaints::notify::<S>))
        .route("/.well-known/green-channel.json", get(well_known::discovery::<S>))
        .route("/.well-known/jwks.json", get(well_known::jwks::<S>))
        .route("/log/checkpoint", get(log_routes::checkpoint::<S>))
        .route("/log/tile/{level}/{*place}", get(log_routes::tile::<S>))
        .route("/log/proof/{stream}/{n}", get(log_routes::proof::<S>))
        .layer(DefaultBodyLimit::disable())
        .with_state(Door { channel, room })
}

/// What the routes ask: the channel, and those that take a body also for room.
struct Door<S> {
    channel: Channel<S>,
    room: Room,
}

impl<S> Clone for Door<S> {
    fn clone(&self) -> Self {
        Self { channel: self.channel.clone(), room: self.room.clone() }
    }
}

impl<S> FromRef<Door<S>> for Channel<S> {
    fn from_ref(door: &Door<S>) -> Self {
        door.channel.clone()
    }
}

/// A request whose token was verified over its raw bytes.
struct Admitted {
    caller: VerifiedCaller,
    body: Bytes,
    /// Until the answer is there.
    _room: Taken,
}

impl<S: Store> Door<S> {
    /// Reads the body up to the limit and checks the token over exactly these bytes.
    async fn admit(&self, request: Request) -> ApiResult<Admitted> {
        self.admit_up_to(request, BODY_MAX_BYTES).await
    }

    /// The same with a limit of its own, in bytes. Who is not the center is told so before its body
    /// is read, and whoever is takes room for it first.
    async fn admit_up_to(&self, request: Request, limit: usize) -> ApiResult<Admitted> {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let refused = |error: TokenError| ApiProblem::new(error.problem_code());
        let head = match authorization(&parts.headers) {
            Ok(token) => {
                let method = parts.method.as_str();
                self.channel.authenticate_head(token, method, path).map_err(refused)
            }
            Err(problem) => Err(problem),
        };
        let head = match head {
            Ok(head) => head,
            Err(problem) => {
                // A little is read anyway: on a connection that is closed with bytes unread, the
                // answer may not arrive.
                drop(axum::body::to_bytes(body, POLITE_BYTES).await);
                return Err(problem);
            }
        };
        let length = announced(&parts.headers, limit)?;
        let room = self.room.take(length).ok_or(ApiProblem::new(ProblemCode::Overloaded))?;
        let too_large = |_| ApiProblem::new(ProblemCode::BodyTooLarge);
        let body = axum::body::to_bytes(body, limit).await.map_err(too_large)?;
        let caller = head.over(&body).map_err(refused)?;
        if parts.method != Method::GET {
            require_json(&parts.headers)?;
        }
        Ok(Admitted { caller, body, _room: room })
    }
}

/// How many bytes a body may turn out to have: what it announces, or else the limit. An announced
/// length over the limit is refused unread.
fn announced(headers: &HeaderMap, limit: usize) -> ApiResult<usize> {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    match length.and_then(|text| text.parse::<usize>().ok()) {
        Some(length) if length > limit => Err(ApiProblem::new(ProblemCode::BodyTooLarge)),
        Some(length) => Ok(length),
        None if headers.contains_key(header::TRANSFER_ENCODING) => Ok(limit),
        None => Ok(0),
    }
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
