//! The fund and the bank: batches, results, statements; and the month and a shop's ledger. Files travel
//! as text within JSON, and are not kept.

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use green_channel::channel::fund::{BankError, BatchRow, Outcome, TenantLine};
use green_channel::fund::{
    Difference, Direction, Expected, FundAction, FundRefusalCode, Ledger, Matched, Month, MonthRow,
    MonthStatement, StatementLine, TableError, read_results, read_statement, role_may,
};
use green_channel::ids::{AdvanceId, TenantId};
use green_channel::intake::{ApiProblem, ApiResult};
use green_channel::money::Fen;
use green_channel::protocol::{Problem, ProblemCode};
use green_channel::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::act::read_json;
use super::caller::ApiCaller;
use super::fund::refused;
use super::fund_payee::withheld;
use super::fund_views::EntryView;
use crate::app::App;
use crate::auth::Scope;

/// How many batches are listed.
const BATCHES: usize = 50;

/// What is to be paid by one file.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BatchInput {
    /// The advances, in the order of the file; each is to be paid, and stands once.
    #[schema(value_type = Vec<String>)]
    advances: Vec<AdvanceId>,
}

/// A batch.
#[derive(Serialize, ToSchema)]
pub(crate) struct BatchView {
    /// Its name: the provider of its advances.
    batch: String,
    /// Its advances.
    #[schema(value_type = Vec<String>)]
    advances: Vec<AdvanceId>,
    /// When it was written down.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

impl From<BatchRow> for BatchView {
    fn from(row: BatchRow) -> Self {
        Self { batch: row.name, advances: row.advances, at: row.at }
    }
}

/// The batches, newest first, at most 50.
#[derive(Serialize, ToSchema)]
pub(crate) struct BatchList {
    batches: Vec<BatchView>,
}

/// The file of a batch.
#[derive(Serialize, ToSchema)]
pub(crate) struct BatchFileView {
    /// Its name.
    batch: String,
    /// The file: CSV in UTF-8 with a byte order mark. Names and accounts in clear.
    csv: String,
    /// SHA-256 of the file, hexadecimal.
    sha256: String,
    /// 笔数
    count: usize,
    /// 合计, in fen.
    #[schema(value_type = i64)]
    total_fen: Fen,
}

/// A file as text.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TableInput {
    /// CSV with the head that docs/fund.md gives; at most 2 MiB.
    csv: String,
}

/// What became of a line of a result file.
#[derive(Serialize, ToSchema)]
pub(crate) struct ResultView {
    /// The row as a spreadsheet counts it.
    row: u64,
    /// The advance.
    #[schema(value_type = String)]
    advance_id: AdvanceId,
    /// `booked`, `known` (booked before, the same), `contradicts`, `not_ours` or `refused`.
    outcome: &'static str,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

/// What became of a result file.
#[derive(Serialize, ToSchema)]
pub(crate) struct ResultList {
    results: Vec<ResultView>,
}

/// A line of the bank's statement.
#[derive(Serialize, ToSchema)]
pub(crate) struct StatementLineView {
    /// The row as a spreadsheet counts it.
    row: u64,
    /// The day.
    #[schema(format = Date)]
    on: String,
    /// The bank's number.
    reference: String,
    /// `in` or `out`.
    direction: &'static str,
    /// How much, in fen.
    #[schema(value_type = i64)]
    fen: Fen,
}

/// An entry that should be on the statement.
#[derive(Serialize, ToSchema)]
pub(crate) struct ExpectedView {
    /// Its number in the stream `fund`.
    n: u64,
    /// The day it counts.
    #[schema(format = Date)]
    on: String,
    /// `in` or `out`.
    direction: &'static str,
    /// How much, in fen.
    #[schema(value_type = i64)]
    fen: Fen,
    /// The advance.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    advance_id: Option<AdvanceId>,
}

/// A line and its entry.
#[derive(Serialize, ToSchema)]
pub(crate) struct MatchedView {
    line: StatementLineView,
    entry: ExpectedView,
}

/// What differs, and what to do next, in Chinese.
#[derive(Serialize, ToSchema)]
pub(crate) struct DifferenceView {
    /// Why.
    cause: &'static str,
    /// What to do.
    next_step: &'static str,
    /// The bank's side.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<StatementLineView>,
    /// Ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    entry: Option<ExpectedView>,
}

/// A statement against the ledger.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReconciliationView {
    /// The same on both sides.
    matched: Vec<MatchedView>,
    /// What differs.
    differences: Vec<DifferenceView>,
    /// How many payments were noted as out (核销在途) now.
    cleared: u32,
    /// 期末余额 of the file, in fen.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    bank_fen: Option<Fen>,
    /// What the ledger holds at the bank then, in fen.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    ledger_fen: Option<Fen>,
}

