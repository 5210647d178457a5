//! 现场登记 for the merchant's own desk system. Handlers translate; what a complaint and its
//! consent must be is the SDK's own check.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode};
use green_channel::channel::{DeskComplaint, DeskError, IntakeAnswer};
use green_channel::intake::{ApiProblem, ApiResult};
use green_channel::protocol::{Problem, ProblemCode};

use super::act::read_json;
use super::caller::ApiCaller;
use crate::app::App;
use crate::auth::{Permission, Scope, allows};

/// Register a walk-in complaint.
///
/// What a clerk writes down for a consumer at the desk, with the consent as it was captured. The
/// number is ours and begins with XC. Not idempotent: a repeated call opens another case.
#[utoipa::path(
    post, path = "/api/v1/desk-complaints", tag = "merchant", operation_id = "registerAtDesk",
    security(("api_token" = [])),
    request_body = DeskComplaint,
    responses(
        (status = 201, description = "Registered, durably.", body = IntakeAnswer),
        (status = 400, description = "Not one JSON document.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No valid token.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token lacks cases:act, or its role may not register.", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large.", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "Not application/json.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A field or the consent does not fit. Nothing was stored.", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too much is waiting; see Retry-After.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Cannot answer now; see Retry-After.", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full; nothing was written.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn register(
    State(app): State<App>,
    caller: ApiCaller,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> ApiResult<(StatusCode, Json<IntakeAnswer>)> {
    caller.require(Scope::CasesAct)?;
    let actor = caller.actor();
    if !allows(actor.role, Permission::RegisterAtDesk) {
        return Err(ApiProblem::new(ProblemCode::Forbidden));
    }
    let written: DeskComplaint = read_json(&headers, body)?;
    match app.engine.register(actor, written).await {
        Ok(diverted) => Ok((StatusCode::CREATED, Json(diverted.answer))),
        Err(DeskError::Field(error)) => Err(error.into()),
        Err(DeskError::Intake(error)) => Err(error.into()),
    }
}
