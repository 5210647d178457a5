//! The page of one case: what is asked, where it stands, what may be done and why the rest may
//! not.

use std::collections::BTreeMap;

use axum::extract::{Path, Query, State};
use green_channel::case::{Action, ContactMethod, StateName};
use green_channel::channel::{CaseView, HistoryEntry};
use green_channel::ids::{CaseId, Pseudonym};
use green_channel::store::Store;
use green_channel::tenants::TenantStatus;
use serde::Deserialize;

use super::actions_view::{Lists, actions};
use super::cards::{clock_card, clock_due, fact};
use super::form::{Misfit, Typed};
use super::names::Names;
use super::pages::CasePage;
use super::pages::parts::{
    Badge, ContactLine, Due, Fact, ReportLine, Section, Step, TimelineEntry, Tone,
};
use super::plain::Listed;
use super::shell::Visitor;
use super::{
    PageResult, Trouble, agreement, desk, format, fund, person_cards, render, reports, standing,
    wording,
};
use crate::app::App;
use crate::auth::Permission;

/// How many shops the list of a case offers.
const SHOPS: u32 = 200;

/// What the page says beyond the case itself.
#[derive(Default)]
pub(super) struct Remarks {
    /// The form that was refused.
    pub(super) typed: Option<Typed>,
    /// What was wrong with it.
    pub(super) misfit: Option<Misfit>,
    /// Identity fields shown in clear, this once.
    pub(super) revealed: BTreeMap<String, String>,
    /// The address of a link that was just issued, shown this once.
    pub(super) link: String,
    /// The action just done, by code.
    pub(super) done: String,
}

#[derive(Deserialize)]
pub(super) struct Done {
    #[serde(default)]
    done: String,
}

pub(super) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Path(case_id): Path<String>,
    Query(query): Query<Done>,
) -> PageResult {
    visitor.require(Permission::ReadCases)?;
    let id = case_id.parse().map_err(|_| Trouble::missing())?;
    let remarks = Remarks { done: query.done, ..Remarks::default() };
    Ok(render(&page(&app, &visitor, id, &remarks).await?))
}

/// The page, with remarks.
pub(super) async fn page(
    app: &App,
    visitor: &Visitor,
    id: CaseId,
    remarks: &Remarks,
) -> Result<CasePage, Trouble> {
    let actor = visitor.actor();
    let view = app.engine.view(id, &actor).await?;
    let history = app.engine.history(id, &actor).await?;
    let names = Names::load(app).await?;
    let lists = lists(app, &view, &names).await?;
    let complaint_no = number(&view);
    let mut shell = visitor.shell(app, Section::Desk).await?;
    if let Some(action) = Action::from_code(&remarks.done) {
        shell.notice = format!("已完成：{}", action.label_zh());
    }
    let (now, calendar) = (app.engine.now(), app.engine.calendar());
    let error = remarks.misfit.as_ref().map(|misfit| misfit.problem.clone());
    Ok(CasePage {
        shell,
        case_id: id.to_string(),
        version: view.summary.revision,
        title: format!("{} · {}", view.summary.goods, view.summary.issue),
        responder: lists.responder.clone(),
        state: Badge {
            text: view.summary.state_label.clone(),
            tone: wording::state_tone(view.summary.state),
        },
        marks: desk::marks(&view.summary, actor.pseudonym),
        due: nearest(app, &view),
        steps: steps(&view, &history),
        next_hint: standing::next_hint(&view, actor.pseudonym).to_owned(),
        error: error.unwrap_or_default(),
        link: remarks.link.clone(),
        standing: standing::standing(&view, &names),
        advances: fund::case_advances(app, visitor, id, &view, remarks).await?,
        related: view.related.iter().map(standing::related).collect(),
        facts: facts(&view),
        story: view.facts.clone(),
        supplements: supplements(&history),
        consumer: person_cards::consumer(&view, remarks),
        respondent: person_cards::respondent(&view),
        consent: person_cards::consent(&view, now),
        clocks: view
            .clocks
            .iter()
            .map(|clock| clock_card(clock, &view.rules, now, &calendar))
            .collect(),
        offers: agreement::offers(visitor, &view),
        contacts: contacts(&history, &names),
        timeline: history.iter().rev().map(|entry| timeline(entry, &names, view.stream)).collect(),
        reports: report_lines(app, &view, id).await?,
        actions: actions(app, visitor, &view, remarks, lists),
        barred: barred(&view),
        complaint_no,
    })
}

