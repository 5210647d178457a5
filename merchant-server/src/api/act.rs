//! Acting on a case: a strict body becomes a step, the step is carried out.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use green_channel::case::{Action, Actor, Command, Refusal, RefusalCode, StateName};
use green_channel::channel::{ActError, LoadedCase};
use green_channel::ids::{CaseId, Pseudonym};
use green_channel::intake::{ApiProblem, ApiResult};
use green_channel::protocol::{Problem, ProblemCode, parse_json};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

use super::caller::ApiCaller;
use super::cases::parse_id;
use super::command_input::{CommandInput, Step};
use crate::app::App;
use crate::auth::{Scope, responders};
use crate::data_folder::Engine;

/// Under which path the consumer answers; the secret follows it.
pub(crate) const ANSWER_PATH: &str = "/a/";

/// A command with the revision it was decided on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ActRequest {
    /// `summary.revision` as read; another one now is a conflict.
    expected_revision: u64,
    /// What to do.
    command: CommandInput,
}

/// What the act led to.
#[derive(Serialize, ToSchema)]
pub(crate) struct ActAnswer {
    /// The case.
    #[schema(value_type = String)]
    case_id: CaseId,
    /// Its state now.
    state: StateName,
    /// Its revision now.
    revision: u64,
    /// The events that happened.
    events: Vec<String>,
    /// The fields a reveal asked for; empty otherwise.
    revealed: BTreeMap<String, String>,
    /// The address by which the consumer may answer, after `issue_link`: shown this once, for the
    /// consumer alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<String>,
}

/// What was done.
pub(crate) struct Done {
    /// The case as it is now.
    pub(crate) loaded: LoadedCase,
    /// The events that happened.
    events: Vec<String>,
    /// The address of a link that was issued; shown once.
    pub(crate) link: Option<String>,
    /// The fields a reveal asked for; empty otherwise.
    pub(crate) revealed: BTreeMap<String, String>,
}

/// Does it, for API and console alike.
///
/// # Errors
/// See [`ActError`]; in each case nothing was written.
pub(crate) async fn carry_out(
    engine: &Engine,
    id: CaseId,
    actor: Actor,
    step: &Step,
    expected: Option<u64>,
) -> Result<Done, ActError> {
    let mut revealed = BTreeMap::new();
    let acted = match step {
        // Shown only where the consent lets this role read, and written down first.
        Step::Command(Command::Reveal { fields, reason }) => {
            let shown = engine.reveal(id, actor, fields, reason.clone(), expected).await?;
            revealed = shown.1;
            shown.0
        }
        Step::Command(command) => {
            if let Command::ProposeTransfer { to, .. } = command {
                may_take(engine, id, actor, *to).await?;
            }
            engine.act(id, actor, command, expected).await?
        }
        Step::Assign(tenant) => engine.assign(id, actor, *tenant, expected).await?,
        Step::IssueLink => {
            let secret = engine.issue_link(id, actor, expected).await?;
            let link = Some(format!("{}{ANSWER_PATH}{secret}", engine.host().base_url));
            let events = vec!["link_issued".to_owned()];
            return Ok(Done { loaded: engine.load(id).await?, events, link, revealed });
        }
    };
    let events = acted.events.iter().map(|event| event.kind().to_owned()).collect();
    Ok(Done { loaded: acted.loaded, events, link: None, revealed })
}

/// Nobody waits for somebody who is not there: only who works on cases is asked to take one over.
async fn may_take(
    engine: &Engine,
    id: CaseId,
    actor: Actor,
    to: Pseudonym,
) -> Result<(), ActError> {
    let all = responders(engine.store(), engine.now()).await?;
    let choices = engine.view(id, &actor).await?.choices;
    let propose = Action::ProposeTransfer.code();
    let allowed = choices.iter().any(|choice| choice.action == propose && choice.allowed);
    // Whoever may not hand it over at all hears that first.
    if !allowed || all.iter().any(|one| one.pseudonym == to) {
        return Ok(());
    }
    let problem = "choose somebody who works on cases";
    let state = Some(engine.load(id).await?.case.state.name());
    let code = RefusalCode::FieldInvalid { field: "to", problem };
    Err(Refusal { action: Action::ProposeTransfer, state, code }.into())
}

/// Act on a case.
#[utoipa::path(
    post, path = "/api/v1/cases/{case_id}/actions", tag = "merchant", operation_id = "actOnCase",
    security(("api_token" = [])),
    params(("case_id" = String, Path, description = "An id like case_0190….")),
    request_body = ActRequest,
    responses(
        (status = 200, description = "Done, durably.", body = ActAnswer),
        (status = 400, description = "Not one JSON document.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No valid token.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token or its role may not do this.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such case.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The case moved on, or its state does not allow it.", body = Problem, content_type = "application/problem+json"),
        (status = 410, description = "The case was erased.", body = Problem, content_type = "application/problem+json"),
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
    Path(case_id): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> ApiResult<Json<ActAnswer>> {
    caller.require(Scope::CasesAct)?;
    let id = parse_id(&case_id)?;
    let request: ActRequest = read_json(&headers, body)?;
    if request.command.reads() {
        caller.require(Scope::CasesRead)?;
    }
    let step = request.command.into_step(&app.engine);
    let expected = Some(request.expected_revision);
    let done = carry_out(&app.engine, id, caller.actor(), &step, expected).await?;
    Ok(Json(ActAnswer {
        case_id: id,
        state: done.loaded.case.state.name(),
        revision: done.loaded.case.revision,
        events: done.events,
        revealed: done.revealed,
        link: done.link,
    }))
}

/// A strict JSON body: right media type, one document, no unknown members.
pub(crate) fn read_json<T: serde::de::DeserializeOwned>(
    headers: &HeaderMap,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> ApiResult<T> {
    let media = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media = media.and_then(|value| value.split(';').next()).map(str::trim);
    if !media.is_some_and(|media| media.eq_ignore_ascii_case("application/json")) {
        return Err(ApiProblem::new(ProblemCode::UnsupportedMediaType));
    }
    let body = body.map_err(|_| ApiProblem::new(ProblemCode::BodyTooLarge))?;
    parse_json(&body).map_err(|error| ApiProblem(Box::new(Problem::from(&error))))
}
