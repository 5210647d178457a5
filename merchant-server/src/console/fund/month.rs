//! 月度报表: the fund in one month, on a sheet to print and to sign.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use green_channel::fund::{Account, Ledger, Month, MonthStatement};
use green_channel::money::Fen;

use super::super::pages::fund::FundMonthPage;
use super::super::pages::parts::Section;
use super::super::shell::Visitor;
use super::super::{PageResult, Trouble, format, render};
use crate::app::App;
use crate::auth::Permission;

pub(super) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Path(month): Path<String>,
) -> PageResult {
    visitor.require(Permission::ReadFund)?;
    let month = Month::parse(&month).map_err(|_| Trouble::missing())?;
    let (now, this) = (app.engine.now(), Month::of(app.engine.now().civil_date()));
    if month > this {
        return Err(Trouble::missing());
    }
    let statement = app.engine.fund_month(month).await?;
    let host = app.engine.host();
    Ok(render(&FundMonthPage {
        shell: visitor.shell(&app, Section::Fund).await?,
        host: host.name.clone(),
        month: month.label_zh(),
        draft: if month == this {
            "本月未结束，数字尚会变动".to_owned()
        } else {
            String::new()
        },
        balances: balances(&statement),
        rows: rows(&statement),
        remarks: remarks(&statement),
        made: format!("{} 生成", format::moment(now)),
        before: month.before().map(|month| month.to_string()).unwrap_or_default(),
        after: month
            .after()
            .filter(|after| *after <= this)
            .map(|month| month.to_string())
            .unwrap_or_default(),
    }))
}

/// Each account's sum; those of all shops together.
fn sums(ledger: &Ledger) -> BTreeMap<&'static str, Option<Fen>> {
    let mut sums: BTreeMap<&'static str, Option<Fen>> = BTreeMap::new();
    for (account, fen) in ledger.balances() {
        let sum = sums.entry(account.label_zh()).or_insert(Some(Fen::ZERO));
        *sum = sum.and_then(|sum| sum.checked_add(fen));
    }
    sums
}

fn balances(statement: &MonthStatement) -> Vec<[String; 3]> {
    let (opening, closing) = (sums(&statement.opening), sums(&statement.closing));
    let of = |sums: &BTreeMap<&'static str, Option<Fen>>, label: &str| match sums.get(label) {
        None => Fen::ZERO.to_string(),
        Some(None) => "合计超出可表示的数".to_owned(),
        Some(Some(fen)) => fen.to_string(),
    };
    let nobody = green_channel::ids::TenantId::from_bytes([0; 16]);
    let shops = [Account::Deposit(nobody), Account::Receivable(nobody)];
    let all = Account::HOST.into_iter().chain(shops).map(Account::label_zh);
    all.map(|label| [label.to_owned(), of(&opening, label), of(&closing, label)]).collect()
}

fn rows(statement: &MonthStatement) -> Vec<[String; 3]> {
    let row = |row: &green_channel::fund::MonthRow| {
        let amount = row.fen.map(|fen| fen.to_string()).unwrap_or_default();
        [row.label.to_owned(), row.count.to_string(), amount]
    };
    statement.rows.iter().map(row).collect()
}

fn remarks(statement: &MonthStatement) -> Vec<String> {
    let last = statement.last.map_or_else(
        || "截至本月末没有分录。".to_owned(),
        |n| format!("按入账时间统计，截至第 {n} 号分录；已出的报表不因补记而变。"),
    );
    let late = match statement.dated_back {
        0 => "没有跨月补记。".to_owned(),
        n => format!("跨月补记 {n} 笔：记账日期在本月之前，入账在本月。"),
    };
    vec![
        last,
        late,
        format!("本月日终核对 {} 次，核对时各科目余额与分录合计一致。", statement.closed_days),
        "余额全部由分录得出；可用核验程序 green-channel-verify 对照存证日志核验。".to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_has_one_before_and_one_after() {
        let month = Month::parse("2026-12").expect("a month");
        let around = (month.before().map(|m| m.to_string()), month.after().map(|m| m.to_string()));
        assert_eq!(around, (Some("2026-11".to_owned()), Some("2027-01".to_owned())));
    }
}
