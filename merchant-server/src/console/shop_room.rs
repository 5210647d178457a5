//! 本店案件: what a 场内商户 sees of the cases it answers for, and its own word on them. A case of
//! another shop and none at all are the same page, so that nobody learns which numbers there are.

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use green_channel::calendar::Calendar;
use green_channel::case::{Action, Command, OfferStatus, Refusal, RefusalCode};
use green_channel::channel::{ActError, CaseView, ClockView, OfferView, QueueRow};
use green_channel::ids::{CaseId, TenantId};
use green_channel::privacy::Personal;
use green_channel::time::Timestamp;
use serde::Deserialize;

use super::cards::{clock_card, clock_due, fact, offer_card};
use super::form::{Misfit, Typed, problem_zh};
use super::pages::ErrorPage;
use super::pages::forms::Field;
use super::pages::parts::{Badge, Due, Fact, OfferCard, Section};
use super::pages::shop_room::{ShopCasePage, ShopLine, ShopPage};
use super::shell::{SHOP, Visitor};
use super::tenants::badge as standing;
use super::{PageResult, Trouble, format, render, tenant_form, wording};
use crate::app::App;
use crate::auth::Permission;
use crate::data_folder::Engine;

/// How many cases one sheet of the list shows.
const SHEET: usize = 30;
/// How many are read at a time: one more than a sheet tells whether there is another.
const READ: u32 = 31;

#[derive(Deserialize)]
pub(super) struct ListParams {
    #[serde(default)]
    after: String,
}

#[derive(Deserialize)]
pub(super) struct Done {
    #[serde(default)]
    done: String,
}

/// A statement that was refused.
struct Refused<'a> {
    typed: &'a Typed,
    misfit: Misfit,
}

/// The shop's own entry in the register, and its cases.
pub(super) async fn list(
    State(app): State<App>,
    visitor: Visitor,
    Query(params): Query<ListParams>,
) -> PageResult {
    let shop = shop_of(&visitor)?;
    let after = match params.after.as_str() {
        "" => None,
        text => match text.parse::<CaseId>() {
            Ok(after) => Some(after),
            Err(_) => return nowhere(&app, &visitor).await,
        },
    };
    let (rows, next) = sheet(&app, shop, after).await?;
    let tenant = app.engine.tenant(shop).await?.map(|row| row.tenant);
    let (now, calendar) = (app.engine.now(), app.engine.calendar());
    let page = ShopPage {
        shell: visitor.shell(&app, Section::Shop).await?,
        name: tenant.as_ref().map(|tenant| tenant.name.clone()).unwrap_or_default(),
        status: tenant.as_ref().map(|tenant| standing(tenant.status)).unwrap_or_default(),
        // It is the shop's own contact.
        facts: tenant.as_ref().map(|it| tenant_form::facts(it, true)).unwrap_or_default(),
        commitments: tenant.map(|tenant| tenant.commitments).unwrap_or_default(),
        shown: format!("本页 {} 件", rows.len()),
        next_href: next.map(|after| format!("{SHOP}?after={after}")).unwrap_or_default(),
        first_href: if after.is_some() { SHOP.to_owned() } else { String::new() },
        rows: rows.iter().map(|row| line(row, now, &calendar)).collect(),
    };
    Ok(render(&page))
}

/// One case as this shop may see it.
pub(super) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Path(case_id): Path<String>,
    Query(query): Query<Done>,
) -> PageResult {
    let Some(view) = own(&app, &visitor, &case_id).await? else {
        return nowhere(&app, &visitor).await;
    };
    let mut page = page(&app, &visitor, &view, None).await?;
    if query.done == Action::TenantState.code() {
        page.shell.notice = "已提交，首问责任人会看到".to_owned();
    }
    Ok(render(&page))
}

