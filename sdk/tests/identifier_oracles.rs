//! Check digits against a library we did not write (tests/oracles/identifiers).

use green_channel::codes::{ResidentId, Uscc};

fn table(name: &str) -> Vec<(String, bool)> {
    let path = format!("{}/../tests/oracles/identifiers/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).expect("the table is committed");
    let row = |line: &str| {
        let (number, verdict) = line.split_once(' ').expect("two columns");
        (number.to_owned(), verdict == "ok")
    };
    text.lines().map(row).collect()
}

#[test]
fn every_credit_code_gets_the_verdict_of_python_stdnum() {
    let table = table("uscc.txt");
    assert_eq!(table.len(), 120);
    for (number, good) in table {
        assert_eq!(Uscc::parse(&number).is_ok(), good, "{number}");
    }
}

#[test]
fn every_resident_id_gets_the_verdict_of_python_stdnum() {
    let table = table("resident-id.txt");
    assert!(table.len() >= 100);
    for (number, good) in table {
        assert_eq!(ResidentId::parse(&number).is_ok(), good, "{number}");
    }
}
