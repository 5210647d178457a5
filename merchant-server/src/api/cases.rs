//! Reading cases.

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::http::header;
use axum::response::IntoResponse;
use green_channel::case::StateName;
use green_channel::channel::{CaseView, HistoryEntry, QueueRow};
use green_channel::ids::CaseId;
use green_channel::intake::{ApiProblem, ApiResult, entry_tile};
use green_channel::protocol::{Problem, ProblemCode};
use green_channel::store::{CaseQuery, StoreError};
use serde::Serialize;
use utoipa::ToSchema;

use super::caller::ApiCaller;
use crate::app::App;
use crate::auth::Scope;

/// A page of the queue.
#[derive(Serialize, ToSchema)]
pub(crate) struct CaseList {
    /// The cases.
    pub(crate) cases: Vec<QueueRow>,
    /// Ask with `after` set to this for the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
}

/// The history of a case.
#[derive(Serialize, ToSchema)]
pub(crate) struct History {
    /// Every event in order, with its leaf in the log.
    pub(crate) events: Vec<HistoryEntry>,
}

/// List cases.
///
/// Newest first; with `order=due` the clock that runs out first on top.
#[utoipa::path(
    get, path = "/api/v1/cases", tag = "merchant", operation_id = "listCases",
    security(("api_token" = [])),
    params(
        ("state" = Option<String>, Query, description = "Only this state; may be a list with commas: received, in_progress, awaiting_approval, offered, settled, closed, rejected, handed_back, withdrawn, erased."),
        ("order" = Option<String>, Query, description = "`newest` (default) or `due`."),
        ("after" = Option<String>, Query, description = "`next` of the page before."),
        ("limit" = Option<u32>, Query, description = "1 to 200, default 50.", minimum = 1, maximum = 200),
    ),
    responses(
        (status = 200, description = "A page.", body = CaseList),
        (status = 400, description = "A query parameter does not fit.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No valid token.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token lacks cases:read.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list(
    State(app): State<App>,
    caller: ApiCaller,
    RawQuery(query): RawQuery,
) -> ApiResult<Json<CaseList>> {
    caller.require(Scope::CasesRead)?;
    let query = parse_query(query.as_deref().unwrap_or(""))?;
    match app.engine.queue(query).await {
        Ok((cases, next)) => Ok(Json(CaseList { cases, next })),
        Err(StoreError::Corrupt { table: "cursor" }) => {
            Err(ApiProblem::at(ProblemCode::QueryInvalid, "after"))
        }
        Err(error) => Err(error.into()),
    }
}

/// Reads the query strictly: an unknown or repeated parameter is an error, not a surprise.
pub(super) fn parse_query(text: &str) -> ApiResult<CaseQuery> {
    let invalid = |field: &str| ApiProblem::at(ProblemCode::QueryInvalid, field);
    let mut query = CaseQuery { limit: 50, ..CaseQuery::default() };
    let mut seen = Vec::new();
    let pairs = url_pairs(text).ok_or_else(|| invalid("query"))?;
    for (name, value) in pairs {
        if seen.contains(&name) {
            return Err(invalid(known_name(&name)));
        }
        match name.as_str() {
            "state" => {
                for code in value.split(',') {
                    StateName::from_code(code).ok_or_else(|| invalid("state"))?;
                    query.states.push(code.to_owned());
                }
            }
            "order" => match value.as_str() {
                "newest" => {}
                "due" => query.by_due = true,
                _ => return Err(invalid("order")),
            },
            "after" => query.after = Some(value),
            "limit" => {
                let limit = value.parse().ok().filter(|limit| (1..=200).contains(limit));
                query.limit = limit.ok_or_else(|| invalid("limit"))?;
            }
            _ => return Err(invalid("query")),
        }
        seen.push(name);
    }
    Ok(query)
}

fn known_name(name: &str) -> &'static str {
    ["state", "order", "after", "limit"].into_iter().find(|known| *known == name).unwrap_or("query")
}

/// The decoded pairs of a query string.
pub(crate) fn url_pairs(text: &str) -> Option<Vec<(String, String)>> {
    serde_urlencoded::from_str(text).ok()
}

/// Show a case with what may be done and why the rest may not.
#[utoipa::path(
    get, path = "/api/v1/cases/{case_id}", tag = "merchant", operation_id = "showCase",
    security(("api_token" = [])),
    params(("case_id" = String, Path, description = "An id like case_0190….")),
    responses(
        (status = 200, description = "The case. Identity fields are masked.", body = CaseView),
        (status = 401, description = "No valid token.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token lacks cases:read.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such case.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn show(
    State(app): State<App>,
    caller: ApiCaller,
    Path(case_id): Path<String>,
) -> ApiResult<Json<CaseView>> {
    caller.require(Scope::CasesRead)?;
    Ok(Json(app.engine.view(parse_id(&case_id)?, &caller.actor()).await?))
}

/// The history of a case: every event, its words, its leaf.
#[utoipa::path(
    get, path = "/api/v1/cases/{case_id}/history", tag = "merchant", operation_id = "caseHistory",
    security(("api_token" = [])),
    params(("case_id" = String, Path, description = "An id like case_0190….")),
    responses(
        (status = 200, description = "Every event in order.", body = History),
        (status = 401, description = "No valid token.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token lacks cases:read.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such case.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn history(
    State(app): State<App>,
    caller: ApiCaller,
    Path(case_id): Path<String>,
) -> ApiResult<Json<History>> {
    caller.require(Scope::CasesRead)?;
    let events = app.engine.history(parse_id(&case_id)?, &caller.actor()).await?;
    Ok(Json(History { events }))
}

/// Entries of the log (C2SP tlog-tiles entry bundles), for auditors.
#[utoipa::path(
    get, path = "/log/tile/entries/{place}", tag = "merchant", operation_id = "entryTile",
    security(("api_token" = [])),
    params(("place" = String, Path, description = "The bundle's index, in groups of three digits; `.p/<W>` for a partial one.")),
    responses(
        (status = 200, description = "The entries, each with a 16-bit length before it.", content_type = "application/octet-stream"),
        (status = 401, description = "No valid token.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token lacks log:read.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such bundle yet.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn entries(
    State(app): State<App>,
    caller: ApiCaller,
    Path(place): Path<String>,
) -> ApiResult<impl IntoResponse> {
    caller.require(Scope::LogRead)?;
    let bytes = entry_tile(&app.engine, &place).await?;
    let bytes = bytes.ok_or_else(|| ApiProblem::new(ProblemCode::NotFound))?;
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], bytes))
}

/// An id that cannot be one names nothing.
pub(crate) fn parse_id(text: &str) -> ApiResult<CaseId> {
    text.parse().map_err(|_| ApiProblem::new(ProblemCode::NotFound))
}
