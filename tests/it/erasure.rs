//! A consumer withdraws the consent, wherever the case stands then: after that nothing readable of
//! the person is left anywhere in the merchant's house, nor does an old backup bring it back.
//!
//! Looked through, while the server runs and after it has stopped: the data folder (database,
//! write-ahead log, shared memory, configuration, shred list), everything the server and the
//! commands say, a backup from before the withdrawals and one from after, the exported log, and the
//! data folder that the old backup is restored into. On a database server: a dump of the database
//! from before, after, and of the restored one, the log of that server with every statement and its
//! values, and in the end its own folder as a crash leaves it, with its write-ahead log. Not looked
//! through: what the center has, which is the center's; and memory.
//!
//! Words are sealed before they reach a database, so they are found nowhere even while a case is
//! open. What an erasure adds is that nobody can open them: the wrapped keys of the cases are
//! looked for as well, and are gone from the database, its write-ahead log, the second backup and
//! the restored database. They are still in the backup from before, as `docs/operations.md` says;
//! and in a database server's dead rows until vacuum, in its write-ahead log until that is recycled
//! and in a log of its statements, so there they are not looked for.

mod planted;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use green_channel::testkit::Faults;
use green_channel_tests::{
    Needles, Postgres, Setup, TestApp, check_log, merchant_server, refusal, reveal,
};
use serde_json::{Value, json};

use planted::{Person, Planting};

/// Where the cases are kept; files in the data folder when nothing is said.
#[derive(Default)]
struct Kept {
    /// Where they are at first.
    first: Option<String>,
    /// Where the backup is restored to.
    second: Option<String>,
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path of ours")
}

