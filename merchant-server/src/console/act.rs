//! Posting a form of the case page: act, then show the case again; after a refusal with the
//! values kept and the message at the field.

use std::collections::BTreeMap;

use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use green_channel::case::{Command, Refusal, RefusalCode};
use green_channel::channel::ActError;
use green_channel::ids::CaseId;

use super::case_page::{Remarks, page};
use super::form::{Misfit, Typed, form_name, problem_zh};
use super::shell::Visitor;
use super::{PageResult, Trouble, render};
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
    let command = match typed.command(&app.engine) {
        Ok(command) => command,
        Err(misfit) => return again(&app, &visitor, id, typed, misfit).await,
    };
    let actor = visitor.session.person.actor();
    match app.engine.act(id, actor, &command, Some(expected)).await {
        Ok(_) => {
            if let Command::Reveal { fields, .. } = &command {
                let revealed = app.engine.identity(id, fields).await?;
                let remarks = Remarks { revealed, ..Remarks::default() };
                return Ok(render(&page(&app, &visitor, id, &remarks).await?));
            }
            let done = format!("/console/cases/{id}?done={}", command.action().code());
            Ok(Redirect::to(&done).into_response())
        }
        Err(ActError::Refused(refusal)) => refused(&app, &visitor, id, typed, &refusal).await,
        Err(ActError::Stale { .. }) => {
            let problem = "案件刚刚有新进展，请核对后再提交；您填写的内容已保留。".to_owned();
            again(&app, &visitor, id, typed, Misfit { field: "", problem }).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn refused(
    app: &App,
    visitor: &Visitor,
    id: CaseId,
    typed: Typed,
    refusal: &Refusal,
) -> PageResult {
    let misfit = match &refusal.code {
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
const KNOWN: [&str; 18] = [
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
    let remarks = Remarks {
        typed: Some(typed),
        misfit: Some(misfit),
        revealed: BTreeMap::new(),
        done: String::new(),
    };
    let page = page(app, visitor, id, &remarks).await?;
    Ok((status, render(&page)).into_response())
}