fn number(view: &CaseView) -> String {
    view.summary.complaint_no.clone().unwrap_or_else(|| "（已删除）".to_owned())
}

/// The deadline that comes first of those that count.
fn nearest(app: &App, view: &CaseView) -> Option<Due> {
    let counts = |clock: &&green_channel::channel::ClockView| {
        clock.stopped_at.is_none() && clock.paused_at.is_none()
    };
    let first = view.clocks.iter().filter(counts).min_by_key(|clock| clock.due_at);
    first.map(|clock| clock_due(clock, app.engine.now(), &app.engine.calendar()))
}

/// Whom the forms may name. The register is read only where a shop may be chosen.
async fn lists(app: &App, view: &CaseView, names: &Names) -> Result<Lists, Trouble> {
    let responder = view.summary.first_responder;
    let open = |action: Action| {
        view.choices.iter().any(|choice| choice.allowed && choice.action == action.code())
    };
    let tenants = if open(Action::Assign) { shops(app, view).await? } else { Vec::new() };
    Ok(Lists {
        people: names.could_take(responder, app.engine.now()),
        tenants,
        responder: responder.map(|who| names.of(who)).unwrap_or_default(),
    })
}

/// The shops that could answer: all but those that left and the one that answers now.
async fn shops(app: &App, view: &CaseView) -> Result<Vec<Listed>, Trouble> {
    let now = view.assigned.as_ref().map(|assigned| assigned.tenant);
    let rows = app.engine.tenants("", SHOPS).await?.into_iter();
    let rows = rows.filter(|row| row.tenant.status != TenantStatus::Left && Some(row.id) != now);
    let listed = rows.map(|row| {
        let stall = row.tenant.stall_no.map(|no| format!("（{no}）")).unwrap_or_default();
        (row.id.to_string(), format!("{}{stall}", row.tenant.name))
    });
    Ok(listed.collect())
}

/// What was reported, newest first, each with the time by which its receipt should be here.
async fn report_lines(app: &App, view: &CaseView, id: CaseId) -> Result<Vec<ReportLine>, Trouble> {
    let rows = app.engine.store().outbox_of(id).await?;
    let line = |row: green_channel::store::OutboxRow| {
        let told = view.reports.iter().find(|report| report.report_id == row.id);
        let due = told.and_then(|report| report.due_at).map(format::by);
        ReportLine {
            due: due.unwrap_or_default(),
            overdue: told.is_some_and(|report| report.overdue),
            ..reports::line(row, number(view), false)
        }
    };
    Ok(rows.into_iter().rev().map(line).collect())
}

fn facts(view: &CaseView) -> Vec<Fact> {
    let summary = &view.summary;
    let mut facts = vec![
        fact("商品或服务", summary.goods.clone()),
        fact("问题类别", summary.issue.clone()),
        fact(
            "诉求",
            if summary.requests.is_empty() {
                "未写明".to_owned()
            } else {
                summary.requests.join("、")
            },
        ),
    ];
    let amount = format::amount(summary.amount_fen);
    for (label, value) in [
        ("涉及金额", Some(amount).filter(|amount| !amount.is_empty())),
        ("品牌", view.brand.clone()),
        ("订单号", view.order_no.clone()),
        ("来源渠道", Some(view.channel.clone()).filter(|channel| !channel.is_empty())),
        ("收件时间", Some(format::moment(summary.received_at))),
        ("办结结果", view.outcome.as_deref().map(outcome_label)),
        ("挽回经济损失", view.recovered_fen.map(|fen| format::amount(Some(fen)))),
        ("消费者评价", view.rating.map(|stars| format!("{stars} 星"))),
    ] {
        if let Some(value) = value {
            facts.push(fact(label, value));
        }
    }
    facts
}

fn outcome_label(code: &str) -> String {
    code.parse::<green_channel::codes::Outcome>()
        .map_or_else(|_| code.to_owned(), |outcome| outcome.label_zh().to_owned())
}

