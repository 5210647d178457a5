//! A consumer at the desk: what a clerk writes down, who hears of it, how the consumer answers an
//! offer there or by a one-time link, and that nothing is kept without a consent.

use std::time::Duration;

use green_channel::center::http_client;
use green_channel::time::DAY_MILLIS;
use green_channel_tests::{
    Browser, NAME, Page, TestApp, USCC, accept, files_with, in_days, merchant_server, now, offer,
};
use serde_json::{Value, json};

const CONSUMER: &str = "司徒望舒";
const PHONE: &str = "15400917365";
const SHOP: &str = "晨光童装专柜";
const SHOP_USCC: &str = "91350100M000100Y43";

/// Runs a command of the operator beside the running server.
fn operator(app: &TestApp, words: &[&str], options: &[&str]) -> String {
    let data = app.data();
    let data = data.to_str().expect("a path of ours");
    let output = merchant_server(words.iter().chain(&["--data", data]).chain(options));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words:?} {options:?} failed:\n{said}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A desk system with a token of this role.
struct Desk {
    url: String,
    token: String,
    client: reqwest::Client,
}

impl Desk {
    fn new(app: &TestApp, role: &str, scope: &str) -> Self {
        let options = ["--name", "服务台", "--role", role, "--scope", scope];
        let token = operator(app, &["token", "create"], &options).trim().to_owned();
        let client = http_client(Duration::from_secs(30)).expect("an HTTP client");
        Self { url: app.url().to_owned(), token, client }
    }

    async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let request = self.client.post(format!("{}{path}", self.url)).bearer_auth(&self.token);
        let answer = request.json(body).send().await.expect("the server answers");
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or(Value::Null))
    }

    async fn register(&self, body: &Value) -> (u16, Value) {
        self.post("/api/v1/desk-complaints", body).await
    }

    /// Registers a complaint that is taken; gives its number.
    async fn registered(&self, body: &Value) -> String {
        let (status, answer) = self.register(body).await;
        assert_eq!(status, 201, "{answer}");
        let no = answer["complaint_no"].as_str().expect("it has a number");
        assert!(no.starts_with("XC"), "{no} is a number of ours");
        no.to_owned()
    }
}

/// What a clerk writes down; `purposes` is what the consumer agreed to.
fn walk_in(report_to_center: bool, purposes: &[&str]) -> Value {
    json!({
        "report_to_center": report_to_center,
        "consumer": { "name": CONSUMER, "phone": PHONE },
        "respondent": { "uscc": USCC, "name": NAME },
        "goods": { "kind": "clothing", "name": "羽绒服", "purchased_on": in_days(-9) },
        "issue": "quality",
        "requests": ["refund"],
        "amount_fen": 129_900,
        "facts": "穿了两次就钻绒，到店要求退货未果。",
        "happened_on": in_days(-2),
        "consent": {
            "method": "paper",
            "wording_sha256": "ab".repeat(32),
            "purposes": purposes,
            "data_categories": ["identity", "contact", "facts"],
            "recipients": [{ "kind": "merchant", "uscc": USCC, "name": NAME }],
            "given_at": now(),
            "expires_at": now().plus_millis(3 * 365 * DAY_MILLIS),
            "signature": "同意书第 0001 号，服务台文件柜",
        },
    })
}

/// Leads a walk-in complaint to an open offer; gives its number and its case.
async fn offered(app: &TestApp, desk: &Desk, body: &Value) -> (String, String) {
    let no = desk.registered(body).await;
    let id = app.clerk().find(&no).await;
    app.clerk().does(&id, accept()).await;
    app.clerk().does(&id, offer(20_000, "退款 200 元，本周内到账。")).await;
    (no, id)
}

/// The consumer says yes at the desk and signs.
async fn agrees_at_the_desk(app: &TestApp, id: &str) {
    let offer_id = app.clerk().open_offer(id).await;
    let unsigned = json!({ "action": "answer", "offer_id": offer_id, "accepted": true });
    assert!(app.clerk().act(id, unsigned.clone()).await.is_err(), "nothing without a signature");
    let mut signed = unsigned;
    signed["signature"] = json!("和解协议第 0001 号");
    app.clerk().does(id, signed).await;
    assert_eq!(app.clerk().state(id).await, "settled");
}

/// The address of a link as a path of this server.
async fn link(app: &TestApp, id: &str) -> String {
    let issued = app.clerk().does(id, json!({ "action": "issue_link" })).await;
    let link = issued["link"].as_str().expect("the link is told once");
    link.strip_prefix(app.url()).expect("it leads to us").to_owned()
}

