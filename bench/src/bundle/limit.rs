//! The least that anybody must do with a bundle's entries, on one thread: read them, hash them into the
//! tree, and parse them without knowing what they mean.

use std::hint::black_box;
use std::path::{Path, PathBuf};

use green_channel::log::{Frontier, TilePath, decode_entries, leaf_hash};

use super::head;

/// The files of the entries, in order.
fn files(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let size = head(folder).size;
    let folder = folder.to_owned();
    (0..size.div_ceil(256)).map(move |index| {
        let width = u16::try_from((size - index * 256).min(256)).expect("a tile");
        folder.join(TilePath::of_entries(index, width).to_path())
    })
}

/// Every entry, each in bytes of its own.
pub(super) fn entries(folder: &Path) -> impl Iterator<Item = Vec<u8>> {
    files(folder).flat_map(|file| {
        let bytes = std::fs::read(file).expect("it is there");
        let entries = decode_entries(&bytes).expect("entries");
        entries.into_iter().map(<[u8]>::to_vec).collect::<Vec<_>>()
    })
}

/// The role of the limit: a process of its own, as the verifier is.
pub(crate) fn read_hash_parse(folder: &Path) {
    let mut frontier = Frontier::empty();
    for file in files(folder) {
        let bytes = std::fs::read(file).expect("it is there");
        for entry in decode_entries(&bytes).expect("entries") {
            frontier.grow(leaf_hash(entry), |_, _, _| {});
            let value: serde_json::Value = serde_json::from_slice(entry).expect("JSON");
            black_box(value);
        }
    }
    assert_eq!(frontier.root(), head(folder).root, "these are the entries that were signed");
}
