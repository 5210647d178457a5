//! Who may do what, as tables: over every route of the server and over every act on a case, asked
//! of the real server by one person and one token a role, and by nobody. A route that is not in the
//! table fails, and so does a row without a route.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use green_channel::center::http_client;
use green_channel::ids::{OfferId, Pseudonym};
use green_channel_tests::{
    ApiError, Browser, Page, Staff, TestApp, eventually, in_days, merchant_server,
};
use reqwest::Method;
use serde_json::{Value, json};

/// The columns of the tables.
const ROLES: [&str; 9] = [
    "clerk",
    "supervisor",
    "manager",
    "cashier",
    "administrator",
    "security-administrator",
    "auditor",
    "regulator",
    "tenant",
];

/// Which scopes a token of a role may have.
const SCOPES: [(&str, &str); 9] = [
    //                  Cl Su Ma Ca Ad Se Au Re Te
    ("cases:read", "     x  x  x  .  .  .  x  x  ."),
    ("cases:act", "      x  x  x  .  .  .  .  .  ."),
    ("log:read", "       x  x  x  .  x  x  x  x  ."),
    ("reports:manage", " .  x  x  .  x  .  .  .  ."),
    ("tenants:read", "   x  x  x  x  .  .  x  x  ."),
    ("tenants:manage", " .  x  x  .  .  .  .  .  ."),
    ("reveals:read", "   .  .  .  .  .  .  x  x  ."),
    ("fund:read", "      .  x  x  x  .  .  x  x  ."),
    ("fund:act", "       x  x  x  x  .  .  .  .  ."),
];

