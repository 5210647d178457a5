//! The side of a copy that is a PostgreSQL database: one connection, one snapshot.

use std::pin::pin;
use std::time::Duration;

use tokio_postgres::Client;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::{ToSql, Type};

use super::Use;
use super::error::{TransferError, corrupt};
use super::house::{self, House};
use super::tables::{Column, Kind, LOG_HEAD, TABLES, Table};
use super::value::{Row, Value};
use crate::store::postgres::{connect, migrate};

/// The key of the advisory lock of whoever fills a store: any number nobody else uses.
const FILLING_LOCK: i64 = 1_231_500_002;
/// How often to look whether a connection of a program that has just ended is gone, and the pause
/// between.
const LOOKS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(150);

type Try<T> = Result<T, TransferError>;
type Param<'a> = Box<dyn ToSql + Sync + Send + 'a>;

/// A session of its own.
pub(super) struct Session {
    client: Client,
}

impl Session {
    /// Begins to read: everything after sees one instant.
    pub(super) async fn source(url: &str, purpose: Use) -> Try<Self> {
        let client = open(url).await?;
        match purpose {
            Use::Copy => {
                client.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
            }
            Use::Move => {
                // A server that runs is told at once, without being held up.
                must_be_alone(&client).await?;
                client.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ").await?;
                // From here on nobody opens the store, because the house cannot be read, and
                // nobody writes until we are done. The locks come before the first row is read:
                // what is seen from then on is the last there will be.
                client.batch_execute("LOCK TABLE house IN ACCESS EXCLUSIVE MODE").await?;
                let all: Vec<&str> = TABLES.iter().map(|table| table.name).collect();
                let lock = format!("LOCK TABLE {} IN EXCLUSIVE MODE", all.join(", "));
                client.batch_execute(&lock).await?;
                must_be_alone(&client).await?;
            }
        }
        Ok(Self { client })
    }

    /// Opens a database to fill. Nobody else fills it meanwhile.
    pub(super) async fn target(url: &str) -> Try<Self> {
        let client = open(url).await?;
        let sql = format!("SELECT pg_try_advisory_lock({FILLING_LOCK})");
        if client.query_one(sql.as_str(), &[]).await?.try_get(0)? {
            Ok(Self { client })
        } else {
            Err(TransferError::InUse)
        }
    }

    pub(super) async fn house(&mut self) -> Try<House> {
        let row = self.client.query_one(house::READ, &[]).await?;
        Ok(House::of(row.try_get(0)?, row.try_get(1)?))
    }

    pub(super) async fn page(
        &mut self,
        table: &'static Table,
        after: Option<Vec<Value>>,
        limit: u32,
    ) -> Try<Vec<Row>> {
        let sql = table.select('$', after.is_some());
        let mut values = after.unwrap_or_default();
        values.push(Value::Int(i64::from(limit)));
        self.rows(table, &sql, &values, table.columns.len()).await
    }

    pub(super) async fn last_key(&mut self, table: &'static Table) -> Try<Option<Vec<Value>>> {
        Ok(self.rows(table, &table.select_last_key(), &[], table.keys).await?.pop())
    }

    /// The first `width` columns of the rows that a statement gives.
    async fn rows(
        &mut self,
        table: &'static Table,
        sql: &str,
        values: &[Value],
        width: usize,
    ) -> Try<Vec<Row>> {
        let values: Vec<Param<'_>> = values.iter().map(key_param).collect();
        let values: Vec<&(dyn ToSql + Sync)> =
            values.iter().map(|value| &**value as &(dyn ToSql + Sync)).collect();
        let found = self.client.query(sql, &values).await?;
        let columns = &table.columns[..width];
        found.iter().map(|row| read(row, columns).map_err(|_| corrupt(table.name))).collect()
    }

    /// Streams rows in; they are there together or not at all.
    pub(super) async fn write(&mut self, table: &'static Table, rows: Vec<Row>) -> Try<()> {
        let types: Vec<Type> = table.columns.iter().map(|column| type_of(column.kind)).collect();
        let sink = self.client.copy_in(table.copy_in().as_str()).await?;
        let mut writer = pin!(BinaryCopyInWriter::new(sink, &types));
        for row in &rows {
            let mut values: Vec<Param<'_>> = Vec::with_capacity(row.len());
            for (value, column) in row.iter().zip(table.columns) {
                values.push(param(value, column.kind).ok_or_else(|| corrupt(table.name))?);
            }
            writer.as_mut().write_raw(values).await?;
        }
        writer.as_mut().finish().await?;
        Ok(())
    }

    pub(super) async fn begin_filling(&mut self, house: House) -> Try<()> {
        let transaction = self.client.transaction().await?;
        transaction.batch_execute(&format!("DELETE FROM {LOG_HEAD}")).await?;
        let (state, detail) = house.row();
        transaction.execute(HOUSE, &[&state, &detail]).await?;
        Ok(transaction.commit().await?)
    }

