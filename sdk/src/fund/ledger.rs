//! Double entry. A [`Move`] takes from one account what it gives to another, so that nothing that is
//! made of moves can be out of balance; a [`Ledger`] is the sum of all of them, and refuses what would
//! take an account below zero. Nothing here edits a balance.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::account::{Account, Side};
use crate::money::Fen;

/// So much from one account to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Move {
    /// 借
    pub debit: Account,
    /// 贷
    pub credit: Account,
    /// How much; more than nothing.
    pub fen: Fen,
}

impl Move {
    /// So much, unless it is nothing.
    pub(super) fn some(debit: Account, credit: Account, fen: Fen) -> Option<Self> {
        (fen > Fen::ZERO).then_some(Self { debit, credit, fen })
    }

    /// What undoes it.
    #[must_use]
    pub const fn reversed(self) -> Self {
        Self { debit: self.credit, credit: self.debit, fen: self.fen }
    }
}

/// A move that the ledger has no room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// Nothing, less than nothing, more than a leaf can hold, or an account onto itself.
    #[error("a move is of 1 to 9007199254740991 fen, between two accounts")]
    NoMove,
    /// An account would go below zero.
    #[error("{account} has not so much")]
    Short {
        /// Which.
        account: Account,
    },
    /// An account would hold more than a leaf can.
    #[error("{account} cannot hold so much")]
    Full {
        /// Which.
        account: Account,
    },
}

/// What is on each account, grown by moves alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ledger {
    balances: BTreeMap<Account, Fen>,
}

impl Ledger {
    /// The ledger with these balances, as they were stored.
    #[cfg(feature = "channel")]
    #[must_use]
    pub(crate) fn of(balances: BTreeMap<Account, Fen>) -> Self {
        Self { balances }
    }

    /// What is on an account, on the side on which it grows; never below zero.
    #[must_use]
    pub fn balance(&self, account: Account) -> Fen {
        self.balances.get(&account).copied().unwrap_or(Fen::ZERO)
    }

    /// The accounts that hold anything.
    pub fn balances(&self) -> impl Iterator<Item = (Account, Fen)> + '_ {
        self.balances.iter().map(|(account, fen)| (*account, *fen))
    }

    /// The ledger after these moves, all of them or none.
    ///
    /// # Errors
    /// The first move that it has no room for. Between the moves of one posting nothing may go below
    /// zero either: money is not lent for an instant.
    pub fn post(mut self, moves: &[Move]) -> Result<Self, LedgerError> {
        for one in moves {
            let fits = one.fen > Fen::ZERO && one.fen.is_payable() && one.debit != one.credit;
            if !fits {
                return Err(LedgerError::NoMove);
            }
            self.change(one.debit, Side::Debit, one.fen)?;
            self.change(one.credit, Side::Credit, one.fen)?;
        }
        Ok(self)
    }

    fn change(&mut self, account: Account, side: Side, fen: Fen) -> Result<(), LedgerError> {
        let before = self.balance(account);
        let after = if account.side() == side {
            let sum = before.checked_add(fen).filter(|sum| sum.is_payable());
            sum.ok_or(LedgerError::Full { account })?
        } else {
            let rest = before.checked_sub(fen).filter(|rest| *rest >= Fen::ZERO);
            rest.ok_or(LedgerError::Short { account })?
        };
        if after == Fen::ZERO {
            self.balances.remove(&account);
        } else {
            self.balances.insert(account, after);
        }
        Ok(())
    }

    /// All debits less all credits: zero, whatever was posted. What it checks is this program.
    #[must_use]
    pub fn difference(&self) -> i128 {
        let signed = self.balances().map(|(account, fen)| match account.side() {
            Side::Debit => i128::from(fen.as_fen()),
            Side::Credit => -i128::from(fen.as_fen()),
        });
        signed.sum()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ids::TenantId;

    const MOST: i64 = Fen::MAX_ON_WIRE.as_fen();

    fn one(debit: Account, credit: Account, fen: i64) -> Move {
        Move { debit, credit, fen: Fen::new(fen) }
    }

    #[test]
    fn amounts_at_the_edges_are_posted_exactly_or_not_at_all() {
        use Account::{Bank, Pool};
        for fen in [i64::MIN, -1, 0, MOST + 1, i64::MAX] {
            let posted = Ledger::default().post(&[one(Bank, Pool, fen)]);
            assert_eq!(posted, Err(LedgerError::NoMove), "{fen}");
        }
        for fen in [1, MOST - 1, MOST] {
            let ledger = Ledger::default().post(&[one(Bank, Pool, fen)]).unwrap();
            assert_eq!(ledger.balance(Pool), Fen::new(fen));
            let full = ledger.clone().post(&[one(Bank, Pool, MOST)]);
            assert_eq!(full, Err(LedgerError::Full { account: Bank }), "{fen}");
            assert_eq!(ledger.post(&[one(Pool, Bank, fen)]).unwrap(), Ledger::default());
        }
        assert_eq!(Ledger::default().post(&[one(Bank, Bank, 1)]), Err(LedgerError::NoMove));
    }

    #[test]
    fn a_posting_is_made_whole_or_not_at_all_and_never_lends() {
        use Account::{Bank, Pool, Reserved};
        let ledger = Ledger::default().post(&[one(Bank, Pool, 50)]).unwrap();
        let posted = ledger.clone().post(&[one(Pool, Reserved, 30), one(Pool, Reserved, 21)]);
        assert_eq!(posted, Err(LedgerError::Short { account: Pool }));
        let lent = ledger.clone().post(&[one(Pool, Reserved, 60), one(Reserved, Pool, 60)]);
        assert_eq!(lent, Err(LedgerError::Short { account: Pool }));
        assert_eq!(ledger.balance(Pool), Fen::new(50));
    }

    fn account() -> impl Strategy<Value = Account> {
        let tenant = |n: u8| TenantId::from_bytes([n; 16]);
        let tenants = (0_u8..3).prop_flat_map(move |n| {
            prop_oneof![Just(Account::Deposit(tenant(n))), Just(Account::Receivable(tenant(n)))]
        });
        prop_oneof![prop::sample::select(Account::HOST.to_vec()), tenants]
    }

    fn amount() -> impl Strategy<Value = i64> {
        prop_oneof![4 => 1_i64..1_000, 1 => any::<i64>(), 1 => Just(MOST), 1 => Just(0)]
    }

    proptest! {
        #[test]
        fn whatever_is_posted_debits_equal_credits_and_nothing_is_below_zero(
            moves in prop::collection::vec((account(), account(), amount()), 0..200),
        ) {
            let mut ledger = Ledger::default();
            let mut truth: BTreeMap<Account, i128> = BTreeMap::new();
            for (debit, credit, fen) in moves {
                if let Ok(after) = ledger.clone().post(&[one(debit, credit, fen)]) {
                    ledger = after;
                    *truth.entry(debit).or_default() += i128::from(fen);
                    *truth.entry(credit).or_default() -= i128::from(fen);
                }
                prop_assert_eq!(ledger.difference(), 0);
            }
            for (account, signed) in truth {
                let natural = if account.side() == Side::Debit { signed } else { -signed };
                prop_assert!(natural >= 0);
                prop_assert_eq!(i128::from(ledger.balance(account).as_fen()), natural);
            }
        }
    }
}
