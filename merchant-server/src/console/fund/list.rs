//! 待办: the advances of one queue, and what waits for a second person.

use axum::extract::{Query, State};
use green_channel::fund::{FundAction, Proposal, ProposalKind, role_may};
use green_channel::ids::{AdvanceId, ProposalId};
use green_channel::store::StoreError;
use serde::Deserialize;

use super::super::names::Names;
use super::super::pages::fund::{FundListPage, ProposalCard};
use super::super::pages::parts::{Fact, Section};
use super::super::shell::Visitor;
use super::super::{PageResult, Trouble, format, render};
use super::lines::{self, Shops};
use super::overview::{QUEUES, done_zh, tabs};
use crate::app::App;
use crate::auth::Permission;

/// How many one sheet shows.
const SHEET: u32 = 50;

#[derive(Deserialize)]
pub(super) struct Params {
    #[serde(default)]
    queue: String,
    #[serde(default)]
    after: String,
    #[serde(default)]
    done: String,
}

pub(super) async fn advances(
    State(app): State<App>,
    visitor: Visitor,
    Query(params): Query<Params>,
) -> PageResult {
    visitor.require(Permission::ReadFund)?;
    let wanted = if params.queue.is_empty() { "approve" } else { &params.queue };
    let found = QUEUES.iter().find(|(code, ..)| *code == wanted).ok_or_else(Trouble::missing)?;
    let (code, queue, _) = *found;
    let after = match params.after.as_str() {
        "" => None,
        text => Some(text.parse::<AdvanceId>().map_err(|_| Trouble::missing())?),
    };
    let rows = app.engine.advances(queue, after, SHEET).await?;
    let is_full = u32::try_from(rows.len()).is_ok_and(|count| count == SHEET);
    let last = rows.last().filter(|_| is_full).map(|row| row.advance.id);
    let (names, mut shops, mut shown) = (Names::load(&app).await?, Shops::default(), Vec::new());
    for row in &rows {
        shown.push(lines::advance(&app, row, &names, &mut shops).await?);
    }
    let (lead, empty_title, empty_hint) = words(code);
    Ok(render(&FundListPage {
        shell: visitor.shell(&app, Section::Fund).await?,
        tabs: tabs(&app, code).await?,
        lead: lead.to_owned(),
        rows: shown,
        can_batch: code == "pay" && role_may(visitor.role(), FundAction::Submit),
        next_href: last
            .map(|id| format!("/console/fund/advances?queue={code}&after={id}"))
            .unwrap_or_default(),
        empty_title: empty_title.to_owned(),
        empty_hint: empty_hint.to_owned(),
        ..FundListPage::default()
    }))
}

/// What a list is for; what is said when it is empty, and below.
fn words(code: &str) -> (&'static str, &'static str, &'static str) {
    match code {
        "approve" => (
            "申请人以外的主管或负责人审核；超过限额的须两人，其中一人是负责人。",
            "没有待审核的先付",
            "受理员在案件页面申请后，会出现在这里。",
        ),
        "pay" => (
            "已审核、资金已预留。由没有参与申请和审核的出纳付款。",
            "没有待付款的先付",
            "审核通过后，会出现在这里。",
        ),
        "resolve" => (
            "已提交付款，结果尚未登记。结果不明的只凭银行证据确认，绝不重复付款。",
            "没有付款中的先付",
            "提交付款后，登记结果之前，会出现在这里。",
        ),
        _ => (
            "已付给消费者、尚未从责任商户收回的款项。",
            "没有待追偿的先付",
            "商户保证金足额扣划、缴还或核销后，不再列出。",
        ),
    }
}

pub(super) async fn proposals(
    State(app): State<App>,
    visitor: Visitor,
    Query(params): Query<Params>,
) -> PageResult {
    visitor.require(Permission::ReadFund)?;
    let mut page = proposal_page(&app, &visitor, &params.after, "").await?;
    page.shell.notice = done_zh(&params.done).to_owned();
    Ok(render(&page))
}

pub(super) async fn proposal_page(
    app: &App,
    visitor: &Visitor,
    after: &str,
    error: &str,
) -> Result<FundListPage, Trouble> {
    let after = match after {
        "" => None,
        text => Some(text.parse::<ProposalId>().map_err(|_| Trouble::missing())?),
    };
    let waiting = app.engine.proposals(after, SHEET).await?;
    let is_full = u32::try_from(waiting.len()).is_ok_and(|count| count == SHEET);
    let last = waiting.last().filter(|_| is_full).map(|proposal| proposal.id);
    let (names, mut shops, mut cards) = (Names::load(app).await?, Shops::default(), Vec::new());
    for proposal in &waiting {
        cards.push(card(app, visitor, proposal, &names, &mut shops).await?);
    }
    Ok(FundListPage {
        shell: visitor.shell(app, Section::Fund).await?,
        error: error.to_owned(),
        tabs: tabs(app, "proposals").await?,
        lead: "提取、退还、核销和冲正须两人：出纳提出，负责人同意后才入账。".to_owned(),
        proposals: cards,
        next_href: last.map(|id| format!("/console/fund/proposals?after={id}")).unwrap_or_default(),
        empty_title: "没有待审核的双人事项".to_owned(),
        empty_hint: "出纳提出后，会出现在这里。".to_owned(),
        ..FundListPage::default()
    })
}

async fn card(
    app: &App,
    visitor: &Visitor,
    proposal: &Proposal,
    names: &Names,
    shops: &mut Shops,
) -> Result<ProposalCard, StoreError> {
    let fact = |label: &str, value: String| Fact { label: label.to_owned(), value };
    let (title, mut facts) = match &proposal.kind {
        ProposalKind::WriteOff { advance, fen } => {
            let tenant = app.engine.advance(*advance).await?.and_then(|row| row.advance.tenant);
            let mut facts = vec![fact("金额", fen.to_string())];
            if let Some(tenant) = tenant {
                facts.push(fact("商户", shops.name(app, tenant).await?));
            }
            ("核销应收追偿款", facts)
        }
        ProposalKind::ReturnDeposit { tenant, fen } => {
            let name = shops.name(app, *tenant).await?;
            ("退还商户保证金", vec![fact("金额", fen.to_string()), fact("商户", name)])
        }
        ProposalKind::ReturnPool { fen } => ("提取可用资金", vec![fact("金额", fen.to_string())]),
        ProposalKind::Reverse { n, moves } => {
            let sums = moves.iter().map(|one| one.fen.to_string()).collect::<Vec<_>>();
            ("冲正分录", vec![fact("分录号", n.to_string()), fact("金额", sums.join("、"))])
        }
    };
    facts.push(fact("提出人", names.of(proposal.proposed_by)));
    facts.push(fact("提出时间", format::moment(proposal.proposed_at)));
    let why_not = if !role_may(visitor.role(), FundAction::ApproveProposal) {
        "由负责人审核。"
    } else if visitor.actor().pseudonym == proposal.proposed_by {
        "您是提出人，须由另一人审核。"
    } else {
        ""
    };
    Ok(ProposalCard {
        id: proposal.id.to_string(),
        title: title.to_owned(),
        facts,
        why_not: why_not.to_owned(),
        today: app.engine.now().civil_date().to_string(),
    })
}
