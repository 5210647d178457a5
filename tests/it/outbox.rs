//! Reports reach the center in effect once and in order, however unkind the center is.

use std::time::Duration;

use green_channel::testkit::Faults;
use green_channel_tests::{Setup, TestApp, contact, eventually, refusal};
use serde_json::Value;

/// Accepts so many cases and notes two contacts on each.
async fn three_steps_each(app: &TestApp, prefix: &str, count: u32) -> Vec<String> {
    let mut numbers = Vec::new();
    for place in 0..count {
        let no = format!("{prefix}-{place}");
        let id = app.accepted(&no).await;
        app.clerk().does(&id, contact("第一次联系。")).await;
        app.clerk().does(&id, contact("第二次联系。")).await;
        numbers.push(no);
    }
    numbers
}

async fn all_heard_once_in_order(app: &TestApp, numbers: &[String]) {
    app.drained(Duration::from_secs(90)).await;
    for no in numbers {
        app.heard(no, &["accepted", "contacted", "contacted"]).await;
        let reports = app.center().reports();
        let about = reports.iter().filter(|seen| seen.complaint_no == *no);
        let sequences: Vec<u64> = about.map(|seen| seen.sequence).collect();
        assert_eq!(sequences, [1, 2, 3], "{no}");
    }
    assert!(app.supervisor().reports("dead").await.unwrap().is_empty());
    assert_eq!(app.center().broken_rules(), Vec::<String>::new());
}

fn times_sent(app: &TestApp) -> u32 {
    app.center().reports().iter().map(|seen| seen.times).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_wait_for_a_center_that_is_down() {
    let app = TestApp::start_with(Setup { center_up: false, ..Setup::default() }).await;
    let numbers = three_steps_each(&app, "CN-41", 3).await;
    let chief = app.supervisor();
    eventually("a try has failed", Duration::from_secs(20), || async {
        let waiting = chief.reports("pending").await.unwrap_or_default();
        waiting.iter().any(|report| report["cause"] == "connect")
    })
    .await;
    assert_eq!(chief.reports("pending").await.unwrap().len(), 9, "nothing is lost or put aside");
    app.open_center().await;
    all_heard_once_in_order(&app, &numbers).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_survive_a_restart_while_the_center_is_down() {
    let mut app = TestApp::start_with(Setup { center_up: false, ..Setup::default() }).await;
    let numbers = three_steps_each(&app, "CN-42", 2).await;
    assert!(app.stop().await.success());
    app.open_center().await;
    app.restart().await;
    all_heard_once_in_order(&app, &numbers).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_center_that_fails_or_loses_its_answers_hears_each_step_in_effect_once() {
    let app = TestApp::start().await;
    let faults = Faults { unavailable_every: 3, lost_answer_every: 4, ..Faults::default() };
    app.center().faults(faults);
    let numbers = three_steps_each(&app, "CN-43", 6).await;
    all_heard_once_in_order(&app, &numbers).await;
    assert!(times_sent(&app) > 18, "control: answers were lost, so reports came again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_for_something_else_does_not_count() {
    let app = TestApp::start().await;
    app.center().faults(Faults { wrong_receipt_every: 1, ..Faults::default() });
    let id = app.accepted("CN-4401").await;
    app.heard("CN-4401", &["accepted"]).await;
    let (clerk, chief) = (app.clerk(), app.supervisor());
    eventually("the receipt is refused", Duration::from_secs(20), || async {
        let waiting = chief.reports("pending").await.unwrap_or_default();
        waiting.iter().any(|report| report["cause"] == "receipt_invalid")
    })
    .await;
    assert!(!clerk.kinds(&id).await.contains(&"reported".to_owned()), "it is not in the history");
    app.center().faults(Faults::default());
    app.drained(Duration::from_secs(60)).await;
    assert!(clerk.kinds(&id).await.contains(&"reported".to_owned()));
    assert!(times_sent(&app) > 1, "it was sent again under the same id");
    assert_eq!(app.center().broken_rules(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_center_that_does_not_answer_in_time_hears_each_step_in_effect_once() {
    let app = TestApp::start().await;
    app.center().faults(Faults { delay_millis: 3_000, ..Faults::default() });
    app.accepted("CN-4501").await;
    let chief = app.supervisor();
    eventually("the call is given up", Duration::from_secs(20), || async {
        let waiting = chief.reports("pending").await.unwrap_or_default();
        waiting.iter().any(|report| report["cause"] == "timeout")
    })
    .await;
    app.center().faults(Faults::default());
    app.drained(Duration::from_secs(60)).await;
    app.heard("CN-4501", &["accepted"]).await;
    assert_eq!(app.center().broken_rules(), Vec::<String>::new());
}

/// The one report that was put aside.
async fn put_aside(app: &TestApp) -> Value {
    let chief = app.supervisor();
    eventually("a report is put aside", Duration::from_secs(20), || async {
        chief.reports("dead").await.is_ok_and(|reports| reports.len() == 1)
    })
    .await;
    chief.reports("dead").await.unwrap().remove(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_report_holds_back_its_own_case_only_until_it_is_replayed() {
    let app = TestApp::start().await;
    app.center().faults(Faults { refuse_every: 1, ..Faults::default() });
    let id = app.accepted("CN-4601").await;
    let dead = put_aside(&app).await;
    assert_eq!(dead["kind"], "accepted");
    assert_eq!(dead["cause"], "http_422");
    app.center().faults(Faults::default());
    app.clerk().does(&id, contact("后续联系。")).await;
    app.accepted("CN-4602").await;
    app.heard("CN-4602", &["accepted"]).await;
    assert_eq!(app.center().reported("CN-4601"), Vec::<String>::new(), "order within the case");
    let waiting = app.supervisor().reports("pending").await.unwrap();
    assert!(waiting.iter().any(|report| report["kind"] == "contacted"), "it waits: {waiting:?}");
    let report_id = dead["report_id"].as_str().unwrap();
    app.supervisor().replay(report_id).await.unwrap();
    app.heard("CN-4601", &["accepted", "contacted"]).await;
    app.drained(Duration::from_secs(20)).await;
    let again = refusal(app.supervisor().replay(report_id).await);
    assert_eq!(again.status, 404, "what was delivered is not put aside any more");
    assert_eq!(app.center().broken_rules(), Vec::<String>::new());
}
