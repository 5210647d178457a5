//! The side of a copy that is a SQLite file: its connection works on threads that may block.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, params_from_iter};

use super::error::{TransferError, corrupt, told};
use super::house::{self, House};
use super::tables::{Kind, LOG_HEAD, Table};
use super::value::{Row, Value};
use super::{Use, disk};
use crate::store::StoreError;

mod embedded {
    //! The migrations of the embedded database, for a file that no store has opened yet.
    refinery::embed_migrations!("src/store/sqlite/migrations");
}

/// How long to wait for a lock that somebody else holds for a moment.
const PATIENCE: Duration = Duration::from_secs(5);

type Try<T> = Result<T, TransferError>;

/// A file with its connection, which a working thread borrows.
pub(super) struct File {
    path: PathBuf,
    db: Option<Connection>,
}

impl File {
    /// Opens a file to read from.
    pub(super) async fn source(path: &Path, purpose: Use) -> Try<Self> {
        let path = path.to_owned();
        on_thread(move || {
            let db = open_source(&path, purpose)?;
            Ok(Self { path, db: Some(db) })
        })
        .await
    }

    /// Opens or creates a file to fill. Nobody else can open it meanwhile.
    pub(super) async fn target(path: &Path) -> Try<Self> {
        let path = path.to_owned();
        on_thread(move || {
            let db = open_target(&path)?;
            Ok(Self { path, db: Some(db) })
        })
        .await
    }

    async fn with<T, F>(&mut self, work: F) -> Try<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Try<T> + Send + 'static,
    {
        // After a panic of an earlier call there is no connection any more.
        let mut db = self.db.take().ok_or(StoreError::Closed)?;
        let (db, answer) = on_thread(move || {
            let answer = work(&mut db);
            Ok((db, answer))
        })
        .await?;
        self.db = Some(db);
        answer
    }

    pub(super) async fn house(&mut self) -> Try<House> {
        self.with(|db| read_house(db)).await
    }

    pub(super) async fn page(
        &mut self,
        table: &'static Table,
        after: Option<Vec<Value>>,
        limit: u32,
    ) -> Try<Vec<Row>> {
        self.with(move |db| page(db, table, after, limit)).await
    }

    pub(super) async fn last_key(&mut self, table: &'static Table) -> Try<Option<Vec<Value>>> {
        let sql = table.select_last_key();
        self.with(move |db| Ok(rows(db, table, &sql, &[], table.keys)?.pop())).await
    }

    pub(super) async fn write(&mut self, table: &'static Table, rows: Vec<Row>) -> Try<()> {
        self.with(move |db| {
            let transaction = db.transaction()?;
            {
                let mut insert = transaction.prepare_cached(&table.insert('?'))?;
                for row in &rows {
                    insert.execute(params_from_iter(row))?;
                }
            }
            Ok(transaction.commit()?)
        })
        .await
    }

    pub(super) async fn begin_filling(&mut self, house: House) -> Try<()> {
        self.with(move |db| {
            let transaction = db.transaction()?;
            transaction.execute(&format!("DELETE FROM {LOG_HEAD}"), [])?;
            write_house(&transaction, &house)?;
            Ok(transaction.commit()?)
        })
        .await
    }

    /// Counts what was copied, lets the store be served, and leaves one durable file.
    pub(super) async fn open_up(&mut self) -> Try<()> {
        self.with(|db| {
            let transaction = db.transaction()?;
            transaction.execute_batch(
                "DELETE FROM counts;
                 INSERT INTO counts (kind, code, n)
                 SELECT 'case', state, COUNT(*) FROM cases GROUP BY state;
                 INSERT INTO counts (kind, code, n)
                 SELECT 'report', state, COUNT(*) FROM outbox GROUP BY state;",
            )?;
            write_house(&transaction, &House::Open)?;
            transaction.commit()?;
            leave_wal(db)
        })
        .await?;
        disk::sync_folder_of(&self.path)?;
        Ok(())
    }

    /// Ends reading and changes nothing.
    pub(super) async fn end(&mut self) -> Try<()> {
        self.with(|db| Ok(db.execute_batch("ROLLBACK")?)).await
    }

