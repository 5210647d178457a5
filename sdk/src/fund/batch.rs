//! 批量代付: the file that a cashier gives to the bank, and the file with its results. The layout is
//! ours; a platform maps it to its bank's. No line is in a batch twice, and what a result file says of
//! a payment is booked once, however often the file is read.

use std::collections::BTreeSet;

use super::table::{amount, day, number, rows};
use crate::hex_digest;
use crate::ids::AdvanceId;
use crate::money::Fen;
use crate::privacy::Personal;
use crate::time::Date;

const HEAD: [&str; 7] = ["序号", "业务编号", "收款人", "账号", "开户行", "金额（元）", "附言"];
const RESULT_HEAD: [&str; 6] = ["业务编号", "结果", "金额（元）", "流水号", "日期", "原因"];
const TOTAL: &str = "合计";
/// Characters that a spreadsheet takes for the beginning of a formula.
const FORMULA: [char; 4] = ['=', '+', '-', '@'];

/// A table that cannot be written or read, whole. Names the place and never what stands there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("row {row}, column {column:?}: {problem}")]
pub struct TableError {
    /// The row as a spreadsheet counts it; 0 for the whole file.
    pub row: u64,
    /// The column's name; empty for the whole row.
    pub column: &'static str,
    /// What is wrong and the remedy, in Chinese.
    pub problem: &'static str,
}

impl TableError {
    pub(super) const fn at(row: u64, column: &'static str, problem: &'static str) -> Self {
        Self { row, column, problem }
    }

    pub(super) const fn file(problem: &'static str) -> Self {
        Self::at(0, "", problem)
    }

    /// Where, and what to do, for a cashier.
    #[must_use]
    pub fn message_zh(&self) -> String {
        let Self { row, column, problem } = self;
        match (row, column.is_empty()) {
            (0, true) => (*problem).to_owned(),
            (0, false) => format!("“{column}”：{problem}"),
            (row, true) => format!("第 {row} 行：{problem}"),
            (row, false) => format!("第 {row} 行“{column}”：{problem}"),
        }
    }
}

/// One payment of a batch.
#[derive(Clone, Debug)]
pub struct BatchLine {
    /// The advance: the bank gives it back with the result.
    pub key: AdvanceId,
    /// 收款人
    pub name: Personal<String>,
    /// 账号
    pub account: Personal<String>,
    /// 开户行
    pub bank: Personal<String>,
    /// How much.
    pub fen: Fen,
}

/// A file for the bank.
#[derive(Clone)]
pub struct BatchFile {
    /// The file: CSV in UTF-8 with a byte order mark, so that spreadsheets read it.
    pub csv: Vec<u8>,
    /// Its SHA-256, to be compared at the bank's counter.
    pub sha256: String,
    /// 笔数
    pub count: usize,
    /// 合计
    pub total: Fen,
}

/// Writes a batch. The same lines give the same bytes.
///
/// # Errors
/// When there is nothing to pay, an advance stands twice, an amount is none, the sum is more than can
/// be said, or an account cannot be one; nothing is left out silently.
pub fn write_batch(batch: &str, lines: &[BatchLine]) -> Result<BatchFile, TableError> {
    if lines.is_empty() {
        return Err(TableError::file("没有可付款的先付"));
    }
    let keys: BTreeSet<AdvanceId> = lines.iter().map(|line| line.key).collect();
    if keys.len() != lines.len() {
        return Err(TableError::file("同一笔先付列了两次"));
    }
    let mut table = vec![HEAD.map(str::to_owned)];
    for (row, line) in (1..).zip(lines) {
        table.push(payment(row, line)?);
    }
    let total = Fen::checked_sum(lines.iter().map(|line| line.fen));
    let total = total.filter(|total| total.is_payable());
    let total = total.ok_or(TableError::at(0, HEAD[5], "合计超出可表示的数"))?;
    let count = lines.len();
    let sum = [TOTAL, &count.to_string(), "", "", "", &total.to_yuan(), batch].map(str::to_owned);
    table.push(sum);
    let csv = written(&table)?;
    Ok(BatchFile { sha256: hex_digest(&csv), csv, count, total })
}

fn payment(row: u64, line: &BatchLine) -> Result<[String; 7], TableError> {
    let at = row + 1;
    if line.fen <= Fen::ZERO || !line.fen.is_payable() {
        return Err(TableError::at(at, HEAD[5], "金额须大于零"));
    }
    let account: String = line.account.expose().split_whitespace().collect();
    let digits = account.chars().all(|c| c.is_ascii_digit() || c == '-');
    if !(6..=40).contains(&account.len()) || !digits || account.starts_with('-') {
        return Err(TableError::at(at, HEAD[3], "不是银行账号；现金支付的请单独付款，不列入批量"));
    }
    Ok([
        row.to_string(),
        line.key.to_string(),
        words(at, HEAD[2], line.name.expose())?,
        account,
        words(at, HEAD[4], line.bank.expose())?,
        line.fen.to_yuan(),
        "先行赔付".to_owned(),
    ])
}

