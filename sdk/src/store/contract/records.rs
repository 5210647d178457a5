//! Checks of small documents.

use std::sync::Arc;

use super::make::{arrival, at, at_once, case_id, is_conflict, put};
use crate::store::{Change, RecordHold, RecordRow, RecordWrite, Store};

fn write(id: &str, expected: u64, body: Option<&str>) -> Change {
    let record = RecordWrite {
        kind: "person",
        id: id.to_owned(),
        expected,
        body: body.map(|body| body.as_bytes().to_vec()),
        expires_at: Some(at(9)),
    };
    Change { records: vec![record], ..Change::default() }
}

fn row(id: &str, version: u64, body: &str) -> RecordRow {
    RecordRow {
        kind: "person".to_owned(),
        id: id.to_owned(),
        version,
        body: body.as_bytes().to_vec(),
        expires_at: Some(at(9)),
    }
}

pub(super) async fn a_record_moves_by_its_version<S: Store>(store: Arc<S>) {
    put(&*store, write("a", 0, None)).await;
    is_conflict(&store.commit(write("a", 1, Some("x"))).await, "record");
    is_conflict(&store.commit(write("a", 1, None)).await, "record");
    let rivals = (0..8).map(|_| write("a", 0, Some("one"))).collect();
    let outcomes = at_once(&store, rivals).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    outcomes.iter().filter(|outcome| outcome.is_err()).for_each(|o| is_conflict(o, "record"));
    assert_eq!(store.record("person", "a").await.expect("reads"), Some(row("a", 1, "one")));
    assert_eq!(store.record("token", "a").await.expect("reads"), None);
    put(&*store, write("a", 1, Some("two"))).await;
    assert_eq!(store.record("person", "a").await.expect("reads"), Some(row("a", 2, "two")));
    is_conflict(&store.commit(write("a", 1, Some("late"))).await, "record");
    is_conflict(&store.commit(write("a", 0, None)).await, "record");
    is_conflict(&store.commit(write("a", 1, None)).await, "record");
    put(&*store, write("a", 2, None)).await;
    assert_eq!(store.record("person", "a").await.expect("reads"), None);
    put(&*store, write("a", 0, Some("again"))).await;
    assert_eq!(store.record("person", "a").await.expect("reads"), Some(row("a", 1, "again")));
}

pub(super) async fn records_are_listed_by_id<S: Store>(store: Arc<S>) {
    for id in ["c", "a", "b", "d"] {
        put(&*store, write(id, 0, Some(id))).await;
    }
    let first = store.records("person", "", 2).await.expect("reads");
    assert_eq!(first, [row("a", 1, "a"), row("b", 1, "b")]);
    let rest = store.records("person", "b", 10).await.expect("reads");
    assert_eq!(rest, [row("c", 1, "c"), row("d", 1, "d")]);
    assert!(store.records("person", "d", 10).await.expect("reads").is_empty());
    assert!(store.records("token", "", 10).await.expect("reads").is_empty());
}

pub(super) async fn a_lost_hold_cannot_write<S: Store>(store: Arc<S>) {
    let write = |expected, body: Option<&[u8]>| RecordWrite {
        kind: "lease",
        id: "sequencer".to_owned(),
        expected,
        body: body.map(<[u8]>::to_vec),
        expires_at: None,
    };
    let under = |version, n| Change {
        holds: Some(RecordHold { kind: "lease", id: "sequencer".to_owned(), version }),
        ..arrival(n)
    };
    is_conflict(&store.commit(under(1, 1)).await, "lease");
    put(&*store, Change { records: vec![write(0, Some(b"{}"))], ..Change::default() }).await;
    put(&*store, under(1, 1)).await;
    put(&*store, Change { records: vec![write(1, Some(b"{}"))], ..Change::default() }).await;
    is_conflict(&store.commit(under(1, 2)).await, "lease");
    assert_eq!(store.case(case_id(2)).await.expect("reads"), None);
    put(&*store, under(2, 2)).await;
}
