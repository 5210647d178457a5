//! An exported log, held against its signed checkpoint with nothing but the parts of the log room:
//! leaves, a frontier, a note. Beside it the verifier that auditors get must say the same.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use green_channel::bundle::{BundleCheck, Options};
use green_channel::log::{
    Checkpoint, Frontier, Hash, Leaf, TilePath, TrustPolicy, decode_entries, leaf_hash,
};

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

/// The entries of a bundle, in order.
///
/// # Panics
/// When a file is not there or is none.
#[must_use]
pub fn entries_of(folder: &Path) -> Vec<Vec<u8>> {
    let mut entries = Vec::new();
    loop {
        let index = u64::try_from(entries.len() / 256).expect("a short log");
        let full = folder.join(TilePath::of_entries(index, 256).to_path());
        let found = std::fs::read(&full).ok().or_else(|| {
            let partial = (1..256).map(|width| TilePath::of_entries(index, width).to_path());
            partial.map(|path| folder.join(path)).find_map(|path| std::fs::read(path).ok())
        });
        let Some(bytes) = found else { return entries };
        let page = decode_entries(&bytes).expect("a bundle of entries");
        entries.extend(page.iter().map(|entry| entry.to_vec()));
        if page.len() < 256 {
            return entries;
        }
    }
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
    let (policy, note, entries) = (read("policy"), read("checkpoint"), entries_of(folder));
    let policy = TrustPolicy::parse(&policy).expect("the policy reads");
    let known = policy.logs().first().expect("a log").clone();
    let origin = known.name().to_owned();
    let mut frontier = Frontier::empty();
    let mut hashes = BTreeSet::new();
    let mut streams: BTreeMap<String, (Option<Hash>, Vec<String>)> = BTreeMap::new();
    for (place, line) in entries.iter().enumerate() {
        let leaf = Leaf::parse(line).unwrap_or_else(|e| panic!("entry {place}: {e}"));
        let hash = leaf_hash(line);
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
    let verified = BundleCheck::run(folder, &Options::default(), |_, _| {});
    let verified = verified.expect("the verifier takes the bundle").log;
    let streams = streams.into_iter().map(|(stream, (_, kinds))| (stream, kinds)).collect();
    CheckedLog { size: checkpoint.size, cases: verified.cases, hashes, streams }
}
