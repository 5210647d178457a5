//! What a regulator need not trust us for, through the real binary: heads that the center cosigns, a
//! bundle that holds, a slip that anybody checks, a room in which whoever looks is noted, and a server
//! that will not tell an older log again.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use green_channel::bundle::{BundleCheck, BundleVerified, Options};
use green_channel::log::TrustPolicy;
use green_channel::slip::Slip;
use green_channel::testkit::Faults;
use green_channel_tests::{Browser, Setup, TestApp, entries_of, merchant_server, offer, perform};
use serde_json::json;

/// Where the merchant keeps its policy, and how it says so.
const POLICY: (&str, &str) = ("policy_file = \"\"", "policy_file = \"policy\"");

/// A merchant whose heads the center cosigns.
async fn witnessed() -> (TestApp, String) {
    let mut setup = Setup::default();
    setup.settings.push(("timeout_seconds = 5", "timeout_seconds = 2"));
    let mut app = TestApp::start_with(setup).await;
    let checkpoint = app.get("/.well-known/green-channel.json").await.expect("it is published");
    let document: serde_json::Value = checkpoint.json().await.expect("JSON");
    let vkey = document["log"]["vkey"].as_str().expect("the key of the log").to_owned();
    app.center().witness_log(&vkey).expect("a key");
    let policy = format!(
        "log {vkey}\nwitness center {} {}/witness\nquorum center\n",
        app.center().witness_vkey(),
        app.center_url(),
    );
    assert!(app.stop().await.success());
    std::fs::write(app.data().join("policy"), &policy).expect("it is written");
    let file = app.data().join("config.toml");
    let text = std::fs::read_to_string(&file).expect("it is there");
    assert!(text.contains(POLICY.0));
    std::fs::write(&file, text.replacen(POLICY.0, POLICY.1, 1)).expect("it is written");
    app.restart().await;
    (app, policy)
}

