//! The connections that read: a small pool, each with its statements prepared once. It knows no
//! queries.

use std::time::Duration;

use deadpool_postgres::{
    Client, Hook, HookError, Manager, ManagerConfig, Pool, PoolError, RecyclingMethod, Runtime,
};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Config, NoTls, Row};

use super::connect;
use super::error::{Fault, Try};
use crate::store::StoreError;

/// Who waits longer than this for a free connection is told to come back.
const WAIT: Duration = Duration::from_secs(5);

/// The values of a statement.
pub(super) type Values<'a> = &'a [&'a (dyn ToSql + Sync)];

/// A pool of connections.
pub(super) struct Readers {
    pool: Pool,
}

impl Readers {
    /// A pool of at most so many connections; each is opened when it is first needed.
    pub(super) fn new(config: &Config, readers: usize) -> Try<Self> {
        let settings = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(config.clone(), NoTls, settings);
        let set_up = Hook::async_fn(|client: &mut deadpool_postgres::ClientWrapper, _| {
            Box::pin(async move {
                connect::set_up(client).await.map_err(|fault| match fault {
                    Fault::Engine(error) => HookError::Backend(error),
                    Fault::Refused(error) => HookError::message(error.to_string()),
                })
            })
        });
        let pool = Pool::builder(manager)
            .max_size(readers.max(1))
            .wait_timeout(Some(WAIT))
            .runtime(Runtime::Tokio1)
            .post_create(set_up)
            .build();
        let failed = |_| StoreError::Engine("the connection pool does not start".to_owned());
        Ok(Self { pool: pool.map_err(failed)? })
    }

    /// The rows of one statement. A connection that broke is replaced once.
    pub(super) async fn rows(&self, sql: &str, values: Values<'_>) -> Try<Vec<Row>> {
        match self.ask(sql, values).await {
            Err(fault) if fault.is_transient() => self.ask(sql, values).await,
            done => done,
        }
    }

    async fn ask(&self, sql: &str, values: Values<'_>) -> Try<Vec<Row>> {
        let client = self.client().await?;
        let statement = client.prepare_cached(sql).await?;
        Ok(client.query(&statement, values).await?)
    }

    async fn client(&self) -> Try<Client> {
        self.pool.get().await.map_err(|error| match error {
            PoolError::Timeout(_) => StoreError::Overloaded.into(),
            PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)) => {
                Fault::Engine(error)
            }
            PoolError::Closed => StoreError::Closed.into(),
            PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_) => {
                StoreError::Engine("the connection pool does not start".to_owned()).into()
            }
        })
    }

    /// Lets no more reads in.
    pub(super) fn close(&self) {
        self.pool.close();
    }
}
