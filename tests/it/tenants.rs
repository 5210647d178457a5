//! The register of tenants through the API and the console: who may change it, what is refused and
//! where, and that no name or number of a contact leaves the register.

use std::time::Duration;

use green_channel::center::http_client;
use green_channel_tests::{TestApp, check_log, files_with, merchant_server};
use reqwest::{Method, Response, header};
use serde_json::{Value, json};

const USCC: &str = "91350100M000100Y43";
const SHOP: &str = "晨光童装专柜";
const CONTACT: &str = "欧阳小满";
const PHONE: &str = "13900005520";

fn data(app: &TestApp) -> String {
    app.data().to_str().expect("a path of ours").to_owned()
}

/// Runs a command of the operator beside the running server.
fn operator(arguments: &[&str]) -> String {
    let output = merchant_server(arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?} failed:\n{said}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn client() -> reqwest::Client {
    http_client(Duration::from_secs(30)).expect("an HTTP client")
}

/// Somebody with a token of these scopes.
struct Caller {
    url: String,
    token: String,
    client: reqwest::Client,
}

impl Caller {
    fn new(app: &TestApp, role: &str, scopes: &[&str]) -> Self {
        let data = data(app);
        let mut arguments =
            vec!["token", "create", "--data", &data, "--name", "商户系统", "--role", role];
        for &scope in scopes {
            arguments.extend(["--scope", scope]);
        }
        let token = operator(&arguments).trim().to_owned();
        Self { url: app.url().to_owned(), token, client: client() }
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let request = self.client.request(method, format!("{}{path}", self.url));
        let request = request.bearer_auth(&self.token);
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        let answer = request.send().await.expect("the server answers");
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or(Value::Null))
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        self.call(Method::GET, path, None).await
    }

    async fn add(&self, tenant: &Value) -> (u16, Value) {
        self.call(Method::POST, "/api/v1/tenants", Some(tenant.clone())).await
    }

    async fn change(&self, id: &str, version: u64, tenant: &Value) -> (u16, Value) {
        let body = json!({ "expected_version": version, "tenant": tenant });
        self.call(Method::PUT, &format!("/api/v1/tenants/{id}"), Some(body)).await
    }
}

/// A tenant as the API takes it, at this stall.
fn tenant(stall_no: &str) -> Value {
    json!({
        "uscc": USCC, "name": SHOP, "kind": "mall_shop", "stall_no": stall_no,
        "contact_name": CONTACT, "contact_phone": PHONE,
        "contract_from": "2026-01-01", "contract_until": "2027-12-31",
        "commitments": ["7天无理由退货"], "status": "active", "status_since": "2026-01-01",
    })
}

fn with(mut tenant: Value, field: &str, value: Value) -> Value {
    tenant[field] = value;
    tenant
}

/// What is refused, as status, code and field.
fn told(answer: &(u16, Value)) -> (u16, &str, &str) {
    let text = |name: &str| answer.1[name].as_str().unwrap_or_default();
    (answer.0, text("code"), text("field"))
}

/// Somebody signed in at the console.
struct Browser {
    url: String,
    cookie: String,
    client: reqwest::Client,
}

impl Browser {
    async fn enter(app: &TestApp, role: &str) -> Self {
        let data = data(app);
        let login = format!("t-{role}");
        let mut arguments = vec!["user", "add", "--data", &data, "--login", &login];
        arguments.extend(["--name", "测试人员", "--role", role, "--keep-password"]);
        let said = operator(&arguments);
        let password = said.lines().find_map(|line| line.split_once("初始密码："));
        let password = password.expect("a password is shown").1.trim().to_owned();
        let mut browser =
            Self { url: app.url().to_owned(), cookie: String::new(), client: client() };
        let pairs = [("user", login.as_str()), ("password", password.as_str())];
        let answer = browser.submit("/console/login", &pairs).await;
        assert_eq!(answer.status(), 303, "the login is taken");
        let cookie = answer.headers().get(header::SET_COOKIE).expect("a session begins");
        let cookie = cookie.to_str().expect("a cookie is ASCII");
        browser.cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        browser
    }

    async fn get(&self, path: &str) -> (u16, String) {
        let request = self.client.get(format!("{}{path}", self.url));
        let answer = request.header(header::COOKIE, &self.cookie).send().await;
        let answer = answer.expect("the server answers");
        (answer.status().as_u16(), answer.text().await.expect("the page reads"))
    }

    async fn submit(&self, path: &str, pairs: &[(&str, &str)]) -> Response {
        let body: Vec<String> =
            pairs.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        self.client
            .post(format!("{}{path}", self.url))
            .header(header::COOKIE, &self.cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body.join("&"))
            .send()
            .await
            .expect("the server answers")
    }

