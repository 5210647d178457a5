//! The honest bundle, and what a forger can do to it: change files, or write the whole bundle anew from
//! changed entries, signed with the merchant's own key.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use green_channel::bundle::{BundleSpec, BundleWriter, Dossier, ManifestPeriod};
use green_channel::log::{
    Checkpoint, Cosigner, Frontier, Leaf, NoteSigner, leaf_hash, sign_checkpoint,
};
use green_channel::time::Timestamp;

use super::mall::{Mall, ORIGIN, key_ring, mall};

/// One forgery: what is done, and under which names the program may report it.
pub(crate) struct Forgery {
    pub(crate) name: &'static str,
    pub(crate) codes: &'static [&'static str],
    pub(crate) forge: fn(&mut Forger, &Honest),
}

/// What the merchant hands over when nobody cheats, and what the auditor has of their own.
pub(crate) struct Honest {
    pub(crate) policy: String,
    /// The head of an earlier visit.
    pub(crate) earlier: String,
    pub(crate) entries: Vec<Vec<u8>>,
    pub(crate) note: String,
    pub(crate) dossier: Dossier,
    pub(crate) at: Timestamp,
    /// Another merchant's bundle: its entries, head and policy.
    pub(crate) other: (Vec<Vec<u8>>, String, String),
    witness: Cosigner,
}

/// A forger at work on a folder of their own.
pub(crate) struct Forger {
    home: tempfile::TempDir,
    bundle: PathBuf,
    pub(crate) spec: BundleSpec,
    pub(crate) entries: Vec<Vec<u8>>,
    at: Timestamp,
    witness: Cosigner,
}

/// A month of a merchant: settlements, a hand-back, an advance that a shop owes, one that the host
/// bears, many complaints that wait, and one case that is opened for the auditor.
pub(crate) async fn honest() -> Honest {
    let mall = mall(ORIGIN).await;
    mall.fill(10_000_000).await;
    let shop = mall.shop().await;
    let opened = mall.settle(20_000).await;
    mall.perform(opened, 20_000).await;
    mall.hand_back().await;
    let earlier = mall.cosigned().await;
    let first = mall.settle(120_000).await;
    mall.assign(first, shop).await;
    mall.pay_first(first, Some(shop), 120_000).await;
    mall.perform(first, 120_000).await;
    let own = mall.settle(60_000).await;
    mall.pay_first(own, None, 60_000).await;
    for _ in 0..230 {
        mall.divert().await;
    }
    mall.reveal(opened).await;
    let note = mall.cosigned().await;
    let entries = mall.entries().await;
    assert!(entries.len() > 256, "a log with two levels of tiles");
    let loaded = mall.channel.load(opened).await.expect("it is there");
    let size = u64::try_from(entries.len()).expect("few");
    let dossier = mall.channel.disclose(&loaded, size).await.expect("it is opened");
    Honest {
        policy: mall.policy(),
        earlier,
        entries,
        note,
        dossier,
        at: mall.now(),
        other: another().await,
        witness: mall.witness.key.clone(),
    }
}

/// A merchant with another log, whose witness is the same.
async fn another() -> (Vec<Vec<u8>>, String, String) {
    let mall: Mall = mall("other.example/log").await;
    mall.hand_back().await;
    let note = mall.cosigned().await;
    (mall.entries().await, note, mall.policy())
}

impl Honest {
    /// A fresh folder with the honest bundle in it.
    pub(crate) fn forger(&self) -> Forger {
        let day = |text: &str| text.parse().expect("a day");
        let (from, to) = (day("2026-11-01"), day("2026-11-30"));
        let spec = BundleSpec {
            policy: self.policy.clone(),
            note: self.note.clone(),
            period: Some(ManifestPeriod { from, to, over: false }),
            years: vec![NEXT_YEAR.to_owned()],
            rules: Vec::new(),
            disclosed: vec![self.dossier.clone()],
        };
        let home = tempfile::tempdir().expect("a folder");
        let bundle = home.path().join("bundle");
        let (entries, at, witness) = (self.entries.clone(), self.at, self.witness.clone());
        let mut forger = Forger { home, bundle, spec, entries, at, witness };
        forger.write_bundle();
        forger
    }
}

