//! The fund through the real binary: what a platform's own systems call, from the first deposit to the
//! last fen.

use std::time::Duration;

use green_channel_tests::{
    ApiError, Refused, Staff, TestApp, accept, check_log, merchant_server, offer, refusal,
};
use serde_json::{Value, json};

/// What was refused, as the status and the rule's own word.
fn word(refused: &Refused) -> String {
    let reason = refused.body["reason"].as_str().unwrap_or(&refused.code).to_owned();
    format!("{} {reason}", refused.status)
}

fn no(outcome: Result<Value, ApiError>) -> String {
    word(&refusal(outcome))
}

fn today() -> String {
    green_channel_tests::now().civil_date().to_string()
}

fn slip(fen: i64, reference: &str) -> Value {
    json!({ "fen": fen, "effective_on": today(), "reference": reference })
}

fn with(action: &str, mut members: Value) -> Value {
    members["action"] = json!(action);
    json!({ "command": members })
}

struct Fund {
    id: String,
}

impl Fund {
    async fn does(&self, who: &Staff, action: &str, members: Value) -> Result<Value, ApiError> {
        let path = format!("/api/v1/fund/advances/{}/actions", self.id);
        who.post(&path, &with(action, members)).await
    }
}

fn asked(fen: i64) -> Value {
    json!({
        "fen": fen,
        "grounds": {
            "facts_clear": true, "evidence_sufficient": true, "basis_definite": true,
            "consumer_without_fault": true,
        },
        "payee": { "name": "周文静", "account": "6222020000001234567", "bank": "某行城东支行" },
        "reason": "商户拒不退款",
    })
}

