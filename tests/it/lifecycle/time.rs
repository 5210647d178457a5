//! What makes clocks begin, stand still, go on and grow longer, and how the API explains it.

use green_channel::calendar::Calendar;
use green_channel::time::{Date, Timestamp};
use green_channel_tests::{TestApp, contact, hand_back, in_days, offer};
use serde_json::{Value, json};

use super::{
    clock, is_stale, misfit, notified, refused, seen, sound, steps, told, unstopped, unwelcome,
    why_not,
};

fn ask(days: i64) -> Value {
    let text = "请提供购物小票和商品照片。";
    json!({ "action": "ask_supplement", "reply_by": in_days(days), "text": text })
}

/// An action with nothing but a reason.
fn for_reason(action: &str, reason: &str) -> Value {
    json!({ "action": action, "reason": reason })
}

/// Clocks stand still for an examination of five days.
fn pause(reason: &str) -> Value {
    json!({ "action": "pause", "until": in_days(5), "reason": reason })
}

fn date(value: &Value) -> Date {
    value.as_str().and_then(|text| text.parse().ok()).expect("a date")
}

/// The last instant of a day, as the API writes it.
fn end_of(day: Date) -> Value {
    json!(Timestamp::end_of(day))
}

/// So many working days after the day on which a clock began.
fn working_days_after(clock: &Value, days: u32) -> Date {
    let start = date(&clock["explanation"]["start_on"]);
    Calendar::shipped().after_working_days(start, days).expect("the calendar has it").due_on
}

