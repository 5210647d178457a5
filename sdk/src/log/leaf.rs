//! Leaf v1: one event as canonical JSON, kept and hashed verbatim for ever.
//!
//! The form never changes. A reader of leaves takes exactly the bytes a writer made: what does not
//! come out the same when written again is no leaf.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::canonical::{self, CanonicalError, write_text};
use super::hash::Hash;
use super::leaf_scan::scan;
use super::strict::is_canonical;
use crate::ids::Pseudonym;
use crate::privacy::Commitment;
use crate::time::Timestamp;

/// The largest leaf, in bytes: what an entry bundle of the log can hold.
const LEAF_BYTES_MAX: usize = 65_535;
/// The largest number of a leaf: what every reader of JSON holds exactly.
const N_MAX: u64 = (1 << 53) - 1;

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

/// One event of one stream as it lies in its bytes: what a checker reads, without a copy of the facts.
#[derive(Clone, Debug)]
pub struct LeafView<'a> {
    /// As [`Leaf::origin`].
    pub origin: Cow<'a, str>,
    /// As [`Leaf::stream`].
    pub stream: Cow<'a, str>,
    /// As [`Leaf::n`].
    pub n: u64,
    /// As [`Leaf::prev`].
    pub prev: Option<Hash>,
    /// As [`Leaf::at`].
    pub at: Timestamp,
    /// As [`Leaf::kind`].
    pub kind: Cow<'a, str>,
    /// Who acted.
    pub actor: ActorView<'a>,
    /// As [`Leaf::rules`].
    pub rules: Option<Cow<'a, str>>,
    /// As [`Leaf::calendar`].
    pub calendar: Option<Cow<'a, str>>,
    pub(super) data: &'a str,
    pub(super) commit: Option<&'a str>,
}

/// The same as any reader of JSON takes it, in whatever order.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire<'a> {
    v: u64,
    #[serde(borrow)]
    origin: Cow<'a, str>,
    #[serde(borrow)]
    stream: Cow<'a, str>,
    n: u64,
    #[serde(default)]
    prev: Option<Hash>,
    at: Timestamp,
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    actor: ActorView<'a>,
    #[serde(borrow, default)]
    rules: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    calendar: Option<Cow<'a, str>>,
    #[serde(borrow)]
    data: &'a RawValue,
    #[serde(borrow, default)]
    commit: Option<&'a RawValue>,
}

/// As [`LeafActor`].
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActorView<'a> {
    /// The role's code.
    #[serde(borrow)]
    pub role: Cow<'a, str>,
    /// A random name.
    pub pseudonym: Pseudonym,
}

impl<'a> LeafView<'a> {
    /// Reads bytes as a leaf.
    ///
    /// # Errors
    /// When they are not exactly what [`Leaf::to_bytes`] writes.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, LeafError> {
        if bytes.len() > LEAF_BYTES_MAX {
            return Err(LeafError::TooLarge);
        }
        let view = match scan(bytes) {
            Some(view) => view,
            None => Self::read(bytes)?,
        };
        check(view.n, view.prev.is_none(), &view.stream, view.data.starts_with('{'))?;
        Ok(view)
    }

    /// Reads bytes that are not in the plain form, mostly to say what is wrong with them.
    fn read(bytes: &'a [u8]) -> Result<Self, LeafError> {
        let wire: Wire<'a> = serde_json::from_slice(bytes)
            .map_err(|error| LeafError::Malformed { line: error.line(), column: error.column() })?;
        if wire.v != 1 {
            return Err(LeafError::Version(wire.v));
        }
        let view = Self {
            origin: wire.origin,
            stream: wire.stream,
            n: wire.n,
            prev: wire.prev,
            at: wire.at,
            kind: wire.kind,
            actor: wire.actor,
            rules: wire.rules,
            calendar: wire.calendar,
            data: wire.data.get(),
            commit: wire.commit.map(RawValue::get),
        };
        // Written again it must be the same bytes: this refuses duplicates, order, white space
        // and every second way to write one value.
        let canonical = is_canonical(view.data) && view.commit_is_canonical();
        if canonical && view.is(bytes) { Ok(view) } else { Err(LeafError::NotCanonical) }
    }

    /// The facts, as JSON.
    #[must_use]
    pub const fn data(&self) -> &'a str {
        self.data
    }

    /// The commitments to personal fields.
    ///
    /// # Errors
    /// When they are none.
    pub fn commitments(&self) -> Result<BTreeMap<String, Commitment>, LeafError> {
        let Some(commit) = self.commit else { return Ok(BTreeMap::new()) };
        serde_json::from_str(commit).map_err(|_| LeafError::NotCanonical)
    }

    /// They are an object of 32 bytes each, and where there are none the member is not there.
    fn commit_is_canonical(&self) -> bool {
        let Some(commit) = self.commit else { return true };
        let good = self.commitments().is_ok_and(|commitments| !commitments.is_empty());
        good && is_canonical(commit)
    }

    fn is(&self, bytes: &[u8]) -> bool {
        let mut out = Vec::with_capacity(bytes.len());
        let prev = self.prev;
        let head = Head {
            role: &self.actor.role,
            pseudonym: self.actor.pseudonym,
            at: self.at,
            calendar: self.calendar.as_deref(),
            kind: &self.kind,
            n: self.n,
            origin: &self.origin,
            prev,
            rules: self.rules.as_deref(),
            stream: &self.stream,
        };
        head.before(&mut out);
        if let Some(commit) = self.commit {
            out.extend(b",\"commit\":");
            out.extend(commit.bytes());
        }
        out.extend(b",\"data\":");
        out.extend(self.data.bytes());
        head.behind(&mut out);
        out == bytes
    }

    /// The leaf, in parts of its own.
    ///
    /// # Errors
    /// When the facts do not read.
    pub fn to_leaf(&self) -> Result<Leaf, LeafError> {
        let data = serde_json::from_str(self.data).map_err(|_| LeafError::Data)?;
        Ok(Leaf {
            origin: self.origin.clone().into_owned(),
            stream: self.stream.clone().into_owned(),
            n: self.n,
            prev: self.prev,
            at: self.at,
            kind: self.kind.clone().into_owned(),
            actor: LeafActor {
                role: self.actor.role.clone().into_owned(),
                pseudonym: self.actor.pseudonym,
            },
            rules: self.rules.clone().map(Cow::into_owned),
            calendar: self.calendar.clone().map(Cow::into_owned),
            data,
            commit: self.commitments()?,
        })
    }
}

