//! Amounts in words against three libraries we did not write (tests/oracles/money).

use std::collections::BTreeSet;

use green_channel::fund::rmb_words;
use green_channel::hex_digest;
use green_channel::money::Fen;

const MOST: u64 = (1 << 53) - 1;

fn kept(name: &str) -> String {
    let path = format!("{}/../tests/oracles/money/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).expect("it is committed")
}

/// The amounts of `values.py`.
fn values() -> Vec<u64> {
    let mut edges: BTreeSet<i128> = [0, 1, 9, 10, 11, 99, 100, 101, 110, i128::from(MOST)].into();
    for power in 2..16 {
        for digit in [1, 9] {
            for step in [-101, -100, -1, 0, 1, 10, 100, 1_000] {
                edges.insert(digit * 10_i128.pow(power) + step);
            }
        }
    }
    let mut all: Vec<u64> = edges
        .into_iter()
        .filter_map(|fen| u64::try_from(fen).ok().filter(|fen| *fen <= MOST))
        .collect();
    let mut state: u64 = 12_315;
    for n in 0..100_000_u32 {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mut fen = (state >> 8) % 10_u64.pow(1 + n % 16);
        if n.is_multiple_of(3) {
            let digits = fen.to_string();
            let zeroed = digits.bytes().enumerate().map(|(place, digit)| {
                let kept = (usize::from(digit - b'0') + place).is_multiple_of(3);
                char::from(if kept { digit } else { b'0' })
            });
            fen = zeroed.collect::<String>().parse().expect("digits");
        }
        all.push(fen % (MOST + 1));
    }
    all
}

fn line(fen: u64) -> String {
    let words = rmb_words(Fen::new(i64::try_from(fen).expect("below 2^53")));
    format!("{fen},{words}\n")
}

#[test]
fn a_hundred_thousand_amounts_are_written_as_three_libraries_write_them() {
    let lines: Vec<String> = values().into_iter().map(line).collect();
    assert_eq!(lines.len(), 100_223);
    // First the sample: it names the amount.
    let sample = kept("nzh-1.0.14.sample.txt");
    assert_eq!(sample.lines().count(), lines.len().div_ceil(50));
    for (ours, theirs) in lines.iter().step_by(50).zip(sample.lines()) {
        assert_eq!(ours.trim_end(), theirs);
    }
    let digest = hex_digest(lines.concat().as_bytes());
    for library in ["nzh-1.0.14", "cn2an-0.5.24", "cn-amount-0.0.5"] {
        assert_eq!(digest, kept(&format!("{library}.sha256")).trim(), "{library}");
    }
}