    /// Counts what was copied, lets new leaves be staged after the old ones, and lets the store be
    /// served.
    pub(super) async fn open_up(&mut self) -> Try<()> {
        let transaction = self.client.transaction().await?;
        transaction
            .batch_execute(
                "DELETE FROM counts;
                 INSERT INTO counts (kind, code, slot, n)
                 SELECT 'case', state, 0, COUNT(*) FROM cases GROUP BY state;
                 INSERT INTO counts (kind, code, slot, n)
                 SELECT 'report', state, 0, COUNT(*) FROM outbox GROUP BY state;
                 SELECT setval(pg_get_serial_sequence('leaves', 'staging'),
                               COALESCE(MAX(staging), 1), MAX(staging) IS NOT NULL) FROM leaves;",
            )
            .await?;
        let (state, detail) = House::Open.row();
        transaction.execute(HOUSE, &[&state, &detail]).await?;
        transaction.commit().await?;
        // New tables have no statistics, and the first pages of a queue would be read the long way.
        Ok(self.client.batch_execute("ANALYZE").await?)
    }

    /// Ends reading and changes nothing.
    pub(super) async fn end(&mut self) -> Try<()> {
        Ok(self.client.batch_execute("ROLLBACK").await?)
    }

    /// Ends reading and says in the same transaction where the store went.
    pub(super) async fn leave(&mut self, house: House) -> Try<()> {
        let (state, detail) = house.row();
        self.client.execute(HOUSE, &[&state, &detail]).await?;
        Ok(self.client.batch_execute("COMMIT").await?)
    }
}

const HOUSE: &str = "UPDATE house SET state = $1, detail = $2 WHERE one = 1";

/// A session over a current schema whose transactions may wait for the other side.
async fn open(url: &str) -> Try<Client> {
    migrate(url).await?;
    let client = connect(url).await?;
    // Should our machine die, its locks must not stay until somebody notices.
    let session = "SET idle_in_transaction_session_timeout = 0; SET lock_timeout = '10s';
        SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10;
        SET tcp_keepalives_count = 3";
    client.batch_execute(session).await?;
    Ok(client)
}

/// No other program of ours may be connected: it would go on writing after the move.
async fn must_be_alone(client: &Client) -> Try<()> {
    let sql = "SELECT COUNT(*) FROM pg_stat_activity
               WHERE datname = current_database() AND pid <> pg_backend_pid()
                 AND application_name =
                     (SELECT me.application_name FROM pg_stat_activity AS me
                      WHERE me.pid = pg_backend_pid())";
    for _ in 0..LOOKS {
        // Within a transaction the server shows the same picture again unless it is told.
        client.batch_execute("SELECT pg_stat_clear_snapshot()").await?;
        let others: i64 = client.query_one(sql, &[]).await?.try_get(0)?;
        if others == 0 {
            return Ok(());
        }
        tokio::time::sleep(PAUSE).await;
    }
    Err(TransferError::InUse)
}

fn read(row: &tokio_postgres::Row, columns: &[Column]) -> Result<Row, tokio_postgres::Error> {
    let value = |(place, column): (usize, &Column)| -> Result<Value, tokio_postgres::Error> {
        Ok(match column.kind {
            Kind::Int => row.try_get::<_, Option<i64>>(place)?.map(Value::Int),
            Kind::Bytes => row.try_get::<_, Option<Vec<u8>>>(place)?.map(Value::Bytes),
            Kind::Text => row.try_get::<_, Option<String>>(place)?.map(Value::Text),
        }
        .unwrap_or(Value::Null))
    };
    columns.iter().enumerate().map(value).collect()
}

fn type_of(kind: Kind) -> Type {
    match kind {
        Kind::Int => Type::INT8,
        Kind::Bytes => Type::BYTEA,
        Kind::Text => Type::TEXT,
    }
}

/// A value for a column; none if no such column can hold it.
fn param(value: &Value, kind: Kind) -> Option<Param<'_>> {
    match (value, kind) {
        (Value::Null, Kind::Int) => Some(Box::new(None::<i64>)),
        (Value::Null, Kind::Bytes) => Some(Box::new(None::<&[u8]>)),
        (Value::Null, Kind::Text) => Some(Box::new(None::<&str>)),
        (Value::Int(_), Kind::Int)
        | (Value::Bytes(_), Kind::Bytes)
        | (Value::Text(_), Kind::Text) => Some(key_param(value)),
        (Value::Int(_) | Value::Bytes(_) | Value::Text(_), _) => None,
    }
}

/// A value of a key, which is never null, or a limit.
fn key_param(value: &Value) -> Param<'_> {
    match value {
        Value::Null => Box::new(None::<i64>),
        Value::Int(number) => Box::new(*number),
        Value::Bytes(bytes) => Box::new(bytes.as_slice()),
        Value::Text(text) => Box::new(text.as_str()),
    }
}
