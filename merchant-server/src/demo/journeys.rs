//! The scripted journeys: one told step by step, the others to their different ends.

use green_channel::testkit::SimError;
use serde_json::{Value, json};

use super::expect::Expectations;
use super::stage::Stage;
use super::{fund, lifecycle, narrate};
use crate::cli::CliError;

/// Plays every journey; what does not go through is noted and does not stop the others.
pub(super) async fn play(stage: &mut Stage, expectations: &mut Expectations) {
    let told = settled(stage, expectations).await;
    expectations.went("主线：和解并办结", told);
    narrate::aside("其余各件（同样经真实 HTTP 办理）：");
    let done = approved_by_another(stage, expectations).await;
    expectations.went("超权限方案由另一人审核", done);
    let done = handed_back(stage, expectations).await;
    expectations.went("协商不成退回", done);
    let done = rejected(stage, expectations).await;
    expectations.went("非本单位，复核后退回", done);
    let done = withdrawn(stage, expectations).await;
    expectations.went("消费者撤诉", done);
    let done = breached_then_kept(stage, expectations).await;
    expectations.went("未按约履行后重新和解", done);
    let done = erased(stage, expectations).await;
    expectations.went("撤回同意，销毁个人信息", done);
    let done = urged(stage, expectations).await;
    expectations.went("催办与督办", done);
    let done = without_consent(stage, expectations).await;
    expectations.went("没有同意的分流被拒绝", done);
    lifecycle::play(stage, expectations).await;
    fund::play(stage, expectations).await;
    for _ in 0..3 {
        let done = stage.divert().await;
        expectations.went("再分流一件，留待受理", done);
    }
}

/// A civil day some days from now.
pub(super) fn in_days(stage: &Stage, days: i64) -> String {
    stage.engine.now().plus_millis(days * 86_400_000).civil_date().to_string()
}

/// An offer to refund, to be kept within five days and answered within three.
pub(super) fn refund(stage: &Stage, fen: i64, text: &str) -> Value {
    json!({
        "action": "offer",
        "terms": terms(stage, fen),
        "answer_by": in_days(stage, 3),
        "text": text,
    })
}

/// A refund within five days.
pub(super) fn terms(stage: &Stage, fen: i64) -> Value {
    json!({
        "kinds": ["refund"], "refund_fen": fen, "damages_fen": 0, "multiple_fen": 0,
        "mental_damages_fen": 0, "perform_by": in_days(stage, 5),
    })
}

pub(super) fn performed(fen: i64) -> Value {
    json!({
        "action": "perform", "proof": "转账流水 20261124-0001", "outcome": "monetary",
        "method": "phone", "process": "电话联系消费者两次，双方就退款达成一致。",
        "result": "退款已到账，消费者确认收到。", "recovered_fen": fen,
    })
}

pub(super) fn contacted() -> Value {
    json!({
        "action": "contact", "method": "phone", "result": "reached",
        "note": "已电话联系，消费者要求退款并说明原因。",
    })
}

pub(super) async fn answer(
    stage: &Stage,
    no: &str,
    id: &str,
    accepted: bool,
) -> Result<(), CliError> {
    let view = stage.clerk.show(id).await?;
    let offers = view["offers"].as_array().cloned().unwrap_or_default();
    let open = offers.iter().rev().find(|offer| offer["status"] == "open");
    let offer_id = open.map(|offer| offer["id"].clone()).ok_or("没有待确认的方案")?;
    let detail = json!({ "offer_id": offer_id, "accepted": accepted });
    stage.center.notify(no, "offer_answer", detail).await?;
    Ok(())
}

pub(super) async fn state(stage: &Stage, id: &str) -> Result<String, CliError> {
    let view = stage.clerk.show(id).await?;
    Ok(view["summary"]["state"].as_str().unwrap_or_default().to_owned())
}

