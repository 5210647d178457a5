//! The check that needs a store which keeps: what was committed is there when it opens again.

use std::future::Future;

use super::make::{arrival, case_id, is_conflict, number, put, report, step, stream, token};
use crate::store::{Change, CheckpointRow, CheckpointWrite, LogHead, LogWrite, Store, StoreError};

/// Commits some of everything, drops the store, opens it again and finds everything: used tokens,
/// taken complaint numbers and all. `open` opens the same store at every call.
///
/// # Panics
/// When the store lost something.
pub async fn what_was_committed_survives_reopening<S, F, Fut>(open: F)
where
    S: Store,
    F: Fn() -> Fut,
    Fut: Future<Output = S>,
{
    let store = open().await;
    put(&store, Change { token: token(1, 1000), outbox: vec![report(1, 1)], ..arrival(1) }).await;
    put(&store, arrival(2)).await;
    put(&store, step(1, 1, "in_progress")).await;
    put(&store, Change { erase: Some(case_id(2)), ..Change::default() }).await;
    let staged = store.staged(1).await.expect("reads");
    let head = LogHead { size: 1, frontier: vec![staged[0].hash] };
    let log = LogWrite {
        old_size: 0,
        staged: vec![staged[0].staging],
        nodes: vec![(0, 0, staged[0].hash)],
        head: head.clone(),
    };
    let row = CheckpointRow {
        size: 1,
        root: staged[0].hash,
        note: "note".to_owned(),
        at: report(1, 1).created_at,
    };
    let checkpoint = Some(CheckpointWrite { row: row.clone() });
    put(&store, Change { log: Some(log), checkpoint, ..Change::default() }).await;
    let one = store.case_by_number(number(1)).await.expect("reads").expect("it is there");
    let sealed = store.sealed(case_id(1)).await.expect("reads");
    let leaves = store.leaves(&stream(1), 0, 10).await.expect("reads");
    let counts = store.case_counts().await.expect("reads");
    drop(store);

    let store = open().await;
    assert_eq!(store.case(case_id(1)).await.expect("reads"), Some(one));
    assert_eq!(store.sealed(case_id(1)).await.expect("reads"), sealed);
    assert_eq!(store.leaves(&stream(1), 0, 10).await.expect("reads"), leaves);
    assert_eq!(store.case_counts().await.expect("reads"), counts);
    assert_eq!(store.outbox_of(case_id(1)).await.expect("reads"), [report(1, 1)]);
    assert_eq!(store.log_head().await.expect("reads"), head);
    assert_eq!(store.checkpoint().await.expect("reads"), Some(row));
    let erased = store.case(case_id(2)).await.expect("reads").expect("the skeleton stays");
    assert_eq!(erased.wrapped_key, None);
    let again = store.commit(Change { token: token(1, 1000), ..arrival(3) }).await;
    assert!(matches!(again, Err(StoreError::TokenReplayed)), "{again:?}");
    is_conflict(&store.commit(arrival(2)).await, "complaint number");
    put(&store, step(1, 2, "closed")).await;
}