/// What is on an account.
#[derive(Serialize, ToSchema)]
pub(crate) struct BalanceView {
    /// The account, like `pool` or `deposit:tnt_0190…`.
    account: String,
    /// In fen.
    #[schema(value_type = i64)]
    fen: Fen,
}

/// All events of one kind in a month.
#[derive(Serialize, ToSchema)]
pub(crate) struct MonthRowView {
    /// 事项
    label: &'static str,
    /// How many.
    count: u64,
    /// How much, in fen.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    fen: Option<Fen>,
}

/// The fund in one month, by the day on which entries were written down.
#[derive(Serialize, ToSchema)]
pub(crate) struct MonthView {
    /// Like 2026-11.
    month: String,
    /// Whether it is over: then this never changes.
    is_over: bool,
    /// At its beginning.
    opening: Vec<BalanceView>,
    /// At its end, or now.
    closing: Vec<BalanceView>,
    /// What happened.
    rows: Vec<MonthRowView>,
    /// How many entries count on a day before it.
    dated_back: u64,
    /// How many days were closed in it.
    closed_days: u64,
}

/// An entry of a shop's ledger.
#[derive(Serialize, ToSchema)]
pub(crate) struct TenantEntryView {
    entry: EntryView,
    /// 保证金 after it, in fen.
    #[schema(value_type = i64)]
    deposit_fen: Fen,
    /// 应收 after it, in fen.
    #[schema(value_type = i64)]
    receivable_fen: Fen,
}

/// The entries that moved a shop's accounts, in order.
#[derive(Serialize, ToSchema)]
pub(crate) struct TenantEntries {
    entries: Vec<TenantEntryView>,
}

fn failed(error: BankError) -> ApiProblem {
    match error {
        BankError::Table(error) => unreadable(&error),
        BankError::Fund(error) => refused(error),
    }
}

/// Where the file does not fit, and what to do; never what stands there.
fn unreadable(error: &TableError) -> ApiProblem {
    let document = ProblemCode::FieldInvalid.problem().with_detail(error.message_zh());
    ApiProblem(Box::new(document.with_field("csv")))
}

/// Only a cashier works with the bank.
fn works(caller: &ApiCaller) -> ApiResult<()> {
    caller.require(Scope::FundAct)?;
    if role_may(caller.actor().role, FundAction::Submit) {
        return Ok(());
    }
    Err(withheld(FundRefusalCode::RoleNotPermitted))
}

