//! Pictures of an advance's slips and receipts: in, and shown with a trace.

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use green_channel::fund::{FundAction, FundRefusalCode, role_may};
use green_channel::ids::AdvanceId;
use green_channel::intake::{ApiProblem, ApiResult};
use green_channel::privacy::Personal;
use green_channel::protocol::{Problem, ProblemCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::act::read_json;
use super::caller::ApiCaller;
use super::fund::{advance_of, refused};
use super::fund_payee::withheld;
use crate::app::App;
use crate::auth::Scope;

/// A picture.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EvidenceInput {
    /// The bytes of a JPEG, a PNG or a PDF in base64; at most 1.5 million bytes.
    base64: String,
}

/// Why somebody looks.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LookInput {
    /// Why; logged.
    #[schema(min_length = 1, max_length = 4000)]
    reason: String,
}

/// A picture that was added.
#[derive(Serialize, ToSchema)]
pub(crate) struct EvidenceView {
    /// The advance.
    #[schema(value_type = String)]
    advance_id: AdvanceId,
    /// SHA-256 of the picture, hexadecimal.
    sha256: String,
    /// `image/jpeg`, `image/png` or `application/pdf`.
    media: &'static str,
    /// How large, in bytes.
    bytes: u32,
}

/// A picture in clear.
#[derive(Serialize, ToSchema)]
pub(crate) struct PictureView {
    /// `image/jpeg`, `image/png` or `application/pdf`.
    media: &'static str,
    /// The bytes in base64.
    base64: String,
}

/// Add a picture of a slip, or of the receipt that was signed.
///
/// Its digest is in the log; the picture is sealed with the case, and goes with it.
#[utoipa::path(
    post, path = "/api/v1/fund/advances/{advance_id}/evidence", tag = "merchant", operation_id = "addEvidence",
    security(("api_token" = [])),
    params(("advance_id" = String, Path, description = "An id like adv_0190….")),
    request_body = EvidenceInput,
    responses(
        (status = 201, description = "Added, durably.", body = EvidenceView),
        (status = 400, description = "Not one JSON document.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No valid token.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token lacks fund:act.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such advance.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Nobody pays it yet.", body = Problem, content_type = "application/problem+json"),
        (status = 410, description = "The case was erased.", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large.", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "Not application/json.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "No JPEG, PNG or PDF, too large, there already, or there are ten.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn add(
    State(app): State<App>,
    caller: ApiCaller,
    Path(advance_id): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> ApiResult<(StatusCode, Json<EvidenceView>)> {
    caller.require(Scope::FundAct)?;
    if !role_may(caller.actor().role, FundAction::AddEvidence) {
        return Err(withheld(FundRefusalCode::RoleNotPermitted));
    }
    let id = advance_of(&advance_id)?;
    let EvidenceInput { base64 } = read_json(&headers, body)?;
    let bytes = STANDARD.decode(base64);
    let bytes = bytes.map_err(|_| ApiProblem::at(ProblemCode::FieldInvalid, "base64"))?;
    let acted = app.engine.add_evidence(caller.actor(), id, &bytes).await.map_err(refused)?;
    let added = acted.advance.and_then(|row| row.advance.evidence.last().cloned());
    let added = added.ok_or_else(|| ApiProblem::new(ProblemCode::Internal))?;
    let (sha256, media, bytes) = (added.sha256, added.media.name(), added.bytes);
    Ok((StatusCode::CREATED, Json(EvidenceView { advance_id: id, sha256, media, bytes })))
}

/// Show a picture. Each look is a leaf of the case, and listed among the reveals.
#[utoipa::path(
    post, path = "/api/v1/fund/advances/{advance_id}/evidence/{sha256}", tag = "merchant", operation_id = "showEvidence",
    security(("api_token" = [])),
    params(
        ("advance_id" = String, Path, description = "An id like adv_0190…."),
        ("sha256" = String, Path, description = "Which picture."),
    ),
    request_body = LookInput,
    responses(
        (status = 200, description = "The picture.", body = PictureView),
        (status = 400, description = "Not one JSON document.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No valid token.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token lacks cases:read, or the consent does not let this role read.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such picture.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The case does not allow it now.", body = Problem, content_type = "application/problem+json"),
        (status = 410, description = "The case was erased.", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large.", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "Not application/json.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "No reason.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn show(
    State(app): State<App>,
    caller: ApiCaller,
    Path((advance_id, sha256)): Path<(String, String)>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> ApiResult<impl IntoResponse> {
    caller.require(Scope::CasesRead)?;
    let LookInput { reason } = read_json(&headers, body)?;
    let missing = || ApiProblem::new(ProblemCode::NotFound);
    let row = app.engine.advance(advance_of(&advance_id)?).await?.ok_or_else(missing)?;
    let actor = caller.actor();
    let picture = app.engine.show_evidence(&row, &sha256, actor, Personal::new(reason)).await?;
    let view = PictureView { media: picture.media.name(), base64: STANDARD.encode(picture.bytes) };
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(view)))
}