/// Signs in at the console as somebody with this role.
async fn enter(app: &TestApp, role: &str) -> Browser {
    let login = format!("d-{role}");
    let options = ["--login", &login, "--name", "测试人员", "--role", role, "--keep-password"];
    let said = operator(app, &["user", "add"], &options);
    let (_, rest) = said.split_once("初始密码：").expect("a password is shown");
    let password = rest.lines().next().unwrap_or_default().trim().to_owned();
    let mut browser = Browser::new(app.url());
    let page = browser.sign_in(&login, &password).await;
    assert_eq!(page.status, 303, "{}", page.text);
    browser
}

#[tokio::test(flavor = "multi_thread")]
async fn the_center_hears_of_a_walk_in_when_the_consumer_wants_it_to() {
    let app = TestApp::start().await;
    let desk = Desk::new(&app, "clerk", "cases:act");
    let body = walk_in(true, &["negotiate", "report_outcome"]);
    let (no, id) = offered(&app, &desk, &body).await;
    agrees_at_the_desk(&app, &id).await;
    app.heard(&no, &["registered", "accepted", "offered", "settled"]).await;
    let reports = app.center().reports();
    let first = reports.iter().find(|seen| seen.complaint_no == no && seen.kind == "registered");
    let told = first.expect("it was registered").body.to_string();
    assert!(told.contains("羽绒服"), "the center gets the complaint itself: {told}");
    assert_eq!(app.center().broken_rules(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_center_hears_nothing_when_the_consumer_does_not_want_it_to() {
    let app = TestApp::start().await;
    let desk = Desk::new(&app, "clerk", "cases:act");
    let (no, id) = offered(&app, &desk, &walk_in(false, &["negotiate"])).await;
    agrees_at_the_desk(&app, &id).await;
    app.drained(Duration::from_secs(20)).await;
    assert!(app.center().reported(&no).is_empty(), "nothing of {no}");
    let view = app.clerk().show(&id).await.expect("the case shows");
    assert_eq!(view["reports"], json!([]), "nor is anything on its way");
    assert_eq!(view["origin"], "desk_only");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_consent_nothing_personal_is_stored() {
    let mut app = TestApp::start().await;
    let desk = Desk::new(&app, "clerk", "cases:act");
    let told = |answer: &(u16, Value)| {
        let text = |name: &str| answer.1[name].as_str().unwrap_or_default().to_owned();
        (answer.0, text("code"), text("field"))
    };
    let invalid = |field: &str| (422, "field_invalid".to_owned(), field.to_owned());
    let unwilling = walk_in(true, &["report_outcome"]);
    assert_eq!(told(&desk.register(&unwilling).await), invalid("consent.purposes"));
    let mut for_another = walk_in(false, &["negotiate"]);
    for_another["consent"]["recipients"][0]["uscc"] = json!(SHOP_USCC);
    assert_eq!(told(&desk.register(&for_another).await), invalid("consent.recipients"));
    let mut over = walk_in(false, &["negotiate"]);
    over["consent"]["expires_at"] = json!(now().plus_millis(-1));
    assert_eq!(told(&desk.register(&over).await), invalid("consent.expires_at"));
    let mut unsigned = walk_in(false, &["negotiate"]);
    unsigned["consent"]["signature"] = json!(" ");
    assert_eq!(told(&desk.register(&unsigned).await), invalid("desk_consent.signature"));
    let mut bare = walk_in(false, &["negotiate"]);
    bare.as_object_mut().expect("an object").remove("consent");
    let (status, body) = desk.register(&bare).await;
    assert_eq!(status, 422, "{body}");
    let reader = Desk::new(&app, "clerk", "cases:read");
    let (status, body) = reader.register(&walk_in(false, &["negotiate"])).await;
    assert_eq!((status, body["code"].as_str()), (403, Some("forbidden")));
    assert!(app.clerk().list("").await.expect("the cases list").is_empty());
    app.stop().await;
    let none: Vec<String> = Vec::new();
    assert_eq!(files_with(&app.data(), &[CONSUMER, PHONE]), none, "no byte of the consumer");
    assert_eq!(files_with(&app.logs(), &[CONSUMER, PHONE]), none, "nor in what the server says");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_answered_once_and_then_leads_nowhere() {
    let mut app = TestApp::start().await;
    let desk = Desk::new(&app, "clerk", "cases:act");
    let (no, id) = offered(&app, &desk, &walk_in(true, &["negotiate", "report_outcome"])).await;
    let path = link(&app, &id).await;
    let (before, secret) = path.rsplit_once('/').expect("an address of its own");

    let answer = app.get(&path).await.expect("the server answers");
    for (name, value) in [
        ("cache-control", "no-store"),
        ("x-robots-tag", "noindex, nofollow"),
        ("x-frame-options", "DENY"),
    ] {
        assert_eq!(answer.headers()[name], value, "{name}");
    }
    let mut consumer = Browser::new(app.url());
    let page = consumer.get(&path).await;
    assert_eq!(page.status, 200, "without signing in");
    for shown in [NAME, "¥200.00", "退款 200 元，本周内到账。", "我已阅读并接受", "另提方案"]
    {
        assert!(page.text.contains(shown), "{shown}");
    }
    for hidden in [CONSUMER, PHONE, "<script"] {
        assert!(!page.text.contains(hidden), "{hidden}");
    }

    let page = consumer.post(&path, &[("answer", "accept")]).await;
    assert_eq!(page.status, 422, "nothing is accepted by a slip of the thumb");
    assert!(page.text.contains("请先勾选"), "{}", page.text);
    assert_eq!(app.clerk().state(&id).await, "offered", "and the link still leads here");
    let yes = [("answer", "accept"), ("confirmed", "yes")];
    let page = consumer.post(&path, &yes).await;
    assert_eq!((page.status, page.text.contains("您已接受和解方案")), (200, true));
    assert_eq!(app.clerk().state(&id).await, "settled");
    app.heard(&no, &["registered", "accepted", "offered", "settled"]).await;

    let used = consumer.get(&path).await;
    assert_eq!((used.status, used.text.contains("链接已失效")), (410, true));
    assert_eq!(consumer.post(&path, &yes).await.status, 410, "once");
    let unknown = consumer.get(&format!("{before}/{}", "A".repeat(32))).await;
    assert_eq!((unknown.status, &unknown.text), (410, &used.text), "nobody learns which it was");
    assert_eq!(consumer.get(&format!("{path}/x")).await.status, 404);
    app.stop().await;
    let none: Vec<String> = Vec::new();
    assert_eq!(files_with(&app.logs(), &[secret]), none, "the secret is in no log");
    assert_eq!(files_with(&app.data(), &[secret]), none, "and not kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_takes_a_no_and_the_consumers_own_proposal() {
    let app = TestApp::start().await;
    let desk = Desk::new(&app, "clerk", "cases:act");
    let (_, id) = offered(&app, &desk, &walk_in(false, &["negotiate"])).await;
    let mut consumer = Browser::new(app.url());
    let path = link(&app, &id).await;
    let no = [("answer", "decline"), ("decline_text", "金额太少。")];
    assert_eq!(consumer.post(&path, &no).await.status, 200);
    assert_eq!(app.clerk().state(&id).await, "in_progress");

    app.clerk().does(&id, offer(30_000, "退款 300 元。")).await;
    let path = link(&app, &id).await;
    let by = in_days(5);
    let counter = |perform_by| {
        vec![
            ("answer", "counter"),
            ("kinds", "apology"),
            ("refund_yuan", "499.90"),
            ("damages_yuan", ""),
            ("multiple_yuan", ""),
            ("perform_by", perform_by),
            ("text", "请退款 499.90 元并道歉。"),
        ]
    };
    let over = in_days(-1);
    let page = consumer.post(&path, &counter(over.as_str())).await;
    assert_eq!(page.status, 422, "{}", page.text);
    assert!(page.text.contains("id=\"a-perform_by-error\"") && page.text.contains("499.90"));
    let page = consumer.post(&path, &counter(by.as_str())).await;
    assert_eq!((page.status, page.text.contains("您的方案已提交")), (200, true));
    let view = app.clerk().show(&id).await.expect("the case shows");
    let offers = view["offers"].as_array().expect("there are offers");
    let last = offers.last().expect("there are offers");
    assert_eq!((&last["by"], &last["total_fen"]), (&json!("consumer"), &json!(49_990)));
    assert_eq!(consumer.get(&path).await.status, 410);
}

/// The form of the console with some fields changed; the consent is for the text on this page.
fn form<'a>(page: &'a Page, changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut pairs = vec![
        ("name", CONSUMER),
        ("phone", PHONE),
        ("goods_name", "羽绒服"),
        ("goods_kind", "clothing"),
        ("issue", "quality"),
        ("requests", "refund"),
        ("amount_yuan", "1299.00"),
        ("facts", "穿了两次就钻绒。"),
        ("wording", page.between("name=\"wording\" value=\"", "\"")),
        ("agree", "negotiate"),
        ("method", "paper"),
        ("signature", "同意书第 0002 号"),
        ("step", "register"),
    ];
    pairs.retain(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    pairs.extend(changes);
    pairs
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_registers_what_was_agreed_to_and_keeps_what_was_typed() {
    const PATH: &str = "/console/register";
    let app = TestApp::start().await;
    let mut clerk = enter(&app, "clerk").await;
    let fresh = clerk.get(PATH).await;
    assert!(fresh.text.contains("现场登记") && fresh.text.contains("告知与同意"));
    assert!(!fresh.text.contains("checked"), "nothing is ticked beforehand");
    let page = clerk.post(PATH, &form(&fresh, &[("phone", "微信同号")])).await;
    assert_eq!(page.status, 422);
    assert!(page.text.contains("id=\"t-phone-error\"") && page.text.contains(CONSUMER));
    let page = clerk.post(PATH, &form(&fresh, &[("agree", "report")])).await;
    assert!(page.status == 422 && page.text.contains("id=\"r-agree-error\""));
    assert!(app.clerk().list("").await.expect("the cases list").is_empty());

    let page = clerk.post(PATH, &form(&fresh, &[])).await;
    assert_eq!(page.status, 303, "{}", page.text);
    let slip = clerk.get(&page.location).await;
    assert!(slip.status == 200 && slip.text.contains("投诉登记回执"));
    let no = slip.between("<strong class=\"mono\">", "<").to_owned();
    assert!(no.starts_with("XC"), "{no}");
    for hidden in [CONSUMER, PHONE] {
        assert!(!slip.text.contains(hidden), "the slip names nobody");
    }
    let view = app.clerk().show(&app.clerk().find(&no).await).await.expect("the case shows");
    assert_eq!(view["origin"], "desk_only", "not ticked, not told");
    assert_eq!(view["consent"]["purposes"], json!(["negotiate"]));

    let mut cashier = enter(&app, "cashier").await;
    assert_eq!(cashier.get(PATH).await.status, 403);
    assert_eq!(cashier.post(PATH, &form(&fresh, &[])).await.status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_gets_the_data_only_by_a_tick_under_a_text_that_names_it() {
    const PATH: &str = "/console/register";
    let app = TestApp::start().await;
    let supervisor = Desk::new(&app, "supervisor", "tenants:manage");
    let shop = json!({
        "uscc": SHOP_USCC, "name": SHOP, "kind": "mall_shop", "stall_no": "A-102",
        "contact_name": "欧阳小满", "contact_phone": "13900005520",
        "contract_from": "2026-01-01", "status": "active", "status_since": "2026-01-01",
    });
    let (status, added) = supervisor.post("/api/v1/tenants", &shop).await;
    assert_eq!(status, 201, "{added}");
    let tenant = added["tenant_id"].as_str().expect("it has an id");
    let mut clerk = enter(&app, "clerk").await;
    let fresh = clerk.get(PATH).await;
    assert!(fresh.text.contains(SHOP) && !fresh.text.contains("同意向该商户"));

    // The text on the page did not name the shop: whoever ticked has not read that.
    let unread = [("tenant", tenant), ("agree", "tenant")];
    let page = clerk.post(PATH, &form(&fresh, &unread)).await;
    assert_eq!(page.status, 422);
    assert!(page.text.contains("告知书内容已按所选商户更新"));
    assert!(!page.text.contains("value=\"tenant\" checked"), "no tick outlives its text");

    let look = [("tenant_q", "a-102"), ("tenant", tenant), ("step", "choose")];
    let named = clerk.post(PATH, &form(&fresh, &look)).await;
    assert_eq!(named.status, 200);
    assert!(named.text.contains("同意向该商户") && named.text.contains(SHOP_USCC));
    assert!(named.text.contains(CONSUMER), "what was typed is kept");
    let taken = form(&named, &[("tenant", tenant)]);
    let agreed: Vec<_> = [&taken[..], &[("agree", "tenant")][..]].concat();
    for (pairs, may_read) in [(taken, false), (agreed, true)] {
        let page = clerk.post(PATH, &pairs).await;
        assert_eq!(page.status, 303, "{}", page.text);
        let slip = clerk.get(&page.location).await;
        let no = slip.between("<strong class=\"mono\">", "<").to_owned();
        let id = app.clerk().find(&no).await;
        app.clerk().does(&id, accept()).await;
        app.clerk().does(&id, json!({ "action": "assign", "tenant": tenant })).await;
        let view = app.clerk().show(&id).await.expect("the case shows");
        assert_eq!(view["respondent"], SHOP);
        assert_eq!(view["assigned"]["named"], may_read, "as the consumer ticked");
    }
}
