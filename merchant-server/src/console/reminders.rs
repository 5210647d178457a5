//! 提醒: the cases that the ladder of a clock told this person of, and what waits for this person.
//! Whom a clock tells, and when, is the rule set's; here it is only read.

use axum::extract::State;
use green_channel::calendar::Calendar;
use green_channel::case::{Role, Rung, StateName};
use green_channel::channel::QueueRow;
use green_channel::ids::Pseudonym;
use green_channel::store::{CaseQuery, StoreError};
use green_channel::time::Timestamp;

use super::names::Names;
use super::pages::parts::{Badge, Section, Tone};
use super::pages::reminders::{ReminderLine, RemindersPage};
use super::shell::Visitor;
use super::{PageResult, format, render, wording};
use crate::app::App;
use crate::auth::Permission;

/// How many open cases are read at a time, and how often at most. They come by deadline: what
/// presses is among the first.
const READ: u32 = 200;
const READS: usize = 2;

pub(super) async fn list(State(app): State<App>, visitor: Visitor) -> PageResult {
    visitor.require(Permission::WorkCases)?;
    let (open, more) = open_cases(&app).await?;
    let names = Names::load(&app).await?;
    let reader = Reader { role: visitor.role(), me: visitor.actor().pseudonym };
    let (now, calendar) = (app.engine.now(), app.engine.calendar());
    let shown = |row: &QueueRow| {
        let whys = reader.whys(row, now);
        (!whys.is_empty()).then(|| line(row, whys, &names, now, &calendar))
    };
    let rows: Vec<ReminderLine> = open.iter().filter_map(shown).collect();
    let page = RemindersPage {
        shell: visitor.shell(&app, Section::Reminders).await?,
        shown: format!("共 {} 件", rows.len()),
        more: if more { unread(open.len()) } else { String::new() },
        rows,
    };
    Ok(render(&page))
}

/// Said when there are more open cases than were read.
fn unread(read: usize) -> String {
    format!("未办结案件较多，本页只查看了期限最近的 {read} 件，其余请到工作台查看。")
}

/// The open cases by deadline, and whether there are more.
async fn open_cases(app: &App) -> Result<(Vec<QueueRow>, bool), StoreError> {
    let (mut rows, mut after) = (Vec::new(), None);
    for _ in 0..READS {
        let open = StateName::ALL.iter().filter(|state| !state.is_over());
        let states = open.map(|state| state.code().to_owned()).collect();
        let query = CaseQuery { states, by_due: true, after, limit: READ };
        let (read, next) = app.engine.queue(query).await?;
        rows.extend(read);
        after = next;
        if after.is_none() {
            break;
        }
    }
    Ok((rows, after.is_some()))
}

/// Who reads, and in which role.
struct Reader {
    role: Role,
    me: Pseudonym,
}

impl Reader {
    /// Why this case is on the reader's list; empty when it is not.
    fn whys(&self, row: &QueueRow, now: Timestamp) -> Vec<Badge> {
        let mine = row.first_responder == Some(self.me);
        let hears = |rung: &Rung| mine || hears_from(self.role).is_some_and(|least| *rung >= least);
        let mut whys = Vec::new();
        let mut why = |text: &str, tone| whys.push(Badge { text: text.to_owned(), tone });
        if row.transfer_to == Some(self.me) {
            why("待我接手", Tone::Warn);
        }
        if let Some(rung) = row.escalated_to.filter(hears) {
            let is_over = row.due_at.is_some_and(|due| due < now);
            why(told(rung, is_over), if is_over { Tone::Bad } else { Tone::Warn });
        }
        if mine && row.handback_drafted {
            why("已草拟退回", Tone::Warn);
        }
        whys
    }
}

/// From which rung on a role hears of cases that others answer for; none when it never does.
const fn hears_from(role: Role) -> Option<Rung> {
    match role {
        Role::Supervisor => Some(Rung::Supervisor),
        Role::Manager => Some(Rung::Manager),
        Role::Center
        | Role::Clerk
        | Role::Cashier
        | Role::Administrator
        | Role::SecurityAdministrator
        | Role::Auditor
        | Role::Regulator
        | Role::Tenant
        | Role::Consumer
        | Role::System => None,
    }
}

/// Who was told, before the deadline or after it.
const fn told(rung: Rung, is_over: bool) -> &'static str {
    match (rung, is_over) {
        (Rung::Responder, false) => "到期前提醒",
        (Rung::Responder, true) => "已超期",
        (Rung::Supervisor, false) => "到期前提醒，已报主管",
        (Rung::Supervisor, true) => "已超期，已报主管",
        (Rung::Manager, false) => "到期前提醒，已报负责人",
        (Rung::Manager, true) => "已超期，已报负责人",
    }
}