    /// Ends reading and says in the same transaction where the store went.
    pub(super) async fn leave(&mut self, house: House) -> Try<()> {
        self.with(move |db| {
            write_house(db, &house)?;
            Ok(db.execute_batch("COMMIT")?)
        })
        .await
    }
}

/// Writes a compact copy of a store that may be in use, as of one instant, into a file that must
/// not exist or be empty.
pub(super) async fn vacuum_into(path: &Path, file: &Path) -> Try<()> {
    let (path, file) = (path.to_owned(), file.to_owned());
    on_thread(move || {
        let db = connect(&path)?;
        match read_house(&db)? {
            House::Open => {}
            House::Backup => {
                let place = format!("sqlite://{}", path.display());
                return Err(TransferError::IsBackup { place });
            }
            House::Filling { from } => return Err(TransferError::SourceFilling { from }),
            House::Moved { to } => return Err(TransferError::SourceMoved { to }),
        }
        let text = file.to_str().ok_or_else(|| std::io::Error::other("its path is not UTF-8"))?;
        disk::create_private(&file)?;
        db.execute("VACUUM INTO ?1", [text])?;
        Ok(())
    })
    .await
}

/// A copy of a backup with the newest schema, beside it; none if it has the newest schema already.
pub(super) async fn newer_copy(backup: &Path) -> Try<Option<PathBuf>> {
    let path = backup.to_owned();
    on_thread(move || {
        let db = connect(&path)?;
        let found = version(&db)?;
        if found == latest() {
            return Ok(None);
        }
        if found > latest() {
            return Err(TransferError::OtherVersion {
                place: format!("sqlite://{}", path.display()),
            });
        }
        let mut name = path.as_os_str().to_owned();
        name.push(".newer");
        let copy = PathBuf::from(name);
        // What a broken-off run left is made again: the same backup gives the same rows.
        if copy.exists() {
            std::fs::remove_file(&copy)?;
        }
        let text = copy.to_str().ok_or_else(|| std::io::Error::other("its path is not UTF-8"))?;
        disk::create_private(&copy)?;
        db.execute("VACUUM INTO ?1", [text])?;
        match connect(&copy).and_then(|mut db| migrate(&mut db, &copy)) {
            Ok(()) => Ok(Some(copy)),
            Err(error) => {
                std::fs::remove_file(&copy)?;
                Err(error)
            }
        }
    })
    .await
}

/// Makes a backup of a file that nobody has open: no write-ahead log beside it, and never served.
pub(super) async fn settle(file: &Path) -> Try<()> {
    let path = file.to_owned();
    on_thread(move || {
        let db = connect(&path)?;
        leave_wal(&db)?;
        write_house(&db, &House::Backup)?;
        drop(db);
        std::fs::File::open(&path)?.sync_all()?;
        Ok(disk::sync_folder_of(&path)?)
    })
    .await
}

async fn on_thread<T, F>(work: F) -> Try<T>
where
    T: Send + 'static,
    F: FnOnce() -> Try<T> + Send + 'static,
{
    match tokio::task::spawn_blocking(work).await {
        Ok(answer) => answer,
        Err(_) => Err(StoreError::Engine("a working thread ended".to_owned()).into()),
    }
}

fn connect(path: &Path) -> Try<Connection> {
    if !path.is_file() {
        let place = format!("sqlite://{}", path.display());
        return Err(TransferError::NoStore { place });
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags)?;
    db.busy_timeout(PATIENCE)?;
    Ok(db)
}

fn open_source(path: &Path, purpose: Use) -> Try<Connection> {
    let mut db = connect(path)?;
    match purpose {
        Use::Move => {
            // Where the store went must be on the disk, journal and folder too, before its successor
            // is served: a power cut must not bring the old one back.
            db.pragma_update(None, "synchronous", "EXTRA")?;
            // Only whoever has the file alone can take it out of the write-ahead log: this fails
            // beside a server. What is locked from then on stays so until we are done.
            ask(&db, "PRAGMA locking_mode = EXCLUSIVE")?;
            leave_wal(&db)?;
            db.execute_batch("BEGIN EXCLUSIVE; COMMIT")?;
            migrate(&mut db, path)?;
            db.execute_batch("BEGIN EXCLUSIVE")?;
            if ask(&db, "PRAGMA journal_mode")? != "delete" {
                return Err(TransferError::InUse);
            }
        }
        Use::Copy => {
            if version(&db)? != latest() {
                let place = format!("sqlite://{}", path.display());
                return Err(TransferError::OtherVersion { place });
            }
            db.execute_batch("BEGIN")?;
        }
    }
    Ok(db)
}

