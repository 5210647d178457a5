//! Leaf v1: one event as canonical JSON, kept and hashed verbatim for ever.
//!
//! The form never changes. A reader of leaves takes exactly the bytes a writer made: what does not
//! come out the same when written again is no leaf.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::canonical::{self, CanonicalError, write_text};
use super::hash::Hash;
use crate::ids::Pseudonym;
use crate::privacy::Commitment;
use crate::time::Timestamp;

/// The largest leaf, in bytes: what an entry bundle of the log can hold.
const LEAF_BYTES_MAX: usize = 65_535;

/// Who acted, as the log knows them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeafActor {
    /// The role's code.
    pub role: String,
    /// A random name.
    pub pseudonym: Pseudonym,
}

/// One event of one stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Leaf {
    /// The log's origin line.
    pub origin: String,
    /// The stream: a case's random pseudonym, or `host`, `fund`, `admin`.
    pub stream: String,
    /// Number within the stream, from 0 without gaps.
    pub n: u64,
    /// Hash of the stream's previous leaf; none at 0.
    pub prev: Option<Hash>,
    /// When, to the millisecond.
    pub at: Timestamp,
    /// What.
    pub kind: String,
    /// Who.
    pub actor: LeafActor,
    /// The rule set in force for it.
    pub rules: Option<String>,
    /// The calendar version in force for it.
    pub calendar: Option<String>,
    /// Facts that are not personal; an object.
    pub data: Value,
    /// Commitments to personal fields.
    pub commit: BTreeMap<String, Commitment>,
}

/// The bytes are no leaf, or the leaf has no bytes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LeafError {
    /// Not the JSON of a leaf.
    #[error("not the JSON of a leaf v1 (line {line}, column {column})")]
    Malformed {
        /// Line.
        line: usize,
        /// Column.
        column: usize,
    },
    /// Another version.
    #[error("a leaf of version {0} is not known here; use a newer program")]
    Version(u64),
    /// Written again it gives other bytes.
    #[error("the leaf is not in canonical form")]
    NotCanonical,
    /// `n` and `prev` do not go together.
    #[error("a stream begins with n 0 without prev, and every later leaf has one")]
    Chain,
    /// The name of the stream.
    #[error("a stream is named by a pseudonym, or host, fund or admin")]
    Stream,
    /// Facts must be an object.
    #[error("data must be an object")]
    Data,
    /// A number in the facts.
    #[error(transparent)]
    Canonical(#[from] CanonicalError),
    /// Too large.
    #[error("a leaf has at most 65535 bytes")]
    TooLarge,
}

/// Appends a member whose value is a text; its name needs no escape.
fn member(name: &str, text: &str, out: &mut Vec<u8>) {
    out.extend(b",\"");
    out.extend(name.bytes());
    out.extend(b"\":");
    write_text(text, out);
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    v: u64,
    origin: String,
    stream: String,
    n: u64,
    #[serde(default)]
    prev: Option<Hash>,
    at: Timestamp,
    kind: String,
    actor: LeafActor,
    #[serde(default)]
    rules: Option<String>,
    #[serde(default)]
    calendar: Option<String>,
    data: Value,
    #[serde(default)]
    commit: BTreeMap<String, Commitment>,
}

impl Leaf {
    /// The bytes that are kept and hashed.
    ///
    /// # Errors
    /// When the leaf is none: a broken chain, facts that are no object, an inexact number.
    pub fn to_bytes(&self) -> Result<Vec<u8>, LeafError> {
        self.check()?;
        let mut bytes = Vec::with_capacity(1_024);
        self.write(&mut bytes)?;
        if bytes.len() > LEAF_BYTES_MAX {
            return Err(LeafError::TooLarge);
        }
        Ok(bytes)
    }

    /// Appends the members in their canonical order, which is that of their names: leaves are what
    /// is written most, and a tree of values would be made only to be sorted.
    fn write(&self, out: &mut Vec<u8>) -> Result<(), LeafError> {
        out.extend(b"{\"actor\":{\"pseudonym\":");
        write_text(&self.actor.pseudonym.to_string(), out);
        out.extend(b",\"role\":");
        write_text(&self.actor.role, out);
        out.push(b'}');
        member("at", &self.at.to_utc_string(), out);
        if let Some(calendar) = &self.calendar {
            member("calendar", calendar, out);
        }
        if !self.commit.is_empty() {
            out.extend(b",\"commit\":");
            canonical::write(&json!(self.commit), out)?;
        }
        out.extend(b",\"data\":");
        canonical::write(&self.data, out)?;
        member("kind", &self.kind, out);
        out.extend(b",\"n\":");
        canonical::write(&json!(self.n), out)?;
        member("origin", &self.origin, out);
        if let Some(prev) = self.prev {
            member("prev", &prev.to_string(), out);
        }
        if let Some(rules) = &self.rules {
            member("rules", rules, out);
        }
        member("stream", &self.stream, out);
        out.extend(b",\"v\":1}");
        Ok(())
    }

