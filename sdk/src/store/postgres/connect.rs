//! Connections to the server: how each session is set up, and the schema brought up to date.

use std::str::FromStr;
use std::time::Duration;

use tokio_postgres::config::{SslMode, TargetSessionAttrs};
use tokio_postgres::{Client, Config, NoTls};

use super::error::{Fault, Try, describe};
use crate::store::{StoreError, house};

mod embedded {
    //! The migrations, compiled in.
    refinery::embed_migrations!("src/store/postgres/migrations");
}

/// What every session is told first. A commit is on disk before it is acknowledged, whatever the
/// server's default; row locks and unique indexes decide, so READ COMMITTED is enough; a client
/// that stops in the middle of a transaction must not hold its locks for the others; and a wait
/// for a lock ends, so that a stuck neighbour is told rather than joined. Every statement of ours
/// has an index to go by, and a plan is kept for long: one that was made while a table was small
/// must not read the whole of it when it is large.
const SESSION: &str = "SET synchronous_commit = on;
    SET default_transaction_isolation = 'read committed';
    SET idle_in_transaction_session_timeout = '5s';
    SET lock_timeout = '3s';
    SET enable_seqscan = off;
    SET jit = off;
    SET client_min_messages = 'warning'";

/// How long a server may take until a session is ready.
const PATIENCE: Duration = Duration::from_secs(10);

/// The key of the advisory lock under which schemas are changed: any number nobody else uses.
const MIGRATION_LOCK: i64 = 1_231_500_001;

/// Reads a URL like `postgres://user:password@host:5432/database`.
///
/// # Errors
/// When it does not read, or demands TLS, which this store does not speak.
pub(super) fn config(url: &str) -> Result<Config, StoreError> {
    let mut config = Config::from_str(url)
        .map_err(|_| StoreError::Engine("the database URL does not read".to_owned()))?;
    if config.get_ssl_mode() == SslMode::Require {
        let text = "sslmode=require: connections are not encrypted here; use a Unix socket, a \
                    private network or a TLS tunnel, and leave sslmode out";
        return Err(StoreError::Engine(text.to_owned()));
    }
    config.ssl_mode(SslMode::Disable);
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(Duration::from_secs(5));
    }
    if config.get_application_name().is_none() {
        config.application_name("green-channel");
    }
    config.keepalives_idle(Duration::from_secs(30));
    config.keepalives_interval(Duration::from_secs(5));
    config.tcp_user_timeout(Duration::from_secs(30));
    // Of several hosts only the one that writes: a standby would show what was true before.
    config.target_session_attrs(TargetSessionAttrs::ReadWrite);
    Ok(config)
}

/// One connection of its own, set up like all others. Migrations are not run.
///
/// # Errors
/// When the URL does not read or the server cannot be reached.
pub async fn connect(url: &str) -> Result<Client, StoreError> {
    open(&config(url)?).await.map_err(Fault::into_store_error)
}

/// Opens a session; its connection runs as a task of its own until the client is dropped. A server
/// that takes the connection and then says nothing is as good as none.
pub(super) async fn open(config: &Config) -> Try<Client> {
    let opened = tokio::time::timeout(PATIENCE, async {
        let (client, connection) = config.connect(NoTls).await?;
        // What it ends with is told to whoever waits for an answer.
        tokio::spawn(async move { drop(connection.await) });
        set_up(&client).await?;
        Ok(client)
    });
    opened.await.unwrap_or_else(|_| Err(StoreError::Unreachable.into()))
}

/// Tells a session what every session is told.
pub(super) async fn set_up(client: &Client) -> Try<()> {
    Ok(client.batch_execute(SESSION).await?)
}

/// Brings the schema up to date. Any number of servers may start at once: one migrates, the
/// others wait for it.
///
/// # Errors
/// When the server cannot be reached, or the schema is of another version.
pub async fn migrate(url: &str) -> Result<(), StoreError> {
    let config = config(url)?;
    let mut client = open(&config).await.map_err(Fault::into_store_error)?;
    // A schema change of another server may take longer than a lock of ours.
    let lock = format!("SET lock_timeout = 0; SELECT pg_advisory_lock({MIGRATION_LOCK})");
    client.batch_execute(&lock).await.map_err(|error| describe(&error))?;
    // Grouped: a schema change and the note that it happened are one transaction. The lock ends
    // with the session.
    let done = embedded::migrations::runner().set_grouped(true).run_async(&mut client).await;
    done.map(drop).map_err(|error| migration_failed(&error))
}

fn migration_failed(error: &refinery::Error) -> StoreError {
    use refinery::error::Kind;
    match error.kind() {
        Kind::DivergentVersion(..) | Kind::MissingVersion(..) | Kind::RepeatedVersion(..) => {
            let text = "its schema is of another version; use the version that wrote it";
            StoreError::Engine(text.to_owned())
        }
        Kind::Connection(_, cause) => match cause.downcast_ref::<tokio_postgres::Error>() {
            Some(cause) => describe(cause),
            None => StoreError::Engine("a migration failed".to_owned()),
        },
        // The enumeration of the library; the rest cannot come from migrations compiled in.
        _ => StoreError::Engine("a migration failed".to_owned()),
    }
}

/// A store that is being filled is not whole, and one that was moved has a successor.
pub(super) async fn must_be_open(client: &Client) -> Try<()> {
    let row = client.query_one("SELECT state, detail FROM house WHERE one = 1", &[]).await?;
    let (state, detail): (String, String) = (row.try_get(0)?, row.try_get(1)?);
    house::must_be_open(&state, &detail).map_err(Fault::Refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_that_demands_tls_is_refused_with_the_remedy() {
        let refused = config("postgres://u@h/d?sslmode=require").unwrap_err().to_string();
        assert!(refused.contains("tunnel"), "{refused}");
        let refused = config("postgres://[").unwrap_err().to_string();
        assert!(refused.contains("does not read"), "{refused}");
        assert!(config("postgresql://u:p@127.0.0.1:5432/d").is_ok());
    }
}
