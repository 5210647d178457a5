//! 资金总览: what is in the fund, what waits, and what a cashier writes down.

use axum::extract::{Query, State};
use green_channel::channel::fund::{FundOverview, Queue};
use green_channel::fund::{FundAction, FundRules, Month, role_may};
use green_channel::money::Fen;
use green_channel::store::StoreError;
use green_channel::time::Date;
use serde::Deserialize;

use super::super::case_page::Remarks;
use super::super::names::Names;
use super::super::pages::forms::PlainForm;
use super::super::pages::fund::{FundPage, Link, TenantLine};
use super::super::pages::parts::{Fact, Section, Tab, Tile, Tone};
use super::super::shell::Visitor;
use super::super::{PageResult, Trouble, render};
use super::forms::{self, shop_list};
use super::lines::{self, Shops};
use crate::app::App;
use crate::auth::Permission;

/// So many entries are shown.
const ENTRIES: u64 = 20;
/// So many are counted of what waits.
const COUNTED: u32 = 200;

#[derive(Deserialize)]
pub(super) struct Done {
    #[serde(default)]
    pub(super) done: String,
}

/// The lists of what waits: code, queue, word.
pub(super) const QUEUES: [(&str, Queue, &str); 4] = [
    ("approve", Queue::Approve, "待审核"),
    ("pay", Queue::Pay, "待付款"),
    ("resolve", Queue::Resolve, "付款中"),
    ("owed", Queue::Owed, "待追偿"),
];

pub(super) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Query(query): Query<Done>,
) -> PageResult {
    visitor.require(Permission::ReadFund)?;
    let mut page = page(&app, &visitor, &Remarks::default()).await?;
    page.shell.notice = done_zh(&query.done).to_owned();
    Ok(render(&page))
}

/// What was just done.
pub(super) fn done_zh(code: &str) -> &'static str {
    match code {
        "propose_return_deposit"
        | "propose_return_pool"
        | "propose_reverse"
        | "propose_write_off" => "已提出，待负责人审核",
        "approve_proposal" => "已同意并入账",
        "decline_proposal" => "已登记不同意",
        "assert" => "已完成日终核对",
        "adopt" => "已公布",
        "evidence" => "已上传",
        "request" => "已申请",
        "approve" => "已审核通过",
        "decline" => "已登记审核不通过",
        "cancel" => "已撤回",
        "submit" => "已提交付款，请付款后登记结果",
        "confirm_paid" => "已登记付款",
        "" => "",
        _ => "已登记",
    }
}

pub(super) async fn page(
    app: &App,
    visitor: &Visitor,
    remarks: &Remarks,
) -> Result<FundPage, Trouble> {
    let seen = app.engine.fund_overview().await?;
    let names = Names::load(app).await?;
    let misfit = remarks.misfit.as_ref().filter(|misfit| misfit.field.is_empty());
    let today = app.engine.now().civil_date();
    let works = role_may(visitor.role(), FundAction::Contribute);
    let forms = if works {
        let shops = shop_list(app).await?;
        forms::of_fund(remarks, &shops, today)
    } else {
        Vec::<PlainForm>::new()
    };
    Ok(FundPage {
        shell: visitor.shell(app, Section::Fund).await?,
        error: misfit.map(|misfit| misfit.problem.clone()).unwrap_or_default(),
        alarm: alarm(&seen, app.engine.fund_rules()),
        tiles: tiles(&seen),
        tabs: tabs(app, "").await?,
        tenants: tenants(app, &seen).await?,
        entries: last_entries(app, &names).await?,
        forms,
        limits: limits(app.engine.fund_rules()),
        months: months(today),
        banks: works,
    })
}

fn alarm(seen: &FundOverview, rules: &FundRules) -> String {
    if !seen.below_floor {
        return String::new();
    }
    let (pool, floor) = (seen.pool_fen, rules.floor_fen);
    format!("可用资金 {pool} 已低于警戒线 {floor}，余额不足时不能再先行赔付，请尽快投入。")
}

