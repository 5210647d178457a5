//! The fund's API with a shop that is liable, small limits, and everybody who has a part in it: what
//! the deposit does not cover is asked for, paid back, and the rest written off by two; only a cashier
//! reads to whom money goes; and every fen is where the entries say.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use green_channel_tests::{
    ApiError, Refused, Setup, Staff, TestApp, accept, hand_back, now, offer, perform, refusal,
};
use serde_json::{Value, json};

const ACCOUNT: &str = "6222020000001234567";

/// What was refused, as the status and the rule's own word.
pub(crate) fn no(outcome: Result<Value, ApiError>) -> String {
    let Refused { status, code, body } = refusal(outcome);
    format!("{status} {}", body["reason"].as_str().unwrap_or(&code))
}

/// What was refused, as the status and the field at fault.
pub(crate) fn at(outcome: Result<Value, ApiError>) -> String {
    let Refused { status, body, .. } = refusal(outcome);
    format!("{status} {}", body["field"].as_str().unwrap_or("none"))
}

pub(crate) fn today() -> String {
    now().civil_date().to_string()
}

pub(crate) fn slip(fen: i64, reference: &str) -> Value {
    json!({ "fen": fen, "effective_on": today(), "reference": reference })
}

pub(crate) fn asked(fen: i64, tenant: Option<&str>) -> Value {
    let mut body = json!({
        "fen": fen,
        "grounds": {
            "facts_clear": true, "evidence_sufficient": true, "basis_definite": true,
            "consumer_without_fault": true,
        },
        "payee": { "name": "周文静", "account": ACCOUNT, "bank": "某行城东支行" },
        "reason": "商户拒不退款",
    });
    if let Some(tenant) = tenant {
        body["tenant"] = json!(tenant);
    }
    body
}

/// Everybody who has a part in it.
pub(crate) struct World {
    pub(crate) app: TestApp,
    pub(crate) clerk: Staff,
    pub(crate) supervisor: Staff,
    pub(crate) manager: Staff,
    pub(crate) cashier: Staff,
}

impl World {
    pub(crate) async fn new(limits: &[(&'static str, &'static str)]) -> Self {
        let mut setup = Setup::default();
        setup.settings.extend(limits);
        let app = TestApp::start_with(setup).await;
        let reads = ["cases:read", "cases:act", "fund:read", "fund:act", "tenants:manage"];
        Self {
            clerk: app.person("clerk", &["cases:read", "cases:act", "fund:act"]),
            supervisor: app.person("supervisor", &reads),
            manager: app.person("manager", &reads),
            cashier: app.person("cashier", &["fund:read", "fund:act"]),
            app,
        }
    }

    /// A shop in the register.
    pub(crate) async fn shop(&self) -> String {
        let shop = json!({
            "uscc": "91350100M000100Y43", "name": "晨光童装专柜", "kind": "mall_shop",
            "stall_no": "A-102", "contact_name": "欧阳小满", "contact_phone": "13900005520",
            "contract_from": "2026-01-01", "status": "active", "status_since": "2026-01-01",
        });
        let added = self.supervisor.post("/api/v1/tenants", &shop).await.expect("it is added");
        added["tenant_id"].as_str().expect("it has an id").to_owned()
    }

    /// A case that is settled for 200 yuan; a shop may answer for it.
    pub(crate) async fn settled(&self, no: &str, shop: Option<&str>) -> String {
        let case = self.app.divert(no).await;
        self.clerk.does(&case, accept()).await;
        if let Some(shop) = shop {
            self.clerk.does(&case, json!({ "action": "assign", "tenant": shop })).await;
        }
        self.clerk.does(&case, offer(20_000, "退款二百元。")).await;
        self.app.answer(no, &case, true).await;
        case
    }

    pub(crate) async fn request(&self, case: &str, body: &Value) -> Result<Value, ApiError> {
        self.clerk.post(&format!("/api/v1/cases/{case}/advances"), body).await
    }

    /// An advance that the clerk asked for.
    pub(crate) async fn advance(&self, case: &str, body: &Value) -> String {
        let made = self.request(case, body).await.expect("it is asked for");
        assert_eq!(made["status"], "requested");
        made["advance_id"].as_str().expect("it has an id").to_owned()
    }

