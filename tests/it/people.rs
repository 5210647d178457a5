//! People and their powers: first login, roles that do not go together, lock-out, second factor,
//! personal tokens, and powers that end.

use std::time::Duration;

use green_channel::center::http_client;
use green_channel::totp;
use green_channel_tests::{
    Browser, Setup, Staff, TestApp, accept, entries_of, merchant_server, now, refusal,
};

const NEW: &str = "correct horse battery staple";

/// Runs a command on the app's folder; gives whether it went well and what it said.
fn command(app: &TestApp, words: &[&str], options: &[&str]) -> (bool, String) {
    let data = app.data();
    let data = data.to_str().expect("a path of ours");
    let output = merchant_server(words.iter().chain(&["--data", data]).chain(options));
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

fn does(app: &TestApp, words: &[&str], options: &[&str]) -> String {
    let (done, said) = command(app, words, options);
    assert!(done, "{words:?} {options:?} failed:\n{said}");
    said
}

/// The password at the end of what a command said.
fn password_in(said: &str) -> String {
    let (_, rest) = said.split_once("密码：").expect("the command tells a password");
    rest.lines().next().unwrap_or_default().trim().to_owned()
}

/// Adds somebody who may keep the first password.
fn added(app: &TestApp, login: &str, options: &[&str]) -> String {
    let mut all = vec!["--login", login, "--name", "王某某", "--keep-password"];
    all.extend(options);
    password_in(&does(app, &["user", "add"], &all))
}

/// Signs in, and must get in.
async fn inside(app: &TestApp, login: &str, password: &str) -> Browser {
    let mut browser = Browser::new(app.url());
    let page = browser.sign_in(login, password).await;
    assert_eq!(page.status, 303, "{login}: {}", page.text);
    browser
}

/// The bytes of a secret in base 32.
fn base32_bytes(text: &str) -> Vec<u8> {
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0_u32, 0);
    for letter in text.bytes() {
        let five = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'2'..=b'7' => letter - b'2' + 26,
            _ => panic!("{text} is not base 32"),
        };
        bits = (bits << 5) | u32::from(five);
        held += 5;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from((bits >> held) & 0xff).expect("eight bits"));
        }
    }
    bytes
}

