//! Holds the embedded database to the store's contract, and to what only it promises: fsync before
//! every answer, a full disk without harm, and no erased byte left in its files.

#![cfg(all(feature = "sqlite", feature = "testkit"))]

use std::future::ready;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use green_channel::ids::{CaseId, ReportId};
use green_channel::log::Hash;
use green_channel::store::sqlite::{SqliteOptions, SqliteStore};
use green_channel::store::{
    CaseRow, CaseWrite, Change, Expected, NewCase, NoticeRow, OutboxRow, OutboxState, SealedRow,
    Store, StoreError, contract,
};
use green_channel::time::Timestamp;

fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(path, SqliteOptions::default()).unwrap()
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(1_795_485_600_000 + millis).unwrap()
}

fn id(n: u8) -> CaseId {
    CaseId::new(at(i64::from(n)), [n; 10])
}

/// A new case whose sealed words are these bytes.
fn arrival(n: u8, words: &[u8]) -> Change {
    let row = CaseRow {
        id: id(n),
        stream: format!("{n:032x}"),
        version: 1,
        state: "received".to_owned(),
        due_at: None,
        received_at: at(0),
        updated_at: at(0),
        wake_at: None,
        snapshot: b"{}".to_vec(),
        head: Hash::from([n; 32]),
    };
    let new = NewCase { number: [n; 32], wrapped_key: vec![n; 60], blind: Vec::new() };
    Change {
        case: Some(CaseWrite { expected: Expected::New(new), row }),
        sealed: vec![SealedRow { case: id(n), n: 0, sealed: words.to_vec() }],
        ..Change::default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn it_keeps_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let next = AtomicUsize::new(0);
    contract::all(|| {
        let name = format!("{}.db", next.fetch_add(1, Ordering::Relaxed));
        ready(open(&folder.path().join(name)))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn it_keeps_the_contract_when_every_change_commits_alone() {
    let folder = tempfile::tempdir().unwrap();
    let next = AtomicUsize::new(0);
    let options = SqliteOptions { batch: 1, checkpoint_pages: 1, ..SqliteOptions::default() };
    contract::all(|| {
        let name = format!("{}.db", next.fetch_add(1, Ordering::Relaxed));
        ready(SqliteStore::open(&folder.path().join(name), options.clone()).unwrap())
    })
    .await;
}

#[tokio::test]
async fn reopening_finds_everything() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    contract::what_was_committed_survives_reopening(|| ready(open(&path))).await;
}

#[tokio::test]
async fn the_writer_runs_in_wal_with_full_synchronisation() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("store.db"));
    let settings = store.settings();
    assert_eq!((settings.journal_mode.as_str(), settings.synchronous), ("wal", 2));
    assert!(settings.foreign_keys && settings.secure_delete);
}

#[tokio::test]
async fn a_full_disk_harms_nothing_that_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let options = SqliteOptions { max_pages: Some(120), ..SqliteOptions::default() };
    let store = SqliteStore::open(&path, options).unwrap();
    store.commit(arrival(1, b"words")).await.unwrap();
    let large = store.commit(arrival(2, &vec![7; 1 << 20])).await;
    assert!(matches!(large, Err(StoreError::Full)), "{large:?}");
    assert_eq!(store.case(id(2)).await.unwrap(), None);
    assert_eq!(store.case_counts().await.unwrap(), [("received".to_owned(), 1)]);
    assert!(store.case(id(1)).await.unwrap().is_some());
    // What still fits goes in, with nobody's help.
    store.commit(arrival(3, b"words")).await.unwrap();
    store.check().await.unwrap();
    drop(store);
    // More space helps the rest.
    open(&path).commit(arrival(2, &vec![7; 1 << 20])).await.unwrap();
}

