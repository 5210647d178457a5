//! Posting a form of the fund: act, then show the page again; after a refusal with the values kept and
//! the message at the field.

use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use green_channel::channel::ActError;
use green_channel::channel::fund::{FundError, FundTarget};
use green_channel::fund::{FundCommand, FundRefusal};
use green_channel::ids::{AdvanceId, CaseId};

use super::super::case_page::{self, Remarks};
use super::super::form::{Misfit, Typed};
use super::super::shell::Visitor;
use super::super::{PageResult, Trouble, render};
use super::{advance, list, overview, read};
use crate::app::App;
use crate::auth::Permission;

/// What came of it, when nothing was done.
pub(super) enum NotDone {
    /// Something at the form.
    Misfit(Misfit),
    /// Something else.
    Trouble(Trouble),
}

impl From<FundError> for NotDone {
    fn from(error: FundError) -> Self {
        match error {
            FundError::Refused(refusal) => Self::Misfit(misfit_of(&refusal)),
            FundError::Case(ActError::Refused(refusal)) => {
                Self::Misfit(Misfit { field: "", problem: refusal.message_zh() })
            }
            FundError::Case(error) => Self::Trouble(error.into()),
            FundError::Store(error) => Self::Trouble(error.into()),
        }
    }
}

/// At which field, and what to do.
fn misfit_of(refusal: &FundRefusal) -> Misfit {
    let field = match refusal.field() {
        Some("fen") => "yuan",
        Some("effective_on") => "effective_on",
        Some("reference") => "reference",
        Some("tenant") => "tenant",
        Some("paper_no") => "paper_no",
        Some("n") => "n",
        Some("cause") => "cause",
        _ => "",
    };
    let hint = match field {
        "effective_on" => "：须是今天或近期的日期，付款日期不早于审核日期",
        "reference" if refusal.code() != "slip_booked" => "：只用字母、数字和 - _ . /",
        "n" => "：只能冲正尚未冲正的入账分录",
        "paper_no" => "：例如 SK-2026-0001",
        _ => "",
    };
    Misfit { field, problem: format!("{}{hint}", refusal.message_zh()) }
}

pub(super) fn status_of(misfit: &Misfit) -> StatusCode {
    if misfit.field.is_empty() { StatusCode::CONFLICT } else { StatusCode::UNPROCESSABLE_ENTITY }
}

/// The page again, with what was typed and what is wrong with it.
pub(super) fn remarks(typed: Typed, misfit: Misfit) -> Remarks {
    Remarks { typed: Some(typed), misfit: Some(misfit), ..Remarks::default() }
}

