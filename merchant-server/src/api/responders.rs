//! Who may answer for a case, so that a system can hand one over.

use axum::Json;
use axum::extract::State;
use green_channel::ids::Pseudonym;
use green_channel::intake::ApiResult;
use green_channel::protocol::Problem;
use serde::Serialize;
use utoipa::ToSchema;

use super::caller::ApiCaller;
use crate::app::App;
use crate::auth::{Responder, Scope, responders};

/// Who may answer for a case.
#[derive(Serialize, ToSchema)]
pub(crate) struct ResponderList {
    /// The caller itself, as leaves and cases name it.
    #[schema(value_type = String)]
    you: Pseudonym,
    /// Everybody who may, the caller too if it may.
    responders: Vec<Responder>,
}

/// List who may answer for a case.
#[utoipa::path(
    get, path = "/api/v1/responders", tag = "merchant", operation_id = "listResponders",
    security(("api_token" = [])),
    responses(
        (status = 200, description = "Everybody who may.", body = ResponderList),
        (status = 401, description = "No valid token.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token lacks cases:act.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list(
    State(app): State<App>,
    caller: ApiCaller,
) -> ApiResult<Json<ResponderList>> {
    caller.require(Scope::CasesAct)?;
    let responders = responders(app.engine.store(), app.engine.now()).await?;
    Ok(Json(ResponderList { you: caller.actor().pseudonym, responders }))
}
