//! A merchant to measure: a data folder as `init` makes it, a center whose keys can be made again,
//! requests as that center signs them, and a store filled with real intakes.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use green_channel::calendar::Calendar;
use green_channel::case::RuleSet;
use green_channel::channel::{
    CenterTrust, Channel, ChannelConfig, Host, KeyRing, KeyRingFile, SystemClock, SystemEntropy,
};
use green_channel::ids::Entropy;
use green_channel::money::Fen;
use green_channel::protocol::KeySet;
use green_channel::store::{AnyStore, Store};
use green_channel::testkit::{SeededEntropy, SimCenter, SimCenterConfig};
use green_channel_tests::{NAME, USCC, complaint_from, merchant_server};

use crate::http::request;
use crate::say;

/// The merchant's base URL in every store of the benchmark, wherever it listens.
const MERCHANT: &str = "http://merchant.bench";
const ISSUER: &str = "https://12315.bench.example";
const SEED: u64 = 12_315;
/// The route of an intake.
pub(crate) const INTAKE: &str = "/green-channel/v1/complaints";

/// The engine as the server runs it.
pub(crate) type Engine = Channel<AnyStore>;

/// A merchant's folder.
pub(crate) struct World {
    pub(crate) data: PathBuf,
    pub(crate) address: SocketAddr,
    pub(crate) center: SimCenter,
    database: String,
    numbers: Arc<AtomicU64>,
}

/// Draws the center's three keys from a seed and everything else from the machine.
struct KeysOf {
    keys: SeededEntropy,
    drawn: AtomicU64,
}

impl Entropy for KeysOf {
    fn fill(&self, bytes: &mut [u8]) {
        if self.drawn.fetch_add(1, Ordering::SeqCst) < 3 {
            self.keys.fill(bytes);
        } else {
            SystemEntropy.fill(bytes);
        }
    }
}

fn center(seed: u64) -> SimCenter {
    let config = SimCenterConfig {
        issuer: ISSUER.to_owned(),
        merchant_url: MERCHANT.to_owned(),
        merchant_address: MERCHANT.to_owned(),
        merchant_uscc: USCC.to_owned(),
    };
    let entropy = KeysOf { keys: SeededEntropy::new(seed), drawn: AtomicU64::new(0) };
    SimCenter::new(config, Arc::new(SystemClock), Arc::new(entropy)).expect("an HTTP client")
}

