//! 工作台: the queues, each case with the clock that runs out first.

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect};
use green_channel::calendar::Calendar;
use green_channel::case::{Rung, StateName};
use green_channel::channel::QueueRow;
use green_channel::ids::{ComplaintNo, Pseudonym};
use green_channel::store::{CaseQuery, Store, StoreError};
use green_channel::time::Timestamp;
use serde::Deserialize;

use super::names::Names;
use super::pages::QueuePage;
use super::pages::parts::{Badge, CaseRow, QueueFilter, Section, Tab, Tile, Tone};
use super::shell::Visitor;
use super::{PageResult, Trouble, format, render, wording};
use crate::app::App;
use crate::auth::Permission;

const PAGE: u32 = 30;

/// The queues: a code for the address, a name, and the states in it.
const QUEUES: [(&str, &str, &[StateName]); 9] = [
    ("todo", "待受理", &[StateName::Received]),
    ("doing", "处理中", &[StateName::InProgress]),
    ("review", "待审核", &[StateName::AwaitingApproval]),
    ("offered", "待消费者确认", &[StateName::Offered]),
    ("settled", "待履行", &[StateName::Settled]),
    ("rejected", "待退回复核", &[StateName::Rejected]),
    ("closed", "已办结", &[StateName::Closed]),
    ("ended", "其他", &[StateName::HandedBack, StateName::Withdrawn, StateName::Erased]),
    ("all", "全部", StateName::ALL),
];

#[derive(Deserialize)]
pub(super) struct QueueParams {
    #[serde(default)]
    tab: String,
    #[serde(default)]
    no: String,
    #[serde(default)]
    after: String,
}

pub(super) async fn queue(
    State(app): State<App>,
    visitor: Visitor,
    Query(params): Query<QueueParams>,
) -> PageResult {
    visitor.require(Permission::ReadCases)?;
    if !params.no.trim().is_empty()
        && let Some(found) = find(&app, params.no.trim()).await?
    {
        return Ok(Redirect::to(&format!("/console/cases/{found}")).into_response());
    }
    let counts = app.engine.store().case_counts().await?;
    let count = |states: &[StateName]| -> u64 {
        let named = |code: &str| states.iter().any(|state| state.code() == code);
        counts.iter().filter(|(code, _)| named(code)).map(|(_, count)| count).sum()
    };
    let chosen = QUEUES.iter().find(|(code, _, _)| *code == params.tab);
    let chosen = chosen.or_else(|| QUEUES.iter().find(|(_, _, states)| count(states) > 0));
    let (tab, label, states) = chosen.unwrap_or(&QUEUES[0]);
    let query = CaseQuery {
        states: states.iter().map(|state| state.code().to_owned()).collect(),
        by_due: true,
        after: Some(params.after.clone()).filter(|after| !after.is_empty()),
        limit: PAGE,
    };
    let (rows, next) = match app.engine.queue(query).await {
        Err(StoreError::Corrupt { table: "cursor" }) => return Err(Trouble::missing()),
        page => page?,
    };
    let names = Names::load(&app).await?;
    let me = visitor.actor().pseudonym;
    let (now, calendar) = (app.engine.now(), app.engine.calendar());
    let shown = |row: &QueueRow| {
        let responder = row.first_responder.and_then(|who| names.find(who)).unwrap_or_default();
        case_row(row, responder, me, now, &calendar)
    };
    let tabs = QUEUES.iter().map(|(code, label, states)| Tab {
        label: (*label).to_owned(),
        count: count(states).to_string(),
        href: format!("/console?tab={code}"),
        current: code == tab,
    });
    let page = QueuePage {
        shell: visitor.shell(&app, Section::Desk).await?,
        tiles: tiles(&app, &rows, me).await?,
        tabs: tabs.collect(),
        tab: (*tab).to_owned(),
        filter: QueueFilter {
            complaint_no: params.no.clone(),
            active: !params.no.is_empty(),
            clear_href: format!("/console?tab={tab}"),
        },
        shown: format!("“{label}”共 {} 件，本页 {} 件", count(states), rows.len()),
        next_href: next
            .map(|after| format!("/console?tab={tab}&after={after}"))
            .unwrap_or_default(),
        first_href: if params.after.is_empty() {
            String::new()
        } else {
            format!("/console?tab={tab}")
        },
        empty_title: empty_title(label, &params.no),
        empty_hint: "新分流的投诉会自动出现在“待受理”；本页每 30 秒自动刷新。".to_owned(),
        rows: rows.iter().map(shown).collect(),
    };
    Ok(render(&page))
}

fn empty_title(label: &str, no: &str) -> String {
    if no.is_empty() {
        format!("“{label}”里没有案件")
    } else {
        "没有这个投诉编号".to_owned()
    }
}