/// Words that a spreadsheet and a person read alike.
fn words(row: u64, column: &'static str, text: &str) -> Result<String, TableError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(TableError::at(row, column, "没有填写"));
    }
    if text.chars().any(is_hidden) || text.starts_with(FORMULA) {
        return Err(TableError::at(row, column, "含不可见字符，或以 = + - @ 开头"));
    }
    Ok(text.to_owned())
}

/// Control, zero-width and bidirectional characters: what is read is not what is paid.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn written(table: &[[String; 7]]) -> Result<Vec<u8>, TableError> {
    let broken = TableError::file("文件无法生成");
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer("\u{feff}".as_bytes().to_vec());
    for row in table {
        writer.write_record(row).map_err(|_| broken.clone())?;
    }
    writer.into_inner().map_err(|_| broken)
}

/// What the bank says of a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BatchResult {
    /// 成功
    Paid {
        /// How much.
        fen: Fen,
        /// The bank's number.
        reference: String,
        /// The day it counts.
        on: Date,
    },
    /// 失败: it did not go, and under this number will not.
    Refused {
        /// Why, as a code.
        cause: String,
    },
}

/// A line of a result file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultLine {
    /// The row as a spreadsheet counts it.
    pub row: u64,
    /// The advance.
    pub key: AdvanceId,
    /// What became of it.
    pub result: BatchResult,
}

/// Reads a result file: all of it or nothing.
///
/// # Errors
/// The first row and column that does not fit.
pub fn read_results(bytes: &[u8]) -> Result<Vec<ResultLine>, TableError> {
    let (mut lines, mut seen) = (Vec::new(), BTreeSet::new());
    for (row, cells) in rows(bytes, &RESULT_HEAD)? {
        let [key, result, yuan, reference, on, cause] = &cells[..] else { continue };
        let key: Option<AdvanceId> = key.parse().ok();
        let key = key.ok_or(TableError::at(row, RESULT_HEAD[0], "不是先付编号"))?;
        if !seen.insert(key) {
            return Err(TableError::at(row, RESULT_HEAD[0], "同一业务编号出现两次"));
        }
        let result = match result.as_str() {
            "成功" => BatchResult::Paid {
                fen: amount(row, RESULT_HEAD[2], yuan)?,
                reference: number(row, RESULT_HEAD[3], reference)?,
                on: day(row, RESULT_HEAD[4], on)?,
            },
            "失败" => BatchResult::Refused { cause: refused(row, [yuan, reference, on], cause)? },
            _ => return Err(TableError::at(row, RESULT_HEAD[1], "须是“成功”或“失败”")),
        };
        lines.push(ResultLine { row, key, result });
    }
    if lines.is_empty() {
        return Err(TableError::file("文件中没有结果"));
    }
    Ok(lines)
}

