//! The page of one case: what is asked, where it stands, what may be done and why the rest may
//! not.

use std::collections::BTreeMap;

use axum::extract::{Path, Query, State};
use green_channel::case::{Action, OfferStatus, StateName};
use green_channel::channel::{CaseView, ClockView, HistoryEntry, OfferView};
use green_channel::ids::{CaseId, Pseudonym};
use green_channel::store::Store;
use serde::Deserialize;

use super::actions_view::actions;
use super::form::{Misfit, Typed};
use super::pages::CasePage;
use super::pages::forms::{Choice, Field, RevealForm, Select};
use super::pages::parts::{
    Badge, ClockCard, ConsentCard, ConsumerCard, ContactLine, Fact, OfferCard, Section, Step,
    TimelineEntry, Tone,
};
use super::shell::Visitor;
use super::{PageResult, Trouble, desk, format, render, reports, wording};
use crate::app::App;
use crate::auth::{Permission, people, tokens};

/// What the page says beyond the case itself.
#[derive(Default)]
pub(super) struct Remarks {
    /// The form that was refused.
    pub(super) typed: Option<Typed>,
    /// What was wrong with it.
    pub(super) misfit: Option<Misfit>,
    /// Identity fields shown in clear, this once.
    pub(super) revealed: BTreeMap<String, String>,
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
    let actor = visitor.session.person.actor();
    let view = app.engine.view(id, &actor).await?;
    let history = app.engine.history(id).await?;
    let outbox = app.engine.store().outbox_of(id).await?;
    let names = Names::load(app).await?;
    let no = view.summary.complaint_no.clone().unwrap_or_else(|| "（已删除）".to_owned());
    let mut shell = visitor.shell(app, Section::Desk).await?;
    if let Some(action) = Action::from_code(&remarks.done) {
        shell.notice = format!("已完成：{}", action.label_zh());
    }
    let error = remarks.misfit.as_ref().map(|misfit| misfit.problem.clone());
    let now = app.engine.now();
    let calendar = app.engine.calendar();
    let nearest = view.clocks.iter().filter(|clock| clock.stopped_at.is_none());
    let nearest = nearest.min_by_key(|clock| clock.due_at);
    let responder = view.summary.first_responder.map(|who| names.of(who)).unwrap_or_default();
    let lines = outbox.into_iter().rev().map(|row| reports::line(row, no.clone(), false));
    Ok(CasePage {
        shell,
        case_id: id.to_string(),
        version: view.summary.revision,
        title: format!("{} · {}", view.summary.goods, view.summary.issue),
        responder,
        state: Badge {
            text: view.summary.state_label.clone(),
            tone: wording::state_tone(view.summary.state),
        },
        marks: desk::marks(&view.summary),
        due: nearest.map(|clock| format::due(&clock.label, clock.due_at, None, now, calendar)),
        steps: steps(&view, &history),
        next_hint: next_hint(view.summary.state).to_owned(),
        error: error.unwrap_or_default(),
        facts: facts(&view),
        story: view.facts.clone(),
        supplements: supplements(&history),
        consumer: consumer(&view, remarks),
        respondent: respondent(&view),
        consent: consent(&view, now),
        clocks: view.clocks.iter().map(|clock| clock_card(app, &view, clock)).collect(),
        offers: view.offers.iter().enumerate().rev().map(|(i, o)| offer_card(i, o)).collect(),
        contacts: contacts(&history, &names),
        timeline: history.iter().rev().map(|entry| timeline(entry, &names)).collect(),
        reports: lines.collect(),
        actions: actions(app, visitor, &view, remarks),
        barred: barred(&view),
        complaint_no: no,
    })
}

/// Names of people and of systems with a token, by the pseudonym the log knows them by.
struct Names(Vec<(Pseudonym, String)>);

impl Names {
    async fn load(app: &App) -> Result<Self, Trouble> {
        let people = people(app.engine.store()).await?;
        let tokens = tokens(app.engine.store()).await?;
        let people = people.into_iter().map(|person| (person.pseudonym, person.name));
        let tokens = tokens.into_iter().map(|token| (token.pseudonym, token.name));
        Ok(Self(people.chain(tokens).collect()))
    }

    fn of(&self, who: Pseudonym) -> String {
        let found = self.0.iter().find(|(pseudonym, _)| *pseudonym == who);
        found.map_or_else(|| "已删除的人员".to_owned(), |(_, name)| name.clone())
    }
}

