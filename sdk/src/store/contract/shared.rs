//! Checks for an engine that several processes write: two handles on one database, as two servers
//! have them. What one has committed the other sees, and of two rivals one wins.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;

use super::log::growth;
use super::make::{
    arrival, at, at_once, case_id, moved, number, put, report, report_id, step, token,
};
use crate::store::{Change, OutboxStep, RecordHold, RecordWrite, Store, StoreError};

/// Runs every check, each on a fresh pair that `make` gives.
///
/// # Panics
/// When the store breaks its contract.
pub async fn shared<S, F, Fut>(make: F)
where
    S: Store,
    F: Fn() -> Fut,
    Fut: Future<Output = (S, S)>,
{
    macro_rules! hold {
        ($($claim:ident,)*) => {
            $({
                let (one, two) = make().await;
                super::hold(stringify!($claim), $claim(Arc::new(one), Arc::new(two))).await;
            })*
        };
    }
    hold! {
        what_one_commits_the_other_sees,
        of_two_rivals_one_wins,
        tokens_and_numbers_are_taken_once_by_both,
        positions_are_given_once_by_both,
        claims_of_both_are_disjoint,
        a_server_that_lost_its_lease_writes_nothing,
        contention_never_surfaces_as_an_engine_error,
    }
}

async fn what_one_commits_the_other_sees<S: Store>(one: Arc<S>, two: Arc<S>) {
    for n in 0..20 {
        let (writer, reader) = if n % 2 == 0 { (&one, &two) } else { (&two, &one) };
        put(&**writer, arrival(n)).await;
        assert!(reader.case_by_number(number(n)).await.expect("reads").is_some());
    }
    assert_eq!(one.case_counts().await.expect("reads"), [("received".to_owned(), 20)]);
    assert_eq!(two.case_counts().await.expect("reads"), [("received".to_owned(), 20)]);
}

/// Commits each change through both at the same time.
async fn race<S: Store>(one: &Arc<S>, two: &Arc<S>, changes: Vec<Change>) -> Vec<usize> {
    let (first, second) = (at_once(one, changes.clone()), at_once(two, changes));
    let (first, second) = tokio::join!(first, second);
    let won = |outcome: &Result<(), StoreError>| match outcome {
        Ok(()) => 1,
        Err(StoreError::Conflict { .. } | StoreError::TokenReplayed) => 0,
        Err(other) => panic!("{other}"),
    };
    first.iter().zip(&second).map(|(a, b)| won(a) + won(b)).collect()
}

async fn of_two_rivals_one_wins<S: Store>(one: Arc<S>, two: Arc<S>) {
    assert_eq!(race(&one, &two, (0..50).map(arrival).collect()).await, [1; 50]);
    for version in 1..6 {
        let steps = (0..50).map(|n| step(n, version, "in_progress")).collect();
        assert_eq!(race(&one, &two, steps).await, [1; 50]);
    }
    let counts = two.case_counts().await.expect("reads");
    assert_eq!(counts, [("in_progress".to_owned(), 50)]);
}

async fn tokens_and_numbers_are_taken_once_by_both<S: Store>(one: Arc<S>, two: Arc<S>) {
    let burn = |n| Change { token: token(n, 1000), ..Change::default() };
    assert_eq!(race(&one, &two, (0..50).map(burn).collect()).await, [1; 50]);
    let same_number = |n| {
        let mut change = arrival(n);
        let taken = arrival(1000).case.expect("an arrival writes the case").expected;
        let case = change.case.as_mut().expect("an arrival writes the case");
        case.expected = taken;
        change
    };
    let won = race(&one, &two, (0..20).map(same_number).collect()).await;
    assert_eq!(won.iter().sum::<usize>(), 1);
}

async fn positions_are_given_once_by_both<S: Store>(one: Arc<S>, two: Arc<S>) {
    for n in 0..60 {
        put(&*one, arrival(n)).await;
    }
    let mut rounds = 0;
    loop {
        let staged = two.staged(7).await.expect("reads");
        if staged.is_empty() {
            break;
        }
        let size = two.log_head().await.expect("reads").size;
        assert_eq!(race(&one, &two, vec![growth(size, &staged, b'x')]).await, [1]);
        rounds += 1;
    }
    assert_eq!(rounds, 9);
    let entries = one.log_entries(0, 100).await.expect("reads");
    let positions: Vec<_> = entries.iter().map(|leaf| leaf.position).collect();
    assert_eq!(positions, (0..60).map(Some).collect::<Vec<_>>());
}

