//! Who was erased cannot be guessed back out of the log: a phone number has only 10^8 endings, and each
//! of them is tried against every hash that an auditor ever sees.

use std::collections::HashSet;

use green_channel::bundle::{BundleCheck, BundleSpec, BundleWriter, Options};
use green_channel::case::{Actor, Command, Role};
use green_channel::ids::Pseudonym;
use green_channel::log::{Hash, Leaf, leaf_hash};

use super::mall::{Mall, ORIGIN, mall};

/// Every ending, or as many as somebody in a hurry asks for.
fn endings() -> u64 {
    let asked = std::env::var("PHONE_ENDINGS").ok().and_then(|text| text.parse().ok());
    asked.unwrap_or(100_000_000)
}

/// All 32 bytes that stand anywhere in the entries as base64: leaf hashes, commitments, digests.
fn hashes(entries: &[Vec<u8>]) -> HashSet<[u8; 32]> {
    let mut found = HashSet::new();
    for entry in entries {
        found.insert(*leaf_hash(entry).as_bytes());
        let leaf = Leaf::parse(entry).expect("a leaf");
        let text =
            serde_json::to_string(&leaf.commit).expect("it serializes") + &leaf.data.to_string();
        for part in text.split('"').filter(|part| part.len() == 44) {
            if let Ok(hash) = part.parse::<Hash>() {
                found.insert(*hash.as_bytes());
            }
        }
        let hex = text.split('"').filter(|part| part.len() == 64).filter_map(|part| {
            let bytes: Result<Vec<u8>, _> =
                (0..32).map(|at| u8::from_str_radix(&part[at * 2..at * 2 + 2], 16)).collect();
            <[u8; 32]>::try_from(bytes.ok()?).ok()
        });
        found.extend(hex);
    }
    found
}

/// The number whose hash is among these, if any ending of this beginning has one.
fn guess(beginning: &str, known: &HashSet<[u8; 32]>, endings: u64) -> Option<String> {
    // Two bytes of each hash in a table: all but one guess in a hundred ends here.
    let mut table = vec![false; 1 << 16];
    let place = |hash: &[u8; 32]| usize::from(u16::from_be_bytes([hash[0], hash[1]]));
    known.iter().for_each(|hash| table[place(hash)] = true);
    let half = endings / 2;
    let try_all = |from: u64, to: u64| {
        let mut number = format!("{beginning}{from:08}").into_bytes();
        let first = beginning.len();
        for ending in from..to {
            let mut rest = ending;
            for digit in number[first..].iter_mut().rev() {
                *digit = b'0' + u8::try_from(rest % 10).expect("a digit");
                rest /= 10;
            }
            let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &number);
            let hash: &[u8; 32] = digest.as_ref().try_into().expect("32 bytes");
            if table[place(hash)] && known.contains(hash) {
                return Some(String::from_utf8(number).expect("digits"));
            }
        }
        None
    };
    std::thread::scope(|scope| {
        let one = scope.spawn(|| try_all(0, half));
        try_all(half, endings).or_else(|| one.join().expect("no panic"))
    })
}

async fn bundle(mall: &Mall, out: &std::path::Path) -> Vec<Vec<u8>> {
    let (note, entries) = (mall.cosigned().await, mall.entries().await);
    let spec = BundleSpec {
        policy: mall.policy(),
        note,
        period: None,
        years: Vec::new(),
        rules: Vec::new(),
        disclosed: Vec::new(),
    };
    let mut writer = BundleWriter::begin(out, spec).expect("it begins");
    entries.iter().for_each(|entry| writer.entry(entry).expect("it is written"));
    assert_eq!(writer.finish().expect("it is written").fault, None);
    entries
}

#[tokio::test]
async fn before_and_after_an_erasure_the_bundle_holds_and_no_phone_number_can_be_guessed_from_it() {
    let mall = mall(ORIGIN).await;
    let id = mall.settle(20_000).await;
    mall.perform(id, 20_000).await;
    let erased = mall.hand_back().await;
    let loaded = mall.channel.load(erased).await.expect("it is there");
    let folder = tempfile::tempdir().expect("a folder");
    let (before, after) = (folder.path().join("before"), folder.path().join("after"));
    let first = bundle(&mall, &before).await;
    let head = std::fs::read_to_string(before.join("checkpoint")).expect("it is there");
    let opened = mall.channel.disclose(&loaded, u64::MAX).await.expect("it is open");
    let words = serde_json::to_string(&opened).expect("it serializes");
    // Every number of the corpus begins like this.
    let at = words.find("154").expect("a number is among the words");
    let phone = words[at..at + 11].to_owned();
    assert!(phone.bytes().all(|b| b.is_ascii_digit()), "{phone}");
    let center = Actor { role: Role::Center, pseudonym: Pseudonym::new([6; 16]) };
    mall.act(erased, center, Command::WithdrawConsent { paper_no: None }).await;
    let second = bundle(&mall, &after).await;
    let gone = mall.channel.load(erased).await.expect("the skeleton stays");
    assert!(mall.channel.disclose(&gone, u64::MAX).await.is_err(), "nobody opens it any more");
    let since = Options { since: Some(head), ..Options::default() };
    for (folder, options) in [(&before, &Options::default()), (&after, &since)] {
        BundleCheck::run(folder, options, |_, _| {}).expect("it holds");
    }
    assert_eq!(first, second[..first.len()], "not a byte of what was there has changed");

    let known = hashes(&second);
    let mut planted = known.clone();
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, phone.as_bytes());
    planted.insert(hash.as_ref().try_into().expect("32 bytes"));
    let endings = endings();
    let found = guess(&phone[..3], &planted, endings);
    if endings == 100_000_000 {
        assert_eq!(found.as_deref(), Some(phone.as_str()), "control: an unsalted hash is found");
    }
    assert_eq!(guess(&phone[..3], &known, endings), None);
}