    /// Acts on the fund itself.
    pub(crate) async fn act(
        &self,
        who: &Staff,
        action: &str,
        body: Value,
    ) -> Result<Value, ApiError> {
        who.post("/api/v1/fund/actions", &command(action, body)).await
    }

    /// Acts on an advance.
    pub(crate) async fn on(
        &self,
        who: &Staff,
        id: &str,
        act: &str,
        body: Value,
    ) -> Result<Value, ApiError> {
        who.post(&format!("/api/v1/fund/advances/{id}/actions"), &command(act, body)).await
    }

    pub(crate) async fn payee(&self, who: &Staff, id: &str) -> Result<Value, ApiError> {
        who.get(&format!("/api/v1/fund/advances/{id}/payee")).await
    }

    pub(crate) async fn overview(&self) -> Value {
        self.cashier.get("/api/v1/fund").await.expect("it shows")
    }

    /// Every entry there is, read in small pages.
    async fn entries(&self) -> Vec<Value> {
        let (mut all, mut from) = (Vec::new(), 0);
        loop {
            let path = format!("/api/v1/fund/entries?from={from}&limit=4");
            let page = self.cashier.get(&path).await.expect("it lists");
            all.extend(page["entries"].as_array().expect("a list").clone());
            match page["next"].as_u64() {
                Some(next) => from = next,
                None => return all,
            }
        }
    }

    /// Debits equal credits, and what the entries add up to is what the overview shows.
    pub(crate) async fn books_are_right(&self) {
        let sums = folded(&self.entries().await);
        assert_eq!(sums.values().sum::<i64>(), 0, "{sums:?}");
        let seen = self.overview().await;
        for (account, sign) in [
            ("bank", 1),
            ("loss", 1),
            ("pool", -1),
            ("reserved", -1),
            ("payable", -1),
            ("clearing", -1),
            ("advanced", -1),
        ] {
            let sum = sums.get(account).copied().unwrap_or(0);
            assert_eq!(seen[format!("{account}_fen")], json!(sign * sum), "{account}");
        }
    }
}

fn command(action: &str, mut members: Value) -> Value {
    members["action"] = json!(action);
    json!({ "command": members })
}

/// What is on every account after these entries: debits above zero, credits below.
fn folded(entries: &[Value]) -> BTreeMap<String, i64> {
    let mut sums = BTreeMap::new();
    for one in entries.iter().flat_map(|entry| entry["moves"].as_array().expect("a list")) {
        let fen = one["fen"].as_i64().expect("whole fen");
        for (side, signed) in [("debit", fen), ("credit", -fen)] {
            let account = one[side].as_str().expect("an account").to_owned();
            *sums.entry(account).or_insert(0) += signed;
        }
    }
    sums
}

fn kinds(entries: &[Value]) -> Vec<&str> {
    entries.iter().filter_map(|entry| entry["kind"].as_str()).collect()
}

const SMALL: [(&str, &str); 2] = [
    ("case_limit_fen = 500000", "case_limit_fen = 15000"),
    ("second_approval_above_fen = 200000", "second_approval_above_fen = 5000"),
];