/// Why it did not go. A line that names money beside it contradicts itself: a person looks.
fn refused(row: u64, money: [&String; 3], cause: &str) -> Result<String, TableError> {
    let none = ["", "0", "0.00"].contains(&money[0].as_str());
    if !none || !money[1].is_empty() || !money[2].is_empty() {
        return Err(TableError::at(
            row,
            RESULT_HEAD[2],
            "失败的付款不应有金额、流水号或日期，请向银行核实",
        ));
    }
    if cause.is_empty() {
        return Err(TableError::at(row, RESULT_HEAD[5], "没有填写"));
    }
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b);
    let is_code = cause.len() <= 32 && cause.bytes().all(plain);
    Ok(if is_code { cause.to_owned() } else { "bank_refused".to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u8) -> AdvanceId {
        AdvanceId::from_bytes([n; 16])
    }

    fn line(n: u8, name: &str, account: &str, fen: i64) -> BatchLine {
        BatchLine {
            key: key(n),
            name: Personal::new(name.to_owned()),
            account: Personal::new(account.to_owned()),
            bank: Personal::new("某行城东支行, 二部".to_owned()),
            fen: Fen::new(fen),
        }
    }

    #[test]
    fn a_batch_is_the_same_bytes_with_its_sum_and_digest() {
        let lines = [
            line(1, "周文静", "6222 0200 0000 1234", 12_345),
            line(2, "王\"五\"", "6222020000", 5),
        ];
        let one = write_batch("bank-file-1", &lines).expect("it is written");
        let two = write_batch("bank-file-1", &lines).expect("it is written");
        assert_eq!((&one.csv, &one.sha256), (&two.csv, &two.sha256));
        assert_eq!((one.count, one.total), (2, Fen::new(12_350)));
        let text = String::from_utf8(one.csv).expect("text");
        let rows: Vec<&str> = text.split("\r\n").collect();
        assert_eq!(rows[0], "\u{feff}序号,业务编号,收款人,账号,开户行,金额（元）,附言");
        let first =
            format!("1,{},周文静,6222020000001234,\"某行城东支行, 二部\",123.45,先行赔付", key(1));
        assert_eq!(rows[1], first);
        assert!(rows[2].contains("\"王\"\"五\"\"\""));
        assert_eq!(rows[3], "合计,2,,,,123.50,bank-file-1");
    }

    #[test]
    fn what_cannot_be_paid_by_a_bank_is_refused_with_its_place_and_without_what_stands_there() {
        let good = || line(1, "周文静", "622202000000", 1);
        let most = Fen::MAX_ON_WIRE.as_fen();
        for (lines, row, column) in [
            (vec![], 0, ""),
            (vec![good(), good()], 0, ""),
            (vec![line(1, "周", "622202", 0)], 2, "金额（元）"),
            (vec![line(1, "周", "622202", -1)], 2, "金额（元）"),
            (vec![good(), line(2, " ", "622202", 1)], 3, "收款人"),
            (vec![line(1, "=1+1", "622202", 1)], 2, "收款人"),
            (vec![line(1, "周\u{202e}文", "622202", 1)], 2, "收款人"),
            (vec![line(1, "周\u{200b}文", "622202", 1)], 2, "收款人"),
            (vec![line(1, "周", "现金", 1)], 2, "账号"),
            (vec![line(1, "周", "62220", 1)], 2, "账号"),
            (vec![line(1, "周", "-62220", 1)], 2, "账号"),
            (vec![line(1, "周", "622202", i64::MAX)], 2, "金额（元）"),
            (vec![line(1, "周", "622202", most), line(2, "周", "622202", 1)], 0, "金额（元）"),
        ] {
            let error = write_batch("b", &lines).err().expect("it is refused");
            assert_eq!((error.row, error.column), (row, column), "{error}");
            assert!(!error.message_zh().contains('周'));
        }
    }

    fn results(rows: &str) -> Result<Vec<ResultLine>, TableError> {
        read_results(format!("业务编号,结果,金额（元）,流水号,日期,原因\r\n{rows}").as_bytes())
    }

    #[test]
    fn a_result_file_says_what_was_paid_and_what_was_not() {
        let (a, b, c) = (key(1), key(2), key(3));
        let text = format!(
            "{a},成功,123.45,B-1,2026-11-26,\n{b},失败,,,,account_closed\n{c},失败,0.00,,,户名不符"
        );
        let read = results(&text).expect("it reads");
        let paid = BatchResult::Paid {
            fen: Fen::new(12_345),
            reference: "B-1".to_owned(),
            on: "2026-11-26".parse().expect("a day"),
        };
        assert_eq!(read[0], ResultLine { row: 2, key: a, result: paid });
        let refused = |cause: &str| BatchResult::Refused { cause: cause.to_owned() };
        assert_eq!(read[1].result, refused("account_closed"));
        assert_eq!(read[2].result, refused("bank_refused"));
    }

    #[test]
    fn one_bad_row_refuses_the_whole_file() {
        let a = key(1);
        for (rows, row, column) in [
            (String::new(), 0, ""),
            ("x,成功,1,B,2026-11-26,".to_owned(), 2, "业务编号"),
            (format!("{a},成功,0,B,2026-11-26,"), 2, "金额（元）"),
            (format!("{a},成功,1e3,B,2026-11-26,"), 2, "金额（元）"),
            (format!("{a},成功,-1,B,2026-11-26,"), 2, "金额（元）"),
            (format!("{a},成功,1.001,B,2026-11-26,"), 2, "金额（元）"),
            (format!("{a},成功,\"1,000\",B,2026-11-26,"), 2, "金额（元）"),
            (format!("{a},成功,1,,2026-11-26,"), 2, "流水号"),
            (format!("{a},成功,1,B 1,2026-11-26,"), 2, "流水号"),
            (format!("{a},成功,1,B,2026-11-31,"), 2, "日期"),
            (format!("{a},成功,1,B,20261126,"), 2, "日期"),
            (format!("{a},成功,1,B,2026-W48-4,"), 2, "日期"),
            (format!("{a},失败,1,,,x"), 2, "金额（元）"),
            (format!("{a},失败,,B,,x"), 2, "金额（元）"),
            (format!("{a},失败,,,,"), 2, "原因"),
            (format!("{a},处理中,,,,"), 2, "结果"),
            (format!("{a},失败,,,,x\n{a},失败,,,,x"), 3, "业务编号"),
            (format!("{a},失败,,,"), 2, ""),
        ] {
            let error = results(&rows).expect_err("it is refused");
            assert_eq!((error.row, error.column), (row, column), "{rows}: {error}");
        }
        let other = read_results(b"a,b,c,d,e,f\n").expect_err("another head");
        assert_eq!((other.row, other.column), (0, ""));
        assert_eq!(read_results(&[0xd6, 0xd0]).expect_err("GBK").row, 0);
    }
}