fn fact(label: &str, value: impl Into<String>) -> Fact {
    Fact { label: label.to_owned(), value: value.into() }
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

fn respondent(view: &CaseView) -> Vec<Fact> {
    let mut facts = vec![fact("名称", view.respondent.clone())];
    if let Some(stall) = &view.stall_no {
        facts.push(fact("摊位号", stall.clone()));
    }
    facts
}

fn consumer(view: &CaseView, remarks: &Remarks) -> ConsumerCard {
    let shown =
        |field: &str, masked: String| remarks.revealed.get(field).cloned().unwrap_or(masked);
    let given = |given: bool| if given { "已提供（未显示）" } else { "未提供" }.to_owned();
    let facts = vec![
        fact("姓名", shown("name", view.consumer.name.clone())),
        fact("联系电话", shown("phone", view.consumer.phone.clone())),
        fact("证件号码", shown("id_number", given(view.consumer.has_id_number))),
        fact("联系地址", shown("address", given(view.consumer.has_address))),
    ];
    let choice = view.choices.iter().find(|choice| choice.action == Action::Reveal.code());
    let (typed, misfit) = (remarks.typed.as_ref(), remarks.misfit.as_ref());
    let mine = typed.filter(|typed| typed.value("action") == "reveal");
    let error = |name: &str| match (mine, misfit) {
        (Some(_), Some(misfit)) if misfit.field == name => misfit.problem.clone(),
        _ => String::new(),
    };
    let options = [
        ("name", "姓名"),
        ("phone", "联系电话"),
        ("id_number", "证件号码"),
        ("address", "联系地址"),
    ];
    let form = RevealForm {
        open: mine.is_some(),
        fields: Select {
            options: options
                .iter()
                .map(|(code, label)| Choice {
                    code: (*code).to_owned(),
                    label: (*label).to_owned(),
                    chosen: mine.is_some_and(|typed| typed.values("fields").contains(code)),
                })
                .collect(),
            error: error("fields"),
        },
        reason: Field {
            value: mine.map(|typed| typed.value("reason").to_owned()).unwrap_or_default(),
            error: error("reason"),
        },
    };
    ConsumerCard {
        facts,
        revealed: !remarks.revealed.is_empty(),
        reveal: choice.is_some_and(|choice| choice.allowed).then_some(form),
        why_not: choice.and_then(|choice| choice.why_not_text.clone()).unwrap_or_default(),
    }
}

fn consent(view: &CaseView, now: green_channel::time::Timestamp) -> ConsentCard {
    let Some(consent) = &view.consent else {
        let state = Badge { text: "已撤回".to_owned(), tone: Tone::Bad };
        return ConsentCard { state, facts: Vec::new() };
    };
    let word = |code: &String| match code.as_str() {
        "negotiate" => "协商和解".to_owned(),
        "report_outcome" => "向中心回传结果".to_owned(),
        "identity" => "身份信息".to_owned(),
        "contact" => "联系方式".to_owned(),
        "facts" => "投诉事实".to_owned(),
        "evidence" => "证据材料".to_owned(),
        other => format!("新取值：{}", green_channel::codes::visible(other)),
    };
    let method = match consent.method.as_str() {
        "web" => "网页".to_owned(),
        "app" => "手机应用".to_owned(),
        "phone" => "电话".to_owned(),
        "paper" => "书面".to_owned(),
        other => format!("新取值：{}", green_channel::codes::visible(other)),
    };
    let good = consent.expires_at > now;
    let (text, tone) = if good { ("有效", Tone::Good) } else { ("已到期", Tone::Warn) };
    let list = |codes: &[String]| codes.iter().map(word).collect::<Vec<_>>().join("、");
    ConsentCard {
        state: Badge { text: text.to_owned(), tone },
        facts: vec![
            fact("同意用途", list(&consent.purposes)),
            fact("信息范围", list(&consent.data_categories)),
            fact("同意时间", format::moment(consent.given_at)),
            fact("同意方式", method),
            fact("有效期至", format::full_day(consent.expires_at.civil_date())),
        ],
    }
}

fn clock_card(app: &App, view: &CaseView, clock: &ClockView) -> ClockCard {
    let now = app.engine.now();
    let due = format::due(&clock.label, clock.due_at, clock.stopped_at, now, app.engine.calendar());
    let skipped = clock.explanation.iter().flat_map(|explanation| explanation.skipped.iter());
    ClockCard {
        due,
        provisional: clock.provisional,
        explanation: clock.why.clone(),
        skipped: skipped.map(|run| fact(&run.days_zh(), run.why_zh())).collect(),
        basis: format!("规则集 {}，工作日历 {}", view.rules, app.engine.calendar().version()),
    }
}

fn offer_card(index: usize, offer: &OfferView) -> OfferCard {
    let tone = match offer.status {
        OfferStatus::Open | OfferStatus::AwaitingApproval => Tone::Busy,
        OfferStatus::Accepted => Tone::Good,
        OfferStatus::Declined | OfferStatus::SentBack | OfferStatus::Expired => Tone::Warn,
        OfferStatus::Dropped => Tone::Quiet,
    };
    let amounts = offer.terms.amounts();
    let term = |kind: &green_channel::case::TermKind| {
        let amount = amounts.iter().find(|(k, _, _)| k == kind);
        let amount = amount.map(|(_, fen, _)| fen.to_string()).unwrap_or_default();
        fact(kind.label_zh(), amount)
    };
    OfferCard {
        title: format!("第 {} 次方案", index + 1),
        state: Badge { text: offer.status.label_zh().to_owned(), tone },
        terms: offer.terms.kinds.iter().map(term).collect(),
        total: if offer.total_fen > 0 {
            format::amount(Some(offer.total_fen))
        } else {
            String::new()
        },
        perform_by: format::full_day(offer.terms.perform_by),
        answer_by: format::full_day(offer.answer_by),
        drafted: format!("拟定于 {}", format::moment(offer.drafted_at)),
        text: offer.text.clone().unwrap_or_default(),
        answer: String::new(),
    }
}

fn contacts(history: &[HistoryEntry], names: &Names) -> Vec<ContactLine> {
    let contacted = history.iter().rev().filter(|entry| entry.kind == "contacted");
    let line = |entry: &HistoryEntry| {
        let text = |name: &str| entry.data.get(name).and_then(|v| v.as_str()).unwrap_or_default();
        let method = green_channel::case::ContactMethod::ALL.into_iter();
        let method = method.into_iter().find(|m| m.code() == text("method"));
        let reached = text("result") == "reached";
        let (result, tone) =
            if reached { ("已联系上", Tone::Good) } else { ("未联系上", Tone::Warn) };
        ContactLine {
            at: format::moment(entry.at),
            who: names.of(entry.actor),
            method: method.map_or("", green_channel::case::ContactMethod::label_zh).to_owned(),
            result: Badge { text: result.to_owned(), tone },
            note: entry.words.get("note").cloned().unwrap_or_default(),
        }
    };
    contacted.map(line).collect()
}

fn supplements(history: &[HistoryEntry]) -> Vec<Fact> {
    let added = history
        .iter()
        .filter(|entry| matches!(entry.kind.as_str(), "supplemented" | "notice_kept"));
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

fn timeline(entry: &HistoryEntry, names: &Names) -> TimelineEntry {
    let who = match entry.role.as_str() {
        "center" => "12315中心".to_owned(),
        "system" => "系统".to_owned(),
        _ => names.of(entry.actor),
    };
    let by_person = !matches!(entry.role.as_str(), "center" | "system");
    TimelineEntry {
        at: format::moment(entry.at),
        who,
        role: if by_person { wording::role(&entry.role).to_owned() } else { String::new() },
        what: wording::sentence(entry),
        note: wording::note(entry),
        log_position: entry.position.map(|p| format!("存证第 {} 号", p + 1)).unwrap_or_default(),
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

fn next_hint(state: StateName) -> &'static str {
    match state {
        StateName::Received => {
            "确认属于本单位后点“受理”，受理人即首问责任人；不属于本单位的，提交中心复核。"
        }
        StateName::InProgress => {
            "联系消费者、登记联系情况，然后提出和解方案；协商不成的，连同全部材料退回中心。"
        }
        StateName::AwaitingApproval => "方案超过受理员权限，等待另一人审核。",
        StateName::Offered => "方案已发出，等待消费者经 12315 中心答复。",
        StateName::Settled => "按约定日期履行，取得凭证后办结；未能履行的须如实登记。",
        StateName::Rejected => "等待 12315 中心复核。",
        StateName::Closed | StateName::HandedBack | StateName::Withdrawn | StateName::Erased => "",
    }
}