/// The journey that is told: diverted, accepted, offered, settled, performed, closed.
async fn settled(stage: &mut Stage, expect: &mut Expectations) -> Result<(), CliError> {
    stage.skip_to(|case| case.id == "r002");
    let (sent, complaint) = stage.next_complaint();
    let (status, receipt) = stage.center.divert(&complaint).await?;
    expect.same("分流首次送达为 201", status, 201);
    narrate::step(1, "12315 中心征得消费者同意后分流投诉", &narrate::complaint(&sent));
    let (status, again) = stage.center.divert(&complaint).await?;
    expect.same("同一投诉再次送达为 200", status, 200);
    expect.that("再次送达得到同一份回执", receipt == again);
    let id = stage.clerk.find(&sent.no).await?;
    let view = stage.clerk.show(&id).await?;
    let mut lines =
        vec!["已核验同意书，出具签名收件回执；中心重复发送，得到同一份回执。".to_owned()];
    lines.extend(narrate::deadline(&view, "settle"));
    expect.that("和解期限有解释", lines.len() == 2);
    narrate::step(2, "本机接收，立即落盘，开始计时", &lines);
    stage.clerk.act(&id, json!({ "action": "accept" })).await?;
    narrate::step(
        3,
        "受理员受理，成为首问责任人",
        &["由受理人负责到底；回传“已受理”。".to_owned()],
    );
    stage.clerk.act(&id, contacted()).await?;
    narrate::step(4, "电话联系消费者", &["联系内容加密保存，存证只留加盐承诺。".to_owned()]);
    let offer = refund(stage, 200_000, "订金 2000 元全额退还，三个工作日内原路退回。");
    stage.clerk.act(&id, offer).await?;
    narrate::step(5, "提出和解方案：退还订金 ¥2,000.00", &["经中心转给消费者确认。".to_owned()]);
    answer(stage, &sent.no, &id, true).await?;
    expect.same("消费者接受后为已和解", state(stage, &id).await?, "settled".to_owned());
    let view = stage.clerk.show(&id).await?;
    narrate::step(6, "消费者接受，达成和解", &narrate::deadline(&view, "perform"));
    stage.clerk.act(&id, performed(200_000)).await?;
    expect.same("履行后办结", state(stage, &id).await?, "closed".to_owned());
    let steps = stage.heard(&sent.no, 6).await;
    let all = ["accepted", "contacted", "offered", "settled", "performed", "closed"];
    expect.same("中心按顺序收到每一步", steps, all.map(str::to_owned).to_vec());
    narrate::step(7, "履行、办结、回传", &["六步回传全部收到中心签名回执。".to_owned()]);
    let history = stage.clerk.history(&id).await?;
    let events = history["events"].as_array().map_or(0, Vec::len);
    let line = format!("本案共 {events} 条存证，每条都与前一条相扣，并入可离线核验的日志。");
    narrate::step(8, "全程存证", &[line]);
    Ok(())
}

async fn approved_by_another(stage: &mut Stage, expect: &mut Expectations) -> Result<(), CliError> {
    stage.skip_to(|case| case.id == "r006");
    let sent = stage.divert().await?;
    let id = stage.clerk.find(&sent.no).await?;
    stage.clerk.act(&id, json!({ "action": "accept" })).await?;
    stage.clerk.act(&id, refund(stage, 1_220_000, "退还未消费金额 1.22 万元。")).await?;
    expect.same("超权限方案待审核", state(stage, &id).await?, "awaiting_approval".to_owned());
    let own = stage.clerk.act(&id, json!({ "action": "approve" })).await;
    expect.that("受理员不能审核自己的方案", own.is_err());
    stage.supervisor.act(&id, json!({ "action": "approve" })).await?;
    answer(stage, &sent.no, &id, true).await?;
    stage.clerk.act(&id, performed(1_220_000)).await?;
    expect.same("审核后办结", state(stage, &id).await?, "closed".to_owned());
    narrate::aside("退款 ¥12,200.00 超出受理员权限，由主管审核后和解、履行、办结");
    Ok(())
}

async fn handed_back(stage: &mut Stage, expect: &mut Expectations) -> Result<(), CliError> {
    let sent = stage.divert().await?;
    let id = stage.clerk.find(&sent.no).await?;
    stage.clerk.act(&id, json!({ "action": "accept" })).await?;
    stage.clerk.act(&id, refund(stage, 5_000, "补偿 50 元。")).await?;
    answer(stage, &sent.no, &id, false).await?;
    let command = json!({
        "action": "hand_back", "reason": "no_agreement",
        "summary": "消费者要求十倍赔偿，双方差距较大，两次协商未达成一致。",
    });
    stage.clerk.act(&id, command).await?;
    let steps = stage.heard(&sent.no, 4).await;
    let all = ["accepted", "offered", "declined", "handed_back"];
    expect.same("退回的每一步都已回传", steps, all.map(str::to_owned).to_vec());
    let reports = stage.center.reports();
    let back = reports.iter().find(|r| r.complaint_no == sent.no && r.kind == "handed_back");
    let dossier = back.and_then(|r| r.body["detail"]["dossier"].as_str());
    expect.that("退回附有签名的全部材料", dossier.is_some_and(|jws| jws.len() > 500));
    narrate::aside("消费者未接受方案，连同签名的全部材料退回中心，消费者无需再次陈述");
    Ok(())
}

