//! A 12315 center to test against, over real HTTP and with its own keys; a corpus of published
//! complaints; clocks and randomness that a test controls.
//!
//! The center is unkind when asked to be ([`Faults`]): it answers 5xx, repeats itself, drops its
//! answers after having acted. What it has taken is there to be compared.
//!
//! A payout provider with faults ([`SandboxProvider`]), and the suite that a provider of your own is held
//! against ([`conform()`]).

mod conform;
pub mod corpus;
mod payout;
mod sim_center;
mod sim_routes;

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

pub use conform::{BrokenRule, conform};
pub use payout::{PayoutFaults, SandboxProvider};
pub use sim_center::{Faults, SeenReport, SimCenter, SimCenterConfig, SimError};

use crate::ids::Entropy;
use crate::time::{Clock, Timestamp};

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock that stands at this instant.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        Self(AtomicI64::new(now.as_millis()))
    }

    /// Moves it on, or back.
    pub fn advance(&self, millis: i64) {
        self.0.fetch_add(millis, Ordering::SeqCst);
    }

    /// Sets it.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.as_millis(), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst)).expect("a test sets a sane time")
    }
}

/// Entropy that is the same every time: for tests that compare bytes. Never for real use.
#[derive(Debug)]
pub struct SeededEntropy(AtomicU64);

impl SeededEntropy {
    /// The sequence of this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let count = self.0.fetch_add(1, Ordering::SeqCst);
            let digest =
                aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &count.to_le_bytes());
            chunk.copy_from_slice(&digest.as_ref()[..chunk.len()]);
        }
    }
}
