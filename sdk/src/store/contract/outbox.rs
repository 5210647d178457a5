//! Checks of reports on their way.

use std::sync::Arc;

use super::make::{arrival, at, at_once, delivered, is_conflict, moved, put, report, report_id};
use crate::ids::ReportId;
use crate::store::{Change, OutboxFilter, OutboxMove, OutboxRow, OutboxState, OutboxStep, Store};

/// Cases 1 to `cases`, each with so many reports.
async fn fill<S: Store>(store: &S, cases: u32, reports: u32) {
    for n in 1..=cases {
        let outbox = (1..=reports).map(|sequence| report(n, sequence)).collect();
        put(store, Change { outbox, ..arrival(n) }).await;
    }
}

/// What may be sent at this moment.
async fn due<S: Store>(store: &S, now: i64) -> Vec<ReportId> {
    let rows = store.outbox_due(at(now), 100).await.expect("reads");
    rows.into_iter().map(|row| row.id).collect()
}

async fn find<S: Store>(store: &S, case: u32, sequence: u32) -> OutboxRow {
    store.report(report_id(case, sequence)).await.expect("reads").expect("it is there")
}

fn claim(until: i64) -> OutboxStep {
    OutboxStep::Claim { until: at(until) }
}

fn dead() -> OutboxStep {
    OutboxStep::Dead { cause: "refused".to_owned() }
}

pub(super) async fn reports_leave_in_order<S: Store>(store: Arc<S>) {
    for n in 1..=2 {
        let mut rows = vec![report(n, 1), report(n, 2), report(n, 3)];
        rows.iter_mut().for_each(|row| row.next_at = at(i64::from(n)));
        rows.iter_mut().for_each(|row| row.created_at = at(i64::from(n)));
        put(&*store, Change { outbox: rows, ..arrival(n) }).await;
    }
    assert!(due(&*store, 0).await.is_empty());
    assert_eq!(due(&*store, 1).await, [report_id(1, 1)]);
    assert_eq!(due(&*store, 9).await, [report_id(1, 1), report_id(2, 1)]);
    assert_eq!(store.outbox_due(at(9), 1).await.expect("reads").len(), 1);
    put(&*store, moved(1, 1, 0, delivered())).await;
    assert_eq!(due(&*store, 9).await, [report_id(1, 2), report_id(2, 1)]);
    let row = find(&*store, 1, 1).await;
    assert_eq!((row.state, row.delivered_at), (OutboxState::Delivered, Some(at(5))));
    assert!(row.body.is_some());
    let dropped = OutboxStep::Delivered { at: at(6), drop_body: true };
    put(&*store, moved(1, 2, 0, dropped)).await;
    let row = find(&*store, 1, 2).await;
    assert_eq!(row.body, None);
    put(&*store, moved(1, 3, 0, delivered())).await;
    assert_eq!(due(&*store, 9).await, [report_id(2, 1)]);
    assert_eq!(store.outbox_counts().await.expect("reads"), (3, 0));
    // Another one of a case whose reports are all gone may leave at once.
    let next = Change { outbox: vec![report(1, 4)], ..Change::default() };
    put(&*store, next).await;
    assert_eq!(due(&*store, 9).await, [report_id(1, 4), report_id(2, 1)]);
}

pub(super) async fn a_lease_hides_a_report_until_it_ends<S: Store>(store: Arc<S>) {
    fill(&*store, 1, 2).await;
    let claims = (0..8).map(|_| moved(1, 1, 0, claim(50))).collect();
    let outcomes = at_once(&store, claims).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    outcomes.iter().filter(|outcome| outcome.is_err()).for_each(|o| is_conflict(o, "report"));
    let row = find(&*store, 1, 1).await;
    assert_eq!((row.fence, row.leased_until, row.attempts), (1, Some(at(50)), 0));
    assert!(due(&*store, 49).await.is_empty());
    assert_eq!(due(&*store, 50).await, [report_id(1, 1)]);
    // A retry ends the lease and counts an attempt.
    let retry = OutboxStep::Retry { next_at: at(80), cause: "timeout".to_owned() };
    put(&*store, moved(1, 1, 1, retry)).await;
    let row = find(&*store, 1, 1).await;
    assert_eq!((row.fence, row.leased_until, row.attempts), (1, None, 1));
    assert_eq!((row.next_at, row.cause.as_deref()), (at(80), Some("timeout")));
    assert!(due(&*store, 79).await.is_empty());
    assert_eq!(due(&*store, 80).await, [report_id(1, 1)]);
}

pub(super) async fn a_lost_fence_cannot_write<S: Store>(store: Arc<S>) {
    fill(&*store, 1, 1).await;
    put(&*store, moved(1, 1, 0, claim(10))).await;
    put(&*store, moved(1, 1, 1, claim(20))).await;
    let retry = OutboxStep::Retry { next_at: at(80), cause: "timeout".to_owned() };
    for step in [delivered(), dead(), retry, claim(90)] {
        is_conflict(&store.commit(moved(1, 1, 1, step)).await, "report");
    }
    put(&*store, moved(1, 1, 2, delivered())).await;
    // What is delivered stays so.
    for step in [delivered(), dead(), claim(90), OutboxStep::Replay { at: at(1) }] {
        is_conflict(&store.commit(moved(1, 1, 2, step)).await, "report");
    }
    is_conflict(&store.commit(moved(7, 1, 0, claim(90))).await, "report");
}

