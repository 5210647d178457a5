//! 存证凭条: the slip a consumer takes along, and the public page on which anybody checks one.

use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use fast_qr::convert::Builder;
use fast_qr::convert::svg::SvgBuilder;
use fast_qr::{ECL, QRBuilder};
use green_channel::channel::ActError;
use green_channel::ids::CaseId;
use green_channel::slip::{Slip, SlipProved};
use green_channel::store::Store;
use serde::Deserialize;

use super::pages::audit::{SlipCheckPage, SlipPage};
use super::pages::parts::{Fact, Section};
use super::shell::{Visitor, plain};
use super::{PageResult, Trouble, format, render};
use crate::app::App;
use crate::auth::Permission;

#[derive(Deserialize)]
pub(super) struct PrintParams {
    /// `text`: what the code holds, to be sent rather than printed.
    #[serde(default, rename = "as")]
    form: String,
}

/// The slip of a case, to be printed. It names nobody.
pub(super) async fn print(
    State(app): State<App>,
    visitor: Visitor,
    Path(case_id): Path<String>,
    Query(params): Query<PrintParams>,
) -> PageResult {
    visitor.require(Permission::ReadCases)?;
    let id: CaseId = case_id.parse().map_err(|_| Trouble::missing())?;
    let loaded = match app.engine.load(id).await {
        Err(ActError::Unknown) => return Err(Trouble::missing()),
        loaded => loaded?,
    };
    let slip = app.engine.slip(&loaded).await?;
    let address = slip.as_ref().map(|slip| format!("{}/slip?s={}", base(&app), slip.to_text()));
    if let (Some(address), true) = (&address, params.form == "text") {
        let kind = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
        return Ok((kind, format!("{address}\n")).into_response());
    }
    let qr = address.as_deref().and_then(qr);
    let witness = app.witnessing.is_needed();
    Ok(render(&SlipPage {
        shell: visitor.shell(&app, Section::Desk).await?,
        case_href: format!("/console/cases/{id}"),
        merchant: app.config.merchant.name.clone(),
        stream: loaded.stream.to_string(),
        received: format::moment_full(loaded.case.received_at),
        place: slip.map(|slip| (slip.proof.index + 1).to_string()).unwrap_or_default(),
        origin: app.engine.host().log_origin.clone(),
        address: format!("{}/slip", base(&app)),
        is_witnessed: witness,
        qr: qr.unwrap_or_default(),
    }))
}

fn base(app: &App) -> &str {
    &app.config.server.public_url
}

/// The code as a picture; nothing when there is more to say than a code can hold.
fn qr(text: &str) -> Option<String> {
    let code = QRBuilder::new(text).ecl(ECL::L).build().ok()?;
    Some(SvgBuilder::default().margin(2).to_str(&code))
}

#[derive(Deserialize)]
pub(super) struct CheckParams {
    #[serde(default)]
    s: String,
}

/// Checks a slip for anybody. What is shown is on the slip already.
pub(super) async fn check(State(app): State<App>, Query(params): Query<CheckParams>) -> Response {
    let mut page = SlipCheckPage {
        shell: plain(&app),
        asked: !params.s.trim().is_empty(),
        ..SlipCheckPage::default()
    };
    if !page.asked {
        return render(&page);
    }
    let keys = app.engine.public_keys();
    let proved =
        Slip::parse(&params.s).and_then(|slip| slip.check(app.witnessing.policy(), Some(&keys)));
    match proved {
        Ok(proved) => {
            page.facts = facts(&proved);
            page.now = now(&app, &proved).await;
        }
        Err(error) => page.error = error.message_zh().to_owned(),
    }
    render(&page)
}

fn facts(proved: &SlipProved) -> Vec<Fact> {
    let witnesses: Vec<_> = proved.head.witnesses.iter().map(|(name, _)| name.as_str()).collect();
    let witnesses = if witnesses.is_empty() { "无".to_owned() } else { witnesses.join("、") };
    [
        ("受理单位网址", proved.receipt.iss.clone()),
        ("存证编号", proved.receipt.stream.clone()),
        ("收到时间", format::moment_full(proved.receipt.received_at)),
        ("存证位置", format!("第 {} 条", proved.index + 1)),
        ("存证哈希", proved.receipt.leaf_hash.clone()),
        (
            "检查点",
            format!("{}，{} 条", proved.head.checkpoint.origin, proved.head.checkpoint.size),
        ),
        ("见证方联署", witnesses),
    ]
    .into_iter()
    .map(|(label, value)| Fact { label: label.to_owned(), value })
    .collect()
}

/// Whether the log still holds the entry; a slip itself proves only that it once did.
async fn now(app: &App, proved: &SlipProved) -> String {
    match app.engine.inclusion(&proved.receipt.stream, 0).await {
        Ok(Some((leaf, proof)))
            if leaf.to_string() == proved.receipt.leaf_hash && proof.index == proved.index =>
        {
            let size = app.engine.store().log_head().await.map_or(0, |head| head.size);
            format!("该记录仍在日志中，日志现有 {size} 条。")
        }
        Ok(_) => "凭条有效，但该记录已不在本单位的日志中：请保存凭条并向 12315 反映。".to_owned(),
        Err(_) => "暂时无法查询日志，请稍后再试；凭条本身有效。".to_owned(),
    }
}
