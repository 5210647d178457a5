//! The journeys beyond the plain ones: who proposes, who answers for a case, what makes its clock
//! stand still or run longer, how it begins at the desk, how it never begins, and the shop in it.

use green_channel::case::{Actor, Role};
use green_channel::hex_digest;
use green_channel::ids::{Pseudonym, TenantId};
use green_channel::testkit::SimError;
use green_channel::testkit::corpus::fictional_consumer;
use green_channel::time::DAY_MILLIS;
use serde_json::{Value, json};

use super::expect::Expectations;
use super::journeys::{contacted, in_days, performed, refund, state, terms};
use super::narrate;
use super::stage::{NAME, Stage, USCC};
use crate::auth::Held;
use crate::cli::CliError;

/// What the consumer at the desk has agreed to.
const WORDING: &str = "我同意商场为协商处理使用以上信息";
const SHOP: &str = "晨光童装专柜（演示）";
const SHOP_USCC: &str = "91350100M000100Y43";

/// Plays every journey; what does not go through is noted and does not stop the others.
pub(super) async fn play(stage: &mut Stage, expectations: &mut Expectations) {
    let done = countered(stage, expectations).await;
    expectations.went("消费者另提方案", done);
    let done = transferred(stage, expectations).await;
    expectations.went("首问责任移交", done);
    let done = supplemented(stage, expectations).await;
    expectations.went("请消费者补充材料", done);
    let done = extended(stage, expectations).await;
    expectations.went("申请延期", done);
    let done = walked_in(stage, expectations).await;
    expectations.went("现场登记，不报送中心", done);
    let done = withdrawn_first(stage, expectations).await;
    expectations.went("撤诉先于分流到达", done);
    let done = assigned(stage, expectations).await;
    expectations.went("指定责任商户", done);
}

/// Diverts a complaint and accepts it; gives its number and its case.
async fn accepted(stage: &mut Stage) -> Result<(String, String), CliError> {
    let sent = stage.divert().await?;
    let id = stage.clerk.find(&sent.no).await?;
    stage.clerk.act(&id, json!({ "action": "accept" })).await?;
    Ok((sent.no, id))
}

/// The center has heard of just these steps, in this order.
async fn told(stage: &Stage, expect: &mut Expectations, no: &str, name: &str, all: &[&str]) {
    let steps = stage.heard(no, all.len()).await;
    expect.same(name, steps, all.iter().copied().map(str::to_owned).collect());
}

/// The newest proposal of one side: `merchant` or `consumer`.
async fn proposal(stage: &Stage, id: &str, by: &str) -> Result<Value, CliError> {
    let view = stage.clerk.show(id).await?;
    let offers = view["offers"].as_array().cloned().unwrap_or_default();
    let found = offers.into_iter().rev().find(|offer| offer["by"] == by);
    Ok(found.ok_or("没有这一方的方案")?)
}

/// 消费者另提方案
async fn countered(stage: &mut Stage, expect: &mut Expectations) -> Result<(), CliError> {
    let (no, id) = accepted(stage).await?;
    stage.clerk.act(&id, refund(stage, 12_000, "退款 120 元。")).await?;
    let ours = proposal(stage, &id, "merchant").await?;
    let counter = json!({
        "offer_id": ours["id"], "terms": terms(stage, 20_000), "text": "商品未使用，请退 200 元。",
    });
    stage.center.notify(&no, "counter_offer", counter).await?;
    let theirs = proposal(stage, &id, "consumer").await?;
    let waits = theirs["status"] == "open" && theirs["via"] == "center";
    expect.that("消费者方案经中心到达，待本单位答复", waits);
    let command = json!({ "action": "accept_counter", "offer_id": theirs["id"] });
    stage.clerk.act(&id, command).await?;
    let now = state(stage, &id).await?;
    expect.same("接受消费者方案后为已和解", now, "settled".to_owned());
    stage.clerk.act(&id, performed(20_000)).await?;
    let all = ["accepted", "offered", "countered", "settled", "performed", "closed"];
    told(stage, expect, &no, "另提方案的每一步都已回传", &all).await;
    narrate::aside("消费者未接受退款 ¥120.00，另提 ¥200.00：受理员接受，和解、履行、办结");
    Ok(())
}

/// Who answers for a case now.
async fn responder(stage: &Stage, id: &str) -> Result<Value, CliError> {
    Ok(stage.clerk.show(id).await?["summary"]["first_responder"].clone())
}

