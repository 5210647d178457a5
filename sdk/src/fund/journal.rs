//! The journal for outside accountants: the same entries in the languages of hledger and beancount,
//! with an assertion of every balance where a day was closed.
//!
//! A transaction is dated on the day it was written down, because assertions must hold in the order of
//! writing; the day on which it counts stands beside it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::account::{Account, Side};
use super::event::{FundEvent, FundStamped};
use super::ledger::{Ledger, LedgerError};
use crate::money::Fen;
use crate::time::Date;

/// An entry of the fund with its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalLine {
    /// The number of its leaf in the stream `fund`.
    pub n: u64,
    /// When, who, what.
    pub stamped: FundStamped,
}

/// The sum of all entries.
///
/// # Errors
/// When they are not entries of one fund, in order.
pub fn balances_after(lines: &[JournalLine]) -> Result<Ledger, LedgerError> {
    let mut ledger = Ledger::default();
    for line in lines {
        ledger = ledger.post(&line.stamped.event.moves())?;
    }
    Ok(ledger)
}

/// The journal as hledger reads it; `hledger check` finds nothing in it.
#[must_use]
pub fn hledger(lines: &[JournalLine]) -> String {
    let (mut journal, mut text) = Hledger::begin();
    for line in lines {
        text.push_str(&journal.entry(line.n, &line.stamped));
    }
    text
}

/// The same, written entry by entry: of a fund of any length only its accounts are held.
#[derive(Clone, Debug)]
pub struct Hledger {
    known: BTreeSet<Account>,
}

impl Hledger {
    /// A journal and what stands on top of it.
    #[must_use]
    pub fn begin() -> (Self, String) {
        let mut text = String::from("; 先行赔付保证金日记账\ncommodity 1000.00 CNY\n\n");
        let known: BTreeSet<Account> = Account::HOST.into_iter().collect();
        for account in &known {
            let _ = writeln!(text, "account {}", plain_name(*account));
        }
        (Self { known }, text)
    }

    /// What an entry adds to the journal; nothing where it says nothing to an accountant.
    #[must_use]
    pub fn entry(&mut self, n: u64, stamped: &FundStamped) -> String {
        let (mut text, event) = (String::new(), &stamped.event);
        let at = stamped.at.civil_date();
        if let FundEvent::Asserted { balances, .. } = event {
            let _ = writeln!(text, "\n{at} * ({n}) 日终核对");
            for account in &self.known {
                let on = balances.iter().find(|(known, _)| known == account);
                let fen = on.map_or(Fen::ZERO, |(_, fen)| *fen);
                let (name, fen) = (plain_name(*account), signed(*account, fen));
                let _ = writeln!(text, "    {name}  0.00 CNY = {fen} CNY");
            }
            return text;
        }
        let moves = event.moves();
        if moves.is_empty() {
            return text;
        }
        for account in moves.iter().flat_map(|one| [one.debit, one.credit]) {
            if self.known.insert(account) {
                let _ = writeln!(text, "\naccount {}", plain_name(account));
            }
        }
        let effective = event.effective_on(stamped.at);
        let _ = writeln!(text, "\n{at}={effective} * ({n}) {}", event.label_zh());
        if let Some(advance) = event.advance() {
            let _ = writeln!(text, "    ; advance:{advance}");
        }
        for one in moves {
            let _ = writeln!(text, "    {}  {} CNY", plain_name(one.debit), one.fen.to_yuan());
            let _ = writeln!(text, "    {}  -{} CNY", plain_name(one.credit), one.fen.to_yuan());
        }
        text
    }
}

/// The journal as beancount reads it; `bean-check` finds nothing in it.
#[must_use]
pub fn beancount(lines: &[JournalLine]) -> String {
    let mut text = String::from("option \"operating_currency\" \"CNY\"\n");
    let Some(first) = lines.first() else { return text };
    let opened = first.stamped.at.civil_date();
    for account in accounts(lines) {
        let _ = writeln!(text, "{opened} open {} CNY", capital_name(account));
    }
    let closed = closed_days(lines);
    for (place, line) in lines.iter().enumerate() {
        text.push_str(&transaction(line));
        let at = line.stamped.at.civil_date();
        let is_last = lines.get(place + 1).is_none_or(|next| next.stamped.at.civil_date() > at);
        // Beancount asserts at the beginning of a day.
        if let (true, Some(ledger), Ok(next)) = (is_last, closed.get(&at), at.tomorrow()) {
            let balances: Vec<_> = ledger.balances().collect();
            for (account, fen) in asserted(lines, &balances) {
                let (name, amount) = (capital_name(account), signed(account, fen));
                let _ = writeln!(text, "\n{next} balance {name}  {amount} CNY");
            }
        }
    }
    text
}