fn contacts(history: &[HistoryEntry], names: &Names) -> Vec<ContactLine> {
    let contacted = history.iter().rev().filter(|entry| entry.kind == "contacted");
    let line = |entry: &HistoryEntry| {
        let text = |name: &str| entry.data.get(name).and_then(|v| v.as_str()).unwrap_or_default();
        let method = ContactMethod::from_code(text("method"));
        let reached = text("result") == "reached";
        let (result, tone) =
            if reached { ("已联系上", Tone::Good) } else { ("未联系上", Tone::Warn) };
        ContactLine {
            at: format::moment(entry.at),
            who: names.of(entry.actor),
            method: method.map_or("", ContactMethod::label_zh).to_owned(),
            result: Badge { text: result.to_owned(), tone },
            note: entry.words.get("note").cloned().unwrap_or_default(),
        }
    };
    contacted.map(line).collect()
}

fn supplements(history: &[HistoryEntry]) -> Vec<Fact> {
    let added = history
        .iter()
        .filter(|entry| matches!(entry.kind.as_str(), "supplemented" | "notice_kept"))
        // 诉转案 has a sentence of its own among the events.
        .filter(|entry| entry.data["case_filed"] != true);
    let fact = |entry: &HistoryEntry| {
        let (label, field) = if entry.kind == "supplemented" {
            ("补充", "text")
        } else {
            ("新类型通知", "raw")
        };
        let words =
            entry.words.get(field).map(|text| green_channel::codes::visible(text).to_string());
        fact(&format!("{label}（{}）", format::moment(entry.at)), words.unwrap_or_default())
    };
    added.map(fact).collect()
}

fn timeline(entry: &HistoryEntry, names: &Names, stream: Pseudonym) -> TimelineEntry {
    let who = match entry.role.as_str() {
        "center" => "12315中心".to_owned(),
        "system" => "系统".to_owned(),
        "consumer" => "消费者（确认链接）".to_owned(),
        _ => names.of(entry.actor),
    };
    let by_person = !matches!(entry.role.as_str(), "center" | "system" | "consumer");
    TimelineEntry {
        at: format::moment(entry.at),
        who,
        role: if by_person { wording::role(&entry.role).to_owned() } else { String::new() },
        what: wording::sentence(entry, |who| names.of_text(who)),
        note: wording::note(entry),
        log_position: entry.position.map(|p| format!("存证第 {} 号", p + 1)).unwrap_or_default(),
        proof_href: format!("/log/proof/{stream}/{}", entry.n),
        tone: wording::event_tone(&entry.kind),
    }
}

/// What this person's role knows but the case does not allow now.
fn barred(view: &CaseView) -> Vec<Fact> {
    let shown = view.choices.iter().filter(|choice| !choice.allowed);
    shown
        .map(|choice| fact(&choice.label, choice.why_not_text.clone().unwrap_or_default()))
        .collect()
}

/// The path every settled case takes; a case that left it shows where.
fn steps(view: &CaseView, history: &[HistoryEntry]) -> Vec<Step> {
    let at = |kinds: &[&str]| {
        let found = history.iter().rev().find(|entry| kinds.contains(&entry.kind.as_str()));
        found.map(|entry| format::moment(entry.at)).unwrap_or_default()
    };
    let place = match view.summary.state {
        StateName::Received | StateName::Rejected => 0,
        StateName::InProgress => 1,
        StateName::AwaitingApproval | StateName::Offered => 2,
        StateName::Settled => 3,
        StateName::Closed => 5,
        StateName::HandedBack | StateName::Withdrawn | StateName::Erased => usize::MAX,
    };
    let path = [
        ("已接收", at(&["received"])),
        ("首问受理", at(&["accepted"])),
        ("方案", at(&["offered", "offer_drafted"])),
        ("和解", at(&["settled"])),
        ("履行", at(&["performed"])),
        ("办结", at(&["closed"])),
    ];
    let mut steps: Vec<Step> = path
        .into_iter()
        .enumerate()
        .map(|(index, (label, at))| Step {
            label: label.to_owned(),
            done: if place == usize::MAX { !at.is_empty() } else { index < place || place == 5 },
            current: index == place,
            at,
        })
        .collect();
    if place == usize::MAX {
        steps.retain(|step| step.done);
        let ended = at(&["handed_back", "withdrawn", "erased"]);
        let label = view.summary.state_label.clone();
        steps.push(Step { label, at: ended, done: false, current: true });
    }
    steps
}
