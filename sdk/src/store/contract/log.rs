//! Checks of streams, positions and checkpoints. The hashes here are made up: a store computes
//! none.

use std::sync::Arc;

use super::make::{arrival, at, at_once, case_id, hash, is_conflict, leaves, put, stream};
use crate::store::{Change, CheckpointRow, CheckpointWrite, LogHead, LogWrite, StagedLeaf, Store};

pub(super) async fn streams_have_no_gaps<S: Store>(store: Arc<S>) {
    let write =
        |first, count| Change { streams: vec![leaves(1, first, count)], ..Change::default() };
    assert_eq!(store.stream_head(&stream(1)).await.expect("reads"), None);
    is_conflict(&store.commit(write(1, 1)).await, "stream");
    put(&*store, write(0, 2)).await;
    is_conflict(&store.commit(write(0, 1)).await, "stream");
    is_conflict(&store.commit(write(1, 2)).await, "stream");
    is_conflict(&store.commit(write(3, 1)).await, "stream");
    let mut holed = write(2, 2);
    holed.streams[0].leaves[1].n = 4;
    is_conflict(&store.commit(holed).await, "stream");
    put(&*store, write(2, 3)).await;
    // Two blocks of one stream in one change follow each other, too.
    let streams = vec![leaves(1, 5, 1), leaves(2, 0, 1), leaves(1, 6, 1)];
    put(&*store, Change { streams, ..Change::default() }).await;

    let wanted = leaves(1, 0, 7).leaves;
    assert_eq!(store.leaves(&stream(1), 0, 100).await.expect("reads"), wanted);
    assert_eq!(store.leaves(&stream(1), 2, 3).await.expect("reads"), wanted[2..5]);
    let head = store.stream_head(&stream(1)).await.expect("reads").expect("it has leaves");
    assert_eq!((head.next, head.hash), (7, wanted[6].hash));

    let writers = (0..16).map(|_| write(7, 1)).collect();
    let outcomes = at_once(&store, writers).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
}

/// What a sequencer writes that saw this head and these leaves.
pub(super) fn growth(old_size: u64, staged: &[StagedLeaf], mark: u8) -> Change {
    let size = old_size + u64::try_from(staged.len()).expect("few leaves");
    let mut nodes: Vec<_> =
        (old_size..).zip(staged).map(|(index, leaf)| (0, index, leaf.hash)).collect();
    let pairs = (old_size / 2)..(size / 2);
    nodes.extend(pairs.map(|i| (1, i, hash(mark, u32::try_from(i).expect("few nodes")))));
    let frontier = (0..size.count_ones()).map(|n| hash(mark, n)).collect();
    let log = LogWrite {
        old_size,
        staged: staged.iter().map(|leaf| leaf.staging).collect(),
        nodes,
        head: LogHead { size, frontier },
    };
    Change { log: Some(log), ..Change::default() }
}

pub(super) async fn positions_are_given_once_by_two_sequencers<S: Store>(store: Arc<S>) {
    for n in 0..10 {
        put(&*store, arrival(n)).await;
    }
    let empty = LogHead { size: 0, frontier: Vec::new() };
    assert_eq!(store.log_head().await.expect("reads"), empty);
    let staged = store.staged(100).await.expect("reads");
    let hashes: Vec<_> = (0..10).map(|n| leaves(n, 0, 1).leaves[0].hash).collect();
    assert_eq!(staged.iter().map(|leaf| leaf.hash).collect::<Vec<_>>(), hashes);
    assert_eq!(store.staged(3).await.expect("reads"), staged[..3]);

    let rivals = vec![growth(0, &staged[..6], b'x'), growth(0, &staged[..6], b'y')];
    let outcomes = at_once(&store, rivals).await;
    let mark = if outcomes[0].is_ok() { b'x' } else { b'y' };
    is_conflict(&outcomes[usize::from(mark == b'x')], "log");
    let head = LogHead { size: 6, frontier: vec![hash(mark, 0), hash(mark, 1)] };
    assert_eq!(store.log_head().await.expect("reads"), head);
    assert_eq!(store.staged(100).await.expect("reads"), staged[6..]);
    put(&*store, growth(6, &staged[6..], mark)).await;

    let entries = store.log_entries(0, 100).await.expect("reads");
    assert_eq!(entries.iter().map(|leaf| leaf.hash).collect::<Vec<_>>(), hashes);
    assert!(entries.iter().zip(0..).all(|(leaf, position)| leaf.position == Some(position)));
    assert_eq!(store.log_entries(8, 5).await.expect("reads"), entries[8..]);
    assert_eq!(store.log_entries(10, 5).await.expect("reads").len(), 0);
    assert_eq!(store.log_nodes(0, 2, 4).await.expect("reads"), hashes[2..6]);
    let nodes: Vec<_> = (1..5).map(|n| hash(mark, n)).collect();
    assert_eq!(store.log_nodes(1, 1, 4).await.expect("reads"), nodes);
    assert!(store.log_nodes(1, 1, 5).await.is_err(), "one of them is not there");
    let of_stream = store.leaves(&stream(9), 0, 1).await.expect("reads");
    assert_eq!(of_stream[0].position, Some(9));
    assert!(store.case(case_id(9)).await.expect("reads").is_some());
}

