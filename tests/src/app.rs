//! A merchant as it runs in the world: the real server in a folder of its own, a center, people.

use std::fs::{File, OpenOptions};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use green_channel::center::http_client;
use green_channel::channel::SystemClock;
use green_channel::protocol::KeySet;
use green_channel::testkit::{SimCenter, SimCenterConfig};
use serde_json::Value;
use tempfile::TempDir;

use crate::seeded::{KeysOf, Seeded};
use crate::{Browser, Staff, binary, complaint_from, eventually, merchant_server};

/// The merchant's 统一社会信用代码.
pub const USCC: &str = "91000000000000000K";
/// The merchant's name.
pub const NAME: &str = "示例商场";
/// The center's issuer string.
pub const ISSUER: &str = "https://12315.test.example";

const SCOPES: [&str; 3] = ["cases:read", "cases:act", "log:read"];

/// How an app begins.
#[derive(Debug)]
pub struct Setup {
    /// Whether the center answers from the beginning; else call [`TestApp::open_center`].
    pub center_up: bool,
    /// Lines of the configuration and what stands there instead.
    pub settings: Vec<(&'static str, &'static str)>,
    /// Where the database is; a file in the data folder when none.
    pub database: Option<String>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            center_up: true,
            settings: vec![("timeout_seconds = 15", "timeout_seconds = 2")],
            database: None,
        }
    }
}

/// A running merchant with its center and its people.
pub struct TestApp {
    folder: TempDir,
    url: String,
    center: SimCenter,
    center_seed: u64,
    center_address: SocketAddr,
    clerk: Staff,
    supervisor: Staff,
    client: reqwest::Client,
    keys: KeySet,
    server: Option<Child>,
    told: AtomicU64,
}

impl TestApp {
    /// A merchant with a center that is up.
    pub async fn start() -> Self {
        Self::start_with(Setup::default()).await
    }

