//! Randomness that can be repeated, and keys that can be made twice. For tests only.

use std::sync::atomic::{AtomicU64, Ordering};

use green_channel::channel::SystemEntropy;
use green_channel::ids::Entropy;
use green_channel::testkit::SeededEntropy;

/// A sequence of numbers that its seed gives again (SplitMix64).
#[derive(Debug)]
pub struct Seeded(u64);

impl Seeded {
    /// The sequence of this seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The seed in `GREEN_CHANNEL_TEST_SEED`, or a fresh one. Print it, so that a failure can be
    /// played again.
    #[must_use]
    pub fn seed() -> u64 {
        let named = std::env::var("GREEN_CHANNEL_TEST_SEED").ok();
        named.and_then(|text| text.parse().ok()).unwrap_or_else(|| {
            let mut bytes = [0; 8];
            SystemEntropy.fill(&mut bytes);
            u64::from_le_bytes(bytes)
        })
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from `low` up to and without `high`.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.number() % (high - low).max(1)
    }
}

/// A center draws its three keys first. Two centers with this entropy and the same seed have the
/// same keys, but never the same token numbers.
pub(crate) struct KeysOf {
    keys: SeededEntropy,
    drawn: AtomicU64,
}

impl KeysOf {
    pub(crate) fn seed(seed: u64) -> Self {
        Self { keys: SeededEntropy::new(seed), drawn: AtomicU64::new(0) }
    }
}

impl Entropy for KeysOf {
    fn fill(&self, bytes: &mut [u8]) {
        if self.drawn.fetch_add(1, Ordering::SeqCst) < 3 {
            self.keys.fill(bytes);
        } else {
            SystemEntropy.fill(bytes);
        }
    }
}
