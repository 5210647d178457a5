//! The tamper bank: forgeries by somebody with full access to the merchant's database, files and keys,
//! but not to the witness's key; each is found and named by the check that an auditor runs, who holds a
//! policy and an earlier checkpoint of their own. (`verify_tampering.rs` has the untruths that a log
//! could tell from its beginning.)
#![cfg(all(feature = "sqlite", feature = "testkit"))]

mod files;
mod forger;
mod guessing;
mod histories;
mod mall;
mod money;

use green_channel::bundle::{BundleCheck, CheckError, Options};

use self::forger::{Forgery, Honest, honest};

/// What the program says of a folder.
fn verdict(honest: &Honest, folder: &std::path::Path) -> String {
    let options = Options {
        policy: Some(honest.policy.clone()),
        since: Some(honest.earlier.clone()),
        period: None,
    };
    match BundleCheck::run(folder, &options, |_, _| {}) {
        Ok(_) => "passes".to_owned(),
        Err(CheckError::Fault(fault)) => {
            assert!(!fault.message_zh().is_empty());
            fault.code().to_owned()
        }
        Err(error @ CheckError::Io { .. }) => format!("unreadable: {error}"),
    }
}

#[tokio::test]
async fn the_honest_bundle_passes_and_every_forgery_is_found_and_named() {
    let honest = honest().await;
    let fresh = honest.forger();
    assert_eq!(verdict(&honest, fresh.folder()), "passes");
    let bank: Vec<&Forgery> =
        files::BANK.iter().chain(&histories::BANK).chain(&money::BANK).collect();
    assert!(bank.len() >= 60, "{} forgeries", bank.len());
    let mut missed = Vec::new();
    for Forgery { name, codes, forge } in &bank {
        let mut forger = honest.forger();
        forge(&mut forger, &honest);
        let found = verdict(&honest, forger.folder());
        if std::env::var_os("TAMPER_TABLE").is_some() {
            println!("| {name} | {found} |");
        }
        if !codes.contains(&found.as_str()) {
            missed.push(format!("{name}: {found}, not {codes:?}"));
        }
    }
    let names: std::collections::BTreeSet<_> = bank.iter().map(|forgery| forgery.name).collect();
    assert_eq!(names.len(), bank.len(), "each is another");
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[tokio::test]
async fn the_program_says_the_same_in_chinese_in_json_and_by_its_exit_code() {
    let honest = honest().await;
    let fresh = honest.forger();
    let policy = fresh.beside("my-policy", &honest.policy);
    let since = fresh.beside("my-checkpoint", &honest.earlier);
    let run = |folder: &std::path::Path, more: &[&str]| {
        let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_green-channel-verify"));
        let output = program.arg(folder).args(more).output().expect("it runs");
        (output.status.code(), String::from_utf8(output.stdout).expect("text"))
    };
    let own = ["--policy", policy.as_str(), "--since", since.as_str()];
    let (code, said) = run(fresh.folder(), &own);
    assert_eq!(code, Some(0), "{said}");
    for part in ["核验通过", "未变短、未改写", "联署：center", "公开的 1 件案件", "首问响应及时率"]
    {
        assert!(said.contains(part), "{part} is not in\n{said}");
    }
    assert!(!said.contains("信任策略取自文件夹"));
    let (_, said) = run(fresh.folder(), &["--json"]);
    let json: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!((&json["ok"], &json["own_policy"]), (&true.into(), &false.into()));
    assert_eq!(json["witnesses"][0]["name"], "center");

    let mut forger = honest.forger();
    forger.replace("indicators.json", "\"count\":2", "\"count\":9");
    let (code, said) = run(forger.folder(), &own);
    assert!(code == Some(1) && said.contains("公布的指标 advances"), "{said}");
    let (code, said) = run(forger.folder(), &["--json"]);
    let json: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    assert!(code == Some(1) && json["code"] == "indicator" && json["ok"] == false, "{said}");
    forger.remove("manifest.json");
    assert_eq!(run(forger.folder(), &[]).0, Some(2), "no bundle at all");
    assert_eq!(run(fresh.folder(), &["--since", "/nowhere"]).0, Some(2));
}

#[tokio::test]
async fn the_program_checks_a_slip_offline_against_policy_and_keys() {
    let mall = mall::mall(mall::ORIGIN).await;
    let case = mall.hand_back().await;
    mall.cosigned().await;
    let loaded = mall.channel.load(case).await.expect("it is there");
    let slip = mall.channel.slip(&loaded).await.expect("it reads").expect("a head covers it");
    let home = tempfile::tempdir().expect("a folder");
    let file = |name: &str, text: &str| {
        let path = home.path().join(name);
        std::fs::write(&path, text).expect("it is written");
        path.to_str().expect("a path of ours").to_owned()
    };
    let keys = mall.channel.public_keys().to_jwks().to_string();
    let (policy, keys) = (file("policy", &mall.policy()), file("keys", &keys));
    let address = format!("https://mall.example/slip?s={}", slip.to_text());
    let kept = file("slip", &address);
    let verify = |arguments: &[&str]| {
        let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_green-channel-verify"));
        let output = program.args(arguments).output().expect("it runs");
        (output.status.code(), String::from_utf8(output.stdout).expect("text"))
    };
    let (code, said) = verify(&["slip", &kept, "--policy", &policy, "--keys", &keys]);
    assert!(code == Some(0) && said.contains("回执签名相符"), "{said}");
    assert!(said.contains("联署：center"), "{said}");
    let (code, said) = verify(&["slip", &address, "--policy", &policy]);
    assert!(code == Some(0) && said.contains("回执签名未核"), "{said}");
    let other = address.replacen("~AAAA", "~AAAB", 1);
    let (code, said) = verify(&["slip", &other, "--policy", &policy, "--json"]);
    assert!(code == Some(1) && said.contains("\"ok\":false"), "{said}");
    let strange = file("strange", "quorum none\n");
    assert_eq!(verify(&["slip", &address, "--policy", &strange]).0, Some(1), "another log");
    assert_eq!(verify(&["slip", &address]).0, Some(2), "without a policy nothing is believed");
    assert_eq!(verify(&["slip", &address, "--policy", "/nowhere"]).0, Some(2));
}

/// Any single bit of anything that is signed, hashed or claimed.
#[tokio::test]
async fn a_flipped_bit_is_found_wherever_it_lies() {
    let honest = honest().await;
    let mut forger = honest.forger();
    let files = forger.files();
    let mut unnoticed = Vec::new();
    let mut state = 12_315_u64;
    let mut draw = |below: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).expect("small") % below
    };
    for round in 0..300 {
        let file = &files[draw(files.len())];
        let whole = forger.bytes(file);
        let mut bytes = whole.clone();
        let place = draw(bytes.len());
        bytes[place] ^= 1 << draw(8);
        forger.write(file, &bytes);
        if verdict(&honest, forger.folder()) == "passes" {
            unnoticed.push(format!("round {round}: {file}, byte {place}"));
        }
        forger.write(file, &whole);
    }
    // The folder's policy is only read when the auditor has none: its comments and names are nobody's
    // evidence.
    unnoticed.retain(|one| !one.contains(": policy,"));
    assert!(unnoticed.is_empty(), "{}", unnoticed.join("\n"));
    assert_eq!(verdict(&honest, forger.folder()), "passes", "control: put back it is whole");
}