    /// A merchant that begins another way.
    ///
    /// # Panics
    /// When a command fails or the server does not come up.
    pub async fn start_with(setup: Setup) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let url = format!("http://127.0.0.1:{}", free_port());
        let center_address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let center_seed = Seeded::seed();
        let center = center_of(center_seed, config(&url, &url));
        let client = http_client(Duration::from_secs(30)).expect("an HTTP client");
        let jwks = folder.path().join("center.json");
        std::fs::write(&jwks, center.keys().to_jwks().to_string()).expect("the key file writes");
        init(&folder.path().join("data"), &url, center_address, &jwks, &setup);
        let person = |role| {
            let token = token(&folder.path().join("data"), role);
            Staff::new(&url, token, client.clone())
        };
        let (clerk, supervisor) = (person("clerk"), person("supervisor"));
        let mut app = Self {
            folder,
            url,
            center,
            center_seed,
            center_address,
            clerk,
            supervisor,
            client,
            keys: KeySet::new(),
            server: None,
            told: AtomicU64::new(0),
        };
        if setup.center_up {
            app.open_center().await;
        }
        app.launch().await;
        let answer = app.get("/.well-known/jwks.json").await.expect("the keys are published");
        let bytes = answer.bytes().await.expect("the keys read");
        app.keys = KeySet::from_jwks(&bytes).expect("the keys are a JWKS");
        app.center.know(app.keys.clone());
        app
    }

    /// The server's base URL.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The port it listens on.
    ///
    /// # Panics
    /// Never: we chose it.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.url.trim_start_matches("http://").parse().expect("we made this address")
    }

    /// The center.
    #[must_use]
    pub fn center(&self) -> &SimCenter {
        &self.center
    }

    /// Somebody with the center's own keys who says that merchant or center are elsewhere.
    #[must_use]
    pub fn twin(&self, change: impl FnOnce(&mut SimCenterConfig)) -> SimCenter {
        let mut config = config(&self.url, &self.url);
        change(&mut config);
        center_of(self.center_seed, config)
    }

    /// Somebody who claims to be the center but has other keys.
    #[must_use]
    pub fn impostor(&self) -> SimCenter {
        center_of(self.center_seed.wrapping_add(1_000), config(&self.url, &self.url))
    }

    /// Where the center answers.
    #[must_use]
    pub fn center_url(&self) -> String {
        format!("http://{}", self.center_address)
    }

    /// Adds somebody with this role and signs them in.
    ///
    /// # Panics
    /// When either does not go.
    pub async fn enter(&self, login: &str, role: &str) -> Browser {
        let data = self.data();
        let data = data.to_str().expect("a path of ours");
        let said = run(&[
            "user",
            "add",
            "--data",
            data,
            "--login",
            login,
            "--name",
            login,
            "--role",
            role,
            "--keep-password",
        ]);
        let (_, rest) = said.split_once("初始密码：").expect("a password is shown");
        let password = rest.lines().next().unwrap_or_default().trim();
        let mut browser = Browser::new(&self.url);
        let page = browser.sign_in(login, password).await;
        assert_eq!(page.status, 303, "{}", page.text);
        browser
    }

    /// The center begins to answer.
    ///
    /// # Panics
    /// When its port is taken.
    pub async fn open_center(&self) {
        self.center.serve(self.center_address).await.expect("the center's port is free");
    }

    /// 受理员
    #[must_use]
    pub fn clerk(&self) -> &Staff {
        &self.clerk
    }

    /// 主管
    #[must_use]
    pub fn supervisor(&self) -> &Staff {
        &self.supervisor
    }

    /// Somebody else with a token of this role and these scopes.
    ///
    /// # Panics
    /// When the role may not have them.
    #[must_use]
    pub fn person(&self, role: &str, scopes: &[&str]) -> Staff {
        let data = self.data();
        let mut arguments =
            vec!["token", "create", "--data", path_text(&data), "--name", role, "--role", role];
        for scope in scopes {
            arguments.extend(["--scope", scope]);
        }
        Staff::new(&self.url, run(&arguments).trim().to_owned(), self.client.clone())
    }

    /// The merchant's public keys as it publishes them.
    #[must_use]
    pub fn keys(&self) -> &KeySet {
        &self.keys
    }

    /// The data folder.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The folder with the server's own log in it; nothing of the test's lies there.
    #[must_use]
    pub fn logs(&self) -> PathBuf {
        self.folder.path().join("logs")
    }

    /// What the server has written to its log so far.
    #[must_use]
    pub fn log_text(&self) -> String {
        let bytes = std::fs::read(self.logs().join("server.log")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The next complaint of the corpus under this number.
    #[must_use]
    pub fn complaint(&self, no: &str) -> Value {
        complaint_from(&self.center, self.told.fetch_add(1, Ordering::SeqCst), no)
    }

    /// Diverts a fresh complaint and gives its case.
    ///
    /// # Panics
    /// When it is not taken.
    pub async fn divert(&self, no: &str) -> String {
        let complaint = self.complaint(no);
        let (status, _) = self.center.divert(&complaint).await.expect("the complaint is taken");
        assert_eq!(status, 201, "{no} is new");
        self.clerk.find(no).await
    }

    /// Diverts and accepts a fresh complaint and gives its case.
    ///
    /// # Panics
    /// When either does not go.
    pub async fn accepted(&self, no: &str) -> String {
        let id = self.divert(no).await;
        self.clerk.does(&id, crate::accept()).await;
        id
    }

    /// The center passes on the consumer's answer to the open offer.
    ///
    /// # Panics
    /// When it is not taken.
    pub async fn answer(&self, no: &str, id: &str, accepted: bool) {
        let offer_id = self.clerk.open_offer(id).await;
        let detail = serde_json::json!({ "offer_id": offer_id, "accepted": accepted });
        self.center.notify(no, "offer_answer", detail).await.expect("the answer is taken");
    }

    /// Waits until the center has heard of these steps of a complaint, no more, in this order.
    ///
    /// # Panics
    /// When it has heard something else.
    pub async fn heard(&self, no: &str, steps: &[&str]) {
        let began = Instant::now();
        while self.center.reported(no).len() < steps.len()
            && began.elapsed() < Duration::from_secs(60)
        {
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        assert_eq!(self.center.reported(no), steps, "what the center heard of {no}");
    }

    /// Waits until nothing waits to be sent.
    ///
    /// # Panics
    /// When something still does.
    pub async fn drained(&self, limit: Duration) {
        eventually("every report is delivered", limit, || async {
            self.supervisor.reports("pending").await.is_ok_and(|reports| reports.is_empty())
        })
        .await;
    }

    /// Asks for a page or a document without a token.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn get(&self, path: &str) -> Result<reqwest::Response, reqwest::Error> {
        self.client.get(format!("{}{path}", self.url)).send().await
    }

    /// Ends the server at once: SIGKILL.
    ///
    /// # Panics
    /// When there is no server.
    pub fn kill(&mut self) {
        let mut server = self.server.take().expect("the server runs");
        server.kill().expect("the server can be killed");
        server.wait().expect("the killed server is gone");
    }

    /// Asks the server to stop: SIGTERM.
    ///
    /// # Panics
    /// When there is no server.
    pub fn terminate(&self) {
        self.signal("TERM");
    }

    /// Asks the server to read keys and calendars again: SIGHUP.
    ///
    /// # Panics
    /// When there is no server.
    pub fn hang_up(&self) {
        self.signal("HUP");
    }

    fn signal(&self, name: &str) {
        let server = self.server.as_ref().expect("the server runs");
        let line = format!("kill -{name} {}", server.id());
        let sent = Command::new("sh").args(["-c", &line]).status().expect("a shell starts");
        assert!(sent.success(), "the signal is sent");
    }

    /// Waits until the server has ended by itself.
    ///
    /// # Panics
    /// When it has not within the time.
    pub async fn ended(&mut self, limit: Duration) -> ExitStatus {
        let mut server = self.server.take().expect("the server runs");
        let began = Instant::now();
        loop {
            if let Some(status) = server.try_wait().expect("the server can be waited for") {
                return status;
            }
            if began.elapsed() > limit {
                let _ = server.kill();
                let _ = server.wait();
                panic!("the server did not stop within {limit:?}:\n{}", self.log_tail());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Asks the server to stop and waits for it.
    pub async fn stop(&mut self) -> ExitStatus {
        self.terminate();
        self.ended(Duration::from_secs(30)).await
    }

    /// Starts the server again on the same folder and port, killing it first if it runs.
    pub async fn restart(&mut self) {
        if self.server.is_some() {
            self.kill();
        }
        self.launch().await;
    }

    /// The log as `export bundle` writes it. The server must not run.
    ///
    /// # Panics
    /// When the command fails.
    #[must_use]
    pub fn export_log(&self) -> PathBuf {
        assert!(self.server.is_none(), "stop the server first");
        let out = self.folder.path().join("export");
        let data = self.data();
        let out_text = out.to_str().expect("a path of ours");
        run(&[
            "export",
            "bundle",
            "--data",
            data.to_str().expect("a path of ours"),
            "--out",
            out_text,
        ]);
        out
    }

    async fn launch(&mut self) {
        std::fs::create_dir_all(self.logs()).expect("the log folder");
        let log = self.log_file();
        let child = Command::new(binary())
            .args(["serve", "--data"])
            .arg(self.data())
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a second handle"))
            .stderr(log)
            .spawn()
            .expect("merchant-server starts");
        self.server = Some(child);
        let began = Instant::now();
        loop {
            let answer = self.get("/readyz").await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return;
            }
            let server = self.server.as_mut().expect("it was just started");
            if let Some(status) = server.try_wait().expect("the server can be waited for") {
                self.server = None;
                panic!("the server ended while starting ({status}):\n{}", self.log_tail());
            }
            let tail = self.log_tail();
            assert!(began.elapsed() < Duration::from_secs(30), "the server is not ready:\n{tail}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    fn log_file(&self) -> File {
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        options.open(self.logs().join("server.log")).expect("the log file opens")
    }

    fn log_tail(&self) -> String {
        let text = self.log_text();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        if let Some(server) = &mut self.server {
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

fn config(merchant_url: &str, merchant_address: &str) -> SimCenterConfig {
    SimCenterConfig {
        issuer: ISSUER.to_owned(),
        merchant_url: merchant_url.to_owned(),
        merchant_address: merchant_address.to_owned(),
        merchant_uscc: USCC.to_owned(),
    }
}

fn center_of(seed: u64, config: SimCenterConfig) -> SimCenter {
    let entropy = Arc::new(KeysOf::seed(seed));
    SimCenter::new(config, Arc::new(SystemClock), entropy).expect("an HTTP client")
}

/// Writes the data folder with the program's own `init` and changes the settings asked for.
fn init(data: &Path, url: &str, center: SocketAddr, jwks: &Path, setup: &Setup) {
    let (data_text, jwks) = (path_text(data), path_text(jwks));
    let listen = url.trim_start_matches("http://");
    let center_url = format!("http://{center}");
    let mut arguments = vec![
        "init",
        "--data",
        data_text,
        "--public-url",
        url,
        "--listen",
        listen,
        "--center-issuer",
        ISSUER,
        "--center-url",
        &center_url,
        "--center-jwks",
        jwks,
        "--uscc",
        USCC,
        "--name",
        NAME,
    ];
    if let Some(database) = &setup.database {
        arguments.extend(["--database", database]);
    }
    run(&arguments);
    let file = data.join("config.toml");
    let mut text = std::fs::read_to_string(&file).expect("init writes the configuration");
    for (from, to) in &setup.settings {
        assert!(text.contains(from), "the configuration has no `{from}`");
        text = text.replacen(from, to, 1);
    }
    std::fs::write(&file, text).expect("the configuration writes");
}

fn token(data: &Path, role: &str) -> String {
    let mut arguments =
        vec!["token", "create", "--data", path_text(data), "--name", role, "--role", role];
    for scope in SCOPES {
        arguments.extend(["--scope", scope]);
    }
    // What was put aside is a supervisor's to see and to send again.
    if role == "supervisor" {
        arguments.extend(["--scope", "reports:manage"]);
    }
    run(&arguments).trim().to_owned()
}

fn path_text(path: &Path) -> &str {
    path.to_str().expect("a path of ours")
}

/// Runs a command that must succeed, and gives what it said.
fn run(arguments: &[&str]) -> String {
    let output = merchant_server(arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?} failed:\n{said}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A free port below those that outgoing connections use: a server that is killed must get its
/// port back, and no connection may happen to sit on it.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = u16::try_from(std::process::id() % 10_000).unwrap_or(0);
    for _ in 0..10_000 {
        let step = NEXT.fetch_add(1, Ordering::SeqCst);
        let port = 20_000 + start.wrapping_add(step) % 10_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("there is no free port between 20000 and 30000");
}
