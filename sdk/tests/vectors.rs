//! The crate against vectors that an independent program made (tests/vectors): what is written
//! today must be readable for ever.

use green_channel::log::{
    Checkpoint, Frontier, Hash, Leaf, NoteSigner, NoteVerifier, leaf_hash, sign_checkpoint,
};
use green_channel::privacy::{Commitment, Salt};
use green_channel::verify::stamped;
use serde_json::Value;

fn read(name: &str) -> String {
    let path = format!("{}/../tests/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).expect("the vectors are committed")
}

fn json(name: &str) -> Value {
    serde_json::from_str(&read(name)).expect("the vectors are JSON")
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().expect("text")
}

#[test]
fn every_leaf_reads_hashes_and_is_written_again_as_the_same_bytes() {
    let vectors = json("leaf-v1.json");
    let mut frontier = Frontier::empty();
    for row in vectors["leaves"].as_array().expect("rows") {
        let bytes = text(row, "bytes").as_bytes();
        let leaf = Leaf::parse(bytes).expect("a leaf");
        assert_eq!(leaf.to_bytes().expect("a leaf"), bytes);
        let hash: Hash = text(row, "hash").parse().expect("a hash");
        assert_eq!(leaf_hash(bytes), hash);
        // The leaves of a case hold events that still read.
        assert_eq!(stamped(&leaf).is_some(), leaf.stream != "host", "{}", leaf.kind);
        frontier.append(hash);
    }
    assert_eq!(frontier.size(), 4);
    assert_eq!(frontier.root().to_string(), text(&vectors, "root"));
}

#[test]
fn every_commitment_is_the_one_of_the_vectors() {
    let rows = json("commitment-v1.json");
    let rows = rows.as_array().expect("rows");
    assert_eq!(rows.len(), 5);
    for row in rows {
        let salt: Salt = serde_json::from_value(row["salt"].clone()).expect("a salt");
        let (stream, field, value) = (text(row, "stream"), text(row, "field"), text(row, "value"));
        let made = Commitment::of(&salt, stream, field, value.as_bytes());
        assert_eq!(made.to_string(), text(row, "commitment"), "{field}");
        assert!(made.holds(&salt, stream, field, value.as_bytes()));
    }
}

#[test]
fn the_checkpoint_is_believed_and_signed_again_as_the_same_bytes() {
    let (note, about) = (read("checkpoint-v1.txt"), json("checkpoint-v1.json"));
    let mut seed = [0; 32];
    hex::decode_to_slice(text(&about, "seed"), &mut seed).expect("32 bytes in hex");
    let signer = NoteSigner::from_seed(text(&about, "origin"), seed);
    assert_eq!(signer.vkey(), text(&about, "vkey"));
    let known = [NoteVerifier::parse(text(&about, "vkey")).expect("a key")];
    let checkpoint = Checkpoint::verify(&note, text(&about, "origin"), &known).expect("it holds");
    assert_eq!(checkpoint.size, 4);
    assert_eq!(checkpoint.root.to_string(), text(&about, "root"));
    assert_eq!(sign_checkpoint(&checkpoint, &signer), note);
}