#[expect(clippy::too_many_lines, reason = "one journey reads best as one")]
#[tokio::test(flavor = "multi_thread")]
async fn what_a_shop_owes_is_drawn_asked_for_paid_back_and_the_rest_written_off_by_two() {
    let world = World::new(&SMALL).await;
    let World { clerk, supervisor, manager, cashier, .. } = &world;
    let none = || json!({});
    let shop = world.shop().await;
    world.act(cashier, "contribute", slip(50_000, "BANK-1")).await.expect("it is booked");
    let mut deposit = slip(3_000, "BANK-2");
    deposit["tenant"] = json!(shop);
    world.act(cashier, "receive_deposit", deposit).await.expect("it is booked");
    let case = world.settled("CN-9101", Some(&shop)).await;

    // More than was promised, or than a case may have, is not advanced.
    let refused = no(world.request(&case, &asked(20_001, Some(&shop))).await);
    assert_eq!(refused, "409 more_than_settled");
    let refused = world.request(&case, &asked(15_001, Some(&shop))).await;
    assert_eq!(no(refused), "409 case_limit");
    let stranger = "tnt_01900000000070008000000000000000";
    let refused = world.request(&case, &asked(12_000, Some(stranger))).await;
    assert_eq!(no(refused), "409 tenant_not_there");

    // Two people approve; until they have, nobody reads to whom it goes.
    let id = world.advance(&case, &asked(12_000, Some(&shop))).await;
    assert_eq!(no(world.payee(cashier, &id).await), "403 wrong_status");
    let acted = world.on(supervisor, &id, "approve", none()).await.expect("one approves");
    assert_eq!(acted["status"], "requested", "above the limit two approve");
    assert_eq!(no(world.on(supervisor, &id, "approve", none()).await), "409 same_person");
    let acted = world.on(manager, &id, "approve", none()).await.expect("and another");
    assert_eq!((&acted["advance_id"], &acted["status"]), (&json!(id), &json!("intended")));
    assert_eq!(acted["events"], json!(["advance_approved"]));
    assert_eq!(world.overview().await["reserved_fen"], 12_000);

    // The payee is for whoever pays.
    let payee = world.payee(cashier, &id).await.expect("the cashier reads it");
    let shown = json!({ "name": "周文静", "account": ACCOUNT, "bank": "某行城东支行" });
    assert_eq!(payee, shown);
    assert_eq!(refusal(world.payee(clerk, &id).await).status, 403);
    for who in [supervisor, manager] {
        assert_eq!(no(world.payee(who, &id).await), "403 role_not_permitted");
    }
    let unknown = "adv_01900000000070008000000000000000";
    assert_eq!(refusal(world.payee(cashier, unknown).await).status, 404);

    // While the money is on its way the case cannot be closed.
    assert_eq!(no(clerk.act(&case, perform(20_000)).await), "409 money_pending");
    let submit = json!({ "provider": "manual" });
    let acted = world.on(cashier, &id, "submit", submit).await.expect("the cashier takes it");
    assert_eq!(acted["status"], "submitted");
    world.payee(cashier, &id).await.expect("it is still to be paid");
    let paid = world.on(cashier, &id, "confirm_paid", slip(12_000, "SLIP-1")).await;
    let paid = paid.expect("it is paid");
    assert_eq!(paid["events"], json!(["advance_paid", "recourse_drawn", "top_up_demanded"]));
    assert_eq!(no(world.payee(cashier, &id).await), "403 wrong_status");
    let advance = &paid["advance"];
    assert_eq!((&advance["recovered_fen"], &advance["owed_fen"]), (&json!(3_000), &json!(9_000)));
    assert_eq!(advance["top_up"]["overdue"], false);
    assert!(advance["top_up"]["due_on"].as_str().is_some_and(|day| day > today().as_str()));
    clerk.does(&case, perform(20_000)).await;

    // The shop pays back a part; what remains is written off by two.
    world.on(cashier, &id, "clear", slip(12_000, "SLIP-1")).await.expect("it is cleared");
    let back = world.on(cashier, &id, "receive_recourse", slip(4_000, "BANK-3")).await;
    assert_eq!(back.expect("it is booked")["advance"]["owed_fen"], 5_000);
    let owed = cashier.get("/api/v1/fund/advances?queue=owed").await.expect("it lists");
    assert_eq!(owed["advances"][0]["advance_id"], json!(id));
    let more = world.on(cashier, &id, "propose_write_off", json!({ "fen": 5_001 })).await;
    assert_eq!(at(more), "422 fen");
    let made = world.on(cashier, &id, "propose_write_off", json!({ "fen": 5_000 })).await;
    let made = made.expect("it is proposed");
    assert_eq!((&made["status"], &made["events"]), (&json!("paid"), &json!(["proposed"])));
    let waiting = manager.get("/api/v1/fund/proposals").await.expect("it lists");
    assert_eq!(waiting["proposals"].as_array().map(Vec::len), Some(1));
    let agree = || json!({ "proposal_id": made["proposal_id"], "effective_on": today() });
    for who in [cashier, supervisor] {
        let refused = world.act(who, "approve_proposal", agree()).await;
        assert_eq!(no(refused), "403 role_not_permitted");
    }
    let done = world.act(manager, "approve_proposal", agree()).await.expect("another agrees");
    assert_eq!(done["events"], json!(["written_off"]));

    let seen = world.overview().await;
    for (account, fen) in [
        ("bank_fen", 45_000),
        ("pool_fen", 45_000),
        ("loss_fen", 5_000),
        ("advanced_fen", 5_000),
        ("deposits_fen", 0),
        ("receivables_fen", 0),
        ("clearing_fen", 0),
    ] {
        assert_eq!(seen[account], fen, "{account}");
    }
    world.books_are_right().await;
    let entries = world.entries().await;
    assert_eq!(kinds(&entries)[..2], ["contributed", "deposit_received"]);
    assert_eq!(entries[0]["data"]["reference"], "BANK-1");
    assert!(!json!(entries).to_string().contains(ACCOUNT), "the entries name no payee");
    assert_eq!(world.app.center().broken_rules(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_paid_is_declined_or_taken_back_with_a_reason_that_the_case_keeps() {
    let world = World::new(&[]).await;
    let World { clerk, supervisor, cashier, .. } = &world;
    world.act(cashier, "contribute", slip(50_000, "BANK-1")).await.expect("it is booked");
    let case = world.settled("CN-9102", None).await;
    let id = world.advance(&case, &asked(1_000, None)).await;
    for reason in ["", " "] {
        let refused = world.on(supervisor, &id, "decline", json!({ "reason": reason })).await;
        assert_eq!(at(refused), "422 reason");
    }
    let why = || json!({ "reason": "证据不足" });
    let acted = world.on(supervisor, &id, "decline", why()).await.expect("it is declined");
    assert_eq!(acted["status"], "declined");
    assert_eq!(acted["events"], json!(["advance_declined"]));
    let id = world.advance(&case, &asked(1_000, None)).await;
    world.on(supervisor, &id, "approve", json!({})).await.expect("it is approved");
    let why = json!({ "reason": "商户已退款" });
    let acted = world.on(clerk, &id, "cancel", why).await.expect("it is taken back");
    assert_eq!(acted["status"], "cancelled");
    assert_eq!(world.overview().await["reserved_fen"], 0);
    let history = clerk.history(&case).await.expect("it reads");
    for (status, reason) in [("declined", "证据不足"), ("cancelled", "商户已退款")] {
        let moved = history.iter().find(|event| event["data"]["status"] == status);
        assert_eq!(moved.expect("the case follows")["words"]["reason"], reason);
    }
    world.books_are_right().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_an_erasure_nobody_reads_to_whom_it_would_have_been_paid() {
    let world = World::new(&[]).await;
    let World { supervisor, cashier, .. } = &world;
    world.act(cashier, "contribute", slip(50_000, "BANK-1")).await.expect("it is booked");
    let case = world.settled("CN-9103", None).await;
    let id = world.advance(&case, &asked(1_000, None)).await;
    world.on(supervisor, &id, "approve", json!({})).await.expect("it is approved");
    world.payee(cashier, &id).await.expect("the cashier reads it");
    let erase = json!({ "action": "withdraw_consent", "paper_no": "CH-2026-0031" });
    world.app.supervisor().does(&case, erase).await;
    assert_eq!(refusal(world.payee(cashier, &id).await).status, 410);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_is_not_there_is_not_reversed_and_one_that_is_by_two() {
    let world = World::new(&[]).await;
    let World { manager, cashier, .. } = &world;
    world.act(cashier, "contribute", slip(50_000, "BANK-1")).await.expect("it is booked");
    assert_eq!(at(world.act(cashier, "propose_reverse", json!({ "n": 7 })).await), "422 n");
    let propose = || world.act(cashier, "propose_reverse", json!({ "n": 0 }));
    let first = propose().await.expect("it is proposed")["proposal_id"].clone();
    let no_thanks = json!({ "proposal_id": first });
    let declined = world.act(manager, "decline_proposal", no_thanks).await.expect("not agreed");
    assert_eq!(declined["events"], json!(["proposal_declined"]));
    let second = propose().await.expect("it is proposed")["proposal_id"].clone();
    let agree = json!({ "proposal_id": second, "effective_on": today() });
    world.act(manager, "approve_proposal", agree).await.expect("another agrees");
    assert_eq!(at(propose().await), "422 n");
    assert_eq!(world.overview().await["bank_fen"], 0);
    world.books_are_right().await;
    let unknown = "prp_01900000000070008000000000000000";
    let agree = json!({ "proposal_id": unknown, "effective_on": today() });
    let refused = world.act(manager, "approve_proposal", agree).await;
    assert_eq!(refusal(refused).status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_says_too_much_or_too_little_changes_nothing() {
    let world = World::new(&[]).await;
    let cashier = &world.cashier;
    let case = world.settled("CN-9104", None).await;
    let extra = |name: &str| {
        let mut body = asked(1_000, None);
        body[name] = json!("x");
        body
    };
    assert_eq!(refusal(world.request(&case, &extra("note")).await).status, 422);
    for (place, value, field) in [
        ("name", json!(""), "422 payee.name"),
        ("account", json!(" "), "422 payee.account"),
        ("bank", json!("行".repeat(201)), "422 payee.bank"),
    ] {
        let mut body = asked(1_000, None);
        body["payee"][place] = value;
        assert_eq!(at(world.request(&case, &body).await), field);
    }
    let mut body = asked(1_000, None);
    body["payee"]["phone"] = json!("13900005520");
    assert_eq!(refusal(world.request(&case, &body).await).status, 422);
    for members in [
        json!({ "fen": 1, "effective_on": today() }),
        json!({ "fen": 1.5, "effective_on": today(), "reference": "BANK-1" }),
        json!({ "fen": 1, "effective_on": today(), "reference": "BANK-1", "tenant": "x" }),
    ] {
        let outcome = world.act(cashier, "contribute", members.clone()).await;
        assert_eq!(refusal(outcome).status, 422, "{members}");
    }
    assert_eq!(refusal(world.act(cashier, "expire", json!({})).await).status, 422);
    assert_eq!(world.entries().await, Vec::<Value>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_money_goes_is_in_no_history_and_in_no_dossier_and_each_look_at_it_is_listed() {
    let world = World::new(&[]).await;
    let World { app, clerk, supervisor, cashier, .. } = &world;
    world.act(cashier, "contribute", slip(50_000, "BANK-1")).await.expect("it is booked");
    let (no, case) = ("CN-9105", world.settled("CN-9105", None).await);
    let id = world.advance(&case, &asked(1_000, None)).await;
    world.on(supervisor, &id, "approve", json!({})).await.expect("it is approved");
    world.payee(cashier, &id).await.expect("the cashier reads it");
    let auditor = app.person("auditor", &["cases:read", "reveals:read"]);
    for who in [clerk, supervisor, &auditor] {
        let history = who.history(&case).await.expect("it reads");
        assert!(!json!(history).to_string().contains(ACCOUNT), "{history:?}");
        let looks = history.iter().filter(|entry| entry["kind"] == "payee_shown");
        let by: Vec<&Value> = looks.map(|entry| &entry["role"]).collect();
        assert_eq!(by, [&json!("cashier")], "one look, one line");
    }
    let listed = auditor.get("/api/v1/reveals").await.expect("it lists");
    assert_eq!(listed["reveals"][0]["fields"], json!(["payee"]));
    assert_eq!(listed["reveals"][0]["role"], "cashier");

    // The case goes back to the center with everything that was said, but not with the account.
    let why = json!({ "reason": "商户已退款" });
    world.on(clerk, &id, "cancel", why).await.expect("it is taken back");
    let breach = json!({ "reason": "到期未退款。" });
    app.center().notify(no, "breach", breach).await.expect("the center says so");
    clerk.does(&case, offer(100, "补偿一元。")).await;
    app.answer(no, &case, false).await;
    clerk.does(&case, hand_back("双方差距较大，协商未达成一致。")).await;
    let dossier = dossier(app, no).await;
    assert!(dossier.contains("商户拒不退款"), "why it was asked for is in it");
    assert!(!dossier.contains(ACCOUNT), "{dossier}");
}

/// The dossier that went with a hand-back, as its text.
async fn dossier(app: &TestApp, no: &str) -> String {
    let told = ["accepted", "offered", "settled", "offered", "declined", "handed_back"];
    app.heard(no, &told).await;
    let reports = app.center().reports();
    let last = reports.iter().find(|seen| seen.complaint_no == no && seen.kind == "handed_back");
    let signed = last.expect("it came").body["detail"]["dossier"]
        .as_str()
        .expect("the dossier goes with it");
    let payload = signed.split('.').nth(1).expect("a compact JWS");
    let bytes = URL_SAFE_NO_PAD.decode(payload).expect("base64url");
    String::from_utf8(bytes).expect("text")
}
