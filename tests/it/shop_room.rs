//! 本店案件 and 个人信息查阅记录: a shop sees the cases it answers for, of the consumer only what the
//! consent names it for, and no other case; whoever looked at personal data is on a list.

use std::time::Duration;

use green_channel::center::http_client;
use green_channel_tests::{Browser, Page, TestApp, accept, merchant_server, reveal};
use serde_json::{Value, json};

const USCC: &str = "91350100M000100Y43";
const SHOP: &str = "晨光童装专柜";
const FACTS: &str = "穿了两次就钻绒，到店要求退货未果。";
const WHY: &str = "核对收货地址";

/// Runs a command of the operator beside the running server; gives what it said.
fn operator(app: &TestApp, words: &[&str], options: &[&str]) -> String {
    let data = app.data();
    let data = data.to_str().expect("a path of ours");
    let output = merchant_server(words.iter().chain(&["--data", data]).chain(options));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words:?} {options:?} failed:\n{said}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn token(app: &TestApp, role: &str, scope: &str) -> String {
    let options = ["--name", "接口", "--role", role, "--scope", scope];
    operator(app, &["token", "create"], &options).trim().to_owned()
}

/// Somebody who signs in; gives also where that leads.
async fn inside(app: &TestApp, login: &str, role: &[&str]) -> (Browser, String) {
    let mut options = vec!["--login", login, "--name", "测试人员", "--keep-password", "--role"];
    options.extend(role);
    let said = operator(app, &["user", "add"], &options);
    let (_, rest) = said.split_once("初始密码：").expect("a password is shown");
    let password = rest.lines().next().unwrap_or_default().trim();
    let mut browser = Browser::new(app.url());
    let page = browser.sign_in(login, password).await;
    assert_eq!(page.status, 303, "{}", page.text);
    (browser, page.location)
}

/// Calls the API; gives the status and the body.
async fn call(app: &TestApp, token: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
    let client = http_client(Duration::from_secs(30)).expect("an HTTP client");
    let url = format!("{}{path}", app.url());
    let request = match body {
        Some(body) => client.post(url).json(body),
        None => client.get(url),
    };
    let answer = request.bearer_auth(token).send().await.expect("the server answers");
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap_or(Value::Null))
}

/// Adds the shop at this stall to the register; gives its id.
async fn shop(app: &TestApp, stall_no: &str) -> String {
    let keeper = token(app, "supervisor", "tenants:manage");
    let shop = json!({
        "uscc": USCC, "name": SHOP, "kind": "mall_shop", "stall_no": stall_no,
        "contact_name": "欧阳小满", "contact_phone": "13900005520",
        "contract_from": "2026-01-01", "status": "active", "status_since": "2026-01-01",
    });
    let (status, added) = call(app, &keeper, "/api/v1/tenants", Some(&shop)).await;
    assert_eq!(status, 201, "{added}");
    added["tenant_id"].as_str().expect("it has an id").to_owned()
}

/// A complaint whose consent names the shop or not, accepted and given to a shop; gives its case and
/// the consumer's name and number.
async fn given(app: &TestApp, no: &str, named: bool, shop: &str) -> (String, [String; 2]) {
    let mut complaint = app.complaint(no);
    complaint["facts"] = json!(FACTS);
    if named {
        let consent = app.center().consent_with(no, |claims| {
            let recipients = claims["recipients"].as_array_mut().expect("there are recipients");
            recipients.push(json!({ "kind": "tenant", "uscc": USCC }));
        });
        complaint["consent"] = json!(consent);
    }
    app.center().divert(&complaint).await.expect("the complaint is taken");
    let id = app.clerk().find(no).await;
    app.clerk().does(&id, accept()).await;
    app.clerk().does(&id, json!({ "action": "assign", "tenant": shop })).await;
    let said = |name: &str| complaint["consumer"][name].as_str().expect("it is given").to_owned();
    (id, [said("name"), said("phone")])
}