fn staff(app: &TestApp, token: &str) -> Staff {
    let client = http_client(Duration::from_secs(30)).expect("an HTTP client");
    Staff::new(app.url(), token.to_owned(), client)
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_gets_a_password_must_change_it_before_anything_is_shown() {
    let app = TestApp::start().await;
    let first = password_in(&does(&app, &["user", "password"], &["--login", "shouli"]));
    let mut clerk = inside(&app, "shouli", &first).await;
    for path in ["/console", "/console/account", "/console/log", "/console/reports"] {
        let page = clerk.get(path).await;
        assert_eq!((page.status, page.location.as_str()), (303, "/console/password"), "{path}");
    }
    assert_eq!(clerk.get("/console/password").await.status, 200);
    let old = first.as_str();
    for (current, new, again, why) in [
        (old, "too short", "too short", "12 至 128"),
        (old, NEW, "something else", "不一致"),
        (old, old, old, "原密码相同"),
        ("not the password", NEW, NEW, "原密码不正确"),
    ] {
        let fields = [("current", current), ("new", new), ("again", again)];
        let page = clerk.post("/console/password", &fields).await;
        assert_eq!(page.status, 422);
        assert!(page.text.contains(why), "{why}: {}", page.text);
    }
    let mut elsewhere = inside(&app, "shouli", &first).await;
    let fields = [("current", first.as_str()), ("new", NEW), ("again", NEW)];
    let page = clerk.post("/console/password", &fields).await;
    assert_eq!((page.status, page.location.as_str()), (303, "/console"));
    assert_eq!(clerk.get("/console").await.status, 200);
    let page = elsewhere.get("/console").await;
    assert!(page.location.starts_with("/console/login"), "other sessions have ended");
    assert_eq!(Browser::new(app.url()).sign_in("shouli", &first).await.status, 401);
    inside(&app, "shouli", NEW).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_that_do_not_go_together_are_refused_everywhere() {
    let app = TestApp::start().await;
    for (one, other, why) in [
        ("administrator", "auditor", "审计员"),
        ("administrator", "security-administrator", "安全管理员"),
        ("auditor", "clerk", "审计员"),
        ("cashier", "clerk", "出纳"),
    ] {
        let options = ["--login", "both", "--name", "王某", "--role", one, "--role", other];
        let (done, said) = command(&app, &["user", "add"], &options);
        assert!(!done && said.contains(why), "{one} {other}: {said}");
    }
    for role in ["regulator", "tenant"] {
        let options = ["--login", "bare", "--name", "王某某", "--role", role];
        assert!(!command(&app, &["user", "add"], &options).0, "{role} needs its bound");
    }
    let password = added(&app, "chief", &["--role", "administrator"]);
    let mut administrator = inside(&app, "chief", &password).await;
    let fields =
        [("login", "both"), ("name", "李某某"), ("roles", "cashier"), ("roles", "manager")];
    let page = administrator.post("/console/people", &fields).await;
    assert_eq!(page.status, 422);
    assert!(page.text.contains("不能由同一人担任"), "{}", page.text);
    let fields = [("login", "zhao"), ("name", "赵某某"), ("roles", "clerk")];
    let page = administrator.post("/console/people", &fields).await;
    assert_eq!(page.status, 200, "{}", page.text);
    let first = page.between("<code id=\"issued\">", "</code>").to_owned();
    let zhao = "/console/people/zhao/roles";
    let stale = [("roles", "manager"), ("were", "cashier")];
    let page = administrator.post(zhao, &stale).await;
    assert_eq!(page.status, 422, "another administrator was faster");
    assert!(page.text.contains("刚被他人更改"), "{}", page.text);
    let page = administrator.post(zhao, &[("roles", "auditor"), ("were", "clerk")]).await;
    assert_eq!(page.status, 303, "{}", page.text);
    let page = administrator.post(zhao, &[("roles", "clerk"), ("were", "auditor")]).await;
    assert_eq!(page.status, 422, "who watches the administrators is not theirs to change");
    let page = administrator.post("/console/people/chief/roles", &[("roles", "clerk")]).await;
    assert_eq!(page.status, 422, "nobody gives themselves a role");
    let page = administrator.post("/console/people/zhao/unlock", &[]).await;
    assert_eq!(page.status, 403, "that is the other administrator's work");
    let mut newcomer = inside(&app, "zhao", &first).await;
    assert_eq!(newcomer.get("/console").await.location, "/console/password");
}

#[tokio::test(flavor = "multi_thread")]
async fn five_wrong_passwords_lock_and_the_security_administrator_unlocks() {
    let mut app = TestApp::start().await;
    let password = added(&app, "wang", &["--role", "clerk", "--role", "supervisor"]);
    let guard = added(&app, "guard", &["--role", "security-administrator"]);
    let mut browser = Browser::new(app.url());
    for _ in 0..5 {
        assert_eq!(browser.sign_in("wang", "wrong").await.status, 401);
    }
    let page = browser.sign_in("wang", &password).await;
    assert_eq!(page.status, 401);
    assert!(page.text.contains("锁定"), "{}", page.text);
    let mut guard = inside(&app, "guard", &guard).await;
    assert!(guard.get("/console/people").await.text.contains("锁定"));
    assert_eq!(guard.post("/console/people/wang/password", &[]).await.status, 403);
    assert_eq!(guard.post("/console/people/wang/unlock", &[]).await.status, 303);
    let mut wang = inside(&app, "wang", &password).await;
    assert!(wang.get("/console/account").await.text.contains("当前岗位：受理员"));
    assert_eq!(wang.post("/console/role", &[("role", "supervisor")]).await.status, 303);
    assert!(wang.get("/console/account").await.text.contains("当前岗位：主管"));
    assert_eq!(wang.post("/console/role", &[("role", "auditor")]).await.status, 403);
    assert_eq!(guard.post("/console/people/wang/sessions", &[]).await.status, 303);
    assert!(wang.get("/console").await.location.starts_with("/console/login"));
    assert!(app.stop().await.success());
    let entries = String::from_utf8(entries_of(&app.export_log()).concat()).unwrap();
    for kind in ["person_added", "person_unlocked", "sessions_ended"] {
        assert!(entries.contains(kind), "{kind} is in the log");
    }
    assert!(!entries.contains("王某某") && !entries.contains("wang"), "names are not in the log");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_is_asked_and_each_code_opens_once() {
    let app = TestApp::start().await;
    let password = added(&app, "wang", &["--role", "clerk"]);
    let mut wang = inside(&app, "wang", &password).await;
    let page = wang.post("/console/account/totp", &[]).await;
    let secret = base32_bytes(page.between("<code id=\"totp-secret\">", "</code>"));
    assert_eq!(secret.len(), totp::SECRET_BYTES);
    let step = totp::step_of(now());
    let far = totp::code(&secret, step + 9);
    let page = wang.post("/console/account/totp/confirm", &[("code", far.as_str())]).await;
    assert_eq!(page.status, 422);
    let first = totp::code(&secret, step);
    let page = wang.post("/console/account/totp/confirm", &[("code", first.as_str())]).await;
    assert_eq!(page.status, 200, "{}", page.text);
    let recovery = page.between("<code class=\"recovery-code\">", "</code>").to_owned();

    let mut browser = Browser::new(app.url());
    let mut pending = String::new();
    // The first code was used up by the confirmation; the next one is believed already.
    let next = totp::code(&secret, step + 1);
    for (code, status) in
        [(&first, 401), (&next, 303), (&next, 401), (&recovery, 303), (&recovery, 401)]
    {
        let page = browser.sign_in("wang", &password).await;
        assert_eq!(page.status, 200, "the password alone lets nobody in");
        pending = page.between("name=\"pending\" value=\"", "\"").to_owned();
        let fields = [("pending", pending.as_str()), ("code", code.as_str())];
        let page = browser.post("/console/login", &fields).await;
        assert_eq!(page.status, status, "{code}: {}", page.text);
    }
    for _ in 0..4 {
        let fields = [("pending", pending.as_str()), ("code", "000")];
        assert_eq!(browser.post("/console/login", &fields).await.status, 401);
    }
    let page = browser.sign_in("wang", &password).await;
    assert!(page.text.contains("锁定"), "wrong codes count as wrong passwords do");
    does(&app, &["user", "unlock"], &["--login", "wang"]);
    does(&app, &["user", "reset-totp"], &["--login", "wang"]);
    assert!(wang.get("/console").await.location.starts_with("/console/login"));
    inside(&app, "wang", &password).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_house_asks_for_a_second_factor_nothing_goes_before_it() {
    let mut setup = Setup::default();
    setup.settings.push(("require_totp = false", "require_totp = true"));
    let app = TestApp::start_with(setup).await;
    let password = added(&app, "wang", &["--role", "clerk"]);
    let mut wang = inside(&app, "wang", &password).await;
    assert_eq!(wang.get("/console").await.location, "/console/account");
    let fields = [("name", "erp"), ("days", "30"), ("scope", "cases:read")];
    let page = wang.post("/console/account/tokens", &fields).await;
    assert_eq!(page.location, "/console/account", "no way around by a token");
    let page = wang.post("/console/account/totp", &[]).await;
    let secret = base32_bytes(page.between("<code id=\"totp-secret\">", "</code>"));
    let code = totp::code(&secret, totp::step_of(now()));
    let page = wang.post("/console/account/totp/confirm", &[("code", code.as_str())]).await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert_eq!(wang.get("/console").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_personal_token_does_no_more_than_its_scopes_and_its_person() {
    let app = TestApp::start().await;
    let id = app.divert("PAT-1").await;
    let password = added(&app, "wang", &["--role", "clerk"]);
    let mut wang = inside(&app, "wang", &password).await;
    for (scope, days) in [("reports:manage", "30"), ("cases:read", "0"), ("cases:read", "366")] {
        let fields = [("name", "erp"), ("days", days), ("scope", scope)];
        let page = wang.post("/console/account/tokens", &fields).await;
        assert_eq!(page.status, 422, "{scope} {days}: {}", page.text);
    }
    let fields = [("name", "erp"), ("days", "30"), ("scope", "cases:read")];
    let page = wang.post("/console/account/tokens", &fields).await;
    assert_eq!(page.status, 200, "{}", page.text);
    let reader = staff(&app, page.between("<code id=\"issued\">", "</code>"));
    assert_eq!(reader.list("").await.unwrap().len(), 1);
    assert_eq!(refusal(reader.act(&id, accept()).await).status, 403);
    assert_eq!(refusal(reader.reports("pending").await).status, 403);

    let (done, said) = command(
        &app,
        &["token", "create"],
        &["--name", "erp", "--role", "clerk", "--scope", "reports:manage"],
    );
    assert!(!done && said.contains("reports:manage"), "a system's token neither: {said}");

    does(&app, &["user", "roles"], &["--login", "wang", "--role", "cashier"]);
    assert_eq!(refusal(reader.list("").await).status, 401, "the role is gone");
    does(&app, &["user", "roles"], &["--login", "wang", "--role", "clerk"]);
    assert_eq!(reader.list("").await.unwrap().len(), 1);
    let reset = password_in(&does(&app, &["user", "password"], &["--login", "wang"]));
    assert_eq!(refusal(reader.list("").await).status, 401, "the password must be changed");
    let mut wang = inside(&app, "wang", &reset).await;
    let fields = [("current", reset.as_str()), ("new", NEW), ("again", NEW)];
    assert_eq!(wang.post("/console/password", &fields).await.status, 303);
    let why = "whoever knew the old password may have made it";
    assert_eq!(refusal(reader.list("").await).status, 401, "{why}");
    let fields = [("name", "erp"), ("days", "30"), ("scope", "cases:read")];
    let page = wang.post("/console/account/tokens", &fields).await;
    let reader = staff(&app, page.between("<code id=\"issued\">", "</code>"));
    assert_eq!(reader.list("").await.unwrap().len(), 1);
    let page = wang.get("/console/account").await;
    let path = page.between("action=\"/console/account/tokens/", "/revoke\"").to_owned();
    let revoke = format!("/console/account/tokens/{path}/revoke");
    assert_eq!(wang.post(&revoke, &[]).await.status, 303);
    assert_eq!(refusal(reader.list("").await).status, 401, "it is revoked");
    assert_eq!(wang.post(&revoke, &[]).await.status, 404, "once is enough");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_regulator_is_let_in_until_the_last_day_and_not_after_it() {
    let app = TestApp::start().await;
    let today = now().civil_date().to_string();
    let good = added(&app, "guest", &["--role", "regulator", "--until", &today]);
    let late = added(&app, "former", &["--role", "regulator", "--until", "2020-01-01"]);
    let mut guest = inside(&app, "guest", &good).await;
    assert_eq!(guest.get("/console").await.status, 200);
    let page = Browser::new(app.url()).sign_in("former", &late).await;
    assert_eq!(page.status, 401);
    assert!(page.text.contains("有效期已过"), "{}", page.text);
    let page = Browser::new(app.url()).sign_in("former", "wrong").await;
    assert!(!page.text.contains("有效期"), "only who knows the password is told");
}
