//! How cases end without a settlement: rejected, overdue, withdrawn before they came.

use std::time::Duration;

use green_channel::protocol::jws::DOSSIER_BYTES_MAX;
use green_channel::protocol::{DOSSIER_TYP, KeyPurpose, verify_jws_up_to};
use green_channel::time::DAY_MILLIS;
use green_channel_tests::{
    TestApp, accept, eventually, files_with, now, offer, perform, refusal, reject,
};
use serde_json::{Value, json};

use super::{
    clock, is_stale, notified, refused, seen, sound, steps, told, unstopped, unwelcome, why_not,
};

fn hand_back(reason: &str) -> Value {
    json!({ "action": "hand_back", "reason": reason, "summary": "期限届满，仍未达成一致。" })
}

/// The signed dossier that went with a hand-back.
fn dossier(app: &TestApp, no: &str) -> Value {
    let detail = told(app, no, "handed_back");
    let document = detail["dossier"].as_str().expect("the dossier goes with it");
    let (keys, purpose) = (app.keys(), KeyPurpose::Receipt);
    let payload =
        verify_jws_up_to(DOSSIER_BYTES_MAX, document, DOSSIER_TYP, purpose, keys, now()).unwrap();
    serde_json::from_slice(&payload).expect("the dossier is JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejection_upheld_ends_the_case_and_one_overturned_makes_it_ours_again() {
    let app = TestApp::start().await;
    let clerk = app.clerk().clone();
    let (upheld, overturned) = ("CN-7101", "CN-7102");
    let (theirs, ours) = (app.divert(upheld).await, app.divert(overturned).await);
    for (no, id) in [(upheld, &theirs), (overturned, &ours)] {
        let unasked = unwelcome(&app, no, "rejection_review", json!({ "upheld": true })).await;
        assert_eq!(unasked, "409 notice_not_applicable");
        clerk.does(id, reject("涉事店铺不在本商场。")).await;
        assert_eq!(why_not(&clerk, id, "accept").await.as_deref(), Some("case_is_rejected"));
        assert_eq!(refused(&clerk, id, accept()).await, "409 case_is_rejected");
        let tracked = app.center().track(no).await.expect("it is tracked");
        let next = tracked["next"].as_array().expect("the center may do something");
        assert!(next.contains(&json!("rejection_review")), "{tracked}");
    }
    let before = seen(&clerk, &ours).await;
    let review = |upheld: bool| json!({ "upheld": upheld, "text": "已核对租赁合同。" });
    let answer = notified(&app, upheld, "rejection_review", review(true)).await;
    assert_eq!(answer["state"], "handed_back");
    let answer = notified(&app, overturned, "rejection_review", review(false)).await;
    assert_eq!(answer["state"], "received");

    assert_eq!(refused(&clerk, &theirs, accept()).await, "409 case_is_handed_back");
    let again = unwelcome(&app, upheld, "rejection_review", review(false)).await;
    assert_eq!(again, "409 notice_not_applicable");
    is_stale(&clerk, &ours, &before["summary"]["revision"], accept()).await;
    clerk.does(&ours, accept()).await;
    let why = why_not(&clerk, &ours, "reject").await;
    assert_eq!(why.as_deref(), Some("case_is_in_progress"), "once it is ours it stays ours");
    clerk.does(&ours, offer(20_000, "退款 200 元。")).await;
    app.answer(overturned, &ours, true).await;
    clerk.does(&ours, perform(20_000)).await;

    app.heard(upheld, &["rejected", "handed_back"]).await;
    let rejected = told(&app, upheld, "rejected");
    assert_eq!(rejected["reason"], "not_ours");
    assert_eq!(rejected["text"], "涉事店铺不在本商场。");
    assert_eq!(told(&app, upheld, "handed_back")["reason"], "rejection_upheld");
    assert!(dossier(&app, upheld).to_string().contains("涉事店铺不在本商场。"));
    let end = ["rejected", "accepted", "offered", "settled", "performed", "closed"];
    app.heard(overturned, &end).await;
    sound(app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_overdue_case_is_told_up_the_ladder_and_goes_back_only_by_hand() {
    let app = TestApp::start().await;
    let (clerk, no) = (app.clerk().clone(), "CN-7103");
    // Diverted long ago: ten working days are over before it comes.
    let mut complaint = app.complaint(no);
    complaint["diverted_at"] = json!(now().plus_millis(-40 * DAY_MILLIS));
    app.center().divert(&complaint).await.expect("it is taken");
    let id = clerk.find(no).await;
    let accepted = clerk.does(&id, accept()).await;
    let fresh = app.accepted("CN-7104").await;
    assert_eq!(refused(&clerk, &fresh, hand_back("expired")).await, "409 not_overdue");
    assert_eq!(refused(&clerk, &fresh, hand_back("unreachable")).await, "409 still_reachable");

    // The clocks are looked at every 30 seconds.
    eventually("what was due is noted", Duration::from_secs(75), || async {
        clerk.kinds(&id).await.iter().filter(|kind| *kind == "escalated").count() == 3
    })
    .await;
    let kinds = clerk.kinds(&id).await;
    let noted = ["escalated", "clock_expired", "handback_drafted", "escalated", "escalated"];
    assert_eq!(steps(&kinds)[2..], noted);
    let history = clerk.history(&id).await.expect("the history reads");
    let ladder = history.iter().filter(|event| event["kind"] == "escalated");
    let ladder: Vec<&Value> = ladder.map(|event| &event["data"]["to"]).collect();
    assert_eq!(ladder, [&json!("responder"), &json!("supervisor"), &json!("manager")]);
    let view = seen(&clerk, &id).await;
    let summary = &view["summary"];
    assert_eq!((&summary["state"], &summary["overdue"]), (&json!("in_progress"), &json!(true)));
    assert_eq!(summary["escalated_to"], "manager");
    assert!(summary["handback_drafted"] == true && view["handback_drafted"] == true, "{view}");
    let settle = clock(&view, "settle");
    assert_eq!(settle["missed"], 1);
    assert!(settle["overdue_millis"].as_i64().is_some_and(|over| over > 0), "{settle}");
    let tracked = app.center().track(no).await.expect("it is tracked");
    let clocks = tracked["clocks"].as_array().expect("it has clocks");
    assert!(clocks.iter().any(|clock| clock["kind"] == "settle" && clock["overdue"] == true));
    app.heard(no, &["accepted"]).await;

    // What the software noted changes nothing that a decision rests on.
    let revision = &accepted["revision"];
    clerk.act_at(&id, revision, hand_back("expired")).await.expect("it may go back now");
    app.heard(no, &["accepted", "handed_back"]).await;
    assert_eq!(told(&app, no, "handed_back")["reason"], "expired");
    let events = dossier(&app, no)["events"].clone();
    let events = events.as_array().expect("the dossier has the events");
    assert!(events.iter().any(|event| event["kind"] == "clock_expired"), "late is late");
    let view = seen(&clerk, &id).await;
    assert_eq!(view["handback_drafted"], false);
    assert_eq!(view["summary"]["overdue"], true, "also after the end");
    assert!(unstopped(&view, "settle").is_empty());
    sound(app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_complaint_withdrawn_before_its_diversion_opens_nothing_when_it_comes() {
    let app = TestApp::start().await;
    let mut phones = Vec::new();
    for (no, kind, state) in [
        ("CN-7105", "complaint_withdrawn", "withdrawn"),
        ("CN-7106", "consent_withdrawn", "erased"),
    ] {
        let answer = notified(&app, no, kind, json!({})).await;
        assert_eq!(answer["state"], state);
        let complaint = app.complaint(no);
        let gone = refusal(app.center().divert(&complaint).await);
        assert_eq!((gone.status, gone.code.as_str()), (410, "complaint_erased"));
        let gone = refusal(app.center().track(no).await);
        assert_eq!((gone.status, gone.code.as_str()), (410, "complaint_erased"));
        phones.push(complaint["consumer"]["phone"].as_str().expect("a phone").to_owned());
    }
    assert_eq!(unwelcome(&app, "CN-7107", "urge", json!({})).await, "404 complaint_unknown");
    let cases = app.clerk().list("").await.expect("the cases list");
    for case in &cases {
        assert!(["withdrawn", "erased"].iter().any(|over| case["state"] == *over), "{case}");
        assert!(case["complaint_no"].is_null() && case["due_at"].is_null(), "{case}");
    }
    assert_eq!(cases.len(), 2, "the numbers are taken, by nobody");
    let phones: Vec<&str> = phones.iter().map(String::as_str).collect();
    assert_eq!(files_with(&app.data(), &phones), Vec::<String>::new());
    assert!(app.center().reports().is_empty(), "what the center said it need not hear");
    sound(app).await;
}
