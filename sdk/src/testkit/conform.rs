//! The conformance suite of payout providers: what a platform holds its own against before it moves
//! money. Run it against the provider's sandbox, never against real accounts.

use std::collections::BTreeSet;

use crate::channel::payout::{Payee, PayoutAnswer, PayoutOrder, PayoutProvider};
use crate::ids::AdvanceId;
use crate::money::Fen;
use crate::privacy::Personal;

/// So often a provider is asked before it is judged: it may be slow, and it may be silent.
const ASKS: u32 = 20;
/// What each order of the suite is for.
const ORDER: Fen = Fen::new(100);

/// A rule that does not hold, by the number it has in [`PayoutProvider`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BrokenRule {
    /// 1: one key paid more than once.
    PaidTwice,
    /// 3: a query paid.
    QueryPaid,
    /// 3: a key that it had never seen was not refused, or was paid afterwards.
    NotFenced,
    /// 4: an answer changed.
    AnswerChanged,
    /// 5: it says more than was ordered, or nothing.
    AmountWrong,
    /// The name is not of 1 to 32 small letters, digits, `-`, `_`.
    NameUnfit,
    /// It gave no certain answer however often it was asked.
    NeverCertain,
}

/// Holds a provider against the rules. `paid` tells from outside, by the provider's own statement, all
/// that was paid under a key so far. `seed` makes the keys of this run; none was used before.
pub async fn conform<P: PayoutProvider>(
    provider: &P,
    paid: impl Fn(AdvanceId) -> Fen,
    seed: u8,
) -> BTreeSet<BrokenRule> {
    let mut broken = BTreeSet::new();
    if !name_fits(provider.name()) {
        broken.insert(BrokenRule::NameUnfit);
    }
    let mut next = 0_u8;
    let mut key = || {
        next = next.wrapping_add(1);
        let mut bytes = [seed; 16];
        bytes[15] = next;
        AdvanceId::from_bytes(bytes)
    };
    paid_once(provider, &paid, key(), &mut broken).await;
    never_after_a_query(provider, &paid, key(), &mut broken).await;
    broken
}

async fn paid_once<P: PayoutProvider>(
    provider: &P,
    paid: &impl Fn(AdvanceId) -> Fen,
    key: AdvanceId,
    broken: &mut BTreeSet<BrokenRule>,
) {
    let mut answers = Vec::new();
    for _ in 0..3 {
        answers.extend(provider.submit(&order(key)).await.ok());
    }
    let before = paid(key);
    for _ in 0..ASKS {
        answers.extend(provider.query(key).await.ok());
    }
    let certain: Vec<_> = answers.into_iter().filter(|one| *one != PayoutAnswer::Pending).collect();
    match certain.first() {
        None => drop(broken.insert(BrokenRule::NeverCertain)),
        Some(first) if certain.iter().any(|one| one != first) => {
            broken.insert(BrokenRule::AnswerChanged);
        }
        Some(PayoutAnswer::Paid { fen, .. }) if *fen < Fen::new(1) || *fen > ORDER => {
            broken.insert(BrokenRule::AmountWrong);
        }
        Some(_) => {}
    }
    let after = paid(key);
    if after > ORDER {
        broken.insert(BrokenRule::PaidTwice);
    }
    if after > before && before > Fen::ZERO {
        broken.insert(BrokenRule::QueryPaid);
    }
}

async fn never_after_a_query<P: PayoutProvider>(
    provider: &P,
    paid: &impl Fn(AdvanceId) -> Fen,
    key: AdvanceId,
    broken: &mut BTreeSet<BrokenRule>,
) {
    let mut refused = false;
    for _ in 0..ASKS {
        match provider.query(key).await {
            Ok(PayoutAnswer::Refused { .. }) => refused = true,
            Ok(PayoutAnswer::Paid { .. }) => drop(broken.insert(BrokenRule::QueryPaid)),
            Ok(PayoutAnswer::Pending) | Err(_) => continue,
        }
        break;
    }
    let _ = provider.submit(&order(key)).await;
    if !refused || paid(key) > Fen::ZERO {
        broken.insert(BrokenRule::NotFenced);
    }
}

fn order(key: AdvanceId) -> PayoutOrder {
    let word = |text: &str| Personal::new(text.to_owned());
    let payee = Payee {
        name: word("测试收款人"),
        account: word("6222020000000000000"),
        bank: word("测试银行"),
    };
    PayoutOrder { key, fen: ORDER, payee }
}

fn name_fits(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b);
    (1..=32).contains(&name.len()) && name.bytes().all(plain)
}
