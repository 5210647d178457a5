//! The tables of a store in the order in which they can be filled, and the statements over them.
//! It knows names and types, not what a row means.

/// What a column holds. Every column but those of the key may be null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Int,
    Bytes,
    Text,
}

/// A column.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
}

/// A table that is copied row by row.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) name: &'static str,
    /// All its columns, those of the key first.
    pub(super) columns: &'static [Column],
    /// How many columns the key has; rows are read in its order, bytewise on both engines.
    pub(super) keys: usize,
    /// How many rows are read and written at a time: fewer where a row may be large.
    pub(super) page: u32,
    /// Columns whose sum is held against the other side as well: balances.
    pub(super) summed: &'static [&'static str],
}

const fn int(name: &'static str) -> Column {
    Column { name, kind: Kind::Int }
}

const fn bytes(name: &'static str) -> Column {
    Column { name, kind: Kind::Bytes }
}

const fn text(name: &'static str) -> Column {
    Column { name, kind: Kind::Text }
}

const fn table(name: &'static str, keys: usize, page: u32, columns: &'static [Column]) -> Table {
    Table { name, columns, keys, page, summed: &[] }
}

/// Every table that is copied: a row never comes before the row it leads to. `counts` is not
/// copied but counted again, and `house` says whether all of this may be served.
pub(super) static TABLES: [Table; 12] = [
    table(
        "cases",
        1,
        500,
        &[
            bytes("id"),
            bytes("number"),
            text("stream"),
            int("version"),
            text("state"),
            int("due_at"),
            int("received_at"),
            int("updated_at"),
            bytes("snapshot"),
            bytes("head"),
            int("wake_at"),
        ],
    ),
    table("case_keys", 1, 1_000, &[bytes("case_id"), bytes("wrapped"), int("alive")]),
    table("blind_values", 3, 1_000, &[text("kind"), bytes("value"), bytes("case_id")]),
    table(
        "leaves",
        1,
        1_000,
        &[int("staging"), text("stream"), int("n"), int("position"), bytes("hash"), bytes("bytes")],
    ),
    table("sealed", 2, 250, &[bytes("case_id"), int("n"), bytes("sealed")]),
    table(
        "notices",
        2,
        500,
        &[bytes("case_id"), bytes("key"), bytes("fingerprint"), bytes("answer")],
    ),
    table(
        "outbox",
        1,
        250,
        &[
            bytes("id"),
            bytes("case_id"),
            int("sequence"),
            text("kind"),
            bytes("body"),
            text("state"),
            int("attempts"),
            int("next_at"),
            int("fence"),
            int("leased_until"),
            text("cause"),
            int("created_at"),
            int("delivered_at"),
            int("ready"),
        ],
    ),
    table("used_tokens", 1, 1_000, &[bytes("key"), int("until")]),
    table("log_head", 1, 1, &[int("one"), int("size"), bytes("frontier")]),
    table("log_nodes", 2, 1_000, &[int("level"), int("idx"), bytes("hash")]),
    table("checkpoints", 1, 1_000, &[int("size"), bytes("root"), text("note"), int("at")]),
    table(
        "records",
        2,
        500,
        &[text("kind"), text("id"), int("version"), bytes("body"), int("expires_at")],
    ),
];

/// The table that holds the size and the edge of the log: the only one a new store has a row in.
pub(super) const LOG_HEAD: &str = "log_head";

impl Table {
    /// The columns of the key.
    pub(super) fn key(&self) -> &'static [Column] {
        &self.columns[..self.keys]
    }

    /// Reads a page in the order of the key, the whole rows; `after` a key, whose values come
    /// first, then the limit. `mark` begins a placeholder: `?` or `$`.
    pub(super) fn select(&self, mark: char, after: bool) -> String {
        let (name, columns, key) = (self.name, list(self.columns), list(self.key()));
        if !after {
            return format!("SELECT {columns} FROM {name} ORDER BY {key} LIMIT {mark}1");
        }
        let marks = marks(mark, self.keys);
        let limit = self.keys + 1;
        format!(
            "SELECT {columns} FROM {name} WHERE ({key}) > ({marks}) ORDER BY {key} \
             LIMIT {mark}{limit}"
        )
    }

    /// The largest key.
    pub(super) fn select_last_key(&self) -> String {
        let falling: Vec<String> =
            self.key().iter().map(|column| format!("{} DESC", column.name)).collect();
        let (key, falling) = (list(self.key()), falling.join(", "));
        format!("SELECT {key} FROM {} ORDER BY {falling} LIMIT 1", self.name)
    }

    /// Adds one row.
    pub(super) fn insert(&self, mark: char) -> String {
        let marks = marks(mark, self.columns.len());
        format!("INSERT INTO {} ({}) VALUES ({marks})", self.name, list(self.columns))
    }

    /// Adds rows as they stream in.
    pub(super) fn copy_in(&self) -> String {
        format!("COPY {} ({}) FROM STDIN (FORMAT binary)", self.name, list(self.columns))
    }
}