/// Who may call a route.
#[derive(Clone, Copy)]
enum Who {
    /// Anybody at all, and gets this status.
    Anybody(u16),
    /// The center, by a token of its own for each request; nobody else.
    Center,
    /// Whoever is signed in at the console in a role with an x.
    Console(&'static str),
    /// Whoever has an API token of a role with an x.
    Token(&'static str),
}

use Who::{Anybody, Center, Console, Token};

/// Method, route as the source writes it, what the form says, who.
type Row = (&'static str, &'static str, &'static str, Who);

const EVERY: Who = Console("x  x  x  x  x  x  x  x  x");
//                           Cl Su Ma Ca Ad Se Au Re Te
const READERS: Who = Console("x  x  x  .  .  .  x  x  .");
const STAFF: Who = Console("  x  x  x  .  .  .  .  .  .");
const TENANTS: Who = Console("x  x  x  x  .  .  x  x  .");
const KEEPERS: Who = Console(".  x  x  .  .  .  .  .  .");
const PURSE: Who = Console("  .  x  x  x  .  .  x  x  .");
const HANDS: Who = Console("  x  x  x  x  .  .  .  .  .");
const CASHIER: Who = Console(".  .  .  x  .  .  .  .  .");
const ADMIN: Who = Console("  .  .  .  .  x  .  .  .  .");
const GUARD: Who = Console("  .  .  .  .  .  x  .  .  .");
const SHOP: Who = Console("   .  .  .  .  .  .  .  .  x");
const WATCH: Who = Console("  .  .  .  .  .  .  x  x  .");

const TABLE: &[Row] = &[
    ("GET", "/healthz", "", Anybody(200)),
    ("GET", "/readyz", "", Anybody(200)),
    ("GET", "/metrics", "", Anybody(200)),
    ("GET", "/.well-known/green-channel.json", "", Anybody(200)),
    ("GET", "/.well-known/jwks.json", "", Anybody(200)),
    ("GET", "/log/checkpoint", "", Anybody(200)),
    ("GET", "/log/tile/{level}/{*place}", "", Anybody(404)),
    ("GET", "/log/proof/{stream}/{n}", "", Anybody(404)),
    ("GET", "/slip", "", Anybody(200)),
    ("POST", "/green-channel/v1/complaints", "", Center),
    ("POST", "/green-channel/v1/complaint-batches", "", Center),
    ("GET", "/green-channel/v1/complaints/{no}", "", Center),
    ("POST", "/green-channel/v1/complaints/{no}/notices", "", Center),
    ("GET", "/a/{secret}", "", Anybody(410)),
    ("POST", "/a/{secret}", "", Anybody(410)),
    // The API.                                      Cl Su Ma Ca Ad Se Au Re Te
    ("GET", "/api/v1/cases", "", Token("              x  x  x  .  .  .  x  x  .")),
    ("GET", "/api/v1/cases/stream", "", Token("       x  x  x  .  .  .  x  x  .")),
    ("GET", "/api/v1/cases/{case_id}", "", Token("    x  x  x  .  .  .  x  x  .")),
    ("GET", "/api/v1/cases/{case_id}/history", "", Token("x x x . . . x x .")),
    ("POST", "/api/v1/cases/{case_id}/actions", "", Token("x x x . . . . . .")),
    ("POST", "/api/v1/cases/{case_id}/advances", "", Token("x x x x . . . . .")),
    ("GET", "/api/v1/fund", "", Token("               .  x  x  x  .  .  x  x  .")),
    ("GET", "/api/v1/fund/entries", "", Token("       .  x  x  x  .  .  x  x  .")),
    ("GET", "/api/v1/fund/advances", "", Token("      .  x  x  x  .  .  x  x  .")),
    ("GET", "/api/v1/fund/advances/{advance_id}", "", Token(". x x x . . x x .")),
    ("POST", "/api/v1/fund/advances/{advance_id}/actions", "", Token("x x x x . . . . .")),
    ("GET", "/api/v1/fund/advances/{advance_id}/payee", "", Token(". . . x . . . . .")),
    ("POST", "/api/v1/fund/advances/{advance_id}/evidence", "", Token("x x x x . . . . .")),
    (
        "POST",
        "/api/v1/fund/advances/{advance_id}/evidence/{sha256}",
        "",
        Token("x x x . . . x x ."),
    ),
    ("GET", "/api/v1/fund/proposals", "", Token("     .  x  x  x  .  .  x  x  .")),
    ("GET", "/api/v1/fund/agreements", "", Token("    .  x  x  x  .  .  x  x  .")),
    ("POST", "/api/v1/fund/agreements", "", Token("   .  .  x  .  .  .  .  .  .")),
    ("GET", "/api/v1/fund/batches", "", Token("       .  x  x  x  .  .  x  x  .")),
    ("POST", "/api/v1/fund/batches", "", Token("      .  .  .  x  .  .  .  .  .")),
    ("POST", "/api/v1/fund/batches/{batch}/file", "", Token(". . . x . . . . .")),
    ("POST", "/api/v1/fund/results", "", Token("      .  .  .  x  .  .  .  .  .")),
    ("POST", "/api/v1/fund/reconciliations", "", Token(". . . x . . . . .")),
    ("GET", "/api/v1/fund/months/{month}", "", Token(".  x  x  x  .  .  x  x  .")),
    ("GET", "/api/v1/fund/tenants/{tenant_id}/entries", "", Token(". x x x . . x x .")),
    ("POST", "/api/v1/fund/actions", "", Token("      x  x  x  x  .  .  .  .  .")),
    ("POST", "/api/v1/desk-complaints", "", Token("   x  x  x  .  .  .  .  .  .")),
    ("GET", "/api/v1/reports", "", Token("            .  x  x  .  x  .  .  .  .")),
    ("POST", "/api/v1/reports/{report_id}/replay", "", Token(". x x . x . . . .")),
    ("GET", "/api/v1/responders", "", Token("         x  x  x  .  .  .  .  .  .")),
    ("GET", "/api/v1/reveals", "", Token("            .  .  .  .  .  .  x  x  .")),
    ("GET", "/api/v1/tenants", "", Token("            x  x  x  x  .  .  x  x  .")),
    ("POST", "/api/v1/tenants", "", Token("           .  x  x  .  .  .  .  .  .")),
    ("GET", "/api/v1/tenants/{tenant_id}", "", Token("x  x  x  x  .  .  x  x  .")),
    ("PUT", "/api/v1/tenants/{tenant_id}", "", Token(".  x  x  .  .  .  .  .  .")),
    ("GET", "/log/tile/entries/{*place}", "", Token(" x  x  x  .  x  x  x  x  .")),
    // The console.
    ("GET", "/console/assets/{name}", "", Anybody(200)),
    ("GET", "/console/login", "", Anybody(200)),
    ("POST", "/console/login", "", Anybody(401)),
    ("POST", "/console/logout", "", Anybody(303)),
    ("GET", "/", "", EVERY),
    ("GET", "/console/password", "", EVERY),
    ("POST", "/console/password", "", EVERY),
    ("POST", "/console/role", "role={role}", EVERY),
    ("GET", "/console/account", "", EVERY),
    ("POST", "/console/account/totp", "", EVERY),
    ("POST", "/console/account/totp/confirm", "", EVERY),
    ("POST", "/console/account/tokens", "", EVERY),
    ("POST", "/console/account/tokens/{token_id}/revoke", "", EVERY),
    ("GET", "/console", "", READERS),
    ("GET", "/console/cases/{case_id}", "", READERS),
    ("POST", "/console/cases/{case_id}/actions", "action=reveal", READERS),
    ("POST", "/console/cases/{case_id}/actions", "action=contact", STAFF),
    ("GET", "/console/cases/{case_id}/agreement", "", STAFF),
    ("GET", "/console/cases/{case_id}/slip", "", STAFF),
    ("GET", "/console/cases/{case_id}/proof", "", READERS),
    ("GET", "/console/audit", "", WATCH),
    ("GET", "/console/audit/acts", "", WATCH),
    ("GET", "/console/audit/figures", "", WATCH),
    ("POST", "/console/audit/bundle", "", WATCH),
    ("GET", "/console/register", "", STAFF),
    ("POST", "/console/register", "", STAFF),
    ("GET", "/console/reminders", "", STAFF),
    //                                            Cl Su Ma Ca Ad Se Au Re Te
    ("GET", "/console/reports", "", Console("      x  x  x  .  x  .  x  x  .")),
    ("POST", "/console/reports/{report_id}/resend", "", Console(". x x . x . . . .")),
    ("GET", "/console/log", "", Console("          x  x  x  .  x  x  x  x  .")),
    ("GET", "/console/tenants", "", TENANTS),
    ("GET", "/console/tenants/{tenant_id}", "", TENANTS),
    ("GET", "/console/tenants/new", "", KEEPERS),
    ("POST", "/console/tenants/new", "", KEEPERS),
    ("POST", "/console/tenants/{tenant_id}", "", KEEPERS),
    ("POST", "/console/tenants/{tenant_id}/status", "", KEEPERS),
    ("GET", "/console/reveals", "", WATCH),
    ("GET", "/console/fund", "", PURSE),
    ("POST", "/console/fund/actions", "", HANDS),
    ("GET", "/console/fund/advances", "", PURSE),
    ("GET", "/console/fund/proposals", "", PURSE),
    ("GET", "/console/fund/advances/{advance_id}", "", TENANTS),
    ("POST", "/console/fund/advances/{advance_id}", "", HANDS),
    ("POST", "/console/fund/advances/{advance_id}/payee", "", CASHIER),
    ("GET", "/console/fund/advances/{advance_id}/papers/{paper}", "", TENANTS),
    ("POST", "/console/fund/advances/{advance_id}/evidence", "", HANDS),
    ("POST", "/console/fund/advances/{advance_id}/evidence/{sha256}", "", READERS),
    ("GET", "/console/fund/tenants/{tenant_id}", "", PURSE),
    ("GET", "/console/fund/months/{month}", "", PURSE),
    ("GET", "/console/fund/journal/{format}", "", PURSE),
    ("GET", "/console/fund/agreement", "", PURSE),
    ("POST", "/console/fund/agreement", "", Console(". . x . . . . . .")),
    ("GET", "/console/fund/bank", "", CASHIER),
    ("POST", "/console/fund/bank/batches", "", CASHIER),
    ("POST", "/console/fund/bank/batches/{name}", "", CASHIER),
    ("POST", "/console/fund/bank/results", "", CASHIER),
    ("POST", "/console/fund/bank/statement", "", CASHIER),
    ("POST", "/console/cases/{case_id}/advances", "", STAFF),
    ("GET", "/console/shop", "", SHOP),
    ("GET", "/console/shop/cases/{case_id}", "", SHOP),
    ("POST", "/console/shop/cases/{case_id}/statement", "", SHOP),
    ("GET", "/console/people", "", Console("       .  .  .  .  x  x  .  .  .")),
    ("POST", "/console/people", "", ADMIN),
    ("POST", "/console/people/{login}/{act}", "act=unlock", GUARD),
    ("POST", "/console/people/{login}/{act}", "act=totp", GUARD),
    ("POST", "/console/people/{login}/{act}", "act=sessions", GUARD),
    ("POST", "/console/people/{login}/{act}", "act=tokens", GUARD),
    ("POST", "/console/people/{login}/{act}", "act=roles", ADMIN),
    ("POST", "/console/people/{login}/{act}", "act=password", ADMIN),
    ("POST", "/console/people/{login}/{act}", "act=remove", ADMIN),
];

/// Where each role begins, in the order of the columns.
const HOMES: [&str; 9] = [
    "/console",
    "/console",
    "/console",
    "/console/fund",
    "/console/people",
    "/console/people",
    "/console",
    "/console",
    "/console/shop",
];

/// How far somebody got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// Past every question of who it is.
    In,
    /// Known, and not allowed.
    Denied,
    /// Not known: sent to sign in, or told to bring a token.
    Unknown,
    /// Something that no row means.
    Broken(u16),
}

fn judged(status: u16, location: &str) -> Verdict {
    match status {
        403 => Verdict::Denied,
        401 => Verdict::Unknown,
        303 if location.starts_with("/console/login") => Verdict::Unknown,
        303 if location == "/console/password" => Verdict::Broken(status),
        405 | 500.. => Verdict::Broken(status),
        _ => Verdict::In,
    }
}

fn of_page(page: &Page) -> Verdict {
    judged(page.status, &page.location)
}

/// One mark a column.
fn columns(marks: &str) -> [bool; 9] {
    let marks: Vec<bool> = marks.split_whitespace().map(|mark| mark == "x").collect();
    marks.try_into().expect("one mark for each role")
}

/// Runs a command of the operator beside the running server; gives whether it went well and what
/// it said.
fn operator(app: &TestApp, words: &[&str], options: &[&str]) -> (bool, String) {
    let data = app.data();
    let data = data.to_str().expect("a path of ours");
    let output = merchant_server(words.iter().chain(&["--data", data]).chain(options));
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
}

fn client() -> reqwest::Client {
    http_client(Duration::from_secs(30)).expect("an HTTP client")
}

fn scopes_of(column: usize) -> Vec<&'static str> {
    let held = SCOPES.iter().filter(|(_, marks)| columns(marks)[column]);
    held.map(|(scope, _)| *scope).collect()
}

/// A token with these scopes, unless the role may not have them.
fn token(app: &TestApp, role: &str, scopes: &[&str]) -> Option<String> {
    let mut options = vec!["--name", role, "--role", role];
    for scope in scopes {
        options.extend(["--scope", scope]);
    }
    if role == "regulator" {
        options.extend(["--until", "2099-12-31"]);
    }
    let (done, said) = operator(app, &["token", "create"], &options);
    done.then(|| said.trim().to_owned())
}

/// Somebody with every scope that the role may have.
fn hand(app: &TestApp, role: &str) -> Staff {
    let column = ROLES.iter().position(|one| *one == role).expect("a role");
    let token = token(app, role, &scopes_of(column)).expect("the role may have these");
    Staff::new(app.url(), token, client())
}

/// Adds a shop to the register; gives its id.
async fn shop(app: &TestApp) -> String {
    let token = token(app, "supervisor", &["tenants:manage"]).expect("a supervisor may");
    let shop = json!({
        "uscc": "91350100M000100Y43", "name": "晨光童装专柜", "kind": "mall_shop",
        "stall_no": "A-102", "contact_name": "欧阳小满", "contact_phone": "13900005520",
        "contract_from": "2026-01-01", "status": "active", "status_since": "2026-01-01",
    });
    let request = client().post(format!("{}/api/v1/tenants", app.url())).bearer_auth(token);
    let answer = request.json(&shop).send().await.expect("the server answers");
    let added: Value = answer.json().await.expect("the answer reads");
    added["tenant_id"].as_str().unwrap_or_else(|| panic!("not added: {added}")).to_owned()
}

/// Somebody with this role, signed in.
async fn inside(app: &TestApp, role: &str, shop: &str) -> (Browser, Page) {
    let login = format!("p-{role}");
    let tomorrow = in_days(1);
    let mut options = vec!["--login", &login, "--name", "测试人员", "--role", role];
    options.push("--keep-password");
    match role {
        "tenant" => options.extend(["--tenant", shop]),
        "regulator" => options.extend(["--until", &tomorrow]),
        _ => {}
    }
    let (done, said) = operator(app, &["user", "add"], &options);
    assert!(done, "{role} is added");
    let (_, rest) = said.split_once("初始密码：").expect("a password is shown");
    let password = rest.lines().next().unwrap_or_default().trim();
    let mut browser = Browser::new(app.url());
    let page = browser.sign_in(&login, password).await;
    assert_eq!(page.status, 303, "{role} gets in: {}", page.text);
    (browser, page)
}

/// What stands in a path for what a route leaves open.
struct World {
    app: TestApp,
    case: String,
    shop: String,
    report: String,
}

impl World {
    async fn new() -> Self {
        let app = TestApp::start().await;
        let shop = shop(&app).await;
        let case = app.accepted("PWR-1").await;
        app.clerk().does(&case, json!({ "action": "assign", "tenant": shop })).await;
        app.drained(Duration::from_secs(60)).await;
        let reports = app.supervisor().reports("delivered").await.expect("the reports list");
        let report = reports[0]["report_id"].as_str().expect("it has an id").to_owned();
        eventually("the log has a checkpoint", Duration::from_secs(60), || async {
            let answer = app.get("/log/checkpoint").await;
            answer.is_ok_and(|answer| answer.status().is_success())
        })
        .await;
        let spare = ["--login", "spare", "--name", "备用", "--role", "clerk"];
        assert!(operator(&app, &["user", "add"], &spare).0);
        Self { app, case, shop, report }
    }

