//! JSON in which two parsers cannot disagree. Knows nothing of what the documents mean.
//!
//! Refused: invalid UTF-8, a byte order mark, anything after the document, nesting deeper than
//! [`DEPTH_MAX`] and a member name that occurs twice in one object, at any depth. A signature over
//! `{"a":1,"a":2}` would otherwise cover two documents. Numbers are left to the type that reads
//! them, except those no type could hold (`1e999999`).
//!
//! Errors say where and what was expected, never what stood there: serde's own messages quote the
//! input, so only their constant tail is kept. A custom error of our own types is passed on when
//! it begins with `not `, which in this crate means a constant text (see [`crate::ids::IdError`]).

use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt;

use serde::de::{self, DeserializeOwned, DeserializeSeed, Deserializer, MapAccess, SeqAccess};

/// The deepest nesting of arrays and objects that is read.
pub const DEPTH_MAX: usize = 32;

const FIELD_CHARS_MAX: usize = 64;
const EXPECTED_CHARS_MAX: usize = 200;

/// Reads one document strictly, into any type.
///
/// ```
/// use green_channel::protocol::parse_json;
/// let numbers: Vec<u8> = parse_json(b"[1, 2]").unwrap();
/// assert_eq!(numbers, [1, 2]);
/// let error = parse_json::<Vec<u8>>("[1, \"张三\"]".as_bytes()).unwrap_err();
/// assert_eq!(error.to_string(), "[1]: expected u8");
/// ```
///
/// # Errors
/// The first fault: bytes, then syntax, depth and duplicates of the whole document, then the type.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, JsonError> {
    let text = check(bytes)?;
    serde_json::from_str(text).map_err(|error| unfit(text, &error))
}

/// Reads one document strictly that must be an object: serde would fill a struct from an array too.
///
/// # Errors
/// As [`parse`], and when the document is no object.
pub fn parse_object<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, JsonError> {
    let text = check(bytes)?;
    if !text.trim_ascii_start().starts_with('{') {
        let expected = "an object".to_owned();
        return Err(JsonError { field: None, kind: JsonErrorKind::Mismatch { expected } });
    }
    serde_json::from_str(text).map_err(|error| unfit(text, &error))
}

/// Checks that a document is unambiguous without reading it into a type; gives back its text.
///
/// # Errors
/// Not UTF-8, a byte order mark, bad syntax, too deep, a duplicate member, or trailing text.
pub fn check(bytes: &[u8]) -> Result<&str, JsonError> {
    let plain = |kind| JsonError { field: None, kind };
    let text = std::str::from_utf8(bytes).map_err(|_| plain(JsonErrorKind::NotUtf8))?;
    if text.starts_with('\u{feff}') {
        return Err(plain(JsonErrorKind::ByteOrderMark));
    }
    let fault = RefCell::new(None);
    let mut json = serde_json::Deserializer::from_str(text);
    let walked = Walk { fault: &fault, depth: 0 }.deserialize(&mut json);
    match walked.and_then(|()| json.end()) {
        Ok(()) => Ok(text),
        Err(error) => Err(match fault.take() {
            Some(kind) => JsonError { field: path_at(text, offset_of(text, &error)), kind },
            None => plain(JsonErrorKind::Syntax { line: error.line(), column: error.column() }),
        }),
    }
}

/// Why a document was not read. Never holds a value of the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonError {
    /// Where: member names and indices, like `recipients[0].uscc`; nothing for the whole document.
    /// A member name that does not look like one of ours appears as `_`.
    pub field: Option<String>,
    /// What is wrong.
    pub kind: JsonErrorKind,
}

/// What is wrong with a document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonErrorKind {
    /// The bytes are not UTF-8.
    #[error("not UTF-8; send JSON in UTF-8")]
    NotUtf8,
    /// The text begins with U+FEFF.
    #[error("begins with a byte order mark; send it without")]
    ByteOrderMark,
    /// Not JSON, cut off, or something follows it.
    #[error("not one JSON document, at line {line} column {column}")]
    Syntax {
        /// Line, from 1.
        line: usize,
        /// Byte within the line.
        column: usize,
    },
    /// Nested deeper than [`DEPTH_MAX`].
    #[error("nested deeper than {DEPTH_MAX} levels")]
    TooDeep,
    /// One object names a member twice.
    #[error("this member occurs twice in its object; send it once")]
    Duplicate,
    /// A member that must be there is absent.
    #[error("this member is missing")]
    Missing,
    /// A member that we do not take.
    #[error("there is no such member")]
    Unknown,
    /// A value does not fit.
    #[error("expected {expected}")]
    Mismatch {
        /// What would fit; a constant text.
        expected: String,
    },
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.field {
            Some(field) => write!(f, "{field}: {}", self.kind),
            None => fmt::Display::fmt(&self.kind, f),
        }
    }
}

