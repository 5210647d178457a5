//! What goes on after the script: complaints keep coming, and a simulated clerk takes every other
//! one a few steps further. The rest is left for whoever sits at the console.

use serde_json::json;

use super::journeys::{in_days, refund};
use super::narrate;
use super::stage::Stage;
use crate::cli::CliError;

/// One beat: a complaint, and perhaps some work on it.
pub(super) async fn next(stage: &mut Stage) {
    match beat(stage).await {
        Ok(line) => narrate::aside(&line),
        Err(error) => narrate::aside(&format!("这一件没有走通：{error}")),
    }
}

async fn beat(stage: &mut Stage) -> Result<String, CliError> {
    let sent = stage.divert().await?;
    let goods = sent.case.category_goods.clone();
    let turn: u8 = stage.engine.random::<1>()[0] % 4;
    if turn == 0 {
        return Ok(format!("新投诉 {}（{goods}），等待受理", sent.no));
    }
    let id = stage.clerk.find(&sent.no).await?;
    stage.clerk.act(&id, json!({ "action": "accept" })).await?;
    if turn == 1 {
        return Ok(format!("新投诉 {}（{goods}），已受理", sent.no));
    }
    let offer = refund(stage, 9_900, "全额退款，原路退回。");
    stage.clerk.act(&id, offer).await?;
    let view = stage.clerk.show(&id).await?;
    if turn == 2 {
        return Ok(format!("新投诉 {}（{goods}），方案待消费者确认", sent.no));
    }
    let offer_id = view["offers"][0]["id"].clone();
    let answer = json!({ "offer_id": offer_id, "accepted": true });
    stage.center.notify(&sent.no, "offer_answer", answer).await?;
    Ok(format!("新投诉 {}（{goods}），已和解，{} 前履行", sent.no, in_days(stage, 5)))
}