pub(super) async fn on_advance(
    State(app): State<App>,
    visitor: Visitor,
    Path(advance_id): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> PageResult {
    visitor.require(Permission::WorkFund)?;
    let id: AdvanceId = advance_id.parse().map_err(|_| Trouble::missing())?;
    let typed = Typed(pairs);
    let action = typed.value("action").to_owned();
    match act_on(&app, &visitor, id, &typed).await {
        Ok(()) => {
            let to = format!("/console/fund/advances/{id}?done={action}");
            Ok(Redirect::to(&to).into_response())
        }
        Err(NotDone::Trouble(trouble)) => Err(trouble),
        Err(NotDone::Misfit(misfit)) => {
            let status = status_of(&misfit);
            let page = advance::page(&app, &visitor, id, &remarks(typed, misfit)).await?;
            Ok((status, render(&page)).into_response())
        }
    }
}

async fn act_on(app: &App, visitor: &Visitor, id: AdvanceId, typed: &Typed) -> Result<(), NotDone> {
    let command = read::on_advance(typed).map_err(NotDone::Misfit)?;
    let expected = typed.expected().map_err(NotDone::Misfit)?;
    let row = app.engine.advance(id).await.map_err(FundError::from)?;
    let row = row.ok_or_else(|| NotDone::Trouble(Trouble::missing()))?;
    if row.advance.version != expected {
        let problem = "这笔先付刚刚有新进展，请核对后再提交；您填写的内容已保留。".to_owned();
        return Err(NotDone::Misfit(Misfit { field: "", problem }));
    }
    let (command, target) = command.into_command(id, &app.engine).map_err(|_| {
        let problem = "请填写原因，不超过 4000 字".to_owned();
        NotDone::Misfit(Misfit { field: "reason", problem })
    })?;
    app.engine.act_fund(visitor.actor(), &command, &target).await?;
    Ok(())
}

pub(super) async fn on_fund(
    State(app): State<App>,
    visitor: Visitor,
    Form(pairs): Form<Vec<(String, String)>>,
) -> PageResult {
    visitor.require(Permission::WorkFund)?;
    let typed = Typed(pairs);
    let action = typed.value("action").to_owned();
    let in_list = typed.value("from") == "proposals";
    let place = if in_list { "/console/fund/proposals" } else { "/console/fund" };
    match act_on_fund(&app, &visitor, &typed).await {
        Ok(()) => Ok(Redirect::to(&format!("{place}?done={action}")).into_response()),
        Err(NotDone::Trouble(trouble)) => Err(trouble),
        Err(NotDone::Misfit(misfit)) => {
            let status = status_of(&misfit);
            let page: Response = if in_list {
                render(&list::proposal_page(&app, &visitor, "", &misfit.problem).await?)
            } else {
                render(&overview::page(&app, &visitor, &remarks(typed, misfit)).await?)
            };
            Ok((status, page).into_response())
        }
    }
}

async fn act_on_fund(app: &App, visitor: &Visitor, typed: &Typed) -> Result<(), NotDone> {
    let input = read::on_fund(typed).map_err(NotDone::Misfit)?;
    let mut moves = Vec::new();
    if let Some(n) = input.reverses() {
        let lines = app.engine.fund_lines(n, 1).await.map_err(FundError::from)?;
        let entry = lines.first().filter(|line| line.n == n);
        moves = entry.map(|line| line.stamped.event.moves()).unwrap_or_default();
    }
    let (command, target) = input.into_command(moves, &app.engine);
    app.engine.act_fund(visitor.actor(), &command, &target).await?;
    Ok(())
}

/// 申请先行赔付, on the page of a case.
pub(super) async fn request(
    State(app): State<App>,
    visitor: Visitor,
    Path(case_id): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> PageResult {
    visitor.require(Permission::WorkFund)?;
    visitor.require(Permission::WorkCases)?;
    let id: CaseId = case_id.parse().map_err(|_| Trouble::missing())?;
    let typed = Typed(pairs);
    match ask(&app, &visitor, id, &typed).await {
        Ok(advance) => {
            let to = format!("/console/fund/advances/{advance}?done=request");
            Ok(Redirect::to(&to).into_response())
        }
        Err(NotDone::Trouble(trouble)) => Err(trouble),
        Err(NotDone::Misfit(misfit)) => {
            let status = status_of(&misfit);
            let page = case_page::page(&app, &visitor, id, &remarks(typed, misfit)).await?;
            Ok((status, render(&page)).into_response())
        }
    }
}

async fn ask(
    app: &App,
    visitor: &Visitor,
    id: CaseId,
    typed: &Typed,
) -> Result<AdvanceId, NotDone> {
    let asked = read::asked(typed).map_err(NotDone::Misfit)?;
    let loaded = app.engine.load(id).await.map_err(FundError::from)?;
    let tenant = loaded.case.assigned.as_ref().map(|assigned| assigned.tenant);
    let advance = AdvanceId::new(app.engine.now(), app.engine.random());
    let command = FundCommand::Request {
        advance,
        case: loaded.stream,
        tenant: tenant.filter(|_| asked.recover),
        fen: asked.fen,
        grounds: asked.grounds,
    };
    let target = FundTarget { case: Some(id), words: asked.words, ..FundTarget::default() };
    app.engine.act_fund(visitor.actor(), &command, &target).await?;
    Ok(advance)
}