fn tiles(seen: &FundOverview) -> Vec<Tile> {
    let tile = |label: &str, fen: Fen, tone: Tone, href: &str| Tile {
        label: label.to_owned(),
        value: fen.to_string(),
        tone,
        href: href.to_owned(),
    };
    let free = if seen.below_floor { Tone::Bad } else { Tone::Good };
    let owed = if seen.receivables_fen > Fen::ZERO { Tone::Warn } else { Tone::Quiet };
    vec![
        tile("可用资金", seen.pool_fen, free, "#actions"),
        tile("已预留", seen.reserved_fen, Tone::Quiet, "/console/fund/advances?queue=pay"),
        tile("付款中", seen.payable_fen, Tone::Quiet, "/console/fund/advances?queue=resolve"),
        tile("应收追偿款", seen.receivables_fen, owed, "/console/fund/advances?queue=owed"),
        tile("商户保证金", seen.deposits_fen, Tone::Quiet, "#shops-title"),
        tile("银行存款", seen.bank_fen, Tone::Quiet, "#entries-title"),
        tile("在途付款", seen.clearing_fen, Tone::Quiet, "#entries-title"),
        tile("自担损失", seen.loss_fen, Tone::Quiet, "#entries-title"),
    ]
}

/// The lists with their counts.
pub(super) async fn tabs(app: &App, current: &str) -> Result<Vec<Tab>, StoreError> {
    let mut tabs = Vec::new();
    for (code, queue, label) in QUEUES {
        let waiting = app.engine.waiting(queue, COUNTED).await?;
        tabs.push(Tab {
            label: label.to_owned(),
            count: count(waiting),
            href: format!("/console/fund/advances?queue={code}"),
            current: code == current,
        });
    }
    let waiting = app.engine.waiting(Queue::Proposed, COUNTED).await?;
    tabs.push(Tab {
        label: "双人事项".to_owned(),
        count: count(waiting),
        href: "/console/fund/proposals".to_owned(),
        current: current == "proposals",
    });
    Ok(tabs)
}

fn count(waiting: usize) -> String {
    if u32::try_from(waiting).is_ok_and(|count| count < COUNTED) {
        waiting.to_string()
    } else {
        format!("{COUNTED}+")
    }
}

async fn tenants(app: &App, seen: &FundOverview) -> Result<Vec<TenantLine>, StoreError> {
    let (mut lines, mut shops) = (Vec::new(), Shops::default());
    for row in &seen.tenants {
        let owes = row.receivable_fen > Fen::ZERO;
        lines.push(TenantLine {
            href: format!("/console/fund/tenants/{}", row.tenant),
            name: shops.name(app, row.tenant).await?,
            deposit: row.deposit_fen.to_string(),
            owed: if owes { row.receivable_fen.to_string() } else { String::new() },
        });
    }
    Ok(lines)
}

async fn last_entries(
    app: &App,
    names: &Names,
) -> Result<Vec<super::super::pages::fund::EntryLine>, StoreError> {
    let next = app.engine.fund_next().await?;
    let limit = u32::try_from(ENTRIES).unwrap_or(u32::MAX);
    let lines = app.engine.fund_lines(next.saturating_sub(ENTRIES), limit).await?;
    Ok(lines.iter().rev().map(|line| lines::entry(line, names)).collect())
}

fn limits(rules: &FundRules) -> Vec<Fact> {
    let fact = |label: &str, value: String| Fact { label: label.to_owned(), value };
    let small = if rules.small_claim_fen > Fen::ZERO {
        format!("{} 以内", rules.small_claim_fen)
    } else {
        "未启用".to_owned()
    };
    vec![
        fact("单个案件", rules.case_limit_fen.to_string()),
        fact("单个商户（未收回和在办）", rules.tenant_limit_fen.to_string()),
        fact("每日申请", rules.day_limit_fen.to_string()),
        fact("每人每日申请", rules.clerk_day_limit_fen.to_string()),
        fact("超过此数须两人审核", rules.second_approval_above_fen.to_string()),
        fact("小额即赔", small),
        fact("审核后付款期限", format!("{} 个工作日", rules.expire_working_days)),
        fact("商户补足期限", format!("{} 个工作日", rules.top_up_working_days)),
        fact("警戒线", rules.floor_fen.to_string()),
    ]
}

/// This month and the five before.
fn months(today: Date) -> Vec<Link> {
    let mut links = Vec::new();
    let mut day = Some(today);
    while let (Some(of), true) = (day, links.len() < 6) {
        let month = Month::of(of);
        let href = format!("/console/fund/months/{month}");
        links.push(Link { href, label: month.label_zh() });
        day = of.first_of_month().yesterday().ok();
    }
    links
}
