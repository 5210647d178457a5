//! A store moves house, is backed up, put back and checked: with the real program, real SQLite files
//! and a real PostgreSQL server.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use green_channel::log::{Frontier, TrustPolicy, leaf_hash};
use green_channel::store::postgres::{PostgresOptions, PostgresStore, connect};
use green_channel::store::transfer::{TransferError, move_store, sums};
use green_channel::store::{Change, RecordWrite, Store, StoreError};
use green_channel::time::Timestamp;
use green_channel_tests::{
    Postgres, Setup, TestApp, accept, binary, check_log, complaint_from, contact, entries_of,
    merchant_server, offer, perform,
};
use serde_json::{Value, json};

/// The database file that `init` configures.
fn store_of(app: &TestApp) -> PathBuf {
    app.data().join("green-channel.db")
}

fn url(file: &Path) -> String {
    format!("sqlite://{}", file.display())
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path of ours")
}

/// Everything a command said.
fn said(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    format!("{}{}", String::from_utf8_lossy(out), String::from_utf8_lossy(err))
}

fn runs(arguments: &[&str]) -> String {
    let output = merchant_server(arguments);
    assert!(output.status.success(), "{arguments:?}:\n{}", said(&output));
    said(&output)
}

fn fails(arguments: &[&str]) -> String {
    let output = merchant_server(arguments);
    assert!(!output.status.success(), "{arguments:?} went through:\n{}", said(&output));
    said(&output)
}

/// Points the configuration at another database.
fn point(app: &TestApp, database: &str) {
    let file = app.data().join("config.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let lines = text.lines().map(|line| {
        let line = if line.starts_with("database = ") {
            format!("database = \"{database}\"")
        } else {
            line.to_owned()
        };
        line + "\n"
    });
    std::fs::write(&file, lines.collect::<String>()).unwrap();
}

/// What `fsck` says, and the codes of what it found.
fn fsck(app: &TestApp) -> (Value, Vec<String>) {
    let data = app.data();
    let output = merchant_server(["fsck", "--data", text(&data), "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}:\n{}", said(&output)));
    assert_eq!(output.status.success(), report["sound"] == true, "the exit code says the same");
    let findings = report["findings"].as_array().unwrap();
    let codes = findings.iter().map(|finding| finding["code"].as_str().unwrap().to_owned());
    let codes = codes.collect();
    (report, codes)
}

fn is_sound(app: &TestApp) -> Value {
    let (report, codes) = fsck(app);
    assert_eq!(codes, Vec::<String>::new(), "{report:#}");
    assert_eq!(report["checks"][0]["verdict"], "sound", "nothing moved: {report:#}");
    report
}