/// A folder of this name beside the data folder.
fn beside(app: &TestApp, name: &str) -> PathBuf {
    let folder = app.data().with_file_name(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Runs a command on the data folder, which must succeed. What it says is kept, to be searched.
fn runs(app: &TestApp, words: &[&str], options: &[&str]) -> String {
    let data = app.data();
    let output = merchant_server([words, &["--data", text(&data)], options].concat());
    let said = [output.stdout, output.stderr].concat();
    let place = beside(app, "said");
    let count = std::fs::read_dir(&place).unwrap().count();
    std::fs::write(place.join(format!("{count}.log")), &said).unwrap();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(output.status.success(), "{words:?} {options:?}:\n{said}");
    said
}

fn back_up(app: &TestApp, folder: &Path, name: &str) -> PathBuf {
    let file = folder.join(name);
    let told = runs(app, &["backup"], &["--out", text(&file)]);
    assert!(told.contains("未发现问题"), "{told}");
    file
}

fn is_sound(app: &TestApp) {
    let told = runs(app, &["fsck"], &[]);
    assert!(told.contains("未发现问题"), "{told}");
}

/// The folder in which everything lies that the database holds: for a server's, a fresh dump.
fn database(app: &TestApp, url: Option<&String>, name: &str) -> PathBuf {
    let Some(url) = url else { return app.data() };
    let folder = beside(app, name);
    std::fs::write(folder.join("dump.sql"), Postgres::dump(url)).unwrap();
    folder
}

/// None of them is in any of these folders; each folder has something in it.
fn nowhere(needles: &Needles, folders: &[PathBuf]) {
    for folder in folders {
        assert!(std::fs::read_dir(folder).unwrap().count() > 0, "control: {}", folder.display());
        assert_eq!(needles.in_folder(folder), Vec::<String>::new());
    }
}

/// Plants everybody; the merchant knows each of them. Gives what is to be looked for, and them.
async fn plant(app: &TestApp) -> (Vec<String>, Vec<Person>) {
    let mut planting = Planting::new(app);
    planting.everywhere().await;
    app.drained(Duration::from_secs(60)).await;
    planting.while_the_center_is_down().await;
    let told = planting.told().await;
    let needles = Needles::new(&planting.strings.kept);
    let known: BTreeSet<&str> = needles.in_bytes(told.as_bytes()).into_iter().collect();
    let kept = &planting.strings.kept;
    let lost: Vec<&String> = kept.iter().filter(|text| !known.contains(text.as_str())).collect();
    assert!(lost.is_empty(), "control: the merchant knows and tells them: {lost:?}");
    assert!(kept.len() >= 200, "there are {}", kept.len());
    planting.refused().await;
    let Planting { strings, people, .. } = planting;
    ([strings.kept, strings.unkept].concat(), people)
}

/// The wrapped keys of the cases, read from a copy of the backup; and in that copy one of the texts
/// as somebody careless would write it, which is found.
fn keys_of(app: &TestApp, backup: &Path, needles: &Needles, careless: &str) -> Vec<Vec<u8>> {
    let folder = beside(app, "control");
    let copy = folder.join("copy.db");
    std::fs::copy(backup, &copy).unwrap();
    assert_eq!(needles.in_folder(&folder), Vec::<String>::new());
    let db = rusqlite::Connection::open(&copy).unwrap();
    let mut living = db.prepare("SELECT wrapped FROM case_keys WHERE alive = 1").unwrap();
    let rows = living.query_map([], |row| row.get(0)).unwrap();
    let keys: Vec<Vec<u8>> = rows.collect::<Result<_, _>>().unwrap();
    db.execute_batch("CREATE TABLE careless (text TEXT)").unwrap();
    db.execute("INSERT INTO careless VALUES (?1)", [careless]).unwrap();
    let found = needles.in_folder(&folder);
    assert!(!found.is_empty(), "control: what stands in a database is found");
    assert!(found.iter().all(|line| line.ends_with(careless)), "{found:?}");
    keys
}

/// What is looked for of these keys; each is still where the database is.
fn living_keys(keys: &[Vec<u8>], database: &Path) -> Needles {
    let mut needles = Needles::new::<&str>(&[]);
    for (place, key) in keys.iter().enumerate() {
        needles = needles.and_bytes(&format!("key {place:04}"), key);
    }
    let found = needles.in_folder(database);
    for place in 0..keys.len() {
        let name = format!("key {place:04}");
        assert!(found.iter().any(|line| line.ends_with(&name)), "control: {name} is found");
    }
    needles
}

/// Every consent is withdrawn, and the center hears that the person is erased.
async fn withdrawn(app: &TestApp, people: &[Person]) {
    app.center().faults(Faults::default());
    for Person { no, id, at_desk } in people {
        if !at_desk {
            let answer = app.center().notify(no, "consent_withdrawn", json!({})).await;
            answer.unwrap_or_else(|error| panic!("{no}: {error}"));
            continue;
        }
        let command = json!({ "action": "withdraw_consent", "paper_no": "CH-2026-0031" });
        app.supervisor().does(id, command).await;
    }
    app.drained(Duration::from_secs(60)).await;
    for Person { no, .. } in people {
        assert_eq!(app.center().reported(no).last().map(String::as_str), Some("erased"), "{no}");
    }
    assert_eq!(app.center().broken_rules(), Vec::<String>::new());
}

/// Everybody is erased, and the API tells nothing of them. Gives the streams of the cases.
async fn are_erased(app: &TestApp, people: &[Person], needles: &Needles) -> Vec<String> {
    let (mut told, mut streams) = (String::new(), Vec::new());
    for Person { no, id, .. } in people {
        let view = app.clerk().show(id).await.unwrap();
        assert_eq!(view["summary"]["state"], "erased", "{no}");
        let gone = refusal(app.center().track(no).await);
        assert_eq!((gone.status, gone.code.as_str()), (410, "complaint_erased"), "{no}");
        let acted = refusal(app.clerk().act(id, reveal(&["name"], "核对")).await);
        assert!([409, 410].contains(&acted.status), "nothing is left to reveal: {acted:?}");
        streams.push(view["stream"].as_str().unwrap().to_owned());
        let history = app.clerk().history(id).await.unwrap();
        told += &json!([view, history, acted.body, gone.body]).to_string();
    }
    told += &json!(app.clerk().list("").await.unwrap()).to_string();
    for state in ["pending", "delivered", "dead"] {
        told += &json!(app.supervisor().reports(state).await.unwrap()).to_string();
    }
    told += &app.get("/metrics").await.unwrap().text().await.unwrap();
    assert_eq!(needles.in_bytes(told.as_bytes()), Vec::<&str>::new());
    streams
}

/// The cases that a shred list names.
fn listed(file: &Path) -> BTreeSet<String> {
    std::fs::read_to_string(file).unwrap().lines().map(str::to_owned).collect()
}

/// Points the configuration of a data folder at another database.
fn point(data: &Path, url: &str) {
    let file = data.join("config.toml");
    let config = std::fs::read_to_string(&file).unwrap();
    let line = config.lines().find(|line| line.starts_with("database = ")).unwrap();
    let other = format!("database = {}", json!(url));
    std::fs::write(&file, config.replacen(line, &other, 1)).unwrap();
}

/// A new data folder with the old keys and nothing else; the old one goes elsewhere.
fn move_out(app: &TestApp, kept: &Kept) {
    let data = app.data();
    let old = data.with_file_name("old");
    std::fs::rename(&data, &old).unwrap();
    std::fs::create_dir(&data).unwrap();
    for name in ["config.toml", "keys.json", "center-jwks.json"] {
        std::fs::copy(old.join(name), data.join(name)).unwrap();
    }
    if let Some(url) = &kept.second {
        point(&data, url);
    }
}

/// The backup from before is put back into a new data folder, with the shred list from after:
/// everybody is erased again before anybody can ask. Gives the folder with the new database.
async fn restored(
    app: &mut TestApp,
    kept: &Kept,
    people: &[Person],
    needles: &Needles,
    (backup, list): (&Path, &Path),
) -> PathBuf {
    move_out(app, kept);
    let told = runs(app, &["restore"], &["--from", text(backup), "--erased", text(list)]);
    for words in [format!("再次删除 {} 件", people.len()), "未发现问题".to_owned()] {
        assert!(told.contains(&words), "{words}: {told}");
    }
    is_sound(app);
    app.restart().await;
    are_erased(app, people, needles).await;
    let history = app.clerk().history(&people[0].id).await.unwrap();
    let last: &Value = history.last().unwrap();
    assert_eq!((&last["kind"], &last["data"]["reason"]), (&json!("erased"), &json!("restored")));
    app.drained(Duration::from_secs(60)).await;
    assert!(app.stop().await.success());
    is_sound(app);
    database(app, kept.second.as_ref(), "dump-restored")
}

/// Plants, withdraws and searches; gives what was looked for.
async fn nothing_is_left(kept: &Kept) -> Needles {
    let mut setup = Setup { database: kept.first.clone(), ..Setup::default() };
    setup.settings.push(("level = \"info\"", "level = \"debug\""));
    let mut app = TestApp::start_with(setup).await;
    let (strings, people) = plant(&app).await;
    let needles = Needles::new(&strings);
    let (data, logs) = (app.data(), app.logs());
    let (before, after) = (beside(&app, "before"), beside(&app, "after"));

    // Sealed at rest while the cases are open, and in a backup.
    let first = back_up(&app, &before, "first.db");
    let live = database(&app, kept.first.as_ref(), "dump-before");
    nowhere(&needles, &[data.clone(), logs.clone(), before.clone(), live.clone()]);
    if kept.first.is_none() {
        assert!(data.join("green-channel.db-wal").exists(), "control: the log is searched too");
    }
    let keys = keys_of(&app, &first, &needles, &strings[0]);
    assert_eq!(keys.len(), people.len());
    let keys = living_keys(&keys, &live);

    withdrawn(&app, &people).await;
    let streams = are_erased(&app, &people, &needles).await;
    back_up(&app, &after, "second.db");
    let live = database(&app, kept.first.as_ref(), "dump-after");
    nowhere(&needles, &[data.clone(), logs.clone(), after.clone(), live.clone()]);
    nowhere(&keys, &[live, after.clone()]);

    assert!(app.stop().await.success());
    is_sound(&app);
    let exported = app.export_log();
    let log = check_log(&exported);
    assert_eq!(log.cases, u64::try_from(people.len()).unwrap());
    for stream in &streams {
        assert_eq!(log.streams[stream].last().map(String::as_str), Some("erased"));
    }
    let ids: BTreeSet<String> = people.iter().map(|person| person.id.clone()).collect();
    let list = after.join("second.db.erased.list");
    assert_eq!(listed(&list), ids, "beside the second backup");
    assert_eq!(listed(&data.join("erased.list")), ids, "in the data folder");
    let said = beside(&app, "said");
    let all = [data.clone(), logs.clone(), said.clone(), before, after, exported.clone()];
    nowhere(&needles, &all);
    nowhere(&keys, &[data.clone(), logs.clone(), said.clone(), exported]);

    let files = (first.as_path(), list.as_path());
    let live = restored(&mut app, kept, &people, &needles, files).await;
    let again = [data, logs, said, live];
    nowhere(&needles, &again);
    nowhere(&keys, &again);
    let is_talkative = app.log_text().contains("an act came too late");
    assert!(is_talkative, "control: the server told all that it ever tells");
    needles
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_whoever_withdraws_the_consent_no_readable_string_is_left_and_no_backup_has_one() {
    nothing_is_left(&Kept::default()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn on_a_database_server_no_readable_string_is_left_either() {
    let mut postgres = Postgres::start_talkative();
    let (first, second) = (postgres.database("planted"), postgres.database("restored"));
    let kept = Kept { first: Some(first), second: Some(second) };
    let needles = nothing_is_left(&kept).await;
    // Its log, its tables with their dead rows, and its write-ahead log as they lie.
    postgres.crash();
    let log = std::fs::read(postgres.folder().join("server.log")).unwrap();
    let told = String::from_utf8_lossy(&log);
    assert!(told.contains("INSERT INTO case_keys"), "control: it wrote its statements down");
    assert!(postgres.folder().join("data/pg_wal").is_dir(), "control: it has a write-ahead log");
    nowhere(&needles, &[postgres.folder().to_path_buf()]);
    // Its end is that of a server that runs.
    postgres.restart();
}

/// What the search must find, each form written by other means than the search's own.
#[test]
fn a_string_in_a_file_is_found_in_every_form_it_may_be_written_in() {
    const PLANTED: &str = "欧阳1390";
    let utf16 = [0x6b27_u16, 0x9633, 0x31, 0x33, 0x39, 0x30];
    let mut forms: Vec<(String, Vec<u8>)> = [
        ("plain", PLANTED),
        ("lower-case hex", "e6aca7e998b331333930"),
        ("upper-case hex", "E6ACA7E998B331333930"),
        ("JSON", "\\u6b27\\u96331390"),
        ("JSON of ASCII too", "\\u6b27\\u9633\\u0031\\u0033\\u0039\\u0030"),
        ("Rust", "\\u{6b27}\\u{9633}1390"),
        ("an address", "%E6%AC%A7%E9%98%B31390"),
        ("a lower-case address", "%e6%ac%a7%e9%98%b31390"),
        ("numbers", "[230, 172, 167, 233, 152, 179, 49, 51, 57, 48]"),
        ("dense numbers", "[230,172,167,233,152,179,49,51,57,48]"),
    ]
    .map(|(name, form)| (name.to_owned(), form.as_bytes().to_vec()))
    .to_vec();
    forms.push(("UTF-16LE".to_owned(), utf16.iter().flat_map(|unit| unit.to_le_bytes()).collect()));
    forms.push(("UTF-16BE".to_owned(), utf16.iter().flat_map(|unit| unit.to_be_bytes()).collect()));
    for offset in 0..3 {
        let inside = format!("{}{PLANTED}?>", &"ab"[..offset]);
        for (alphabet, code) in
            [("base64", STANDARD.encode(&inside)), ("base64url", URL_SAFE_NO_PAD.encode(&inside))]
        {
            forms.push((format!("{alphabet} at {offset}"), code.into_bytes()));
        }
    }
    assert_eq!(forms.len(), 18);
    let needles = Needles::new(&[PLANTED, "欧阳2390"]);
    for (name, form) in forms {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("inner");
        std::fs::create_dir(&inner).unwrap();
        let bytes = [b"\x00\xff{".as_slice(), form.as_slice(), b"}\xff".as_slice()].concat();
        std::fs::write(inner.join("file"), bytes).unwrap();
        let found = needles.in_folder(folder.path());
        assert_eq!(found.len(), 1, "{name}: {found:?}");
        assert!(found[0].ends_with(PLANTED), "{name}");
    }
}