/// The case with exactly this complaint number.
async fn find(app: &App, no: &str) -> Result<Option<String>, Trouble> {
    let Ok(no) = no.parse::<ComplaintNo>() else { return Ok(None) };
    match app.engine.load_by_number(&no).await {
        Ok(loaded) => Ok(Some(loaded.id.to_string())),
        Err(green_channel::channel::ActError::Unknown) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// What needs attention on this page and in the outbox.
async fn tiles(app: &App, rows: &[QueueRow], me: Pseudonym) -> Result<Vec<Tile>, StoreError> {
    let now = app.engine.now();
    let day = 24 * 3_600_000;
    let overdue = rows.iter().filter(|row| row.due_at.is_some_and(|due| due < now)).count();
    let soon = rows.iter().filter_map(|row| row.due_at).filter(|due| {
        let left = due.millis_since(now);
        (0..day).contains(&left)
    });
    let unread = rows.iter().filter(|row| row.unread).count();
    let asked = rows.iter().filter(|row| row.transfer_to == Some(me)).count();
    let (pending, dead) = app.engine.store().outbox_counts().await?;
    let tile = |label: &str, value: String, bad: bool, tone: Tone, href: &str| Tile {
        label: label.to_owned(),
        value,
        tone: if bad { tone } else { Tone::Quiet },
        href: href.to_owned(),
    };
    let soon = soon.count();
    Ok(vec![
        tile("本页已超期", overdue.to_string(), overdue > 0, Tone::Bad, "#list"),
        tile("24 小时内到期", soon.to_string(), soon > 0, Tone::Warn, "#list"),
        tile("本页待我接手", asked.to_string(), asked > 0, Tone::Warn, "#list"),
        tile("有新消息", unread.to_string(), unread > 0, Tone::Busy, "#list"),
        tile("回传在途", pending.to_string(), false, Tone::Busy, "/console/reports"),
        tile("回传未送达", dead.to_string(), dead > 0, Tone::Bad, "/console/reports"),
    ])
}

fn case_row(
    row: &QueueRow,
    responder: &str,
    me: Pseudonym,
    now: Timestamp,
    calendar: &Calendar,
) -> CaseRow {
    let due = row.next_clock.zip(row.due_at);
    let due = due.map(|(kind, at)| format::due(kind.label_zh(), at, None, now, calendar));
    CaseRow {
        href: format!("/console/cases/{}", row.case_id),
        complaint_no: row.complaint_no.clone().unwrap_or_else(|| "（已删除）".to_owned()),
        received: format::moment(row.received_at),
        goods: row.goods.clone(),
        issue: row.issue.clone(),
        requests: row.requests.join("、"),
        amount: format::amount(row.amount_fen),
        consumer: row.consumer.clone(),
        consumer_phone: String::new(),
        state: Badge { text: row.state_label.clone(), tone: wording::state_tone(row.state) },
        marks: marks(row, me),
        due,
        unread: row.unread,
        responder: responder.to_owned(),
    }
}

/// What is beside the state, as `me` should see it.
pub(super) fn marks(row: &QueueRow, me: Pseudonym) -> Vec<Badge> {
    let mut marks = Vec::new();
    let mut mark = |text: String, tone| marks.push(Badge { text, tone });
    match row.transfer_to {
        Some(to) if to == me => mark("待我接手".to_owned(), Tone::Warn),
        Some(_) => mark("移交待接收".to_owned(), Tone::Quiet),
        None => {}
    }
    match row.escalated_to {
        Some(Rung::Manager) => mark("已上报负责人".to_owned(), Tone::Bad),
        Some(Rung::Supervisor) => mark("已上报主管".to_owned(), Tone::Warn),
        Some(Rung::Responder) | None => {}
    }
    if row.handback_drafted {
        mark("草拟退回".to_owned(), Tone::Warn);
    }
    if row.overdue {
        mark("曾超期".to_owned(), Tone::Bad);
    }
    if row.supervisions > 0 {
        mark(format!("督办 {} 次", row.supervisions), Tone::Bad);
    }
    if row.urges > 0 {
        mark(format!("催办 {} 次", row.urges), Tone::Warn);
    }
    if row.origin.is_desk() {
        mark("现场".to_owned(), Tone::Quiet);
    }
    if row.repeat > 0 {
        mark(format!("此前投诉 {} 次", row.repeat), Tone::Quiet);
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;
    use green_channel::ids::CaseId;
    use serde_json::json;

    const ME: Pseudonym = Pseudonym::new([1; 16]);

    fn row(more: &serde_json::Value) -> QueueRow {
        let mut row = json!({
            "case_id": CaseId::from_bytes([1; 16]), "state": "in_progress",
            "state_label": "处理中", "revision": 3, "goods": "羽绒服", "issue": "质量",
            "requests": [], "consumer": "林*", "overdue": false, "urges": 0, "supervisions": 0,
            "repeat": 0, "unread": false, "origin": "diverted", "handback_drafted": false,
            "received_at": "2026-11-24T10:00:00+08:00",
        });
        for (name, value) in more.as_object().unwrap() {
            row[name.as_str()] = value.clone();
        }
        serde_json::from_value(row).unwrap()
    }

    fn told(more: serde_json::Value) -> Vec<String> {
        marks(&row(&more), ME).into_iter().map(|mark| mark.text).collect()
    }

    #[test]
    fn what_is_beside_the_state_has_its_badge() {
        assert!(told(json!({})).is_empty());
        for (more, expect) in [
            (json!({ "transfer_to": ME }), "待我接手"),
            (json!({ "transfer_to": Pseudonym::new([2; 16]) }), "移交待接收"),
            (json!({ "escalated_to": "supervisor" }), "已上报主管"),
            (json!({ "escalated_to": "manager" }), "已上报负责人"),
            (json!({ "handback_drafted": true }), "草拟退回"),
            (json!({ "origin": "desk_only" }), "现场"),
            (json!({ "overdue": true }), "曾超期"),
        ] {
            assert_eq!(told(more), [expect]);
        }
        assert!(told(json!({ "escalated_to": "responder" })).is_empty());
    }
}
