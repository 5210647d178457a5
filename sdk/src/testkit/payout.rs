//! A provider in memory, with faults: what a bank or a payment firm does on a bad day, and never more
//! than the rules of [`PayoutProvider`] allow.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::channel::payout::{PayoutAnswer, PayoutOrder, PayoutProvider, PayoutSilence};
use crate::ids::AdvanceId;
use crate::money::Fen;
use crate::time::Date;

/// How often each fault happens, in thousandths of the calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PayoutFaults {
    /// No answer, and not performed.
    pub lost_before: u32,
    /// Performed, and no answer.
    pub lost_after: u32,
    /// Performed, and an error.
    pub error_after: u32,
    /// On its way; performed later.
    pub late: u32,
    /// Refused.
    pub refused: u32,
    /// Half of it is paid, and the rest never will be.
    pub partial: u32,
    /// No answer; the order itself arrives later.
    pub arrives_late: u32,
    /// A query gets no answer.
    pub query_silent: u32,
    /// A second callback. The first one always comes before the answer.
    pub duplicate_callback: u32,
    /// A callback with another amount.
    pub wrong_amount_callback: u32,
}

/// What is known of a key.
#[derive(Clone)]
enum Fate {
    /// On its way.
    Late(Fen),
    /// Known for good.
    Known(PayoutAnswer),
}

struct Bank {
    on: Date,
    dice: u64,
    faults: PayoutFaults,
    fates: BTreeMap<AdvanceId, Fate>,
    fenced: BTreeSet<AdvanceId>,
    on_the_road: Vec<(AdvanceId, Fen)>,
    paid: Vec<(AdvanceId, Fen)>,
    callbacks: Vec<(AdvanceId, PayoutAnswer)>,
    submits: usize,
}

/// A provider in memory. Clones share what they know.
#[derive(Clone)]
pub struct SandboxProvider {
    bank: Arc<Mutex<Bank>>,
}

impl SandboxProvider {
    /// One whose faults follow from this seed, and whose payments count on this day.
    #[must_use]
    pub fn new(seed: u64, on: Date) -> Self {
        let bank = Bank {
            on,
            dice: seed,
            faults: PayoutFaults::default(),
            fates: BTreeMap::new(),
            fenced: BTreeSet::new(),
            on_the_road: Vec::new(),
            paid: Vec::new(),
            callbacks: Vec::new(),
            submits: 0,
        };
        Self { bank: Arc::new(Mutex::new(bank)) }
    }

    fn bank(&self) -> MutexGuard<'_, Bank> {
        self.bank.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on these faults.
    pub fn faults(&self, faults: PayoutFaults) {
        self.bank().faults = faults;
    }

    /// Every movement of money, in order: a key that stands twice was paid twice.
    #[must_use]
    pub fn paid(&self) -> Vec<(AdvanceId, Fen)> {
        self.bank().paid.clone()
    }

    /// How often it was asked to pay.
    #[must_use]
    pub fn submits(&self) -> usize {
        self.bank().submits
    }

    /// Whether a key is never paid, because it was asked for before it was known.
    #[must_use]
    pub fn is_fenced(&self, key: AdvanceId) -> bool {
        self.bank().fenced.contains(&key)
    }

    /// The callbacks since the last time.
    #[must_use]
    pub fn take_callbacks(&self) -> Vec<(AdvanceId, PayoutAnswer)> {
        std::mem::take(&mut self.bank().callbacks)
    }

    /// What was on its way is performed.
    pub fn settle_late(&self) {
        let mut bank = self.bank();
        let late = bank.fates.iter().filter_map(|(key, fate)| match fate {
            Fate::Late(fen) => Some((*key, *fen)),
            Fate::Known(_) => None,
        });
        for (key, fen) in late.collect::<Vec<_>>() {
            bank.perform(key, fen);
        }
    }

