//! The center's own routes: reports in, receipts out; diversions for pulling.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};

use super::sim_center::{SeenReport, Shared};
use crate::log::{AddCheckpoint, SIZE_CONTENT_TYPE, WitnessRefusal};
use crate::protocol::{
    Diversion, DiversionPage, ReportReceipt, RequestParts, TrustedCallers, body_digest, parse_json,
    sign_report_receipt, verify_request,
};

pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/v1/reports", post(report))
        .route("/v1/diversions", get(diversions))
        .route("/v1/diversions/{no}/ack", post(acknowledge))
        .route("/witness/add-checkpoint", post(witness))
        .with_state(shared)
}

/// C2SP tlog-witness: the head is held against the one that was cosigned last, and takes its place
/// before the answer.
async fn witness(State(shared): State<Arc<Shared>>, body: String) -> Response {
    let mut memory = shared.memory();
    if memory.faults.witness_unavailable {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let Some(log) = memory.log.clone() else { return StatusCode::NOT_FOUND.into_response() };
    let last = memory.witnessed;
    let request = AddCheckpoint::parse(&body);
    let head = request.and_then(|request| request.consider(&log, last));
    match head {
        Ok(head) => {
            memory.witnessed = Some((head.size, head.root));
            shared.witness.cosign(&head.text(), shared.clock.now()).into_response()
        }
        Err(refusal) => {
            let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::BAD_REQUEST);
            let WitnessRefusal::Conflict { size } = refusal else {
                memory.complaints.push(format!("witness: {refusal}"));
                return status.into_response();
            };
            let kind = [(header::CONTENT_TYPE, SIZE_CONTENT_TYPE)];
            (status, kind, format!("{size}\n")).into_response()
        }
    }
}

/// Checks the merchant's token as strictly as the merchant checks ours.
fn check(
    shared: &Shared,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(), Box<Response>> {
    let merchant = shared.memory().merchant.clone();
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("");
    let path = uri.path_and_query().map_or("", |path| path.as_str());
    let url = format!("http://{host}{path}");
    let callers = TrustedCallers::new([(shared.config.merchant_url.clone(), merchant)]);
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let parts = RequestParts { method: method.as_str(), url: &url, body };
    let now = shared.clock.now();
    match verify_request(authorization, &parts, &shared.config.issuer, &callers, now) {
        Ok(_) => Ok(()),
        Err(error) => {
            shared.memory().complaints.push(format!("token refused: {error}"));
            Err(Box::new(problem(StatusCode::UNAUTHORIZED, error.code())))
        }
    }
}

fn problem(status: StatusCode, code: &str) -> Response {
    let body =
        json!({ "type": "about:blank", "title": code, "status": status.as_u16(), "code": code });
    (status, [(header::CONTENT_TYPE, "application/problem+json")], body.to_string()).into_response()
}

async fn report(
    State(shared): State<Arc<Shared>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if let Err(refusal) = check(&shared, &Method::POST, &uri, &headers, &body) {
        return *refusal;
    }
    let (turn, faults) = {
        let mut memory = shared.memory();
        memory.calls += 1;
        (memory.calls, memory.faults)
    };
    let due = |every: u64| every > 0 && turn.is_multiple_of(every);
    if faults.delay_millis > 0 {
        tokio::time::sleep(Duration::from_millis(faults.delay_millis)).await;
    }
    if due(faults.unavailable_every) {
        return problem(StatusCode::SERVICE_UNAVAILABLE, "unavailable");
    }
    if due(faults.refuse_every) {
        return problem(StatusCode::UNPROCESSABLE_ENTITY, "report_refused");
    }
    let Some(seen) = take(&shared, &headers, &body) else {
        return problem(StatusCode::BAD_REQUEST, "report_malformed");
    };
    if due(faults.lost_answer_every) {
        return problem(StatusCode::INTERNAL_SERVER_ERROR, "internal");
    }
    let wrong = due(faults.wrong_receipt_every);
    let receipt = ReportReceipt {
        iss: shared.config.issuer.clone(),
        aud: shared.config.merchant_url.clone(),
        report_id: seen.report_id,
        complaint_no: seen.complaint_no,
        body_sha256: if wrong { body_digest(b"") } else { seen.digest },
        received_at: shared.clock.now(),
    };
    let receipt = sign_report_receipt(&receipt, &shared.receipt);
    let status = if seen.times > 1 { StatusCode::OK } else { StatusCode::CREATED };
    (status, Json(json!({ "receipt": receipt }))).into_response()
}

/// Takes a report once, and notes where the merchant broke a rule.
fn take(shared: &Shared, headers: &HeaderMap, body: &[u8]) -> Option<SeenReport> {
    let value: Value = parse_json(body).ok()?;
    let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let (id, no, kind) = (text("report_id")?, text("complaint_no")?, text("kind")?);
    let sequence = value.get("sequence").and_then(Value::as_u64)?;
    let digest = body_digest(body);
    let mut memory = shared.memory();
    let key = headers.get("idempotency-key").and_then(|value| value.to_str().ok());
    if key != Some(id.as_str()) {
        memory.complaints.push(format!("{id}: Idempotency-Key is not the report id"));
    }
    if let Some(seen) = memory.reports.get_mut(&id) {
        seen.times += 1;
        let seen = seen.clone();
        if seen.digest != digest {
            memory.complaints.push(format!("{id}: came again with another body"));
        }
        return Some(seen);
    }
    // A gap is allowed (reports of an erased person are dropped unsent); going back is not.
    let last = memory.last.get(&no).copied().unwrap_or(0);
    if sequence <= last {
        memory.complaints.push(format!("{id}: sequence {sequence} after {last}"));
    }
    memory.last.insert(no.clone(), sequence.max(last));
    let seen = SeenReport {
        report_id: id.clone(),
        complaint_no: no,
        sequence,
        kind,
        body: value,
        digest,
        times: 1,
    };
    memory.order.push(id.clone());
    memory.reports.insert(id, seen.clone());
    Some(seen)
}

#[derive(Deserialize)]
struct PullQuery {
    after: Option<String>,
    limit: Option<usize>,
}

async fn diversions(
    State(shared): State<Arc<Shared>>,
    uri: Uri,
    Query(query): Query<PullQuery>,
    headers: HeaderMap,
) -> Response {
    if let Err(refusal) = check(&shared, &Method::GET, &uri, &headers, b"") {
        return *refusal;
    }
    let memory = shared.memory();
    let after = query.after.unwrap_or_default();
    let open = memory.diversions.iter().filter(|(cursor, _)| *cursor > after);
    let page: Vec<Diversion> = open
        .take(query.limit.unwrap_or(50))
        .filter_map(|(cursor, body)| {
            let complaint = RawValue::from_string(body.clone()).ok()?;
            Some(Diversion { cursor: cursor.clone(), complaint })
        })
        .collect();
    let next = page.last().map(|diversion| diversion.cursor.clone());
    Json(DiversionPage { diversions: page, next }).into_response()
}

async fn acknowledge(
    State(shared): State<Arc<Shared>>,
    Path(no): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if let Err(refusal) = check(&shared, &Method::POST, &uri, &headers, &body) {
        return *refusal;
    }
    let receipt = parse_json::<Value>(&body).ok();
    let receipt = receipt.and_then(|value| Some(value.get("receipt")?.as_str()?.to_owned()));
    match receipt {
        Some(receipt) => {
            shared.memory().acknowledged.insert(no, receipt);
            Json(json!({})).into_response()
        }
        None => problem(StatusCode::BAD_REQUEST, "ack_malformed"),
    }
}
