//! Offers, the consumer's own proposals, and what becomes of promises.

use std::time::Duration;

use green_channel::time::Timestamp;
use green_channel_tests::{TestApp, breach, hand_back, in_days, offer, perform};
use serde_json::{Value, json};

use super::{
    clock, colleague, is_stale, notified, refused, seen, sound, steps, told, unstopped, why_not,
};

const WORKER: [&str; 2] = ["cases:read", "cases:act"];

fn approve() -> Value {
    json!({ "action": "approve" })
}

fn take(offer_id: &str) -> Value {
    json!({ "action": "accept_counter", "offer_id": offer_id })
}

fn decline(offer_id: &str, reason: &str) -> Value {
    json!({ "action": "decline_counter", "offer_id": offer_id, "reason": reason })
}

fn send_back(reason: &str) -> Value {
    json!({ "action": "send_back", "reason": reason })
}

/// The consumer answers our offer with another one, through the center; gives its id.
async fn countered(app: &TestApp, no: &str, id: &str, refund_fen: i64, text: &str) -> String {
    let terms = json!({
        "kinds": ["refund"], "refund_fen": refund_fen, "damages_fen": 0, "multiple_fen": 0,
        "mental_damages_fen": 0, "perform_by": in_days(7), "in_exchange": ["give_back_goods"],
    });
    let ours = app.clerk().open_offer(id).await;
    let detail = json!({ "offer_id": ours, "terms": terms, "text": text });
    let answer = notified(app, no, "counter_offer", detail).await;
    assert_eq!(answer["state"], "in_progress", "now it is for us to answer");
    app.clerk().open_offer(id).await
}