#[expect(clippy::too_many_lines, reason = "one journey reads best as one")]
#[tokio::test(flavor = "multi_thread")]
async fn an_advance_goes_its_way_through_the_api_and_the_case_waits_for_the_money() {
    let mut app = TestApp::start().await;
    let clerk = app.person("clerk", &["cases:read", "cases:act", "fund:act"]);
    let supervisor = app.person("supervisor", &["cases:read", "fund:read", "fund:act"]);
    let manager = app.person("manager", &["fund:read", "fund:act"]);
    let cashier = app.person("cashier", &["fund:read", "fund:act"]);
    let act = |who: &Staff, body: Value| {
        let who = who.clone();
        async move { who.post("/api/v1/fund/actions", &body).await }
    };
    act(&cashier, with("contribute", slip(500_000, "BANK-1"))).await.expect("it is booked");
    let refused = no(act(&clerk, with("contribute", slip(1, "BANK-2"))).await);
    assert_eq!(refused, "403 role_not_permitted");
    let odd = json!({ "command": { "action": "contribute", "fen": 1.5 } });
    assert!(no(act(&cashier, odd).await).starts_with("4"));

    let case = app.divert("CN-9001").await;
    clerk.does(&case, accept()).await;
    clerk.does(&case, offer(250_000, "全额退款。")).await;
    app.answer("CN-9001", &case, true).await;
    let path = format!("/api/v1/cases/{case}/advances");
    assert_eq!(no(clerk.post(&path, &asked(250_001)).await), "409 more_than_settled");
    let mut doubted = asked(250_000);
    doubted["grounds"]["basis_definite"] = json!(false);
    assert_eq!(no(clerk.post(&path, &doubted).await), "409 grounds_not_met");
    let made = clerk.post(&path, &asked(250_000)).await.expect("it is asked for");
    assert_eq!(made["status"], "requested");
    let fund = Fund { id: made["advance_id"].as_str().expect("an id").to_owned() };

    let none = || json!({});
    assert_eq!(no(fund.does(&clerk, "approve", none()).await), "403 role_not_permitted");
    fund.does(&supervisor, "approve", none()).await.expect("one approves");
    assert_eq!(no(fund.does(&supervisor, "approve", none()).await), "409 same_person");
    let acted = fund.does(&manager, "approve", none()).await.expect("and another");
    assert_eq!(acted["advance"]["status"], "intended");
    let seen = cashier.get("/api/v1/fund").await.expect("it shows");
    assert_eq!((&seen["pool_fen"], &seen["reserved_fen"]), (&json!(250_000), &json!(250_000)));
    let waiting = cashier.get("/api/v1/fund/advances?queue=pay").await.expect("it lists");
    assert_eq!(waiting["advances"][0]["advance_id"], made["advance_id"]);

    let perform = || {
        json!({
            "action": "perform", "proof": "先行赔付凭单", "outcome": "advance_compensation",
            "method": "on_site", "process": "商户拒不退款，先行赔付。", "result": "已付消费者。",
            "recovered_fen": 250_000,
        })
    };
    assert_eq!(word(&refusal(clerk.act(&case, perform()).await)), "409 money_pending");
    fund.does(&cashier, "submit", json!({ "provider": "manual" })).await.expect("in hand");
    let paid = fund.does(&cashier, "confirm_paid", slip(250_000, "SLIP-9")).await.expect("paid");
    assert_eq!(paid["events"], json!(["advance_paid"]));
    assert_eq!(
        no(fund.does(&cashier, "confirm_paid", slip(250_000, "SLIP-9")).await),
        "409 wrong_status"
    );
    fund.does(&cashier, "clear", slip(250_000, "SLIP-9")).await.expect("it is on the statement");
    fund.does(&clerk, "sign", json!({ "paper_no": "QS-2026-0001" })).await.expect("signed");
    clerk.does(&case, perform()).await;
    let told = ["accepted", "offered", "settled", "paid_in_advance", "performed", "closed"];
    app.heard("CN-9001", &told).await;

    // Money that leaves the fund otherwise is decided by two.
    let proposed = act(&cashier, with("propose_return_pool", json!({ "fen": 50_000 }))).await;
    let id = proposed.expect("it is proposed")["proposal_id"].clone();
    let agree = || with("approve_proposal", json!({ "proposal_id": id, "effective_on": today() }));
    assert_eq!(no(act(&cashier, agree()).await), "403 role_not_permitted");
    act(&manager, agree()).await.expect("another agrees");
    assert_eq!(no(act(&manager, agree()).await), "409 proposal_over");
    let short = with("propose_return_pool", json!({ "fen": 9_000_000 }));
    assert_eq!(no(act(&cashier, short).await), "409 short");
    act(&cashier, with("assert", json!({ "on": today() }))).await.expect("the day ends");

    let all = supervisor.get("/api/v1/fund/entries?limit=200").await.expect("it lists");
    let entries = all["entries"].as_array().expect("a list");
    let numbers: Vec<u64> = entries.iter().filter_map(|entry| entry["n"].as_u64()).collect();
    assert_eq!(numbers, (0..numbers.len() as u64).collect::<Vec<_>>());
    let seen = cashier.get("/api/v1/fund").await.expect("it shows");
    assert_eq!((&seen["bank_fen"], &seen["loss_fen"]), (&json!(200_000), &json!(250_000)));
    assert_eq!(seen["below_floor"], true);
    for query in ["limit=0", "from=x", "queue=none", "queue=pay&queue=pay", "a=b"] {
        let refused = refusal(cashier.get(&format!("/api/v1/fund/advances?{query}")).await);
        assert_eq!(refused.status, 400, "{query}");
    }
    app.drained(Duration::from_secs(20)).await;
    assert_eq!(app.center().broken_rules(), Vec::<String>::new());
    assert!(app.stop().await.success());
    let data = app.data();
    let data = data.to_str().expect("a path of ours");
    let fsck = merchant_server(["fsck", "--json", "--data", data]);
    let report: Value = serde_json::from_slice(&fsck.stdout).expect("fsck says JSON");
    assert_eq!(report["sound"], true, "{report}");
    let log = check_log(&app.export_log());
    assert!(log.streams.contains_key("fund"), "the fund is in the log");
}
