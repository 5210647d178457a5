//! The guarantee fund: what is in it, its entries, advances and what waits. Handlers translate; who may
//! do what, and whether, is the fund's own rule.

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use green_channel::channel::fund::{FundError, FundOverview, FundTarget, Queue};
use green_channel::fund::{FundCommand, FundRefusal, FundRefusalCode};
use green_channel::ids::AdvanceId;
use green_channel::intake::{ApiProblem, ApiResult};
use green_channel::protocol::{Problem, ProblemCode};

use super::act::read_json;
use super::caller::ApiCaller;
use super::cases::{parse_id, url_pairs};
use super::fund_input::{AdvanceInput, words};
use super::fund_views::{
    AdvanceAct, AdvanceAnswer, AdvanceDetail, AdvanceList, AdvanceView, EntryList, EntryView,
    FundAct, FundAnswer, FundChoiceView, ProposalList,
};
use crate::app::App;
use crate::auth::Scope;

const PAGE: u32 = 50;
const PAGE_MAX: u32 = 200;

/// Show what is in the fund.
#[utoipa::path(
    get, path = "/api/v1/fund", tag = "merchant", operation_id = "showFund",
    security(("api_token" = [])),
    responses(
        (status = 200, description = "Every account.", body = FundOverview),
        (status = 401, description = "No valid token.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token lacks fund:read.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn show(
    State(app): State<App>,
    caller: ApiCaller,
) -> ApiResult<Json<FundOverview>> {
    caller.require(Scope::FundRead)?;
    Ok(Json(app.engine.fund_overview().await?))
}

/// List the entries of the fund, in order.
#[utoipa::path(
    get, path = "/api/v1/fund/entries", tag = "merchant", operation_id = "listFundEntries",
    security(("api_token" = [])),
    params(
        ("from" = Option<u64>, Query, description = "`next` of the page before."),
        ("limit" = Option<u32>, Query, description = "1 to 200, default 50.", minimum = 1, maximum = 200),
    ),
    responses(
        (status = 200, description = "A page.", body = EntryList),
        (status = 400, description = "A query parameter does not fit.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No valid token.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token lacks fund:read.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn entries(
    State(app): State<App>,
    caller: ApiCaller,
    RawQuery(query): RawQuery,
) -> ApiResult<Json<EntryList>> {
    caller.require(Scope::FundRead)?;
    let query = Query::read(query.as_deref().unwrap_or(""), &["from", "limit"])?;
    let (from, limit) = (query.number("from")?.unwrap_or(0), query.limit()?);
    let lines = app.engine.fund_lines(from, limit).await?;
    let whole = u32::try_from(lines.len()).is_ok_and(|count| count == limit);
    let next = lines.last().filter(|_| whole).map(|line| line.n + 1);
    Ok(Json(EntryList { entries: lines.into_iter().map(EntryView::from).collect(), next }))
}

/// List advances, oldest first: all, or those that wait in a queue.
#[utoipa::path(
    get, path = "/api/v1/fund/advances", tag = "merchant", operation_id = "listAdvances",
    security(("api_token" = [])),
    params(
        ("queue" = Option<String>, Query, description = "`approve`, `pay`, `resolve` or `owed`; all when absent."),
        ("after" = Option<String>, Query, description = "`next` of the page before."),
        ("limit" = Option<u32>, Query, description = "1 to 200, default 50.", minimum = 1, maximum = 200),
    ),
    responses(
        (status = 200, description = "A page.", body = AdvanceList),
        (status = 400, description = "A query parameter does not fit.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No valid token.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token lacks fund:read.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn advances(
    State(app): State<App>,
    caller: ApiCaller,
    RawQuery(query): RawQuery,
) -> ApiResult<Json<AdvanceList>> {
    caller.require(Scope::FundRead)?;
    let query = Query::read(query.as_deref().unwrap_or(""), &["queue", "after", "limit"])?;
    let (after, limit) = (query.id("after")?, query.limit()?);
    let rows = match query.queue()? {
        Some(queue) => app.engine.advances(queue, after, limit).await?,
        None => app.engine.all_advances(after, limit).await?,
    };
    let whole = u32::try_from(rows.len()).is_ok_and(|count| count == limit);
    let next = rows.last().filter(|_| whole).map(|row| row.advance.id);
    Ok(Json(AdvanceList { advances: rows.into_iter().map(AdvanceView::from).collect(), next }))
}

/// Show an advance, with what the caller may do with it and, of what not, why.
#[utoipa::path(
    get, path = "/api/v1/fund/advances/{advance_id}", tag = "merchant", operation_id = "showAdvance",
    security(("api_token" = [])),
    params(("advance_id" = String, Path, description = "An id like adv_0190….")),
    responses(
        (status = 200, description = "The advance.", body = AdvanceDetail),
        (status = 401, description = "No valid token.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token lacks fund:read.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such advance.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn advance(
    State(app): State<App>,
    caller: ApiCaller,
    Path(advance_id): Path<String>,
) -> ApiResult<Json<AdvanceDetail>> {
    caller.require(Scope::FundRead)?;
    let id = advance_of(&advance_id)?;
    let row = app.engine.advance(id).await?;
    let row = row.ok_or_else(|| ApiProblem::new(ProblemCode::NotFound))?;
    let choices = app.engine.advance_choices(id, &caller.actor()).await.map_err(refused)?;
    let choices = choices.into_iter().map(FundChoiceView::from).collect();
    Ok(Json(AdvanceDetail { advance: row.into(), choices }))
}

/// List what waits for a second person.
#[utoipa::path(
    get, path = "/api/v1/fund/proposals", tag = "merchant", operation_id = "listProposals",
    security(("api_token" = [])),
    responses(
        (status = 200, description = "At most 200, oldest first.", body = ProposalList),
        (status = 401, description = "No valid token.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token lacks fund:read.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn proposals(
    State(app): State<App>,
    caller: ApiCaller,
) -> ApiResult<Json<ProposalList>> {
    caller.require(Scope::FundRead)?;
    Ok(Json(ProposalList { proposals: app.engine.proposals(None, PAGE_MAX).await? }))
}

/// Ask for an advance on a settled case.
#[utoipa::path(
    post, path = "/api/v1/cases/{case_id}/advances", tag = "merchant", operation_id = "requestAdvance",
    security(("api_token" = [])),
    params(("case_id" = String, Path, description = "An id like case_0190….")),
    request_body = AdvanceInput,
    responses(
        (status = 201, description = "Asked for, durably.", body = AdvanceView),
        (status = 400, description = "Not one JSON document.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No valid token.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token lacks fund:act, or its role may not.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such case.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "A limit or the case stands in the way; see `reason`.", body = Problem, content_type = "application/problem+json"),
        (status = 410, description = "The case was erased.", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large.", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "Not application/json.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A field does not fit.", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too much is waiting; see Retry-After.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Cannot answer now; see Retry-After.", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full; nothing was written.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn request(
    State(app): State<App>,
    caller: ApiCaller,
    Path(case_id): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> ApiResult<(StatusCode, Json<AdvanceView>)> {
    caller.require(Scope::FundAct)?;
    let case = parse_id(&case_id)?;
    let AdvanceInput { fen, tenant, grounds, payee, reason } = read_json(&headers, body)?;
    let words = words(payee, reason)?;
    let stream = app.engine.load(case).await?.stream;
    let advance = AdvanceId::new(app.engine.now(), app.engine.random());
    let command = FundCommand::Request { advance, case: stream, tenant, fen, grounds };
    let target = FundTarget { case: Some(case), words, ..FundTarget::default() };
    let acted = app.engine.act_fund(caller.actor(), &command, &target).await.map_err(refused)?;
    let row = acted.advance.ok_or_else(|| ApiProblem::new(ProblemCode::Internal))?;
    Ok((StatusCode::CREATED, Json(row.into())))
}

/// Act on an advance.
#[utoipa::path(
    post, path = "/api/v1/fund/advances/{advance_id}/actions", tag = "merchant", operation_id = "actOnAdvance",
    security(("api_token" = [])),
    params(("advance_id" = String, Path, description = "An id like adv_0190….")),
    request_body = AdvanceAct,
    responses(
        (status = 200, description = "Done, durably.", body = AdvanceAnswer),
        (status = 400, description = "Not one JSON document.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No valid token.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token lacks fund:act, or its role may not.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such advance.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It stands elsewhere, or another person has to; see `reason`.", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large.", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "Not application/json.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A field does not fit.", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too much is waiting; see Retry-After.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Cannot answer now; see Retry-After.", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full; nothing was written.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn act_on_advance(
    State(app): State<App>,
    caller: ApiCaller,
    Path(advance_id): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> ApiResult<Json<AdvanceAnswer>> {
    caller.require(Scope::FundAct)?;
    let id = advance_of(&advance_id)?;
    let AdvanceAct { command } = read_json(&headers, body)?;
    let before = app.engine.advance(id).await?;
    let before = before.ok_or_else(|| ApiProblem::new(ProblemCode::NotFound))?;
    let (command, target) = command.into_command(id, &app.engine)?;
    let acted = app.engine.act_fund(caller.actor(), &command, &target).await.map_err(refused)?;
    Ok(Json(AdvanceAnswer::of(acted, before)))
}

/// Act on the fund itself.
#[utoipa::path(
    post, path = "/api/v1/fund/actions", tag = "merchant", operation_id = "actOnFund",
    security(("api_token" = [])),
    request_body = FundAct,
    responses(
        (status = 200, description = "Done, durably.", body = FundAnswer),
        (status = 400, description = "Not one JSON document.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No valid token.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token lacks fund:act, or its role may not.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such proposal.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "An account is short, or another person has to; see `reason`.", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large.", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "Not application/json.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A field does not fit.", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too much is waiting; see Retry-After.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Cannot answer now; see Retry-After.", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full; nothing was written.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn act(
    State(app): State<App>,
    caller: ApiCaller,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> ApiResult<Json<FundAnswer>> {
    caller.require(Scope::FundAct)?;
    let FundAct { command } = read_json(&headers, body)?;
    let mut moves = Vec::new();
    if let Some(n) = command.reverses() {
        let lines = app.engine.fund_lines(n, 1).await?;
        let entry = lines.first().filter(|line| line.n == n);
        moves = entry.map(|line| line.stamped.event.moves()).unwrap_or_default();
    }
    let (command, target) = command.into_command(moves, &app.engine);
    let acted = app.engine.act_fund(caller.actor(), &command, &target).await.map_err(refused)?;
    Ok(Json(acted.into()))
}

/// An id that cannot be one names nothing.
pub(super) fn advance_of(text: &str) -> ApiResult<AdvanceId> {
    text.parse().map_err(|_| ApiProblem::new(ProblemCode::NotFound))
}

/// The problem of a refusal: its code is the `reason`.
pub(super) fn refused(error: FundError) -> ApiProblem {
    let refusal: FundRefusal = match error {
        FundError::Refused(refusal) => refusal,
        FundError::Case(error) => return error.into(),
        FundError::Store(error) => return error.into(),
    };
    let code = match (&refusal.code, refusal.field()) {
        (FundRefusalCode::RoleNotPermitted | FundRefusalCode::NotFirstResponder, _) => {
            ProblemCode::Forbidden
        }
        (FundRefusalCode::Unknown, _) => ProblemCode::NotFound,
        (FundRefusalCode::FieldInvalid { .. } | FundRefusalCode::NoDeadline, _) => {
            ProblemCode::FieldInvalid
        }
        _ => ProblemCode::CommandRefused,
    };
    let detail = format!("{}（{}）", refusal.message_zh(), refusal.code());
    let mut document = code.problem().with_detail(detail).with_reason(refusal.code());
    if let Some(field) = refusal.field() {
        document = document.with_field(field);
    }
    ApiProblem(Box::new(document))
}

/// A query, read strictly: an unknown or repeated parameter is an error, not a surprise.
struct Query(Vec<(String, String)>);

impl Query {
    fn read(text: &str, known: &[&'static str]) -> ApiResult<Self> {
        let invalid = |field: &str| ApiProblem::at(ProblemCode::QueryInvalid, field);
        let pairs: Vec<(String, String)> =
            url_pairs(text).ok_or_else(|| invalid("query"))?.into_iter().collect();
        for (place, (name, _)) in pairs.iter().enumerate() {
            let field = known.iter().find(|known| *known == name);
            let field = field.ok_or_else(|| invalid("query"))?;
            if pairs[..place].iter().any(|(earlier, _)| earlier == name) {
                return Err(invalid(field));
            }
        }
        Ok(Self(pairs))
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn number(&self, name: &'static str) -> ApiResult<Option<u64>> {
        let read = self.text(name).map(str::parse).transpose();
        read.map_err(|_| ApiProblem::at(ProblemCode::QueryInvalid, name))
    }

    fn id(&self, name: &'static str) -> ApiResult<Option<AdvanceId>> {
        let read = self.text(name).map(str::parse).transpose();
        read.map_err(|_| ApiProblem::at(ProblemCode::QueryInvalid, name))
    }

    fn limit(&self) -> ApiResult<u32> {
        let wanted = self.number("limit")?.map_or(Some(PAGE), |limit| u32::try_from(limit).ok());
        let wanted = wanted.filter(|limit| (1..=PAGE_MAX).contains(limit));
        wanted.ok_or_else(|| ApiProblem::at(ProblemCode::QueryInvalid, "limit"))
    }

    fn queue(&self) -> ApiResult<Option<Queue>> {
        match self.text("queue") {
            None => Ok(None),
            Some("approve") => Ok(Some(Queue::Approve)),
            Some("pay") => Ok(Some(Queue::Pay)),
            Some("resolve") => Ok(Some(Queue::Resolve)),
            Some("owed") => Ok(Some(Queue::Owed)),
            Some(_) => Err(ApiProblem::at(ProblemCode::QueryInvalid, "queue")),
        }
    }
}
