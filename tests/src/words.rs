//! What a center diverts and what clerks do, as JSON.

use std::sync::OnceLock;

use green_channel::testkit::SimCenter;
use green_channel::testkit::corpus::{CorpusCase, corpus};
use green_channel::time::DAY_MILLIS;
use serde_json::{Value, json};

use crate::{NAME, USCC, now};

/// A complaint as published somewhere, told by somebody who does not exist, with a good consent.
///
/// # Panics
/// Never: the corpus is not empty.
#[must_use]
pub fn complaint_from(center: &SimCenter, seed: u64, no: &str) -> Value {
    static CORPUS: OnceLock<Vec<CorpusCase>> = OnceLock::new();
    let corpus = CORPUS.get_or_init(corpus);
    let count = u64::try_from(corpus.len()).expect("the corpus is small");
    let place = usize::try_from(seed % count).expect("the corpus is small");
    corpus[place].to_complaint(seed, no, now(), USCC, NAME, &center.consent(no))
}

/// A civil day so many days from now.
#[must_use]
pub fn in_days(days: i64) -> String {
    now().plus_millis(days * DAY_MILLIS).civil_date().to_string()
}

/// 受理
#[must_use]
pub fn accept() -> Value {
    json!({ "action": "accept" })
}

/// 登记联系
#[must_use]
pub fn contact(note: &str) -> Value {
    json!({ "action": "contact", "method": "phone", "result": "reached", "note": note })
}

/// 提出和解方案: a refund.
#[must_use]
pub fn offer(refund_fen: i64, text: &str) -> Value {
    json!({
        "action": "offer",
        "terms": {
            "kinds": ["refund"], "refund_fen": refund_fen, "damages_fen": 0, "multiple_fen": 0,
            "mental_damages_fen": 0, "perform_by": in_days(5),
        },
        "answer_by": in_days(3),
        "text": text,
    })
}

/// 履行完成并办结
#[must_use]
pub fn perform(recovered_fen: i64) -> Value {
    json!({
        "action": "perform", "proof": "转账流水 0001", "outcome": "monetary", "method": "phone",
        "process": "电话联系两次，双方就退款达成一致。", "result": "退款已到账，消费者确认收到。",
        "recovered_fen": recovered_fen,
    })
}

/// 未按约履行
#[must_use]
pub fn breach(reason: &str) -> Value {
    json!({ "action": "breach", "reason": reason })
}

/// 非本单位
#[must_use]
pub fn reject(text: &str) -> Value {
    json!({ "action": "reject", "reason": "not_ours", "text": text })
}

/// 退回12315中心: no agreement.
#[must_use]
pub fn hand_back(summary: &str) -> Value {
    json!({ "action": "hand_back", "reason": "no_agreement", "summary": summary })
}

/// 显示个人信息
#[must_use]
pub fn reveal(fields: &[&str], reason: &str) -> Value {
    json!({ "action": "reveal", "fields": fields, "reason": reason })
}