/// 首问责任移交
async fn transferred(stage: &mut Stage, expect: &mut Expectations) -> Result<(), CliError> {
    let (no, id) = accepted(stage).await?;
    let (giver, taker) = (json!(stage.clerk.pseudonym), json!(stage.colleague.pseudonym));
    let reason = "消费者要求家电专区的同事接待。";
    let propose = json!({ "action": "propose_transfer", "to": taker, "reason": reason });
    stage.clerk.act(&id, propose.clone()).await?;
    let refuse = json!({ "action": "refuse_transfer", "reason": "本周在外勤，无法接手。" });
    stage.colleague.act(&id, refuse).await?;
    expect.same("对方不接收，仍由移交人负责", responder(stage, &id).await?, giver.clone());
    stage.clerk.act(&id, propose).await?;
    let asked = stage.colleague.show(&id).await?;
    expect.same("移交等待对方接收", asked["transfer"]["to"].clone(), taker.clone());
    expect.same("接收之前仍由移交人负责", responder(stage, &id).await?, giver);
    let early = stage.colleague.act(&id, contacted()).await;
    expect.that("接收之前对方不能办理", early.is_err());
    stage.clerk.act(&id, contacted()).await?;
    stage.colleague.act(&id, json!({ "action": "take_transfer" })).await?;
    expect.same("接收之后由对方负责", responder(stage, &id).await?, taker);
    let late = stage.clerk.act(&id, contacted()).await;
    expect.that("接收之后移交人不再办理", late.is_err());
    let all = ["accepted", "contacted", "transferred"];
    told(stage, expect, &no, "首问责任人变更已回传", &all).await;
    narrate::aside("王芳把首问责任移交赵敏：第一次未接收，第二次接收；接收之前始终由王芳负责");
    Ok(())
}

/// 请消费者补充材料
async fn supplemented(stage: &mut Stage, expect: &mut Expectations) -> Result<(), CliError> {
    let (no, id) = accepted(stage).await?;
    let command = json!({
        "action": "ask_supplement", "reply_by": in_days(stage, 5),
        "text": "请补充购物小票和商品照片。",
    });
    stage.clerk.act(&id, command).await?;
    let view = stage.clerk.show(&id).await?;
    expect.that("等待补充期间计时暂停", view["paused_since"].is_string());
    let detail = json!({ "text": "小票和照片已经上传。" });
    stage.center.notify(&no, "supplement", detail).await?;
    let view = stage.clerk.show(&id).await?;
    expect.that("收到补充后恢复计时", view["paused_since"].is_null());
    let why = narrate::deadline(&view, "settle").concat();
    expect.that("新的期限写明暂停", why.contains("计时暂停"));
    told(stage, expect, &no, "请求补充已回传", &["accepted", "supplement_asked"]).await;
    narrate::aside(&format!("请消费者补充材料，等待期间计时暂停，收到后继续。{why}"));
    Ok(())
}

/// 申请延期
async fn extended(stage: &mut Stage, expect: &mut Expectations) -> Result<(), CliError> {
    let (no, id) = accepted(stage).await?;
    let command = json!({ "action": "ask_extension", "reason": "等待厂家出具检测意见。" });
    stage.clerk.act(&id, command).await?;
    let view = stage.clerk.show(&id).await?;
    expect.that("延期申请等待中心答复", view["extension_asked"].is_string());
    stage.center.notify(&no, "extension_answer", json!({ "granted": true })).await?;
    let view = stage.clerk.show(&id).await?;
    expect.same("中心准许延期一次", view["extensions"].as_u64(), Some(1));
    let why = narrate::deadline(&view, "settle").concat();
    expect.that("新的期限写明延长", why.contains("延长"));
    told(stage, expect, &no, "延期申请已回传", &["accepted", "extension_asked"]).await;
    narrate::aside(&format!("等待厂家检测，向中心申请延期，中心准许。{why}"));
    Ok(())
}

/// What a clerk writes down for somebody at the desk who does not want the center to know.
fn walk_in(stage: &Stage) -> Value {
    let consumer = fictional_consumer(90_000_007);
    let now = stage.engine.now();
    json!({
        "report_to_center": false,
        "consumer": { "name": consumer.name, "phone": consumer.phone },
        "respondent": { "uscc": USCC, "name": NAME },
        "goods": { "kind": "clothing", "name": "羽绒服", "purchased_on": in_days(stage, -9) },
        "issue": "quality",
        "requests": ["refund"],
        "amount_fen": 129_900,
        "facts": "羽绒服穿了两次就钻绒，到服务台要求退货退款。",
        "happened_on": in_days(stage, -2),
        "consent": {
            "method": "paper",
            "wording_sha256": hex_digest(WORDING.as_bytes()),
            "purposes": ["negotiate"],
            "data_categories": ["identity", "contact", "facts"],
            "recipients": [{ "kind": "merchant", "uscc": USCC, "name": NAME }],
            "given_at": now,
            "expires_at": now.plus_millis(365 * DAY_MILLIS),
            "signature": "同意书第 0001 号，存服务台文件柜",
        },
    })
}

