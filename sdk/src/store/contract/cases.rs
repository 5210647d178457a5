//! Checks of cases, erasure, notices and tokens.

use std::sync::Arc;

use super::make::{
    arrival, at, at_once, bytes, case_id, delivered, is_conflict, leaves, moved, number, phone,
    put, report, row, sealed, step, stream, token,
};
use crate::store::{Change, NoticeRow, RecordWrite, Store, StoreError};

fn notice(n: u32) -> NoticeRow {
    NoticeRow {
        case: case_id(n),
        key: bytes(b'i', 1),
        fingerprint: bytes(b'f', 1),
        answer: b"answer".to_vec(),
    }
}

pub(super) async fn commit_is_all_or_nothing<S: Store>(store: Arc<S>) {
    let wanted = RecordWrite {
        kind: "cursor",
        id: "a".to_owned(),
        expected: 5,
        body: Some(b"{}".to_vec()),
        expires_at: None,
    };
    let mut change = Change {
        token: token(1, 1000),
        notice: Some(notice(1)),
        outbox: vec![report(1, 1)],
        records: vec![wanted],
        ..arrival(1)
    };
    is_conflict(&store.commit(change.clone()).await, "record");
    assert_eq!(store.case(case_id(1)).await.expect("reads"), None);
    assert_eq!(store.case_by_number(number(1)).await.expect("reads"), None);
    assert!(store.case_counts().await.expect("reads").is_empty());
    assert_eq!(store.blind_count("phone", phone(1)).await.expect("reads"), 0);
    assert_eq!(store.stream_head(&stream(1)).await.expect("reads"), None);
    assert!(store.staged(10).await.expect("reads").is_empty());
    assert!(store.sealed(case_id(1)).await.expect("reads").is_empty());
    assert_eq!(store.notice(case_id(1), bytes(b'i', 1)).await.expect("reads"), None);
    assert!(store.outbox_of(case_id(1)).await.expect("reads").is_empty());
    assert_eq!(store.outbox_counts().await.expect("reads"), (0, 0));
    assert_eq!(store.record("cursor", "a").await.expect("reads"), None);
    // And the token is still good.
    change.records.clear();
    put(&*store, change).await;
    assert!(store.case(case_id(1)).await.expect("reads").is_some());
}

pub(super) async fn a_read_sees_what_was_committed_before_it<S: Store>(store: Arc<S>) {
    put(&*store, arrival(1)).await;
    put(&*store, arrival(2)).await;
    let mut second = step(1, 1, "in_progress");
    second.notice = Some(notice(1));
    let case = second.case.as_mut().expect("a step writes the case");
    case.row.due_at = Some(at(77));
    let row = case.row.clone();
    put(&*store, second).await;

    let found = store.case(case_id(1)).await.expect("reads").expect("it is there");
    assert_eq!(found.row, row);
    assert_eq!(found.wrapped_key, Some(bytes(b'k', 1).to_vec()));
    assert_eq!(store.case_by_number(number(1)).await.expect("reads"), Some(found));
    assert_eq!(store.blind_count("phone", phone(1)).await.expect("reads"), 1);
    assert_eq!(store.blind_count("email", phone(1)).await.expect("reads"), 0);
    assert_eq!(store.blind_cases("phone", phone(1), 10).await.expect("reads"), [case_id(1)]);
    assert_eq!(store.blind_cases("phone", phone(1), 0).await.expect("reads"), []);
    assert_eq!(store.blind_cases("email", phone(1), 10).await.expect("reads"), []);
    assert_eq!(store.sealed(case_id(1)).await.expect("reads"), [sealed(1, 0), sealed(1, 1)]);
    let firsts = store.first_sealed(vec![case_id(2), case_id(1), case_id(3)]).await;
    let mut firsts = firsts.expect("reads");
    firsts.sort_by_key(|row| row.case);
    assert_eq!(firsts, [sealed(1, 0), sealed(2, 0)]);
    let found = store.notice(case_id(1), bytes(b'i', 1)).await.expect("reads");
    assert_eq!(found, Some(notice(1)));
    store.check().await.expect("it can write");
}