#[tokio::test]
async fn too_many_waiting_changes_are_refused_and_the_others_stand() {
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteOptions { queue: 1, batch: 1, ..SqliteOptions::default() };
    let store = Arc::new(SqliteStore::open(&folder.path().join("store.db"), options).unwrap());
    let tasks: Vec<_> = (0..64)
        .map(|n| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.commit(arrival(n, b"words")).await })
        })
        .collect();
    let (mut stored, mut refused) = (0, 0);
    for task in tasks {
        match task.await.unwrap() {
            Ok(()) => stored += 1,
            Err(StoreError::Overloaded) => refused += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert!(stored > 0 && refused > 0, "{stored} stored, {refused} refused");
    assert_eq!(store.case_counts().await.unwrap(), [("received".to_owned(), stored)]);
}

#[tokio::test]
async fn a_closed_store_has_written_all_and_takes_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let store = open(&path);
    store.commit(arrival(1, b"words")).await.unwrap();
    assert!(store.stats().writing);
    store.close().await.unwrap();
    store.close().await.unwrap();
    assert!(!store.stats().writing);
    let late = store.commit(arrival(2, b"words")).await;
    assert!(matches!(late, Err(StoreError::Closed)), "{late:?}");
    assert!(matches!(store.case(id(1)).await, Err(StoreError::Closed)));
    // All of it is in the database file.
    let log = std::fs::metadata(folder.path().join("store.db-wal"));
    assert!(log.map_or(true, |log| log.len() == 0));
    assert!(open(&path).case(id(1)).await.unwrap().is_some());
}

#[tokio::test]
async fn a_store_whose_past_differs_does_not_open() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    drop(open(&path));
    let db = rusqlite::Connection::open(&path).unwrap();
    db.execute("UPDATE refinery_schema_history SET checksum = '1'", []).unwrap();
    drop(db);
    let refused = SqliteStore::open(&path, SqliteOptions::default()).unwrap_err();
    assert!(refused.to_string().contains("another version"), "{refused}");
    let nowhere = folder.path().join("no").join("folder.db");
    let refused = SqliteStore::open(&nowhere, SqliteOptions::default()).unwrap_err();
    assert_eq!(refused.to_string(), "the database failed: SQLITE_CANTOPEN (14)");
}

/// Whether these bytes are anywhere in the files of the store.
fn on_disk(folder: &Path, wanted: &[u8]) -> bool {
    let files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.iter().any(|file| {
        let bytes = std::fs::read(file).unwrap();
        bytes.windows(wanted.len()).any(|window| window == wanted)
    })
}

#[tokio::test]
async fn no_erased_byte_is_left_on_disk() {
    const MARKS: [&[u8]; 6] = [
        b"wrapped key of the person",
        b"sealed words of the person",
        b"blind value of the person 123456",
        b"fingerprint of the notice 123456",
        b"answer to the notice",
        b"body of the report",
    ];
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("store.db"));
    let mut change = arrival(1, MARKS[1]);
    let case = change.case.as_mut().unwrap();
    case.expected = Expected::New(NewCase {
        number: [1; 32],
        wrapped_key: MARKS[0].to_vec(),
        blind: vec![("phone", MARKS[2].try_into().unwrap())],
    });
    // Large enough to spill into pages of its own.
    change.sealed.push(SealedRow { case: id(1), n: 1, sealed: MARKS[1].repeat(2000) });
    change.notice = Some(NoticeRow {
        case: id(1),
        key: [2; 32],
        fingerprint: MARKS[3].try_into().unwrap(),
        answer: MARKS[4].to_vec(),
    });
    change.outbox.push(OutboxRow {
        id: ReportId::new(at(0), [1; 10]),
        case: id(1),
        sequence: 1,
        kind: "accepted".to_owned(),
        body: Some(MARKS[5].to_vec()),
        state: OutboxState::Pending,
        attempts: 0,
        next_at: at(0),
        fence: 0,
        leased_until: None,
        cause: None,
        created_at: at(0),
        delivered_at: None,
    });
    store.commit(change).await.unwrap();
    for n in 2..30 {
        store.commit(arrival(n, b"words of somebody else")).await.unwrap();
    }
    for mark in MARKS {
        assert!(on_disk(folder.path(), mark), "the search itself works");
    }
    store.commit(Change { erase: Some(id(1)), ..Change::default() }).await.unwrap();
    for mark in MARKS {
        let text = String::from_utf8_lossy(mark);
        assert!(!on_disk(folder.path(), mark), "still there: {text}");
    }
    assert!(on_disk(folder.path(), b"words of somebody else"));
}

