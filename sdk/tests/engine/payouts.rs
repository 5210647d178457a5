//! Payouts under faults: time-outs before and after performing, errors after performing, orders that
//! arrive late, duplicate, early and lying callbacks, and a worker that is killed at each step. Whatever
//! happens, nobody is paid twice, nothing is paid and not booked, nothing is booked and not paid.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use green_channel::case::AdvanceStatus;
use green_channel::channel::fund::Queue;
use green_channel::channel::payout::{
    PayoutAnswer, PayoutLimits, PayoutOrder, PayoutProvider, PayoutSilence,
};
use green_channel::fund::FundRules;
use green_channel::ids::AdvanceId;
use green_channel::testkit::{PayoutFaults, SandboxProvider};

use super::fund::{rounds, wide};
use super::*;

/// A provider whose caller is killed now and then: before the call, or after it and before the answer
/// is written down.
struct Killing {
    inner: SandboxProvider,
    calls: AtomicU64,
}

impl Killing {
    /// Whether the caller dies here: in one call of five, by a fixed walk.
    fn fate(&self) -> u64 {
        let n = self.calls.fetch_add(1, Ordering::SeqCst);
        (n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407) >> 40)
            % 10
    }
}

impl PayoutProvider for Killing {
    fn name(&self) -> &str {
        self.inner.name()
    }

    async fn submit(&self, order: &PayoutOrder) -> Result<PayoutAnswer, PayoutSilence> {
        match self.fate() {
            0 => std::future::pending().await,
            1 => {
                let _ = self.inner.submit(order).await;
                std::future::pending().await
            }
            _ => self.inner.submit(order).await,
        }
    }

    async fn query(&self, key: AdvanceId) -> Result<PayoutAnswer, PayoutSilence> {
        match self.fate() {
            0 => std::future::pending().await,
            1 => {
                let _ = self.inner.query(key).await;
                std::future::pending().await
            }
            _ => self.inner.query(key).await,
        }
    }
}

/// Runs a step of the worker until it ends or is killed.
async fn until_killed<T>(step: impl Future<Output = Result<T, impl std::fmt::Display>>) {
    if let Ok(Err(error)) = tokio::time::timeout(Duration::from_millis(150), step).await {
        panic!("{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_provider_does_nobody_is_paid_twice_and_everything_paid_is_booked() {
    // Many small claims of few cases.
    let small_claim_fen = Fen::new(100_000_000_000);
    let world = world_with(FundRules { small_claim_fen, ..wide() }).await;
    world.fill(100_000_000).await;
    let sandbox = SandboxProvider::new(12_315, world.clock.now().civil_date());
    let provider = Killing { inner: sandbox.clone(), calls: AtomicU64::new(0) };
    let limits = PayoutLimits::default();
    let wanted = rounds("FUND_PAYOUTS", 200);
    let mut asked = Vec::new();
    while asked.len() < wanted {
        let case = world.settled(&format!("no-{}", asked.len())).await;
        for _ in 0..50.min(wanted - asked.len()) {
            asked.push(world.request(case, None, 100).await.expect("a small claim"));
        }
        // Three of ten calls meet a fault.
        sandbox.faults(PayoutFaults {
            lost_before: 60,
            lost_after: 60,
            error_after: 60,
            late: 40,
            refused: 30,
            partial: 10,
            arrives_late: 40,
            query_silent: 100,
            duplicate_callback: 300,
            wrong_amount_callback: 100,
        });
        for _ in 0..3 {
            until_killed(world.channel.pay_due(&provider, &limits)).await;
            sandbox.deliver_late();
            for (key, _) in sandbox.take_callbacks() {
                until_killed(world.channel.payout_callback(&provider, key)).await;
            }
            world.clock.advance(61_000);
            until_killed(world.channel.resolve_due(&provider, &limits)).await;
        }
    }
    // The provider comes back to its senses, and nobody is killed any more: everything is found out.
    sandbox.faults(PayoutFaults::default());
    for _ in 0..=wanted {
        sandbox.settle_late();
        sandbox.deliver_late();
        world.channel.pay_due(&sandbox, &limits).await.expect("it runs");
        world.clock.advance(61_000);
        world.channel.resolve_due(&sandbox, &limits).await.expect("it runs");
        let waits = world.channel.advances(Queue::Pay, None, 1).await.expect("it reads");
        let open = world.channel.advances(Queue::Resolve, None, 1).await.expect("it reads");
        if waits.is_empty() && open.is_empty() {
            break;
        }
    }
    for queue in [Queue::Pay, Queue::Resolve] {
        let left = world.channel.advances(queue, None, 200).await.expect("it reads");
        assert!(left.is_empty(), "{} are not known", left.len());
    }
    everything_paid_is_booked(&world, &sandbox, asked).await;
}

async fn everything_paid_is_booked(
    world: &World,
    sandbox: &SandboxProvider,
    asked: Vec<AdvanceId>,
) {
    let wanted = asked.len();
    let mut moved: BTreeMap<AdvanceId, Vec<Fen>> = BTreeMap::new();
    for (key, fen) in sandbox.paid() {
        moved.entry(key).or_default().push(fen);
    }
    let (mut paid, mut refused) = (0, 0);
    for id in asked {
        let advance = world.channel.advance(id).await.expect("reads").expect("there").advance;
        let money = moved.remove(&id).unwrap_or_default();
        match advance.status {
            AdvanceStatus::Paid => {
                paid += 1;
                assert_eq!(money, [advance.paid_fen], "{id} was booked otherwise than paid");
            }
            AdvanceStatus::Refused => {
                refused += 1;
                assert!(money.is_empty(), "{id} was paid and booked as refused");
            }
            other => panic!("{id} is {}", other.code()),
        }
    }
    assert!(moved.is_empty(), "somebody was paid whom nobody asked for");
    assert!(paid > wanted / 2 && refused > 0, "{paid} paid, {refused} refused");
    world.books_are_right().await;
}
