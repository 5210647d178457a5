//! 对账: the bank's statement against the ledger. Every line of the one and every entry of the other
//! comes out in exactly one place, with the cause of a difference and what to do next.

use std::collections::{BTreeMap, BTreeSet};

use super::batch::TableError;
use super::table::{amount, day, number, rows};
use crate::ids::AdvanceId;
use crate::money::Fen;
use crate::time::Date;

const HEAD: [&str; 5] = ["日期", "流水号", "收支", "金额（元）", "摘要"];
const CLOSING: &str = "期末余额";

/// Into the account, or out of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// 收
    In,
    /// 付
    Out,
}

impl Direction {
    /// 收 or 付.
    #[must_use]
    pub const fn label_zh(self) -> &'static str {
        match self {
            Self::In => "收",
            Self::Out => "付",
        }
    }
}

/// A line of the bank's statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementLine {
    /// The row as a spreadsheet counts it.
    pub row: u64,
    /// The day.
    pub on: Date,
    /// The bank's number.
    pub reference: String,
    /// Which way.
    pub direction: Direction,
    /// How much.
    pub fen: Fen,
    /// 摘要: may hold the number of an advance. May hold a person's name: goes into no log.
    pub note: String,
}

/// A statement as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Its lines.
    pub lines: Vec<StatementLine>,
    /// 期末余额, where the file says one.
    pub closing: Option<Fen>,
}

/// Reads a statement: all of it or nothing.
///
/// # Errors
/// The first row and column that does not fit.
pub fn read_statement(bytes: &[u8]) -> Result<Statement, TableError> {
    let (mut lines, mut closing) = (Vec::new(), None);
    for (row, cells) in rows(bytes, &HEAD)? {
        let [on, reference, direction, yuan, note] = &cells[..] else { continue };
        if closing.is_some() {
            return Err(TableError::at(row, "", "期末余额之后不应再有内容"));
        }
        if on == CLOSING {
            let balance =
                Fen::parse_yuan(yuan).map_err(|_| TableError::at(row, HEAD[3], "不是金额"))?;
            closing = Some(balance);
            continue;
        }
        let direction = match direction.as_str() {
            "收" => Direction::In,
            "付" => Direction::Out,
            _ => return Err(TableError::at(row, HEAD[2], "须是“收”或“付”")),
        };
        lines.push(StatementLine {
            row,
            on: day(row, HEAD[0], on)?,
            reference: number(row, HEAD[1], reference)?,
            direction,
            fen: amount(row, HEAD[3], yuan)?,
            note: note.clone(),
        });
    }
    if lines.is_empty() && closing.is_none() {
        return Err(TableError::file("文件中没有流水"));
    }
    Ok(Statement { lines, closing })
}

/// What the ledger says should be on the statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The number of the entry.
    pub n: u64,
    /// The day it counts.
    pub on: Date,
    /// The number of the slip; none where only the bank gives one (a deposit returned).
    pub reference: Option<String>,
    /// Which way.
    pub direction: Direction,
    /// How much.
    pub fen: Fen,
    /// The advance that was paid.
    pub advance: Option<AdvanceId>,
    /// What it is, in Chinese.
    pub what: &'static str,
    /// The number of the line that showed it, when an earlier statement did.
    pub cleared_by: Option<String>,
}

/// A line and its entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matched {
    /// The bank's.
    pub line: StatementLine,
    /// Ours.
    pub entry: Expected,
}

/// Why the two sides differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The same number, another amount.
    AmountDiffers,
    /// On the statement, and not in the ledger.
    OnlyAtBank(Direction),
    /// In the ledger, and not on the statement.
    OnlyInLedger(Direction),
    /// On the statement again, for what is matched or was seen before.
    Repeated,
}

