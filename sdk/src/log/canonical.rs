//! Canonical JSON (RFC 8785), for the part of JSON that leaves use: no fractions, and integers
//! that every reader holds exactly.

use serde_json::{Map, Value};

const EXACT: i64 = (1 << 53) - 1;

/// The value has no canonical form here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CanonicalError {
    /// A fraction, or an integer that not every reader holds exactly.
    #[error("a number must be an integer within ±(2^53−1)")]
    Number,
}

/// The canonical bytes of a value: members sorted by UTF-16, no white space.
///
/// # Errors
/// When it holds a number that is no exact integer.
///
/// ```
/// use green_channel::log::canonical;
/// let value = serde_json::json!({"b": 1, "a": [true, null, "é"]});
/// assert_eq!(canonical(&value)?, "{\"a\":[true,null,\"é\"],\"b\":1}".as_bytes());
/// # Ok::<(), green_channel::log::CanonicalError>(())
/// ```
pub fn canonical(value: &Value) -> Result<Vec<u8>, CanonicalError> {
    let mut out = Vec::new();
    write(value, &mut out)?;
    Ok(out)
}

/// Appends the canonical bytes of a value.
pub(super) fn write(value: &Value, out: &mut Vec<u8>) -> Result<(), CanonicalError> {
    match value {
        Value::Null => out.extend(b"null"),
        Value::Bool(true) => out.extend(b"true"),
        Value::Bool(false) => out.extend(b"false"),
        Value::Number(number) => {
            let exact = number.as_i64().filter(|n| (-EXACT..=EXACT).contains(n));
            out.extend(exact.ok_or(CanonicalError::Number)?.to_string().bytes());
        }
        Value::String(text) => write_text(text, out),
        Value::Array(items) => {
            out.push(b'[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    out.push(b',');
                }
                write(item, out)?;
            }
            out.push(b']');
        }
        Value::Object(members) => write_object(members, out)?,
    }
    Ok(())
}

fn write_object(members: &Map<String, Value>, out: &mut Vec<u8>) -> Result<(), CanonicalError> {
    let mut sorted: Vec<_> = members.iter().collect();
    sorted.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
    out.push(b'{');
    for (place, (name, value)) in sorted.into_iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        write_text(name, out);
        out.push(b':');
        write(value, out)?;
    }
    out.push(b'}');
    Ok(())
}

/// Appends a text. serde_json escapes exactly as ECMAScript's `JSON.stringify`, which RFC 8785
/// prescribes.
pub(super) fn write_text(text: &str, out: &mut Vec<u8>) {
    serde_json::to_writer(out, text).expect("a string always serializes");
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn text(value: &Value) -> Result<String, CanonicalError> {
        canonical(value).map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn members_sort_by_utf_16_and_text_is_escaped_as_the_rfc_says() {
        // From RFC 8785, section 3.2.3: U+1F600 sorts before U+FB33 in UTF-16.
        let value = json!({"\u{fb33}": 1, "\u{1f600}": 2, "\u{20ac}": 3, "1": 4, "\r": 5});
        let expect = "{\"\\r\":5,\"1\":4,\"\u{20ac}\":3,\"\u{1f600}\":2,\"\u{fb33}\":1}";
        assert_eq!(text(&value).unwrap(), expect);
        assert_eq!(text(&json!("\u{f}\n\"\\/")).unwrap(), "\"\\u000f\\n\\\"\\\\/\"");
    }

    #[test]
    fn a_number_that_a_reader_may_round_is_refused() {
        assert_eq!(text(&json!(EXACT)).unwrap(), "9007199254740991");
        assert_eq!(text(&json!(-EXACT)).unwrap(), "-9007199254740991");
        for bad in [json!(EXACT + 1), json!(0.5), json!(1.0), json!(u64::MAX)] {
            assert_eq!(text(&bad), Err(CanonicalError::Number));
        }
    }
}
