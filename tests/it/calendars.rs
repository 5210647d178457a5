//! What an operator loads takes effect and is told, and nobody who was erased comes back with a
//! backup: with the real program.

use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

use green_channel::calendar::{Calendar, YearData};
use green_channel::case::RuleSet;
use green_channel::store::transfer::sums;
use green_channel::time::Date;
use green_channel_tests::{TestApp, eventually, merchant_server, now, refusal};
use serde_json::{Value, json};

fn text(path: &Path) -> &str {
    path.to_str().expect("a path of ours")
}

/// Everything a command said.
fn said(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    format!("{}{}", String::from_utf8_lossy(out), String::from_utf8_lossy(err))
}

/// Runs a command on a data folder, which must succeed; gives what it said.
fn runs(data: &Path, words: &[&str], more: &[&str]) -> String {
    let output = merchant_server([words, &["--data", text(data)], more].concat());
    assert!(output.status.success(), "{words:?} {more:?}:\n{}", said(&output));
    said(&output)
}

/// The same for a command that must fail.
fn fails(data: &Path, words: &[&str], more: &[&str]) -> String {
    let output = merchant_server([words, &["--data", text(data)], more].concat());
    assert!(!output.status.success(), "{words:?} {more:?} went through:\n{}", said(&output));
    said(&output)
}

/// Binds new cases to another rule set.
fn choose(app: &TestApp, set: &str) {
    let file = app.data().join("config.toml");
    let config = std::fs::read_to_string(&file).unwrap();
    let line = config.lines().find(|line| line.starts_with("set = ")).unwrap();
    std::fs::write(&file, config.replacen(line, &format!("set = \"{set}\""), 1)).unwrap();
}

/// The first year from now on whose holidays are not shipped, and a day in it that is to come.
fn unknown_year() -> (i16, Date) {
    let last = Calendar::shipped().years().map(YearData::year).max().unwrap();
    let today = now().civil_date();
    let year = today.year().max(last + 1);
    let day: Date = format!("{year}-01-20").parse().unwrap();
    (year, day.max(today))
}

/// An operator's rule set under this name: parties have until after that day to settle.
fn far(id: &str, day: Date) -> Value {
    let elapsed = Calendar::shipped().working_days_between(now().civil_date(), day).unwrap();
    let mut set = serde_json::to_value(RuleSet::current("odr-2026").unwrap()).unwrap();
    set["id"] = json!(id);
    for clock in set["clocks"].as_array_mut().unwrap() {
        if clock["kind"] == "settle" {
            clock["unit"] = json!("working_days");
            clock["length"] = json!(elapsed.days + 5);
        }
    }
    set
}

/// A merchant whose new cases have deadlines in a year that is not published.
async fn far_sighted() -> TestApp {
    let mut app = TestApp::start().await;
    assert!(app.stop().await.success());
    let folder = app.data().join("rules");
    std::fs::create_dir_all(&folder).unwrap();
    let set = far("mall-far", unknown_year().1);
    std::fs::write(folder.join("far.json"), set.to_string()).unwrap();
    choose(&app, "mall-far");
    app.restart().await;
    app
}

/// The settlement clock of a case.
async fn settle(app: &TestApp, id: &str) -> Value {
    let view = app.clerk().show(id).await.unwrap();
    let clocks = view["clocks"].as_array().unwrap();
    clocks.iter().find(|clock| clock["kind"] == "settle").unwrap().clone()
}

fn due_on(clock: &Value) -> String {
    clock["due_at"].as_str().unwrap()[..10].to_owned()
}

