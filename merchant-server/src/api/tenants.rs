//! The register of tenants. Handlers translate; what a tenant must be is the SDK's own check.

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use green_channel::channel::{TenantError, TenantRow};
use green_channel::ids::TenantId;
use green_channel::intake::{ApiProblem, ApiResult};
use green_channel::protocol::{Problem, ProblemCode};
use green_channel::tenants::TenantDraft;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::act::read_json;
use super::caller::ApiCaller;
use super::cases::url_pairs;
use crate::app::App;
use crate::auth::Scope;

const PAGE: u32 = 50;
const PAGE_MAX: u32 = 200;

/// A page of the register.
#[derive(Serialize, ToSchema)]
pub(crate) struct TenantList {
    /// The tenants.
    tenants: Vec<TenantRow>,
    /// Ask with `after` set to this for the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    next: Option<TenantId>,
}

/// A tenant as it should stand, with the version it was decided on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TenantChange {
    /// `version` as read; another one now is a conflict.
    expected_version: u64,
    /// The whole tenant: what is left out is gone.
    tenant: TenantDraft,
}

/// List tenants.
///
/// In the order they were added.
#[utoipa::path(
    get, path = "/api/v1/tenants", tag = "merchant", operation_id = "listTenants",
    security(("api_token" = [])),
    params(
        ("after" = Option<String>, Query, description = "`next` of the page before."),
        ("limit" = Option<u32>, Query, description = "1 to 200, default 50.", minimum = 1, maximum = 200),
    ),
    responses(
        (status = 200, description = "A page.", body = TenantList),
        (status = 400, description = "A query parameter does not fit.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No valid token.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token lacks tenants:read.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list(
    State(app): State<App>,
    caller: ApiCaller,
    RawQuery(query): RawQuery,
) -> ApiResult<Json<TenantList>> {
    caller.require(Scope::TenantsRead)?;
    let (after, limit) = parse_query(query.as_deref().unwrap_or(""))?;
    let after = after.map(|id| id.to_string()).unwrap_or_default();
    let tenants = app.engine.tenants(&after, limit).await?;
    let whole = u32::try_from(tenants.len()).is_ok_and(|count| count == limit);
    let next = tenants.last().filter(|_| whole).map(|row| row.id);
    Ok(Json(TenantList { tenants, next }))
}

/// Add a tenant.
#[utoipa::path(
    post, path = "/api/v1/tenants", tag = "merchant", operation_id = "addTenant",
    security(("api_token" = [])),
    request_body = TenantDraft,
    responses(
        (status = 201, description = "Added, durably.", body = TenantRow),
        (status = 400, description = "Not one JSON document.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No valid token.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token lacks tenants:manage.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Another tenant has this USCC and stall number.", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large.", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "Not application/json.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A field does not fit.", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too much is waiting; see Retry-After.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Cannot answer now; see Retry-After.", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full; nothing was written.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn add(
    State(app): State<App>,
    caller: ApiCaller,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> ApiResult<(StatusCode, Json<TenantRow>)> {
    caller.require(Scope::TenantsManage)?;
    let draft: TenantDraft = read_json(&headers, body)?;
    let tenant = draft.into_tenant().map_err(|fault| refused(fault.into(), ""))?;
    let added = app.engine.tenant_add(caller.actor(), &tenant).await;
    let id = added.map_err(|error| refused(error, ""))?;
    Ok((StatusCode::CREATED, Json(TenantRow { id, version: 1, tenant })))
}

/// Show a tenant.
#[utoipa::path(
    get, path = "/api/v1/tenants/{tenant_id}", tag = "merchant", operation_id = "showTenant",
    security(("api_token" = [])),
    params(("tenant_id" = String, Path, description = "An id like tnt_0190….")),
    responses(
        (status = 200, description = "The tenant, its contact in clear.", body = TenantRow),
        (status = 401, description = "No valid token.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token lacks tenants:read.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such tenant.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn show(
    State(app): State<App>,
    caller: ApiCaller,
    Path(tenant_id): Path<String>,
) -> ApiResult<Json<TenantRow>> {
    caller.require(Scope::TenantsRead)?;
    let found = app.engine.tenant(parse_id(&tenant_id)?).await?;
    found.map(Json).ok_or_else(|| ApiProblem::new(ProblemCode::NotFound))
}

/// Change a tenant.
///
/// The whole of it is replaced, also to suspend it or to let it trade again.
#[utoipa::path(
    put, path = "/api/v1/tenants/{tenant_id}", tag = "merchant", operation_id = "changeTenant",
    security(("api_token" = [])),
    params(("tenant_id" = String, Path, description = "An id like tnt_0190….")),
    request_body = TenantChange,
    responses(
        (status = 200, description = "Changed, durably.", body = TenantRow),
        (status = 400, description = "Not one JSON document.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No valid token.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token lacks tenants:manage.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such tenant.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It was changed meanwhile, or another tenant has this USCC and stall number.", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large.", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "Not application/json.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A field does not fit.", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too much is waiting; see Retry-After.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Cannot answer now; see Retry-After.", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full; nothing was written.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn change(
    State(app): State<App>,
    caller: ApiCaller,
    Path(tenant_id): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> ApiResult<Json<TenantRow>> {
    caller.require(Scope::TenantsManage)?;
    let id = parse_id(&tenant_id)?;
    let TenantChange { expected_version, tenant } = read_json(&headers, body)?;
    let within = |error: TenantError| refused(error, "tenant.");
    let tenant = tenant.into_tenant().map_err(|fault| within(fault.into()))?;
    let changed = app.engine.tenant_change(caller.actor(), id, expected_version, &tenant).await;
    Ok(Json(TenantRow { id, version: changed.map_err(within)?, tenant }))
}

/// The problem, with the field named by its path: `within` is what stands before it.
fn refused(error: TenantError, within: &str) -> ApiProblem {
    match error {
        TenantError::Field { field, problem } => {
            let field = format!("{within}{field}");
            let detail = format!("字段 {field} 不符合要求：{problem}");
            let document = ProblemCode::FieldInvalid.problem().with_field(field);
            ApiProblem(Box::new(document.with_detail(detail)))
        }
        TenantError::Stale { current } => {
            let detail = format!("商户资料已更新到第 {current} 版，请重新读取后再提交。");
            ApiProblem(Box::new(ProblemCode::VersionConflict.problem().with_detail(detail)))
        }
        TenantError::Taken => ApiProblem::new(ProblemCode::TenantTaken),
        TenantError::Unknown => ApiProblem::new(ProblemCode::NotFound),
        TenantError::Store(error) => error.into(),
    }
}

/// Reads the query strictly: an unknown or repeated parameter is an error, not a surprise.
fn parse_query(text: &str) -> ApiResult<(Option<TenantId>, u32)> {
    let invalid = |field: &str| ApiProblem::at(ProblemCode::QueryInvalid, field);
    let (mut after, mut limit): (Option<TenantId>, Option<u32>) = (None, None);
    for (name, value) in url_pairs(text).ok_or_else(|| invalid("query"))? {
        match name.as_str() {
            "after" if after.is_none() => {
                after = Some(value.parse().map_err(|_| invalid("after"))?);
            }
            "limit" if limit.is_none() => {
                let wanted = value.parse().ok();
                let wanted = wanted.filter(|wanted: &u32| (1..=PAGE_MAX).contains(wanted));
                limit = Some(wanted.ok_or_else(|| invalid("limit"))?);
            }
            "after" => return Err(invalid("after")),
            "limit" => return Err(invalid("limit")),
            _ => return Err(invalid("query")),
        }
    }
    Ok((after, limit.unwrap_or(PAGE)))
}

/// An id that cannot be one names nothing.
fn parse_id(text: &str) -> ApiResult<TenantId> {
    text.parse().map_err(|_| ApiProblem::new(ProblemCode::NotFound))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_is_read_strictly() {
        let id = "tnt_01900000000070008000000000000000";
        let read = parse_query(&format!("after={id}&limit=7")).unwrap();
        assert_eq!(read, (Some(id.parse().unwrap()), 7));
        assert_eq!(parse_query("").unwrap(), (None, PAGE));
        for (query, field) in [
            ("limit=0", "limit"),
            ("limit=201", "limit"),
            ("limit=1&limit=2", "limit"),
            ("after=x", "after"),
            ("name=%E6%9E%97", "query"),
        ] {
            let problem = parse_query(query).unwrap_err();
            assert_eq!(problem.0.field.as_deref(), Some(field), "{query}");
        }
    }
}