/// What of a page does not change from one moment to the next.
fn body(page: &Page) -> &str {
    page.text.split_once("<main").expect("a page has a body").1
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_sees_its_own_cases_and_no_other() {
    let app = TestApp::start().await;
    let (own, other) = (shop(&app, "A-102").await, shop(&app, "B-7").await);
    let (named, consumer) = given(&app, "SHP-1", true, &own).await;
    let (unnamed, _) = given(&app, "SHP-2", false, &own).await;
    let (foreign, _) = given(&app, "SHP-3", true, &other).await;
    let (mut browser, home) = inside(&app, "dian", &["tenant", "--tenant", &own]).await;
    assert_eq!(home, "/console/shop");
    let list = browser.get(&home).await;
    assert_eq!(list.status, 200, "{}", list.text);
    for shown in ["SHP-1", "SHP-2", SHOP, "A-102", "欧阳小满", "处理中"] {
        assert!(list.text.contains(shown), "{shown}");
    }
    for hidden in ["SHP-3", consumer[0].as_str(), consumer[1].as_str(), "回传", "工作台"] {
        assert!(!list.text.contains(hidden), "{hidden}");
    }

    let page = browser.get(&format!("/console/shop/cases/{named}")).await;
    for shown in ["SHP-1", FACTS, "为什么是这个期限", "和解方案", "提交说明"] {
        assert!(page.text.contains(shown), "{shown}");
    }
    for hidden in [consumer[0].as_str(), consumer[1].as_str(), "办理经过", "回传", "联系记录"]
    {
        assert!(!page.text.contains(hidden), "{hidden}");
    }
    let page = browser.get(&format!("/console/shop/cases/{unnamed}")).await;
    assert!(page.text.contains("同意书未写明向该商户提供"), "{}", page.text);
    assert!(!page.text.contains(FACTS));

    let unknown = "case_01900000000070008000000000000000";
    let absent = browser.get(&format!("/console/shop/cases/{unknown}")).await;
    assert_eq!(absent.status, 404);
    for id in [foreign.as_str(), "x"] {
        let page = browser.get(&format!("/console/shop/cases/{id}")).await;
        assert_eq!((page.status, body(&page)), (404, body(&absent)), "{id}");
    }
    let path = format!("/console/shop/cases/{foreign}/statement");
    let fields = [("expected_version", "3"), ("text", "与本店无关")];
    let page = browser.post(&path, &fields).await;
    assert_eq!((page.status, body(&page)), (404, body(&absent)));
    let kinds = app.clerk().kinds(&foreign).await;
    assert!(!kinds.iter().any(|kind| kind == "tenant_stated"), "{kinds:?}");

    app.clerk().does(&named, json!({ "action": "unassign", "reason": "登记有误" })).await;
    let page = browser.get(&format!("/console/shop/cases/{named}")).await;
    assert_eq!((page.status, body(&page)), (404, body(&absent)), "it is not theirs any more");
    assert!(!browser.get(&home).await.text.contains("SHP-1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_shop_says_is_in_the_case_once_and_a_stale_page_says_nothing() {
    const WORDS: &str = "愿意按原价退货。";
    let app = TestApp::start().await;
    let own = shop(&app, "A-102").await;
    let (id, _) = given(&app, "SHP-1", true, &own).await;
    let (mut browser, _) = inside(&app, "dian", &["tenant", "--tenant", &own]).await;
    let path = format!("/console/shop/cases/{id}");
    let statement = format!("{path}/statement");
    let page = browser.get(&path).await;
    let version = page.between("name=\"expected_version\" value=\"", "\"").to_owned();

    let said = |text: &'static str| [("expected_version", version.as_str()), ("text", text)];
    let page = browser.post(&statement, &said("  ")).await;
    assert_eq!(page.status, 422);
    assert!(page.text.contains("id=\"statement-text-error\""), "{}", page.text);
    let page = browser.post(&statement, &said(WORDS)).await;
    assert_eq!(page.status, 303, "{}", page.text);
    assert!(browser.get(&page.location).await.text.contains("首问责任人会看到"));
    let page = browser.post(&statement, &said("再说一遍。")).await;
    assert_eq!(page.status, 409);
    assert!(page.text.contains("案件刚刚有新进展") && page.text.contains("再说一遍。"));

    let history = app.clerk().history(&id).await.expect("the history reads");
    let stated: Vec<&Value> = history.iter().filter(|it| it["kind"] == "tenant_stated").collect();
    assert_eq!(stated.len(), 1);
    assert_eq!(
        (&stated[0]["role"], &stated[0]["words"]["text"]),
        (&json!("tenant"), &json!(WORDS))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_looked_at_personal_data_is_on_the_list() {
    let app = TestApp::start().await;
    let id = app.accepted("REV-1").await;
    app.clerk().does(&id, reveal(&["name", "phone"], WHY)).await;
    app.supervisor().does(&id, reveal(&["phone"], WHY)).await;
    let (mut auditor, _) = inside(&app, "shen", &["auditor"]).await;
    let page = auditor.get("/console/reveals").await;
    assert_eq!(page.status, 200, "{}", page.text);
    for shown in ["REV-1", "姓名、联系电话", "受理员", "主管", &format!("/console/cases/{id}")]
    {
        assert!(page.text.contains(shown), "{shown}");
    }
    assert!(!page.text.contains(WHY), "the reason stays with the case");
    assert!(auditor.get(&format!("/console/cases/{id}")).await.text.contains(WHY));

    let watcher = token(&app, "auditor", "reveals:read");
    let (status, first) = call(&app, &watcher, "/api/v1/reveals?limit=1", None).await;
    assert_eq!(status, 200, "{first}");
    let newest = &first["reveals"][0];
    assert_eq!((&newest["role"], &newest["fields"]), (&json!("supervisor"), &json!(["phone"])));
    assert_eq!(newest["case_id"], json!(id));
    let next = first["next"].as_str().expect("there is more");
    let path = format!("/api/v1/reveals?limit=1&after={next}");
    let (_, second) = call(&app, &watcher, &path, None).await;
    assert_eq!(second["reveals"][0]["fields"], json!(["name", "phone"]));
    assert!(second["next"].is_null(), "{second}");
    let (status, refused) = call(&app, &watcher, "/api/v1/reveals?after=x", None).await;
    assert_eq!((status, &refused["field"]), (400, &json!("after")));
}