/// The file as the first release wrote it: its schema was the first migration and no more.
fn back_to_the_first_release(path: &Path) {
    let db = rusqlite::Connection::open(path).unwrap();
    let back = "DROP TABLE house; ALTER TABLE outbox ADD COLUMN receipt BLOB;
                DROP INDEX cases_by_wake; ALTER TABLE cases DROP COLUMN wake_at;
                DELETE FROM refinery_schema_history WHERE version > 1";
    db.execute_batch(back).unwrap();
}

/// Every row of every table of the first release, as text.
fn all_rows(path: &Path) -> Vec<String> {
    let db = rusqlite::Connection::open(path).unwrap();
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table'
               AND name NOT IN ('house', 'refinery_schema_history') ORDER BY name";
    let mut tables = db.prepare(sql).unwrap();
    let names = tables.query_map([], |row| row.get::<_, String>(0)).unwrap();
    let mut rows = Vec::new();
    for name in names.map(Result::unwrap) {
        let mut all = db.prepare(&format!("SELECT * FROM {name} ORDER BY 1, 2")).unwrap();
        let columns = all.column_count();
        let mut found = all.query([]).unwrap();
        while let Some(row) = found.next().unwrap() {
            let values = (0..columns).map(|n| format!("{:?}", row.get_ref_unwrap(n)));
            rows.push(format!("{name} {}", values.collect::<Vec<_>>().join(" ")));
        }
    }
    rows
}

#[tokio::test]
async fn a_store_of_the_first_release_opens_with_every_row_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let store = open(&path);
    for n in 1..20 {
        store.commit(arrival(n, b"words")).await.unwrap();
    }
    store.close().await.unwrap();
    back_to_the_first_release(&path);
    let before = all_rows(&path);
    assert!(before.len() > 50, "{} rows", before.len());
    let store = open(&path);
    store.commit(arrival(20, b"words")).await.unwrap();
    assert!(store.case(id(1)).await.unwrap().is_some());
    // Every case of before is looked at once; a new one says itself when.
    let now = Timestamp::from_millis(1).unwrap();
    assert_eq!(store.waking(now, None, 100).await.unwrap().len(), 19);
    store.close().await.unwrap();
    let after = all_rows(&path);
    // What a later release added stands behind what was there.
    let kept = |row: &String| after.iter().any(|later| later.starts_with(row.as_str()));
    let changed = |row: &&String| !kept(row) && !row.starts_with("counts");
    assert_eq!(before.iter().filter(changed).collect::<Vec<_>>(), Vec::<&String>::new());
}

#[tokio::test]
async fn a_migration_that_dies_half_way_is_as_if_it_had_not_begun() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let store = open(&path);
    store.commit(arrival(1, b"words")).await.unwrap();
    store.close().await.unwrap();
    back_to_the_first_release(&path);
    // The files as a killed process leaves them: the new table is made, nothing is committed.
    let db = rusqlite::Connection::open(&path).unwrap();
    db.execute_batch("PRAGMA journal_mode = WAL; PRAGMA cache_size = 1; BEGIN IMMEDIATE").unwrap();
    db.execute_batch(include_str!("../src/store/sqlite/migrations/V2__house.sql")).unwrap();
    let dead = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), dead.path().join(entry.file_name())).unwrap();
    }
    drop(db);
    let store = open(&dead.path().join("store.db"));
    assert!(store.case(id(1)).await.unwrap().is_some());
    store.commit(arrival(2, b"words")).await.unwrap();
}

#[tokio::test]
async fn a_store_that_is_being_filled_or_was_moved_does_not_open() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    drop(open(&path));
    for (state, word) in [("filling", "not whole"), ("moved", "serve that one")] {
        let db = rusqlite::Connection::open(&path).unwrap();
        db.execute("UPDATE house SET state = ?1, detail = 'elsewhere'", [state]).unwrap();
        drop(db);
        let refused = SqliteStore::open(&path, SqliteOptions::default()).unwrap_err().to_string();
        assert!(refused.contains(word) && refused.contains("elsewhere"), "{refused}");
    }
}
