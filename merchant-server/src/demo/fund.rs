//! 先行赔付 in the demo: a shop does not keep its settlement, the host pays first and recovers. Another
//! advance is left waiting, so that whoever looks finds something to approve.

use serde_json::{Value, json};

use super::clerk::Clerk;
use super::expect::Expectations;
use super::journeys::{answer, refund, state};
use super::narrate;
use super::stage::Stage;
use crate::cli::CliError;

pub(super) async fn play(stage: &mut Stage, expect: &mut Expectations) {
    let done = paid_first(stage, expect).await;
    expect.went("先行赔付并追偿", done);
    let done = left_waiting(stage).await;
    expect.went("再申请一笔先付，留待审核", done);
}

fn slip(stage: &Stage, fen: i64, reference: &str) -> Value {
    let today = stage.engine.now().civil_date().to_string();
    json!({ "fen": fen, "effective_on": today, "reference": reference })
}

async fn act(who: &Clerk, path: &str, action: &str, mut body: Value) -> Result<Value, CliError> {
    body["action"] = json!(action);
    who.post(path, &json!({ "command": body })).await
}

/// A case that is settled for 3,000 yuan and for which the shop answers.
async fn settled(stage: &mut Stage, shop: &str) -> Result<String, CliError> {
    let sent = stage.divert().await?;
    let id = stage.clerk.find(&sent.no).await?;
    stage.clerk.act(&id, json!({ "action": "accept" })).await?;
    stage.clerk.act(&id, json!({ "action": "assign", "tenant": shop })).await?;
    stage.clerk.act(&id, refund(stage, 300_000, "全额退款 3000 元。")).await?;
    answer(stage, &sent.no, &id, true).await?;
    Ok(id)
}

async fn asked(stage: &Stage, case: &str, fen: i64, shop: &str) -> Result<String, CliError> {
    let body = json!({
        "fen": fen, "tenant": shop,
        "grounds": {
            "facts_clear": true, "evidence_sufficient": true, "basis_definite": true,
            "consumer_without_fault": true,
        },
        "payee": { "name": "周文静", "account": "6222020000001234567", "bank": "某行城东支行" },
        "reason": "商户到期未退款，拒不履行和解。",
    });
    let made = stage.clerk.post(&format!("/api/v1/cases/{case}/advances"), &body).await?;
    Ok(made["advance_id"].as_str().ok_or("没有先付编号")?.to_owned())
}

async fn shop(stage: &Stage) -> Result<String, CliError> {
    let shop = json!({
        "uscc": "91350100M000100Y43", "name": "星辰数码专柜", "kind": "mall_shop",
        "stall_no": "B-210", "contact_name": "何星", "contact_phone": "13900005521",
        "contract_from": "2026-01-01", "status": "active", "status_since": "2026-01-01",
    });
    let added = stage.supervisor.post("/api/v1/tenants", &shop).await?;
    Ok(added["tenant_id"].as_str().ok_or("没有商户编号")?.to_owned())
}

async fn paid_first(stage: &mut Stage, expect: &mut Expectations) -> Result<(), CliError> {
    let shop = shop(stage).await?;
    let case = settled(stage, &shop).await?;
    let (cashier, manager) = (&stage.cashier, &stage.manager);
    let fund = "/api/v1/fund/actions";
    act(cashier, fund, "contribute", slip(stage, 2_000_000, "HD-2026-0001")).await?;
    let mut deposit = slip(stage, 50_000, "HD-2026-0002");
    deposit["tenant"] = json!(shop);
    act(cashier, fund, "receive_deposit", deposit).await?;
    let id = asked(stage, &case, 300_000, &shop).await?;
    let path = format!("/api/v1/fund/advances/{id}/actions");
    act(&stage.supervisor, &path, "approve", json!({})).await?;
    let again = act(&stage.supervisor, &path, "approve", json!({})).await;
    expect.that("同一人不能审核两次", again.is_err());
    act(manager, &path, "approve", json!({})).await?;
    act(cashier, &path, "submit", json!({ "provider": "manual" })).await?;
    let paid = act(cashier, &path, "confirm_paid", slip(stage, 300_000, "HD-2026-0003")).await?;
    let owed = paid["advance"]["owed_fen"].as_i64();
    expect.same("保证金先扣划，余款追偿", owed, Some(250_000));
    act(&stage.clerk, &path, "sign", json!({ "paper_no": "SK-2026-0001" })).await?;
    let perform = json!({
        "action": "perform", "proof": "先行赔付付款凭单", "outcome": "advance_compensation",
        "method": "on_site", "process": "商户拒不退款，由保证金先行赔付。",
        "result": "消费者已收到 3000 元并签收。", "recovered_fen": 300_000,
    });
    stage.clerk.act(&case, perform).await?;
    expect.same("先行赔付后办结", state(stage, &case).await?, "closed".to_owned());
    narrate::aside(
        "商户拒不退款，先行赔付 ¥3,000.00：两人审核，出纳付款，扣划保证金 ¥500.00，追偿 ¥2,500.00",
    );
    stage.shop = shop;
    Ok(())
}

async fn left_waiting(stage: &mut Stage) -> Result<(), CliError> {
    let shop = stage.shop.clone();
    let case = settled(stage, &shop).await?;
    asked(stage, &case, 80_000, &shop).await?;
    Ok(())
}