/// The role of a center: takes reports and signs receipts until killed.
pub(crate) async fn serve_center(seed: u64, keys: &Path) -> std::io::Result<()> {
    let center = center(seed);
    let merchant = KeySet::from_jwks(&std::fs::read(keys)?).map_err(std::io::Error::other)?;
    center.know(merchant);
    let address = center.serve(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    say(&address.to_string());
    std::future::pending().await
}

impl World {
    /// A new merchant in a folder, over a database; the folder must not exist.
    pub(crate) fn make(data: &Path, database: &str) -> Self {
        let center = center(SEED);
        let keys = data.with_extension("center.json");
        std::fs::write(&keys, center.keys().to_jwks().to_string()).expect("the key file writes");
        let path = |path: &Path| path.to_str().expect("a path of ours").to_owned();
        let output = merchant_server([
            "init",
            "--data",
            &path(data),
            "--public-url",
            MERCHANT,
            "--center-issuer",
            ISSUER,
            "--center-jwks",
            &path(&keys),
            "--uscc",
            USCC,
            "--name",
            NAME,
            "--database",
            database,
        ]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "init failed:\n{said}");
        let file = data.join("config.toml");
        let text = std::fs::read_to_string(&file).expect("init writes it");
        let text = text.replacen("level = \"info\"", "level = \"error\"", 1);
        std::fs::write(&file, text).expect("the configuration writes");
        Self::at(data, database)
    }

    /// A merchant that was made before.
    pub(crate) fn at(data: &Path, database: &str) -> Self {
        let port = free_port();
        let file = data.join("config.toml");
        let text = std::fs::read_to_string(&file).expect("init wrote it");
        let lines = text.lines().map(|line| {
            if line.starts_with("listen = ") {
                format!("listen = \"127.0.0.1:{port}\"")
            } else {
                line.to_owned()
            }
        });
        std::fs::write(&file, lines.collect::<Vec<_>>().join("\n")).expect("it writes");
        Self {
            data: data.to_owned(),
            address: SocketAddr::from(([127, 0, 0, 1], port)),
            center: center(SEED),
            database: database.to_owned(),
            numbers: Arc::new(AtomicU64::new(u64::from_le_bytes(random()) >> 20)),
        }
    }

    /// The engine inside this process, over the same store and keys as the server's.
    pub(crate) async fn engine(&self) -> Engine {
        self.engine_with(green_channel::fund::FundRules::default()).await
    }

    /// The same with other limits of the fund.
    pub(crate) async fn engine_with(&self, fund: green_channel::fund::FundRules) -> Engine {
        let text = std::fs::read_to_string(self.data.join("keys.json")).expect("init wrote it");
        let file: KeyRingFile = serde_json::from_str(&text).expect("init wrote it");
        let database = match self.database.contains("://") {
            true => self.database.clone(),
            false => self.data.join(&self.database).display().to_string(),
        };
        let store = AnyStore::open(&database, 4096).await.expect("the store opens");
        let config = ChannelConfig {
            host: Host {
                base_url: MERCHANT.to_owned(),
                uscc: USCC.to_owned(),
                name: NAME.to_owned(),
                log_origin: "merchant.bench/log".to_owned(),
            },
            center: CenterTrust::new(ISSUER, self.center.keys()),
            keys: KeyRing::from_file(&file).expect("init wrote it"),
            rules: RuleSet::current("odr-2026").expect("shipped"),
            more_rules: Vec::new(),
            retention_years: ChannelConfig::RETENTION_YEARS,
            calendar: Calendar::shipped(),
            clerk_offer_limit: Fen::new(500_000),
            fund,
            merge_delay_millis: ChannelConfig::MERGE_DELAY_MILLIS,
        };
        let opened =
            Channel::open(store, config, Arc::new(SystemClock), Arc::new(SystemEntropy)).await;
        opened.expect("the engine opens")
    }

    /// A token of a clerk.
    pub(crate) fn clerk_token(&self) -> String {
        let data = self.data.to_str().expect("a path of ours");
        let scopes = ["--scope", "cases:read", "--scope", "cases:act"];
        let output = merchant_server(
            ["token", "create", "--data", data, "--name", "bench", "--role", "clerk"]
                .into_iter()
                .chain(scopes),
        );
        assert!(output.status.success(), "no token");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Bodies of fresh complaints, each with a signed consent.
    pub(crate) fn bodies(&self, count: usize) -> Vec<(String, Vec<u8>)> {
        let body = |_| {
            let number = self.numbers.fetch_add(1, Ordering::Relaxed);
            let no = format!("BENCH{number:015}");
            let body = complaint_from(&self.center, number, &no).to_string().into_bytes();
            (no, body)
        };
        (0..count).map(body).collect()
    }

    /// Signed intakes as bytes on the wire.
    pub(crate) fn intakes(&self, count: usize) -> Vec<Vec<u8>> {
        let wire = |(_, body): (String, Vec<u8>)| {
            request("POST", INTAKE, &self.center.token("POST", INTAKE, &body), &body)
        };
        self.bodies(count).into_iter().map(wire).collect()
    }

    /// Fills the store with real intakes until it holds so many cases.
    pub(crate) async fn fill(&self, cases: u64) {
        let engine = self.engine().await;
        loop {
            let held = held(&engine).await;
            if held >= cases {
                break;
            }
            say(&format!("  filling: {held} of {cases}"));
            let count = usize::try_from((cases - held).min(20_000)).expect("few");
            crate::embedded::intake(&engine, self.bodies(count), 64).await;
            while engine.sequence().await.expect("the log grows").more {}
        }
        engine.store().close().await.expect("the store closes");
    }
}

/// How many cases a store holds.
pub(crate) async fn held(engine: &Engine) -> u64 {
    let counts = engine.store().case_counts().await.expect("the store counts");
    counts.iter().map(|(_, count)| count).sum()
}

fn random() -> [u8; 8] {
    let mut bytes = [0; 8];
    SystemEntropy.fill(&mut bytes);
    bytes
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}