    /// Orders that were lost on the way arrive.
    pub fn deliver_late(&self) {
        let mut bank = self.bank();
        for (key, fen) in std::mem::take(&mut bank.on_the_road) {
            if !bank.fenced.contains(&key) && !bank.fates.contains_key(&key) {
                bank.perform(key, fen);
            }
        }
    }
}

impl Bank {
    /// Whether this happens now, in so many of a thousand cases (splitmix64).
    fn happens(&mut self, of_thousand: u32) -> bool {
        self.dice = self.dice.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.dice;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % 1_000 < u64::from(of_thousand)
    }

    fn perform(&mut self, key: AdvanceId, fen: Fen) -> PayoutAnswer {
        self.paid.push((key, fen));
        let reference = format!("SB-{}", self.paid.len());
        let answer = PayoutAnswer::Paid { fen, reference, on: self.on };
        self.fates.insert(key, Fate::Known(answer.clone()));
        self.call_back(key, &answer);
        answer
    }

    fn call_back(&mut self, key: AdvanceId, answer: &PayoutAnswer) {
        self.callbacks.push((key, answer.clone()));
        if self.happens(self.faults.duplicate_callback) {
            self.callbacks.push((key, answer.clone()));
        }
        if self.happens(self.faults.wrong_amount_callback)
            && let PayoutAnswer::Paid { reference, on, .. } = answer
        {
            let lie =
                PayoutAnswer::Paid { fen: Fen::new(1), reference: reference.clone(), on: *on };
            self.callbacks.push((key, lie));
        }
    }

    fn submit(&mut self, key: AdvanceId, fen: Fen) -> Result<PayoutAnswer, PayoutSilence> {
        let silence = |cause: &str| Err(PayoutSilence { cause: cause.to_owned() });
        self.submits += 1;
        if self.fenced.contains(&key) {
            return Ok(PayoutAnswer::Refused { cause: "fenced".to_owned() });
        }
        match self.fates.get(&key) {
            Some(Fate::Known(answer)) => return Ok(answer.clone()),
            Some(Fate::Late(_)) => return Ok(PayoutAnswer::Pending),
            None => {}
        }
        let faults = self.faults;
        if self.happens(faults.lost_before) {
            return silence("timeout");
        }
        if self.happens(faults.arrives_late) {
            self.on_the_road.push((key, fen));
            return silence("timeout");
        }
        if self.happens(faults.refused) {
            let answer = PayoutAnswer::Refused { cause: "account_closed".to_owned() };
            self.fates.insert(key, Fate::Known(answer.clone()));
            return Ok(answer);
        }
        if self.happens(faults.late) {
            self.fates.insert(key, Fate::Late(fen));
            return Ok(PayoutAnswer::Pending);
        }
        let half = Fen::new((fen.as_fen() / 2).max(1));
        let amount = if self.happens(faults.partial) { half } else { fen };
        let answer = self.perform(key, amount);
        if self.happens(faults.lost_after) {
            return silence("timeout");
        }
        if self.happens(faults.error_after) {
            return silence("http_500");
        }
        Ok(answer)
    }

    fn query(&mut self, key: AdvanceId) -> Result<PayoutAnswer, PayoutSilence> {
        if self.happens(self.faults.query_silent) {
            return Err(PayoutSilence { cause: "timeout".to_owned() });
        }
        match self.fates.get(&key).cloned() {
            Some(Fate::Known(answer)) => Ok(answer),
            Some(Fate::Late(_)) => Ok(PayoutAnswer::Pending),
            None => {
                self.fenced.insert(key);
                Ok(PayoutAnswer::Refused { cause: "never_received".to_owned() })
            }
        }
    }
}

impl PayoutProvider for SandboxProvider {
    fn name(&self) -> &str {
        "sandbox"
    }

    async fn submit(&self, order: &PayoutOrder) -> Result<PayoutAnswer, PayoutSilence> {
        self.bank().submit(order.key, order.fen)
    }

    async fn query(&self, key: AdvanceId) -> Result<PayoutAnswer, PayoutSilence> {
        self.bank().query(key)
    }
}
