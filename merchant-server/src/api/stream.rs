//! The whole list as one stream of lines: read page by page while the client reads, so that memory
//! does not grow with the number of cases.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{RawQuery, State};
use axum::http::{HeaderName, header};
use axum::response::IntoResponse;
use futures_core::Stream;
use green_channel::channel::QueueRow;
use green_channel::intake::{ApiProblem, ApiResult};
use green_channel::protocol::{Problem, ProblemCode};
use green_channel::store::{CaseQuery, StoreError};
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use utoipa::ToSchema;

use super::caller::ApiCaller;
use super::cases::parse_query;
use crate::app::App;
use crate::auth::Scope;

/// Cases read at a time.
const PAGE: u32 = 200;
/// Pages that are read before the client has taken the one before.
const AHEAD: usize = 2;

/// How long a client may take to read a page.
const PATIENCE: Duration = Duration::from_secs(60);

/// The last line: a list without it was cut off.
#[derive(Serialize, ToSchema)]
pub(crate) struct StreamEnd {
    /// Always true.
    end: bool,
    /// How many cases came before.
    count: u64,
}

/// Stream all cases.
///
/// One case a line (NDJSON), as in the list; at the end one line `{"end":true,"count":…}`. A list
/// without that line was cut off and is not whole. A case that arrives or moves meanwhile may be
/// missing or show its state of the moment it was read; none comes twice when the order is `newest`.
#[utoipa::path(
    get, path = "/api/v1/cases/stream", tag = "merchant", operation_id = "streamCases",
    security(("api_token" = [])),
    params(
        ("state" = Option<String>, Query, description = "Only these states, with commas."),
        ("order" = Option<String>, Query, description = "`newest` (default) or `due`."),
    ),
    responses(
        (status = 200, description = "Lines: a QueueRow each, then the end.", body = StreamEnd, content_type = "application/x-ndjson"),
        (status = 400, description = "A query parameter does not fit.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No valid token.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token lacks cases:read.", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many lists are being streamed; see Retry-After.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn stream(
    State(app): State<App>,
    caller: ApiCaller,
    RawQuery(query): RawQuery,
) -> ApiResult<impl IntoResponse> {
    caller.require(Scope::CasesRead)?;
    let query = parse_query(query.as_deref().unwrap_or(""))?;
    let query = CaseQuery { limit: PAGE, ..query };
    let room = Arc::clone(&app.limits.streams).try_acquire_owned();
    let room = room.map_err(|_| ApiProblem::new(ProblemCode::Overloaded))?;
    // The first page is read before the answer begins: what is wrong with the question is a
    // problem, not a broken list.
    let first = match app.engine.queue(query.clone()).await {
        Err(StoreError::Corrupt { table: "cursor" }) => {
            return Err(ApiProblem::at(ProblemCode::QueryInvalid, "after"));
        }
        page => page?,
    };
    let (sender, pages) = mpsc::channel(AHEAD);
    tokio::spawn(read(app, query, first, sender, room));
    let headers: [(HeaderName, &str); 2] =
        [(header::CONTENT_TYPE, "application/x-ndjson"), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, Body::from_stream(Pages(pages))))
}

type Page = Result<Bytes, StoreError>;

/// Reads on as the client takes what was read; ends when the client is gone.
async fn read(
    app: App,
    mut query: CaseQuery,
    first: (Vec<QueueRow>, Option<String>),
    sender: mpsc::Sender<Page>,
    _room: OwnedSemaphorePermit,
) {
    let (mut page, mut count) = (first, 0_u64);
    loop {
        let (rows, next) = page;
        count += u64::try_from(rows.len()).unwrap_or(0);
        let mut text = lines(&rows);
        if next.is_none() {
            text.extend(lines(&[StreamEnd { end: true, count }]));
        }
        // A client that stops reading gives its place to another one.
        let sent = tokio::time::timeout(PATIENCE, sender.send(Ok(text.into()))).await;
        if !matches!(sent, Ok(Ok(()))) || next.is_none() {
            return;
        }
        query.after = next;
        page = match app.engine.queue(query.clone()).await {
            Ok(page) => page,
            Err(error) => {
                tracing::error!(%error, "a streamed list was cut off");
                // The connection breaks: the client sees that this is not the end.
                let _ = tokio::time::timeout(PATIENCE, sender.send(Err(error))).await;
                return;
            }
        };
    }
}

fn lines<T: Serialize>(rows: &[T]) -> Vec<u8> {
    let mut text = Vec::new();
    for row in rows {
        // Our own rows always serialize; one that did not would be missed by the count at the end.
        if serde_json::to_writer(&mut text, row).is_ok() {
            text.push(b'\n');
        }
    }
    text
}

/// Pages as the body of an answer.
struct Pages(mpsc::Receiver<Page>);

impl Stream for Pages {
    type Item = Page;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Page>> {
        self.0.poll_recv(context)
    }
}