    fn path(&self, route: &str, sent: &str) -> String {
        let act = sent.strip_prefix("act=").unwrap_or_default();
        let secret = "A".repeat(32);
        let mut path = route.to_owned();
        for (hole, with) in [
            ("{case_id}", self.case.as_str()),
            ("{tenant_id}", self.shop.as_str()),
            ("{report_id}", self.report.as_str()),
            ("{advance_id}", "adv_01900000000070008000000000000000"),
            ("{sha256}", "none"),
            ("{batch}", "bank-file-none"),
            ("{paper}", "voucher"),
            ("{month}", "2026-01"),
            ("{format}", "hledger"),
            ("{token_id}", "none"),
            ("{login}", "spare"),
            ("{act}", act),
            ("{no}", "PWR-1"),
            ("{secret}", secret.as_str()),
            ("{name}", "console.css"),
            ("{level}", "0"),
            ("{*place}", "999"),
            ("{stream}", "host"),
            ("{n}", "99999"),
        ] {
            path = path.replace(hole, with);
        }
        assert!(!path.contains('{'), "nothing stands for a hole of {route}");
        path
    }

    /// Asks with this token, or with none.
    async fn call(&self, row: &Row, token: Option<&str>) -> Verdict {
        let (method, route, sent, _) = row;
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let url = format!("{}{}", self.app.url(), self.path(route, sent));
        let mut request = client().request(method.clone(), url);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if method != Method::GET {
            request = request.json(&json!({}));
        }
        let answer = request.send().await.expect("the server answers");
        let location = answer.headers().get("location").and_then(|value| value.to_str().ok());
        judged(answer.status().as_u16(), location.unwrap_or_default())
    }