/// Waits until the published head is one that this asks for, and gives it.
async fn head_that(app: &TestApp, what: &str, is: impl Fn(&str) -> bool) -> String {
    let began = Instant::now();
    loop {
        let note =
            app.get("/log/checkpoint").await.expect("it answers").text().await.expect("text");
        if is(&note) {
            return note;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "not in time: {what}\n{note}");
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
}

/// The published head is cosigned, and of so many entries at least.
async fn cosigned(app: &TestApp, policy: &str, least: u64) -> String {
    let policy = TrustPolicy::parse(policy).expect("a policy");
    let is = |note: &str| policy.believe(note).is_ok_and(|head| head.checkpoint.size >= least);
    head_that(app, "cosigned", is).await
}

fn operator(app: &TestApp, words: &[&str]) -> (bool, String) {
    let data = app.data();
    let data = data.to_str().expect("a path of ours");
    let output = merchant_server(words.iter().chain(&["--data", data]));
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

fn export(app: &TestApp, name: &str, options: &[&str]) -> PathBuf {
    let out = app.data().with_file_name(name);
    let words = ["export", "bundle", "--out", out.to_str().expect("a path of ours")];
    let (went, said) = operator(app, &[&words, options].concat());
    assert!(went, "{said}");
    out
}

fn checked(folder: &Path, policy: &str) -> BundleVerified {
    let options = Options { policy: Some(policy.to_owned()), ..Options::default() };
    BundleCheck::run(folder, &options, |_, _| {}).expect("the bundle holds")
}

/// Every file of a folder with its bytes.
fn files(folder: &Path) -> std::collections::BTreeMap<PathBuf, Vec<u8>> {
    let mut found = std::collections::BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(below) = open.pop() {
        for entry in std::fs::read_dir(below).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(folder).expect("below it").to_owned();
                found.insert(name, std::fs::read(&path).expect("it reads"));
            }
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn heads_are_cosigned_and_a_database_older_than_the_witness_is_not_served() {
    let (mut app, policy) = witnessed().await;
    app.accepted("WIT-1").await;
    cosigned(&app, &policy, 3).await;
    assert!(app.stop().await.success());
    let database = app.data().join("green-channel.db");
    let old = std::fs::read(&database).expect("the database");
    app.restart().await;

    // The witness is away: the log grows, is published without its line, and is cosigned later.
    app.center().faults(Faults { witness_unavailable: true, ..Faults::default() });
    app.accepted("WIT-2").await;
    let trust = TrustPolicy::parse(&policy).expect("a policy");
    let alone = |note: &str| {
        trust.read(note).is_ok_and(|head| head.checkpoint.size > 5 && head.witnesses.is_empty())
    };
    let note = head_that(&app, "the log grows without it", alone).await;
    let alone = trust.read(&note).expect("it is signed").checkpoint.size;
    // A bundle taken meanwhile ends with the last head that has its quorum.
    let meanwhile = checked(&export(&app, "meanwhile", &[]), &policy);
    assert!(meanwhile.log.checkpoint.size < alone, "{}", meanwhile.log.checkpoint.size);
    app.center().faults(Faults::default());
    let head = cosigned(&app, &policy, alone).await;
    let metrics = app.get("/metrics").await.unwrap().text().await.unwrap();
    assert!(metrics.contains("green_channel_log_cosigned_size"));
    let out = export(&app, "witnessed", &[]);
    let verified = checked(&out, &policy);
    assert_eq!(verified.log.witnesses.len(), 1);
    assert_eq!(app.center().broken_rules(), Vec::<String>::new());
    assert!(app.stop().await.success());

    // The old database is put back: what we published ourselves is remembered beside it.
    for ending in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(app.data().join(format!("green-channel.db{ending}")));
    }
    std::fs::write(&database, &old).expect("it is put back");
    let (went, said) = operator(&app, &["serve"]);
    assert!(!went && said.contains("数据库比外界见过的日志旧"), "{said}");
    assert!(said.contains("checkpoint.seen"), "{said}");
    // And without that file the witness remembers.
    std::fs::remove_file(app.data().join("checkpoint.seen")).expect("it was there");
    let (went, said) = operator(&app, &["serve"]);
    assert!(!went && said.contains("见证方 center 已联署过"), "{said}");
    // A bundle of it fails for whoever has the later head.
    let out = export(&app, "older", &[]);
    let since = Options { since: Some(head), ..Options::default() };
    let fault = BundleCheck::run(&out, &since, |_, _| {}).expect_err("it is older").to_string();
    assert!(fault.contains("earlier checkpoint"), "{fault}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_is_the_same_each_time_and_opens_only_the_cases_that_are_named() {
    let (mut app, policy) = witnessed().await;
    let id = app.accepted("BUN-1").await;
    app.clerk().does(&id, offer(20_000, "全额退款")).await;
    app.answer("BUN-1", &id, true).await;
    app.clerk().does(&id, perform(20_000)).await;
    let other = app.accepted("BUN-2").await;
    let back = json!({ "action": "hand_back", "reason": "consumer_asks", "summary": "消费者要求" });
    app.clerk().does(&other, back).await;
    app.drained(Duration::from_secs(60)).await;
    cosigned(&app, &policy, 8).await;
    let period = ["--from", "2026-01-01", "--to", "2035-12-31"];
    let (one, two) = (export(&app, "one", &period), export(&app, "two", &period));
    assert_eq!(files(&one), files(&two), "the same period, the same bytes");
    let verified = checked(&one, &policy);
    assert_eq!((verified.log.cases, verified.log.not_judged), (2, 0));
    assert_eq!(verified.figures.len(), green_channel::indicators::ALL.len());
    // A period that is over ends with the first head behind it, whatever happens later.
    let past = ["--from", "2026-01-01", "--to", "2026-01-31"];
    let past_one = export(&app, "past-one", &past);
    app.accepted("BUN-3").await;
    app.drained(Duration::from_secs(60)).await;
    cosigned(&app, &policy, 12).await;
    let past_two = export(&app, "past-two", &past);
    assert_eq!(files(&past_one), files(&past_two), "and stays so");
    assert!(checked(&past_two, &policy).manifest.period.is_some_and(|period| period.over));

    // Opened by somebody whose work it is, for a reason, and noted.
    let disclose = ["--disclose", "BUN-1", "--by", "shenji", "--reason", "监管检查"];
    let opened = export(&app, "opened", &disclose);
    let verified = checked(&opened, &policy);
    assert_eq!(verified.manifest.disclosed.len(), 1);
    assert!(verified.disclosed_fields > 5, "{}", verified.disclosed_fields);
    let words = files(&opened);
    let told = |words: &std::collections::BTreeMap<PathBuf, Vec<u8>>| {
        words.values().any(|bytes| String::from_utf8_lossy(bytes).contains("154"))
    };
    assert!(!files(&one).keys().any(|name| name.starts_with("disclosed")) && told(&words));
    assert_eq!(app.clerk().kinds(&id).await.last().map(String::as_str), Some("revealed"));
    let out = app.data().with_file_name("refused");
    let out = out.to_str().expect("a path of ours");
    for wrong in [
        &["--disclose", "BUN-1"][..],
        &["--disclose", "BUN-1", "--by", "shouli", "--reason", "好奇"],
        &["--disclose", "BUN-9", "--by", "shenji", "--reason", "监管检查"],
        &["--from", "2026-02-01"],
        &["--from", "2026-02-01", "--to", "2026-01-01"],
    ] {
        let (went, said) = operator(&app, &[&["export", "bundle", "--out", out], wrong].concat());
        assert!(!went && !said.trim().is_empty(), "{wrong:?}: {said}");
        assert!(!Path::new(out).join("manifest.json").exists(), "{wrong:?}");
    }
    assert!(app.stop().await.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slip_is_checked_by_anybody_on_the_public_page_and_offline() {
    let (app, policy) = witnessed().await;
    let id = app.accepted("SLP-1").await;
    cosigned(&app, &policy, 3).await;
    let mut clerk = app.enter("shouli-1", "clerk").await;
    let page = clerk.get(&format!("/console/cases/{id}/proof")).await;
    assert!(page.text.contains("消费投诉存证凭条") && page.text.contains("<svg"), "{}", page.text);
    let text = clerk.get(&format!("/console/cases/{id}/proof?as=text")).await.text;
    let address = text.trim();
    assert!(address.len() < 2_900, "a code holds it: {}", address.len());
    let path = address.strip_prefix(app.url()).expect("an address of ours");
    let mut anybody = Browser::new(app.url());
    let page = anybody.get(path).await;
    assert!(page.text.contains("凭条有效") && page.text.contains("仍在日志中"), "{}", page.text);
    assert!(page.text.contains("center"), "who cosigned it: {}", page.text);
    assert!(!page.text.contains("SLP-1"), "the slip names no complaint");
    let page = anybody.get(&path.replacen("?s=ey", "?s=ez", 1)).await;
    assert!(page.text.contains("凭条无效"), "{}", page.text);
    assert!(anybody.get("/slip").await.text.contains("粘贴凭条内容"));

    // Without the merchant: from the letters of the code alone.
    let (trust, slip) = (TrustPolicy::parse(&policy).expect("a policy"), Slip::parse(address));
    let slip = slip.expect("it reads");
    let proved = slip.check(&trust, Some(app.keys())).expect("it holds");
    assert!(proved.receipt_checked && proved.head.witnesses.len() == 1);
    let impostor = app.impostor();
    assert!(slip.check(&trust, Some(&impostor.keys())).is_err(), "signed by somebody else");

    // The receipt of the center is redeemed for the same proof.
    let stream = app.clerk().show(&id).await.expect("a case")["stream"].clone();
    let stream = stream.as_str().expect("it has one").to_owned();
    let proof = app.get(&format!("/log/proof/{stream}/0")).await.unwrap();
    assert_eq!(proof.status().as_u16(), 200);
    assert!(proof.text().await.unwrap().starts_with("c2sp.org/tlog-proof@v1\nindex "));
    for nothing in [format!("/log/proof/{stream}/999"), "/log/proof/host/x".to_owned()] {
        assert_eq!(app.get(&nothing).await.unwrap().status().as_u16(), 404, "{nothing}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_looks_over_our_shoulder_finds_everything_and_is_noted() {
    let (mut app, policy) = witnessed().await;
    let id = app.accepted("AUD-1").await;
    cosigned(&app, &policy, 3).await;
    let mut auditor = app.enter("shenji-1", "auditor").await;
    let room = auditor.get("/console/audit").await;
    assert!(room.text.contains("查案件") && room.text.contains("见证方已联署"), "{}", room.text);
    assert_eq!(
        auditor.get("/console/audit?no=AUD-1").await.location,
        format!("/console/cases/{id}")
    );
    assert!(auditor.get("/console/audit?no=AUD-9").await.text.contains("没有这个投诉编号"));
    let case = auditor.get(&format!("/console/cases/{id}")).await;
    let stream = app.clerk().show(&id).await.expect("a case")["stream"].clone();
    let stream = stream.as_str().expect("it has one").to_owned();
    assert!(case.text.contains(&format!("/log/proof/{stream}/0")), "a proof for each line");
    let figures = "/console/audit/figures?from=2026-01-01&to=2035-12-31";
    let figures = auditor.get(figures).await;
    assert!(figures.text.contains("100.00%（1/1）"), "{}", figures.text);
    for wrong in ["from=x&to=y", "from=2026-02-01&to=2026-01-01"] {
        let page = auditor.get(&format!("/console/audit/figures?{wrong}")).await;
        assert!(page.text.contains("alert-bad"), "{wrong}");
    }
    let acts = auditor.get("/console/audit/acts").await;
    for word in ["监管查阅", "新增人员", "日志开始", "命令行", "/log/proof/host/0", &stream]
    {
        assert!(acts.text.contains(word), "{word} is not in\n{}", acts.text);
    }
    // The bundle, as one file.
    let (bytes, name) = auditor
        .download("/console/audit/bundle", &[("from", "2026-01-01"), ("to", "2035-12-31")])
        .await;
    assert!(name.contains("bundle-2026-01-01-2035-12-31.tar"), "{name}");
    let home = tempfile::tempdir().expect("a folder");
    let tar = home.path().join("bundle.tar");
    std::fs::write(&tar, bytes).expect("it is written");
    let unpacked = Command::new("tar").arg("-xf").arg(&tar).arg("-C").arg(home.path()).status();
    assert!(unpacked.expect("tar runs").success());
    assert_eq!(checked(&home.path().join("bundle"), &policy).log.cases, 1);
    let left: Vec<_> = std::fs::read_dir(app.data()).unwrap().flatten().collect();
    assert!(!left.iter().any(|entry| entry.file_name().to_string_lossy().starts_with(".bundle")));

    // A token of a regulator is watched as well; a clerk is not.
    let regulator = app.person("auditor", &["cases:read"]);
    regulator.show(&id).await.expect("it may read");
    app.clerk().show(&id).await.expect("it may read");
    assert!(app.stop().await.success());
    let entries = entries_of(&app.export_log());
    let looks: Vec<serde_json::Value> = entries
        .iter()
        .map(|entry| serde_json::from_slice(entry).expect("JSON"))
        .filter(|leaf: &serde_json::Value| leaf["kind"] == "looked")
        .collect();
    let of = |page: &str| looks.iter().filter(|leaf| leaf["data"]["page"] == page).count();
    assert_eq!(of("/console/audit"), 3);
    assert_eq!(of("/console/cases/{case_id}"), 1);
    assert_eq!(of("/api/v1/cases/{case_id}"), 1);
    let case = looks.iter().find(|leaf| leaf["data"]["page"] == "/console/cases/{case_id}");
    assert_eq!(case.expect("it is there")["data"]["stream"], json!(stream));
    assert!(looks.iter().all(|leaf| leaf["actor"]["role"] == "auditor"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_does_not_fit_is_told_before_anything_is_served() {
    let mut app = TestApp::start().await;
    assert!(app.stop().await.success());
    let file = app.data().join("config.toml");
    let text = std::fs::read_to_string(&file).expect("it is there");
    std::fs::write(&file, text.replacen(POLICY.0, POLICY.1, 1)).expect("it is written");
    let (went, said) = operator(&app, &["serve"]);
    assert!(!went && said.contains("读不到信任策略"), "{said}");
    for (policy, problem) in
        [("quorum nobody\n", "第 1 行有误"), ("quorum none\n", "没有本单位的日志公钥")]
    {
        std::fs::write(app.data().join("policy"), policy).expect("it is written");
        for command in ["serve", "doctor"] {
            let (went, said) = operator(&app, &[command]);
            assert!(!went && said.contains(problem), "{command}: {said}");
        }
    }
}
