//! One advance: what is known of it, what may be done, to whom it is paid.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use green_channel::channel::ActError;
use green_channel::channel::fund::AdvanceRow;
use green_channel::fund::{Advance, AdvanceStatus, FundAction, rmb_words, role_may};
use green_channel::ids::AdvanceId;
use green_channel::money::Fen;

use super::super::case_page::Remarks;
use super::super::names::Names;
use super::super::pages::fund::{FundAdvancePage, Link};
use super::super::pages::parts::{Fact, Section};
use super::super::shell::Visitor;
use super::super::{PageResult, Trouble, format, render};
use super::act::NotDone;
use super::evidence;
use super::forms;
use super::lines::{Shops, badge};
use super::overview::{Done, done_zh};
use super::papers;
use crate::app::App;
use crate::auth::Permission;

pub(super) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Path(advance_id): Path<String>,
    Query(query): Query<Done>,
) -> PageResult {
    let id: AdvanceId = advance_id.parse().map_err(|_| Trouble::missing())?;
    let mut page = page(&app, &visitor, id, &Remarks::default()).await?;
    page.shell.notice = done_zh(&query.done).to_owned();
    Ok(render(&page))
}

pub(super) async fn page(
    app: &App,
    visitor: &Visitor,
    id: AdvanceId,
    remarks: &Remarks,
) -> Result<FundAdvancePage, Trouble> {
    if !visitor.may(Permission::ReadFund) {
        visitor.require(Permission::WorkFund)?;
    }
    let row = app.engine.advance(id).await?.ok_or_else(Trouble::missing)?;
    let advance = &row.advance;
    let choices = app.engine.advance_choices(id, &visitor.actor()).await;
    let choices = choices.map_err(trouble)?;
    let today = app.engine.now().civil_date();
    let (forms, barred) = forms::of_advance(&row, &choices, remarks, today);
    let names = Names::load(app).await?;
    let misfit = remarks.misfit.as_ref().filter(|misfit| misfit.field.is_empty());
    Ok(FundAdvancePage {
        shell: visitor.shell(app, Section::Fund).await?,
        version: advance.version,
        title: advance.fen.to_string(),
        words: rmb_words(advance.fen),
        status: badge(advance.status),
        error: misfit.map(|misfit| misfit.problem.clone()).unwrap_or_default(),
        case: case_link(app, visitor, &row).await,
        tenant: tenant_link(app, visitor, advance).await?,
        facts: facts(advance, &names),
        payee: Vec::new(),
        can_show_payee: can_show_payee(visitor, advance),
        to: format!("/console/fund/advances/{id}"),
        forms,
        barred,
        papers: papers::of(advance),
        pictures: evidence::links(visitor, advance),
        can_add_picture: choices
            .iter()
            .any(|one| one.action == FundAction::AddEvidence && one.why_not.is_none()),
    })
}

fn trouble(error: green_channel::channel::fund::FundError) -> Trouble {
    match NotDone::from(error) {
        NotDone::Trouble(trouble) => trouble,
        NotDone::Misfit(_) => Trouble::missing(),
    }
}

fn can_show_payee(visitor: &Visitor, advance: &Advance) -> bool {
    role_may(visitor.role(), FundAction::Submit) && advance.status.is_to_be_paid()
}