    /// Asks with a browser; nothing for a method that no browser has.
    async fn browse(&self, row: &Row, browser: &mut Browser, role: &str) -> Option<Page> {
        let (method, route, sent, _) = row;
        let path = self.path(route, sent);
        let code = role.replace('-', "_");
        let value = |value: &str| if value == "{role}" { code.clone() } else { value.to_owned() };
        let said = sent.split_once('=').map(|(name, text)| (name, value(text)));
        let fields: Vec<(&str, &str)> =
            said.iter().map(|(name, text)| (*name, text.as_str())).collect();
        match *method {
            "GET" => Some(browser.get(&path).await),
            "POST" => Some(browser.post(&path, &fields).await),
            _ => None,
        }
    }
}

/// The people and the tokens that ask, one a column; and what they found that the table denies.
struct Askers {
    browsers: Vec<Browser>,
    tokens: Vec<Option<String>>,
    wrong: Vec<String>,
}

impl Askers {
    async fn new(world: &World) -> Self {
        let (mut browsers, mut tokens) = (Vec::new(), Vec::new());
        for (column, role) in ROLES.iter().enumerate() {
            browsers.push(inside(&world.app, role, &world.shop).await.0);
            let scopes = scopes_of(column);
            // A shop has no scope at all, so there is no token to ask with.
            tokens.push(if scopes.is_empty() { None } else { token(&world.app, role, &scopes) });
        }
        Self { browsers, tokens, wrong: Vec::new() }
    }

