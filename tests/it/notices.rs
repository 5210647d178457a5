//! What a center tells us about a complaint: seen by the clerk, taken once.

use green_channel_tests::{TestApp, in_days, now, refusal};
use serde_json::{Value, json};

fn notice(id: &str, kind: &str, detail: &Value) -> Vec<u8> {
    let at = now();
    json!({ "notice_id": id, "kind": kind, "at": at, "detail": detail }).to_string().into_bytes()
}

fn path(no: &str) -> String {
    format!("/green-channel/v1/complaints/{no}/notices")
}

#[tokio::test(flavor = "multi_thread")]
async fn urging_and_supervision_stay_visible_on_the_case() {
    let app = TestApp::start().await;
    let id = app.accepted("CN-2001").await;
    app.center().notify("CN-2001", "urge", json!({})).await.unwrap();
    let reply_by = in_days(2);
    let detail = json!({ "reply_by": reply_by });
    app.center().notify("CN-2001", "supervise", detail).await.unwrap();
    let view = app.clerk().show(&id).await.unwrap();
    assert_eq!(
        (&view["summary"]["urges"], &view["summary"]["supervisions"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(view["summary"]["unread"], true, "something new came from the center");
    let tracked = app.center().track("CN-2001").await.unwrap();
    let clocks = tracked["clocks"].as_array().unwrap();
    let supervise = clocks.iter().find(|clock| clock["kind"] == "supervise").unwrap();
    assert_eq!(supervise["due_on"], reply_by, "the center's day is the clock's day");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_of_an_unknown_kind_is_kept_for_the_clerk() {
    let app = TestApp::start().await;
    let id = app.accepted("CN-2002").await;
    let detail = json!({ "说明": "新类通知里的话" });
    let answer = app.center().notify("CN-2002", "joint_meeting", detail).await.unwrap();
    assert_eq!((&answer["outcome"], &answer["state"]), (&json!("kept"), &json!("in_progress")));
    let history = app.clerk().history(&id).await.unwrap();
    let kept = history.iter().find(|event| event["kind"] == "notice_kept").unwrap();
    assert!(kept["words"]["raw"].as_str().unwrap().contains("新类通知里的话"));
}

#[tokio::test(flavor = "multi_thread")]
async fn that_the_center_opened_a_case_of_its_own_is_noted_and_changes_nothing() {
    let app = TestApp::start().await;
    let id = app.accepted("CN-2012").await;
    let detail = json!({ "case_no": "市监立〔2026〕7号" });
    let answer = app.center().notify("CN-2012", "case_filed", detail).await.unwrap();
    assert_eq!((&answer["outcome"], &answer["state"]), (&json!("applied"), &json!("in_progress")));
    let history = app.clerk().history(&id).await.unwrap();
    let kept = history.iter().find(|event| event["kind"] == "notice_kept").unwrap();
    assert_eq!(kept["data"]["case_filed"], true);
    assert!(kept["words"]["raw"].as_str().unwrap().contains("市监立"), "what it said is kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_notice_gets_the_same_answer_and_another_body_is_a_conflict() {
    let app = TestApp::start().await;
    let id = app.accepted("CN-2003").await;
    let body = notice("ntc-2003-a", "urge", &json!({}));
    let (_, first) = app.center().post(&path("CN-2003"), body.clone()).await.unwrap();
    assert_eq!(first["outcome"], "applied");
    let (_, again) = app.center().post(&path("CN-2003"), body).await.unwrap();
    assert_eq!(again, first);
    let view = app.clerk().show(&id).await.unwrap();
    assert_eq!(view["summary"]["urges"], 1, "urged once");
    let other = notice("ntc-2003-a", "supplement", &json!({ "text": "另一份内容" }));
    let refused = refusal(app.center().post(&path("CN-2003"), other).await);
    assert_eq!((refused.status, refused.code.as_str()), (409, "notice_conflict"));
    let kinds = app.clerk().kinds(&id).await;
    assert!(!kinds.contains(&"supplemented".to_owned()), "{kinds:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_notice_thirty_times_at_once_is_applied_once() {
    let app = TestApp::start().await;
    let id = app.accepted("CN-2004").await;
    let body = notice("ntc-2004-a", "urge", &json!({}));
    let mut sending = tokio::task::JoinSet::new();
    for _ in 0..30 {
        let (center, body) = (app.center().clone(), body.clone());
        sending.spawn(async move { center.post(&path("CN-2004"), body).await });
    }
    let mut answers = Vec::new();
    while let Some(sent) = sending.join_next().await {
        answers.push(sent.unwrap().unwrap().1);
    }
    assert_eq!(answers.len(), 30);
    assert!(answers.iter().all(|answer| *answer == answers[0]), "one answer for all");
    assert_eq!(app.clerk().show(&id).await.unwrap()["summary"]["urges"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_that_is_not_possible_now_is_refused_and_leaves_no_trace() {
    let app = TestApp::start().await;
    let id = app.accepted("CN-2005").await;
    let refused = refusal(app.center().notify("CN-2005", "rating", json!({ "stars": 5 })).await);
    assert_eq!((refused.status, refused.code.as_str()), (409, "notice_not_applicable"));
    assert!(!app.clerk().kinds(&id).await.contains(&"rated".to_owned()));
    let unknown = refusal(app.center().notify("CN-0000", "urge", json!({})).await);
    assert_eq!((unknown.status, unknown.code.as_str()), (404, "complaint_unknown"));
}