pub(super) async fn a_failing_change_never_fails_its_neighbours<S: Store>(store: Arc<S>) {
    put(&*store, arrival(1000)).await;
    let changes = (0..64).map(|n| {
        if n % 2 == 0 {
            return arrival(n);
        }
        // Its leaf could go in; the version it expects of another case is not there.
        let case = step(1000, 7, "closed").case;
        Change { case, streams: vec![leaves(n, 0, 1)], ..Change::default() }
    });
    let outcomes = at_once(&store, changes.collect()).await;
    for (n, outcome) in (0..).zip(&outcomes) {
        let head = store.stream_head(&stream(n)).await.expect("reads");
        if n % 2 == 0 {
            assert!(outcome.is_ok(), "{outcome:?}");
            assert_eq!(head.map(|head| head.next), Some(1));
        } else {
            is_conflict(outcome, "case");
            assert_eq!(head, None);
        }
    }
    assert_eq!(store.case_counts().await.expect("reads"), [("received".to_owned(), 33)]);
}

pub(super) async fn two_writers_of_one_version_one_wins<S: Store>(store: Arc<S>) {
    put(&*store, arrival(1)).await;
    let changes = (0..16).map(|n| {
        let mut change = step(1, 1, "in_progress");
        change.case.as_mut().expect("a step writes the case").row.updated_at = at(n);
        change
    });
    let outcomes = at_once(&store, changes.collect()).await;
    let won: Vec<i64> = (0..).zip(&outcomes).filter(|(_, o)| o.is_ok()).map(|(n, _)| n).collect();
    assert_eq!(won.len(), 1);
    outcomes.iter().filter(|outcome| outcome.is_err()).for_each(|o| is_conflict(o, "case"));
    let found = store.case(case_id(1)).await.expect("reads").expect("it is there");
    assert_eq!((found.row.version, found.row.updated_at), (2, at(won[0])));
    let head = store.stream_head(&stream(1)).await.expect("reads").expect("it has leaves");
    assert_eq!(head.next, 2);
    is_conflict(&store.commit(step(1, 1, "closed")).await, "case");
    is_conflict(&store.commit(step(2, 1, "closed")).await, "case");
}

pub(super) async fn an_id_and_a_stream_belong_to_one_case<S: Store>(store: Arc<S>) {
    put(&*store, arrival(1)).await;
    let mut same_id = arrival(2);
    same_id.case.as_mut().expect("an arrival writes the case").row.id = case_id(1);
    is_conflict(&store.commit(same_id).await, "case");
    let mut same_stream = arrival(3);
    same_stream.case.as_mut().expect("an arrival writes the case").row.stream = stream(1);
    is_conflict(&store.commit(same_stream).await, "case");
}

pub(super) async fn a_complaint_number_is_unique_for_ever<S: Store>(store: Arc<S>) {
    put(&*store, arrival(1)).await;
    let again = || {
        let mut change = arrival(2);
        let first = arrival(1).case.expect("an arrival writes the case");
        let case = change.case.as_mut().expect("an arrival writes the case");
        case.expected = first.expected;
        change
    };
    is_conflict(&store.commit(again()).await, "complaint number");
    put(&*store, Change { erase: Some(case_id(1)), ..Change::default() }).await;
    is_conflict(&store.commit(again()).await, "complaint number");
    is_conflict(&store.commit(arrival(1)).await, "complaint number");
    let changes = (10..26).map(|n| {
        let mut change = arrival(n);
        let case = change.case.as_mut().expect("an arrival writes the case");
        case.expected = arrival(3).case.expect("an arrival writes the case").expected;
        change
    });
    let outcomes = at_once(&store, changes.collect()).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
}

