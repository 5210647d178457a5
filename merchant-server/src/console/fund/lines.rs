//! Entries and advances as lines of a table.

use std::collections::BTreeMap;

use green_channel::channel::fund::AdvanceRow;
use green_channel::fund::{AdvanceStatus, JournalLine, Move};
use green_channel::ids::TenantId;
use green_channel::money::Fen;
use green_channel::store::StoreError;

use super::super::format;
use super::super::names::Names;
use super::super::pages::fund::{AdvanceLine, EntryLine, Link};
use super::super::pages::parts::{Badge, Tone};
use crate::app::App;

/// The names of shops, read once each.
#[derive(Default)]
pub(super) struct Shops(BTreeMap<TenantId, String>);

impl Shops {
    pub(super) async fn name(&mut self, app: &App, id: TenantId) -> Result<String, StoreError> {
        if let Some(name) = self.0.get(&id) {
            return Ok(name.clone());
        }
        let row = app.engine.tenant(id).await?;
        let name = row.map_or_else(|| "已不在册的商户".to_owned(), |row| row.tenant.name);
        self.0.insert(id, name.clone());
        Ok(name)
    }
}

/// Where an advance stands, and how that should feel.
pub(super) fn badge(status: AdvanceStatus) -> Badge {
    let tone = match status {
        AdvanceStatus::Requested | AdvanceStatus::Intended | AdvanceStatus::Submitted => Tone::Busy,
        AdvanceStatus::Unknown => Tone::Warn,
        AdvanceStatus::Paid => Tone::Good,
        AdvanceStatus::Refused => Tone::Bad,
        AdvanceStatus::Declined | AdvanceStatus::Cancelled | AdvanceStatus::Expired => Tone::Quiet,
    };
    Badge { text: status.label_zh().to_owned(), tone }
}

/// An advance in a list.
pub(super) async fn advance(
    app: &App,
    row: &AdvanceRow,
    names: &Names,
    shops: &mut Shops,
) -> Result<AdvanceLine, StoreError> {
    let advance = &row.advance;
    let loaded = app.engine.summary(row.case_id).await.ok();
    let complaint_no = loaded.and_then(|loaded| loaded.complaint_no);
    let tenant = match advance.tenant {
        Some(id) => shops.name(app, id).await?,
        None => String::new(),
    };
    let (note, urgent) = note(row);
    Ok(AdvanceLine {
        id: advance.id.to_string(),
        href: format!("/console/fund/advances/{}", advance.id),
        complaint_no: complaint_no.unwrap_or_else(|| "（已删除）".to_owned()),
        tenant,
        amount: advance.fen.to_string(),
        status: badge(advance.status),
        asked: format!(
            "{} {}",
            format::moment(advance.requested_at),
            names.of(advance.requested_by)
        ),
        note,
        urgent,
    })
}

/// What is to be known of it.
fn note(row: &AdvanceRow) -> (String, bool) {
    let advance = &row.advance;
    let owed = advance.owed();
    match (advance.status, &advance.top_up) {
        (AdvanceStatus::Requested, _) if !advance.approved_by.is_empty() => {
            ("已有一人审核，待另一人".to_owned(), false)
        }
        (AdvanceStatus::Unknown, _) => ("结果不明，凭证据确认，不可再付".to_owned(), true),
        (AdvanceStatus::Paid, Some(top_up)) if top_up.overdue => {
            (format!("未收回 {owed}，逾期未补足，建议暂停经营"), true)
        }
        (AdvanceStatus::Paid, Some(top_up)) => {
            (format!("未收回 {owed}，应于 {} 前补足", format::day(top_up.due_on)), false)
        }
        (AdvanceStatus::Paid, None) if owed > Fen::ZERO => (format!("未收回 {owed}"), false),
        _ => (String::new(), false),
    }
}

fn posting(one: &Move) -> String {
    format!("借 {}　贷 {}　{}", one.debit.label_zh(), one.credit.label_zh(), one.fen)
}

/// An entry of the fund.
pub(super) fn entry(line: &JournalLine, names: &Names) -> EntryLine {
    let (event, at) = (&line.stamped.event, line.stamped.at);
    let counts = event.effective_on(at);
    let about = event.advance().map(|id| Link {
        href: format!("/console/fund/advances/{id}"),
        label: "先付详情".to_owned(),
    });
    let role = line.stamped.actor.role;
    EntryLine {
        n: line.n.to_string(),
        at: format::moment(at),
        counts: if counts == at.civil_date() { String::new() } else { format::day(counts) },
        label: event.label_zh().to_owned(),
        about: about.unwrap_or_default(),
        who: names.find(line.stamped.actor.pseudonym).unwrap_or(role.label_zh()).to_owned(),
        amount: event.amount().map(|fen| fen.to_string()).unwrap_or_default(),
        moves: event.moves().iter().map(posting).collect(),
        ..EntryLine::default()
    }
}