async fn claims_of_both_are_disjoint<S: Store>(one: Arc<S>, two: Arc<S>) {
    for n in 0..40 {
        let outbox = vec![report(n, 1), report(n, 2)];
        put(&*one, Change { outbox, ..arrival(n) }).await;
    }
    let mut claimed = BTreeSet::new();
    loop {
        let (a, b) = tokio::join!(one.claim_due(at(1), at(99), 6), two.claim_due(at(1), at(99), 6));
        let rows = [a.expect("claims"), b.expect("claims")].concat();
        if rows.is_empty() {
            break;
        }
        for row in rows {
            assert_eq!((row.fence, row.leased_until, row.sequence), (1, Some(at(99)), 1));
            assert!(claimed.insert(row.id), "claimed twice");
        }
    }
    assert_eq!(claimed, (0..40).map(|n| report_id(n, 1)).collect());
    // A lease that ended is claimed anew, and its first holder cannot write any more.
    let again = two.claim_due(at(100), at(199), 100).await.expect("claims");
    assert_eq!(again.len(), 40);
    let late = moved(0, 1, 1, OutboxStep::Dead { cause: "late".to_owned() });
    assert!(matches!(one.commit(late).await, Err(StoreError::Conflict { what: "report" })));
}

async fn a_server_that_lost_its_lease_writes_nothing<S: Store>(one: Arc<S>, two: Arc<S>) {
    let lease = |expected| RecordWrite {
        kind: "lease",
        id: "work".to_owned(),
        expected,
        body: Some(b"{}".to_vec()),
        expires_at: None,
    };
    let under = |n, version| Change {
        holds: Some(RecordHold { kind: "lease", id: "work".to_owned(), version }),
        ..arrival(n)
    };
    put(&*one, Change { records: vec![lease(0)], ..Change::default() }).await;
    put(&*one, under(1, 1)).await;
    put(&*two, Change { records: vec![lease(1)], ..Change::default() }).await;
    let late = one.commit(under(2, 1)).await;
    assert!(matches!(late, Err(StoreError::Conflict { what: "lease" })), "{late:?}");
    assert_eq!(one.case(case_id(2)).await.expect("reads"), None);
    put(&*two, under(2, 2)).await;
}

/// Two servers write the same few cases, each in its own order. The engine may choose victims; the
/// store tries them again.
async fn contention_never_surfaces_as_an_engine_error<S: Store>(one: Arc<S>, two: Arc<S>) {
    for n in 0..8 {
        put(&*one, Change { outbox: vec![report(n, 1)], ..arrival(n) }).await;
    }
    let hammer = |store: Arc<S>, backwards: bool| async move {
        for round in 0..12 {
            let mut changes = Vec::new();
            for n in 0..8 {
                let found = store.case(case_id(n)).await.expect("reads").expect("it is there");
                let state = if round % 2 == 0 { "in_progress" } else { "received" };
                changes.push(step(n, found.row.version, state));
                changes.push(moved(n, 1, round, OutboxStep::Claim { until: at(9) }));
            }
            if backwards {
                changes.reverse();
            }
            for outcome in at_once(&store, changes).await {
                match outcome {
                    Ok(()) | Err(StoreError::Conflict { .. }) => {}
                    Err(other) => panic!("{other}"),
                }
            }
        }
    };
    let first = tokio::spawn(hammer(Arc::clone(&one), false));
    let second = tokio::spawn(hammer(Arc::clone(&two), true));
    first.await.expect("the first does not fail");
    second.await.expect("the second does not fail");
    let counts = one.case_counts().await.expect("reads");
    assert_eq!(counts.iter().map(|(_, n)| n).sum::<u64>(), 8);
    for n in 0..8 {
        let case = two.case(case_id(n)).await.expect("reads").expect("it is there");
        let leaves = two.leaves(&super::make::stream(n), 0, 100).await.expect("reads");
        assert_eq!(u64::try_from(leaves.len()), Ok(case.row.version));
    }
}
