//! To whom an advance is paid: for whoever may pay, while it is to be paid, and for nobody else.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::IntoResponse;
use green_channel::fund::{FundAction, FundRefusal, FundRefusalCode, role_may};
use green_channel::intake::{ApiProblem, ApiResult};
use green_channel::protocol::{Problem, ProblemCode};
use serde::Serialize;
use utoipa::ToSchema;

use super::caller::ApiCaller;
use super::fund::advance_of;
use crate::app::App;
use crate::auth::Scope;

/// To whom an advance is paid, in clear.
#[derive(Serialize, ToSchema)]
pub(crate) struct PayeeView {
    /// 收款人
    name: String,
    /// 账号
    account: String,
    /// 开户行
    bank: String,
}

/// Show to whom an advance is paid.
///
/// To a cashier alone, and only between the last approval and the payment. Each showing is a leaf
/// of the case, and listed among the reveals.
#[utoipa::path(
    get, path = "/api/v1/fund/advances/{advance_id}/payee", tag = "merchant", operation_id = "showPayee",
    security(("api_token" = [])),
    params(("advance_id" = String, Path, description = "An id like adv_0190….")),
    responses(
        (status = 200, description = "The payee, in clear.", body = PayeeView),
        (status = 401, description = "No valid token.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token lacks fund:read, its role does not pay, or the advance is not to be paid; see `reason`.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such advance.", body = Problem, content_type = "application/problem+json"),
        (status = 410, description = "The case was erased.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn show(
    State(app): State<App>,
    caller: ApiCaller,
    Path(advance_id): Path<String>,
) -> ApiResult<impl IntoResponse> {
    caller.require(Scope::FundRead)?;
    if !role_may(caller.actor().role, FundAction::Submit) {
        return Err(withheld(FundRefusalCode::RoleNotPermitted));
    }
    let row = app.engine.advance(advance_of(&advance_id)?).await?;
    let row = row.ok_or_else(|| ApiProblem::new(ProblemCode::NotFound))?;
    if !row.advance.status.is_to_be_paid() {
        return Err(withheld(FundRefusalCode::WrongStatus(row.advance.status)));
    }
    let payee = app.engine.show_payee(&row, caller.actor()).await?;
    let view = PayeeView {
        name: payee.name.expose().clone(),
        account: payee.account.expose().clone(),
        bank: payee.bank.expose().clone(),
    };
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(view)))
}

/// Whoever may not see it hears why as if it were to be paid.
pub(super) fn withheld(code: FundRefusalCode) -> ApiProblem {
    let refusal = FundRefusal { action: FundAction::Submit, code };
    let detail = format!("{}（{}）", refusal.message_zh(), refusal.code());
    let document = ProblemCode::Forbidden.problem().with_detail(detail);
    ApiProblem(Box::new(document.with_reason(refusal.code())))
}