/// The last instant of the day so many days from now, as the API writes it.
fn end_of_day(days: i64) -> Value {
    json!(Timestamp::end_of(in_days(days).parse().expect("a date")))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_counter_offer_is_declined_once_and_then_taken_by_the_clerk_alone() {
    let app = TestApp::start().await;
    let (clerk, no) = (app.clerk().clone(), "CN-7001");
    let id = app.accepted(no).await;
    assert_eq!(why_not(&clerk, &id, "accept_counter").await.as_deref(), Some("no_counter"));
    clerk.does(&id, offer(20_000, "退款 200 元。")).await;
    let ours = clerk.open_offer(&id).await;
    let before = seen(&clerk, &id).await;
    let first = countered(&app, no, &id, 60_000, "应退 600 元，我把商品寄回。").await;
    let revision = &before["summary"]["revision"];
    is_stale(&clerk, &id, revision, hand_back("消费者不接受 200 元。")).await;

    let view = seen(&clerk, &id).await;
    assert_eq!(view["summary"]["unread"], true);
    let (before, theirs) = (&view["offers"][0], &view["offers"][1]);
    assert_eq!((&before["id"], &before["status"]), (&json!(ours), &json!("countered")));
    assert_eq!((&theirs["id"], &theirs["by"]), (&json!(first), &json!("consumer")));
    assert_eq!((&theirs["via"], &theirs["total_fen"]), (&json!("center"), &json!(60_000)));
    assert_eq!(theirs["text"], "应退 600 元，我把商品寄回。");
    assert_eq!(refused(&clerk, &id, take(&ours)).await, "409 offer_unknown");
    clerk.does(&id, decline(&first, "商品已使用三个月，不能全额退款。")).await;
    assert_eq!(refused(&clerk, &id, take(&first)).await, "409 no_counter");

    clerk.does(&id, offer(25_000, "退款 250 元。")).await;
    let ours = clerk.open_offer(&id).await;
    let second = countered(&app, no, &id, 30_000, "退 300 元可以接受。").await;
    assert_eq!(why_not(&clerk, &id, "accept_counter").await, None);
    let acted = clerk.does(&id, take(&second)).await;
    assert_eq!((&acted["state"], &acted["events"]), (&json!("settled"), &json!(["settled"])));
    let view = seen(&clerk, &id).await;
    assert_eq!(clock(&view, "perform")["due_at"], end_of_day(7), "by the consumer's day");
    assert!(unstopped(&view, "settle").is_empty());
    clerk.does(&id, perform(30_000)).await;

    let talk = ["offered", "countered"];
    let end = ["settled", "performed", "closed"];
    let until_then = [&["accepted"][..], &talk[..], &["counter_declined"][..]].concat();
    app.heard(no, &[&until_then[..], &talk[..], &end[..]].concat()).await;
    let counter = told(&app, no, "countered");
    assert_eq!((&counter["offer_id"], &counter["answers"]), (&json!(second), &json!(ours)));
    assert_eq!(counter["terms"]["in_exchange"], json!(["give_back_goods"]));
    assert_eq!(counter["text"], "退 300 元可以接受。");
    let declined = told(&app, no, "counter_declined");
    assert_eq!(declined["offer_id"], json!(first));
    assert_eq!(declined["reason"], "商品已使用三个月，不能全额退款。");
    let settled = told(&app, no, "settled");
    assert_eq!(settled["offer_id"], json!(second));
    assert_eq!(settled["perform_by"], json!(in_days(7)));
    assert_eq!(told(&app, no, "closed")["refund_fen"], 30_000);
    sound(app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_counter_offer_above_the_limit_is_agreed_only_when_another_person_approves() {
    let app = TestApp::start().await;
    let (clerk, supervisor) = (app.clerk().clone(), app.supervisor().clone());
    let manager = colleague(&app, "manager", &WORKER);
    let no = "CN-7002";
    let id = app.accepted(no).await;
    clerk.does(&id, offer(100_000, "退款 1000 元。")).await;
    let theirs = countered(&app, no, &id, 600_000, "应全额退款 6000 元。").await;
    let acted = clerk.does(&id, take(&theirs)).await;
    assert_eq!(acted["state"], "awaiting_approval");
    assert_eq!(acted["events"], json!(["counter_taken"]));
    assert_eq!(refused(&clerk, &id, approve()).await, "403 role_not_permitted");

    supervisor.does(&id, send_back("请先核对付款凭证。")).await;
    let view = seen(&clerk, &id).await;
    assert_eq!(view["summary"]["state"], "in_progress");
    assert_eq!(view["offers"][1]["status"], "open", "the consumer's word still waits for ours");
    supervisor.does(&id, take(&theirs)).await;
    assert_eq!(why_not(&supervisor, &id, "approve").await.as_deref(), Some("same_person"));
    assert_eq!(refused(&supervisor, &id, approve()).await, "409 same_person");
    app.heard(no, &["accepted", "offered", "countered"]).await;
    let acted = manager.does(&id, approve()).await;
    assert_eq!((&acted["state"], &acted["events"]), (&json!("settled"), &json!(["settled"])));
    let kinds = clerk.kinds(&id).await;
    let then = ["counter_taken", "offer_sent_back", "counter_taken", "settled"];
    assert_eq!(steps(&kinds)[4..], then);

    clerk.does(&id, perform(600_000)).await;
    let end = ["accepted", "offered", "countered", "settled", "performed", "closed"];
    app.heard(no, &end).await;
    assert_eq!(told(&app, no, "settled")["offer_id"], json!(theirs));
    assert_eq!(told(&app, no, "closed")["refund_fen"], 600_000);
    sound(app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_above_the_limit_is_sent_back_once_and_never_approved_by_its_drafter() {
    let app = TestApp::start().await;
    let (clerk, supervisor) = (app.clerk().clone(), app.supervisor().clone());
    let manager = colleague(&app, "manager", &WORKER);
    let no = "CN-7003";
    let id = app.accepted(no).await;
    let before = seen(&supervisor, &id).await;
    clerk.does(&id, offer(800_000, "退款 8000 元。")).await;
    let why = why_not(&clerk, &id, "offer").await;
    assert_eq!(why.as_deref(), Some("case_is_awaiting_approval"));
    assert_eq!(why_not(&supervisor, &id, "approve").await, None);
    let revision = &before["summary"]["revision"];
    is_stale(&supervisor, &id, revision, offer(500_000, "退款 5000 元。")).await;
    supervisor.does(&id, send_back("折旧未扣除。")).await;
    assert_eq!(seen(&clerk, &id).await["offers"][0]["status"], "sent_back");

    supervisor.does(&id, offer(700_000, "扣除折旧后退款 7000 元。")).await;
    assert_eq!(refused(&supervisor, &id, approve()).await, "409 same_person");
    app.heard(no, &["accepted"]).await;
    manager.does(&id, approve()).await;
    assert_eq!(clerk.state(&id).await, "offered");
    app.answer(no, &id, true).await;
    clerk.does(&id, perform(700_000)).await;
    app.heard(no, &["accepted", "offered", "settled", "performed", "closed"]).await;
    let offered = told(&app, no, "offered");
    assert_eq!(offered["text"], "扣除折旧后退款 7000 元。", "as it was drafted");
    assert_eq!(offered["terms"]["refund_fen"], 700_000);
    sound(app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_promise_and_a_reopening_each_put_the_case_on_a_new_clock() {
    let app = TestApp::start().await;
    let (clerk, no) = (app.clerk().clone(), "CN-7004");
    let id = app.accepted(no).await;
    clerk.does(&id, offer(30_000, "退款 300 元。")).await;
    app.answer(no, &id, true).await;
    let view = seen(&clerk, &id).await;
    assert_eq!(clock(&view, "perform")["due_at"], end_of_day(5));
    assert!(unstopped(&view, "settle").is_empty());
    clerk.does(&id, breach("账户异常，未能按期退款。")).await;
    let view = seen(&clerk, &id).await;
    assert_eq!(view["summary"]["state"], "in_progress");
    assert!(unstopped(&view, "perform").is_empty());
    assert!(clock(&view, "settle")["overdue_millis"].is_null());

    clerk.does(&id, offer(35_000, "退款 300 元并补偿 50 元。")).await;
    app.answer(no, &id, true).await;
    clerk.does(&id, perform(35_000)).await;
    let closed = seen(&clerk, &id).await;
    assert_eq!(closed["outcome"], "monetary");
    assert_eq!(closed["recovered_fen"], 35_000);
    let reopen = json!({ "action": "reopen", "reason": "退款未到账。", "signature": "签字" });
    assert_eq!(why_not(&clerk, &id, "reopen").await.as_deref(), Some("ask_center"));
    assert_eq!(refused(&clerk, &id, reopen).await, "409 ask_center");

    notified(&app, no, "rating", json!({ "stars": 2, "text": "退款太慢。" })).await;
    assert_eq!(seen(&clerk, &id).await["rating"], json!(2));
    notified(&app, no, "reopen", json!({ "reason": "退款未到账。" })).await;
    let view = seen(&clerk, &id).await;
    // The rating was of what was done before.
    assert_eq!((&view["summary"]["state"], &view["rating"]), (&json!("in_progress"), &json!(null)));
    clock(&view, "settle");
    let clocks = view["clocks"].as_array().expect("there are clocks");
    let settle = clocks.iter().filter(|clock| clock["kind"] == "settle").count();
    assert_eq!(settle, 3, "as received, after the breach, after the reopening");
    let revision = &closed["summary"]["revision"];
    is_stale(&clerk, &id, revision, offer(1_000, "补偿 10 元。")).await;
    clerk.does(&id, hand_back("消费者不再接受协商。")).await;

    let first = ["accepted", "offered", "settled", "breached"];
    let then = ["offered", "settled", "performed", "closed", "handed_back"];
    app.heard(no, &[&first[..], &then[..]].concat()).await;
    assert_eq!(told(&app, no, "breached")["reason"], "账户异常，未能按期退款。");
    app.drained(Duration::from_secs(20)).await;
    assert!(clerk.kinds(&id).await.contains(&"handback_acknowledged".to_owned()));
    sound(app).await;
}