    fn expect(&mut self, row: &Row, who: &str, wanted: Verdict, found: Verdict) {
        if wanted != found {
            let (method, route, sent, _) = row;
            self.wrong.push(format!("{method} {route} {sent} {who}: {found:?}, not {wanted:?}"));
        }
    }

    async fn ask(&mut self, world: &World, row: &Row) {
        match row.3 {
            Anybody(status) => {
                let mut nobody = Browser::new(world.app.url());
                let page = world.browse(row, &mut nobody, "").await.expect("GET or POST");
                if page.status != status {
                    self.wrong.push(format!("{} {}: {}, not {status}", row.0, row.1, page.status));
                }
            }
            Center => {
                self.nobody_knows(world, row).await;
                self.no_session_helps(world, row).await;
                for token in self.tokens.clone().into_iter().flatten() {
                    let found = world.call(row, Some(&token)).await;
                    self.expect(row, "a merchant's own token", Verdict::Unknown, found);
                }
            }
            Console(marks) => {
                self.nobody_knows(world, row).await;
                let token = self.tokens[1].clone();
                let found = world.call(row, token.as_deref()).await;
                self.expect(row, "a supervisor's token", Verdict::Unknown, found);
                for (column, may) in columns(marks).into_iter().enumerate() {
                    let (role, wanted) = (ROLES[column], wanted(may));
                    let browser = &mut self.browsers[column];
                    let page = world.browse(row, browser, role).await.expect("GET or POST");
                    self.expect(row, role, wanted, of_page(&page));
                }
            }
            Token(marks) => {
                self.nobody_knows(world, row).await;
                self.no_session_helps(world, row).await;
                for (column, may) in columns(marks).into_iter().enumerate() {
                    match self.tokens[column].clone() {
                        Some(token) => {
                            let found = world.call(row, Some(&token)).await;
                            self.expect(row, ROLES[column], wanted(may), found);
                        }
                        None => assert!(!may, "{} has no token for {}", ROLES[column], row.1),
                    }
                }
            }
        }
    }

