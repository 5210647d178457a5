//! An exported log, held against its signed checkpoint with nothing but the parts of the log room:
//! leaves, a frontier, a note. Beside it the verifier that auditors get must say the same.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use green_channel::calendar::Calendar;
use green_channel::log::{Checkpoint, Frontier, Hash, Leaf, NoteVerifier, leaf_hash};
use green_channel::verify::LogCheck;

/// What stands in a log that was checked.
#[derive(Debug)]
pub struct CheckedLog {
    /// How many leaves.
    pub size: u64,
    /// How many cases.
    pub cases: u64,
    /// The leaf hashes, as receipts name them.
    pub hashes: BTreeSet<String>,
    /// The kinds of the leaves of each stream, in order.
    pub streams: BTreeMap<String, Vec<String>>,
}

/// Checks an exported log: signature, size, root, and the chain of every stream.
///
/// # Panics
/// At the first thing that does not hold.
#[must_use]
pub fn check_log(folder: &Path) -> CheckedLog {
    let read = |name: &str| {
        std::fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    };
    let (vkey, note, entries) = (read("vkey"), read("checkpoint"), read("entries"));
    let known = NoteVerifier::parse(&vkey).expect("the verifier key reads");
    let origin = known.name().to_owned();
    let mut frontier = Frontier::empty();
    let mut hashes = BTreeSet::new();
    let mut streams: BTreeMap<String, (Option<Hash>, Vec<String>)> = BTreeMap::new();
    for (place, line) in entries.lines().enumerate() {
        let leaf = Leaf::parse(line.as_bytes()).unwrap_or_else(|e| panic!("entry {place}: {e}"));
        let hash = leaf_hash(line.as_bytes());
        let (head, kinds) = streams.entry(leaf.stream.clone()).or_default();
        let next = u64::try_from(kinds.len()).expect("a stream is short");
        assert_eq!(leaf.n, next, "entry {place}: the stream misses a leaf or has one twice");
        assert_eq!(leaf.prev, *head, "entry {place}: it does not name the leaf before it");
        *head = Some(hash);
        kinds.push(leaf.kind);
        hashes.insert(hash.to_string());
        frontier.append(hash);
    }
    let checkpoint =
        Checkpoint::verify(&note, &origin, &[known]).expect("the checkpoint is signed");
    assert_eq!(checkpoint.size, frontier.size(), "the checkpoint is of another size");
    assert_eq!(checkpoint.root, frontier.root(), "the entries give another root");
    let mut check = LogCheck::begin(&vkey, Calendar::shipped()).expect("the verifier begins");
    for line in entries.lines() {
        check.entry(line.as_bytes()).expect("the verifier takes every entry");
    }
    let verified = check.finish(&note).expect("the verifier takes the log");
    let streams = streams.into_iter().map(|(stream, (_, kinds))| (stream, kinds)).collect();
    CheckedLog { size: checkpoint.size, cases: verified.cases, hashes, streams }
}