    /// Submits a form that is refused; gives the page that comes back.
    async fn refused(&self, path: &str, pairs: &[(&str, &str)], status: u16) -> String {
        let answer = self.submit(path, pairs).await;
        assert_eq!(answer.status(), status, "{pairs:?}");
        answer.text().await.expect("the page reads")
    }

    /// Submits a form that is taken; gives the address that it leads to.
    async fn taken(&self, path: &str, pairs: &[(&str, &str)]) -> String {
        let answer = self.submit(path, pairs).await;
        assert_eq!(answer.status(), 303, "{pairs:?}");
        let place = answer.headers().get(header::LOCATION).expect("it leads somewhere");
        place.to_str().expect("a path is ASCII").to_owned()
    }
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// The form of a tenant's facts with some fields changed.
fn form<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut pairs = vec![
        ("name", SHOP),
        ("uscc", USCC),
        ("kind", "market_stall"),
        ("stall_no", "东-01"),
        ("contact_name", CONTACT),
        ("contact_phone", PHONE),
        ("contract_from", "2026-01-01"),
        ("contract_until", ""),
        ("commitments", "先行赔付\r\n7天无理由退货"),
    ];
    pairs.retain(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    pairs.extend(changes);
    pairs
}

#[tokio::test(flavor = "multi_thread")]
async fn a_supervisor_keeps_the_register_and_a_clerk_only_reads_it() {
    let app = TestApp::start().await;
    let supervisor = Caller::new(&app, "supervisor", &["tenants:read", "tenants:manage"]);
    let clerk = Caller::new(&app, "clerk", &["tenants:read"]);
    let (status, added) = supervisor.add(&tenant("A-102")).await;
    assert_eq!(status, 201, "{added}");
    let id = added["tenant_id"].as_str().expect("it has an id").to_owned();
    assert_eq!(told(&supervisor.add(&tenant("A-102")).await), (409, "tenant_taken", ""));
    assert_eq!(supervisor.add(&tenant("A-103")).await.0, 201, "the same firm at another stall");
    let path = format!("/api/v1/tenants/{id}");
    let (status, shown) = clerk.get(&path).await;
    assert_eq!((status, shown["tenant"]["name"].as_str()), (200, Some(SHOP)));
    assert_eq!(shown, added);
    assert_eq!(told(&clerk.add(&tenant("A-104")).await), (403, "forbidden", ""));
    assert_eq!(told(&clerk.change(&id, 1, &tenant("A-102")).await), (403, "forbidden", ""));
    let (_, first) = clerk.get("/api/v1/tenants?limit=1").await;
    let next = first["next"].as_str().expect("there is more");
    let (_, second) = clerk.get(&format!("/api/v1/tenants?limit=50&after={next}")).await;
    assert_eq!(second["tenants"][0]["tenant"]["stall_no"], "A-103");
    assert!(second["next"].is_null());
    assert_eq!(told(&clerk.get("/api/v1/tenants?name=x").await), (400, "query_invalid", "query"));
    let suspended = with(tenant("A-102"), "status", json!("suspended"));
    let silent = supervisor.change(&id, 1, &suspended).await;
    assert_eq!(told(&silent), (422, "field_invalid", "tenant.status_reason"));
    let suspended = with(suspended, "status_reason", json!("保证金逾期未补足"));
    let (status, changed) = supervisor.change(&id, 1, &suspended).await;
    assert_eq!((status, &changed["version"]), (200, &json!(2)));
    let stale = supervisor.change(&id, 1, &tenant("A-102")).await;
    assert_eq!(told(&stale), (409, "version_conflict", ""));
    let moved = supervisor.change(&id, 2, &tenant("A-103")).await;
    assert_eq!(told(&moved), (409, "tenant_taken", ""));
    assert_eq!(clerk.get(&path).await.1["tenant"]["status"], "suspended");
    let nobody = "/api/v1/tenants/tnt_01900000000070008000000000000000";
    assert_eq!(told(&clerk.get(nobody).await), (404, "not_found", ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_stand_is_named_and_never_repeated() {
    let app = TestApp::start().await;
    let supervisor = Caller::new(&app, "supervisor", &["tenants:manage"]);
    for (field, value) in [
        ("uscc", json!("91350100M000100Y44")),
        ("name", json!("")),
        ("contact_phone", json!("微信同号")),
        ("contract_until", json!("2025-12-31")),
        ("kind", json!("kiosk")),
        ("commitments", json!(["先行赔付", "先行赔付"])),
        ("colour", json!("red")),
    ] {
        let refused = supervisor.add(&with(tenant("A-1"), field, value)).await;
        assert_eq!(told(&refused), (422, "field_invalid", field));
    }
    let number = with(tenant("A-1"), "contact_phone", json!(13_900_005_520_u64));
    let (status, body) = supervisor.add(&number).await;
    assert_eq!(status, 422);
    assert!(!body.to_string().contains(PHONE), "{body}");
    let (_, list) = Caller::new(&app, "clerk", &["tenants:read"]).get("/api/v1/tenants").await;
    assert_eq!(list["tenants"], json!([]), "nothing was written");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_keeps_what_was_typed_and_says_at_the_field_what_is_wrong() {
    let app = TestApp::start().await;
    let supervisor = Browser::enter(&app, "supervisor").await;
    let clerk = Browser::enter(&app, "clerk").await;
    let (status, empty) = supervisor.get("/console/tenants").await;
    assert!(status == 200 && empty.contains("还没有登记商户"), "{empty}");
    let new = "/console/tenants/new";
    let page = supervisor.refused(new, &form(&[("uscc", "91350100M000100Y44")]), 422).await;
    assert!(page.contains("id=\"t-uscc-error\"") && page.contains("照营业执照核对"));
    for kept in [SHOP, "91350100M000100Y44", "东-01", CONTACT, "先行赔付"] {
        assert!(page.contains(kept), "{kept} is kept");
    }
    let place = supervisor.taken(new, &form(&[])).await;
    let path = place.split('?').next().unwrap_or_default();
    assert!(path.starts_with("/console/tenants/tnt_"), "{place}");
    assert!(supervisor.get(&place).await.1.contains("已登记"));
    let page = supervisor.refused(new, &form(&[]), 422).await;
    assert!(page.contains("id=\"t-stall_no-error\""), "the place is taken");

    let status = format!("{path}/status");
    let suspend =
        [("expected_version", "1"), ("status", "suspended"), ("status_since", "2026-06-01")];
    let page = supervisor.refused(&status, &suspend, 422).await;
    assert!(page.contains("id=\"t-status_reason-error\""));
    let suspend = [&suspend[..], &[("status_reason", "保证金逾期\r\n未补足")][..]].concat();
    assert_eq!(supervisor.taken(&status, &suspend).await, format!("{path}?done=changed"));
    let page = supervisor.refused(&status, &suspend, 409).await;
    assert!(page.contains("刚被他人修改"), "another version is told");
    let longer = [("expected_version", "2"), ("contract_until", "2028-12-31")];
    supervisor.taken(path, &form(&longer)).await;

    let (_, page) = clerk.get(path).await;
    for shown in [SHOP, CONTACT, PHONE, "暂停经营", "保证金逾期 未补足", "2028年12月31日"]
    {
        assert!(page.contains(shown), "{shown}");
    }
    assert!(!page.contains("保存资料"), "a clerk has no form");
    assert_eq!(clerk.get(new).await.0, 403);
    clerk.refused(new, &form(&[("stall_no", "东-02")]), 403).await;
    clerk.refused(&status, &suspend, 403).await;
    for (q, found) in [("童装", true), ("%E4%B8%9C-01", true), ("m000100", true), ("xyz", false)]
    {
        let q = if q.is_ascii() { q.to_owned() } else { encoded(q) };
        let (_, list) = clerk.get(&format!("/console/tenants?q={q}")).await;
        assert_eq!(list.contains(path), found, "{q}");
    }
    let auditor = Browser::enter(&app, "auditor").await;
    let (_, page) = auditor.get(path).await;
    assert!(page.contains("139****5520") && !page.contains(PHONE), "who looks on needs no number");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_is_in_the_log_and_no_contact_is_in_any() {
    let mut app = TestApp::start().await;
    let supervisor = Caller::new(&app, "supervisor", &["tenants:manage"]);
    let (_, added) = supervisor.add(&tenant("A-1")).await;
    let id = added["tenant_id"].as_str().expect("it has an id").to_owned();
    assert_eq!(supervisor.add(&tenant("A-1")).await.0, 409);
    assert_eq!(supervisor.change(&id, 1, &tenant("A-2")).await.0, 200);
    let browser = Browser::enter(&app, "supervisor").await;
    browser.refused("/console/tenants/new", &form(&[("uscc", PHONE)]), 422).await;
    app.stop().await;
    let export = app.export_log();
    let log = check_log(&export);
    let told = log.streams["host"].iter().filter(|kind| kind.starts_with("tenant_"));
    assert_eq!(told.collect::<Vec<_>>(), ["tenant_added", "tenant_changed"]);
    let hidden = [SHOP, CONTACT, PHONE];
    let none: Vec<String> = Vec::new();
    assert_eq!(files_with(&export, &hidden), none, "the log names nobody");
    assert_eq!(files_with(&app.logs(), &hidden), none, "nor does what the server says");
    assert!(!files_with(&app.data(), &[PHONE]).is_empty(), "control: it is kept");
}