impl std::error::Error for JsonError {}

/// Visits every value of a document and keeps none.
#[derive(Clone, Copy)]
struct Walk<'w> {
    fault: &'w RefCell<Option<JsonErrorKind>>,
    depth: usize,
}

impl Walk<'_> {
    fn deeper<E: de::Error>(self) -> Result<Self, E> {
        if self.depth == DEPTH_MAX {
            return Err(self.stop(JsonErrorKind::TooDeep));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }

    fn stop<E: de::Error>(self, kind: JsonErrorKind) -> E {
        *self.fault.borrow_mut() = Some(kind);
        E::custom("refused")
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> de::Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let inner = self.deeper()?;
        while items.next_element_seed(inner)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let inner = self.deeper()?;
        let mut names = HashSet::new();
        while let Some(name) = members.next_key::<String>()? {
            if !names.insert(name) {
                return Err(self.stop(JsonErrorKind::Duplicate));
            }
            members.next_value_seed(inner)?;
        }
        Ok(())
    }
}

/// Turns what serde says about a well-formed document into what may be shown.
fn unfit(text: &str, error: &serde_json::Error) -> JsonError {
    let message = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let message = message.strip_suffix(place.as_str()).unwrap_or(&message);
    let mut offset = offset_of(text, error);
    let last = offset.checked_sub(1).map(|before| text.as_bytes()[before]);
    if message.starts_with("not ") && matches!(last, Some(b'}' | b']')) {
        // Our own types complain after their string was read; when that string was the last of
        // its container, serde has by then read the closing bracket too.
        offset -= 1;
    }
    let at = path_at(text, offset);
    if let Some(name) = message.strip_prefix("missing field `") {
        let field = member(at.unwrap_or_default(), name.trim_end_matches('`'));
        return JsonError { field: Some(clip(&field)), kind: JsonErrorKind::Missing };
    }
    let kind = if message.starts_with("unknown field `") {
        JsonErrorKind::Unknown
    } else {
        JsonErrorKind::Mismatch { expected: expected_by(message) }
    };
    JsonError { field: at, kind }
}

/// The part of serde's message that is a constant of our types.
fn expected_by(message: &str) -> String {
    const QUOTING: [&str; 4] =
        ["invalid type: ", "invalid value: ", "invalid length ", "unknown variant `"];
    let tail = if QUOTING.iter().any(|prefix| message.starts_with(prefix)) {
        // The last one: whatever the input quoted before it holds, the tail is serde's.
        message.rsplit_once(", expected ").map(|(_, tail)| tail)
    } else {
        // Reads "expected another value: not an RFC 3339 instant …".
        message.starts_with("not ").then_some(message)
    };
    match tail {
        Some(tail) if tail.starts_with("not ") => format!("another value: {}", shorten(tail)),
        Some(tail) => shorten(tail),
        None => "another value".to_owned(),
    }
}

fn shorten(text: &str) -> String {
    text.chars().take(EXPECTED_CHARS_MAX).collect()
}

fn offset_of(text: &str, error: &serde_json::Error) -> usize {
    let lines_before = error.line().saturating_sub(1);
    let line_starts = text.match_indices('\n').map(|(at, _)| at + 1);
    let start = std::iter::once(0).chain(line_starts).nth(lines_before).unwrap_or(0);
    start.saturating_add(error.column()).min(text.len())
}

enum Frame<'t> {
    Object { name: Option<&'t str>, in_value: bool },
    Array(usize),
}

