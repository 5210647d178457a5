//! The fund in a real Chromium, as people work it: `tests/run browser` brings browser, driver and
//! hledger, and runs this.

use std::path::{Path, PathBuf};
use std::process::Command;

use green_channel_tests::{Browser, TestApp, in_days, merchant_server, now};
use serde_json::{Value, json};

/// Somebody who may sign in with a password that nobody has to change.
fn person(app: &TestApp, role: &str) -> Value {
    let (data, login) = (app.data(), format!("b-{role}"));
    let data = data.to_str().expect("a path of ours");
    let words = ["user", "add", "--data", data, "--login", &login, "--name", "测试人员"];
    let output = merchant_server(words.iter().chain(&["--role", role, "--keep-password"]));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let (_, rest) = said.split_once("初始密码：").expect("a password is shown");
    let password = rest.lines().next().unwrap_or_default().trim();
    json!({ "login": login, "password": password })
}

/// A shop in the register; gives its id.
async fn shop(app: &TestApp) -> String {
    let shop = json!({
        "uscc": "91350100M000100Y43", "name": "晨光童装专柜", "kind": "mall_shop",
        "stall_no": "A-102", "contact_name": "欧阳小满", "contact_phone": "13900005520",
        "contract_from": "2026-01-01", "status": "active", "status_since": "2026-01-01",
    });
    let supervisor = app.person("supervisor", &["tenants:manage"]);
    let added = supervisor.post("/api/v1/tenants", &shop).await.expect("it is added");
    added["tenant_id"].as_str().expect("it has an id").to_owned()
}

/// A case that this clerk accepted at the console, for which the shop answers, and that is settled for
/// 3,000 yuan.
async fn settled(app: &TestApp, clerk: &Value, shop: &str) -> String {
    let case = app.divert("CN-9501").await;
    let mut browser = Browser::new(app.url());
    let text = |name: &str| clerk[name].as_str().expect("it is known");
    let page = browser.sign_in(text("login"), text("password")).await;
    assert_eq!(page.status, 303, "{}", page.text);
    let later = in_days(7);
    let accept = vec![("action", "accept")];
    let assign = vec![("action", "assign"), ("tenant", shop)];
    let offer = vec![
        ("action", "offer"),
        ("kinds", "refund"),
        ("refund_yuan", "3000.00"),
        ("perform_by", later.as_str()),
        ("answer_by", later.as_str()),
        ("text", "全额退款三千元。"),
    ];
    for mut fields in [accept, assign, offer] {
        let view = app.clerk().show(&case).await.expect("it shows");
        let version = view["summary"]["revision"].to_string();
        fields.push(("expected_version", &version));
        let page = browser.post(&format!("/console/cases/{case}/actions"), &fields).await;
        assert_eq!(page.status, 303, "{fields:?}: {}", page.text);
    }
    app.answer("CN-9501", &case, true).await;
    case
}

/// What hledger says is on each account.
fn hledger(journal: &Path, words: &[&str]) -> String {
    let output = Command::new("hledger").arg("--file").arg(journal).args(words).output();
    let output = output.expect("hledger is installed (tests/run browser)");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "hledger {words:?}: {said}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn folder() -> PathBuf {
    let folder = std::env::var_os("JOURNEY_FOLDER").map(PathBuf::from);
    let folder = folder.unwrap_or_else(|| std::env::temp_dir().join("green-channel-journey"));
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Chromium, Node and hledger: bash tests/run browser"]
async fn an_advance_is_claimed_approved_paid_signed_recovered_and_reconciled_in_the_browser() {
    let app = TestApp::start().await;
    let people: Value = ["clerk", "supervisor", "manager", "cashier"]
        .into_iter()
        .map(|role| (role.to_owned(), person(&app, role)))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let shop = shop(&app).await;
    let case = settled(&app, &people["clerk"], &shop).await;
    let (folder, today) = (folder(), now().civil_date().to_string());
    let journey = json!({
        "url": app.url(), "people": people, "caseId": case, "shop": shop, "folder": folder,
        "today": today, "month": &today[..7],
    });
    let modules = std::env::var("PLAYWRIGHT_FOLDER").expect("tests/run browser sets it");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/browser/fund.mjs");
    let mut run = Command::new("node");
    run.arg(script).arg(modules).env("JOURNEY", journey.to_string());
    let status = tokio::task::block_in_place(|| run.status()).expect("node is installed");
    assert!(status.success(), "see above; screenshots are in {}", folder.display());

    // What another program makes of the journal is what the server shows.
    let journal = folder.join("fund.journal");
    hledger(&journal, &["check", "accounts", "commodities"]);
    let shown = app.person("cashier", &["fund:read"]).get("/api/v1/fund").await.expect("it shows");
    let listed = hledger(&journal, &["balance", "--flat", "--no-total"]);
    for (account, field, fen) in [
        ("assets:bank", "bank_fen", 730_000),
        ("equity:pool", "pool_fen", 730_000),
        ("equity:advanced", "advanced_fen", 270_000),
    ] {
        assert_eq!(shown[field], fen, "{account}");
        let line = listed.lines().find(|line| line.ends_with(account)).unwrap_or_default();
        let yuan = format!("{}.00", fen / 100);
        assert!(line.contains(&yuan), "{account} is {yuan} in\n{listed}");
    }
    assert!(listed.contains("270000") || listed.contains("2700.00"), "{listed}");
    assert_eq!(app.center().broken_rules(), Vec::<String>::new());
    app.heard("CN-9501", &["accepted", "offered", "settled", "paid_in_advance"]).await;
}