/// Starts the server, which must end by itself, and gives what it said.
fn refuses_to_serve(app: &TestApp) -> String {
    let mut child = Command::new(binary())
        .args(["serve", "--data", text(&app.data())])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("merchant-server starts");
    let began = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if began.elapsed() > Duration::from_secs(30) {
            let _ = child.kill();
            panic!("the server serves a store that it must refuse");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let output = child.wait_with_output().unwrap();
    assert!(!output.status.success());
    said(&output)
}

/// A merchant that has closed a case, works on one and has erased one, and has stopped.
async fn lived() -> TestApp {
    let mut app = TestApp::start().await;
    let closed = app.accepted("CN-5001").await;
    app.clerk().does(&closed, offer(20_000, "退款 200 元。")).await;
    app.answer("CN-5001", &closed, true).await;
    app.clerk().does(&closed, perform(20_000)).await;
    app.accepted("CN-5002").await;
    app.accepted("CN-5003").await;
    app.center().notify("CN-5003", "consent_withdrawn", json!({})).await.unwrap();
    app.drained(Duration::from_secs(30)).await;
    assert!(app.stop().await.success());
    app
}

/// The checkpoint as the server publishes it.
async fn checkpoint(app: &TestApp) -> String {
    app.get("/log/checkpoint").await.unwrap().text().await.unwrap()
}

/// The exported log began as the log of this earlier checkpoint.
fn went_on(app: &TestApp, note: &str) {
    let folder = app.export_log();
    let log = check_log(&folder);
    let policy = std::fs::read_to_string(folder.join("policy")).unwrap();
    let earlier = TrustPolicy::parse(&policy).unwrap().believe(note).unwrap().checkpoint;
    assert!(log.size > earlier.size, "the log went on");
    let mut frontier = Frontier::empty();
    let count = usize::try_from(earlier.size).unwrap();
    for entry in entries_of(&folder).iter().take(count) {
        frontier.append(leaf_hash(entry));
    }
    assert_eq!(frontier.root(), earlier.root, "what was signed before the move is still so");
}

/// Moves until rows of this table were copied, and stops there.
async fn broken_off(from: &str, to: &str, at: &'static str) {
    let mut watch = |table: &'static str, _: u64| {
        if table == at { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let stopped = move_store(from, to, &mut watch).await;
    assert!(matches!(stopped, Err(TransferError::Stopped)), "{stopped:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_moves_to_postgresql_goes_on_there_and_comes_back_the_same() {
    let postgres = Postgres::start();
    let mut app = lived().await;
    let (old, server) = (url(&store_of(&app)), postgres.database("there_and_back"));
    let data = app.data();
    let before = sums(&old).await.unwrap();
    is_sound(&app);

    let told = runs(&["migrate-store", &old, &server, "--data", text(&data)]);
    for words in ["两边逐表核对一致", "未发现问题", "database = \"postgres"] {
        assert!(told.contains(words), "{words}: {told}");
    }
    assert_eq!(sums(&server).await.unwrap(), before, "every table has the same rows");
    let refused = refuses_to_serve(&app);
    assert!(refused.contains("moved"), "the old store has a successor: {refused}");

    point(&app, &server);
    let report = is_sound(&app);
    assert_eq!((&report["cases"], &report["erased"]), (&json!(3), &json!(1)));
    app.restart().await;
    let note = checkpoint(&app).await;
    let id = app.clerk().find("CN-5002").await;
    app.clerk().does(&id, contact("搬家后继续联系。")).await;
    app.divert("CN-5004").await;
    app.heard("CN-5002", &["accepted", "contacted"]).await;
    app.drained(Duration::from_secs(30)).await;
    let refused = fails(&["migrate-store", &server, &url(&data.join("no.db"))]);
    assert!(refused.contains("请先停止服务"), "not beside a running server: {refused}");
    assert!(app.stop().await.success());
    went_on(&app, &note);

    let back = data.join("back.db");
    runs(&["migrate-store", &server, &url(&back), "--data", text(&data)]);
    let (there, here) = (sums(&server).await.unwrap(), sums(&url(&back)).await.unwrap());
    assert_eq!(there, here);
    let refused = refuses_to_serve(&app);
    assert!(refused.contains("moved"), "nor is the store on the server served: {refused}");
    point(&app, "back.db");
    is_sound(&app);
    app.restart().await;
    assert_eq!(app.clerk().kinds(&id).await.iter().filter(|kind| *kind == "contacted").count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_does_not_move_away_under_a_running_server() {
    let mut app = TestApp::start().await;
    let id = app.divert("CN-5010").await;
    let to = app.data().join("elsewhere.db");
    let refused = fails(&["migrate-store", &url(&store_of(&app)), &url(&to)]);
    assert!(refused.contains("请先停止服务"), "{refused}");
    app.clerk().does(&id, accept()).await;
    assert!(app.stop().await.success());
    is_sound(&app);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_move_resumes_and_ends_equal() {
    let postgres = Postgres::start();
    let mut app = lived().await;
    let (old, server) = (url(&store_of(&app)), postgres.database("interrupted"));
    let before = sums(&old).await.unwrap();
    for table in ["cases", "sealed", "records"] {
        broken_off(&old, &server, table).await;
        if table == "cases" {
            // What is half there is not served, and the source is.
            point(&app, &server);
            let refused = refuses_to_serve(&app);
            assert!(refused.contains("not whole"), "{refused}");
            point(&app, "green-channel.db");
            is_sound(&app);
        }
    }
    let other = app.data().join("other.db");
    let refused = fails(&["migrate-store", &url(&other), &server]);
    assert!(refused.contains("没有数据库"), "{refused}");
    runs(&["migrate-store", &old, &server]);
    assert_eq!(sums(&server).await.unwrap(), before);
    point(&app, &server);
    // A run that came to its end and was not heard: the check after it is made all the same.
    let again = runs(&["migrate-store", &old, &server, "--data", text(&app.data())]);
    assert!(again.contains("早已搬到") && again.contains("未发现问题"), "{again}");
    // A run that died between its last two writes: neither store is served, and it goes on.
    let client = connect(&server).await.unwrap();
    let sql = "UPDATE house SET state = 'filling', detail = $1 WHERE one = 1";
    assert_eq!(client.execute(sql, &[&old]).await.unwrap(), 1);
    drop(client);
    assert!(refuses_to_serve(&app).contains("not whole"));
    runs(&["migrate-store", &old, &server]);
    is_sound(&app);
    app.restart().await;
    app.divert("CN-5020").await;
}

/// A server that nobody stopped, because it slept or goes by another name, finds out when it writes.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_still_has_a_session_does_not_write_into_a_store_that_was_moved() {
    let postgres = Postgres::start();
    let app = lived().await;
    let (first, second) = (postgres.database("left"), postgres.database("entered"));
    runs(&["migrate-store", &url(&store_of(&app)), &first]);
    let other = format!("{first}?application_name=somebody-else");
    let sleeper = PostgresStore::open(&other, PostgresOptions::default()).await.unwrap();
    sleeper.check().await.unwrap();
    runs(&["migrate-store", &first, &second]);
    let record = |id: &str| RecordWrite {
        kind: "note",
        id: id.to_owned(),
        expected: 0,
        body: Some(b"{}".to_vec()),
        expires_at: None,
    };
    let change = Change { records: vec![record("late")], ..Change::default() };
    let refused = sleeper.commit(change).await;
    assert!(matches!(refused, Err(StoreError::Closed)), "{refused:?}");
    assert!(sleeper.check().await.is_err(), "nor is it ready");
    let far = Timestamp::from_millis(9_000_000_000_000).unwrap();
    assert!(sleeper.claim_due(far, far, 10).await.unwrap().is_empty(), "nor does it claim");
    sleeper.close().await;
    point(&app, &second);
    is_sound(&app);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_that_was_begun_from_elsewhere_is_not_gone_on_with() {
    let app = lived().await;
    let (old, to) = (store_of(&app), url(&app.data().join("new.db")));
    broken_off(&url(&old), &to, "leaves").await;
    let copy = app.data().join("copy.db");
    std::fs::copy(&old, &copy).unwrap();
    let refused = fails(&["migrate-store", &url(&copy), &to]);
    assert!(refused.contains("green-channel.db"), "it names where it was begun: {refused}");
    let full = fails(&["migrate-store", &url(&copy), &url(&old)]);
    assert!(full.contains("不是空库"), "{full}");
    is_sound(&app);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_was_tampered_with_on_the_way_is_noticed() {
    let postgres = Postgres::start();
    let mut app = lived().await;
    let (old, server) = (url(&store_of(&app)), postgres.database("tampered"));
    broken_off(&old, &server, "outbox").await;
    let client = connect(&server).await.unwrap();
    let sql = "UPDATE leaves SET bytes = set_byte(bytes, 5, get_byte(bytes, 5) # 1)
               WHERE staging = (SELECT MAX(staging) FROM leaves)";
    assert_eq!(client.execute(sql, &[]).await.unwrap(), 1);
    drop(client);
    let refused = fails(&["migrate-store", &old, &server]);
    assert!(refused.contains("核对不符") && refused.contains("leaves"), "{refused}");
    point(&app, &server);
    assert!(refuses_to_serve(&app).contains("not whole"));
    point(&app, "green-channel.db");
    is_sound(&app);
    app.restart().await;
}

/// Diverts complaints until told to stop; gives the numbers that were taken.
fn load(app: &TestApp, over: Arc<AtomicBool>) -> tokio::task::JoinHandle<Vec<String>> {
    let center = app.center().clone();
    tokio::spawn(async move {
        let mut taken = Vec::new();
        for seed in 0.. {
            if over.load(Ordering::SeqCst) {
                break;
            }
            let no = format!("CN-6{seed:05}");
            let complaint = complaint_from(&center, seed, &no);
            if center.divert(&complaint).await.is_ok() {
                taken.push(no);
            }
        }
        taken
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_backup_under_load_restores_and_is_sound() {
    let mut app = TestApp::start().await;
    let early = app.accepted("CN-5030").await;
    let over = Arc::new(AtomicBool::new(false));
    let loading = load(&app, Arc::clone(&over));
    tokio::time::sleep(Duration::from_millis(300)).await;
    let (data, file) = (app.data(), app.data().join("backup.db"));
    let arguments = ["backup", "--data", text(&data), "--out", text(&file)].map(str::to_owned);
    let backing = tokio::task::spawn_blocking(move || merchant_server(arguments));
    let output = backing.await.unwrap();
    over.store(true, Ordering::SeqCst);
    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("没有 keys.json"), "{}", said(&output));
    assert!(loading.await.unwrap().len() > 5, "there was a load");
    assert!(fails(&["backup", "--data", text(&data), "--out", text(&file)]).contains("已存在"));
    assert!(!data.join("backup.db.part").exists() && !data.join("backup.db-wal").exists());
    is_private(&file);
    app.drained(Duration::from_secs(60)).await;
    assert!(app.stop().await.success());

    let full = fails(&["restore", "--data", text(&data), "--from", text(&file)]);
    assert!(full.contains("不是空库"), "nothing is overwritten: {full}");
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(data.join(format!("green-channel.db{end}")));
    }
    let told = runs(&["restore", "--data", text(&data), "--from", text(&file)]);
    assert!(told.contains("未发现问题") && told.contains("撤回同意"), "{told}");
    is_sound(&app);
    let again = runs(&["restore", "--data", text(&data), "--from", text(&file)]);
    assert!(again.contains("未发现问题"), "what is there already is checked again: {again}");
    point(&app, "backup.db");
    let refused = refuses_to_serve(&app);
    assert!(refused.contains("is a backup"), "a backup is not served in place: {refused}");
    point(&app, "green-channel.db");
    app.restart().await;
    assert_eq!(app.clerk().find("CN-5030").await, early);
    app.clerk().does(&early, contact("恢复后继续办理。")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_running_store_on_postgresql_is_backed_up_and_put_back_into_another() {
    let postgres = Postgres::start();
    let database = Some(postgres.database("backed_up"));
    let mut app = TestApp::start_with(Setup { database, ..Setup::default() }).await;
    let early = app.accepted("CN-5040").await;
    let over = Arc::new(AtomicBool::new(false));
    let loading = load(&app, Arc::clone(&over));
    tokio::time::sleep(Duration::from_millis(300)).await;
    let (data, file) = (app.data(), app.data().join("backup.db"));
    let arguments = ["backup", "--data", text(&data), "--out", text(&file)].map(str::to_owned);
    let output = tokio::task::spawn_blocking(move || merchant_server(arguments)).await.unwrap();
    assert!(output.status.success(), "{}", said(&output));
    over.store(true, Ordering::SeqCst);
    let taken = loading.await.unwrap();
    assert!(taken.len() > 5, "there was a load");
    is_private(&file);
    app.drained(Duration::from_secs(60)).await;
    assert!(app.stop().await.success());
    is_sound(&app);
    let second = postgres.database("restored");
    point(&app, &second);
    runs(&["restore", "--data", text(&data), "--from", text(&file)]);
    let report = is_sound(&app);
    let cases = report["cases"].as_u64().unwrap();
    assert!(cases > 1 && cases <= 1 + u64::try_from(taken.len()).unwrap(), "one instant: {cases}");
    assert_eq!(sums(&second).await.unwrap(), sums(&url(&file)).await.unwrap());
    app.restart().await;
    assert_eq!(app.clerk().find("CN-5040").await, early);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_backup_is_restored_and_an_older_one_is_brought_up_to_date() {
    let app = lived().await;
    let (data, store) = (app.data(), store_of(&app));
    let before = sums(&url(&store)).await.unwrap();
    let (file, other) = (data.join("backup.db"), data.join("other.db"));
    runs(&["backup", "--data", text(&data), "--out", text(&file)]);
    point(&app, "other.db");
    let refused = fails(&["restore", "--data", text(&data), "--from", text(&store)]);
    assert!(refused.contains("不是备份"), "{refused}");
    // As the version before wrote it: without what the newest migration changed.
    let db = rusqlite::Connection::open(&file).unwrap();
    let older = "ALTER TABLE outbox ADD COLUMN receipt BLOB;
        DELETE FROM refinery_schema_history WHERE version = 3";
    db.execute_batch(older).unwrap();
    drop(db);
    let _ = std::fs::remove_file(&other);
    runs(&["restore", "--data", text(&data), "--from", text(&file)]);
    assert_eq!(sums(&url(&other)).await.unwrap(), before);
    assert!(!data.join("backup.db.newer").exists(), "nothing is left beside the backup");
    is_sound(&app);
}

#[cfg(unix)]
fn is_private(file: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "only its owner can read a backup");
}

#[cfg(not(unix))]
fn is_private(_: &Path) {}

/// Changes the database file behind everybody's back, gives what `fsck` found, and undoes it.
fn damaged(app: &TestApp, sql: &str) -> (Value, Vec<String>) {
    let (store, good) = (store_of(app), app.data().join("good.db"));
    if !good.exists() {
        std::fs::copy(&store, &good).unwrap();
    }
    let db = rusqlite::Connection::open(&store).unwrap();
    db.pragma_update(None, "foreign_keys", false).unwrap();
    assert!(db.execute(sql, []).unwrap() > 0, "control: {sql} changes something");
    drop(db);
    let found = fsck(app);
    for end in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(app.data().join(format!("green-channel.db{end}")));
    }
    std::fs::copy(&good, &store).unwrap();
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn fsck_names_what_is_broken() {
    let app = lived().await;
    let report = is_sound(&app);
    assert_eq!((&report["cases"], &report["closed"]), (&json!(3), &json!(1)));
    assert_eq!(report["closed_untold"], 0);
    assert!(report["checkpoints"].as_u64().unwrap() > 0);
    let of_a_case = "(SELECT stream FROM cases WHERE state = 'closed')";
    let flip = format!(
        "UPDATE leaves SET bytes = CAST(REPLACE(CAST(bytes AS TEXT), '\"v\":1', '\"v\":2') AS BLOB)
         WHERE n = 1 AND stream = {of_a_case}"
    );
    let last = "UPDATE checkpoints SET root = zeroblob(32)
                WHERE size = (SELECT MAX(size) FROM checkpoints)";
    let damages: [(&str, &[&str]); 16] = [
        (flip.as_str(), &["leaf_changed", "entry_changed", "root_wrong"]),
        (last, &["checkpoint_unsigned", "root_wrong"]),
        (
            "DELETE FROM sealed WHERE n = (SELECT MAX(n) FROM sealed)",
            &["words_lost", "receipt_missing"],
        ),
        ("UPDATE sealed SET sealed = zeroblob(length(sealed)) WHERE n = 0", &["words_unreadable"]),
        ("UPDATE counts SET n = n + 1 WHERE kind = 'case' AND code = 'closed'", &["count_wrong"]),
        ("UPDATE cases SET state = 'settled' WHERE state = 'closed'", &["row_wrong"]),
        ("UPDATE cases SET version = version + 1", &["version_wrong"]),
        ("DELETE FROM outbox WHERE kind = 'closed'", &["report_missing"]),
        ("UPDATE case_keys SET wrapped = zeroblob(length(wrapped))", &["key_lost"]),
        ("DELETE FROM notices", &["notice_missing"]),
        ("DELETE FROM cases WHERE state = 'erased'", &["leaf_stray", "engine"]),
        ("UPDATE log_nodes SET hash = zeroblob(32) WHERE level = 1 AND idx = 0", &["node_wrong"]),
        // What a server would refuse to open is told, not refused.
        ("UPDATE log_head SET size = 1", &["checkpoint_ahead", "frontier_wrong"]),
        ("DELETE FROM leaves WHERE stream = 'host'", &["position_gap"]),
        // What no engine calls broken.
        ("UPDATE outbox SET ready = 1", &["engine"]),
        (
            "INSERT INTO blind_values (kind, value, case_id)
             SELECT 'phone', number, id FROM cases WHERE state = 'erased'",
            &["engine"],
        ),
    ];
    for (sql, codes) in damages {
        let (report, found) = damaged(&app, sql);
        for code in codes {
            assert!(found.iter().any(|one| one == code), "{sql}: {code} in {report:#}");
        }
    }
    is_sound(&app);
    with_the_centers_keys_exchanged(&app);
    let (report, found) = fsck(&app);
    assert!(found.iter().any(|one| one == "receipt_invalid"), "{report:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn fsck_names_what_is_broken_on_postgresql_too() {
    let postgres = Postgres::start();
    let app = lived().await;
    let server = postgres.database("damaged");
    runs(&["migrate-store", &url(&store_of(&app)), &server]);
    point(&app, &server);
    is_sound(&app);
    let client = connect(&server).await.unwrap();
    for (sql, code) in [
        ("UPDATE outbox SET ready = 1 - ready", "engine"),
        ("UPDATE counts SET n = n + 1 WHERE kind = 'case'", "count_wrong"),
        (
            "UPDATE sealed SET sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1) WHERE n = 0",
            "words_unreadable",
        ),
        ("UPDATE checkpoints SET root = decode(repeat('00', 32), 'hex')", "root_wrong"),
        (
            "UPDATE leaves SET bytes = set_byte(bytes, 9, get_byte(bytes, 9) # 1) WHERE position = 3",
            "entry_changed",
        ),
        ("UPDATE case_keys SET wrapped = decode(repeat('00', length(wrapped)), 'hex')", "key_lost"),
    ] {
        assert!(client.execute(sql, &[]).await.unwrap() > 0, "control: {sql} changes something");
        let (report, found) = fsck(&app);
        assert!(found.iter().any(|one| one == code), "{sql}: {code} in {report:#}");
    }
}

/// The only key is a stranger's: the example of RFC 8037, appendix A.2 and A.3.
fn with_the_centers_keys_exchanged(app: &TestApp) {
    let file = app.data().join("center-jwks.json");
    let mut keys: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let all = keys["keys"].as_array_mut().unwrap();
    all.retain(|key| key["gc_purpose"] == "receipt");
    assert_eq!(all.len(), 1, "the center signs receipts with one key");
    all[0]["x"] = json!("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
    all[0]["kid"] = json!("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    std::fs::write(&file, keys.to_string()).unwrap();
}