/// Write down a batch of advances that are to be paid by one file (批量代付).
///
/// Every account is checked; nothing is submitted before the file is written.
#[utoipa::path(
    post, path = "/api/v1/fund/batches", tag = "merchant", operation_id = "beginBatch",
    security(("api_token" = [])),
    request_body = BatchInput,
    responses(
        (status = 201, description = "Written down, durably.", body = BatchView),
        (status = 400, description = "Not one JSON document.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No valid token.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token lacks fund:act, or its role does not pay.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such advance.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "An advance is not to be paid.", body = Problem, content_type = "application/problem+json"),
        (status = 410, description = "A person was erased.", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large.", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "Not application/json.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Nothing to pay, an advance twice, or an account that is none.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn begin(
    State(app): State<App>,
    caller: ApiCaller,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> ApiResult<(StatusCode, Json<BatchView>)> {
    works(&caller)?;
    let BatchInput { advances } = read_json(&headers, body)?;
    let batch = app.engine.batch_begin(caller.actor(), &advances).await.map_err(failed)?;
    Ok((StatusCode::CREATED, Json(batch.into())))
}

/// List the last batches.
#[utoipa::path(
    get, path = "/api/v1/fund/batches", tag = "merchant", operation_id = "listBatches",
    security(("api_token" = [])),
    responses(
        (status = 200, description = "Newest first.", body = BatchList),
        (status = 401, description = "No valid token.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token lacks fund:read.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn batches(
    State(app): State<App>,
    caller: ApiCaller,
) -> ApiResult<Json<BatchList>> {
    caller.require(Scope::FundRead)?;
    let rows = app.engine.batches(BATCHES).await?;
    Ok(Json(BatchList { batches: rows.into_iter().map(BatchView::from).collect() }))
}

/// Submit a batch and give its file; the same file whenever it is asked for.
#[utoipa::path(
    post, path = "/api/v1/fund/batches/{batch}/file", tag = "merchant", operation_id = "writeBatch",
    security(("api_token" = [])),
    params(("batch" = String, Path, description = "A name like bank-file-20261126-….")),
    responses(
        (status = 200, description = "The file.", body = BatchFileView),
        (status = 401, description = "No valid token.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token lacks fund:act, or its role does not pay.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such batch.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Another person has to; see `reason`.", body = Problem, content_type = "application/problem+json"),
        (status = 410, description = "A person was erased.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Nothing is left to pay.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn file(
    State(app): State<App>,
    caller: ApiCaller,
    Path(batch): Path<String>,
) -> ApiResult<Json<BatchFileView>> {
    works(&caller)?;
    let file = app.engine.batch_file(caller.actor(), &batch).await.map_err(failed)?;
    let csv = String::from_utf8(file.csv).map_err(|_| ApiProblem::new(ProblemCode::Internal))?;
    let (sha256, count, total_fen) = (file.sha256, file.count, file.total);
    Ok(Json(BatchFileView { batch, csv, sha256, count, total_fen }))
}

/// Book what the bank says of its payments; each once, whenever the file comes.
#[utoipa::path(
    post, path = "/api/v1/fund/results", tag = "merchant", operation_id = "takeResults",
    security(("api_token" = [])),
    request_body = TableInput,
    responses(
        (status = 200, description = "Line by line.", body = ResultList),
        (status = 400, description = "Not one JSON document.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No valid token.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token lacks fund:act, or its role does not pay.", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large.", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "Not application/json.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A row does not fit: nothing was booked.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn results(
    State(app): State<App>,
    caller: ApiCaller,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> ApiResult<Json<ResultList>> {
    works(&caller)?;
    let TableInput { csv } = read_json(&headers, body)?;
    let lines = read_results(csv.as_bytes()).map_err(|error| unreadable(&error))?;
    let taken = app.engine.take_results(caller.actor(), &lines).await.map_err(failed)?;
    let view = |(line, outcome): (green_channel::fund::ResultLine, Outcome)| {
        let (outcome, reason) = match outcome {
            Outcome::Booked => ("booked", None),
            Outcome::Known => ("known", None),
            Outcome::Contradicts => ("contradicts", None),
            Outcome::NotOurs => ("not_ours", None),
            Outcome::Refused(refusal) => ("refused", Some(refusal.code())),
        };
        ResultView { row: line.row, advance_id: line.key, outcome, reason }
    };
    Ok(Json(ResultList { results: taken.into_iter().map(view).collect() }))
}

/// Compare the bank's statement with the ledger, and note the payments that it shows.
#[utoipa::path(
    post, path = "/api/v1/fund/reconciliations", tag = "merchant", operation_id = "reconcile",
    security(("api_token" = [])),
    request_body = TableInput,
    responses(
        (status = 200, description = "Every line and every entry, once.", body = ReconciliationView),
        (status = 400, description = "Not one JSON document.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No valid token.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token lacks fund:act, or its role does not pay.", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large.", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "Not application/json.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A row does not fit: nothing was noted.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn reconcile(
    State(app): State<App>,
    caller: ApiCaller,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> ApiResult<Json<ReconciliationView>> {
    works(&caller)?;
    let TableInput { csv } = read_json(&headers, body)?;
    let statement = read_statement(csv.as_bytes()).map_err(|error| unreadable(&error))?;
    let compared = app.engine.reconcile(&statement).await?;
    let noted = app.engine.clear_matched(caller.actor(), &compared.lines.matched).await;
    let (cleared, _) = noted.map_err(failed)?;
    let (bank_fen, ledger_fen) = match compared.closing {
        None => (None, None),
        Some(closing) => (Some(closing.bank), closing.ledger),
    };
    let lines = compared.lines;
    Ok(Json(ReconciliationView {
        matched: lines.matched.iter().map(matched).collect(),
        differences: lines.differences.iter().map(difference).collect(),
        cleared,
        bank_fen,
        ledger_fen,
    }))
}

const fn way(direction: Direction) -> &'static str {
    match direction {
        Direction::In => "in",
        Direction::Out => "out",
    }
}

fn line(line: &StatementLine) -> StatementLineView {
    StatementLineView {
        row: line.row,
        on: line.on.to_string(),
        reference: line.reference.clone(),
        direction: way(line.direction),
        fen: line.fen,
    }
}

fn expected(entry: &Expected) -> ExpectedView {
    ExpectedView {
        n: entry.n,
        on: entry.on.to_string(),
        direction: way(entry.direction),
        fen: entry.fen,
        advance_id: entry.advance,
    }
}

fn matched(one: &Matched) -> MatchedView {
    MatchedView { line: line(&one.line), entry: expected(&one.entry) }
}

fn difference(one: &Difference) -> DifferenceView {
    DifferenceView {
        cause: one.cause.label_zh(),
        next_step: one.cause.next_step_zh(),
        line: one.line.as_ref().map(line),
        entry: one.entry.as_ref().map(expected),
    }
}

/// Show the fund in one month.
#[utoipa::path(
    get, path = "/api/v1/fund/months/{month}", tag = "merchant", operation_id = "showFundMonth",
    security(("api_token" = [])),
    params(("month" = String, Path, description = "Like 2026-11.")),
    responses(
        (status = 200, description = "The month.", body = MonthView),
        (status = 401, description = "No valid token.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token lacks fund:read.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such month, or it is still to come.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn month(
    State(app): State<App>,
    caller: ApiCaller,
    Path(month): Path<String>,
) -> ApiResult<Json<MonthView>> {
    caller.require(Scope::FundRead)?;
    let this = Month::of(app.engine.now().civil_date());
    let month = Month::parse(&month).ok().filter(|month| *month <= this);
    let month = month.ok_or_else(|| ApiProblem::new(ProblemCode::NotFound))?;
    let statement = app.engine.fund_month(month).await?;
    Ok(Json(month_view(&statement, month < this)))
}

fn month_view(statement: &MonthStatement, is_over: bool) -> MonthView {
    let balances = |ledger: &Ledger| {
        let view = |(account, fen)| BalanceView { account: format!("{account}"), fen };
        ledger.balances().map(view).collect()
    };
    let row = |row: &MonthRow| MonthRowView { label: row.label, count: row.count, fen: row.fen };
    MonthView {
        month: statement.month.to_string(),
        is_over,
        opening: balances(&statement.opening),
        closing: balances(&statement.closing),
        rows: statement.rows.iter().map(row).collect(),
        dated_back: statement.dated_back,
        closed_days: statement.closed_days,
    }
}

/// List the entries that moved a shop's deposit or debt.
#[utoipa::path(
    get, path = "/api/v1/fund/tenants/{tenant_id}/entries", tag = "merchant", operation_id = "listTenantEntries",
    security(("api_token" = [])),
    params(("tenant_id" = String, Path, description = "An id like tnt_0190….")),
    responses(
        (status = 200, description = "The entries, in order.", body = TenantEntries),
        (status = 401, description = "No valid token.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token lacks fund:read.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such shop.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn tenant_entries(
    State(app): State<App>,
    caller: ApiCaller,
    Path(tenant_id): Path<String>,
) -> ApiResult<Json<TenantEntries>> {
    caller.require(Scope::FundRead)?;
    let missing = || ApiProblem::new(ProblemCode::NotFound);
    let id: TenantId = tenant_id.parse().map_err(|_| missing())?;
    app.engine.tenant(id).await?.ok_or_else(missing)?;
    let view = |line: TenantLine| TenantEntryView {
        entry: line.line.into(),
        deposit_fen: line.deposit_fen,
        receivable_fen: line.receivable_fen,
    };
    let lines = app.engine.tenant_lines(id).await?;
    Ok(Json(TenantEntries { entries: lines.into_iter().map(view).collect() }))
}
