//! Reports to the center: what waits, what was put aside, and sending it again.

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use green_channel::channel::ReportView;
use green_channel::ids::ReportId;
use green_channel::intake::{ApiProblem, ApiResult};
use green_channel::protocol::{Problem, ProblemCode};
use green_channel::store::{OutboxFilter, OutboxState, Store, StoreError};
use serde::Serialize;
use utoipa::ToSchema;

use super::caller::ApiCaller;
use super::cases::url_pairs;
use crate::app::App;
use crate::auth::Scope;

/// Reports, newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReportList {
    /// The reports.
    reports: Vec<ReportView>,
    /// Ask with `before` set to this for older ones; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    next: Option<ReportId>,
}

/// List reports to the center.
#[utoipa::path(
    get, path = "/api/v1/reports", tag = "merchant", operation_id = "listReports",
    security(("api_token" = [])),
    params(
        ("state" = Option<String>, Query, description = "`pending`, `delivered` or `dead`."),
        ("before" = Option<String>, Query, description = "`next` of the page before."),
    ),
    responses(
        (status = 200, description = "A page.", body = ReportList),
        (status = 400, description = "A query parameter does not fit.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No valid token.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token lacks reports:manage.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list(
    State(app): State<App>,
    caller: ApiCaller,
    RawQuery(query): RawQuery,
) -> ApiResult<Json<ReportList>> {
    caller.require(Scope::ReportsManage)?;
    let invalid = |field: &str| ApiProblem::at(ProblemCode::QueryInvalid, field);
    let mut filter = OutboxFilter { state: None, before: None, limit: 50 };
    let pairs = url_pairs(query.as_deref().unwrap_or("")).ok_or_else(|| invalid("query"))?;
    for (name, value) in pairs {
        match name.as_str() {
            "state" => {
                let state = OutboxState::from_code(&value).ok_or_else(|| invalid("state"))?;
                filter.state = Some(state);
            }
            "before" => filter.before = Some(value.parse().map_err(|_| invalid("before"))?),
            _ => return Err(invalid("query")),
        }
    }
    let rows = app.engine.store().outbox(filter).await?;
    let next = rows.last().filter(|_| rows.len() == 50).map(|row| row.id);
    Ok(Json(ReportList { reports: rows.into_iter().map(ReportView::from).collect(), next }))
}

/// Send a report again that was put aside.
#[utoipa::path(
    post, path = "/api/v1/reports/{report_id}/replay", tag = "merchant",
    operation_id = "replayReport",
    security(("api_token" = [])),
    params(("report_id" = String, Path, description = "An id like rpt_0190….")),
    responses(
        (status = 204, description = "It will be sent."),
        (status = 401, description = "No valid token.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token lacks reports:manage.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such report, or it was not put aside.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn replay(
    State(app): State<App>,
    caller: ApiCaller,
    Path(report_id): Path<String>,
) -> ApiResult<StatusCode> {
    caller.require(Scope::ReportsManage)?;
    let missing = || ApiProblem::new(ProblemCode::NotFound);
    let id = report_id.parse().map_err(|_| missing())?;
    match app.engine.replay_report(id).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(StoreError::Conflict { .. }) => Err(missing()),
        Err(error) => Err(error.into()),
    }
}
