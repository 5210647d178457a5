//! The log: leaves put in, proofs, checkpoints; beside the hashing of the machine.

use std::collections::HashMap;
use std::convert::Infallible;
use std::hint::black_box;
use std::time::Instant;

use green_channel::log::{Frontier, Hash, Nodes, inclusion_proof, leaf_hash, verify_inclusion};

use crate::http::per_second;
use crate::table::{Plan, Table, percentile};
use crate::world::World;

/// Measures the log over a store that holds what it holds.
pub(crate) async fn measure(world: &World, label: &str, plan: &Plan, table: &mut Table) {
    let engine = world.engine().await;
    while engine.sequence().await.expect("the log grows").more {}
    for _ in 0..plan.rounds {
        crate::embedded::intake(&engine, world.bodies(plan.count(10_000)), 64).await;
        let began = Instant::now();
        let mut leaves = 0;
        loop {
            let done = engine.sequence().await.expect("the log grows");
            leaves += done.leaves;
            if !done.more {
                break;
            }
        }
        let seconds = began.elapsed().as_secs_f64();
        let rate = per_second(usize::try_from(leaves).expect("few"), seconds);
        let name = format!("{label}: leaves put in the log, signed every 2,000");
        table.add(&name, "/s", rate);
        let mut latencies = Vec::new();
        for _ in 0..plan.count(50) {
            crate::embedded::intake(&engine, world.bodies(1), 1).await;
            let began = Instant::now();
            engine.sequence().await.expect("the log grows");
            latencies.push(began.elapsed());
        }
        let name = format!("{label}: one leaf put in, checkpoint signed and kept p50");
        table.add(&name, "ms", percentile(&mut latencies, 50));
    }
    engine.store().close().await.expect("the store closes");
}

/// Measures the tree alone, in memory.
pub(crate) fn trees(plan: &Plan, table: &mut Table) {
    for _ in 0..plan.rounds {
        tree(plan, table);
    }
}

/// Complete subtrees in memory.
struct Memory(HashMap<(u8, u64), Hash>);

impl Nodes for Memory {
    type Error = Infallible;

    fn node(&self, level: u8, index: u64) -> Result<Hash, Infallible> {
        Ok(self.0[&(level, index)])
    }
}

/// Appends to the tree and proves, without a store.
fn tree(plan: &Plan, table: &mut Table) {
    let (leaf, count) = (vec![b'x'; 1_300], plan.count(100_000));
    let (mut frontier, mut nodes) = (Frontier::empty(), HashMap::new());
    let began = Instant::now();
    for _ in 0..count {
        for (level, index, hash) in frontier.append(leaf_hash(black_box(&leaf))) {
            nodes.insert((level, index), hash);
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    table.add("tree: leaves of 1,300 bytes hashed and appended", "/s", per_second(count, seconds));
    let (nodes, size) = (Memory(nodes), u64::try_from(count).expect("few"));
    let (proofs, root) = (plan.count(50_000), frontier.root());
    let began = Instant::now();
    for index in 0..u64::try_from(proofs).expect("few") {
        let Ok(proof) = inclusion_proof(&nodes, black_box(index), size);
        black_box(proof);
    }
    let seconds = began.elapsed().as_secs_f64();
    table.add("tree: inclusion proofs made", "/s", per_second(proofs, seconds));
    let Ok(proof) = inclusion_proof(&nodes, 7, size);
    let hash = leaf_hash(&leaf);
    let began = Instant::now();
    for _ in 0..proofs {
        verify_inclusion(black_box(&hash), 7, size, &proof, &root).expect("our own proof");
    }
    let seconds = began.elapsed().as_secs_f64();
    table.add("tree: inclusion proofs verified", "/s", per_second(proofs, seconds));
}