    /// Reads bytes as a leaf.
    ///
    /// # Errors
    /// When they are not exactly what [`Leaf::to_bytes`] writes.
    pub fn parse(bytes: &[u8]) -> Result<Self, LeafError> {
        let wire: Wire = serde_json::from_slice(bytes)
            .map_err(|error| LeafError::Malformed { line: error.line(), column: error.column() })?;
        if wire.v != 1 {
            return Err(LeafError::Version(wire.v));
        }
        let leaf = Self {
            origin: wire.origin,
            stream: wire.stream,
            n: wire.n,
            prev: wire.prev,
            at: wire.at,
            kind: wire.kind,
            actor: wire.actor,
            rules: wire.rules,
            calendar: wire.calendar,
            data: wire.data,
            commit: wire.commit,
        };
        // Written again it must be the same bytes: this refuses duplicates, order, white space
        // and every second way to write one value.
        if leaf.to_bytes()? == bytes { Ok(leaf) } else { Err(LeafError::NotCanonical) }
    }

    fn check(&self) -> Result<(), LeafError> {
        if (self.n == 0) != self.prev.is_none() {
            return Err(LeafError::Chain);
        }
        let named = ["host", "fund", "admin"].contains(&self.stream.as_str());
        if !named && self.stream.parse::<Pseudonym>().is_err() {
            return Err(LeafError::Stream);
        }
        if self.data.is_object() { Ok(()) } else { Err(LeafError::Data) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::leaf_hash;

    fn leaf(n: u64) -> Leaf {
        Leaf {
            origin: "mall.example/log".into(),
            stream: Pseudonym::new([7; 16]).to_string(),
            n,
            prev: (n > 0).then(|| leaf_hash(b"before")),
            at: Timestamp::from_millis(1_795_485_600_123).unwrap(),
            kind: "accepted".into(),
            actor: LeafActor { role: "clerk".into(), pseudonym: Pseudonym::new([1; 16]) },
            rules: Some("odr-2026".into()),
            calendar: Some("cn-2026.1".into()),
            data: json!({"first_responder": "x", "amount_fen": 5}),
            commit: BTreeMap::new(),
        }
    }

    #[test]
    fn a_leaf_reads_back_as_the_same_bytes() {
        for n in [0, 1, 7] {
            let bytes = leaf(n).to_bytes().unwrap();
            assert_eq!(Leaf::parse(&bytes).unwrap(), leaf(n));
        }
    }

    #[test]
    fn a_second_way_to_write_a_leaf_is_refused() {
        let bytes = leaf(1).to_bytes().unwrap();
        let text = String::from_utf8(bytes).unwrap();
        for other in [
            format!(" {text}"),
            format!("{text}\n"),
            text.replacen("\"n\":1", "\"n\":1.0", 1),
            text.replacen("\"v\":1", "\"v\":1,\"x\":0", 1),
            text.replacen("\"v\":1", "\"v\":2", 1),
            text.replacen("{", "{\"kind\":\"a\",", 1),
            text.replacen(".123Z", ".123000Z", 1),
            text.replacen("clerk", "cl\\u0065rk", 1),
        ] {
            assert!(Leaf::parse(other.as_bytes()).is_err(), "{other}");
        }
    }

    #[test]
    fn a_stream_begins_without_a_previous_leaf_and_only_then() {
        let first = Leaf { prev: Some(leaf_hash(b"x")), ..leaf(0) };
        assert_eq!(first.to_bytes(), Err(LeafError::Chain));
        let later = Leaf { prev: None, ..leaf(3) };
        assert_eq!(later.to_bytes(), Err(LeafError::Chain));
        let named = Leaf { stream: "nobody".into(), ..leaf(0) };
        assert_eq!(named.to_bytes(), Err(LeafError::Stream));
    }
}