pub(super) async fn erase_removes_everything_sealed_and_keeps_the_leaves<S: Store>(store: Arc<S>) {
    let whole = |n| Change {
        notice: Some(notice(n)),
        outbox: vec![report(n, 1), report(n, 2)],
        ..arrival(n)
    };
    put(&*store, whole(1)).await;
    put(&*store, whole(2)).await;
    put(&*store, moved(1, 1, 0, delivered())).await;

    let last = step(1, 1, "erased");
    put(&*store, Change { erase: Some(case_id(1)), ..last }).await;
    let found = store.case(case_id(1)).await.expect("reads").expect("the skeleton stays");
    assert_eq!((found.row, found.wrapped_key), (row(1, 2, "erased"), None));
    assert!(store.sealed(case_id(1)).await.expect("reads").is_empty());
    assert_eq!(store.blind_count("phone", phone(1)).await.expect("reads"), 0);
    assert_eq!(store.notice(case_id(1), bytes(b'i', 1)).await.expect("reads"), None);
    let reports = store.outbox_of(case_id(1)).await.expect("reads");
    assert_eq!(reports.len(), 2);
    assert!(reports.iter().all(|report| report.body.is_none()));
    assert_eq!(store.leaves(&stream(1), 0, 10).await.expect("reads").len(), 2);

    let other = store.case(case_id(2)).await.expect("reads").expect("it is there");
    assert!(other.wrapped_key.is_some());
    assert_eq!(store.sealed(case_id(2)).await.expect("reads").len(), 1);
    assert_eq!(store.blind_count("phone", phone(2)).await.expect("reads"), 1);
    assert!(store.notice(case_id(2), bytes(b'i', 1)).await.expect("reads").is_some());
    let reports = store.outbox_of(case_id(2)).await.expect("reads");
    assert!(reports.iter().all(|report| report.body.is_some()));
}

pub(super) async fn a_notice_is_taken_once<S: Store>(store: Arc<S>) {
    put(&*store, arrival(1)).await;
    let take = || Change { notice: Some(notice(1)), ..Change::default() };
    let outcomes = at_once(&store, vec![take(), take(), take()]).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    outcomes.iter().filter(|outcome| outcome.is_err()).for_each(|o| is_conflict(o, "notice"));
}

pub(super) async fn a_token_is_accepted_once<S: Store>(store: Arc<S>) {
    let changes = (0..64).map(|n| Change { token: token(1, 1000), ..arrival(n) });
    let outcomes = at_once(&store, changes.collect()).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    let replayed =
        |outcome: &&Result<(), StoreError>| matches!(outcome, Err(StoreError::TokenReplayed));
    assert_eq!(outcomes.iter().filter(replayed).count(), 63);
    assert_eq!(store.case_counts().await.expect("reads"), [("received".to_owned(), 1)]);
}

pub(super) async fn a_used_token_is_told_before_a_lost_race<S: Store>(store: Arc<S>) {
    put(&*store, Change { token: token(1, 1000), ..arrival(1) }).await;
    let outcome = store.commit(Change { token: token(1, 1000), ..step(1, 9, "closed") }).await;
    assert!(matches!(outcome, Err(StoreError::TokenReplayed)), "{outcome:?}");
    // A conflict gives the token back: the same request may decide again.
    let lost = Change { token: token(2, 1000), ..step(1, 9, "closed") };
    is_conflict(&store.commit(lost).await, "case");
    put(&*store, Change { token: token(2, 1000), ..step(1, 1, "in_progress") }).await;
}

pub(super) async fn a_sweep_forgets_only_what_ended<S: Store>(store: Arc<S>) {
    let session = |id: &str, expires_at| RecordWrite {
        kind: "session",
        id: id.to_owned(),
        expected: 0,
        body: Some(b"{}".to_vec()),
        expires_at,
    };
    let records = vec![
        session("ended", Some(at(10))),
        session("running", Some(at(20))),
        session("endless", None),
    ];
    put(&*store, Change { token: token(1, 10), records, ..Change::default() }).await;
    put(&*store, Change { token: token(2, 20), ..Change::default() }).await;
    put(&*store, Change { sweep: Some(at(15)), ..Change::default() }).await;
    put(&*store, Change { token: token(1, 10), ..Change::default() }).await;
    let outcome = store.commit(Change { token: token(2, 20), ..Change::default() }).await;
    assert!(matches!(outcome, Err(StoreError::TokenReplayed)), "{outcome:?}");
    let left = store.records("session", "", 10).await.expect("reads");
    let left: Vec<_> = left.into_iter().map(|record| record.id).collect();
    assert_eq!(left, ["endless", "running"]);
}
