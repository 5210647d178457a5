//! The fund in one month (保证金月度报表), by the day on which entries were written down: what was
//! reported once stays so, also when something is dated back later.

use std::collections::BTreeMap;

use super::event::FundEvent;
use super::journal::JournalLine;
use super::ledger::{Ledger, LedgerError};
use crate::money::Fen;
use crate::time::Date;

/// A month of the civil calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month {
    year: i16,
    month: i8,
}

/// The text names no month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a month, like 2026-11")]
pub struct MonthError;

impl Month {
    /// The month of a day.
    #[must_use]
    pub fn of(day: Date) -> Self {
        Self { year: day.year(), month: day.month() }
    }

    /// Reads `2026-11`.
    ///
    /// # Errors
    /// Anything else, also a month that there is not.
    pub fn parse(text: &str) -> Result<Self, MonthError> {
        let first: Date = format!("{text}-01").parse().map_err(|_| MonthError)?;
        let month = Self::of(first);
        if month.to_string() == text { Ok(month) } else { Err(MonthError) }
    }

    /// The month before; none before the first there is.
    #[must_use]
    pub fn before(self) -> Option<Self> {
        let first = Date::new(self.year, self.month, 1).ok()?;
        first.yesterday().ok().map(Self::of)
    }

    /// The month after; none after the last there is.
    #[must_use]
    pub fn after(self) -> Option<Self> {
        let first = Date::new(self.year, self.month, 1).ok()?;
        first.last_of_month().tomorrow().ok().map(Self::of)
    }

    /// What a person calls it: 2026年11月.
    #[must_use]
    pub fn label_zh(self) -> String {
        format!("{}年{}月", self.year, self.month)
    }
}

impl std::fmt::Display for Month {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

/// All events of one kind in a month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonthRow {
    /// 事项
    pub label: &'static str,
    /// 笔数
    pub count: u64,
    /// 金额; events that are about no amount have none.
    pub fen: Option<Fen>,
}

/// The fund at the beginning and the end of a month, and what happened between.
#[derive(Clone, Debug)]
pub struct MonthStatement {
    /// Which.
    pub month: Month,
    /// 期初
    pub opening: Ledger,
    /// 期末
    pub closing: Ledger,
    /// 本期发生, one row for each kind of event that happened.
    pub rows: Vec<MonthRow>,
    /// 跨月补记: entries of this month that count on a day before it.
    pub dated_back: u64,
    /// The days of this month that were closed (日终核对).
    pub closed_days: u64,
    /// The number of the last entry that went in.
    pub last: Option<u64>,
}

/// A statement in the making: entry after entry, from the first there is.
#[derive(Debug)]
pub struct MonthFold {
    statement: MonthStatement,
    rows: BTreeMap<&'static str, MonthRow>,
}

impl MonthFold {
    /// Before the first entry.
    #[must_use]
    pub fn begin(month: Month) -> Self {
        let statement = MonthStatement {
            month,
            opening: Ledger::default(),
            closing: Ledger::default(),
            rows: Vec::new(),
            dated_back: 0,
            closed_days: 0,
            last: None,
        };
        Self { statement, rows: BTreeMap::new() }
    }

    /// Takes the next entry; says whether it is past the month, so that no more need be read.
    ///
    /// # Errors
    /// When it is no entry of the fund that the earlier ones make.
    pub fn entry(&mut self, line: &JournalLine) -> Result<bool, LedgerError> {
        let (event, at) = (&line.stamped.event, line.stamped.at);
        let (month, into) = (Month::of(at.civil_date()), &mut self.statement);
        if month > into.month {
            return Ok(true);
        }
        into.closing = std::mem::take(&mut into.closing).post(&event.moves())?;
        into.last = Some(line.n);
        if month < into.month {
            into.opening = into.closing.clone();
            return Ok(false);
        }
        into.dated_back += u64::from(Month::of(event.effective_on(at)) < month);
        into.closed_days += u64::from(matches!(event, FundEvent::Asserted { .. }));
        let fresh = MonthRow { label: event.label_zh(), count: 0, fen: None };
        let row = self.rows.entry(event.kind()).or_insert(fresh);
        row.count += 1;
        if let Some(fen) = event.amount() {
            let sum = row.fen.unwrap_or(Fen::ZERO).checked_add(fen);
            row.fen = Some(sum.ok_or(LedgerError::NoMove)?);
        }
        Ok(false)
    }

    /// The statement of what was taken.
    #[must_use]
    pub fn finish(self) -> MonthStatement {
        let rows = self.rows.into_values().collect();
        MonthStatement { rows, ..self.statement }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_reads_back_and_nothing_else_is_one() {
        for text in ["2026-11", "2027-01", "0999-12"] {
            assert_eq!(Month::parse(text).map(|month| month.to_string()).as_deref(), Ok(text));
        }
        for bad in
            ["", "2026", "2026-1", "2026-13", "2026-00", "2026-11-01", "26-11", "二〇二六-11"]
        {
            assert_eq!(Month::parse(bad), Err(MonthError), "{bad}");
        }
        assert_eq!(Month::parse("2026-11").map(Month::label_zh).as_deref(), Ok("2026年11月"));
    }
}
