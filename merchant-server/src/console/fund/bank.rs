//! 银行: batches out, result files in, statements against the ledger. Files are read in memory and not
//! kept; what they hold of people goes nowhere.

use axum::Router;
use axum::extract::multipart::{MultipartError, MultipartRejection};
use axum::extract::{DefaultBodyLimit, Form, Multipart, Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect};
use axum::routing::{get, post};
use green_channel::channel::fund::{BankError, BatchRow, ClosingCheck, FundError, Outcome};
use green_channel::fund::{
    Difference, Expected, FundAction, Matched, StatementLine, TableError, read_results,
    read_statement, role_may,
};
use green_channel::ids::AdvanceId;
use serde::Deserialize;

use super::super::names::Names;
use super::super::pages::fund::{BatchCard, DifferenceLine, FundBankPage, ResultCard};
use super::super::pages::parts::{Badge, Section, Tone};
use super::super::shell::Visitor;
use super::super::{PageResult, Trouble, format, render};
use super::act::NotDone;
use crate::app::App;
use crate::auth::Permission;
use crate::limit::FILE_BYTES;

/// How many batches are shown.
const BATCHES: usize = 20;

pub(super) fn router() -> Router<App> {
    let upload = || DefaultBodyLimit::max(FILE_BYTES);
    Router::new()
        .route("/console/fund/bank", get(show))
        .route("/console/fund/bank/batches", post(begin))
        .route("/console/fund/bank/batches/{name}", post(file))
        .route("/console/fund/bank/results", post(results).layer(upload()))
        .route("/console/fund/bank/statement", post(statement).layer(upload()))
}

#[derive(Deserialize)]
struct Params {
    #[serde(default)]
    batch: String,
}

/// Only a cashier works with the bank.
fn works(visitor: &Visitor) -> Result<(), Trouble> {
    visitor.require(Permission::WorkFund)?;
    let may = role_may(visitor.role(), FundAction::Submit);
    if may { Ok(()) } else { Err(Trouble::forbidden()) }
}

async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Query(params): Query<Params>,
) -> PageResult {
    works(&visitor)?;
    let mut page = page(&app, &visitor, "").await?;
    if !params.batch.is_empty() {
        page.shell.notice = "批次已生成，请下载文件并提交网银。".to_owned();
    }
    Ok(render(&page))
}

async fn page(app: &App, visitor: &Visitor, error: &str) -> Result<FundBankPage, Trouble> {
    let names = Names::load(app).await?;
    let batches = app.engine.batches(BATCHES).await?;
    Ok(FundBankPage {
        shell: visitor.shell(app, Section::Fund).await?,
        error: error.to_owned(),
        batches: batches.iter().map(|batch| card(batch, &names)).collect(),
        ..FundBankPage::default()
    })
}

fn card(batch: &BatchRow, names: &Names) -> BatchCard {
    BatchCard {
        href: format!("/console/fund/bank/batches/{}", batch.name),
        name: batch.name.clone(),
        made: format!("{} {}", format::moment(batch.at), names.of(batch.by)),
        count: format!("{} 笔", batch.advances.len()),
    }
}

/// What is said of a failure, or the failure itself.
fn said(error: BankError) -> Result<String, Trouble> {
    let error: FundError = match error {
        BankError::Table(error) => return Ok(error.message_zh()),
        BankError::Fund(error) => error,
    };
    match NotDone::from(error) {
        NotDone::Misfit(misfit) => Ok(misfit.problem),
        NotDone::Trouble(trouble) => Err(trouble),
    }
}

/// Writes down a batch of what was ticked.
async fn begin(
    State(app): State<App>,
    visitor: Visitor,
    Form(pairs): Form<Vec<(String, String)>>,
) -> PageResult {
    works(&visitor)?;
    let ticked = pairs.iter().filter(|(name, _)| name == "advance");
    let ids: Result<Vec<AdvanceId>, _> = ticked.map(|(_, id)| id.parse()).collect();
    let ids = ids.map_err(|_| Trouble::missing())?;
    let begun = app.engine.batch_begin(visitor.actor(), &ids).await;
    match begun {
        Ok(batch) => {
            let to = format!("/console/fund/bank?batch={}", batch.name);
            Ok(Redirect::to(&to).into_response())
        }
        Err(error) => {
            let error = if ids.is_empty() {
                "请在“待付款”列表勾选要付款的先付。".to_owned()
            } else {
                format!("{}。这一批没有生成，请改正后重试。", said(error)?)
            };
            Ok((StatusCode::CONFLICT, render(&page(&app, &visitor, &error).await?)).into_response())
        }
    }
}

/// The file of a batch: submits what is not submitted yet.
async fn file(State(app): State<App>, visitor: Visitor, Path(name): Path<String>) -> PageResult {
    works(&visitor)?;
    match app.engine.batch_file(visitor.actor(), &name).await {
        Ok(file) => {
            let headers = [
                (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
                (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.csv\"")),
                (header::HeaderName::from_static("x-content-sha256"), file.sha256),
            ];
            Ok((headers, file.csv).into_response())
        }
        Err(error) => {
            let error = said(error)?;
            Ok((StatusCode::CONFLICT, render(&page(&app, &visitor, &error).await?)).into_response())
        }
    }
}

/// A form with a file, or that it is none: whoever may not send one hears that first.
pub(super) type Uploaded = Result<Multipart, MultipartRejection>;

