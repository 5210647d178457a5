//! Many complaints in one call, for a center or platform that diverts in bulk.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Request, State};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::{Admitted, ApiProblem, ApiResult, Door};
use crate::channel::{Diverted, IntakeAnswer, IntakeError};
use crate::protocol::{
    BATCH_MAX_BYTES, BATCH_MAX_COMPLAINTS, BODY_MAX_BYTES, Complaint, Problem, ProblemCode,
    parse_json,
};
use crate::store::Store;

/// The body: complaints as they would be diverted one by one. Each is taken as the very bytes that
/// stand between the commas, so that its receipt names their digest.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope<T> {
    complaints: Vec<T>,
}

/// The body, for the document.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "it only describes the body")]
pub(super) struct ComplaintBatch {
    /// 1 to 200 complaints. The receipt of each covers exactly the bytes it has in here.
    complaints: Vec<Complaint>,
}

/// What became of one complaint.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Verdict {
    /// As if it had been diverted alone: 201 taken, 200 taken before, else refused.
    status: u16,
    /// The answer, when it was taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<IntakeAnswer>,
    /// Why not, when it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<Box<Problem>>,
}

/// The verdicts.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Verdicts {
    /// One for each complaint, in their order.
    verdicts: Vec<Verdict>,
}

/// Divert many complaints.
///
/// Each gets its own verdict; one that is refused spoils none of the others. The whole batch may be
/// sent again under a fresh token: what was taken before gets the same receipt.
#[utoipa::path(
    post,
    path = "/green-channel/v1/complaint-batches",
    tag = "center",
    operation_id = "divertComplaints",
    security(("request_token" = [])),
    request_body = ComplaintBatch,
    responses(
        (status = 200, description = "A verdict for each, in order.", body = Verdicts),
        (status = 400, description = "Not one JSON document.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "The request token is refused.", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "Larger than 8 MiB.", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "Not application/json.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "None, or more than 200 complaints; none was taken.", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too much is waiting; see Retry-After.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Cannot answer now; see Retry-After.", body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full; nothing was stored.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn divert<S: Store>(
    State(door): State<Door<S>>,
    request: Request,
) -> ApiResult<Json<Verdicts>> {
    let Admitted { caller, body, _room } = door.admit_up_to(request, BATCH_MAX_BYTES).await?;
    let bodies = bodies(&body)?;
    // One that is too large is not looked at: alone it would not have been read either.
    let fitting = |body: &Bytes| body.len() <= BODY_MAX_BYTES;
    let offered: Vec<Bytes> =
        bodies.iter().map(|body| if fitting(body) { body.clone() } else { Bytes::new() }).collect();
    let outcomes = door.channel.divert_batch(Some(&caller), &offered).await?;
    let pairs = outcomes.into_iter().zip(&bodies);
    let verdicts = pairs.map(|(outcome, body)| verdict(outcome, body)).collect();
    Ok(Json(Verdicts { verdicts }))
}

/// The bytes of each complaint, where they stand in the body.
fn bodies(body: &Bytes) -> ApiResult<Vec<Bytes>> {
    let Ok(envelope) = serde_json::from_slice::<Envelope<&RawValue>>(body) else {
        // Once more, by the parser that says where and what.
        return Err(match parse_json::<Envelope<Value>>(body) {
            Err(error) => ApiProblem(Box::new(Problem::from(&error))),
            Ok(_) => ApiProblem::at(ProblemCode::FieldInvalid, "complaints"),
        });
    };
    if envelope.complaints.is_empty() || envelope.complaints.len() > BATCH_MAX_COMPLAINTS {
        let document = ProblemCode::FieldInvalid.problem().with_field("complaints");
        let detail = format!("字段 complaints 不符合要求：一次 1 至 {BATCH_MAX_COMPLAINTS} 件");
        return Err(ApiProblem(Box::new(document.with_detail(detail))));
    }
    Ok(envelope.complaints.iter().map(|raw| body.slice_ref(raw.get().as_bytes())).collect())
}

fn verdict(outcome: Result<Diverted, IntakeError>, body: &Bytes) -> Verdict {
    if body.len() > BODY_MAX_BYTES {
        return refused(ApiProblem::new(ProblemCode::BodyTooLarge));
    }
    match outcome {
        Ok(diverted) => {
            let status = if diverted.created { 201 } else { 200 };
            Verdict { status, answer: Some(diverted.answer), problem: None }
        }
        Err(error) => refused(error.into()),
    }
}

fn refused(ApiProblem(problem): ApiProblem) -> Verdict {
    Verdict { status: problem.status, answer: None, problem: Some(problem) }
}
