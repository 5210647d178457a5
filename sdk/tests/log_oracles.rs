//! The tree, its proofs, notes and canonical JSON against implementations we did not write:
//! ct-merkle, tlog_tiles, signed_note and serde_json_canonicalizer.

use std::convert::Infallible;

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use ct_merkle::{ConsistencyProof, InclusionProof, RootHash};
use green_channel::log::{
    Checkpoint, Frontier, Hash, Nodes, NoteSigner, NoteVerifier, TilePath, canonical,
    consistency_proof, inclusion_proof, leaf_hash, node_hash, root, sign_checkpoint,
    verify_consistency, verify_inclusion,
};
use proptest::prelude::*;
use sha2::Sha256;
use signed_note::{Note, StandardVerifier, VerifierList};

/// The nodes of a tree over numbered leaves, as the frontier made them.
struct Tree {
    leaves: Vec<Vec<u8>>,
    nodes: std::collections::BTreeMap<(u8, u64), Hash>,
    roots: Vec<Hash>,
}

impl Nodes for Tree {
    type Error = Infallible;

    fn node(&self, level: u8, index: u64) -> Result<Hash, Infallible> {
        Ok(self.nodes[&(level, index)])
    }
}

impl Tree {
    fn of(size: u64) -> Self {
        let mut frontier = Frontier::empty();
        let mut tree = Self {
            leaves: Vec::new(),
            nodes: std::collections::BTreeMap::new(),
            roots: vec![frontier.root()],
        };
        for n in 0..size {
            let leaf = format!("leaf {n}").into_bytes();
            for (level, index, hash) in frontier.append(leaf_hash(&leaf)) {
                assert!(tree.nodes.insert((level, index), hash).is_none(), "made once");
            }
            tree.leaves.push(leaf);
            tree.roots.push(frontier.root());
            let again = Frontier::from_hashes(n + 1, frontier.hashes()).expect("it fits");
            assert_eq!(again, frontier);
        }
        tree
    }

    /// The tree of ct-merkle over the first so many leaves.
    fn oracle(&self, size: usize) -> MemoryBackedTree<Sha256, Vec<u8>> {
        let mut oracle = MemoryBackedTree::new();
        self.leaves[..size].iter().for_each(|leaf| oracle.push(leaf.clone()));
        oracle
    }
}

fn ct_root(tree: &Tree, size: usize) -> RootHash<Sha256> {
    let digest = *tree.roots[size].as_bytes();
    RootHash::new(digest.into(), u64::try_from(size).expect("small"))
}

fn bytes(proof: &[Hash]) -> Vec<u8> {
    proof.iter().flat_map(|hash| *hash.as_bytes()).collect()
}

/// tlog_tiles keeps its nodes by one running number.
struct Stored<'a>(&'a Tree);

impl tlog_tiles::HashReader for Stored<'_> {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog_tiles::Hash>, tlog_tiles::Error> {
        let place = |index: &u64| {
            let (level, n) = tlog_tiles::split_stored_hash_index(*index);
            tlog_tiles::Hash(*self.0.nodes[&(level, n)].as_bytes())
        };
        Ok(indexes.iter().map(place).collect())
    }
}

#[test]
fn every_root_is_the_one_two_other_libraries_compute() {
    let tree = Tree::of(300);
    for size in (0..=130).chain([255, 256, 257, 300]) {
        let ours = tree.roots[size];
        let n = u64::try_from(size).expect("small");
        assert_eq!(root(&tree, n).expect("in memory"), ours, "{size}");
        assert_eq!(tree.oracle(size).root().as_bytes().as_slice(), ours.as_bytes(), "{size}");
        let other = tlog_tiles::tree_hash(n, &Stored(&tree)).expect("in memory");
        assert_eq!(other.0, *ours.as_bytes(), "{size}");
    }
}

#[test]
fn every_inclusion_proof_is_the_one_two_other_libraries_make_and_accept() {
    let tree = Tree::of(120);
    for size in (1..=33).chain([64, 65, 100, 120]) {
        let n = u64::try_from(size).expect("small");
        for index in 0..n {
            let proof = inclusion_proof(&tree, index, n).expect("in memory");
            let place = usize::try_from(index).expect("small");
            let leaf = leaf_hash(&tree.leaves[place]);
            verify_inclusion(&leaf, index, n, &proof, &tree.roots[size]).expect("it holds");
            let theirs = InclusionProof::from_bytes(bytes(&proof));
            let held = ct_root(&tree, size).verify_inclusion(&tree.leaves[place], index, &theirs);
            assert!(held.is_ok(), "{index} of {size}");
            let made = tlog_tiles::prove_record(n, index, &Stored(&tree)).expect("in memory");
            let made: Vec<Hash> = made.iter().map(|hash| Hash::from(hash.0)).collect();
            assert_eq!(made, proof, "{index} of {size}");
        }
    }
}

#[test]
fn every_consistency_proof_is_the_one_two_other_libraries_make_and_accept() {
    let tree = Tree::of(120);
    for new in (1..=33).chain([64, 65, 100, 120]) {
        for old in 1..=new {
            let (m, n) = (u64::try_from(old).expect("small"), u64::try_from(new).expect("small"));
            let proof = consistency_proof(&tree, m, n).expect("in memory");
            let (old_root, new_root) = (tree.roots[old], tree.roots[new]);
            verify_consistency(m, &old_root, n, &new_root, &proof).expect("it holds");
            if old < new {
                let theirs = ConsistencyProof::try_from_bytes(bytes(&proof)).expect("whole hashes");
                let held = ct_root(&tree, new).verify_consistency(&ct_root(&tree, old), &theirs);
                assert!(held.is_ok(), "{old} in {new}");
                let made = tlog_tiles::prove_tree(n, m, &Stored(&tree)).expect("in memory");
                let made: Vec<Hash> = made.iter().map(|hash| Hash::from(hash.0)).collect();
                assert_eq!(made, proof, "{old} in {new}");
            }
        }
    }
}

