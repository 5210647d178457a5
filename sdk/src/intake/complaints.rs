//! Diversion, tracking and notices: what a center calls.

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;

use super::{ApiProblem, ApiResult, Door};
use crate::channel::{ActError, IntakeAnswer};
use crate::ids::ComplaintNo;
use crate::protocol::{NoticeAnswer, Problem, ProblemCode, Tracking};
use crate::store::Store;

/// Divert a complaint.
///
/// The consent inside is verified first; without it nothing personal is stored. The same body
/// again gets the same receipt.
#[utoipa::path(
    post,
    path = "/green-channel/v1/complaints",
    tag = "center",
    operation_id = "divertComplaint",
    security(("request_token" = [])),
    request_body = crate::protocol::Complaint,
    responses(
        (status = 201, description = "Taken; the receipt is signed.", body = IntakeAnswer),
        (status = 200, description = "The same complaint as before; the same receipt.", body = IntakeAnswer),
        (status = 400, description = "Not one JSON document.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "The request token is refused.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The consent does not cover it; nothing was stored.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Another complaint came under this number.", body = Problem, content_type = "application/problem+json"),
        (status = 410, description = "The complaint was erased.", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "Larger than 256 KiB.", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "Not application/json.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A field does not fit.", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too much is waiting; see Retry-After.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Cannot answer now; see Retry-After.", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full; nothing was stored.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn divert<S: Store>(
    State(door): State<Door<S>>,
    request: Request,
) -> ApiResult<(StatusCode, Json<IntakeAnswer>)> {
    let admitted = door.admit(request).await?;
    let diverted = door.channel.divert(Some(&admitted.caller), &admitted.body).await?;
    let status = if diverted.created { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(diverted.answer)))
}

/// Where a complaint stands (网上跟踪).
#[utoipa::path(
    get,
    path = "/green-channel/v1/complaints/{no}",
    tag = "center",
    operation_id = "trackComplaint",
    security(("request_token" = [])),
    params(("no" = String, Path, description = "The center's complaint number.")),
    responses(
        (status = 200, description = "Where it stands.", body = Tracking),
        (status = 401, description = "The request token is refused.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such complaint.", body = Problem, content_type = "application/problem+json"),
        (status = 410, description = "The complaint was erased.", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "A body larger than 256 KiB.", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too much is waiting; see Retry-After.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Cannot answer now; see Retry-After.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn track<S: Store>(
    State(door): State<Door<S>>,
    Path(no): Path<String>,
    request: Request,
) -> ApiResult<Json<Tracking>> {
    let admitted = door.admit(request).await?;
    door.channel.burn(&admitted.caller).await?;
    let no = parse_no(&no)?;
    match door.channel.tracking(&no).await {
        Ok(tracking) => Ok(Json(tracking)),
        Err(ActError::Unknown) => Err(ApiProblem::new(ProblemCode::ComplaintUnknown)),
        Err(error) => Err(error.into()),
    }
}

/// Tell the merchant something about a complaint it was diverted.
///
/// The same notice again gets the same answer. A kind that is new to the merchant is kept.
#[utoipa::path(
    post,
    path = "/green-channel/v1/complaints/{no}/notices",
    tag = "center",
    operation_id = "sendNotice",
    security(("request_token" = [])),
    params(("no" = String, Path, description = "The center's complaint number.")),
    request_body = crate::protocol::NoticeEnvelope,
    responses(
        (status = 200, description = "Taken, now or before.", body = NoticeAnswer),
        (status = 400, description = "Not one JSON document.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "The request token is refused.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such complaint.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Another notice came under this id, or it cannot be done now.", body = Problem, content_type = "application/problem+json"),
        (status = 410, description = "The complaint was erased.", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "Larger than 256 KiB.", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "Not application/json.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A field does not fit.", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too much is waiting; see Retry-After.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Cannot answer now; see Retry-After.", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full; nothing was stored.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn notify<S: Store>(
    State(door): State<Door<S>>,
    Path(no): Path<String>,
    request: Request,
) -> ApiResult<Json<NoticeAnswer>> {
    let admitted = door.admit(request).await?;
    let no = parse_no(&no)?;
    Ok(Json(door.channel.notify(&admitted.caller, &no, &admitted.body).await?))
}

/// A number that cannot be one is an unknown one.
fn parse_no(no: &str) -> ApiResult<ComplaintNo> {
    no.parse().map_err(|_| ApiProblem::new(ProblemCode::ComplaintUnknown))
}
