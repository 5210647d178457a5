//! PostgreSQL keeps the store's contract, alone and with two servers over one database. (The
//! embedded database is held to it in `sdk/tests/store_sqlite.rs`.)

use green_channel::store::contract;
use green_channel::store::postgres::{PostgresOptions, PostgresStore};
use green_channel_tests::Postgres;

async fn open(url: &str, options: &PostgresOptions) -> PostgresStore {
    PostgresStore::open(url, options.clone()).await.expect("the store opens")
}

async fn keeps_the_contract(options: PostgresOptions) {
    contract::all(|| async {
        let url = Postgres::shared().database("contract");
        open(&url, &options).await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn postgres_keeps_the_contract() {
    keeps_the_contract(PostgresOptions::default()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn postgres_keeps_the_contract_when_every_change_commits_alone() {
    keeps_the_contract(PostgresOptions { batch: 1, writers: 4, ..PostgresOptions::default() })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn reopening_finds_everything() {
    let url = Postgres::shared().database("reopening");
    let options = PostgresOptions::default();
    contract::what_was_committed_survives_reopening(|| open(&url, &options)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_servers_over_one_database_keep_the_contract() {
    contract::shared(|| async {
        let url = Postgres::shared().database("shared");
        let options = PostgresOptions::default();
        (open(&url, &options).await, open(&url, &options).await)
    })
    .await;
}
