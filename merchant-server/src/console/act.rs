//! Posting a form of the case page: act, then show the case again; after a refusal with the
//! values kept and the message at the field.

use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use green_channel::case::{Action, Command, Refusal, RefusalCode};
use green_channel::channel::ActError;
use green_channel::ids::{CaseId, OfferId};

use super::case_page::{Remarks, page};
use super::form::{Misfit, Typed, form_name, problem_zh};
use super::shell::Visitor;
use super::{PageResult, Trouble, render};
use crate::api::{Done, Step, carry_out};
use crate::app::App;
use crate::auth::Permission;

pub(super) async fn submit(
    State(app): State<App>,
    visitor: Visitor,
    Path(case_id): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> PageResult {
    let typed = Typed(pairs);
    let reads_only = typed.value("action") == "reveal";
    visitor.require(if reads_only { Permission::ReadCases } else { Permission::WorkCases })?;
    let id: CaseId = case_id.parse().map_err(|_| Trouble::missing())?;
    let expected = match typed.expected() {
        Ok(expected) => expected,
        Err(misfit) => return again(&app, &visitor, id, typed, misfit).await,
    };
    let fresh = OfferId::new(app.engine.now(), app.engine.random());
    let step = match typed.step(fresh) {
        Ok(step) => step,
        Err(misfit) => return again(&app, &visitor, id, typed, misfit).await,
    };
    match carry_out(&app.engine, id, visitor.actor(), &step, Some(expected)).await {
        Ok(done) => after(&app, &visitor, id, &step, done).await,
        Err(ActError::Refused(refusal)) => refused(&app, &visitor, id, typed, &refusal).await,
        Err(ActError::Stale { .. }) => {
            let problem = "案件刚刚有新进展，请核对后再提交；您填写的内容已保留。".to_owned();
            again(&app, &visitor, id, typed, Misfit { field: "", problem }).await
        }
        Err(error) => Err(error.into()),
    }
}

/// The case again. What is shown only once is shown with it and in no address; everything else is
/// a page of its own, so that a reload does nothing twice.
async fn after(app: &App, visitor: &Visitor, id: CaseId, step: &Step, done: Done) -> PageResult {
    let remarks = match step {
        Step::Command(Command::Reveal { .. }) => {
            Remarks { revealed: done.revealed, ..Remarks::default() }
        }
        Step::IssueLink => Remarks { link: done.link.unwrap_or_default(), ..Remarks::default() },
        Step::Command(command) => return Ok(redirected(id, command.action())),
        Step::Assign(_) => return Ok(redirected(id, Action::Assign)),
    };
    Ok(render(&page(app, visitor, id, &remarks).await?))
}

fn redirected(id: CaseId, action: Action) -> Response {
    Redirect::to(&format!("/console/cases/{id}?done={}", action.code())).into_response()
}

async fn refused(
    app: &App,
    visitor: &Visitor,
    id: CaseId,
    typed: Typed,
    refusal: &Refusal,
) -> PageResult {
    let misfit = match &refusal.code {
        // The day is the consumer's, and no field of this form.
        RefusalCode::FieldInvalid { field: "perform_by", .. }
            if refusal.action == Action::AcceptCounter =>
        {
            let problem = "消费者方案的履行期限已过，请选择不接受，再另行提出方案".to_owned();
            Misfit { field: "", problem }
        }
        RefusalCode::FieldInvalid { field, .. } => {
            let name: &'static str =
                KNOWN.iter().copied().find(|k| *k == form_name(field)).unwrap_or("");
            Misfit { field: name, problem: problem_zh(field).to_owned() }
        }
        _ => Misfit { field: "", problem: refusal.message_zh() },
    };
    again(app, visitor, id, typed, misfit).await
}

/// The names of the fields on the page.
const KNOWN: [&str; 26] = [
    "kinds",
    "refund_yuan",
    "damages_yuan",
    "multiple_yuan",
    "mental_damages_yuan",
    "perform_by",
    "answer_by",
    "text",
    "note",
    "reason",
    "proof",
    "process",
    "result",
    "recovered_yuan",
    "summary",
    "fields",
    "outcome",
    "method",
    "in_exchange",
    "to",
    "reply_by",
    "signature",
    "tenant",
    "stars",
    "until",
    "paper_no",
];

/// The page again, with what was typed and what is wrong with it.
async fn again(
    app: &App,
    visitor: &Visitor,
    id: CaseId,
    typed: Typed,
    misfit: Misfit,
) -> PageResult {
    let status = if misfit.field.is_empty() {
        StatusCode::CONFLICT
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let remarks = Remarks { typed: Some(typed), misfit: Some(misfit), ..Remarks::default() };
    let page = page(app, visitor, id, &remarks).await?;
    Ok((status, render(&page)).into_response())
}