#[test]
fn a_note_of_ours_is_believed_by_another_library_under_our_verifier_key() {
    let signer = NoteSigner::from_seed("mall.example/log", [7; 32]);
    let checkpoint = Checkpoint {
        origin: "mall.example/log".to_owned(),
        size: 3,
        root: node_hash(&leaf_hash(b"a"), &leaf_hash(b"b")),
    };
    let note = sign_checkpoint(&checkpoint, &signer);
    let known = StandardVerifier::new(&signer.vkey()).expect("our key reads there");
    let known = VerifierList::new(vec![Box::new(known)]);
    let parsed = Note::from_bytes(note.as_bytes()).expect("our note reads there");
    let (held, strange) = parsed.verify(&known).expect("our signature holds there");
    assert_eq!((held.len(), strange.len()), (1, 0));
    assert_eq!(parsed.text(), checkpoint.text().as_bytes());
}

#[test]
fn a_note_with_a_stranger_s_signature_beside_ours_is_still_ours() {
    let ours = NoteSigner::from_seed("mall.example/log", [7; 32]);
    let stranger = NoteSigner::from_seed("witness.example", [8; 32]);
    let checkpoint =
        Checkpoint { origin: "mall.example/log".to_owned(), size: 1, root: leaf_hash(b"a") };
    let both = {
        let theirs = stranger.sign(&checkpoint.text());
        let line = theirs.lines().last().expect("a signature line").to_owned();
        format!("{}{line}\n", sign_checkpoint(&checkpoint, &ours))
    };
    let known = [NoteVerifier::parse(&ours.vkey()).expect("it reads")];
    let read = Checkpoint::verify(&both, "mall.example/log", &known).expect("ours holds");
    assert_eq!(read, checkpoint);
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::from),
        (-9_007_199_254_740_991_i64..=9_007_199_254_740_991).prop_map(serde_json::Value::from),
        "(?s).*".prop_map(serde_json::Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(serde_json::Value::from),
            prop::collection::hash_map("(?s).*", inner, 0..6)
                .prop_map(|members| members.into_iter().collect::<serde_json::Map<_, _>>().into()),
        ]
    })
}

proptest! {
    #[test]
    fn canonical_json_is_what_another_library_writes(value in json()) {
        let theirs = serde_json_canonicalizer::to_vec(&value).expect("it writes");
        prop_assert_eq!(canonical(&value).expect("integers only"), theirs);
    }

    #[test]
    fn a_proof_with_any_bit_flipped_any_hash_dropped_or_added_proves_nothing(
        size in 2_u64..200, at in any::<prop::sample::Index>(), bit in 0_usize..256,
    ) {
        let tree = Tree::of(size);
        let index = u64::try_from(at.index(usize::try_from(size).expect("small"))).expect("small");
        let proof = inclusion_proof(&tree, index, size).expect("in memory");
        let root = tree.roots[usize::try_from(size).expect("small")];
        let leaf = leaf_hash(&tree.leaves[usize::try_from(index).expect("small")]);
        let holds = |proof: &[Hash]| verify_inclusion(&leaf, index, size, proof, &root).is_ok();
        prop_assert!(holds(&proof));
        for place in 0..proof.len() {
            let mut changed = proof.clone();
            let mut bytes = *changed[place].as_bytes();
            bytes[bit / 8] ^= 1 << (bit % 8);
            changed[place] = Hash::from(bytes);
            prop_assert!(!holds(&changed));
            changed.remove(place);
            prop_assert!(!holds(&changed));
        }
        let longer = [proof.as_slice(), &[leaf]].concat();
        prop_assert!(!holds(&longer));
        if index > 0 {
            prop_assert!(verify_inclusion(&leaf, index - 1, size, &proof, &root).is_err());
        }
    }

    #[test]
    fn a_consistency_proof_with_any_bit_flipped_or_hash_dropped_proves_nothing(
        old in 1_usize..150, more in 1_usize..150, bit in 0_usize..256,
    ) {
        let new = old + more;
        let (m, n) = (u64::try_from(old).expect("small"), u64::try_from(new).expect("small"));
        let tree = Tree::of(n);
        let proof = consistency_proof(&tree, m, n).expect("in memory");
        let (old_root, new_root) = (tree.roots[old], tree.roots[new]);
        let holds = |proof: &[Hash]| verify_consistency(m, &old_root, n, &new_root, proof).is_ok();
        prop_assert!(holds(&proof));
        for place in 0..proof.len() {
            let mut changed = proof.clone();
            let mut bytes = *changed[place].as_bytes();
            bytes[bit / 8] ^= 1 << (bit % 8);
            changed[place] = Hash::from(bytes);
            prop_assert!(!holds(&changed));
            changed.remove(place);
            prop_assert!(!holds(&changed));
        }
        let longer = [proof.as_slice(), &[new_root]].concat();
        prop_assert!(!holds(&longer));
    }

    #[test]
    fn a_tile_path_is_the_one_another_library_writes(
        level in 0_u8..64, index in 0_u64..(1 << 40), width in 1_u16..=256,
    ) {
        let theirs = tlog_tiles::Tile::new(8, level, index, width.into(), false).path();
        let ours = theirs.replacen("tile/8/", "tile/", 1);
        let path = TilePath::parse(&ours).expect("it reads");
        prop_assert_eq!((path.level(), path.index(), path.width()), (Some(level), index, width));
        prop_assert_eq!(path.to_path(), ours);
    }
}