/// The path of the value that ends, or is being read, at `offset` of a document.
fn path_at(text: &str, offset: usize) -> Option<String> {
    let bytes = text.as_bytes();
    let mut frames = Vec::new();
    let mut at = 0;
    while at < offset {
        match bytes[at] {
            b'{' => frames.push(Frame::Object { name: None, in_value: false }),
            b'[' => frames.push(Frame::Array(0)),
            b'}' | b']' => {
                frames.pop();
            }
            b'"' => {
                let end = string_end(bytes, at + 1).min(offset);
                if let Some(Frame::Object { name, in_value: false }) = frames.last_mut() {
                    *name = text.get(at + 1..end);
                }
                at = end;
            }
            b':' | b',' => advance(&mut frames, bytes[at] == b':'),
            _ => {}
        }
        at += 1;
    }
    let path = frames.iter().fold(String::new(), |path, frame| match frame {
        Frame::Object { name: Some(name), .. } => member(path, name),
        Frame::Object { name: None, .. } => path,
        Frame::Array(index) => format!("{path}[{index}]"),
    });
    (!path.is_empty()).then(|| clip(&path))
}

fn advance(frames: &mut [Frame<'_>], colon: bool) {
    match frames.last_mut() {
        Some(Frame::Object { in_value, .. }) => *in_value = colon,
        Some(Frame::Array(index)) => *index += 1,
        None => {}
    }
}

/// Where the quotation mark stands that closes the string whose text begins at `from`.
fn string_end(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while at < bytes.len() && bytes[at] != b'"' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at.min(bytes.len())
}

/// Appends a member name, if it looks like one of ours: an attacker chooses names freely, and a
/// name or a phone number in that place must not reach a log.
fn member(path: String, name: &str) -> String {
    let start = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    let digits = name.bytes().filter(u8::is_ascii_digit).count();
    let ours = start && name.len() <= 40 && digits <= 4 && name.bytes().all(allowed);
    let name = if ours { name } else { "_" };
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn clip(path: &str) -> String {
    path.chars().take(FIELD_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::Value;

    use super::*;
    use crate::time::Timestamp;

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only read to see what does not fit")]
    struct Complaint {
        complaint_no: String,
        consumer: Consumer,
        #[serde(default)]
        amounts: Vec<u32>,
        at: Option<Timestamp>,
        kind: Option<Kind>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read to see what does not fit")]
    struct Consumer {
        name: String,
        phone: String,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        Goods,
        Service,
    }

    fn refused(json: &str) -> JsonError {
        parse::<Complaint>(json.as_bytes()).expect_err("must be refused")
    }

    fn shown(json: &str) -> String {
        refused(json).to_string()
    }

    #[test]
    fn a_plain_document_is_read() {
        let json = r#" {"complaint_no":"1","consumer":{"name":"a","phone":"b"},"more":{"x":[]}} "#;
        let complaint: Complaint = parse(json.as_bytes()).unwrap();
        assert_eq!(complaint.consumer.phone, "b");
        assert!(matches!(parse(br#""goods""#), Ok(Kind::Goods)));
        assert!(matches!(parse(br#""service""#), Ok(Kind::Service)));
    }

    #[test]
    fn a_duplicate_is_refused_at_any_depth_and_however_it_is_escaped() {
        let cases = [
            (r#"{"a":1,"a":1}"#, "a"),
            (r#"{"a":1,"b":{"c":[0,{"d":1,"d":2}]}}"#, "b.c[1].d"),
            (r#"{"iss":1,"\u0069ss":2}"#, "_"),
            (r#"{"unknown":{"x":1,"x":2}}"#, "unknown.x"),
            ("{\"a\":1,\n\"b\":{\"z\":1,\n\n  \"z\" :2}}", "b.z"),
        ];
        for (json, field) in cases {
            let error = parse::<Value>(json.as_bytes()).unwrap_err();
            let expected = (Some(field), JsonErrorKind::Duplicate);
            assert_eq!((error.field.as_deref(), error.kind), expected, "{json}");
        }
        assert!(parse::<Value>(br#"{"a":{"x":1},"b":{"x":1}}"#).is_ok());
    }

    #[test]
    fn depth_32_is_read_and_33_is_not() {
        let nested = |open: &str, close: &str, depth| open.repeat(depth) + &close.repeat(depth);
        assert!(parse::<Value>(nested("[", "]", 32).as_bytes()).is_ok());
        for depth in [33, 128, 129, 100_000] {
            let error = parse::<Value>(nested("[", "]", depth).as_bytes()).unwrap_err();
            assert_eq!(error.kind, JsonErrorKind::TooDeep, "{depth}");
        }
        let objects = r#"{"a":"#.repeat(33) + "1" + &"}".repeat(33);
        assert_eq!(parse::<Value>(objects.as_bytes()).unwrap_err().kind, JsonErrorKind::TooDeep);
    }

    #[test]
    fn bytes_that_are_not_one_document_are_refused() {
        let error = |bytes: &[u8]| parse::<Value>(bytes).unwrap_err().kind;
        assert_eq!(error(b"\xef\xbb\xbf{}"), JsonErrorKind::ByteOrderMark);
        assert_eq!(error(b"\"\xff\""), JsonErrorKind::NotUtf8);
        let bad: [&[u8]; 12] = [
            b"",
            b" ",
            b"{} {}",
            b"{}x",
            b"{\"a\":1,}",
            b"[NaN]",
            b"1e999999",
            b"\"\\ud800\"",
            b"{'a':1}",
            b"[1",
            b"// c\n1",
            b"\"\x01\"",
        ];
        for bytes in bad {
            assert!(matches!(error(bytes), JsonErrorKind::Syntax { .. }), "{bytes:?}");
        }
    }

    #[test]
    fn the_error_names_the_member() {
        let cases = [
            (
                r#"{"complaint_no":"1","consumer":{"name":"a"}}"#,
                "consumer.phone: this member is missing",
            ),
            (r#"{"complaint_no":"1"}"#, "consumer: this member is missing"),
            (r#"{"complaint_no":7}"#, "complaint_no: expected a string"),
            (
                r#"{"complaint_no":"1","consumer":{"name":["张三"],"phone":"1"}}"#,
                "consumer.name: expected a string",
            ),
            (r#"{"complaint_no":"1","amounts":[1,-2]}"#, "amounts[1]: expected u32"),
            (r#"{"complaint_no":"1","kind":"张三"}"#, "kind: expected `goods` or `service`"),
            (
                r#"{"complaint_no":"1","at":"13800138000"}"#,
                "at: expected another value: not an RFC 3339 instant with offset, like \
                 2026-11-24T10:00:00+08:00",
            ),
            (
                r#"{"complaint_no":"1","consumer":{"name":"a","phone":"b","age":3}}"#,
                "consumer.age: there is no such member",
            ),
            ("[]", "expected struct Complaint with 5 elements"),
        ];
        for (json, message) in cases {
            assert_eq!(shown(json), message, "{json}");
        }
        assert!(parse_object::<Consumer>(br#"["a","b"]"#).is_err());
        assert!(parse_object::<Consumer>(b" {\"name\":\"a\",\"phone\":\"b\"}").is_ok());
    }

    #[test]
    fn no_message_holds_a_value_of_the_document() {
        let secret = "张三, expected 13800138000` at line 1 column 2";
        let wrong = [
            format!(r#"{{"complaint_no":{{"{secret}":1}}}}"#),
            format!(r#"{{"complaint_no":"1","consumer":"{secret}"}}"#),
            format!(r#"{{"complaint_no":"1","amounts":["{secret}"]}}"#),
            format!(r#"{{"complaint_no":"1","amounts":"{secret}"}}"#),
            format!(r#"{{"complaint_no":"1","kind":"{secret}"}}"#),
            format!(r#"{{"complaint_no":"1","kind":{{"{secret}":1}}}}"#),
            format!(r#"{{"complaint_no":"1","at":"{secret}"}}"#),
            format!(r#"{{"complaint_no":"1","consumer":{{"{secret}":1}}}}"#),
            r#"{"complaint_no":"1","consumer":{"13800138000":1}}"#.to_owned(),
            format!(r#"{{"{secret}":1,"{secret}":2}}"#),
            format!(r#"{{"a":"{secret}"#),
        ];
        for json in wrong {
            let error = refused(&json);
            for text in [error.to_string(), format!("{error:?}")] {
                assert!(!text.contains("138001") && !text.contains("张三"), "{json}: {text}");
            }
        }
    }

    #[test]
    fn a_path_is_short_and_plain() {
        let long = "a".repeat(39);
        let json = format!(r#"{{"{long}":{{"{long}":{{"x":1,"x":1}}}}}}"#);
        let field = parse::<Value>(json.as_bytes()).unwrap_err().field.unwrap();
        assert_eq!(field.len(), FIELD_CHARS_MAX);
        assert!(field.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.[]-".contains(&b)));
    }
}
