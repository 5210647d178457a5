//! The agreement with the tenants on deposits (电商法 Art. 58), version by version.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode};
use green_channel::channel::fund::AgreementRow;
use green_channel::fund::{FundAction, FundRefusalCode, role_may};
use green_channel::intake::ApiResult;
use green_channel::protocol::Problem;
use green_channel::time::{Date, Timestamp, iso_date};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::act::read_json;
use super::caller::ApiCaller;
use super::fund::refused;
use super::fund_payee::withheld;
use crate::app::App;
use crate::auth::Scope;

/// A new version.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AgreementInput {
    /// The whole text; at most 6,000 characters.
    #[schema(min_length = 1, max_length = 6000)]
    text: String,
    /// In force from this day on; today or later.
    #[serde(with = "iso_date")]
    #[schema(value_type = String, format = Date)]
    effective_from: Date,
}

/// A version of the agreement.
#[derive(Serialize, ToSchema)]
pub(crate) struct AgreementView {
    /// 1, 2, 3 …
    version: u32,
    /// The text.
    text: String,
    /// SHA-256 of the text in UTF-8, hexadecimal, as the log has it.
    digest: String,
    /// In force from this day on.
    #[schema(format = Date)]
    effective_from: String,
    /// When it was put in force.
    #[schema(value_type = String, format = DateTime)]
    adopted_at: Timestamp,
}

/// Every version, oldest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct AgreementList {
    agreements: Vec<AgreementView>,
}

impl From<AgreementRow> for AgreementView {
    fn from(row: AgreementRow) -> Self {
        Self {
            version: row.version,
            text: row.text,
            digest: row.digest,
            effective_from: row.effective_from.to_string(),
            adopted_at: row.at,
        }
    }
}

/// List the versions of the agreement on deposits.
#[utoipa::path(
    get, path = "/api/v1/fund/agreements", tag = "merchant", operation_id = "listAgreements",
    security(("api_token" = [])),
    responses(
        (status = 200, description = "Oldest first.", body = AgreementList),
        (status = 401, description = "No valid token.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token lacks fund:read.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list(
    State(app): State<App>,
    caller: ApiCaller,
) -> ApiResult<Json<AgreementList>> {
    caller.require(Scope::FundRead)?;
    let rows = app.engine.agreements().await?;
    Ok(Json(AgreementList { agreements: rows.into_iter().map(AgreementView::from).collect() }))
}

/// Put a new version of the agreement on deposits in force.
#[utoipa::path(
    post, path = "/api/v1/fund/agreements", tag = "merchant", operation_id = "adoptAgreement",
    security(("api_token" = [])),
    request_body = AgreementInput,
    responses(
        (status = 201, description = "In force from its day on, durably.", body = AgreementView),
        (status = 400, description = "Not one JSON document.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No valid token.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token lacks fund:act, or its role is not the manager's.", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large.", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "Not application/json.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "No text, or a day that is over.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn adopt(
    State(app): State<App>,
    caller: ApiCaller,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> ApiResult<(StatusCode, Json<AgreementView>)> {
    caller.require(Scope::FundAct)?;
    if !role_may(caller.actor().role, FundAction::Adopt) {
        return Err(withheld(FundRefusalCode::RoleNotPermitted));
    }
    let AgreementInput { text, effective_from } = read_json(&headers, body)?;
    let row = app.engine.adopt_agreement(caller.actor(), &text, effective_from).await;
    Ok((StatusCode::CREATED, Json(row.map_err(refused)?.into())))
}
