//! Runs every row of `docs/rules.zh.md`, and holds the table against the program: every action, role,
//! event, report and reason to refuse has at least one row.

use std::collections::BTreeSet;

use green_channel::case::{Action, Circumstance as Reason, Event, Refusal, ReportKind, Role, Rung};

use crate::circumstances::{CIRCUMSTANCES, circumstance, prepared};
use crate::world::{Step, World, actor, change, code, opened, reported, unseen};

const TABLE: &str = include_str!("../../../docs/rules.zh.md");
/// The issue asks for 150 rows; the table has more, and may not lose any unnoticed.
const ROWS: usize = 444;
/// Where the case does not exist yet.
const NEW: &str = "尚未建立";

struct Row {
    line: usize,
    state: &'static str,
    who: &'static str,
    what: &'static str,
    circumstance: &'static str,
    expected: &'static str,
}

fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for (index, text) in TABLE.lines().enumerate() {
        let Some(inner) = text.strip_prefix("| ") else { continue };
        let inner = inner.strip_suffix(" |").expect("a row ends with a bar");
        let cells: Vec<&str> = inner.split(" | ").collect();
        let [state, who, what, circumstance, expected] = cells[..] else {
            panic!("line {} has other than five cells", index + 1);
        };
        if state == "状态" || state.starts_with("---") {
            continue;
        }
        rows.push(Row { line: index + 1, state, who, what, circumstance, expected });
    }
    rows
}

struct Ran {
    before: Option<World>,
    outcome: Result<Step, Refusal>,
}

fn run(row: &Row) -> Result<Ran, String> {
    if row.state != NEW {
        let before = prepared(row.state, row.circumstance)?;
        let outcome = before.attempt(row.who, row.what);
        return Ok(Ran { before: Some(before), outcome });
    }
    let circumstance = circumstance(row.circumstance);
    let outcome = match row.what {
        "分流" | "现场登记" => opened(circumstance),
        "撤诉通知先到" => Ok(unseen(false, circumstance)),
        "撤回同意通知先到" => Ok(unseen(true, circumstance)),
        other => panic!("nothing begins with {other}"),
    };
    Ok(Ran { before: None, outcome })
}

/// What happened, in the words of the table; of a refusal the code.
fn found(ran: &Ran) -> String {
    match &ran.outcome {
        Ok(step) => change(ran.before.as_ref(), step),
        Err(refusal) => code(refusal),
    }
}

/// What the table says; of a refusal the code alone.
fn said(row: &Row) -> &'static str {
    match row.expected.strip_prefix("不可：") {
        Some(refused) => {
            let coded = refused.split_once(" `").and_then(|(_, code)| code.strip_suffix('`'));
            coded.unwrap_or_else(|| panic!("line {} names no code", row.line))
        }
        None => row.expected,
    }
}

#[test]
fn every_row_of_the_table_is_what_the_program_does() {
    let mut wrong = Vec::new();
    for row in rows() {
        let found = match run(&row) {
            Ok(ran) => found(&ran),
            Err(why) => format!("cannot be prepared: {why}"),
        };
        if found != said(&row) {
            wrong.push(format!("docs/rules.zh.md:{}: {} but {found}", row.line, said(&row)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_reason_to_refuse_is_written_in_the_words_a_clerk_reads() {
    for row in rows().iter().filter(|row| row.expected.starts_with("不可：")) {
        if let Some(reason) = Reason::from_code(said(row)) {
            assert!(row.expected.contains(reason.label_zh()), "line {}", row.line);
        }
    }
}

#[test]
fn no_row_stands_twice_and_none_is_lost() {
    let rows = rows();
    assert!(rows.len() >= ROWS, "the table has only {} rows", rows.len());
    let mut seen = BTreeSet::new();
    for row in &rows {
        let key = (row.state, row.who, row.what, row.circumstance);
        assert!(seen.insert(key), "line {} stands twice", row.line);
    }
    let used: BTreeSet<&str> = rows.iter().map(|row| row.circumstance).collect();
    for known in CIRCUMSTANCES {
        assert!(used.contains(known.name), "no row uses {}", known.name);
    }
}

/// The kinds of events, as the table in `event.rs` lists them: there is no other list, and a kind
/// that is added there must get a row here.
fn event_kinds() -> Vec<&'static str> {
    let source = include_str!("../../src/case/event.rs");
    let (_, table) = source.split_once("\nevent_kinds! {\n").expect("the table of kinds");
    let (table, _) = table.split_once("\n}").expect("its end");
    table.lines().map(|line| line.split('"').nth(1).expect("a kind in quotes")).collect()
}

#[test]
fn every_action_role_event_report_and_reason_has_a_row() {
    let (mut actions, mut roles) = (BTreeSet::new(), BTreeSet::new());
    let (mut kinds, mut reports, mut codes) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut rungs = BTreeSet::new();
    for row in rows() {
        let ran = run(&row).unwrap_or_else(|why| panic!("line {}: {why}", row.line));
        roles.insert(actor(row.who).role);
        if let Some(before) = &ran.before {
            actions.insert(before.action(row.who, row.what).code());
        }
        match ran.outcome {
            Ok(step) => {
                kinds.extend(step.events.iter().map(Event::kind));
                reports.extend(reported(&step.effects));
                rungs.extend(step.world.case.escalations.iter().map(|told| told.to));
            }
            Err(refusal) => {
                codes.insert(refusal.code());
            }
        }
    }
    assert_eq!(actions, BTreeSet::from(Action::ALL.map(Action::code)));
    assert_eq!(roles, BTreeSet::from(Role::ALL));
    assert_eq!(kinds, event_kinds().into_iter().collect::<BTreeSet<_>>());
    assert_eq!(reports, BTreeSet::from(ReportKind::ALL));
    assert_eq!(rungs, BTreeSet::from(Rung::ALL));
    for reason in Reason::ALL {
        assert!(codes.contains(reason.code()), "no row is refused for {}", reason.code());
    }
    for code in [
        "role_not_permitted",
        "not_first_responder",
        "same_person",
        "offer_unknown",
        "offer_expired",
        "offer_still_open",
        "field_invalid",
        "no_deadline",
    ] {
        assert!(codes.contains(code), "no row is refused with {code}");
    }
}
