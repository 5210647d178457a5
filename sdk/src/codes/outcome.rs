//! 办结结果: how a case ended. Knows nothing of amounts: they stand beside it.

use super::open::code_table;

code_table! {
    /// How a case ended. Closed: we are the ones who write it.
    ///
    /// No official table is published; the codes and words are ours.
    pub enum Outcome {
        /// Money went to the consumer: refund or damages.
        Monetary = "monetary", "退款或赔偿";
        /// Repair, exchange, redoing, an apology: something other than money.
        NonMonetary = "non_monetary", "修理、更换等非金钱方式";
        /// The explanation satisfied the consumer.
        Explanation = "explanation", "解释说明后认可";
        /// The host paid before the liable shop did.
        AdvanceCompensation = "advance_compensation", "先行赔付";
        /// Part of what was asked for, and the consumer leaves it at that.
        Partial = "partial", "部分满足诉求";
    }
}
