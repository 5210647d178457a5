//! Paying consumers through providers, in two phases: what is written before a call is enough to find
//! out afterwards what became of it.

mod provider;
mod worker;

pub use provider::{Payee, PayoutAnswer, PayoutOrder, PayoutProvider, PayoutSilence};
pub use worker::{PaidRound, PayoutLimits};