fn list(columns: &[Column]) -> String {
    let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
    names.join(", ")
}

fn marks(mark: char, count: usize) -> String {
    let all: Vec<String> = (1..=count).map(|place| format!("{mark}{place}")).collect();
    all.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::{SqliteOptions, SqliteStore};

    #[test]
    fn a_page_is_read_in_the_order_of_the_whole_key() {
        let table = TABLES.iter().find(|table| table.name == "blind_values").unwrap();
        assert_eq!(
            table.select('?', true),
            "SELECT kind, value, case_id FROM blind_values WHERE (kind, value, case_id) > \
             (?1, ?2, ?3) ORDER BY kind, value, case_id LIMIT ?4"
        );
        assert_eq!(
            table.select_last_key(),
            "SELECT kind, value, case_id FROM blind_values \
             ORDER BY kind DESC, value DESC, case_id DESC LIMIT 1"
        );
    }

    fn ours(table: &Table) -> Vec<String> {
        table.columns.iter().map(|column| column.name.to_owned()).collect()
    }

    /// The tables that are copied, and those of this engine that are made anew.
    fn all(anew: &[&str]) -> Vec<String> {
        let copied = TABLES.iter().map(|table| table.name);
        let mut all: Vec<String> = copied.chain(anew.iter().copied()).map(str::to_owned).collect();
        all.sort_unstable();
        all
    }

    #[test]
    fn every_table_and_column_of_the_sqlite_schema_is_copied() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        drop(SqliteStore::open(&path, SqliteOptions::default()).unwrap());
        let db = rusqlite::Connection::open(&path).unwrap();
        let sql = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name";
        let mut statement = db.prepare(sql).unwrap();
        let names = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
        let names: Vec<String> = names.map(Result::unwrap).collect();
        assert_eq!(names, all(&["counts", "house", "refinery_schema_history"]));
        for table in &TABLES {
            let sql = "SELECT name FROM pragma_table_info(?1) ORDER BY cid";
            let mut statement = db.prepare(sql).unwrap();
            let names = statement.query_map([table.name], |row| row.get::<_, String>(0)).unwrap();
            assert_eq!(
                names.map(Result::unwrap).collect::<Vec<_>>(),
                ours(table),
                "{}",
                table.name
            );
        }
    }

    #[test]
    fn every_table_and_column_of_the_postgresql_schema_is_copied() {
        let schema = include_str!("../postgres/migrations/V1__first.sql");
        let later = include_str!("../postgres/migrations/V2__wake.sql");
        let names = schema.lines().filter_map(|line| line.strip_prefix("CREATE TABLE "));
        let names = names.map(|rest| rest.trim_end_matches(" (").to_owned());
        let mut names: Vec<String> = names.collect();
        names.sort_unstable();
        assert_eq!(names, all(&["counts", "house", "writers"]));
        for table in &TABLES {
            let begin = format!("CREATE TABLE {} (", table.name);
            let (_, body) = schema.split_once(&begin).unwrap();
            let (body, _) = body.split_once("\n)").unwrap();
            let names = body.lines().filter_map(|line| line.split_whitespace().next());
            let other = ["--", "PRIMARY", "UNIQUE", "CHECK"];
            let names = names.filter(|name| !other.iter().any(|word| name.starts_with(word)));
            let begin = format!("ALTER TABLE {} ADD COLUMN ", table.name);
            let added = later.lines().filter_map(|line| line.strip_prefix(&begin));
            let added = added.filter_map(|rest| rest.split_whitespace().next());
            assert_eq!(names.chain(added).collect::<Vec<_>>(), ours(table), "{}", table.name);
        }
    }
}
