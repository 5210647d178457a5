//! A corpus of consumer complaints as published by authorities, associations, courts and the press,
//! each paraphrased and anonymous, with its source. Realistic input, not evidence of how a green
//! channel works. The people are made up.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::codes::{Code, Goods, Issue, Request};
use crate::money::Fen;
use crate::time::Timestamp;

/// One published complaint, paraphrased.
#[derive(Clone, Debug, Deserialize)]
pub struct CorpusCase {
    /// Its number in the corpus.
    pub id: String,
    /// Who published it, where and when.
    pub source: String,
    /// Where it happened.
    pub setting: String,
    /// The goods or service, in Chinese.
    pub category_goods: String,
    /// The kind of problem, in Chinese.
    pub issue: String,
    /// What happened.
    pub facts: String,
    /// What the consumer wants, in Chinese.
    pub requests: Vec<String>,
    /// The amount in yuan, if one is named.
    pub amount_yuan: Option<serde_json::Number>,
    /// How it ended, in our reading.
    pub resolution: String,
    /// What the consumer got.
    pub remedy: String,
}

/// The whole corpus.
///
/// # Panics
/// Never: the embedded data is read in a test.
#[must_use]
pub fn corpus() -> Vec<CorpusCase> {
    let lines = include_str!("corpus.jsonl").lines();
    lines.map(|line| serde_json::from_str(line).expect("the corpus is tested")).collect()
}

/// Somebody who does not exist.
#[derive(Clone, Debug)]
pub struct FictionalConsumer {
    /// A name; some have a middle dot or characters beyond the basic plane.
    pub name: &'static str,
    /// A number of the form of a mobile in the block 154, which no operator has been assigned.
    pub phone: String,
    /// An address that is nowhere.
    pub address: String,
}

/// The somebody with this number.
#[must_use]
pub fn fictional_consumer(seed: u64) -> FictionalConsumer {
    const NAMES: [&str; 12] = [
        "张晓明",
        "欧阳静",
        "林雨桐",
        "买买提·艾力",
        "王𠀀",
        "赵一鸣",
        "阿依古丽·吐尔逊",
        "陈思远",
        "刘佳",
        "𡃁仔华",
        "诸葛文",
        "孙悦",
    ];
    let place = usize::try_from(seed % 12).unwrap_or(0);
    FictionalConsumer {
        name: NAMES[place],
        phone: format!("154{:08}", seed % 100_000_000),
        address: format!("虚构市示例区样本路{}号", seed % 900 + 1),
    }
}

impl CorpusCase {
    /// The complaint as a center would divert it, told by a consumer who does not exist.
    #[must_use]
    pub fn to_complaint(
        &self,
        seed: u64,
        complaint_no: &str,
        diverted_at: Timestamp,
        respondent_uscc: &str,
        respondent_name: &str,
        consent: &str,
    ) -> Value {
        let consumer = fictional_consumer(seed);
        let requests: Vec<&str> = self.requests.iter().map(|word| code::<Request>(word)).collect();
        let mut complaint = json!({
            "complaint_no": complaint_no,
            "diverted_at": diverted_at,
            "consent": consent,
            "consumer": {
                "name": consumer.name, "phone": consumer.phone, "address": consumer.address,
            },
            "respondent": {
                "uscc": respondent_uscc, "name": respondent_name,
                "stall_no": format!("A{:03}", seed % 300 + 1),
            },
            "goods": { "kind": code::<Goods>(&self.category_goods), "name": self.category_goods },
            "issue": code::<Issue>(&self.issue),
            "requests": requests,
            "facts": self.facts,
            "channel": "app",
        });
        if let Some(amount) = self.amount_fen() {
            complaint["amount_fen"] = json!(amount);
        }
        complaint
    }

    /// The amount in fen, if one is named in yuan with at most two decimals.
    #[must_use]
    pub fn amount_fen(&self) -> Option<Fen> {
        Fen::parse_yuan(&self.amount_yuan.as_ref()?.to_string()).ok()
    }
}

/// The code of a Chinese word where the table has it; the word itself where not: an open value.
fn code<T: Code>(word: &str) -> &str {
    match T::from_label_zh(word) {
        Some(value) => value.code(),
        None => word,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Complaint;

    #[test]
    fn every_case_of_the_corpus_is_a_complaint_that_can_be_taken() {
        let corpus = corpus();
        assert_eq!(corpus.len(), 120);
        let now = Timestamp::from_millis(1_795_485_600_000).unwrap();
        for (seed, case) in (0..).zip(&corpus) {
            assert!(!case.source.is_empty(), "{}", case.id);
            let value = case.to_complaint(seed, "no-1", now, "91000000000000000K", "商场", "x");
            Complaint::parse(value.to_string().as_bytes())
                .unwrap_or_else(|e| panic!("{}: {e}", case.id));
        }
    }
}
