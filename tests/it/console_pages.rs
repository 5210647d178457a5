//! 提醒 and 和解协议: whoever was told of a deadline finds the case on their list, and the sheet to
//! sign holds what was agreed on and nobody's data.

use std::time::Duration;

use green_channel::time::DAY_MILLIS;
use green_channel_tests::{
    Browser, NAME, TestApp, USCC, accept, eventually, merchant_server, now, offer,
};
use serde_json::{Value, json};

const REMINDERS: &str = "/console/reminders";
const RESPONDER: &str = "白露";

/// Adds somebody with this role and signs them in.
async fn enter(app: &TestApp, login: &str, name: &str, role: &str) -> Browser {
    let data = app.data();
    let data = data.to_str().expect("a path of ours");
    let output = merchant_server([
        "user",
        "add",
        "--data",
        data,
        "--login",
        login,
        "--name",
        name,
        "--role",
        role,
        "--keep-password",
    ]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let (_, rest) = said.split_once("初始密码：").expect("a password is shown");
    let password = rest.lines().next().unwrap_or_default().trim();
    let mut browser = Browser::new(app.url());
    let page = browser.sign_in(login, password).await;
    assert_eq!(page.status, 303, "{}", page.text);
    browser
}

#[tokio::test(flavor = "multi_thread")]
async fn an_overdue_case_is_on_the_list_of_whoever_was_told_and_of_nobody_else() {
    let app = TestApp::start().await;
    // Diverted long ago: ten working days and one more are over before it comes.
    let mut complaint = app.complaint("RMD-1");
    complaint["diverted_at"] = json!(now().plus_millis(-30 * DAY_MILLIS));
    app.center().divert(&complaint).await.expect("the complaint is taken");
    let id = app.clerk().find("RMD-1").await;
    let case = format!("/console/cases/{id}");
    let mut clerk = enter(&app, "r-clerk", RESPONDER, "clerk").await;
    let page = clerk.get(&case).await;
    let version = page.between("name=\"expected_version\" value=\"", "\"").to_owned();
    let fields = [("action", "accept"), ("expected_version", version.as_str())];
    let page = clerk.post(&format!("{case}/actions"), &fields).await;
    assert_eq!(page.status, 303, "{}", page.text);

    // The clocks are looked at every 30 seconds.
    eventually("the first responder is reminded", Duration::from_secs(40), || {
        let mut clerk = clerk.clone();
        async move {
            tokio::time::sleep(Duration::from_millis(250)).await;
            clerk.get(REMINDERS).await.text.contains("已超期，已报负责人")
        }
    })
    .await;
    let mut supervisor = enter(&app, "r-supervisor", "霜降", "supervisor").await;
    let mut manager = enter(&app, "r-manager", "立冬", "manager").await;
    for reader in [&mut clerk, &mut supervisor, &mut manager] {
        let list = reader.get(REMINDERS).await.text;
        for shown in ["RMD-1", RESPONDER, "已超期，已报负责人", "协商和解", "处理中", &case]
        {
            assert!(list.contains(shown), "{shown}: {list}");
        }
    }
    let own = clerk.get(REMINDERS).await.text;
    assert!(own.contains("已草拟退回"), "it waits for the first responder: {own}");
    assert!(!supervisor.get(REMINDERS).await.text.contains("已草拟退回"), "and for no other");
    let mut other = enter(&app, "r-other", "小满", "clerk").await;
    let list = other.get(REMINDERS).await.text;
    assert!(list.contains("没有提醒") && !list.contains("RMD-1"), "{list}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_agreement_holds_what_was_agreed_on_and_nobodys_data() {
    const WORDS: &str = "款项退至消费者本人账户。";
    let app = TestApp::start().await;
    let complaint = app.complaint("AGR-1");
    app.center().divert(&complaint).await.expect("the complaint is taken");
    let id = app.clerk().find("AGR-1").await;
    let path = format!("/console/cases/{id}/agreement");
    let mut clerk = enter(&app, "a-clerk", RESPONDER, "clerk").await;
    assert_eq!(clerk.get(&path).await.status, 404, "there is no offer");
    app.clerk().does(&id, accept()).await;
    app.clerk().does(&id, offer(20_000, WORDS)).await;
    let draft = clerk.get(&path).await;
    assert_eq!(draft.status, 200, "{}", draft.text);
    assert!(draft.text.contains("和解协议（草案）"), "{}", draft.text);

    app.answer("AGR-1", &id, true).await;
    let sheet = clerk.get(&path).await;
    assert_eq!(sheet.status, 200, "{}", sheet.text);
    let view = app.clerk().show(&id).await.expect("the case shows");
    let stream = view["stream"].as_str().expect("it has a stream");
    let terms = "退还货款和服务费用：人民币 ¥200.00";
    for shown in ["AGR-1", NAME, USCC, terms, "履行期限", "投诉人（签名）", stream] {
        assert!(sheet.text.contains(shown), "{shown}: {}", sheet.text);
    }
    let consumer = &complaint["consumer"];
    let told = |value: &Value| value.as_str().expect("it is given").to_owned();
    let (name, phone) = (told(&consumer["name"]), told(&consumer["phone"]));
    for hidden in [&name, &phone, &told(&consumer["address"]), &told(&complaint["facts"])] {
        assert!(!sheet.text.contains(hidden.as_str()), "{hidden}");
    }
    for hidden in ["草案", WORDS] {
        assert!(!sheet.text.contains(hidden), "{hidden}");
    }

    let link = format!("href=\"{path}\"");
    assert!(clerk.get(&format!("/console/cases/{id}")).await.text.contains(&link));
    let mut auditor = enter(&app, "a-auditor", "小寒", "auditor").await;
    let page = auditor.get(&format!("/console/cases/{id}")).await;
    assert!(page.status == 200 && !page.text.contains(&link), "no link to what is refused");
    assert_eq!(auditor.get(&path).await.status, 403);
    let unknown = "/console/cases/case_01900000000070008000000000000000/agreement";
    for absent in [unknown, "/console/cases/x/agreement"] {
        assert_eq!(clerk.get(absent).await.status, 404, "{absent}");
    }
}
