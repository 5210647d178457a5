//! Tables that a bank and a cashier exchange: CSV (RFC 4180) in UTF-8, read strictly. A fault names row
//! and column and never what stands there: it may be a person's name or account.

use super::batch::TableError;
use crate::money::Fen;
use crate::time::Date;

/// The largest file that is read.
const BYTES_MAX: usize = 2 * 1024 * 1024;
const BOM: &[u8] = b"\xef\xbb\xbf";

/// The rows of a file below its head, each with its number as a spreadsheet shows it.
pub(super) fn rows(bytes: &[u8], head: &[&str]) -> Result<Vec<(u64, Vec<String>)>, TableError> {
    if bytes.len() > BYTES_MAX {
        return Err(TableError::file("文件超过 2 MiB，请分批导入"));
    }
    let bytes = bytes.strip_prefix(BOM).unwrap_or(bytes);
    if std::str::from_utf8(bytes).is_err() {
        return Err(TableError::file("不是 UTF-8 编码，请另存为“CSV UTF-8”"));
    }
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
    let mut rows = Vec::new();
    for (place, record) in reader.records().enumerate() {
        let row = u64::try_from(place).unwrap_or(u64::MAX).saturating_add(1);
        let record = record.map_err(|_| TableError::at(row, "", "这一行不是 CSV 格式"))?;
        if record.len() != head.len() {
            return Err(TableError::at(row, "", "列数与表头不符"));
        }
        rows.push((row, record.iter().map(|cell| cell.trim().to_owned()).collect::<Vec<_>>()));
    }
    if rows.first().map(|(_, cells)| cells.as_slice()) != Some(head_of(head).as_slice()) {
        return Err(TableError::file("表头不符，请使用规定的列名和顺序"));
    }
    rows.remove(0);
    Ok(rows)
}

fn head_of(head: &[&str]) -> Vec<String> {
    head.iter().map(|name| (*name).to_owned()).collect()
}

/// Yuan of more than nothing.
pub(super) fn amount(row: u64, column: &'static str, text: &str) -> Result<Fen, TableError> {
    let fen = Fen::parse_yuan(text).ok().filter(|fen| *fen > Fen::ZERO);
    fen.ok_or_else(|| TableError::at(row, column, "须是大于零的金额，以元为单位，最多两位小数"))
}

/// `2026-11-26` and nothing that looks like it.
pub(super) fn day(row: u64, column: &'static str, text: &str) -> Result<Date, TableError> {
    let day: Option<Date> = text.parse().ok();
    let day = day.filter(|day| day.to_string() == text);
    day.ok_or_else(|| TableError::at(row, column, "须是 2026-11-26 这样的日期"))
}

/// The number of a line or a slip.
pub(super) fn number(row: u64, column: &'static str, text: &str) -> Result<String, TableError> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_./".contains(&b);
    if (1..=64).contains(&text.len()) && text.bytes().all(plain) {
        return Ok(text.to_owned());
    }
    Err(TableError::at(row, column, "须是 1 至 64 位字母、数字或 - _ . /"))
}
