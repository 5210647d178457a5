//! Who answers for a case, who speaks for the consumer, and which shop it is about.

use green_channel_tests::{Staff, TestApp, accept, contact, in_days, offer, perform, refusal};
use serde_json::{Value, json};

use super::{colleague, is_stale, misfit, refused, seen, sound, steps, told, why_not};

const WORKER: [&str; 2] = ["cases:read", "cases:act"];
const SHOP: &str = "晨光童装专柜";
const SHOP_USCC: &str = "91350100M000100Y43";

fn propose(to: &Value) -> Value {
    json!({ "action": "propose_transfer", "to": to, "reason": "涉及家电，由其办理。" })
}

fn take() -> Value {
    json!({ "action": "take_transfer" })
}

fn refuse() -> Value {
    json!({ "action": "refuse_transfer", "reason": "本周值班已满。" })
}

/// Who answers for the case.
async fn responder(who: &Staff, id: &str) -> Value {
    seen(who, id).await["summary"]["first_responder"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_giver_answers_for_a_case_until_the_taker_has_taken_it() {
    let app = TestApp::start().await;
    let (giver, taker) = (app.clerk().clone(), colleague(&app, "clerk", &WORKER));
    let other = app.divert("CN-7201").await;
    taker.does(&other, accept()).await;
    let their_name = responder(&taker, &other).await;
    let no = "CN-7202";
    let id = app.accepted(no).await;
    let our_name = responder(&giver, &id).await;
    assert_ne!(our_name, their_name);
    assert_eq!(why_not(&taker, &id, "contact").await.as_deref(), Some("not_first_responder"));
    assert_eq!(refused(&taker, &id, refuse()).await, "409 no_transfer");
    assert_eq!(misfit(&giver, &id, propose(&our_name)).await, "422 to");

    giver.does(&id, propose(&their_name)).await;
    let view = seen(&taker, &id).await;
    assert_eq!(view["transfer"]["to"], their_name);
    assert_eq!(view["summary"]["transfer_to"], their_name);
    assert_eq!(view["summary"]["first_responder"], our_name, "until it is taken");
    assert_eq!(refused(&giver, &id, propose(&their_name)).await, "409 transfer_pending");
    assert_eq!(refused(&giver, &id, take()).await, "409 not_addressee");
    assert_eq!(refused(&taker, &id, contact("我来联系。")).await, "403 not_first_responder");
    giver.does(&id, contact("移交前由我联系。")).await;
    taker.does(&id, refuse()).await;
    assert!(seen(&giver, &id).await["transfer"].is_null());

    giver.does(&id, propose(&their_name)).await;
    let asked = seen(&taker, &id).await;
    giver.does(&id, json!({ "action": "recall_transfer" })).await;
    is_stale(&taker, &id, &asked["summary"]["revision"], take()).await;
    assert_eq!(refused(&taker, &id, take()).await, "409 no_transfer");
    assert_eq!(responder(&taker, &id).await, our_name);

    giver.does(&id, propose(&their_name)).await;
    assert_eq!(why_not(&taker, &id, "take_transfer").await, None);
    taker.does(&id, take()).await;
    let view = seen(&giver, &id).await;
    assert_eq!((&view["summary"]["first_responder"], &view["transfers"]), (&their_name, &json!(1)));
    assert!(view["transfer"].is_null());
    assert_eq!(refused(&giver, &id, offer(100, "补偿 1 元。")).await, "403 not_first_responder");
    taker.does(&id, contact("移交后由我联系。")).await;
    let kinds = taker.kinds(&id).await;
    let first = ["transfer_proposed", "contacted", "transfer_refused"];
    let then = ["transfer_proposed", "transfer_recalled", "transfer_proposed", "transfer_taken"];
    assert_eq!(steps(&kinds)[2..], [&first[..], &then[..], &["contacted"][..]].concat());
    // Whom we asked is ours to know; who answers in the end is the center's too.
    app.heard(no, &["accepted", "contacted", "transferred", "contacted"]).await;
    assert_eq!(told(&app, no, "transferred"), json!({ "first_responder": their_name }));
    sound(app).await;
}

const SPEAKERS: [(&str, &str); 3] =
    [("钱若水", "13900007701"), ("孙望岳", "13900007702"), ("郑怀远", "13900007703")];
const AGENT: (&str, &str) = ("吴行舟", "13900007704");

fn speaker((name, phone): (&str, &str)) -> Value {
    json!({ "name": name, "phone": phone })
}

/// A complaint of five people; so many speak for them, and a lawyer acts for them.
fn joint(app: &TestApp, no: &str, speakers: usize) -> Value {
    let mut complaint = app.complaint(no);
    complaint["group_size"] = json!(5);
    let speakers: Vec<Value> = SPEAKERS[..speakers].iter().copied().map(speaker).collect();
    complaint["representatives"] = json!(speakers);
    complaint["agent"] = json!({
        "name": AGENT.0, "phone": AGENT.1, "authorisation_sha256": "5a".repeat(32),
        "powers": ["negotiate", "settle"], "until": in_days(90),
    });
    complaint
}

#[tokio::test(flavor = "multi_thread")]
async fn a_joint_complaint_has_one_or_two_who_speak_for_it_and_shows_none_of_them_in_clear() {
    let app = TestApp::start().await;
    let (clerk, no) = (app.clerk().clone(), "CN-7203");
    for speakers in [0, 3] {
        let refused = refusal(app.center().divert(&joint(&app, no, speakers)).await);
        assert_eq!((refused.status, refused.code.as_str()), (422, "field_invalid"));
        assert_eq!(refused.body["field"], "representatives", "{speakers} who speak for five");
    }
    for (field, value) in
        [("powers", json!([])), ("authorisation_sha256", json!("口头委托")), ("phone", json!("无"))]
    {
        let mut complaint = joint(&app, no, 2);
        complaint["agent"][field] = value;
        let refused = refusal(app.center().divert(&complaint).await);
        let expect = json!(format!("agent.{field}"));
        assert_eq!((refused.status, &refused.body["field"]), (422, &expect));
    }
    assert!(clerk.list("").await.expect("the cases list").is_empty(), "nothing was stored");

    app.center().divert(&joint(&app, no, 2)).await.expect("two may speak for five");
    let id = clerk.find(no).await;
    let view = seen(&clerk, &id).await;
    assert_eq!(view["group_size"], 5);
    let parties = view["parties"].as_array().expect("some speak for the consumer");
    assert_eq!(parties.len(), 3);
    for (party, (role, label, name, phone)) in parties.iter().zip([
        ("representative", "代表人", "钱**", "139****7701"),
        ("representative", "代表人", "孙**", "139****7702"),
        ("agent", "委托代理人", "吴**", "139****7704"),
    ]) {
        let shown = ["role", "role_label", "name", "phone"].map(|member| &party[member]);
        assert_eq!(shown, [&json!(role), &json!(label), &json!(name), &json!(phone)]);
    }
    assert_eq!(parties[2]["powers"], json!(["negotiate", "settle"]));
    assert_eq!(parties[2]["until"], json!(in_days(90)));
    clerk.does(&id, accept()).await;
    clerk.does(&id, offer(50_000, "五人合计退款 500 元。")).await;
    app.answer(no, &id, true).await;
    clerk.does(&id, perform(50_000)).await;
    app.heard(no, &["accepted", "offered", "settled", "performed", "closed"]).await;
    let shown = [
        seen(&clerk, &id).await,
        json!(clerk.list("").await.expect("the cases list")),
        json!(clerk.history(&id).await.expect("the history reads")),
        app.center().track(no).await.expect("it is tracked"),
    ];
    let shown = json!(shown).to_string();
    for (name, phone) in [SPEAKERS[0], SPEAKERS[1], AGENT] {
        assert!(!shown.contains(name) && !shown.contains(phone), "{name} is shown in clear");
    }
    sound(app).await;
}

/// Adds the shop to the register; gives its id.
async fn shop(app: &TestApp) -> Value {
    let supervisor = colleague(app, "supervisor", &["tenants:manage"]);
    let shop = json!({
        "uscc": SHOP_USCC, "name": SHOP, "kind": "mall_shop", "stall_no": "A-102",
        "contact_name": "欧阳小满", "contact_phone": "13900005520",
        "contract_from": "2026-01-01", "status": "active", "status_since": "2026-01-01",
    });
    let added = supervisor.post("/api/v1/tenants", &shop).await.expect("the shop is added");
    added["tenant_id"].clone()
}

fn assign(tenant: &Value) -> Value {
    json!({ "action": "assign", "tenant": tenant })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assigned_shop_is_marked_as_named_only_when_the_consent_names_it() {
    let app = TestApp::start().await;
    let clerk = app.clerk().clone();
    let shop = shop(&app).await;
    for (no, is_named) in [("CN-7204", false), ("CN-7205", true)] {
        let mut complaint = app.complaint(no);
        if is_named {
            let consent = app.center().consent_with(no, |claims| {
                let recipients = claims["recipients"].as_array_mut().expect("there are some");
                recipients.push(json!({ "kind": "tenant", "uscc": SHOP_USCC, "name": SHOP }));
            });
            complaint["consent"] = json!(consent);
        }
        app.center().divert(&complaint).await.expect("it is taken");
        let id = clerk.find(no).await;
        assert_eq!(refused(&clerk, &id, assign(&shop)).await, "409 case_is_received");
        clerk.does(&id, accept()).await;
        assert_eq!(why_not(&clerk, &id, "unassign").await.as_deref(), Some("no_tenant"));
        let nobody = json!("tnt_01900000000070008000000000000000");
        assert_eq!(misfit(&clerk, &id, assign(&nobody)).await, "422 tenant");

        let before = seen(&clerk, &id).await;
        clerk.does(&id, assign(&shop)).await;
        let view = seen(&clerk, &id).await;
        let shown = json!({ "tenant": shop, "name": SHOP, "stall_no": "A-102", "named": is_named });
        assert_eq!(view["assigned"], shown);
        assert_eq!(view["summary"]["tenant"], shop);
        assert_eq!(misfit(&clerk, &id, assign(&shop)).await, "422 tenant", "once is enough");
        let revision = &before["summary"]["revision"];
        is_stale(&clerk, &id, revision, contact("商户尚未确定。")).await;
        let state = json!({ "action": "tenant_state", "text": "本店同意退款。" });
        let not_ours = refused(&clerk, &id, state).await;
        assert_eq!(not_ours, "403 role_not_permitted", "only the shop speaks for the shop");
        let history = clerk.history(&id).await.expect("the history reads");
        let assigned = history.iter().find(|event| event["kind"] == "assigned");
        let assigned = assigned.expect("it is in the history");
        assert_eq!(assigned["data"], json!({ "tenant": shop, "named": is_named }));
        clerk.does(&id, json!({ "action": "unassign", "reason": "消费者认错了店。" })).await;
        assert!(seen(&clerk, &id).await["assigned"].is_null());
        app.heard(no, &["accepted"]).await;
    }
    sound(app).await;
}