fn line(
    row: &QueueRow,
    whys: Vec<Badge>,
    names: &Names,
    now: Timestamp,
    calendar: &Calendar,
) -> ReminderLine {
    let due = row.next_clock.zip(row.due_at);
    ReminderLine {
        href: format!("/console/cases/{}", row.case_id),
        complaint_no: row.complaint_no.clone().unwrap_or_else(|| "（已删除）".to_owned()),
        goods: row.goods.clone(),
        issue: row.issue.clone(),
        whys,
        due: due.map(|(kind, at)| format::due(kind.label_zh(), at, None, now, calendar)),
        state: Badge { text: row.state_label.clone(), tone: wording::state_tone(row.state) },
        responder: row.first_responder.map(|who| names.of(who)).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use askama::Template;
    use green_channel::ids::CaseId;
    use serde_json::{Value, json};

    const ME: Pseudonym = Pseudonym::new([1; 16]);
    const OTHER: Pseudonym = Pseudonym::new([2; 16]);

    fn row(more: &Value) -> QueueRow {
        let mut row = json!({
            "case_id": CaseId::from_bytes([1; 16]), "state": "in_progress",
            "state_label": "处理中", "revision": 3, "goods": "羽绒服", "issue": "质量",
            "requests": [], "consumer": "林*", "overdue": false, "urges": 0, "supervisions": 0,
            "repeat": 0, "unread": false, "origin": "diverted", "handback_drafted": false,
            "received_at": "2026-11-24T10:00:00+08:00",
            "next_clock": "settle", "due_at": "2026-12-01T23:59:59.999+08:00",
        });
        for (name, value) in more.as_object().unwrap() {
            row[name.as_str()] = value.clone();
        }
        serde_json::from_value(row).unwrap()
    }

    /// What the list of this role says of the case at noon of this day.
    fn said(role: Role, more: Value, day: &str) -> Vec<String> {
        let now = format!("{day}T12:00:00+08:00").parse().unwrap();
        let whys = Reader { role, me: ME }.whys(&row(&more), now);
        whys.into_iter().map(|why| why.text).collect()
    }

    #[test]
    fn a_clerk_is_reminded_of_own_cases_on_every_rung_and_of_no_others() {
        for (rung, day, expect) in [
            ("responder", "2026-12-01", "到期前提醒"),
            ("supervisor", "2026-12-02", "已超期，已报主管"),
            ("manager", "2026-12-04", "已超期，已报负责人"),
        ] {
            let told = |who: Pseudonym| json!({ "first_responder": who, "escalated_to": rung });
            assert_eq!(said(Role::Clerk, told(ME), day), [expect]);
            assert!(said(Role::Clerk, told(OTHER), day).is_empty(), "{rung}");
        }
        assert!(said(Role::Clerk, json!({ "first_responder": ME }), "2026-11-25").is_empty());
    }

    #[test]
    fn supervisor_and_manager_hear_of_everybodys_cases_from_their_rung_on() {
        let day = "2026-12-04";
        for (rung, supervisor, manager) in
            [("responder", false, false), ("supervisor", true, false), ("manager", true, true)]
        {
            let told = || json!({ "first_responder": OTHER, "escalated_to": rung });
            assert_eq!(!said(Role::Supervisor, told(), day).is_empty(), supervisor, "{rung}");
            assert_eq!(!said(Role::Manager, told(), day).is_empty(), manager, "{rung}");
        }
        let unaccepted = json!({ "state": "received", "escalated_to": "supervisor" });
        assert_eq!(said(Role::Supervisor, unaccepted, day), ["已超期，已报主管"]);
        let own = json!({ "first_responder": ME, "escalated_to": "responder" });
        assert_eq!(said(Role::Manager, own, "2026-12-01"), ["到期前提醒"], "as the responder");
    }

    #[test]
    fn what_waits_for_the_reader_is_on_the_list_and_what_waits_for_others_is_not() {
        let day = "2026-11-25";
        assert_eq!(said(Role::Clerk, json!({ "transfer_to": ME }), day), ["待我接手"]);
        assert!(said(Role::Supervisor, json!({ "transfer_to": OTHER }), day).is_empty());
        let drafted = |who: Pseudonym| json!({ "first_responder": who, "handback_drafted": true });
        assert_eq!(said(Role::Clerk, drafted(ME), day), ["已草拟退回"]);
        assert!(said(Role::Manager, drafted(OTHER), day).is_empty());
    }

    #[test]
    fn a_list_that_is_not_whole_says_so() {
        let page = RemindersPage { more: unread(400), ..RemindersPage::default() };
        let text = page.render().unwrap();
        assert!(text.contains("没有提醒") && text.contains("期限最近的 400 件"));
    }
}