pub(super) async fn a_leaf_is_positioned_once<S: Store>(store: Arc<S>) {
    put(&*store, arrival(1)).await;
    put(&*store, arrival(2)).await;
    let staged = store.staged(10).await.expect("reads");
    put(&*store, growth(0, &staged[..1], b'x')).await;
    is_conflict(&store.commit(growth(1, &staged[..1], b'x')).await, "log");
    let ghost = StagedLeaf { staging: 1_000_000, hash: hash(b'g', 1) };
    is_conflict(&store.commit(growth(1, &[ghost], b'x')).await, "log");
    is_conflict(&store.commit(growth(0, &staged[1..], b'x')).await, "log");
    let mut short = growth(1, &staged[1..], b'x');
    short.log.as_mut().expect("a growth writes the log").head.size = 3;
    is_conflict(&store.commit(short).await, "log");
    assert_eq!(store.staged(10).await.expect("reads"), staged[1..]);
    put(&*store, growth(1, &staged[1..], b'x')).await;
    assert_eq!(store.log_head().await.expect("reads").size, 2);
}

fn checkpoint(size: u64, mark: u8) -> CheckpointRow {
    CheckpointRow {
        size,
        root: hash(mark, 1),
        note: format!("shop.example/log\n{size}\n{mark}\n"),
        at: at(1),
    }
}

fn signed(size: u64, mark: u8) -> Change {
    let write = CheckpointWrite { row: checkpoint(size, mark) };
    Change { checkpoint: Some(write), ..Change::default() }
}

pub(super) async fn there_is_one_checkpoint_per_size<S: Store>(store: Arc<S>) {
    for n in 0..3 {
        put(&*store, arrival(n)).await;
    }
    let staged = store.staged(10).await.expect("reads");
    put(&*store, growth(0, &staged[..2], b'x')).await;
    assert_eq!(store.checkpoint().await.expect("reads"), None);
    is_conflict(&store.commit(signed(3, b'a')).await, "checkpoint");
    let outcomes = at_once(&store, vec![signed(2, b'a'), signed(2, b'b')]).await;
    let mark = if outcomes[0].is_ok() { b'a' } else { b'b' };
    is_conflict(&outcomes[usize::from(mark == b'a')], "checkpoint");
    // The same again is fine; a smaller one is not.
    put(&*store, signed(2, mark)).await;
    is_conflict(&store.commit(signed(1, mark)).await, "checkpoint");
    assert_eq!(store.checkpoint().await.expect("reads"), Some(checkpoint(2, mark)));
    // The log may grow and be signed in one change.
    let both = Change { checkpoint: signed(3, b'c').checkpoint, ..growth(2, &staged[2..], b'x') };
    put(&*store, both).await;
    assert_eq!(store.checkpoint().await.expect("reads"), Some(checkpoint(3, b'c')));
}

pub(super) async fn checkpoints_are_listed_in_order<S: Store>(store: Arc<S>) {
    for n in 0..4 {
        put(&*store, arrival(n)).await;
        let staged = store.staged(10).await.expect("reads");
        put(&*store, growth(u64::from(n), &staged, b'x')).await;
        put(&*store, signed(u64::from(n) + 1, b'a')).await;
    }
    let all: Vec<_> = (1..5).map(|size| checkpoint(size, b'a')).collect();
    assert_eq!(store.checkpoints(0, 100).await.expect("reads"), all);
    assert_eq!(store.checkpoints(1, 2).await.expect("reads"), all[1..3]);
    assert_eq!(store.checkpoints(4, 100).await.expect("reads"), []);
}
