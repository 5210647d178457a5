//! One core: how many signed requests it can verify, how many leaves it can hash.

use std::time::Instant;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};

use crate::http::per_second;
use crate::table::{Plan, Table};

/// Bytes of a request token's signing input, and of a leaf.
const TOKEN_BYTES: usize = 600;
const LEAF_BYTES: usize = 1_300;

/// Measures one round.
pub(crate) fn verify_and_hash(plan: &Plan, table: &mut Table) {
    let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).expect("a key");
    let pair = Ed25519KeyPair::from_pkcs8(document.as_ref()).expect("a key");
    let message = vec![7; TOKEN_BYTES];
    let signature = pair.sign(&message);
    let key = UnparsedPublicKey::new(&ED25519, pair.public_key().as_ref());
    let count = plan.count(10_000);
    let began = Instant::now();
    for _ in 0..count {
        key.verify(&message, signature.as_ref()).expect("our own signature");
    }
    let seconds = began.elapsed().as_secs_f64();
    table.add("limit: signature verifications per core", "/s", per_second(count, seconds));

    let (leaf, count) = (vec![7; LEAF_BYTES], plan.count(500_000));
    let began = Instant::now();
    for _ in 0..count {
        std::hint::black_box(digest(&SHA256, std::hint::black_box(&leaf)));
    }
    let seconds = began.elapsed().as_secs_f64();
    table.add("limit: SHA-256 of 1,300 bytes per core", "/s", per_second(count, seconds));
}
