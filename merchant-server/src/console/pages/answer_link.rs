//! The public pages of an answer link: the offer with its three answers, and what comes after.
//!
//! Plain words and flags, already formatted. Names no person: whoever holds the link sees it.

use askama::Template;

use super::forms::{AmountField, Field, Select};
use super::parts::Fact;

/// The offer, and how to answer it.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "answer_link.html")]
pub(crate) struct AnswerLinkPage {
    /// Who offers.
    pub(crate) merchant: String,
    /// Version of the software.
    pub(crate) version: String,
    /// What is wrong with the answer as a whole; empty when nothing is.
    pub(crate) error: String,
    /// The terms in a line.
    pub(crate) summary: String,
    /// Amounts and days.
    pub(crate) facts: Vec<Fact>,
    /// The offer in the merchant's words; empty for none.
    pub(crate) text: String,
    /// What is wrong with the confirmation; empty when nothing is.
    pub(crate) confirm_error: String,
    /// 不接受
    pub(crate) decline: DeclineForm,
    /// 另提方案
    pub(crate) counter: CounterForm,
}

/// 不接受
#[derive(Clone, Debug, Default)]
pub(crate) struct DeclineForm {
    /// Whether it is unfolded.
    pub(crate) open: bool,
    /// Why; may stay empty.
    pub(crate) text: Field,
}

/// 另提方案
#[derive(Clone, Debug, Default)]
pub(crate) struct CounterForm {
    /// Whether it is unfolded.
    pub(crate) open: bool,
    /// What is asked besides money, sent as `kinds`, once for each.
    pub(crate) kinds: Select,
    /// What is asked in money, in yuan.
    pub(crate) amounts: Vec<AmountField>,
    /// By when.
    pub(crate) perform_by: Field,
    /// The first day that may be chosen, ISO.
    pub(crate) earliest: String,
    /// In words.
    pub(crate) text: Field,
}

/// The answer is taken, or the link leads nowhere: what happens next.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "answer_done.html")]
pub(crate) struct AnswerDonePage {
    /// Whose page it is.
    pub(crate) merchant: String,
    /// Version of the software.
    pub(crate) version: String,
    /// In a few words.
    pub(crate) title: String,
    /// In a sentence.
    pub(crate) message: String,
    /// What to do, or what happens next.
    pub(crate) next: String,
}