pub(super) async fn a_dead_report_blocks_later_ones_of_its_case_only<S: Store>(store: Arc<S>) {
    fill(&*store, 2, 2).await;
    put(&*store, moved(1, 1, 0, dead())).await;
    assert_eq!(due(&*store, 9).await, [report_id(2, 1)]);
    put(&*store, Change { outbox: vec![report(1, 3)], ..Change::default() }).await;
    assert_eq!(due(&*store, 9).await, [report_id(2, 1)]);
    let row = find(&*store, 1, 1).await;
    assert_eq!((row.state, row.attempts), (OutboxState::Dead, 1));
    assert_eq!(row.cause.as_deref(), Some("refused"));
    assert_eq!(store.outbox_counts().await.expect("reads"), (4, 1));
}

pub(super) async fn a_replayed_report_goes_again<S: Store>(store: Arc<S>) {
    fill(&*store, 1, 2).await;
    let replay = || OutboxStep::Replay { at: at(30) };
    is_conflict(&store.commit(moved(1, 1, 0, replay())).await, "report");
    put(&*store, moved(1, 1, 0, claim(20))).await;
    put(&*store, moved(1, 1, 1, dead())).await;
    is_conflict(&store.commit(moved(1, 1, 0, replay())).await, "report");
    put(&*store, moved(1, 1, 1, replay())).await;
    let row = find(&*store, 1, 1).await;
    assert_eq!((row.state, row.attempts, row.next_at), (OutboxState::Pending, 0, at(30)));
    assert_eq!(row.leased_until, None);
    assert!(due(&*store, 29).await.is_empty());
    assert_eq!(due(&*store, 30).await, [report_id(1, 1)]);
    put(&*store, moved(1, 1, 1, delivered())).await;
    assert_eq!(due(&*store, 30).await, [report_id(1, 2)]);
    assert_eq!(store.outbox_counts().await.expect("reads"), (1, 0));
}

pub(super) async fn sequences_have_no_gaps<S: Store>(store: Arc<S>) {
    fill(&*store, 1, 2).await;
    let add = |sequence| Change { outbox: vec![report(1, sequence)], ..Change::default() };
    is_conflict(&store.commit(add(2)).await, "report");
    is_conflict(&store.commit(add(4)).await, "report");
    is_conflict(&store.commit(add(0)).await, "report");
    let outcomes = at_once(&store, vec![add(3), add(3), add(3)]).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    let rows = store.outbox_of(report(1, 1).case).await.expect("reads");
    assert_eq!(rows, [report(1, 1), report(1, 2), report(1, 3)]);
}

pub(super) async fn reports_are_listed_newest_first<S: Store>(store: Arc<S>) {
    fill(&*store, 3, 3).await;
    put(&*store, moved(2, 1, 0, dead())).await;
    let mut wanted: Vec<_> =
        (1..=3).flat_map(|n| (1..=3).map(move |sequence| report_id(n, sequence))).collect();
    wanted.sort_unstable();
    wanted.reverse();
    let mut filter = OutboxFilter { state: None, before: None, limit: 4 };
    let mut seen = Vec::new();
    loop {
        let page = store.outbox(filter.clone()).await.expect("reads");
        let Some(last) = page.last() else { break };
        assert!(page.len() <= 4);
        filter.before = Some(last.id);
        seen.extend(page.iter().map(|row| row.id));
    }
    assert_eq!(seen, wanted);
    let of = |state| OutboxFilter { state: Some(state), before: None, limit: 100 };
    let dead = store.outbox(of(OutboxState::Dead)).await.expect("reads");
    assert_eq!(dead.iter().map(|row| row.id).collect::<Vec<_>>(), [report_id(2, 1)]);
    let pending = store.outbox(of(OutboxState::Pending)).await.expect("reads");
    wanted.retain(|id| *id != report_id(2, 1));
    assert_eq!(pending.iter().map(|row| row.id).collect::<Vec<_>>(), wanted);
    assert!(store.outbox(of(OutboxState::Delivered)).await.expect("reads").is_empty());
}

pub(super) async fn a_claim_leases_what_is_due<S: Store>(store: Arc<S>) {
    for n in 0..6 {
        put(&*store, Change { outbox: vec![report(n, 1), report(n, 2)], ..arrival(n) }).await;
    }
    let first = store.claim_due(at(1), at(50), 4).await.expect("claims");
    assert_eq!(first.len(), 4);
    for row in &first {
        assert_eq!((row.sequence, row.fence, row.leased_until), (1, 1, Some(at(50))));
        assert_eq!(store.report(row.id).await.expect("reads").as_ref(), Some(row));
    }
    let rest = store.claim_due(at(1), at(50), 100).await.expect("claims");
    assert_eq!(rest.len(), 2);
    assert!(store.claim_due(at(1), at(50), 100).await.expect("claims").is_empty());
    assert!(store.outbox_due(at(1), 100).await.expect("reads").is_empty());
    // When a lease ends the report is due again; who held it before has lost it.
    let again = store.claim_due(at(50), at(99), 1).await.expect("claims");
    assert_eq!((again[0].id, again[0].fence), (first[0].id, 2));
    let late = Change {
        outbox_moves: vec![OutboxMove { id: first[0].id, fence: 1, step: delivered() }],
        ..Change::default()
    };
    is_conflict(&store.commit(late).await, "report");
}
