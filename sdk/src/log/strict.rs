//! Telling canonical bytes from others in one pass, without building the value they stand for.
//!
//! It takes exactly what [`canonical`](super::canonical()) writes. Whoever checks a million leaves
//! would otherwise write each of them anew, only to compare.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// How deep values may lie in one another; deeper ones no leaf has.
const DEPTH_MAX: u32 = 64;
/// The digits of the largest integer that every reader holds exactly: 2^53 − 1.
const EXACT: &[u8] = b"9007199254740991";

/// Whether these bytes are one JSON value in its canonical form.
#[must_use]
pub(super) fn is_canonical(text: &str) -> bool {
    let mut scan = Scan::of(text);
    scan.value(DEPTH_MAX).is_some() && scan.is_over()
}

/// What is left of a text.
pub(super) struct Scan<'a> {
    text: &'a str,
    rest: &'a [u8],
}

impl<'a> Scan<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self { text, rest: text.as_bytes() }
    }

    pub(super) fn is_over(&self) -> bool {
        self.rest.is_empty()
    }

    /// Where in the text the scan is.
    const fn place(&self) -> usize {
        self.text.len() - self.rest.len()
    }

    /// A text without any escape, without its quotes.
    pub(super) fn plain(&mut self) -> Option<&'a str> {
        let from = self.place() + 1;
        let quoted = self.text()?;
        let to = self.place() - 1;
        // A quote is one byte, so both places are between characters.
        (!quoted.contains(&b'\\')).then(|| self.text.get(from..to))?
    }

    /// A member that may be missing; nothing at all when it is there and is not plain.
    pub(super) fn member(&mut self, name: &[u8]) -> Option<Option<&'a str>> {
        match self.word(name) {
            Some(()) => self.plain().map(Some),
            None => Some(None),
        }
    }

    /// An object, as text.
    pub(super) fn object_text(&mut self) -> Option<&'a str> {
        let from = self.place();
        self.object(DEPTH_MAX)?;
        self.text.get(from..self.place())
    }

    /// An integer from 0 to 2^53 − 1.
    pub(super) fn number(&mut self) -> Option<u64> {
        let from = self.place();
        self.integer()?;
        self.text.get(from..self.place())?.parse().ok()
    }

    /// An object of commitments, of which there is one at least, as text: names in order, each with 32
    /// bytes in base64.
    pub(super) fn commitments(&mut self) -> Option<&'a str> {
        let from = self.place();
        self.take(b'{')?;
        let mut before: Option<&'a [u8]> = None;
        loop {
            let name = self.text()?;
            if before.is_some_and(|before| !is_before(before, name)) {
                return None;
            }
            before = Some(name);
            self.take(b':')?;
            // 44 letters are 32 bytes and a padding, or 33 bytes: too many for the buffer.
            let mut bytes = [0; 33];
            let length = STANDARD.decode_slice(self.plain()?, &mut bytes).ok()?;
            if length != 32 {
                return None;
            }
            if self.take(b',').is_none() {
                self.take(b'}')?;
                return self.text.get(from..self.place());
            }
        }
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        let (first, rest) = self.rest.split_first()?;
        (*first == byte).then(|| self.rest = rest)
    }

    pub(super) fn word(&mut self, word: &[u8]) -> Option<()> {
        self.rest = self.rest.strip_prefix(word)?;
        Some(())
    }

    fn value(&mut self, depth: u32) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        match self.rest.first()? {
            b'{' => self.object(depth),
            b'[' => self.array(depth),
            b'"' => self.text().map(|_| ()),
            b't' => self.word(b"true"),
            b'f' => self.word(b"false"),
            b'n' => self.word(b"null"),
            _ => self.integer(),
        }
    }

    fn array(&mut self, depth: u32) -> Option<()> {
        self.take(b'[')?;
        if self.take(b']').is_some() {
            return Some(());
        }
        loop {
            self.value(depth)?;
            if self.take(b',').is_none() {
                return self.take(b']');
            }
        }
    }

    fn object(&mut self, depth: u32) -> Option<()> {
        self.take(b'{')?;
        if self.take(b'}').is_some() {
            return Some(());
        }
        let mut before: Option<&'a [u8]> = None;
        loop {
            let name = self.text()?;
            if before.is_some_and(|before| !is_before(before, name)) {
                return None;
            }
            before = Some(name);
            self.take(b':')?;
            self.value(depth)?;
            if self.take(b',').is_none() {
                return self.take(b'}');
            }
        }
    }

    /// A text with its quotes.
    fn text(&mut self) -> Option<&'a [u8]> {
        let whole = self.rest;
        self.take(b'"')?;
        loop {
            let plain = self.rest.iter().position(|b| matches!(b, b'"' | b'\\' | 0..=0x1f))?;
            let (byte, rest) = self.rest.get(plain..)?.split_first()?;
            self.rest = rest;
            match byte {
                b'"' => return whole.get(..whole.len() - self.rest.len()),
                b'\\' => self.escape()?,
                _ => return None,
            }
        }
    }

    /// What `JSON.stringify` escapes, as it does: the short form where there is one.
    fn escape(&mut self) -> Option<()> {
        let (byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        match byte {
            b'"' | b'\\' | b'b' | b'f' | b'n' | b'r' | b't' => Some(()),
            b'u' => {
                let (digits, rest) = self.rest.split_first_chunk::<4>()?;
                self.rest = rest;
                let [b'0', b'0', high @ (b'0' | b'1'), low @ (b'0'..=b'9' | b'a'..=b'f')] = digits
                else {
                    return None;
                };
                // \b, \t, \n, \f and \r have a shorter form.
                let short = *high == b'0' && matches!(low, b'8' | b'9' | b'a' | b'c' | b'd');
                (!short).then_some(())
            }
            _ => None,
        }
    }

    fn integer(&mut self) -> Option<()> {
        let signed = self.take(b'-').is_some();
        let end = self.rest.iter().position(|b| !b.is_ascii_digit()).unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at(end);
        self.rest = rest;
        let exact = digits.len() < EXACT.len() || (digits.len() == EXACT.len() && digits <= EXACT);
        let plain = match digits {
            [] => false,
            [b'0'] => !signed,
            [first, ..] => *first != b'0',
        };
        (plain && exact).then_some(())
    }
}