/// What is on every account at the end of each day that was closed, also where money moved after it
/// was closed.
fn closed_days(lines: &[JournalLine]) -> BTreeMap<Date, Ledger> {
    let day = |line: &JournalLine| line.stamped.at.civil_date();
    let closing =
        lines.iter().filter(|one| matches!(one.stamped.event, FundEvent::Asserted { .. }));
    let days: BTreeSet<Date> = closing.map(day).collect();
    let (mut ledger, mut closed) = (Ledger::default(), BTreeMap::new());
    for (place, line) in lines.iter().enumerate() {
        // What cannot be posted is in no fund; the two programs will say so.
        ledger = ledger.clone().post(&line.stamped.event.moves()).unwrap_or(ledger);
        let is_last = lines.get(place + 1).is_none_or(|next| day(next) > day(line));
        if is_last && days.contains(&day(line)) {
            closed.insert(day(line), ledger.clone());
        }
    }
    closed
}

/// One entry in the language of beancount; nothing where no money moves.
fn transaction(line: &JournalLine) -> String {
    let (at, event) = (line.stamped.at.civil_date(), &line.stamped.event);
    let (mut text, moves) = (String::new(), event.moves());
    if moves.is_empty() {
        return text;
    }
    let effective = event.effective_on(line.stamped.at);
    let _ = writeln!(text, "\n{at} * \"{}\"\n  entry: \"{}\"", event.label_zh(), line.n);
    let _ = writeln!(text, "  effective: {effective}");
    if let Some(advance) = event.advance() {
        let _ = writeln!(text, "  advance: \"{advance}\"");
    }
    for one in moves {
        let _ = writeln!(text, "  {}  {} CNY", capital_name(one.debit), one.fen.to_yuan());
        let _ = writeln!(text, "  {}  -{} CNY", capital_name(one.credit), one.fen.to_yuan());
    }
    text
}

/// Every account that was ever posted to, and the host's own.
fn accounts(lines: &[JournalLine]) -> Vec<Account> {
    let moves = lines.iter().flat_map(|line| line.stamped.event.moves());
    let posted = moves.flat_map(|one| [one.debit, one.credit]);
    let mut all: Vec<Account> = Account::HOST.into_iter().chain(posted).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// What was said to be on every account, also on those that were empty.
fn asserted(lines: &[JournalLine], balances: &[(Account, Fen)]) -> Vec<(Account, Fen)> {
    let on = |account: Account| balances.iter().find(|(known, _)| *known == account);
    let all = accounts(lines).into_iter();
    all.map(|account| (account, on(account).map_or(Fen::ZERO, |(_, fen)| *fen))).collect()
}

/// As the two programs count: debits positive.
fn signed(account: Account, fen: Fen) -> String {
    match account.side() {
        Side::Credit if fen > Fen::ZERO => format!("-{}", fen.to_yuan()),
        Side::Debit | Side::Credit => fen.to_yuan(),
    }
}

fn plain_name(account: Account) -> String {
    let group = match account {
        Account::Bank | Account::Receivable(_) => "assets",
        Account::Clearing | Account::Payable | Account::Deposit(_) => "liabilities",
        Account::Pool | Account::Reserved | Account::Advanced => "equity",
        Account::Loss => "expenses",
    };
    format!("{group}:{account}")
}

/// Beancount's names begin with a capital and hold letters, digits and hyphens.
fn capital_name(account: Account) -> String {
    let capital = |part: &str| {
        let mut letters = part.chars();
        let first = letters.next().map(|first| first.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>().replace('_', "-")
    };
    plain_name(account).split(':').map(capital).collect::<Vec<_>>().join(":")
}

impl FundEvent {
    /// What happened, for a cashier and an accountant.
    #[must_use]
    pub const fn label_zh(&self) -> &'static str {
        match self {
            Self::Contributed { .. } => "投入保证金",
            Self::PoolReturned { .. } => "提取保证金",
            Self::DepositReceived { .. } => "商户缴存保证金",
            Self::DepositReturned { .. } => "退还商户保证金",
            Self::AdvanceRequested { .. } => "申请先行赔付",
            Self::AdvanceApproved { .. } => "先行赔付审核通过",
            Self::AdvanceDeclined { .. } => "先行赔付审核未通过",
            Self::AdvanceCancelled { .. } => "撤回先行赔付",
            Self::AdvanceExpired { .. } => "逾期未付，释放预留",
            Self::AdvanceSubmitted { .. } => "提交付款",
            Self::AdvanceUnknown { .. } => "付款结果待核实",
            Self::AdvancePaid { .. } => "先行赔付已付",
            Self::AdvanceRefused { .. } => "付款未成，释放预留",
            Self::AdvanceBounced { .. } => "退汇，款项已退回",
            Self::AdvanceSigned { .. } => "消费者签收",
            Self::EvidenceAdded { .. } => "添加凭证照片",
            Self::RecourseDrawn { .. } => "追偿：扣划商户保证金",
            Self::TopUpDemanded { .. } => "追偿：通知商户补足",
            Self::TopUpOverdue { .. } => "追偿：逾期未补足，建议暂停经营",
            Self::RecourseReceived { .. } => "追偿：商户缴还",
            Self::WrittenOff { .. } => "追偿：核销",
            Self::Cleared { .. } => "银行对账：付款已出账",
            Self::Proposed { .. } => "提出须双人审核的事项",
            Self::ProposalDeclined { .. } => "另一人不同意",
            Self::Reversed { .. } => "冲正",
            Self::AgreementAdopted { .. } => "公布保证金协议办法",
            Self::Asserted { .. } => "日终核对",
        }
    }
}