/// A made-up notice for that year, in which this day is off; gives the file.
fn notice(app: &TestApp, year: i16, off: &str) -> PathBuf {
    let file = app.data().join("notice.json");
    let year_file = json!({
        "year": year, "notice": "国办发明电〔0000〕0号", "notice_certainty": "M", "published": true,
        "holidays": [
            { "date": format!("{year}-01-01"), "name": "元旦" },
            { "date": off, "name": "春节" },
        ],
        "workdays": [],
    });
    std::fs::write(&file, year_file.to_string()).unwrap();
    file
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loaded_year_moves_deadlines_that_were_provisional_and_says_so() {
    let mut app = far_sighted().await;
    let (data, year) = (app.data(), unknown_year().0);
    let id = app.accepted("CN-7001").await;
    let before = settle(&app, &id).await;
    assert_eq!(before["provisional"], true, "{before}");
    let due = due_on(&before);
    let file = notice(&app, year, &due);

    let told = runs(&data, &["calendar", "load"], &[text(&file)]);
    let day = format!("{due}（");
    for words in [id.as_str(), day.as_str(), "放假（春节）", "不再是暂定", "SIGHUP"] {
        assert!(told.contains(words), "{words}: {told}");
    }
    let written = std::fs::read_to_string(data.join(format!("calendars/{year}.json"))).unwrap();
    assert_eq!(written, std::fs::read_to_string(&file).unwrap());
    let listed = runs(&data, &["calendar", "list"], &[]);
    assert!(listed.contains(&format!("{year}\t已公布\t载入")), "{listed}");

    let after = settle(&app, &id).await;
    assert_eq!(after["provisional"], false, "{after}");
    assert!(due_on(&after) > due, "a day more is off: {after}");
    // What comes now is still computed without the year, until the server is told.
    let early = app.accepted("CN-7002").await;
    assert_eq!(settle(&app, &early).await["provisional"], true);
    app.hang_up();
    eventually("the server takes the year", Duration::from_secs(30), || async {
        settle(&app, &early).await["provisional"] == false
    })
    .await;
    let late = app.accepted("CN-7003").await;
    assert_eq!(settle(&app, &late).await["provisional"], false);
    assert!(app.stop().await.success());
    runs(&data, &["fsck"], &[]);
    app.restart().await;
    assert_eq!(due_on(&settle(&app, &id).await), due_on(&after), "nothing moves twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn checking_a_year_shows_what_would_move_and_writes_nothing() {
    let mut app = far_sighted().await;
    let (data, year) = (app.data(), unknown_year().0);
    let id = app.accepted("CN-7010").await;
    let before = settle(&app, &id).await;
    let file = notice(&app, year, &due_on(&before));
    assert!(app.stop().await.success());
    let store = format!("sqlite://{}", data.join("green-channel.db").display());
    let rows = sums(&store).await.unwrap();
    let told = runs(&data, &["calendar", "check"], &[text(&file)]);
    for words in [id.as_str(), " → ", "不再是暂定", "未作任何改动"] {
        assert!(told.contains(words), "{words}: {told}");
    }
    assert_eq!(sums(&store).await.unwrap(), rows);
    assert!(!data.join("calendars").exists());
    std::fs::write(&file, "{}").unwrap();
    let refused = fails(&data, &["calendar", "load"], &[text(&file)]);
    assert!(refused.contains("notice.json"), "{refused}");
    assert!(!data.join("calendars").exists());
    app.restart().await;
    assert_eq!(settle(&app, &id).await["due_at"], before["due_at"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn new_cases_are_bound_to_the_operators_rule_set_and_a_missing_one_is_named() {
    let mut app = far_sighted().await;
    let data = app.data();
    let id = app.divert("CN-7020").await;
    assert!(due_on(&settle(&app, &id).await) > unknown_year().1.to_string());
    let listed = runs(&data, &["rules", "list"], &[]);
    let ours = listed.lines().find(|line| line.starts_with("mall-far\t")).unwrap();
    assert!(ours.contains("自定") && ours.contains("新案件适用"), "{listed}");
    let shown = runs(&data, &["rules", "show"], &["mall-far"]);
    for words in ["协商和解", "个工作日", "〔U", "来源"] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    assert!(app.stop().await.success());
    // Another set for new cases: the older case keeps its own.
    choose(&app, "odr-2026");
    app.restart().await;
    app.clerk().does(&id, green_channel_tests::accept()).await;
    assert!(app.stop().await.success());
    // Without its file nothing can be done to the older case, and that is said.
    let (file, aside) = (data.join("rules/far.json"), data.join("far.json"));
    std::fs::rename(&file, &aside).unwrap();
    let lost = fails(&data, &["doctor"], &[]);
    assert!(lost.contains("[异常] 案件") && lost.contains("mall-far（1 件）"), "{lost}");
    std::fs::rename(&aside, &file).unwrap();
    let found = said(&merchant_server(["doctor", "--data", text(&data)]));
    assert!(found.contains("[正常] 案件"), "{found}");
    let mut over = far("mall-over", unknown_year().1);
    over["valid_until"] = over["valid_from"].clone();
    std::fs::write(data.join("rules/over.json"), over.to_string()).unwrap();
    choose(&app, "mall-over");
    let over = fails(&data, &["doctor"], &[]);
    assert!(over.contains("mall-over 今天不在有效期内"), "{over}");
    choose(&app, "nope");
    let refused = fails(&data, &["doctor"], &[]);
    assert!(refused.contains("nope") && refused.contains("mall-far"), "{refused}");
}

/// A merchant that made a backup, erased a person afterwards, stopped, and lost its database.
async fn erased_after_a_backup(no: &str) -> (TestApp, String, PathBuf) {
    let mut app = TestApp::start().await;
    let (data, file) = (app.data(), app.data().join("backup.db"));
    let id = app.accepted(no).await;
    app.heard(no, &["accepted"]).await;
    let told = runs(&data, &["backup"], &["--out", text(&file)]);
    assert!(told.contains("backup.db.erased.list：共 0 件"), "{told}");
    app.center().notify(no, "consent_withdrawn", json!({})).await.unwrap();
    assert_eq!(app.clerk().state(&id).await, "erased");
    app.drained(Duration::from_secs(30)).await;
    assert!(app.stop().await.success());
    let list = std::fs::read_to_string(data.join("erased.list")).unwrap();
    assert_eq!(list, format!("{id}\n"), "the list knows who was erased, and nothing else");
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(data.join(format!("green-channel.db{end}")));
    }
    (app, id, file)
}

async fn is_erased(app: &TestApp, no: &str, id: &str) {
    assert_eq!(app.clerk().state(id).await, "erased");
    let gone = refusal(app.center().track(no).await);
    assert_eq!((gone.status, gone.code.as_str()), (410, "complaint_erased"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_backup_does_not_bring_back_who_was_erased_since() {
    let (mut app, id, file) = erased_after_a_backup("CN-7030").await;
    let (data, kept) = (app.data(), app.logs().join("erased.list"));
    std::fs::rename(data.join("erased.list"), &kept).unwrap();
    let refused = fails(&data, &["restore"], &["--from", text(&file)]);
    for words in ["erased.list", "--no-erased-list", "复活"] {
        assert!(refused.contains(words), "{words}: {refused}");
    }
    assert!(!data.join("green-channel.db").exists(), "nothing was restored without a list");
    let arguments = ["--from", text(&file), "--erased", text(&kept)];
    let told = runs(&data, &["restore"], &arguments);
    assert!(told.contains("再次删除 1 件") && told.contains("未发现问题"), "{told}");
    assert!(data.join("erased.list").exists(), "the list is the data folder's again");
    app.restart().await;
    is_erased(&app, "CN-7030", &id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_erases_again_before_it_serves() {
    let (mut app, id, file) = erased_after_a_backup("CN-7040").await;
    let (data, kept) = (app.data(), app.logs().join("erased.list"));
    std::fs::rename(data.join("erased.list"), &kept).unwrap();
    let told = runs(&data, &["restore"], &["--from", text(&file), "--no-erased-list"]);
    assert!(told.contains("再次删除 0 件") && told.contains("撤回同意"), "{told}");
    std::fs::copy(&kept, data.join("erased.list")).unwrap();
    app.restart().await;
    is_erased(&app, "CN-7040", &id).await;
    assert!(app.stop().await.success());
    runs(&data, &["fsck"], &[]);
    let doctor = said(&merchant_server(["doctor", "--data", text(&data)]));
    assert!(doctor.contains("删除名单：1 件"), "{doctor}");
}
