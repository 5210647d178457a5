//! Taking diversions: once, only with consent, only from the center, whatever the body holds.

use std::collections::BTreeSet;

use green_channel::protocol::BODY_MAX_BYTES;
use green_channel::testkit::SimError;
use green_channel_tests::{Refused, TestApp, files_with, now, refusal, reveal};
use serde_json::{Value, json};

const PATH: &str = "/green-channel/v1/complaints";

fn is(refused: &Refused, status: u16, code: &str) {
    assert_eq!((refused.status, refused.code.as_str()), (status, code), "{}", refused.body);
}

async fn nothing_was_taken(app: &TestApp) {
    assert_eq!(app.clerk().list("").await.unwrap(), Vec::<Value>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_body_again_gets_the_same_receipt_and_another_body_is_a_conflict() {
    let mut app = TestApp::start().await;
    let complaint = app.complaint("CN-3001");
    let (status, first) = app.center().divert(&complaint).await.unwrap();
    assert_eq!(status, 201);
    let (status, again) = app.center().divert(&complaint).await.unwrap();
    assert_eq!((status, &again), (200, &first));
    app.restart().await;
    let (status, later) = app.center().divert(&complaint).await.unwrap();
    assert_eq!((status, &later), (200, &first), "after a restart too");
    let mut other = complaint.clone();
    other["facts"] = json!("同一编号下的另一份投诉。");
    is(&refusal(app.center().divert(&other).await), 409, "complaint_conflict");
    // The same content in other bytes is another body: the receipt names bytes.
    let spaced = format!("{complaint} ").into_bytes();
    is(&refusal(app.center().post(PATH, spaced).await), 409, "complaint_conflict");
    assert_eq!(app.clerk().list("").await.unwrap().len(), 1);
}

/// Each consent that does not cover the diversion, and the code that says why.
fn bad_consents(app: &TestApp, no: &str) -> Vec<(String, &'static str)> {
    let center = app.center();
    let set = |member: &'static str, value: Value| {
        center.consent_with(no, |claims| claims[member] = value)
    };
    let other = "914403000000000000";
    let recipients = json!([{ "kind": "merchant", "uscc": other }]);
    vec![
        (String::new(), "consent_missing"),
        ("eyJhbGciOiJub25lIn0.e30.".to_owned(), "consent_malformed"),
        (center.token("POST", PATH, b""), "consent_malformed"),
        (app.impostor().consent(no), "consent_signature_invalid"),
        (set("iss", json!("https://other.example")), "consent_issuer_wrong"),
        (set("merchant", json!(other)), "consent_for_another_merchant"),
        (center.consent("CN-9999"), "consent_for_another_complaint"),
        (set("purposes", json!(["report_outcome"])), "consent_purpose_missing"),
        (set("recipients", recipients), "consent_recipient_missing"),
        (set("given_at", json!(now().plus_millis(120_000))), "consent_not_yet_given"),
        (set("expires_at", json!(now().plus_millis(-1))), "consent_expired"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_consent_that_covers_it_nothing_personal_is_stored() {
    let mut app = TestApp::start().await;
    let words = ["无同意之人植入", "13900004571", "没有同意的事实4571"];
    for (place, (consent, code)) in bad_consents(&app, "CN-3002").into_iter().enumerate() {
        let mut complaint = app.complaint("CN-3002");
        complaint["consumer"] = json!({ "name": words[0], "phone": words[1] });
        complaint["facts"] = json!(words[2]);
        complaint["consent"] = json!(consent);
        let refused = refusal(app.center().divert(&complaint).await);
        assert_eq!((refused.status, refused.code.as_str()), (403, code), "variant {place}");
        assert!(!refused.body.to_string().contains(words[0]), "the answer repeats the name");
    }
    nothing_was_taken(&app).await;
    app.kill();
    assert_eq!(files_with(&app.data(), &words), Vec::<String>::new());
    assert_eq!(files_with(&app.logs(), &words), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_for_anything_else_than_this_request_is_refused() {
    let app = TestApp::start().await;
    let center = app.center();
    let body = app.complaint("CN-3003").to_string().into_bytes();
    let elsewhere = app.twin(|config| config.merchant_url = "https://other.example".to_owned());
    let someone = app.twin(|config| config.issuer = "https://someone.example".to_owned());
    let minutes = |minutes: i64| now().plus_millis(minutes * 60_000);
    let cases = [
        (elsewhere.token("POST", PATH, &body), "token_audience_wrong"),
        (someone.token("POST", PATH, &body), "token_issuer_wrong"),
        (app.impostor().token("POST", PATH, &body), "token_key_unknown"),
        (center.token("PUT", PATH, &body), "token_method_mismatch"),
        (center.token("POST", &format!("{PATH}?x=1"), &body), "token_url_mismatch"),
        (center.token("POST", PATH, b"{}"), "token_body_mismatch"),
        (center.token_at("POST", PATH, &body, minutes(-10)), "token_expired"),
        (center.token_at("POST", PATH, &body, minutes(10)), "token_not_yet_valid"),
        (center.consent("CN-3003"), "token_type_wrong"),
        ("not-a-token".to_owned(), "token_malformed"),
    ];
    for (token, code) in cases {
        is(&refusal(center.post_as(PATH, body.clone(), &token).await), 401, code);
    }
    nothing_was_taken(&app).await;
    let (status, _) = center.post(PATH, body).await.unwrap();
    assert_eq!(status, 201, "control: with its own token the same body is taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_good_once_even_after_a_restart() {
    let mut app = TestApp::start().await;
    let body = app.complaint("CN-3004").to_string().into_bytes();
    let token = app.center().token("POST", PATH, &body);
    let (status, _) = app.center().post_as(PATH, body.clone(), &token).await.unwrap();
    assert_eq!(status, 201);
    is(&refusal(app.center().post_as(PATH, body.clone(), &token).await), 401, "token_replayed");
    app.restart().await;
    is(&refusal(app.center().post_as(PATH, body, &token).await), 401, "token_replayed");

    // A refused diversion has used its token too.
    let mut complaint = app.complaint("CN-3005");
    complaint["consent"] = json!("");
    let body = complaint.to_string().into_bytes();
    let token = app.center().token("POST", PATH, &body);
    is(&refusal(app.center().post_as(PATH, body.clone(), &token).await), 403, "consent_missing");
    is(&refusal(app.center().post_as(PATH, body, &token).await), 401, "token_replayed");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_token_sent_thirty_two_times_at_once_is_used_once() {
    let app = TestApp::start().await;
    let path = format!("{PATH}/CN-3006");
    app.divert("CN-3006").await;
    let body = json!({
        "notice_id": "ntc-3006-a", "kind": "urge", "at": now(), "detail": {},
    });
    let (path, body) = (format!("{path}/notices"), body.to_string().into_bytes());
    let token = app.center().token("POST", &path, &body);
    let mut sending = tokio::task::JoinSet::new();
    for _ in 0..32 {
        let (center, path) = (app.center().clone(), path.clone());
        let (body, token) = (body.clone(), token.clone());
        sending.spawn(async move { center.post_as(&path, body, &token).await });
    }
    let mut taken = 0;
    while let Some(sent) = sending.join_next().await {
        match sent.unwrap() {
            Ok(_) => taken += 1,
            Err(error) => is(&error.into(), 401, "token_replayed"),
        }
    }
    assert_eq!(taken, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_over_the_limit_is_refused() {
    let app = TestApp::start().await;
    let mut complaint = app.complaint("CN-3007");
    complaint["padding"] = json!("x".repeat(BODY_MAX_BYTES));
    // The server answers without reading; a client that is still writing may miss the answer.
    for _ in 0..20 {
        match app.center().divert(&complaint).await {
            Err(SimError::Transport(_)) => {}
            outcome => {
                is(&refusal(outcome), 413, "body_too_large");
                return nothing_was_taken(&app).await;
            }
        }
    }
    panic!("a body over the limit was never answered");
}

#[tokio::test(flavor = "multi_thread")]
async fn json_that_two_readers_could_read_differently_is_refused() {
    let app = TestApp::start().await;
    let text = app.complaint("CN-3008").to_string();
    let with = |member: &str| format!("{{{member},{}", &text[1..]).into_bytes();
    let deep = format!("\"extra\":{}{}", "[".repeat(40), "]".repeat(40));
    let mut bad_utf8 = with("\"extra\":\"?\"");
    let place = bad_utf8.iter().position(|byte| *byte == b'?').unwrap();
    bad_utf8[place] = 0xFF;
    for (body, code) in [
        (with(&deep), "json_too_deep"),
        (with("\"facts\":\"另一个事实\""), "json_duplicate_key"),
        (with("\"extra\":{\"a\":1,\"a\":2}"), "json_duplicate_key"),
        (with("\"f\\u0061cts\":\"另一个事实\""), "json_duplicate_key"),
        (text.as_bytes()[..text.len() - 1].to_vec(), "json_invalid"),
        (format!("{text}{{}}").into_bytes(), "json_invalid"),
        (bad_utf8, "json_invalid"),
        (Vec::new(), "json_invalid"),
    ] {
        is(&refusal(app.center().post(PATH, body).await), 400, code);
    }
    nothing_was_taken(&app).await;
    let (status, _) = app.center().post(PATH, with("\"extra\":{\"a\":[1]}")).await.unwrap();
    assert_eq!(status, 201, "control: an unknown member is no reason to refuse");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_is_not_in_our_tables_yet_is_kept_and_shown_as_new() {
    let app = TestApp::start().await;
    let mut complaint = app.complaint("CN-3009");
    complaint["issue"] = json!("预付卡跑路");
    complaint["requests"] = json!(["refund", "元宇宙赔付"]);
    app.center().divert(&complaint).await.unwrap();
    let id = app.clerk().find("CN-3009").await;
    let view = app.clerk().show(&id).await.unwrap();
    assert_eq!(view["summary"]["issue"], "新取值：预付卡跑路");
    assert_eq!(view["summary"]["requests"][1], "新取值：元宇宙赔付");
}

#[tokio::test(flavor = "multi_thread")]
async fn names_beyond_the_basic_plane_and_with_a_middle_dot_come_through_unchanged() {
    let app = TestApp::start().await;
    for (place, name) in ["𡃁仔华", "买买提·艾力", "王𠀀"].into_iter().enumerate() {
        let no = format!("CN-301{place}");
        let mut complaint = app.complaint(&no);
        complaint["consumer"]["name"] = json!(name);
        let (status, _) = app.center().divert(&complaint).await.unwrap();
        assert_eq!(status, 201, "{name}");
        let id = app.clerk().find(&no).await;
        let acted = app.clerk().does(&id, reveal(&["name"], "核对姓名用字")).await;
        assert_eq!(acted["revealed"]["name"], name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_deliveries_of_one_complaint_at_once_make_one_case() {
    let app = TestApp::start().await;
    let complaint = app.complaint("CN-3020");
    let mut sending = tokio::task::JoinSet::new();
    for _ in 0..64 {
        let (center, complaint) = (app.center().clone(), complaint.clone());
        sending.spawn(async move { center.divert(&complaint).await });
    }
    let (mut statuses, mut receipts) = (Vec::new(), BTreeSet::new());
    while let Some(sent) = sending.join_next().await {
        let (status, answer) = sent.unwrap().unwrap();
        statuses.push(status);
        receipts.insert(answer.receipt);
    }
    statuses.sort_unstable();
    assert_eq!((statuses[0], statuses[62], statuses[63]), (200, 200, 201));
    assert_eq!(receipts.len(), 1, "one receipt for all");
    assert_eq!(app.clerk().list("").await.unwrap().len(), 1);
}
