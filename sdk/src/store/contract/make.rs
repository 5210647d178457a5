//! Changes to try on a store: made of a number, so that every check says only what matters to it.

use std::sync::Arc;

use crate::ids::{CaseId, ReportId};
use crate::log::Hash;
use crate::store::{
    CaseRow, CaseWrite, Change, Expected, NewCase, OutboxMove, OutboxRow, OutboxState, OutboxStep,
    SealedRow, Store, StoreError, StoredLeaf, StreamWrite, TokenUse,
};
use crate::time::Timestamp;

/// When everything here begins.
const BEGIN: i64 = 1_795_485_600_000;

/// So many milliseconds after the beginning.
pub(super) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(BEGIN + millis).expect("an instant of our age")
}

/// 32 bytes that only this tag and number give.
pub(super) fn bytes(tag: u8, n: u32) -> [u8; 32] {
    let mut bytes = [tag; 32];
    bytes[28..].copy_from_slice(&n.to_be_bytes());
    bytes
}

/// A hash that only this tag and number give.
pub(super) fn hash(tag: u8, n: u32) -> Hash {
    Hash::from(bytes(tag, n))
}

fn random(n: u32) -> [u8; 10] {
    let mut random = [9; 10];
    random[6..].copy_from_slice(&n.to_be_bytes());
    random
}

/// The id of case `n`; later numbers are newer.
pub(super) fn case_id(n: u32) -> CaseId {
    CaseId::new(at(i64::from(n)), random(n))
}

/// The id of a report; later sequences are newer.
pub(super) fn report_id(case: u32, sequence: u32) -> ReportId {
    ReportId::new(at(i64::from(sequence)), random(case))
}

/// The stream of case `n`.
pub(super) fn stream(n: u32) -> String {
    format!("{n:032x}")
}

/// The row of case `n`.
pub(super) fn row(n: u32, version: u64, state: &str) -> CaseRow {
    CaseRow {
        id: case_id(n),
        stream: stream(n),
        version,
        state: state.to_owned(),
        due_at: None,
        received_at: at(i64::from(n)),
        updated_at: at(i64::from(n)),
        wake_at: None,
        snapshot: format!("{{\"v\":{version}}}").into_bytes(),
        head: leaf_hash(n, version.saturating_sub(1)),
    }
}

fn leaf_hash(n: u32, number: u64) -> Hash {
    hash(b'l', n.wrapping_mul(1000).wrapping_add(u32::try_from(number).expect("few leaves")))
}

/// So many leaves of the stream of case `n`, from `first` on.
pub(super) fn leaves(n: u32, first: u64, count: u64) -> StreamWrite {
    let leaf = |number| StoredLeaf {
        n: number,
        position: None,
        hash: leaf_hash(n, number),
        bytes: format!("{{\"case\":{n},\"n\":{number}}}").into_bytes(),
    };
    StreamWrite { stream: stream(n), first, leaves: (first..first + count).map(leaf).collect() }
}

/// Sealed words of case `n`.
pub(super) fn sealed(n: u32, number: u64) -> SealedRow {
    SealedRow { case: case_id(n), n: number, sealed: format!("words {n} {number}").into_bytes() }
}

/// The blinded complaint number of case `n`.
pub(super) fn number(n: u32) -> [u8; 32] {
    bytes(b'n', n)
}

/// The blinded phone of case `n`.
pub(super) fn phone(n: u32) -> [u8; 32] {
    bytes(b'p', n)
}

/// What is written when case `n` arrives.
pub(super) fn arrival(n: u32) -> Change {
    let new = NewCase {
        number: number(n),
        wrapped_key: bytes(b'k', n).to_vec(),
        blind: vec![("phone", phone(n))],
    };
    Change {
        case: Some(CaseWrite { expected: Expected::New(new), row: row(n, 1, "received") }),
        streams: vec![leaves(n, 0, 1)],
        sealed: vec![sealed(n, 0)],
        ..Change::default()
    }
}

/// Case `n` at `version` has one more event and is now in `state`.
pub(super) fn step(n: u32, version: u64, state: &str) -> Change {
    let expected = Expected::Version(version);
    Change {
        case: Some(CaseWrite { expected, row: row(n, version + 1, state) }),
        streams: vec![leaves(n, version, 1)],
        sealed: vec![sealed(n, version)],
        ..Change::default()
    }
}

/// A report of case `n`, due at the beginning.
pub(super) fn report(n: u32, sequence: u32) -> OutboxRow {
    OutboxRow {
        id: report_id(n, sequence),
        case: case_id(n),
        sequence,
        kind: "accepted".to_owned(),
        body: Some(format!("body {n} {sequence}").into_bytes()),
        state: OutboxState::Pending,
        attempts: 0,
        next_at: at(0),
        fence: 0,
        leased_until: None,
        cause: None,
        created_at: at(0),
        delivered_at: None,
    }
}

/// A report moves on.
pub(super) fn moved(n: u32, sequence: u32, fence: u64, step: OutboxStep) -> Change {
    let step = OutboxMove { id: report_id(n, sequence), fence, step };
    Change { outbox_moves: vec![step], ..Change::default() }
}

/// The center has it.
pub(super) fn delivered() -> OutboxStep {
    OutboxStep::Delivered { at: at(5), drop_body: false }
}

/// A token, remembered until `until`.
pub(super) fn token(n: u32, until: i64) -> Option<TokenUse> {
    Some(TokenUse { key: bytes(b't', n), until: at(until) })
}

/// Commits what must go in.
pub(super) async fn put<S: Store>(store: &S, change: Change) {
    store.commit(change).await.expect("nothing stands against this change");
}

/// Commits many changes at once; gives the outcomes in the same order.
pub(super) async fn at_once<S: Store>(
    store: &Arc<S>,
    changes: Vec<Change>,
) -> Vec<Result<(), StoreError>> {
    let start = |change| {
        let store = Arc::clone(store);
        tokio::spawn(async move { store.commit(change).await })
    };
    let running: Vec<_> = changes.into_iter().map(start).collect();
    let mut outcomes = Vec::with_capacity(running.len());
    for task in running {
        outcomes.push(task.await.expect("a commit does not panic"));
    }
    outcomes
}

/// The outcome is a conflict over `what`.
#[track_caller]
pub(super) fn is_conflict(outcome: &Result<(), StoreError>, what: &str) {
    match outcome {
        Err(StoreError::Conflict { what: found }) => assert_eq!(*found, what),
        other => panic!("a conflict of {what} was expected, not {other:?}"),
    }
}
