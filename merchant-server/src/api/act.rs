//! Acting on a case: a strict body becomes a command of the core.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use green_channel::case::{
    Closing, Command, ContactMethod, ContactResult, HandbackReason, RejectionReason, StateName,
    Terms,
};
use green_channel::codes::Outcome;
use green_channel::ids::{CaseId, OfferId};
use green_channel::intake::{ApiProblem, ApiResult};
use green_channel::money::Fen;
use green_channel::privacy::Personal;
use green_channel::protocol::{Problem, ProblemCode, parse_json};
use green_channel::time::{Date, iso_date};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

use super::caller::ApiCaller;
use super::cases::parse_id;
use crate::app::App;
use crate::auth::Scope;
use crate::data_folder::Engine;

/// A command with the revision it was decided on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ActRequest {
    /// `summary.revision` as read; another one now is a conflict.
    expected_revision: u64,
    /// What to do.
    command: CommandInput,
}

/// What can be done to a case through the API.
#[derive(Deserialize, ToSchema)]
#[serde(tag = "action", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum CommandInput {
    /// 受理: answer for it from now on.
    Accept {},
    /// 登记联系
    Contact {
        /// How.
        method: ContactMethod,
        /// With what result.
        result: ContactResult,
        /// What was said.
        #[schema(max_length = 4000)]
        note: String,
    },
    /// 提出和解方案
    Offer {
        /// The terms.
        terms: Terms,
        /// Until when the consumer may answer.
        #[serde(with = "iso_date")]
        #[schema(value_type = String, format = Date)]
        answer_by: Date,
        /// In words.
        #[schema(max_length = 4000)]
        text: String,
    },
    /// 审核通过
    Approve {},
    /// 审核退回
    SendBack {
        /// Why.
        #[schema(max_length = 4000)]
        reason: String,
    },
    /// 履行完成并办结
    Perform {
        /// What shows it.
        #[schema(max_length = 4000)]
        proof: String,
        /// How it ended.
        #[schema(value_type = String)]
        outcome: Outcome,
        /// 协商方式
        method: ContactMethod,
        /// 协商过程
        #[schema(max_length = 4000)]
        process: String,
        /// 协商结果
        #[schema(max_length = 4000)]
        result: String,
        /// 挽回经济损失, in fen.
        #[schema(value_type = i64, minimum = 0)]
        recovered_fen: Fen,
    },
    /// 未按约履行
    Breach {
        /// What happened.
        #[schema(max_length = 4000)]
        reason: String,
    },
    /// 非本单位等
    Reject {
        /// Why.
        reason: RejectionReason,
        /// In words.
        #[schema(max_length = 4000)]
        text: String,
    },
    /// 退回12315中心
    HandBack {
        /// Why.
        reason: HandbackReason,
        /// What was tried.
        #[schema(max_length = 4000)]
        summary: String,
    },
    /// 显示个人信息: logged, with the reason.
    Reveal {
        /// name, phone, id_number, address
        fields: Vec<String>,
        /// Why.
        #[schema(max_length = 4000)]
        reason: String,
    },
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
}

impl CommandInput {
    /// The core's command, with a fresh offer id where one is needed.
    pub(crate) fn into_command(self, engine: &Engine) -> Command {
        match self {
            Self::Accept {} => Command::Accept,
            Self::Contact { method, result, note } => {
                Command::Contact { method, result, note: Personal::new(note) }
            }
            Self::Offer { terms, answer_by, text } => Command::Offer {
                offer_id: OfferId::new(engine.now(), engine.random()),
                terms,
                answer_by,
                text: Personal::new(text),
            },
            Self::Approve {} => Command::Approve,
            Self::SendBack { reason } => Command::SendBack { reason: Personal::new(reason) },
            Self::Perform { proof, outcome, method, process, result, recovered_fen } => {
                let (process, result) = (Personal::new(process), Personal::new(result));
                let closing = Closing { outcome, method, process, result, recovered_fen };
                Command::Perform { proof: Personal::new(proof), closing }
            }
            Self::Breach { reason } => Command::Breach { reason: Personal::new(reason) },
            Self::Reject { reason, text } => Command::Reject { reason, text: Personal::new(text) },
            Self::HandBack { reason, summary } => {
                Command::HandBack { reason, summary: Personal::new(summary) }
            }
            Self::Reveal { fields, reason } => {
                Command::Reveal { fields, reason: Personal::new(reason) }
            }
        }
    }
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
    let command = request.command.into_command(&app.engine);
    let expected = Some(request.expected_revision);
    let acted = app.engine.act(id, caller.actor(), &command, expected).await?;
    let revealed = match &command {
        Command::Reveal { fields, .. } => app.engine.identity(id, fields).await?,
        _ => BTreeMap::new(),
    };
    Ok(Json(ActAnswer {
        case_id: id,
        state: acted.loaded.case.state.name(),
        revision: acted.loaded.case.revision,
        events: acted.events.iter().map(|event| event.kind().to_owned()).collect(),
        revealed,
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
