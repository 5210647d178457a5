//! What becomes of a complaint, from the center's first call to its last report.

use green_channel::protocol::jws::DOSSIER_BYTES_MAX;
use green_channel::protocol::{
    DOSSIER_TYP, IntakeReceiptExpectation, KeyPurpose, verify_intake_receipt, verify_jws_up_to,
};
use green_channel_tests::{
    ISSUER, TestApp, accept, breach, contact, eventually, files_with, hand_back, now, offer,
    perform, refusal, reject, reveal,
};
use serde_json::{Value, json};
use std::time::Duration;

/// Leads a fresh complaint to its closing.
async fn closed(app: &TestApp, no: &str) -> String {
    let id = app.accepted(no).await;
    app.clerk().does(&id, offer(20_000, "退款 200 元。")).await;
    app.answer(no, &id, true).await;
    app.clerk().does(&id, perform(20_000)).await;
    id
}

/// The detail of a report as the center took it.
fn detail(app: &TestApp, no: &str, kind: &str) -> Value {
    let reports = app.center().reports();
    let found = reports.iter().find(|seen| seen.complaint_no == no && seen.kind == kind);
    found.unwrap_or_else(|| panic!("the center has no {kind} of {no}")).body["detail"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_diversion_is_receipted_under_our_key_and_the_receipt_names_the_leaf() {
    let app = TestApp::start().await;
    let complaint = app.complaint("CN-1001");
    let (status, answer) = app.center().divert(&complaint).await.unwrap();
    assert_eq!(status, 201);
    let digest = app.center().digest(complaint.to_string().as_bytes());
    let expect = IntakeReceiptExpectation {
        merchant: app.url(),
        center_issuer: ISSUER,
        complaint_no: "CN-1001",
        body_sha256: &digest,
    };
    let receipt = verify_intake_receipt(&answer.receipt, app.keys(), &expect, now()).unwrap();
    let id = app.clerk().find("CN-1001").await;
    let history = app.clerk().history(&id).await.unwrap();
    assert_eq!(history[0]["kind"], "received");
    assert_eq!(history[0]["leaf_hash"], receipt.leaf_hash, "the receipt names the first leaf");
    let view = app.clerk().show(&id).await.unwrap();
    assert_eq!(view["stream"], receipt.stream, "and the case's stream");
    assert_eq!(view["summary"]["state"], "received");
    let clocks = view["clocks"].as_array().unwrap();
    assert!(clocks.iter().any(|clock| clock["kind"] == "settle"), "the settlement clock runs");
    let tracked = app.center().track("CN-1001").await.unwrap();
    assert_eq!(tracked["state"], "received");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_settlement_is_told_step_by_step_and_its_closing_says_how_it_was_reached() {
    let app = TestApp::start().await;
    let no = "CN-1002";
    let id = app.accepted(no).await;
    app.clerk().does(&id, contact("已电话联系，消费者要求退款。")).await;
    app.clerk().does(&id, offer(200_000, "订金 2000 元全额退还。")).await;
    assert_eq!(app.clerk().state(&id).await, "offered");
    app.answer(no, &id, true).await;
    assert_eq!(app.clerk().state(&id).await, "settled");
    app.clerk().does(&id, perform(200_000)).await;
    assert_eq!(app.clerk().state(&id).await, "closed");
    app.heard(no, &["accepted", "contacted", "offered", "settled", "performed", "closed"]).await;
    app.drained(Duration::from_secs(20)).await;
    let view = app.clerk().show(&id).await.unwrap();
    let reports = view["reports"].as_array().unwrap();
    assert_eq!(reports.len(), 6);
    for report in reports {
        assert_eq!(report["state"], "delivered", "with the center's receipt: {report}");
    }
    let receipts = app.clerk().kinds(&id).await.iter().filter(|kind| *kind == "reported").count();
    assert_eq!(receipts, 6, "each receipt is in the history");
    let closing = detail(&app, no, "closed");
    for member in ["handled_at", "process", "method", "result", "outcome"] {
        assert!(closing[member].as_str().is_some_and(|text| !text.is_empty()), "{member}");
    }
    assert_eq!(closing["process"], perform(0)["process"]);
    assert_eq!(closing["result"], perform(0)["result"]);
    assert_eq!(closing["refund_fen"], 200_000);
    assert_eq!(closing["recovered_fen"], 200_000);
    for none in ["damages_fen", "multiple_fen", "mental_damages_fen"] {
        assert_eq!(closing[none], 0, "{none}");
    }
    assert_eq!(app.center().broken_rules(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_above_the_limit_is_approved_by_another_person() {
    let app = TestApp::start().await;
    let (clerk, supervisor) = (app.clerk(), app.supervisor());
    let id = app.accepted("CN-1003").await;
    clerk.does(&id, offer(1_220_000, "退还 1.22 万元。")).await;
    assert_eq!(clerk.state(&id).await, "awaiting_approval");
    let refused = refusal(clerk.act(&id, json!({ "action": "approve" })).await);
    assert_eq!((refused.status, refused.code.as_str()), (403, "forbidden"));
    assert_eq!(clerk.state(&id).await, "awaiting_approval");
    let told = app.center().reported("CN-1003");
    assert!(!told.contains(&"offered".to_owned()), "the consumer sees no unapproved offer");
    supervisor.does(&id, json!({ "action": "approve" })).await;
    app.heard("CN-1003", &["accepted", "offered"]).await;

    let own = app.divert("CN-1004").await;
    supervisor.does(&own, accept()).await;
    supervisor.does(&own, offer(1_220_000, "退还 1.22 万元。")).await;
    let refused = refusal(supervisor.act(&own, json!({ "action": "approve" })).await);
    assert_eq!((refused.status, refused.code.as_str()), (409, "command_refused"));
    assert!(refused.body["detail"].as_str().unwrap().contains("另一人"), "{:?}", refused.body);
    assert_eq!(supervisor.state(&own).await, "awaiting_approval");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declined_case_goes_back_with_a_signed_dossier_that_holds_the_complaint() {
    let app = TestApp::start().await;
    let no = "CN-1005";
    let complaint = app.complaint(no);
    app.center().divert(&complaint).await.unwrap();
    let id = app.clerk().find(no).await;
    app.clerk().does(&id, accept()).await;
    app.clerk().does(&id, offer(5_000, "补偿 50 元。")).await;
    app.answer(no, &id, false).await;
    assert_eq!(app.clerk().state(&id).await, "in_progress");
    app.clerk().does(&id, hand_back("双方差距较大，两次协商未达成一致。")).await;
    app.heard(no, &["accepted", "offered", "declined", "handed_back"]).await;
    let told = detail(&app, no, "handed_back");
    assert_eq!(told["reason"], "no_agreement");
    let payload = verify_jws_up_to(
        DOSSIER_BYTES_MAX,
        told["dossier"].as_str().unwrap(),
        DOSSIER_TYP,
        KeyPurpose::Receipt,
        app.keys(),
        now(),
    )
    .unwrap();
    let dossier: Value = serde_json::from_slice(&payload).unwrap();
    let kept = dossier["events"][0]["words"]["body"].as_str().unwrap();
    assert_eq!(kept, complaint.to_string(), "the complaint is in it, byte for byte");
    assert!(dossier.to_string().contains("补偿 50 元。"), "and what was offered");
    let view = app.clerk();
    eventually("the hand-back is acknowledged", Duration::from_secs(20), || async {
        view.kinds(&id).await.contains(&"handback_acknowledged".to_owned())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejection_goes_back_when_upheld_and_is_ours_again_when_overturned() {
    let app = TestApp::start().await;
    let (upheld, overturned) = (app.divert("CN-1006").await, app.divert("CN-1007").await);
    for id in [&upheld, &overturned] {
        app.clerk().does(id, reject("涉事店铺不在本商场。")).await;
        assert_eq!(app.clerk().state(id).await, "rejected");
    }
    let review = |upheld: bool| json!({ "upheld": upheld, "text": "已复核。" });
    app.center().notify("CN-1006", "rejection_review", review(true)).await.unwrap();
    app.center().notify("CN-1007", "rejection_review", review(false)).await.unwrap();
    assert_eq!(app.clerk().state(&upheld).await, "handed_back");
    assert_eq!(app.clerk().state(&overturned).await, "received");
    app.clerk().does(&overturned, accept()).await;
    app.heard("CN-1006", &["rejected", "handed_back"]).await;
    app.heard("CN-1007", &["rejected", "accepted"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawn_complaint_ends_and_takes_no_more_acts() {
    let app = TestApp::start().await;
    let id = app.accepted("CN-1008").await;
    app.center().notify("CN-1008", "complaint_withdrawn", json!({})).await.unwrap();
    assert_eq!(app.clerk().state(&id).await, "withdrawn");
    let refused = refusal(app.clerk().act(&id, contact("再联系。")).await);
    assert_eq!((refused.status, refused.code.as_str()), (409, "command_refused"));
    app.heard("CN-1008", &["accepted", "withdrawn"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_breach_is_told_and_a_new_settlement_closes_the_case() {
    let app = TestApp::start().await;
    let no = "CN-1009";
    let id = app.accepted(no).await;
    app.clerk().does(&id, offer(30_000, "退款 300 元。")).await;
    app.answer(no, &id, true).await;
    app.clerk().does(&id, breach("账户异常，未能按期退款。")).await;
    assert_eq!(app.clerk().state(&id).await, "in_progress");
    app.clerk().does(&id, offer(35_000, "退款 300 元并补偿 50 元。")).await;
    app.answer(no, &id, true).await;
    app.clerk().does(&id, perform(35_000)).await;
    let first = ["accepted", "offered", "settled", "breached"];
    let then = ["offered", "settled", "performed", "closed"];
    app.heard(no, &[first, then].concat()).await;
    assert_eq!(detail(&app, no, "closed")["refund_fen"], 35_000, "the second settlement counts");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reopened_case_is_worked_on_again_under_a_new_clock() {
    let app = TestApp::start().await;
    let id = closed(&app, "CN-1010").await;
    app.center().notify("CN-1010", "rating", json!({ "stars": 2 })).await.unwrap();
    assert_eq!(app.clerk().show(&id).await.unwrap()["rating"], 2);
    let reason = json!({ "reason": "退款未到账。" });
    app.center().notify("CN-1010", "reopen", reason).await.unwrap();
    let view = app.clerk().show(&id).await.unwrap();
    assert_eq!(view["summary"]["state"], "in_progress");
    let clocks = view["clocks"].as_array().unwrap();
    let running = |clock: &&Value| clock["kind"] == "settle" && clock["stopped_at"].is_null();
    assert_eq!(clocks.iter().filter(running).count(), 1, "one settlement clock runs again");
    app.clerk().does(&id, contact("已再次联系。")).await;
}

const PLANTED: [&str; 6] = [
    "欧阳试植入",
    "13900008761",
    "虚构市示例区样本路761号",
    "ZZ77654321",
    "沙发扶手开裂植入事实0761",
    "联系时植入的话0762",
];

/// Diverts a complaint with the planted words in it, accepts it and notes the planted contact.
async fn planted(app: &TestApp, no: &str) -> (Value, String) {
    let mut complaint = app.complaint(no);
    complaint["consumer"] = json!({
        "name": PLANTED[0], "phone": PLANTED[1], "address": PLANTED[2],
        "id_type": "passport", "id_number": PLANTED[3],
    });
    complaint["facts"] = json!(PLANTED[4]);
    app.center().divert(&complaint).await.unwrap();
    let id = app.clerk().find(no).await;
    app.clerk().does(&id, accept()).await;
    app.clerk().does(&id, contact(PLANTED[5])).await;
    (complaint, id)
}

#[tokio::test(flavor = "multi_thread")]
async fn withdrawn_consent_erases_the_person_and_the_number_answers_gone() {
    let mut app = TestApp::start().await;
    let no = "CN-1011";
    let (complaint, id) = planted(&app, no).await;
    app.heard(no, &["accepted", "contacted"]).await;
    app.center().notify(no, "consent_withdrawn", json!({})).await.unwrap();
    let gone = refusal(app.center().track(no).await);
    assert_eq!((gone.status, gone.code.as_str()), (410, "complaint_erased"));
    let gone = refusal(app.center().divert(&complaint).await);
    assert_eq!((gone.status, gone.code.as_str()), (410, "complaint_erased"), "not taken anew");
    let view = app.clerk().show(&id).await.unwrap();
    assert_eq!(view["summary"]["state"], "erased");
    let history = json!(app.clerk().history(&id).await.unwrap());
    let shown = format!("{view}{history}");
    for words in PLANTED {
        assert!(!shown.contains(words), "the API still shows {words}");
    }
    let acted = refusal(app.clerk().act(&id, reveal(&["name"], "核对")).await);
    assert!([409, 410].contains(&acted.status), "nothing is left to reveal: {acted:?}");
    app.heard(no, &["accepted", "contacted", "erased"]).await;
    app.drained(Duration::from_secs(20)).await;
    // Killed, so that the write-ahead log lies there as it was.
    let stream = view["stream"].as_str().unwrap().to_owned();
    app.kill();
    let found = files_with(&app.data(), &[stream.as_str()]);
    assert!(!found.is_empty(), "control: the search does find what the database holds");
    assert_eq!(files_with(&app.data(), &PLANTED), Vec::<String>::new());
    app.restart().await;
    assert!(app.stop().await.success());
    assert_eq!(files_with(&app.data(), &PLANTED), Vec::<String>::new());
    assert_eq!(files_with(&app.logs(), &PLANTED), Vec::<String>::new());
    assert!(app.log_text().contains("serving"), "control: the server does write a log");
}

#[tokio::test(flavor = "multi_thread")]
async fn identity_is_masked_until_a_reveal_that_stays_in_the_history() {
    let app = TestApp::start().await;
    let (_, id) = planted(&app, "CN-1012").await;
    let view = app.clerk().show(&id).await.unwrap();
    let queue = app.clerk().list("").await.unwrap();
    for identity in &PLANTED[..4] {
        assert!(!view.to_string().contains(identity), "{identity} is shown unmasked");
        assert!(!json!(queue).to_string().contains(identity), "{identity} is in the queue");
    }
    let acted = app.clerk().does(&id, reveal(&["name", "phone"], "回访核对身份")).await;
    assert_eq!(acted["revealed"], json!({ "name": PLANTED[0], "phone": PLANTED[1] }));
    let history = app.clerk().history(&id).await.unwrap();
    let revealed = history.iter().find(|event| event["kind"] == "revealed").unwrap();
    assert_eq!(revealed["data"]["fields"], json!(["name", "phone"]));
    assert_eq!(revealed["words"]["reason"], "回访核对身份");
    assert_eq!(revealed["role"], "clerk");
    let without_reason = refusal(app.clerk().act(&id, reveal(&["name"], " ")).await);
    assert_eq!(without_reason.status, 422, "no reason, no reveal");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_act_is_refused_but_a_receipt_in_between_does_not_make_it_stale() {
    let app = TestApp::start().await;
    let id = app.divert("CN-1013").await;
    let seen = app.clerk().show(&id).await.unwrap()["summary"]["revision"].clone();
    let acted = app.clerk().act_at(&id, &seen, accept()).await.unwrap();
    let clerk = app.clerk();
    eventually("the receipt for `accepted` is in the history", Duration::from_secs(20), || async {
        clerk.kinds(&id).await.contains(&"reported".to_owned())
    })
    .await;
    let view = clerk.show(&id).await.unwrap();
    assert!(view["version"].as_u64() > acted["revision"].as_u64(), "the case has moved on");
    let command = contact("按受理时所见登记。");
    clerk.act_at(&id, &acted["revision"], command).await.unwrap();
    let stale = refusal(clerk.act_at(&id, &seen, contact("太迟了。")).await);
    assert_eq!((stale.status, stale.code.as_str()), (409, "version_conflict"));
    let notes = clerk.history(&id).await.unwrap();
    assert!(!json!(notes).to_string().contains("太迟了"), "nothing of it was written");
}