/// Whether one name, with its quotes, sorts before another in UTF-16.
fn is_before(one: &[u8], other: &[u8]) -> bool {
    let plain = |name: &[u8]| name.iter().all(|b| b.is_ascii() && *b != b'\\');
    if plain(one) && plain(other) {
        // Without the closing quotes: it would sort behind `!`, which may go on a name.
        return one[..one.len() - 1] < other[..other.len() - 1];
    }
    let units = |name: &[u8]| -> Option<Vec<u16>> {
        let name: String = serde_json::from_slice(name).ok()?;
        Some(name.encode_utf16().collect())
    };
    matches!((units(one), units(other)), (Some(one), Some(other)) if one < other)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::log::canonical;

    #[test]
    fn every_second_way_to_write_a_value_is_told() {
        for good in [
            "null",
            "[]",
            "{}",
            "0",
            "-1",
            "9007199254740991",
            "\"\"",
            "\"\\u001f\\n\\\"\\\\/é\"",
            "{\"a\":1,\"b\":[true,false]}",
            "{\"a\":1,\"a!\":2,\"aa\":3}",
            "[1,[2,[3]]]",
            "{\"\\r\":5,\"1\":4,\"\u{20ac}\":3,\"\u{1f600}\":2,\"\u{fb33}\":1}",
        ] {
            assert!(is_canonical(good), "{good}");
        }
        for bad in [
            "",
            " 1",
            "1 ",
            "1.0",
            "1e3",
            "01",
            "-0",
            "+1",
            "-",
            "9007199254740992",
            "-9007199254740992",
            "10000000000000000",
            "[1,]",
            "[,1]",
            "[1 ]",
            "{\"a\":1,}",
            "{\"b\":1,\"a\":2}",
            "{\"a\":1,\"a\":2}",
            "{\"a!\":2,\"a\":1}",
            "{a:1}",
            "'a'",
            "\"a",
            "\"\n\"",
            "\"\\u000a\"",
            "\"\\u001F\"",
            "\"\\u0041\"",
            "\"\\/\"",
            "\"\\x\"",
            "tru",
            "nul",
            "[1]]",
            "{\"\u{fb33}\":1,\"\u{1f600}\":2}",
            "NaN",
            "[\"a\" ,1]",
        ] {
            assert!(!is_canonical(bad), "{bad}");
        }
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(!is_canonical(&deep), "and the stack holds");
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (-(1_i64 << 53)..=1 << 53).prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map(any::<String>(), inner, 0..5)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_canonically_is_taken(value in value()) {
            if let Ok(bytes) = canonical(&value) {
                prop_assert!(is_canonical(std::str::from_utf8(&bytes).unwrap()));
            }
        }

        #[test]
        fn what_is_taken_reads_back_as_the_same_bytes(value in value(), at in any::<usize>(), to in any::<u8>()) {
            let mut bytes = serde_json::to_vec(&value).unwrap();
            let place = at % bytes.len();
            bytes[place] = to;
            let again = serde_json::from_slice::<Value>(&bytes).ok();
            let again = again.and_then(|value| canonical(&value).ok());
            if let Ok(text) = std::str::from_utf8(&bytes) {
                prop_assert_eq!(is_canonical(text), again.as_deref() == Some(&bytes[..]));
            }
        }
    }

    #[test]
    fn the_empty_name_sorts_first() {
        assert!(is_canonical(&json!({"": 1, "a": 2}).to_string()));
        assert!(!is_canonical("{\"a\":2,\"\":1}"));
    }
}