/// To whom it is paid: shown once, in no address, and not without a trace.
pub(super) async fn payee(
    State(app): State<App>,
    visitor: Visitor,
    Path(advance_id): Path<String>,
) -> PageResult {
    visitor.require(Permission::ReadFund)?;
    if !role_may(visitor.role(), FundAction::Submit) {
        return Err(Trouble::forbidden());
    }
    let id: AdvanceId = advance_id.parse().map_err(|_| Trouble::missing())?;
    let row = app.engine.advance(id).await?.ok_or_else(Trouble::missing)?;
    if !can_show_payee(&visitor, &row.advance) {
        return Err(Trouble::forbidden());
    }
    let mut page = page(&app, &visitor, id, &Remarks::default()).await?;
    match app.engine.show_payee(&row, visitor.actor()).await {
        Ok(payee) => {
            let fact = |label: &str, value: &String| Fact {
                label: label.to_owned(),
                value: value.clone(),
            };
            page.payee = vec![
                fact("收款人", payee.name.expose()),
                fact("账号", payee.account.expose()),
                fact("开户行", payee.bank.expose()),
                fact("金额", &row.advance.fen.to_string()),
            ];
            Ok(render(&page))
        }
        Err(ActError::Erased) => {
            page.error =
                "个人信息已按要求删除，没有收款账户。请撤回这笔先付，或待其逾期释放。".to_owned();
            Ok((StatusCode::GONE, render(&page)).into_response())
        }
        Err(ActError::Refused(refusal)) => {
            page.error = refusal.message_zh();
            Ok((StatusCode::CONFLICT, render(&page)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// 投诉编号, leading to the case for whoever may see cases.
async fn case_link(app: &App, visitor: &Visitor, row: &AdvanceRow) -> Link {
    let loaded = app.engine.summary(row.case_id).await.ok();
    let no = loaded.and_then(|loaded| loaded.complaint_no);
    let may = visitor.may(Permission::ReadCases);
    Link {
        href: if may { format!("/console/cases/{}", row.case_id) } else { String::new() },
        label: no.unwrap_or_else(|| "（已删除）".to_owned()),
    }
}

async fn tenant_link(app: &App, visitor: &Visitor, advance: &Advance) -> Result<Link, Trouble> {
    let Some(id) = advance.tenant else {
        return Ok(Link { href: String::new(), label: "本单位自担".to_owned() });
    };
    let label = Shops::default().name(app, id).await?;
    let may = visitor.may(Permission::ReadFund);
    let href = if may { format!("/console/fund/tenants/{id}") } else { String::new() };
    Ok(Link { href, label })
}

fn facts(advance: &Advance, names: &Names) -> Vec<Fact> {
    let fact = |label: &str, value: String| Fact { label: label.to_owned(), value };
    let moment = format::moment;
    let mut facts = vec![fact(
        "申请",
        format!("{} {}", moment(advance.requested_at), names.of(advance.requested_by)),
    )];
    if !advance.approved_by.is_empty() {
        let who: Vec<String> = advance.approved_by.iter().map(|who| names.of(*who)).collect();
        let is_lane = advance.approved_by == [advance.requested_by];
        let who =
            if is_lane { "小额即赔，按规则通过".to_owned() } else { who.join("、") };
        facts.push(fact("审核", who));
    }
    let money = |label: &str, fen: Fen| (fen > Fen::ZERO).then(|| fact(label, fen.to_string()));
    let by = advance.provider.as_deref().map(|code| fact("付款方式", provider_zh(code)));
    facts.extend(by);
    facts.extend(advance.submitted_at.map(|at| fact("提交付款", moment(at))));
    facts.extend(money("实付", advance.paid_fen));
    facts.extend(advance.paid_at.map(|at| fact("付款登记", moment(at))));
    facts.extend(money("已收回", advance.recovered_fen));
    facts.extend(money("已核销", advance.written_off_fen));
    facts.extend(money("未收回", advance.owed()));
    if let (Some(top_up), AdvanceStatus::Paid) = (&advance.top_up, advance.status) {
        let day = format::full_day(top_up.due_on);
        let late = if top_up.overdue { "，已逾期，建议暂停经营" } else { "" };
        facts.push(fact("商户应于", format!("{day} 前补足{late}")));
    }
    facts.extend(advance.receipt.as_ref().map(|no| fact("消费者签收", no.to_string())));
    facts
}

/// Who pays, in a word.
pub(super) fn provider_zh(code: &str) -> String {
    match code {
        "manual" => "出纳转账或现金".to_owned(),
        code if code.starts_with("bank-file-") => format!("批量付款（{code}）"),
        code => code.to_owned(),
    }
}
