//! Journeys of a case through the real server, step by step: what the API shows and allows, what
//! the center hears and in which order, and that afterwards the log verifies and the store is
//! sound.

mod endings;
mod offers;
mod people;
mod time;

use std::collections::BTreeMap;
use std::time::Duration;

use green_channel::center::http_client;
use green_channel_tests::{Staff, TestApp, check_log, merchant_server, refusal};
use serde_json::{Value, json};

/// Runs a command of the operator on the app's folder.
fn operator(app: &TestApp, words: &[&str], options: &[&str]) -> String {
    let data = app.data();
    let data = data.to_str().expect("a path of ours");
    let output = merchant_server(words.iter().chain(&["--data", data]).chain(options));
    let said = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success(), "{words:?} {options:?} failed:\n{said}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Somebody else with a token of this role.
fn colleague(app: &TestApp, role: &str, scopes: &[&str]) -> Staff {
    let mut options = vec!["--name", "另一人", "--role", role];
    for &scope in scopes {
        options.extend(["--scope", scope]);
    }
    let token = operator(app, &["token", "create"], &options).trim().to_owned();
    let client = http_client(Duration::from_secs(30)).expect("an HTTP client");
    Staff::new(app.url(), token, client)
}

/// The case as somebody sees it.
async fn seen(who: &Staff, id: &str) -> Value {
    who.show(id).await.expect("the case shows")
}

/// Why an action is not open to somebody, by its code; nothing when it is open.
async fn why_not(who: &Staff, id: &str, action: &str) -> Option<String> {
    let view = seen(who, id).await;
    let choices = view["choices"].as_array().expect("there are choices");
    let choice = choices.iter().find(|choice| choice["action"] == action);
    let choice = choice.unwrap_or_else(|| panic!("{action} is nothing for this role"));
    assert_eq!(choice["allowed"], choice["why_not"].is_null(), "{choice}");
    choice["why_not"].as_str().map(str::to_owned)
}

/// How an act is refused: the status and the rule's own code, such as `409 no_counter`.
async fn refused(who: &Staff, id: &str, command: Value) -> String {
    let refused = refusal(who.act(id, command).await);
    let detail = refused.body["detail"].as_str().unwrap_or_default();
    let code = detail.rsplit_once('（').and_then(|(_, rest)| rest.strip_suffix('）'));
    format!("{} {}", refused.status, code.unwrap_or(&refused.code))
}

/// The field at which an act is refused, such as `422 reply_by`.
async fn misfit(who: &Staff, id: &str, command: Value) -> String {
    let refused = refusal(who.act(id, command).await);
    let field = refused.body["field"].as_str().unwrap_or("no field");
    format!("{} {field}", refused.status)
}

/// An act on what the case was before is refused, and leaves nothing behind.
async fn is_stale(who: &Staff, id: &str, revision: &Value, command: Value) {
    let before = who.kinds(id).await;
    let stale = refusal(who.act_at(id, revision, command).await);
    assert_eq!((stale.status, stale.code.as_str()), (409, "version_conflict"));
    assert_eq!(steps(&who.kinds(id).await), steps(&before));
}

/// The center sends a notice that is taken.
async fn notified(app: &TestApp, no: &str, kind: &str, detail: Value) -> Value {
    let answer = app.center().notify(no, kind, detail).await;
    let answer = answer.unwrap_or_else(|error| panic!("{kind} of {no}: {error}"));
    assert_eq!(answer["outcome"], "applied", "{kind} of {no}");
    answer
}

/// How a notice is refused, such as `409 notice_not_applicable`.
async fn unwelcome(app: &TestApp, no: &str, kind: &str, detail: Value) -> String {
    let refused = refusal(app.center().notify(no, kind, detail).await);
    format!("{} {}", refused.status, refused.code)
}

/// The detail of the last report of a kind, as the center took it.
fn told(app: &TestApp, no: &str, kind: &str) -> Value {
    let reports = app.center().reports();
    let last = reports.iter().rev().find(|seen| seen.complaint_no == no && seen.kind == kind);
    last.unwrap_or_else(|| panic!("the center has no {kind} of {no}")).body["detail"].clone()
}

/// The clocks of a kind that have not stopped.
fn unstopped(view: &Value, kind: &str) -> Vec<Value> {
    let clocks = view["clocks"].as_array().expect("a case has clocks");
    let runs = |clock: &&Value| clock["kind"] == kind && clock["stopped_at"].is_null();
    clocks.iter().filter(runs).cloned().collect()
}

/// The one clock of a kind that has not stopped.
fn clock(view: &Value, kind: &str) -> Value {
    let mut clocks = unstopped(view, kind);
    assert_eq!(clocks.len(), 1, "{kind} clocks of {view}");
    clocks.remove(0)
}

/// What happened to a case but for the center's receipts, which come when they come.
fn steps(kinds: &[String]) -> Vec<&str> {
    let receipts = ["reported", "handback_acknowledged"];
    kinds.iter().map(String::as_str).filter(|kind| !receipts.contains(kind)).collect()
}

/// The end of every journey: all is delivered by the rules of the protocol, the store is sound,
/// the log verifies, and it holds of every case what the API told.
async fn sound(mut app: TestApp) {
    app.drained(Duration::from_secs(20)).await;
    assert_eq!(app.center().broken_rules(), Vec::<String>::new());
    let mut streams = BTreeMap::new();
    for case in app.clerk().list("").await.expect("the cases list") {
        let id = case["case_id"].as_str().expect("a case has an id");
        let view = seen(app.clerk(), id).await;
        let stream = view["stream"].as_str().expect("a case has a stream").to_owned();
        streams.insert(stream, app.clerk().kinds(id).await);
    }
    assert!(!streams.is_empty(), "control: there are cases");
    assert!(app.stop().await.success());
    let report = operator(&app, &["fsck"], &["--json"]);
    let report: Value = serde_json::from_str(&report).expect("fsck says JSON");
    assert_eq!((&report["sound"], &report["findings"]), (&json!(true), &json!([])), "{report}");
    let log = check_log(&app.export_log());
    for (stream, kinds) in streams {
        assert_eq!(log.streams.get(&stream), Some(&kinds), "the log tells the same");
    }
}