/// 商户说明: what the shop says goes into the case and cannot be taken back.
pub(super) async fn state(
    State(app): State<App>,
    visitor: Visitor,
    Path(case_id): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> PageResult {
    let Some(view) = own(&app, &visitor, &case_id).await? else {
        return nowhere(&app, &visitor).await;
    };
    let typed = Typed(pairs);
    let misfit = match stated(&app, &visitor, &view, &typed).await? {
        Ok(()) => {
            let done = Action::TenantState.code();
            let to = format!("{SHOP}/cases/{}?done={done}", view.summary.case_id);
            return Ok(Redirect::to(&to).into_response());
        }
        Err(misfit) => misfit,
    };
    // As it stands now: the shop may have been taken off the case meanwhile.
    let Some(view) = own(&app, &visitor, &case_id).await? else {
        return nowhere(&app, &visitor).await;
    };
    let status = if misfit.field.is_empty() {
        StatusCode::CONFLICT
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let refused = Refused { typed: &typed, misfit };
    let page = page(&app, &visitor, &view, Some(&refused)).await?;
    Ok((status, render(&page)).into_response())
}

/// Writes the statement down, or says what does not fit. That the shop answers for the case was
/// seen at `view`; it is written only while the case is still at that revision.
async fn stated(
    app: &App,
    visitor: &Visitor,
    view: &CaseView,
    typed: &Typed,
) -> Result<Result<(), Misfit>, Trouble> {
    let moved_on = || Misfit {
        field: "",
        problem: "案件刚刚有新进展，请核对后再提交；您填写的内容已保留。".to_owned(),
    };
    let seen = view.summary.revision;
    match typed.expected() {
        Ok(expected) if expected == seen => {}
        Ok(_) => return Ok(Err(moved_on())),
        Err(misfit) => return Ok(Err(Misfit { field: "", ..misfit })),
    }
    let text = Personal::new(typed.value("text").to_owned());
    let command = Command::TenantState { text };
    let (id, actor) = (view.summary.case_id, visitor.actor());
    match app.engine.act(id, actor, &command, Some(seen)).await {
        Ok(_) => Ok(Ok(())),
        Err(ActError::Refused(refusal)) => Ok(Err(misfit_of(&refusal))),
        Err(ActError::Stale { .. }) => Ok(Err(moved_on())),
        Err(error) => Err(error.into()),
    }
}

fn misfit_of(refusal: &Refusal) -> Misfit {
    if let RefusalCode::FieldInvalid { field: "text", .. } = &refusal.code {
        return Misfit { field: "text", problem: problem_zh("text").to_owned() };
    }
    Misfit { field: "", problem: refusal.message_zh() }
}

/// The shop somebody speaks for. Who speaks for none sees none: without this a case that no shop
/// answers for would be everybody's.
fn shop_of(visitor: &Visitor) -> Result<TenantId, Trouble> {
    visitor.require(Permission::ReadOwnCases)?;
    visitor.session.person.tenant.ok_or_else(Trouble::forbidden)
}

/// The case as this shop may see it, if it answers for it.
async fn own(app: &App, visitor: &Visitor, case_id: &str) -> Result<Option<CaseView>, Trouble> {
    let shop = shop_of(visitor)?;
    let Ok(id) = case_id.parse::<CaseId>() else { return Ok(None) };
    let loaded = match app.engine.load(id).await {
        Ok(loaded) => loaded,
        Err(ActError::Unknown) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    if !Engine::is_theirs(&loaded, visitor.role(), Some(shop)) {
        return Ok(None);
    }
    let view = app.engine.view(id, &visitor.actor()).await?;
    // Between the two it may have gone to another shop.
    Ok(Some(view).filter(|view| view.summary.tenant == Some(shop)))
}

/// The page for a case that is not this shop's, or not at all.
async fn nowhere(app: &App, visitor: &Visitor) -> PageResult {
    let page = ErrorPage {
        shell: visitor.shell(app, Section::Shop).await?,
        title: "没有找到".to_owned(),
        message: "没有这个案件，或不由本店承担。".to_owned(),
        remedy: "请从“本店案件”重新打开。".to_owned(),
        request_id: String::new(),
        back_href: SHOP.to_owned(),
        back_label: "返回本店案件".to_owned(),
    };
    Ok((StatusCode::NOT_FOUND, render(&page)).into_response())
}

/// The next cases after `after`, and after which to go on.
async fn sheet(
    app: &App,
    shop: TenantId,
    mut after: Option<CaseId>,
) -> Result<(Vec<QueueRow>, Option<CaseId>), Trouble> {
    let mut found: Vec<QueueRow> = Vec::new();
    // Cases that went to another shop are left out of an answer, so a short one is not the end.
    loop {
        let read = app.engine.tenant_cases(shop, after, READ).await?;
        let Some(last) = read.last() else { return Ok((found, None)) };
        after = Some(last.case_id);
        found.extend(read);
        if found.len() > SHEET {
            found.truncate(SHEET);
            let next = found.last().map(|row| row.case_id);
            return Ok((found, next));
        }
    }
}

fn line(row: &QueueRow, now: Timestamp, calendar: &Calendar) -> ShopLine {
    let due = row.next_clock.zip(row.due_at);
    ShopLine {
        href: format!("{SHOP}/cases/{}", row.case_id),
        complaint_no: number(row),
        received: format::moment(row.received_at),
        goods: row.goods.clone(),
        issue: row.issue.clone(),
        requests: row.requests.join("、"),
        amount: format::amount(row.amount_fen),
        state: Badge { text: row.state_label.clone(), tone: wording::state_tone(row.state) },
        overdue: row.overdue,
        due: due.map(|(kind, at)| format::due(kind.label_zh(), at, None, now, calendar)),
    }
}

fn number(row: &QueueRow) -> String {
    row.complaint_no.clone().unwrap_or_else(|| "（已删除）".to_owned())
}

async fn page(
    app: &App,
    visitor: &Visitor,
    view: &CaseView,
    refused: Option<&Refused<'_>>,
) -> Result<ShopCasePage, Trouble> {
    let (now, calendar) = (app.engine.now(), app.engine.calendar());
    let summary = &view.summary;
    let choice = view.choices.iter().find(|it| it.action == Action::TenantState.code());
    let whole = refused.filter(|refused| refused.misfit.field.is_empty());
    Ok(ShopCasePage {
        shell: visitor.shell(app, Section::Shop).await?,
        action: format!("{SHOP}/cases/{}/statement", summary.case_id),
        version: summary.revision,
        complaint_no: number(summary),
        title: format!("{} · {}", summary.goods, summary.issue),
        state: Badge {
            text: summary.state_label.clone(),
            tone: wording::state_tone(summary.state),
        },
        due: nearest(&view.clocks, now, &calendar),
        error: whole.map(|refused| refused.misfit.problem.clone()).unwrap_or_default(),
        facts: facts(view),
        story: view.facts.clone(),
        withheld: view.withheld.clone().unwrap_or_default(),
        clocks: view
            .clocks
            .iter()
            .map(|clock| clock_card(clock, &view.rules, now, &calendar))
            .collect(),
        offers: offers(view),
        statement: choice.is_some_and(|it| it.allowed).then(|| statement(refused)),
        why_not: choice.and_then(|it| it.why_not_text.clone()).unwrap_or_default(),
    })
}

fn statement(refused: Option<&Refused<'_>>) -> Field {
    let Some(refused) = refused else { return Field::default() };
    let at_field = refused.misfit.field == "text";
    Field {
        value: refused.typed.value("text").to_owned(),
        error: if at_field { refused.misfit.problem.clone() } else { String::new() },
    }
}

/// The deadline that comes first of those that count.
fn nearest(clocks: &[ClockView], now: Timestamp, calendar: &Calendar) -> Option<Due> {
    let counts = |clock: &&ClockView| clock.stopped_at.is_none() && clock.paused_at.is_none();
    let first = clocks.iter().filter(counts).min_by_key(|clock| clock.due_at);
    first.map(|clock| clock_due(clock, now, calendar))
}

/// What the complaint is about. The order is the consumer's own and goes with the facts.
fn facts(view: &CaseView) -> Vec<Fact> {
    let summary = &view.summary;
    let requests = match summary.requests.as_slice() {
        [] => "未写明".to_owned(),
        some => some.join("、"),
    };
    let settled = view.offers.iter().rev().find(|offer| offer.status == OfferStatus::Accepted);
    let amount = format::amount(summary.amount_fen);
    let order_no = view.order_no.clone().filter(|_| view.withheld.is_none());
    let rows = [
        ("商品或服务", Some(summary.goods.clone())),
        ("问题类别", Some(summary.issue.clone())),
        ("诉求", Some(requests)),
        ("涉及金额", Some(amount).filter(|amount| !amount.is_empty())),
        ("品牌", view.brand.clone()),
        ("订单号", order_no),
        ("收件时间", Some(format::moment(summary.received_at))),
        ("履行期限", settled.map(|offer| format::full_day(offer.terms.perform_by))),
    ];
    let given = rows.into_iter().filter_map(|(label, value)| Some(fact(label, value?)));
    given.collect()
}

/// The offers that were made, newest first: a draft that nobody has approved is the house's own.
/// Their words may name the consumer and are withheld with the rest.
fn offers(view: &CaseView) -> Vec<OfferCard> {
    let made = |offer: &OfferView| match offer.status {
        OfferStatus::AwaitingApproval | OfferStatus::SentBack => false,
        OfferStatus::Open
        | OfferStatus::Accepted
        | OfferStatus::Declined
        | OfferStatus::Countered
        | OfferStatus::Expired
        | OfferStatus::Dropped => true,
    };
    let card = |(index, offer): (usize, &OfferView)| {
        let mut card = offer_card(index, offer);
        if view.withheld.is_some() {
            card.text.clear();
        }
        card
    };
    view.offers.iter().enumerate().rev().filter(|(_, offer)| made(offer)).map(card).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use green_channel::ids::OfferId;
    use serde_json::json;

    fn offer(seed: u8, status: &str) -> serde_json::Value {
        json!({
            "id": OfferId::from_bytes([seed; 16]), "summary": "退款", "total_fen": 20_000,
            "terms": {
                "kinds": ["refund"], "refund_fen": 20_000, "damages_fen": 0, "multiple_fen": 0,
                "mental_damages_fen": 0, "perform_by": "2026-12-01",
            },
            "answer_by": "2026-11-28", "status": status, "status_label": "x",
            "by": "merchant", "by_label": "本单位", "drafted_at": "2026-11-24T10:00:00+08:00",
            "text": "退给林女士原卡",
        })
    }

    fn view(withheld: Option<&str>) -> CaseView {
        let mut view = json!({
            "summary": {
                "case_id": CaseId::from_bytes([1; 16]), "state": "settled",
                "state_label": "待履行", "revision": 3, "goods": "羽绒服", "issue": "质量",
                "requests": [], "consumer": "林*", "overdue": false, "urges": 0,
                "supervisions": 0, "repeat": 2, "unread": false, "origin": "diverted",
                "handback_drafted": false, "received_at": "2026-11-24T10:00:00+08:00",
            },
            "stream": green_channel::ids::Pseudonym::new([3; 16]), "rules": "odr-2026.2",
            "version": 5, "origin": "diverted", "origin_label": "分流", "parties": [],
            "transfers": 0, "extensions": 0, "handback_drafted": false, "contacts": 0,
            "reached": false, "unreached": 0, "related": [], "facts": "", "brand": null,
            "order_no": "E20261120", "channel": "", "respondent": "", "stall_no": null,
            "consumer": { "name": "", "phone": "", "has_id_number": false, "has_address": false },
            "clocks": [], "choices": [], "reports": [], "rating": null, "outcome": null,
            "recovered_fen": null,
            "offers": [offer(1, "sent_back"), offer(2, "accepted"), offer(3, "awaiting_approval")],
        });
        if let Some(why) = withheld {
            view["withheld"] = json!(why);
        }
        serde_json::from_value(view).unwrap()
    }

    #[test]
    fn a_shop_sees_the_offers_that_were_made_and_when_to_perform() {
        let view = view(None);
        let shown = offers(&view);
        let told: Vec<&str> = shown.iter().map(|card| card.title.as_str()).collect();
        assert_eq!(told, ["第 2 次方案"], "numbered as the staff number them");
        assert_eq!(shown[0].text, "退给林女士原卡");
        let rows = facts(&view);
        let value = |label: &str| rows.iter().find(|row| row.label == label).map(|row| &*row.value);
        assert_eq!(value("履行期限"), Some("2026年12月1日"));
        assert_eq!(value("订单号"), Some("E20261120"));
        assert_eq!(value("诉求"), Some("未写明"));
    }

    #[test]
    fn what_is_withheld_takes_the_words_of_an_offer_and_the_order_with_it() {
        let view = view(Some("同意书未写明向该商户提供"));
        assert!(offers(&view).iter().all(|card| card.text.is_empty()));
        assert!(facts(&view).iter().all(|row| row.label != "订单号"));
    }
}
