//! One side of a copy, whichever engine it is.

use super::error::TransferError;
use super::house::House;
use super::postgres::Session;
use super::sqlite::File;
use super::tables::Table;
use super::value::{Row, RowDigest, Value};
use super::{TableSum, Use};
use crate::store::Place;

type Try<T> = Result<T, TransferError>;

/// Where rows come from or go to.
pub(super) enum End {
    Sqlite(File),
    Postgres(Session),
}

/// Asks whichever engine it is.
macro_rules! ask {
    ($self:ident.$method:ident($($value:ident),*)) => {
        match $self {
            Self::Sqlite(end) => end.$method($($value),*).await,
            Self::Postgres(end) => end.$method($($value),*).await,
        }
    };
}

impl End {
    /// Opens a store to read it as of one instant.
    pub(super) async fn source(url: &str, purpose: Use) -> Try<Self> {
        Ok(match Place::of(url) {
            Place::Sqlite(path) => Self::Sqlite(File::source(path, purpose).await?),
            Place::Postgres(url) => Self::Postgres(Session::source(url, purpose).await?),
        })
    }

    /// Opens a store to fill it, with the newest schema.
    pub(super) async fn target(url: &str) -> Try<Self> {
        Ok(match Place::of(url) {
            Place::Sqlite(path) => Self::Sqlite(File::target(path).await?),
            Place::Postgres(url) => Self::Postgres(Session::target(url).await?),
        })
    }

    /// Whether it may be served.
    pub(super) async fn house(&mut self) -> Try<House> {
        ask!(self.house())
    }

    /// The rows after a key, in the order of the key.
    pub(super) async fn page(
        &mut self,
        table: &'static Table,
        after: Option<Vec<Value>>,
        limit: u32,
    ) -> Try<Vec<Row>> {
        ask!(self.page(table, after, limit))
    }

    /// The largest key of a table.
    pub(super) async fn last_key(&mut self, table: &'static Table) -> Try<Option<Vec<Value>>> {
        ask!(self.last_key(table))
    }

    /// Adds rows in one transaction.
    pub(super) async fn write(&mut self, table: &'static Table, rows: Vec<Row>) -> Try<()> {
        ask!(self.write(table, rows))
    }

    /// Says that it is being filled, and empties what a new store begins with.
    pub(super) async fn begin_filling(&mut self, house: House) -> Try<()> {
        ask!(self.begin_filling(house))
    }

    /// Says that it is whole.
    pub(super) async fn open_up(&mut self) -> Try<()> {
        ask!(self.open_up())
    }

    /// Ends reading and changes nothing.
    pub(super) async fn end(&mut self) -> Try<()> {
        ask!(self.end())
    }

    /// Ends reading and says where the store went.
    pub(super) async fn leave(&mut self, house: House) -> Try<()> {
        ask!(self.leave(house))
    }

    /// How many rows a table has, and their fingerprint.
    pub(super) async fn sum(&mut self, table: &'static Table) -> Try<TableSum> {
        let mut digest = RowDigest::new();
        let (mut rows, mut after) = (0, None);
        let mut sums = vec![0_i128; table.summed.len()];
        loop {
            let page = self.page(table, after.take(), table.page).await?;
            let Some(last) = page.last() else { break };
            after = Some(last[..table.keys].to_vec());
            for row in &page {
                digest.add(row);
                rows += 1;
                for (sum, name) in sums.iter_mut().zip(table.summed) {
                    *sum += number(table, row, name);
                }
            }
        }
        let sums = table.summed.iter().copied().zip(sums).collect();
        Ok(TableSum { table: table.name, rows, digest: digest.finish(), sums })
    }
}

/// The number in a column by name; nothing counts as zero.
fn number(table: &Table, row: &[Value], name: &str) -> i128 {
    let mut columns = table.columns.iter().zip(row);
    match columns.find(|(column, _)| column.name == name) {
        Some((_, Value::Int(number))) => i128::from(*number),
        Some((_, Value::Null | Value::Bytes(_) | Value::Text(_))) | None => 0,
    }
}
