//! Checks of queues and counts.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::make::{arrival, at, case_id, delivered, moved, put, report, step};
use crate::ids::CaseId;
use crate::store::{CaseQuery, CaseRow, CaseWrite, Change, Expected, OutboxStep, Store, Wake};

const STATES: [&str; 3] = ["received", "in_progress", "closed"];

fn state_of(n: u32) -> &'static str {
    match n % 5 {
        0 | 1 => STATES[0],
        2 | 3 => STATES[1],
        _ => STATES[2],
    }
}

/// Some cases share a clock and some have none.
fn due_of(n: u32) -> Option<i64> {
    (!n.is_multiple_of(4)).then(|| i64::from(n * 7 % 5))
}

/// Reads a queue to its end, page by page.
async fn walk<S: Store>(store: &S, states: &[&str], by_due: bool, limit: u32) -> Vec<CaseId> {
    let mut query = CaseQuery {
        states: states.iter().map(|state| (*state).to_owned()).collect(),
        by_due,
        after: None,
        limit,
    };
    let mut seen = Vec::new();
    loop {
        let page = store.cases(query.clone()).await.expect("reads");
        assert!(page.cases.len() <= 200);
        seen.extend(page.cases.iter().map(|case| case.row.id));
        assert!(seen.len() <= 500, "the pages do not end");
        match page.next {
            Some(next) => query.after = Some(next),
            None => return seen,
        }
    }
}

pub(super) async fn pages_visit_each_case_once<S: Store>(store: Arc<S>) {
    let all: Vec<u32> = (0..43).collect();
    for n in all.iter().copied() {
        let mut change = arrival(n);
        let row = &mut change.case.as_mut().expect("an arrival writes the case").row;
        row.state = state_of(n).to_owned();
        row.due_at = due_of(n).map(at);
        put(&*store, change).await;
    }
    let queues: [&[&str]; 5] = [
        &[],
        &["received"],
        &["closed", "in_progress"],
        &["closed", "received", "closed"],
        &["no such state"],
    ];
    for states in queues {
        let mut wanted: Vec<u32> = all.clone();
        wanted.retain(|n| states.is_empty() || states.contains(&state_of(*n)));
        let newest: Vec<CaseId> = wanted.iter().rev().map(|n| case_id(*n)).collect();
        wanted.sort_by_key(|n| (due_of(*n).is_none(), due_of(*n), *n));
        let urgent: Vec<CaseId> = wanted.iter().map(|n| case_id(*n)).collect();
        for limit in [1, 5, 43, 1000] {
            assert_eq!(walk(&*store, states, false, limit).await, newest, "{states:?} {limit}");
            assert_eq!(walk(&*store, states, true, limit).await, urgent, "{states:?} {limit}");
        }
    }
    let bad = CaseQuery { after: Some("nonsense".to_owned()), limit: 5, ..CaseQuery::default() };
    assert!(store.cases(bad).await.is_err());
}

pub(super) async fn cases_wake_in_their_turn<S: Store>(store: Arc<S>) {
    let wakes = [None, Some(30), Some(10), Some(20), Some(10_000)];
    for (n, wake) in (0..).zip(wakes) {
        let mut change = arrival(n);
        change.case.as_mut().expect("an arrival writes the case").row.wake_at = wake.map(at);
        put(&*store, change).await;
    }
    let wake = |n, when| Wake { at: at(when), case: case_id(n) };
    let woken = store.waking(at(30), None, 10).await.expect("reads");
    assert_eq!(woken, [wake(2, 10), wake(3, 20), wake(1, 30)]);
    assert_eq!(store.waking(at(30), None, 1).await.expect("reads"), [wake(2, 10)]);
    assert_eq!(store.waking(at(9), None, 10).await.expect("reads"), []);
    // Those behind one that stays where it is come all the same, also at the same instant.
    let behind = store.waking(at(30), Some(wake(2, 10)), 1).await.expect("reads");
    assert_eq!(behind, [wake(3, 20)]);
    let mut beside = arrival(5);
    beside.case.as_mut().expect("an arrival writes the case").row.wake_at = Some(at(20));
    put(&*store, beside).await;
    let behind = store.waking(at(30), Some(wake(3, 20)), 10).await.expect("reads");
    assert_eq!(behind, [wake(5, 20), wake(1, 30)]);
    assert_eq!(store.waking(at(30), Some(wake(1, 30)), 10).await.expect("reads"), []);
    // Moved on, it wakes when it now says; put to sleep at the same version, too.
    let mut moved = step(2, 1, "in_progress");
    moved.case.as_mut().expect("a step writes the case").row.wake_at = Some(at(40));
    put(&*store, moved).await;
    let found = store.case(case_id(3)).await.expect("reads").expect("it is there");
    assert_eq!(found.row.wake_at, Some(at(20)));
    let row = CaseRow { wake_at: None, ..found.row };
    let case = Some(CaseWrite { expected: Expected::Version(row.version), row });
    put(&*store, Change { case, ..Change::default() }).await;
    let woken = store.waking(at(40), None, 10).await.expect("reads");
    assert_eq!(woken, [wake(5, 20), wake(1, 30), wake(2, 40)]);
}

pub(super) async fn counts_equal_the_truth<S: Store>(store: Arc<S>) {
    let mut cases: BTreeMap<u32, (u64, &str)> = BTreeMap::new();
    let mut reports: BTreeMap<u32, &str> = BTreeMap::new();
    // A fixed walk that looks random: the constants are of a well-known generator.
    let mut dice: u64 = 12_315;
    for turn in 0..300 {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let n = u32::try_from((dice >> 33) % 20).expect("below 20");
        let state = STATES[usize::try_from((dice >> 40) % 3).expect("below 3")];
        let Some((version, now)) = cases.get_mut(&n) else {
            put(&*store, Change { outbox: vec![report(n, 1)], ..arrival(n) }).await;
            cases.insert(n, (1, "received"));
            reports.insert(n, "pending");
            continue;
        };
        if turn % 3 == 0 {
            // A lost race counts nothing.
            assert!(store.commit(step(n, *version + 1, state)).await.is_err());
        }
        put(&*store, step(n, *version, state)).await;
        (*version, *now) = (*version + 1, state);
        let (after, step) = match (reports[&n], turn % 4) {
            ("pending", 0) => ("dead", OutboxStep::Dead { cause: "refused".to_owned() }),
            ("pending", 1) => ("delivered", delivered()),
            ("dead", 2) => ("pending", OutboxStep::Replay { at: at(1) }),
            _ => continue,
        };
        put(&*store, moved(n, 1, 0, step)).await;
        reports.insert(n, after);
    }
    let mut wanted: BTreeMap<String, u64> = BTreeMap::new();
    for (_, state) in cases.values() {
        *wanted.entry((*state).to_owned()).or_default() += 1;
    }
    let found = store.case_counts().await.expect("reads");
    assert_eq!(found.into_iter().filter(|(_, n)| *n > 0).collect::<BTreeMap<_, _>>(), wanted);
    let count = |state| reports.values().filter(|now| **now == state).count();
    let (pending, dead) = store.outbox_counts().await.expect("reads");
    assert_eq!(usize::try_from(pending), Ok(count("pending")));
    assert_eq!(usize::try_from(dead), Ok(count("dead")));
}