/// The one file of a form.
pub(super) async fn uploaded(form: Uploaded) -> Result<Vec<u8>, String> {
    let mut form = form.map_err(|_| "请用本页的表单上传文件".to_owned())?;
    let broken = |error: &MultipartError| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => "文件超过 2 MiB".to_owned(),
        _ => "文件没有完整上传，请重试".to_owned(),
    };
    while let Some(field) = form.next_field().await.map_err(|error| broken(&error))? {
        if field.name() == Some("file") {
            let bytes = field.bytes().await.map_err(|error| broken(&error))?;
            if bytes.is_empty() {
                return Err("请选择文件".to_owned());
            }
            return Ok(bytes.to_vec());
        }
    }
    Err("请选择文件".to_owned())
}

/// A file that could not be read, whole: the page again.
async fn unread(app: &App, visitor: &Visitor, error: &str) -> PageResult {
    let error = format!("{error}。没有登记任何内容。");
    let page = page(app, visitor, &error).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, render(&page)).into_response())
}

/// Books a file of results.
async fn results(State(app): State<App>, visitor: Visitor, form: Uploaded) -> PageResult {
    works(&visitor)?;
    let read = match uploaded(form).await {
        Ok(bytes) => read_results(&bytes).map_err(|error| error.message_zh()),
        Err(problem) => Err(problem),
    };
    let lines = match read {
        Ok(lines) => lines,
        Err(problem) => return unread(&app, &visitor, &problem).await,
    };
    let mut page = page(&app, &visitor, "").await?;
    match app.engine.take_results(visitor.actor(), &lines).await {
        Ok(outcomes) => {
            page.results = outcomes
                .iter()
                .map(|(line, outcome)| ResultCard {
                    row: line.row.to_string(),
                    href: format!("/console/fund/advances/{}", line.key),
                    id: line.key.to_string(),
                    outcome: outcome_zh(outcome),
                })
                .collect();
            page.has_results = true;
            Ok(render(&page))
        }
        Err(error) => {
            let problem = said(error)?;
            unread(&app, &visitor, &problem).await
        }
    }
}

fn outcome_zh(outcome: &Outcome) -> Badge {
    let (text, tone) = match outcome {
        Outcome::Booked => ("已登记".to_owned(), Tone::Good),
        Outcome::Known => ("此前已登记，相同".to_owned(), Tone::Quiet),
        Outcome::Contradicts => ("与已登记的不一致，请核对".to_owned(), Tone::Bad),
        Outcome::NotOurs => ("不是批量付款的先付，请核对编号".to_owned(), Tone::Bad),
        Outcome::Refused(refusal) => (refusal.message_zh(), Tone::Bad),
    };
    Badge { text, tone }
}

/// A statement against the ledger; with `clear`, what it shows of payments is noted.
async fn statement(State(app): State<App>, visitor: Visitor, form: Uploaded) -> PageResult {
    works(&visitor)?;
    let read = match uploaded(form).await {
        Ok(bytes) => read_statement(&bytes).map_err(|error: TableError| error.message_zh()),
        Err(problem) => Err(problem),
    };
    let statement = match read {
        Ok(statement) => statement,
        Err(problem) => return unread(&app, &visitor, &problem).await,
    };
    let compared = app.engine.reconcile(&statement).await?;
    let noted = app.engine.clear_matched(visitor.actor(), &compared.lines.matched).await;
    let (cleared, refused) = match noted {
        Ok(noted) => noted,
        Err(error) => {
            let problem = said(error)?;
            return unread(&app, &visitor, &problem).await;
        }
    };
    let mut page = page(&app, &visitor, "").await?;
    page.compared = true;
    page.summary = summary(&compared.lines.matched, compared.lines.differences.len(), cleared);
    page.closing = compared.closing.map(closing_zh).unwrap_or_default();
    page.differences = compared.lines.differences.iter().map(difference).collect();
    page.remarks = refused.iter().map(|refusal| refusal.message_zh()).collect();
    Ok(render(&page))
}

fn summary(matched: &[Matched], differences: usize, cleared: u32) -> String {
    let other_day = matched.iter().filter(|one| one.line.on != one.entry.on).count();
    let late = match other_day {
        0 => String::new(),
        n => format!("（其中 {n} 笔日期不同）"),
    };
    format!("一致 {} 笔{late}，差异 {differences} 笔，本次核销在途 {cleared} 笔。", matched.len())
}

fn closing_zh(check: ClosingCheck) -> Badge {
    let ClosingCheck { bank, ledger } = check;
    match ledger {
        Some(ledger) if ledger == bank => {
            Badge { text: format!("期末余额一致：{bank}"), tone: Tone::Good }
        }
        Some(ledger) => {
            let apart = bank.checked_sub(ledger).map(|fen| fen.to_string()).unwrap_or_default();
            let text = format!("期末余额不一致：银行 {bank}，账上 {ledger}，相差 {apart}");
            Badge { text, tone: Tone::Bad }
        }
        None => Badge { text: "账上余额无法得出".to_owned(), tone: Tone::Bad },
    }
}

fn difference(one: &Difference) -> DifferenceLine {
    let bank = |line: &StatementLine| {
        let (day, no, way) = (format::day(line.on), &line.reference, line.direction.label_zh());
        format!("第 {} 行，{day}，{way} {}，流水号 {no}", line.row, line.fen)
    };
    let ours = |entry: &Expected| {
        let (day, n, what) = (format::day(entry.on), entry.n, entry.what);
        format!("第 {n} 号分录，{day}，{what} {}", entry.fen)
    };
    let advance = one.entry.as_ref().and_then(|entry| entry.advance);
    DifferenceLine {
        cause: one.cause.label_zh().to_owned(),
        bank: one.line.as_ref().map(bank).unwrap_or_default(),
        ours: one.entry.as_ref().map(ours).unwrap_or_default(),
        href: advance.map(|id| format!("/console/fund/advances/{id}")).unwrap_or_default(),
        next: one.cause.next_step_zh().to_owned(),
    }
}