/// A draft of the next year, as an operator loads one.
const NEXT_YEAR: &str = r#"{"year":2027,"notice":null,"notice_certainty":"U","published":false,"holidays":[],"workdays":[]}"#;

impl Forger {
    pub(crate) fn folder(&self) -> &Path {
        &self.bundle
    }

    // --- files -----------------------------------------------------------------------------------

    pub(crate) fn bytes(&self, file: &str) -> Vec<u8> {
        std::fs::read(self.bundle.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
    }

    pub(crate) fn write(&mut self, file: &str, bytes: &[u8]) {
        let path = self.bundle.join(file);
        std::fs::create_dir_all(path.parent().expect("in a folder")).expect("a folder");
        std::fs::write(path, bytes).expect("it is written");
    }

    pub(crate) fn text(&self, file: &str) -> String {
        String::from_utf8(self.bytes(file)).expect("a text")
    }

    /// Another text for the first of these; it must be there.
    pub(crate) fn replace(&mut self, file: &str, from: &str, to: &str) {
        let text = self.text(file);
        assert!(text.contains(from), "{from} is not in {file}:\n{text}");
        self.write(file, text.replacen(from, to, 1).as_bytes());
    }

    pub(crate) fn remove(&mut self, file: &str) {
        std::fs::remove_file(self.bundle.join(file)).expect("it was there");
    }

    pub(crate) fn flip(&mut self, file: &str, place: usize) {
        let mut bytes = self.bytes(file);
        bytes[place] ^= 1;
        self.write(file, &bytes);
    }

    /// The files of the bundle, in order.
    pub(crate) fn files(&self) -> Vec<String> {
        let mut found = Vec::new();
        collect(&self.bundle, "", &mut found);
        found.sort();
        found
    }

    /// The only file below here with this beginning.
    pub(crate) fn file(&self, beginning: &str) -> String {
        let all = self.files();
        let found = all.iter().find(|file| file.starts_with(beginning));
        found.unwrap_or_else(|| panic!("no {beginning} in {all:?}")).clone()
    }

    /// A file of the auditor's own, beside the bundle.
    pub(crate) fn beside(&self, name: &str, text: &str) -> String {
        let path = self.home.path().join(name);
        std::fs::write(&path, text).expect("it is written");
        path.to_str().expect("a path of ours").to_owned()
    }

    // --- the whole bundle anew -------------------------------------------------------------------

    fn write_bundle(&mut self) {
        let _ = std::fs::remove_dir_all(&self.bundle);
        // The tool of the house only writes under a head that it believes; what it is exchanged for
        // afterwards is the forger's business.
        let origin = self.leaf(0).origin;
        let own = key_ring().log_signer(&origin);
        let note = sign_checkpoint(&Checkpoint { origin, ..self.head() }, &own);
        let policy = format!("log {}\nquorum none\n", own.vkey());
        let spec = BundleSpec { note, policy, ..self.spec.clone() };
        let mut writer = BundleWriter::begin(&self.bundle, spec).expect("the folder is fresh");
        for entry in &self.entries {
            writer.entry(entry).expect("it is written");
        }
        writer.finish().expect("it is written");
        let (note, policy) = (self.spec.note.clone(), self.spec.policy.clone());
        self.write("checkpoint", note.as_bytes());
        self.write("policy", policy.as_bytes());
    }

    fn head(&self) -> Checkpoint {
        let mut frontier = Frontier::empty();
        self.entries.iter().for_each(|entry| frontier.grow(leaf_hash(entry), |_, _, _| {}));
        Checkpoint { origin: ORIGIN.to_owned(), size: frontier.size(), root: frontier.root() }
    }

    /// Chains every stream anew, numbers it anew, writes everything and signs it with the merchant's
    /// key. No witness has seen it.
    pub(crate) fn rebuild(&mut self) {
        self.renumber();
        self.spec.note = sign_checkpoint(&self.head(), &key_ring().log_signer(ORIGIN));
        self.write_bundle();
    }

    /// The same, and the lines of the honest head's witness are put under it.
    pub(crate) fn rebuild_with_old_lines(&mut self, honest: &Honest) {
        self.renumber();
        let own = sign_checkpoint(&self.head(), &key_ring().log_signer(ORIGIN));
        let line = honest.note.lines().find(|line| line.contains("/witness ")).expect("a line");
        self.spec.note = format!("{own}{line}\n");
        self.write_bundle();
    }

    /// The same, cosigned by the witness itself: so had the witness been shown this from the beginning.
    pub(crate) fn rebuild_before_any_witness(&mut self) {
        self.renumber();
        let head = self.head();
        let own = sign_checkpoint(&head, &key_ring().log_signer(ORIGIN));
        self.spec.note = own + &self.witness.cosign(&head.text(), self.at);
        self.write_bundle();
    }

    /// Signs under the log's name with another key.
    pub(crate) fn rebuild_with_another_key(&mut self) {
        let head = self.head();
        let stranger = NoteSigner::from_seed(ORIGIN, [77; 32]);
        let own = sign_checkpoint(&head, &stranger);
        self.spec.note = own + &self.witness.cosign(&head.text(), self.at);
        self.spec.policy = format!("log {}\nquorum none\n", stranger.vkey());
        self.write_bundle();
    }

    /// Writes the entries as they are under this head.
    pub(crate) fn rebuild_under(&mut self, note: String) {
        self.spec.note = note;
        self.write_bundle();
    }

    fn renumber(&mut self) {
        let mut heads: BTreeMap<String, (u64, green_channel::log::Hash)> = BTreeMap::new();
        for entry in &mut self.entries {
            let mut leaf = Leaf::parse(entry).expect("a leaf");
            let before = heads.get(&leaf.stream);
            leaf.n = before.map_or(0, |(n, _)| n + 1);
            leaf.prev = before.map(|(_, hash)| *hash);
            *entry = leaf.to_bytes().expect("a leaf");
            heads.insert(leaf.stream, (leaf.n, leaf_hash(entry)));
        }
    }

    // --- entries ---------------------------------------------------------------------------------

    /// The place of the first entry of a kind.
    pub(crate) fn place(&self, kind: &str) -> usize {
        self.place_where(|leaf| leaf.kind == kind)
    }

    pub(crate) fn place_where(&self, is: impl Fn(&Leaf) -> bool) -> usize {
        let found = self.entries.iter().position(|entry| is(&Leaf::parse(entry).expect("a leaf")));
        found.expect("it is there")
    }

    pub(crate) fn leaf(&self, place: usize) -> Leaf {
        Leaf::parse(&self.entries[place]).expect("a leaf")
    }

    pub(crate) fn edit(&mut self, place: usize, change: impl FnOnce(&mut Leaf)) {
        let mut leaf = self.leaf(place);
        change(&mut leaf);
        self.entries[place] = leaf.to_bytes().expect("a leaf");
    }

    /// Edits the first entry of a kind.
    pub(crate) fn edit_kind(&mut self, kind: &str, change: impl FnOnce(&mut Leaf)) {
        self.edit(self.place(kind), change);
    }

    pub(crate) fn drop_entry(&mut self, kind: &str) {
        let place = self.place(kind);
        self.entries.remove(place);
    }
}

fn collect(root: &Path, below: &str, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(root.join(below)).expect("a folder") {
        let entry = entry.expect("an entry");
        let name = entry.file_name().into_string().expect("a name of ours");
        let path = if below.is_empty() { name } else { format!("{below}/{name}") };
        if entry.file_type().expect("a type").is_dir() {
            collect(root, &path, found);
        } else {
            found.push(path);
        }
    }
}
