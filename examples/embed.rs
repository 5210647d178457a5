//! Embedding the channel in an axum service of one's own: the engine over SQLite, the routes a
//! center calls mounted beside the service's own, one worker for the log.
//!
//! `cargo run -p green-channel-examples --bin embed` serves on 127.0.0.1:8320 until Ctrl-C, with
//! fresh keys in a temporary folder. A real service keeps its keys: without them nothing sealed can
//! be read.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use green_channel::calendar::Calendar;
use green_channel::case::RuleSet;
use green_channel::channel::{
    CenterTrust, Channel, ChannelConfig, Host, KeyRing, KeyRingFile, SystemClock, SystemEntropy,
};
use green_channel::intake;
use green_channel::money::Fen;
use green_channel::protocol::KeySet;
use green_channel::store::sqlite::{SqliteOptions, SqliteStore};

type Error = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let folder = std::env::temp_dir().join(format!("green-channel-embed-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let store = SqliteStore::open(&folder.join("cases.db"), SqliteOptions::default())?;
    let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
    let channel = Channel::open(store, config()?, clock, entropy).await?;

    // One worker puts leaves into the log; reports need a second one and a center to send them to
    // (`deliver_due`).
    let sequencer = channel.clone();
    tokio::spawn(async move {
        loop {
            if let Err(error) = sequencer.sequence().await {
                let _ = writeln!(std::io::stderr(), "the log did not grow: {error}");
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    });

    let service = Router::new()
        .route("/", get(|| async { "our own service\n" }))
        .merge(intake::router(channel.clone()));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8320").await?;
    writeln!(
        std::io::stdout(),
        "http://{}/.well-known/green-channel.json",
        listener.local_addr()?
    )?;
    let stop = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    axum::serve(listener, service).with_graceful_shutdown(stop).await?;
    std::fs::remove_dir_all(folder)?;
    Ok(())
}

fn config() -> Result<ChannelConfig, Error> {
    Ok(ChannelConfig {
        host: Host {
            base_url: "http://127.0.0.1:8320".to_owned(),
            uscc: "91000000000000000K".to_owned(),
            name: "Example platform".to_owned(),
            log_origin: "127.0.0.1:8320/log".to_owned(),
        },
        // The center's keys come from its JWKS; with none, every diversion is refused.
        center: CenterTrust::new("https://center.example", KeySet::new()),
        keys: KeyRing::from_file(&KeyRingFile::generate(&SystemEntropy))?,
        rules: RuleSet::current("odr-2026")?,
        more_rules: Vec::new(),
        retention_years: ChannelConfig::RETENTION_YEARS,
        calendar: Calendar::shipped(),
        clerk_offer_limit: Fen::new(500_000),
        fund: green_channel::fund::FundRules::default(),
        merge_delay_millis: ChannelConfig::MERGE_DELAY_MILLIS,
    })
}