/// What is due says its clock twice alike, as an instant and as the day of its explanation.
fn explains_itself(clock: &Value) {
    assert_eq!(clock["due_at"], end_of(date(&clock["explanation"]["due_on"])), "{clock}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clock_stands_still_while_the_consumer_is_asked_and_says_so_afterwards() {
    let app = TestApp::start().await;
    let (clerk, supervisor) = (app.clerk().clone(), app.supervisor().clone());
    let no = "CN-7301";
    let id = app.accepted(no).await;
    let before = clock(&seen(&clerk, &id).await, "settle");
    assert_eq!(before["due_at"], end_of(working_days_after(&before, 10)));
    assert_eq!(misfit(&clerk, &id, ask(40)).await, "422 reply_by");
    assert_eq!(misfit(&clerk, &id, ask(-1)).await, "422 reply_by");

    clerk.does(&id, ask(5)).await;
    let asked = seen(&clerk, &id).await;
    assert!(asked["paused_since"].is_string(), "{asked}");
    assert_eq!(asked["pause_ground"], "supplement");
    assert_eq!(asked["asked"]["reply_by"], json!(in_days(5)));
    assert_eq!(clock(&asked, "settle")["paused_at"], asked["paused_since"]);
    assert!(asked["summary"]["due_at"].is_null(), "nothing runs out meanwhile");
    assert_eq!(refused(&clerk, &id, ask(5)).await, "409 supplement_pending");
    let examine = pause("送检。");
    assert_eq!(refused(&supervisor, &id, examine).await, "409 paused_already");
    assert_eq!(why_not(&clerk, &id, "offer").await, None, "whoever waits may still talk");
    app.heard(no, &["accepted", "supplement_asked"]).await;
    let question = told(&app, no, "supplement_asked");
    assert_eq!(question["reply_by"], json!(in_days(5)));
    assert_eq!(question["text"], "请提供购物小票和商品照片。");

    notified(&app, no, "supplement", json!({ "text": "小票照片已上传。" })).await;
    let revision = &asked["summary"]["revision"];
    is_stale(&clerk, &id, revision, hand_back("消费者未补充材料。")).await;
    let view = seen(&clerk, &id).await;
    assert!(view["asked"].is_null() && view["paused_since"].is_null(), "{view}");
    assert!(view["pause_ground"].is_null());
    assert_eq!(view["summary"]["unread"], true);
    let after = clock(&view, "settle");
    assert!(after["paused_at"].is_null());
    assert_eq!(view["summary"]["due_at"], after["due_at"]);
    explains_itself(&after);
    assert!(after["why"].as_str().is_some_and(|why| why.contains("计时暂停")), "{after}");
    assert!(!before["why"].to_string().contains("计时暂停"), "control: it did not before");
    let history = clerk.history(&id).await.expect("the history reads");
    let resumed = history.iter().find(|event| event["kind"] == "resumed");
    let resumed = &resumed.expect("the clock goes on")["data"]["clocks"][0];
    assert_eq!(resumed["due_at"], after["due_at"]);
    assert_eq!(resumed["pauses"][0]["from_at"], asked["paused_since"]);
    let kinds = clerk.kinds(&id).await;
    assert_eq!(steps(&kinds)[2..], ["supplement_asked", "paused", "supplemented", "resumed"]);
    app.heard(no, &["accepted", "supplement_asked"]).await;
    sound(app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_center_refuses_more_time_once_and_then_grants_it_once() {
    let app = TestApp::start().await;
    let (clerk, supervisor) = (app.clerk().clone(), app.supervisor().clone());
    let no = "CN-7302";
    let id = app.accepted(no).await;
    let before = clock(&seen(&clerk, &id).await, "settle");
    let ask = || for_reason("ask_extension", "等待厂家鉴定结论。");
    let alone = refused(&supervisor, &id, for_reason("extend", "案情复杂。")).await;
    assert_eq!(alone, "409 extension_elsewhere");
    let unasked = unwelcome(&app, no, "extension_answer", json!({ "granted": true })).await;
    assert_eq!(unasked, "409 notice_not_applicable");

    clerk.does(&id, ask()).await;
    let asked = seen(&clerk, &id).await;
    assert!(asked["extension_asked"].is_string(), "{asked}");
    let why = why_not(&clerk, &id, "ask_extension").await;
    assert_eq!(why.as_deref(), Some("extension_pending"));
    let no_more = json!({ "granted": false, "text": "请在原期限内办结。" });
    notified(&app, no, "extension_answer", no_more).await;
    is_stale(&clerk, &id, &asked["summary"]["revision"], ask()).await;
    let view = seen(&clerk, &id).await;
    assert!(view["extension_asked"].is_null());
    assert_eq!((&view["extensions"], &clock(&view, "settle")), (&json!(0), &before));

    clerk.does(&id, ask()).await;
    notified(&app, no, "extension_answer", json!({ "granted": true })).await;
    let view = seen(&clerk, &id).await;
    let after = clock(&view, "settle");
    assert_eq!((&view["extensions"], &after["extended"]), (&json!(1), &json!(5)));
    let due_on = working_days_after(&before, 15);
    assert_eq!(after["due_at"], end_of(due_on));
    explains_itself(&after);
    assert_eq!(after["explanation"]["length"], 15);
    assert!(after["why"].as_str().is_some_and(|why| why.contains("原10，延长5")), "{after}");
    assert_eq!(refused(&clerk, &id, ask()).await, "409 no_more_extension");
    let tracked = app.center().track(no).await.expect("it is tracked");
    let clocks = tracked["clocks"].as_array().expect("it has clocks");
    let settle = clocks.iter().find(|clock| clock["kind"] == "settle");
    assert_eq!(settle.expect("it has one to settle")["due_on"], json!(due_on.to_string()));

    let kinds = clerk.kinds(&id).await;
    let expect = ["extension_asked", "extension_refused", "extension_asked", "extended"];
    assert_eq!(steps(&kinds)[2..], expect);
    // What the center itself decided it is not told.
    app.heard(no, &["accepted", "extension_asked", "extension_asked"]).await;
    let question = told(&app, no, "extension_asked");
    let expect = json!({ "clock": "settle", "length": 5, "reason": "等待厂家鉴定结论。" });
    assert_eq!(question, expect);
    sound(app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_supervisor_stops_the_clock_for_an_examination_and_the_center_hears_of_both_ends() {
    let app = TestApp::start().await;
    let (clerk, supervisor) = (app.clerk().clone(), app.supervisor().clone());
    let no = "CN-7303";
    let id = app.accepted(no).await;
    let pause = || pause("羽绒服送省纤检院检测含绒量。");
    let resume = || for_reason("resume", "检测报告已出，含绒量不合格。");
    assert_eq!(refused(&clerk, &id, pause()).await, "403 role_not_permitted");
    assert_eq!(refused(&supervisor, &id, resume()).await, "409 not_paused");
    supervisor.does(&id, pause()).await;
    let paused = seen(&clerk, &id).await;
    assert_eq!(paused["pause_ground"], "examination");
    assert!(paused["paused_since"].is_string() && paused["summary"]["due_at"].is_null());
    assert_eq!(refused(&clerk, &id, ask(5)).await, "409 paused_already");
    let why = why_not(&supervisor, &id, "pause").await;
    assert_eq!(why.as_deref(), Some("paused_already"));

    // What the consumer adds meanwhile does not end an examination.
    notified(&app, no, "supplement", json!({ "text": "补充洗涤说明。" })).await;
    let view = seen(&clerk, &id).await;
    assert_eq!(view["paused_since"], paused["paused_since"]);
    is_stale(&supervisor, &id, &paused["summary"]["revision"], resume()).await;
    assert_eq!(refused(&clerk, &id, resume()).await, "403 role_not_permitted");
    supervisor.does(&id, resume()).await;
    let view = seen(&clerk, &id).await;
    assert!(view["paused_since"].is_null() && view["pause_ground"].is_null(), "{view}");
    let settle = clock(&view, "settle");
    explains_itself(&settle);
    assert!(settle["why"].as_str().is_some_and(|why| why.contains("计时暂停")), "{settle}");
    assert_eq!(refused(&supervisor, &id, resume()).await, "409 not_paused");

    clerk.does(&id, offer(30_000, "检测不合格，全额退款。")).await;
    app.heard(no, &["accepted", "paused", "resumed", "offered"]).await;
    let expect = json!({
        "ground": "examination", "clocks": ["settle"], "until": in_days(5),
        "reason": "羽绒服送省纤检院检测含绒量。",
    });
    assert_eq!(told(&app, no, "paused"), expect);
    let due_on = &settle["explanation"]["due_on"];
    let expect = json!({
        "clocks": [{ "kind": "settle", "due_on": due_on }],
        "reason": "检测报告已出，含绒量不合格。",
    });
    assert_eq!(told(&app, no, "resumed"), expect);
    sound(app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn urging_and_supervision_each_run_a_clock_until_something_is_done() {
    let app = TestApp::start().await;
    let (clerk, no) = (app.clerk().clone(), "CN-7304");
    let id = app.accepted(no).await;
    let before = seen(&clerk, &id).await;
    notified(&app, no, "urge", json!({})).await;
    let view = seen(&clerk, &id).await;
    let urge = clock(&view, "urge");
    explains_itself(&urge);
    assert_eq!(urge["due_at"], end_of(working_days_after(&urge, 1)));
    assert_eq!(view["summary"]["next_clock"], "urge");
    notified(&app, no, "urge", json!({})).await;
    let reply_by = in_days(2);
    notified(&app, no, "supervise", json!({ "reply_by": reply_by })).await;
    let view = seen(&clerk, &id).await;
    let summary = &view["summary"];
    assert_eq!((&summary["urges"], &summary["supervisions"]), (&json!(2), &json!(1)));
    assert_eq!(clock(&view, "urge"), urge, "a second reminder gives no more time");
    assert_eq!(clock(&view, "supervise")["due_at"], end_of(date(&json!(reply_by))));
    assert_eq!(summary["unread"], true);
    let revision = &before["summary"]["revision"];
    is_stale(&clerk, &id, revision, contact("尚未看到督办。")).await;

    clerk.does(&id, contact("已联系消费者，约定明日面谈。")).await;
    let view = seen(&clerk, &id).await;
    assert!(unstopped(&view, "urge").is_empty() && unstopped(&view, "supervise").is_empty());
    assert_eq!(view["summary"]["next_clock"], "settle");
    assert_eq!(view["summary"]["unread"], false);
    notified(&app, no, "urge", json!({})).await;
    let view = seen(&clerk, &id).await;
    clock(&view, "urge");
    let clocks = view["clocks"].as_array().expect("it has clocks");
    assert_eq!(clocks.iter().filter(|clock| clock["kind"] == "urge").count(), 2);

    notified(&app, no, "complaint_withdrawn", json!({ "reason": "已自行解决。" })).await;
    for (kind, detail) in [("urge", json!({})), ("supervise", json!({ "reply_by": reply_by }))] {
        let late = unwelcome(&app, no, kind, detail).await;
        assert_eq!(late, "409 notice_not_applicable", "{kind}");
    }
    let view = seen(&clerk, &id).await;
    let clocks = view["clocks"].as_array().expect("it has clocks");
    assert!(clocks.iter().all(|clock| clock["stopped_at"].is_string()), "nothing runs");
    app.heard(no, &["accepted", "contacted", "withdrawn"]).await;
    sound(app).await;
}