impl Cause {
    /// The difference in words.
    #[must_use]
    pub const fn label_zh(self) -> &'static str {
        match self {
            Self::AmountDiffers => "流水号相同，金额不同",
            Self::OnlyAtBank(Direction::In) => "银行已收，账上没有",
            Self::OnlyAtBank(Direction::Out) => "银行已付，账上没有",
            Self::OnlyInLedger(Direction::In) => "账上已收，流水没有",
            Self::OnlyInLedger(Direction::Out) => "账上已付，流水没有",
            Self::Repeated => "流水重复，或此前已核销",
        }
    }

    /// What a cashier does next.
    #[must_use]
    pub const fn next_step_zh(self) -> &'static str {
        match self {
            Self::AmountDiffers => {
                "核对回单：录入有误的，提出冲正后重新登记；银行有误的，联系银行更正"
            }
            Self::OnlyAtBank(Direction::In) => {
                "查明来款：登记投入、缴存、商户缴还或退汇，凭证号填流水号"
            }
            Self::OnlyAtBank(Direction::Out) => {
                "立即查明去向：属付款中的，凭流水登记已付；不属本单位业务的，联系银行止付"
            }
            Self::OnlyInLedger(Direction::In) => "核对到账日期和账户；确未到账的，提出冲正",
            Self::OnlyInLedger(Direction::Out) => {
                "可能尚未出账，次日再对；多日仍没有的，向银行核实，不要重复付款"
            }
            Self::Repeated => "核对是否重复出账；银行确实付了两次的，要求退回并登记来款",
        }
    }
}

/// A difference, with what there is of both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Why.
    pub cause: Cause,
    /// The bank's.
    pub line: Option<StatementLine>,
    /// Ours.
    pub entry: Option<Expected>,
}

/// Both sides, compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reconciliation {
    /// The same on both sides.
    pub matched: Vec<Matched>,
    /// What differs: those of the statement in its order, then those of the ledger in its.
    pub differences: Vec<Difference>,
}

/// Compares a statement with what the ledger expects. A line belongs to the entry with its number and
/// direction; else to the only entry whose advance its note names; else, where the entry has no number
/// of its own, to the first with its amount.
#[must_use]
pub fn reconcile(statement: &[StatementLine], expected: &[Expected]) -> Reconciliation {
    let mut found = Reconciliation::default();
    let mut open: BTreeSet<usize> = (0..expected.len()).collect();
    let index = Index::of(expected);
    for line in statement {
        let place = index.of_line(line, expected, &open);
        let difference = |cause, entry| Difference { cause, line: Some(line.clone()), entry };
        match place {
            Place::Open(place) => {
                open.remove(&place);
                let entry = expected[place].clone();
                // The same line again, of a statement that overlaps, is no difference.
                let again = entry.cleared_by.as_ref().is_some_and(|no| *no != line.reference);
                if again {
                    found.differences.push(difference(Cause::Repeated, Some(entry)));
                } else if entry.fen == line.fen {
                    found.matched.push(Matched { line: line.clone(), entry });
                } else {
                    found.differences.push(difference(Cause::AmountDiffers, Some(entry)));
                }
            }
            Place::Taken => found.differences.push(difference(Cause::Repeated, None)),
            Place::None => {
                found.differences.push(difference(Cause::OnlyAtBank(line.direction), None));
            }
        }
    }
    // What was seen on an earlier statement need not be on this one.
    let left = open.into_iter().map(|place| &expected[place]);
    let left = left.filter(|entry| entry.cleared_by.is_none());
    found.differences.extend(left.map(|entry| Difference {
        cause: Cause::OnlyInLedger(entry.direction),
        line: None,
        entry: Some(entry.clone()),
    }));
    found
}

/// Where a line belongs.
enum Place {
    Open(usize),
    Taken,
    None,
}

/// The entries by what they are found by.
struct Index<'a> {
    by_reference: BTreeMap<(Direction, &'a str), Vec<usize>>,
    by_advance: BTreeMap<String, usize>,
    by_amount: BTreeMap<(Direction, Fen), Vec<usize>>,
}

