//! A value that both engines have, and the fingerprint of rows of them. It knows no tables.

use aws_lc_rs::digest;
use rusqlite::types::{ToSqlOutput, ValueRef};

/// One value of one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Null,
    Int(i64),
    Bytes(Vec<u8>),
    Text(String),
}

/// The values of a row, in the order of the table's columns.
pub(super) type Row = Vec<Value>;

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(number) => ValueRef::Integer(*number),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

/// SHA-256 over rows, each value with its type and length, so that no two tables of other rows
/// read the same.
pub(super) struct RowDigest {
    context: digest::Context,
}

impl RowDigest {
    pub(super) fn new() -> Self {
        Self { context: digest::Context::new(&digest::SHA256) }
    }

    pub(super) fn add(&mut self, row: &[Value]) {
        for value in row {
            match value {
                Value::Null => self.context.update(&[0]),
                Value::Int(number) => {
                    self.context.update(&[1]);
                    self.context.update(&number.to_be_bytes());
                }
                Value::Bytes(bytes) => self.sized(2, bytes),
                Value::Text(text) => self.sized(3, text.as_bytes()),
            }
        }
    }

    fn sized(&mut self, kind: u8, bytes: &[u8]) {
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.context.update(&[kind]);
        self.context.update(&length.to_be_bytes());
        self.context.update(bytes);
    }

    pub(super) fn finish(self) -> String {
        hex::encode(self.context.finish().as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(rows: &[&[Value]]) -> String {
        let mut digest = RowDigest::new();
        rows.iter().for_each(|row| digest.add(row));
        digest.finish()
    }

    #[test]
    fn values_that_look_alike_have_other_fingerprints() {
        let (text, bytes) = (Value::Text("ab".to_owned()), Value::Bytes(b"ab".to_vec()));
        let parted = [Value::Text("a".to_owned()), Value::Text("b".to_owned())];
        let empty = [Value::Null, Value::Bytes(Vec::new()), Value::Text(String::new())];
        let mut seen = vec![digest(&[&[text]]), digest(&[&[bytes]]), digest(&[&parted])];
        seen.extend(empty.map(|value| digest(&[&[value]])));
        seen.push(digest(&[&[Value::Int(0)]]));
        let all = seen.len();
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), all);
    }
}