async fn rejected(stage: &mut Stage, expect: &mut Expectations) -> Result<(), CliError> {
    let sent = stage.divert().await?;
    let id = stage.clerk.find(&sent.no).await?;
    let command = json!({
        "action": "reject", "reason": "not_ours", "text": "涉事店铺不在本商场经营范围内。",
    });
    stage.clerk.act(&id, command).await?;
    stage.center.notify(&sent.no, "rejection_review", json!({ "upheld": true })).await?;
    expect.same("复核同意后退回", state(stage, &id).await?, "handed_back".to_owned());
    narrate::aside("非本单位的投诉，经中心复核同意后退回");
    Ok(())
}

async fn withdrawn(stage: &mut Stage, expect: &mut Expectations) -> Result<(), CliError> {
    let sent = stage.divert().await?;
    let id = stage.clerk.find(&sent.no).await?;
    stage.clerk.act(&id, json!({ "action": "accept" })).await?;
    stage.center.notify(&sent.no, "complaint_withdrawn", json!({})).await?;
    expect.same("撤诉", state(stage, &id).await?, "withdrawn".to_owned());
    narrate::aside("消费者撤回投诉");
    Ok(())
}

async fn breached_then_kept(stage: &mut Stage, expect: &mut Expectations) -> Result<(), CliError> {
    let sent = stage.divert().await?;
    let id = stage.clerk.find(&sent.no).await?;
    stage.clerk.act(&id, json!({ "action": "accept" })).await?;
    stage.clerk.act(&id, refund(stage, 30_000, "退款 300 元。")).await?;
    answer(stage, &sent.no, &id, true).await?;
    let command = json!({ "action": "breach", "reason": "商户账户异常，未能按期退款。" });
    stage.clerk.act(&id, command).await?;
    expect.same("未履行后重新协商", state(stage, &id).await?, "in_progress".to_owned());
    stage.clerk.act(&id, refund(stage, 35_000, "退款 300 元并补偿 50 元。")).await?;
    answer(stage, &sent.no, &id, true).await?;
    stage.clerk.act(&id, performed(35_000)).await?;
    expect.same("再次和解后办结", state(stage, &id).await?, "closed".to_owned());
    narrate::aside("未按约履行如实登记并告知中心，重新和解后履行办结");
    Ok(())
}

async fn erased(stage: &mut Stage, expect: &mut Expectations) -> Result<(), CliError> {
    let sent = stage.divert().await?;
    let id = stage.clerk.find(&sent.no).await?;
    stage.clerk.act(&id, json!({ "action": "accept" })).await?;
    stage.heard(&sent.no, 1).await;
    stage.center.notify(&sent.no, "consent_withdrawn", json!({})).await?;
    let gone = stage.center.track(&sent.no).await;
    let is_gone = matches!(&gone, Err(SimError::Status { status: 410, .. }));
    expect.that("撤回同意后该编号回答 410", is_gone);
    let steps = stage.heard(&sent.no, 2).await;
    let all = ["accepted", "erased"];
    expect.same("删除已回传", steps, all.map(str::to_owned).to_vec());
    narrate::aside("消费者撤回同意：案件密钥销毁，个人信息不可恢复，存证骨架仍可核验");
    Ok(())
}

async fn urged(stage: &mut Stage, expect: &mut Expectations) -> Result<(), CliError> {
    let sent = stage.divert().await?;
    let id = stage.clerk.find(&sent.no).await?;
    stage.clerk.act(&id, json!({ "action": "accept" })).await?;
    stage.center.notify(&sent.no, "urge", json!({})).await?;
    let detail = json!({ "reply_by": in_days(stage, 2) });
    stage.center.notify(&sent.no, "supervise", detail).await?;
    let view = stage.clerk.show(&id).await?;
    expect.same("催办已记", view["summary"]["urges"].as_u64(), Some(1));
    expect.same("督办已记", view["summary"]["supervisions"].as_u64(), Some(1));
    narrate::aside("中心催办、督办一件，案件上一直可见");
    Ok(())
}

async fn without_consent(stage: &mut Stage, expect: &mut Expectations) -> Result<(), CliError> {
    let (sent, mut complaint) = stage.next_complaint();
    complaint["consent"] = json!("");
    let refused = stage.center.divert(&complaint).await;
    let is_refused = matches!(
        &refused,
        Err(SimError::Status { status: 403, code, .. }) if code == "consent_missing"
    );
    expect.that("没有同意的分流回答 403", is_refused);
    expect.that("没有同意的分流未留下案件", stage.clerk.find(&sent.no).await.is_err());
    narrate::aside("没有消费者同意的分流被拒绝，未保存任何个人信息");
    Ok(())
}
