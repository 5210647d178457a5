//! 商户台账: what a shop has in the fund, what it owes, and every entry that moved either.

use axum::extract::{Path, State};
use green_channel::channel::fund::{Queue, TenantLine};
use green_channel::fund::Account;
use green_channel::ids::TenantId;
use green_channel::money::Fen;

use super::super::names::Names;
use super::super::pages::fund::{AdvanceLine, EntryLine, FundLedgerPage, Link};
use super::super::pages::parts::{Fact, Section};
use super::super::shell::Visitor;
use super::super::tenants;
use super::super::{PageResult, Trouble, render};
use super::lines::{self, Shops};
use crate::app::App;
use crate::auth::Permission;

const PAGE: u32 = 200;

pub(super) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Path(tenant_id): Path<String>,
) -> PageResult {
    visitor.require(Permission::ReadFund)?;
    let id: TenantId = tenant_id.parse().map_err(|_| Trouble::missing())?;
    let row = app.engine.tenant(id).await?.ok_or_else(Trouble::missing)?;
    let names = Names::load(&app).await?;
    let entries = app.engine.tenant_lines(id).await?;
    Ok(render(&FundLedgerPage {
        shell: visitor.shell(&app, Section::Fund).await?,
        tenant: Link { href: format!("/console/tenants/{id}"), label: row.tenant.name.clone() },
        status: tenants::badge(row.tenant.status),
        facts: facts(entries.last()),
        owed: owed(&app, id, &names).await?,
        entries: entries.iter().rev().map(|line| entry(line, id, &names)).collect(),
    }))
}

fn facts(last: Option<&TenantLine>) -> Vec<Fact> {
    let fact = |label: &str, fen: Fen| Fact { label: label.to_owned(), value: fen.to_string() };
    let (deposit, owed) =
        last.map_or((Fen::ZERO, Fen::ZERO), |line| (line.deposit_fen, line.receivable_fen));
    vec![fact("保证金余额", deposit), fact("应收追偿款", owed)]
}

/// An entry with the sum that it moved on this shop's accounts.
fn entry(line: &TenantLine, tenant: TenantId, names: &Names) -> EntryLine {
    let own = [Account::Deposit(tenant), Account::Receivable(tenant)];
    let moves = line.line.stamped.event.moves();
    let theirs = moves.iter().find(|one| own.contains(&one.debit) || own.contains(&one.credit));
    EntryLine {
        amount: theirs.map(|one| one.fen.to_string()).unwrap_or_default(),
        deposit: line.deposit_fen.to_string(),
        owed: line.receivable_fen.to_string(),
        ..lines::entry(&line.line, names)
    }
}

/// What is owed, advance by advance.
async fn owed(app: &App, tenant: TenantId, names: &Names) -> Result<Vec<AdvanceLine>, Trouble> {
    let (mut shown, mut shops, mut after) = (Vec::new(), Shops::default(), None);
    loop {
        let page = app.engine.advances(Queue::Owed, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(shown) };
        after = Some(last.advance.id);
        for row in page.iter().filter(|row| row.advance.tenant == Some(tenant)) {
            shown.push(lines::advance(app, row, names, &mut shops).await?);
        }
    }
}