    async fn nobody_knows(&mut self, world: &World, row: &Row) {
        let found = world.call(row, None).await;
        self.expect(row, "nobody", Verdict::Unknown, found);
    }

    /// A cookie is no token.
    async fn no_session_helps(&mut self, world: &World, row: &Row) {
        for (column, role) in ROLES.iter().enumerate() {
            let browser = &mut self.browsers[column];
            if let Some(page) = world.browse(row, browser, role).await {
                self.expect(row, &format!("{role}'s session"), Verdict::Unknown, of_page(&page));
            }
        }
    }
}

const fn wanted(may: bool) -> Verdict {
    if may { Verdict::In } else { Verdict::Denied }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_lets_in_exactly_whom_the_table_says() {
    let world = World::new().await;
    let mut askers = Askers::new(&world).await;
    for row in TABLE {
        askers.ask(&world, row).await;
    }
    assert!(askers.wrong.is_empty(), "{}", askers.wrong.join("\n"));
    for (browser, role) in askers.browsers.iter_mut().zip(ROLES) {
        assert_eq!(browser.post("/console/logout", &[]).await.location, "/console/login");
        let page = browser.get("/console/account").await;
        assert_eq!(of_page(&page), Verdict::Unknown, "{role} is out");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_begins_at_home_and_its_navigation_leads_only_where_it_may_go() {
    let app = TestApp::start().await;
    let shop = shop(&app).await;
    for (role, home) in ROLES.into_iter().zip(HOMES) {
        let (mut browser, begun) = inside(&app, role, &shop).await;
        assert_eq!(begun.location, home, "{role}");
        assert_eq!(browser.get("/").await.location, home, "{role}");
        let page = browser.get(home).await;
        let links: Vec<String> = page
            .between("<nav class=\"nav\"", "</nav>")
            .split("href=\"")
            .skip(1)
            .filter_map(|link| link.split('"').next().map(str::to_owned))
            .collect();
        assert!(links.iter().any(|link| link == home), "{role}: {links:?}");
        for link in &links {
            assert_eq!(browser.get(link).await.status, 200, "{role}: {link}");
        }
        if role == "tenant" {
            assert_eq!(links, ["/console/shop", "/console/account"]);
        }
    }
}

#[test]
fn every_route_of_the_source_is_in_the_table_and_no_other() {
    let mut served = BTreeSet::new();
    for folder in ["/../merchant-server/src", "/../sdk/src/intake"] {
        let folder = format!("{}{folder}", env!("CARGO_MANIFEST_DIR"));
        routes_in(Path::new(&folder), &mut served);
    }
    assert!(served.len() > 50, "only {served:?}");
    let listed: BTreeSet<(String, String)> = TABLE
        .iter()
        .map(|(method, route, _, _)| ((*method).to_owned(), (*route).to_owned()))
        .collect();
    let missing: Vec<_> = served.difference(&listed).collect();
    assert!(missing.is_empty(), "say in TABLE who may call {missing:?}");
    let gone: Vec<_> = listed.difference(&served).collect();
    assert!(gone.is_empty(), "nothing serves {gone:?}");
}

/// The method and the path of every `.route(…)` in the files of a folder and of those below it.
fn routes_in(folder: &Path, found: &mut BTreeSet<(String, String)>) {
    for entry in std::fs::read_dir(folder).expect("the source lies beside the tests") {
        let path = entry.expect("the folder reads").path();
        if path.is_dir() {
            routes_in(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).expect("the source reads");
            for (at, begin) in text.match_indices(".route(") {
                found.extend(routes_of(arguments(&text[at + begin.len()..])));
            }
        }
    }
}

/// What stands before the parenthesis that closes the call.
fn arguments(text: &str) -> &str {
    let mut depth = 1;
    for (at, character) in text.char_indices() {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &text[..at];
        }
    }
    panic!("a route that does not end: {text}")
}

/// One route for each method in the arguments of `.route(…)`.
fn routes_of(arguments: &str) -> Vec<(String, String)> {
    let begins = arguments.trim_start();
    let is_named = begins.starts_with('"') || begins.starts_with("&format!(\"");
    assert!(is_named, "a route must be a literal, so that it can be found: {arguments}");
    let mut pieces = begins.splitn(3, '"');
    let (literal, handlers) = (pieces.nth(1).unwrap_or(""), pieces.next().unwrap_or(""));
    let route = literal.replace("{ANSWER_PATH}", "/a/").replace("{{", "{").replace("}}", "}");
    let is_called = |method: &str| {
        handlers.match_indices(&format!("{method}(")).any(|(at, _)| {
            let before = handlers[..at].chars().next_back();
            !before.is_some_and(|before| before.is_alphanumeric() || before == '_')
        })
    };
    let methods = ["get", "post", "put", "patch", "delete", "any"];
    let called: Vec<_> = methods.into_iter().filter(|method| is_called(method)).collect();
    assert!(!called.is_empty(), "a route without a method: {arguments}");
    called.into_iter().map(|method| (method.to_uppercase(), route.clone())).collect()
}

#[test]
fn a_route_is_found_however_it_is_written() {
    let found = |text: &str| routes_of(arguments(text));
    let pair = |method: &str, route: &str| (method.to_owned(), route.to_owned());
    assert_eq!(found("\"/x\", get(|| async { \"ok\" })).merge(y)"), [pair("GET", "/x")]);
    let both = "&format!(\"{ANSWER_PATH}{{secret}}\"), get(show).post(submit))\n.layer(z)";
    assert_eq!(found(both), [pair("GET", "/a/{secret}"), pair("POST", "/a/{secret}")]);
    let broken = "\n    \"/x/{y}\",\n    forget(a).put(b::<S>),\n)";
    assert_eq!(found(broken), [pair("PUT", "/x/{y}")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_has_no_scope_beyond_its_role() {
    let app = TestApp::start().await;
    for (column, role) in ROLES.into_iter().enumerate() {
        for (scope, marks) in SCOPES {
            let made = token(&app, role, &[scope]).is_some();
            assert_eq!(made, columns(marks)[column], "{role} {scope}");
        }
    }
}

/// Every act of the API. Words are left empty, so that what is allowed stops at a field where it
/// can.
fn commands(shop: &str) -> Vec<Value> {
    let offer_id = OfferId::from_bytes([7; 16]);
    let terms = json!({
        "kinds": ["refund"], "refund_fen": 20_000, "damages_fen": 0, "multiple_fen": 0,
        "mental_damages_fen": 0, "perform_by": in_days(5),
    });
    let bare = ["accept", "take_transfer", "recall_transfer", "approve", "issue_link"];
    let bare = bare.into_iter().chain(["withdraw", "withdraw_consent"]);
    let mut commands: Vec<Value> = bare.map(|action| json!({ "action": action })).collect();
    let reasoned = ["refuse_transfer", "resume", "ask_extension", "extend", "send_back"];
    for action in reasoned.into_iter().chain(["breach", "unassign", "reopen"]) {
        commands.push(json!({ "action": action, "reason": "" }));
    }
    commands.extend([
        json!({ "action": "pause", "until": in_days(5), "reason": "" }),
        json!({ "action": "propose_transfer", "to": Pseudonym::new([9; 16]), "reason": "" }),
        json!({ "action": "contact", "method": "phone", "result": "reached", "note": "" }),
        json!({ "action": "ask_supplement", "reply_by": in_days(5), "text": "" }),
        json!({ "action": "offer", "terms": terms, "answer_by": in_days(3), "text": "" }),
        json!({ "action": "answer", "offer_id": offer_id, "accepted": true }),
        json!({ "action": "counter", "answers": offer_id, "terms": terms, "text": "" }),
        json!({ "action": "accept_counter", "offer_id": offer_id }),
        json!({ "action": "decline_counter", "offer_id": offer_id, "reason": "" }),
        json!({
            "action": "perform", "proof": "", "outcome": "monetary", "method": "phone",
            "process": "", "result": "", "recovered_fen": 0,
        }),
        json!({ "action": "reject", "reason": "not_ours", "text": "" }),
        json!({ "action": "hand_back", "reason": "no_agreement", "summary": "" }),
        json!({ "action": "supplement", "text": "" }),
        json!({ "action": "assign", "tenant": shop }),
        json!({ "action": "tenant_state", "text": "" }),
        json!({ "action": "rate", "stars": 5 }),
        json!({ "action": "reveal", "fields": [], "reason": "" }),
    ]);
    commands
}

fn action(command: &Value) -> &str {
    command["action"].as_str().expect("a command names its action")
}

/// The choice of this action in a view, if the role knows it.
fn choice<'a>(view: &'a Value, action: &str) -> Option<&'a Value> {
    view["choices"].as_array()?.iter().find(|choice| choice["action"] == action)
}

/// In what the answer differs from the choice; nothing when they agree. What is allowed may still
/// stop at a field.
fn difference(choice: Option<&Value>, outcome: &Result<Value, ApiError>) -> Option<String> {
    let (status, detail) = match outcome {
        Ok(_) => (200, ""),
        Err(ApiError::Refused(refused)) => {
            (refused.status, refused.body["detail"].as_str().unwrap_or_default())
        }
        Err(ApiError::Transport(error)) => panic!("the server did not answer: {error:?}"),
    };
    let why_not = match choice {
        None => "role_not_permitted",
        Some(choice) if choice["allowed"] == true => "",
        Some(choice) => choice["why_not"].as_str().expect("a refusal has its code"),
    };
    let fits = if why_not.is_empty() {
        matches!(status, 200 | 422)
    } else {
        matches!(status, 403 | 409) && detail.contains(&format!("（{why_not}）"))
    };
    (!fits).then(|| format!("{status} {detail}, but the view says {choice:?}"))
}

/// Fresh cases, accepted by the app's own clerk.
struct Cases<'a> {
    app: &'a TestApp,
    made: u32,
}

impl Cases<'_> {
    async fn next(&mut self) -> String {
        self.made += 1;
        self.app.accepted(&format!("ACT-{}", self.made)).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_act_is_taken_exactly_when_the_view_says_so() {
    let app = TestApp::start().await;
    let shop = shop(&app).await;
    let commands = commands(&shop);
    let mut cases = Cases { app: &app, made: 0 };
    let (mut wrong, mut known) = (Vec::new(), BTreeSet::from(["tenant_state".to_owned()]));
    for (who, hand) in [
        ("the first responder", app.clerk().clone()),
        ("another clerk", hand(&app, "clerk")),
        ("a supervisor", hand(&app, "supervisor")),
        ("the manager", hand(&app, "manager")),
    ] {
        let mut id = cases.next().await;
        for command in &commands {
            let view = hand.show(&id).await.expect("the case shows");
            let choices = view["choices"].as_array().expect("there are choices");
            known.extend(choices.iter().map(|choice| action(choice).to_owned()));
            let revision = &view["summary"]["revision"];
            let outcome = hand.act_at(&id, revision, command.clone()).await;
            let action = action(command);
            let differs = difference(choice(&view, action), &outcome);
            wrong.extend(differs.map(|how| format!("{who}: {action}: {how}")));
            if outcome.is_ok() {
                id = cases.next().await;
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let tried: BTreeSet<String> = commands.iter().map(|it| action(it).to_owned()).collect();
    assert_eq!(tried, known, "every act that a view names is tried");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_whoever_does_not_work_on_cases_takes_no_act() {
    let app = TestApp::start().await;
    let shop = shop(&app).await;
    let id = app.accepted("ACT-0").await;
    for role in ["cashier", "administrator", "security-administrator", "auditor", "regulator"] {
        let hand = hand(&app, role);
        for command in commands(&shop) {
            let what = format!("{role} {}", action(&command));
            match hand.act_at(&id, &json!(1), command).await {
                Err(ApiError::Refused(refused)) => assert_eq!(refused.status, 403, "{what}"),
                other => panic!("{what}: {other:?}"),
            }
        }
    }
    let mut kinds = app.clerk().kinds(&id).await;
    kinds.retain(|kind| kind != "reported");
    assert_eq!(kinds, ["received", "accepted"], "nothing happened");
}
