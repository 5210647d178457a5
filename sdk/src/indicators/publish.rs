//! The figures of a period as they are published: each with its formula, the period, and the size of
//! the log they were computed over. One text for one set of figures, so that anybody can hold it
//! against their own.

use serde_json::{Value, json};

use super::{Figure, Indicator};
use crate::log::canonical;
use crate::time::Date;

/// The published text. Numerators and denominators, never a rounded number.
#[must_use]
pub fn publish(from: Date, to: Date, size: u64, figures: &[Indicator]) -> Vec<u8> {
    let text = json!({
        "period": { "from": from.to_string(), "to": to.to_string() },
        "log_size": size,
        "indicators": figures.iter().map(one).collect::<Vec<_>>(),
    });
    // Counts, fen and milliseconds are far below 2^53; what is not is published as a text.
    let mut bytes = canonical(&text).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

/// The code of the first figure in which a published text differs from this one; `period` when it is of
/// another period or size, or no such text at all.
#[must_use]
pub fn differs(published: &[u8], right: &[u8]) -> Option<String> {
    if published == right {
        return None;
    }
    let read = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap_or_default();
    let (published, right) = (read(published), read(right));
    let list = |value: &Value| value["indicators"].as_array().cloned().unwrap_or_default();
    let (said, known) = (list(&published), list(&right));
    let head = |value: &Value| (value["period"].clone(), value["log_size"].clone());
    if head(&published) != head(&right) || said.len() != known.len() {
        return Some("period".to_owned());
    }
    let wrong = said.iter().zip(&known).find(|(said, known)| said != known);
    let code = wrong.and_then(|(_, known)| known["code"].as_str());
    Some(code.unwrap_or("period").to_owned())
}

fn one(indicator: &Indicator) -> Value {
    let Indicator { definition, figure } = indicator;
    let mut value = json!({
        "code": definition.code,
        "label": definition.label_zh,
        "version": definition.version,
        "formula": definition.formula_zh,
    });
    let parts = match figure {
        Figure::Share { part, whole } => json!({ "part": exact(*part), "whole": exact(*whole) }),
        Figure::Count(count) => json!({ "count": exact(*count) }),
        Figure::Amount(fen) => json!({ "fen": fen.map(|fen| exact_signed(fen.as_fen())) }),
        Figure::Median { millis, of } => {
            json!({ "median_millis": millis.map(exact_signed), "of": exact(*of) })
        }
    };
    if let (Some(all), Some(parts)) = (value.as_object_mut(), parts.as_object()) {
        all.extend(parts.clone());
    }
    value
}

const EXACT: u64 = (1 << 53) - 1;

fn exact(number: u64) -> Value {
    if number <= EXACT { json!(number) } else { json!(number.to_string()) }
}

fn exact_signed(number: i64) -> Value {
    if number.unsigned_abs() <= EXACT { json!(number) } else { json!(number.to_string()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::Indicators;

    #[test]
    fn a_changed_figure_is_named() {
        let (from, to) = ("2026-11-01".parse().unwrap(), "2026-11-30".parse().unwrap());
        let right = publish(from, to, 7, &Indicators::begin(from, to).finish());
        assert_eq!(differs(&right, &right), None);
        let text = String::from_utf8(right.clone()).unwrap();
        assert!(text.contains("首问响应及时率") && text.ends_with("}\n"));
        for (a, b, code) in [
            ("\"count\":0", "\"count\":1", "cases_filed"),
            ("\"fen\":0", "\"fen\":100", "recovered"),
            ("\"log_size\":7", "\"log_size\":8", "period"),
            ("2026-11-30", "2026-11-29", "period"),
            ("\"version\":1", "\"version\":2", "response_on_time"),
            ("{", "[", "period"),
        ] {
            let other = text.replacen(a, b, 1);
            assert_eq!(differs(other.as_bytes(), &right).as_deref(), Some(code), "{a}");
        }
        // Only the spelling differs: still not the text.
        assert_eq!(differs(text.trim().as_bytes(), &right).as_deref(), Some("period"));
    }
}