/// The members of a leaf but its facts and commitments.
struct Head<'a> {
    role: &'a str,
    pseudonym: Pseudonym,
    at: Timestamp,
    calendar: Option<&'a str>,
    kind: &'a str,
    n: u64,
    origin: &'a str,
    prev: Option<Hash>,
    rules: Option<&'a str>,
    stream: &'a str,
}

impl Head<'_> {
    /// What sorts before `commit`. The members are written in their canonical order, which is that of
    /// their names: leaves are what is written most, and a tree of values would be made only to be sorted.
    fn before(&self, out: &mut Vec<u8>) {
        out.extend(b"{\"actor\":{\"pseudonym\":");
        write_text(&self.pseudonym.to_string(), out);
        out.extend(b",\"role\":");
        write_text(self.role, out);
        out.push(b'}');
        member("at", &self.at.to_utc_string(), out);
        if let Some(calendar) = self.calendar {
            member("calendar", calendar, out);
        }
    }

    /// What sorts behind `data`.
    fn behind(&self, out: &mut Vec<u8>) {
        member("kind", self.kind, out);
        out.extend(b",\"n\":");
        out.extend(self.n.to_string().bytes());
        member("origin", self.origin, out);
        if let Some(prev) = self.prev {
            member("prev", &prev.to_string(), out);
        }
        if let Some(rules) = self.rules {
            member("rules", rules, out);
        }
        member("stream", self.stream, out);
        out.extend(b",\"v\":1}");
    }
}

fn check(n: u64, is_first: bool, stream: &str, data_is_object: bool) -> Result<(), LeafError> {
    if (n == 0) != is_first || n > N_MAX {
        return Err(LeafError::Chain);
    }
    let named = ["host", "fund", "admin"].contains(&stream);
    if !named && stream.parse::<Pseudonym>().is_err() {
        return Err(LeafError::Stream);
    }
    if data_is_object { Ok(()) } else { Err(LeafError::Data) }
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

    fn write(&self, out: &mut Vec<u8>) -> Result<(), LeafError> {
        let head = Head {
            role: &self.actor.role,
            pseudonym: self.actor.pseudonym,
            at: self.at,
            calendar: self.calendar.as_deref(),
            kind: &self.kind,
            n: self.n,
            origin: &self.origin,
            prev: self.prev,
            rules: self.rules.as_deref(),
            stream: &self.stream,
        };
        head.before(out);
        if !self.commit.is_empty() {
            out.extend(b",\"commit\":");
            canonical::write(&json!(self.commit), out)?;
        }
        out.extend(b",\"data\":");
        canonical::write(&self.data, out)?;
        head.behind(out);
        Ok(())
    }

    /// Reads bytes as a leaf.
    ///
    /// # Errors
    /// When they are not exactly what [`Leaf::to_bytes`] writes.
    pub fn parse(bytes: &[u8]) -> Result<Self, LeafError> {
        LeafView::parse(bytes)?.to_leaf()
    }

    fn check(&self) -> Result<(), LeafError> {
        check(self.n, self.prev.is_none(), &self.stream, self.data.is_object())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::leaf_hash;
    use crate::privacy::Salt;

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
    fn what_is_scanned_in_one_pass_is_what_any_reader_reads() {
        let commit = BTreeMap::from([
            ("name".to_owned(), Commitment::of(&Salt::new([1; 32]), "s", "name", b"x")),
            ("phone".to_owned(), Commitment::of(&Salt::new([2; 32]), "s", "phone", b"y")),
        ]);
        let plain = Leaf { commit, ..leaf(3) };
        let quoted = Leaf { kind: "a\"b".into(), ..plain.clone() };
        let bare = Leaf { rules: None, calendar: None, ..leaf(0) };
        for (leaf, is_plain) in [(plain, true), (quoted, false), (bare, true)] {
            let bytes = leaf.to_bytes().unwrap();
            assert_eq!(scan(&bytes).is_some(), is_plain);
            assert_eq!(LeafView::read(&bytes).unwrap().to_leaf().unwrap(), leaf);
            assert_eq!(LeafView::parse(&bytes).unwrap().to_leaf().unwrap(), leaf);
        }
        // No change of one byte makes the two readers disagree.
        let bytes = leaf(3).to_bytes().unwrap();
        for place in 0..bytes.len() {
            for byte in [b' ', b'"', b'\\', b'0', b'9', b'a', b'}', b',', 0xff] {
                let mut other = bytes.clone();
                other[place] = byte;
                let scanned = scan(&other).and_then(|view| view.to_leaf().ok());
                let read = LeafView::read(&other).and_then(|view| view.to_leaf());
                if let Some(scanned) = scanned {
                    assert_eq!(Ok(scanned), read, "{place} {byte}");
                }
            }
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
