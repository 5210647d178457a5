//! The conformance suite finds what breaks the rules of a payout provider, and nothing else.
#![cfg(feature = "testkit")]

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};

use green_channel::channel::payout::{PayoutAnswer, PayoutOrder, PayoutProvider, PayoutSilence};
use green_channel::ids::AdvanceId;
use green_channel::money::Fen;
use green_channel::testkit::{BrokenRule, PayoutFaults, SandboxProvider, conform};

fn bank(seed: u64) -> SandboxProvider {
    SandboxProvider::new(seed, "2026-11-23".parse().expect("a date"))
}

fn paid_by(sandbox: &SandboxProvider, key: AdvanceId) -> Fen {
    let of_key = sandbox.paid().into_iter().filter(|(paid, _)| *paid == key);
    Fen::checked_sum(of_key.map(|(_, fen)| fen)).expect("little money")
}

#[tokio::test]
async fn the_sandbox_conforms_also_on_a_bad_day() {
    for seed in 0..40 {
        let sandbox = bank(u64::from(seed));
        sandbox.faults(PayoutFaults {
            lost_after: 200,
            error_after: 200,
            refused: 100,
            partial: 200,
            query_silent: 300,
            duplicate_callback: 500,
            ..PayoutFaults::default()
        });
        let broken = conform(&sandbox, |key| paid_by(&sandbox, key), seed).await;
        assert!(broken.is_empty(), "seed {seed}: {broken:?}");
    }
}

/// What is wrong with a provider.
#[derive(Clone, Copy)]
enum Fault {
    Nothing,
    PaysAgain,
    ForgetsTheFence,
    ChangesItsMind,
    SaysTooMuch,
    NeverAnswers,
}

struct Broken {
    sandbox: SandboxProvider,
    fault: Fault,
    calls: AtomicU32,
}

impl PayoutProvider for Broken {
    fn name(&self) -> &str {
        "broken"
    }

    async fn submit(&self, order: &PayoutOrder) -> Result<PayoutAnswer, PayoutSilence> {
        let n = self.calls.fetch_add(1, Ordering::SeqCst);
        let silent = Err(PayoutSilence { cause: "timeout".to_owned() });
        match self.fault {
            // Under a key of its own each time.
            Fault::PaysAgain => {
                let mut bytes = *order.key.as_bytes();
                bytes[0] = bytes[0].wrapping_add(u8::try_from(n).expect("few"));
                let key = AdvanceId::from_bytes(bytes);
                self.sandbox.submit(&PayoutOrder { key, ..order.clone() }).await
            }
            Fault::NeverAnswers => silent,
            _ => self.sandbox.submit(order).await,
        }
    }

    async fn query(&self, key: AdvanceId) -> Result<PayoutAnswer, PayoutSilence> {
        let n = self.calls.fetch_add(1, Ordering::SeqCst);
        let refused = Ok(PayoutAnswer::Refused { cause: "unknown".to_owned() });
        match (self.fault, self.sandbox.paid().iter().any(|(paid, _)| *paid == key)) {
            (Fault::NeverAnswers, _) => Ok(PayoutAnswer::Pending),
            (Fault::ForgetsTheFence, false) => refused,
            (Fault::ChangesItsMind, true) if n.is_multiple_of(2) => refused,
            (Fault::SaysTooMuch, true) => match self.sandbox.query(key).await {
                Ok(PayoutAnswer::Paid { reference, on, .. }) => {
                    Ok(PayoutAnswer::Paid { fen: Fen::new(101), reference, on })
                }
                other => other,
            },
            _ => self.sandbox.query(key).await,
        }
    }
}

#[tokio::test]
async fn what_breaks_a_rule_is_caught_and_named() {
    for (fault, rule) in [
        (Fault::PaysAgain, BrokenRule::PaidTwice),
        (Fault::ForgetsTheFence, BrokenRule::NotFenced),
        (Fault::ChangesItsMind, BrokenRule::AnswerChanged),
        (Fault::SaysTooMuch, BrokenRule::AnswerChanged),
        (Fault::NeverAnswers, BrokenRule::NeverCertain),
    ] {
        let sandbox = bank(1);
        let provider = Broken { sandbox: sandbox.clone(), fault, calls: AtomicU32::new(0) };
        // By the statement, whatever key it was paid under.
        let paid = |key: AdvanceId| match fault {
            Fault::PaysAgain => {
                let all = sandbox.paid().into_iter().map(|(_, fen)| fen);
                Fen::checked_sum(all).expect("little money")
            }
            _ => paid_by(&sandbox, key),
        };
        let broken: BTreeSet<BrokenRule> = conform(&provider, paid, 7).await;
        assert!(broken.contains(&rule), "{rule:?} was not caught: {broken:?}");
    }
    let sandbox = bank(1);
    let honest = Broken { sandbox: sandbox.clone(), fault: Fault::Nothing, calls: 0.into() };
    assert!(conform(&honest, |key| paid_by(&sandbox, key), 7).await.is_empty());
}