impl<'a> Index<'a> {
    fn of(expected: &'a [Expected]) -> Self {
        let mut index = Self {
            by_reference: BTreeMap::new(),
            by_advance: BTreeMap::new(),
            by_amount: BTreeMap::new(),
        };
        for (place, entry) in expected.iter().enumerate() {
            match &entry.reference {
                Some(reference) => {
                    let key = (entry.direction, reference.as_str());
                    index.by_reference.entry(key).or_default().push(place);
                }
                None => {
                    let key = (entry.direction, entry.fen);
                    index.by_amount.entry(key).or_default().push(place);
                }
            }
            if let Some(advance) = entry.advance.filter(|_| entry.direction == Direction::Out) {
                index.by_advance.insert(advance.to_string(), place);
            }
        }
        index
    }

    fn of_line(&self, line: &StatementLine, all: &[Expected], open: &BTreeSet<usize>) -> Place {
        let same = self.by_reference.get(&(line.direction, line.reference.as_str()));
        if let Some(places) = same {
            // Of several with one number, the one with this amount.
            let still = |place: &&usize| open.contains(place);
            let exact = places.iter().filter(still).find(|place| all[**place].fen == line.fen);
            let found = exact.or_else(|| places.iter().find(still));
            return found.map_or(Place::Taken, |place| Place::Open(*place));
        }
        if line.direction == Direction::Out {
            let named = line.note.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            let named = named.filter_map(|word| self.by_advance.get(word)).collect::<Vec<_>>();
            if let [place] = named[..] {
                return if open.contains(place) { Place::Open(*place) } else { Place::Taken };
            }
        }
        let nameless = self.by_amount.get(&(line.direction, line.fen));
        let found = nameless.into_iter().flatten().find(|place| open.contains(place));
        found.map_or(Place::None, |place| Place::Open(*place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn on() -> Date {
        "2026-11-26".parse().expect("a day")
    }

    fn line(
        row: u64,
        reference: &str,
        direction: Direction,
        fen: i64,
        note: &str,
    ) -> StatementLine {
        StatementLine {
            row,
            on: on(),
            reference: reference.to_owned(),
            direction,
            fen: Fen::new(fen),
            note: note.to_owned(),
        }
    }

    fn entry(n: u64, reference: Option<&str>, direction: Direction, fen: i64) -> Expected {
        Expected {
            n,
            on: on(),
            reference: reference.map(str::to_owned),
            direction,
            fen: Fen::new(fen),
            advance: None,
            what: "投入",
            cleared_by: None,
        }
    }

    fn causes(found: &Reconciliation) -> Vec<Cause> {
        found.differences.iter().map(|difference| difference.cause).collect()
    }

    #[test]
    fn each_kind_of_difference_is_told_apart() {
        use Direction::{In, Out};
        let advance = AdvanceId::from_bytes([7; 16]);
        let mut paid = entry(5, Some("SLIP-5"), Out, 300);
        paid.advance = Some(advance);
        let mut seen = entry(6, Some("SLIP-6"), Out, 700);
        seen.cleared_by = Some("X-1".to_owned());
        let mut known = entry(7, Some("SLIP-7"), Out, 70);
        known.cleared_by = Some("SLIP-7".to_owned());
        let expected = [
            entry(1, Some("B-1"), In, 100),
            entry(2, Some("B-2"), In, 200),
            entry(3, Some("B-3"), In, 50),
            entry(4, None, Out, 400),
            paid,
            seen,
            known,
        ];
        let statement = [
            line(2, "B-1", In, 100, ""),
            line(3, "B-2", In, 201, ""),
            line(4, "B-1", In, 100, ""),
            line(5, "X-9", In, 9, ""),
            line(6, "X-10", Out, 400, "退还"),
            line(7, "X-11", Out, 300, &format!("代付 {advance}")),
            line(8, "SLIP-6", Out, 700, ""),
            line(9, "B-3", Out, 50, ""),
            line(10, "SLIP-7", Out, 70, ""),
        ];
        let found = reconcile(&statement, &expected);
        let pairs: Vec<_> = found.matched.iter().map(|one| (one.line.row, one.entry.n)).collect();
        assert_eq!(pairs, [(2, 1), (6, 4), (7, 5), (10, 7)]);
        let expected = [
            Cause::AmountDiffers,
            Cause::Repeated,
            Cause::OnlyAtBank(In),
            Cause::Repeated,
            Cause::OnlyAtBank(Out),
            Cause::OnlyInLedger(In),
        ];
        assert_eq!(causes(&found), expected);
    }

    #[test]
    fn a_statement_is_read_whole_or_not_at_all() {
        let read = |rows: &str| {
            read_statement(format!("日期,流水号,收支,金额（元）,摘要\n{rows}").as_bytes())
        };
        let good =
            read("2026-11-26,B-1,收,100.00,\"投入, 专户\"\n期末余额,,,100.00,").expect("it reads");
        assert_eq!(good.closing, Some(Fen::new(10_000)));
        assert_eq!(good.lines, [line(2, "B-1", Direction::In, 10_000, "投入, 专户")]);
        for (rows, row, column) in [
            ("", 0, ""),
            ("2026-11-26,B-1,收,0,", 2, "金额（元）"),
            ("2026-11-26,B-1,贷,1,", 2, "收支"),
            ("2026/11/26,B-1,收,1,", 2, "日期"),
            ("2026-11-26,,收,1,", 2, "流水号"),
            ("2026-11-26,B-1,收,1", 2, ""),
            ("期末余额,,,x,", 2, "金额（元）"),
            ("期末余额,,,1,\n2026-11-26,B-1,收,1,", 3, ""),
        ] {
            let error = read(rows).expect_err("it is refused");
            assert_eq!((error.row, error.column), (row, column), "{rows}");
        }
    }

    fn direction() -> impl Strategy<Value = Direction> {
        prop_oneof![Just(Direction::In), Just(Direction::Out)]
    }

    proptest! {
        #[test]
        fn every_line_and_every_entry_comes_out_once(
            lines in prop::collection::vec((0_u8..6, direction(), 1_i64..4), 0..20),
            entries in prop::collection::vec((0_u8..7, direction(), 1_i64..4, any::<bool>()), 0..20),
        ) {
            let statement: Vec<_> = (2..).zip(&lines)
                .map(|(row, (no, way, fen))| line(row, &format!("R{no}"), *way, *fen, ""))
                .collect();
            let expected: Vec<_> = (0..).zip(&entries).map(|(n, (no, way, fen, cleared))| {
                let name = format!("R{no}");
                let reference = (*no < 6).then_some(name.as_str());
                let cleared_by = cleared.then(|| "EARLIER".to_owned());
                Expected { cleared_by, ..entry(n, reference, *way, *fen) }
            }).collect();
            let found = reconcile(&statement, &expected);
            let mut rows: Vec<u64> = found.matched.iter().map(|one| one.line.row).collect();
            let lone = found.differences.iter().filter_map(|one| one.line.as_ref());
            rows.extend(lone.map(|line| line.row));
            rows.sort_unstable();
            prop_assert_eq!(rows, statement.iter().map(|line| line.row).collect::<Vec<_>>());
            let mut ns: Vec<u64> = found.matched.iter().map(|one| one.entry.n).collect();
            let lone = found.differences.iter().filter_map(|one| one.entry.as_ref());
            ns.extend(lone.map(|entry| entry.n));
            let all = ns.len();
            ns.sort_unstable();
            ns.dedup();
            prop_assert_eq!(ns.len(), all, "an entry came out twice");
            let open = expected.iter().filter(|entry| entry.cleared_by.is_none());
            for entry in open {
                prop_assert!(ns.contains(&entry.n));
            }
            for one in &found.matched {
                prop_assert_eq!(one.line.fen, one.entry.fen);
                prop_assert_eq!(one.line.direction, one.entry.direction);
            }
        }
    }
}