fn open_target(path: &Path) -> Try<Connection> {
    if !path.exists() {
        disk::create_private(path)?;
    }
    let mut db = connect(path)?;
    ask(&db, "PRAGMA locking_mode = EXCLUSIVE")?;
    ask(&db, "PRAGMA journal_mode = WAL")?;
    db.pragma_update(None, "synchronous", "FULL")?;
    db.pragma_update(None, "foreign_keys", true)?;
    migrate(&mut db, path)?;
    Ok(db)
}

fn migrate(db: &mut Connection, path: &Path) -> Try<()> {
    let done = embedded::migrations::runner().set_grouped(true).run(db);
    let Err(error) = done else { return Ok(()) };
    // What refinery finds by itself is a schema of another version.
    let engine = match error.kind() {
        refinery::error::Kind::Connection(_, cause) => cause.downcast_ref::<rusqlite::Error>(),
        _ => None,
    };
    let other = || TransferError::OtherVersion { place: format!("sqlite://{}", path.display()) };
    Err(engine.map_or_else(other, told))
}

fn version(db: &Connection) -> Try<i64> {
    let sql = "SELECT COALESCE(MAX(version), 0) FROM refinery_schema_history";
    Ok(db.query_row(sql, [], |row| row.get(0))?)
}

/// The newest version of the schema.
fn latest() -> i64 {
    let runner = embedded::migrations::runner();
    let versions = runner.get_migrations().iter().map(|migration| migration.version());
    versions.max().map_or(0, i64::from)
}

/// Sets what answers with the value it took.
fn ask(db: &Connection, sql: &str) -> Try<String> {
    Ok(db.query_row(sql, [], |row| row.get(0))?)
}

/// Moves everything into the one file, which takes the file for ourselves.
fn leave_wal(db: &Connection) -> Try<()> {
    if ask(db, "PRAGMA journal_mode = DELETE")? == "delete" {
        Ok(())
    } else {
        Err(TransferError::InUse)
    }
}

fn read_house(db: &Connection) -> Try<House> {
    let (state, detail): (String, String) =
        db.query_row(house::READ, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(House::of(&state, detail))
}

fn write_house(db: &Connection, house: &House) -> Try<()> {
    db.execute("UPDATE house SET state = ?1, detail = ?2 WHERE one = 1", house.row())?;
    Ok(())
}

fn page(
    db: &Connection,
    table: &'static Table,
    after: Option<Vec<Value>>,
    limit: u32,
) -> Try<Vec<Row>> {
    let sql = table.select('?', after.is_some());
    let mut values = after.unwrap_or_default();
    values.push(Value::Int(i64::from(limit)));
    rows(db, table, &sql, &values, table.columns.len())
}

/// The first `width` columns of the rows that a statement gives.
fn rows(
    db: &Connection,
    table: &'static Table,
    sql: &str,
    values: &[Value],
    width: usize,
) -> Try<Vec<Row>> {
    let mut statement = db.prepare_cached(sql)?;
    let mut found = statement.query(params_from_iter(values))?;
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        let mut values = Vec::with_capacity(width);
        for (place, column) in table.columns[..width].iter().enumerate() {
            values.push(match (row.get_ref(place)?, column.kind) {
                (ValueRef::Null, _) => Value::Null,
                (ValueRef::Integer(number), Kind::Int) => Value::Int(number),
                (ValueRef::Blob(bytes), Kind::Bytes) => Value::Bytes(bytes.to_vec()),
                (ValueRef::Text(text), Kind::Text) => {
                    let text = std::str::from_utf8(text).map_err(|_| corrupt(table.name))?;
                    Value::Text(text.to_owned())
                }
                (
                    ValueRef::Integer(_)
                    | ValueRef::Real(_)
                    | ValueRef::Text(_)
                    | ValueRef::Blob(_),
                    _,
                ) => return Err(corrupt(table.name)),
            });
        }
        rows.push(values);
    }
    Ok(rows)
}
