//! Who pays: a bank, a payment firm, a cashier. A platform writes its own in an afternoon and holds it
//! against `testkit::conform` before it moves money.

use std::future::Future;

use crate::ids::AdvanceId;
use crate::money::Fen;
use crate::privacy::Personal;
use crate::time::Date;

/// To whom. Sealed at rest, destroyed with the case's key; never in a log.
#[derive(Clone, Debug)]
pub struct Payee {
    /// 收款人
    pub name: Personal<String>,
    /// 账号
    pub account: Personal<String>,
    /// 开户行
    pub bank: Personal<String>,
}

/// One payment.
#[derive(Clone, Debug)]
pub struct PayoutOrder {
    /// The provider's idempotency key, the same at every attempt and in every query, for ever.
    pub key: AdvanceId,
    /// How much.
    pub fen: Fen,
    /// To whom.
    pub payee: Payee,
}

/// What a provider says for certain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PayoutAnswer {
    /// The money is with the consumer; less than was ordered where it was paid in part, and then the
    /// rest will not come.
    Paid {
        /// How much.
        fen: Fen,
        /// The provider's number: letters, digits, `-` `_` `.` `/`, at most 64.
        reference: String,
        /// The day it counts.
        on: Date,
    },
    /// The money did not go, and under this key never will.
    Refused {
        /// Why, as a code: small letters, digits, `-` `_`, at most 32.
        cause: String,
    },
    /// It is on its way; ask again.
    Pending,
}

/// The provider did not answer, or not so that it can be believed. Whether it paid is not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no answer to rely on: {cause}")]
pub struct PayoutSilence {
    /// Why, as a code: `timeout`, `http_500`, `malformed`.
    pub cause: String,
}

/// Somebody who pays.
///
/// What an implementation must hold (the conformance suite checks it):
/// 1. The same key pays once, however often and however concurrently it is submitted.
/// 2. An answer is given only when it is certain; everything else is [`PayoutSilence`] or
///    [`PayoutAnswer::Pending`].
/// 3. A query never pays. Of a key that it has never seen it answers [`PayoutAnswer::Refused`], and
///    from then on that key is never paid, also when an order that was on its way arrives after all.
/// 4. Answers do not change: what was paid or refused once stays so.
/// 5. `Paid` never says more than was ordered, nor nothing.
pub trait PayoutProvider: Send + Sync {
    /// Its name in leaves and lists: small letters, digits, `-`, `_`.
    fn name(&self) -> &str;

    /// Pays. Called once for each key, after the key is durable; dropped or killed at any moment.
    fn submit(
        &self,
        order: &PayoutOrder,
    ) -> impl Future<Output = Result<PayoutAnswer, PayoutSilence>> + Send;

    /// What became of a key.
    fn query(
        &self,
        key: AdvanceId,
    ) -> impl Future<Output = Result<PayoutAnswer, PayoutSilence>> + Send;
}