/// 现场登记
async fn walked_in(stage: &mut Stage, expect: &mut Expectations) -> Result<(), CliError> {
    let registered = stage.clerk.post("/api/v1/desk-complaints", &walk_in(stage)).await?;
    let no = registered["complaint_no"].as_str().unwrap_or_default().to_owned();
    expect.that("现场登记得到本单位的编号", no.starts_with("XC"));
    let id = stage.clerk.find(&no).await?;
    stage.clerk.act(&id, json!({ "action": "accept" })).await?;
    stage.clerk.act(&id, refund(stage, 129_900, "退货，全额退款 1299 元。")).await?;
    let offer = proposal(stage, &id, "merchant").await?;
    let mut answer = json!({ "action": "answer", "offer_id": offer["id"], "accepted": true });
    let unsigned = stage.clerk.act(&id, answer.clone()).await;
    expect.that("没有消费者签字不能登记答复", unsigned.is_err());
    answer["signature"] = json!("和解协议第 0001 号，本人签字");
    stage.clerk.act(&id, answer).await?;
    let command = json!({
        "action": "perform", "proof": "收银小票 0001：现场退款", "outcome": "monetary",
        "method": "on_site", "process": "消费者在服务台与经办人当面协商。",
        "result": "当场退货退款，消费者签收。", "recovered_fen": 129_900,
    });
    stage.clerk.act(&id, command).await?;
    expect.same("现场和解、履行后办结", state(stage, &id).await?, "closed".to_owned());
    let view = stage.clerk.show(&id).await?;
    // Not even a report that waits: none was written.
    let unwritten = view["reports"].as_array().is_some_and(Vec::is_empty);
    let unheard = stage.center.reported(&no).is_empty();
    expect.that("消费者选择不报送，中心一无所知", unwritten && unheard);
    narrate::aside("消费者到服务台投诉，选择不报送中心：现场登记、签字和解、当场退款，办结");
    Ok(())
}

/// 撤诉先到
async fn withdrawn_first(stage: &mut Stage, expect: &mut Expectations) -> Result<(), CliError> {
    let (sent, complaint) = stage.next_complaint();
    let answer = stage.center.notify(&sent.no, "complaint_withdrawn", json!({})).await?;
    expect.that("先到的撤诉已受理", answer["outcome"] == "applied");
    let late = stage.center.divert(&complaint).await;
    let is_gone = matches!(&late, Err(SimError::Status { status: 410, .. }));
    expect.that("撤诉之后到达的分流回答 410", is_gone);
    let nothing = stage.clerk.find(&sent.no).await.is_err();
    expect.that("撤诉之后到达的分流未保存个人信息", nothing);
    narrate::aside("撤诉先于分流到达：随后到达的分流回答 410，未保存任何个人信息");
    Ok(())
}

/// 责任商户
async fn assigned(stage: &mut Stage, expect: &mut Expectations) -> Result<(), CliError> {
    let shop = json!({
        "uscc": SHOP_USCC, "name": SHOP, "kind": "mall_shop", "stall_no": "B1-07",
        "contact_name": "林秋", "contact_phone": "15400000001",
        "contract_from": "2026-01-01", "status": "active", "status_since": "2026-01-01",
    });
    let added = stage.supervisor.post("/api/v1/tenants", &shop).await?;
    let tenant: TenantId = serde_json::from_value(added["tenant_id"].clone())?;
    let held = Held { tenant: Some(tenant), ..Held::one(Role::Tenant) };
    stage.welcome("linqiu", "林秋", held).await?;
    let (_, id) = accepted(stage).await?;
    stage.clerk.act(&id, json!({ "action": "assign", "tenant": tenant })).await?;
    let view = stage.clerk.show(&id).await?;
    expect.same("责任商户已写明", view["assigned"]["name"].as_str(), Some(SHOP));
    expect.same("同意书未写明该商户", view["assigned"]["named"].as_bool(), Some(false));
    // The API knows no shop's own view; the console shows this one to whoever signs in for it.
    let pseudonym = Pseudonym::new(stage.engine.random());
    let reader = Actor { role: Role::Tenant, pseudonym };
    let seen = stage.engine.view(id.parse()?, &reader).await?;
    let withheld = seen.withheld.is_some() && seen.facts.is_empty();
    expect.that("商户看不到消费者信息", withheld);
    narrate::aside("场内商户登记入册，指定为责任商户；同意书没有写明它，消费者信息对它不予显示");
    Ok(())
}
