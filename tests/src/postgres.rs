//! A real PostgreSQL server of the tests' own: made in a temporary folder, gone with the test
//! process. It knows nothing of what is kept in it.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// A server with databases to be made in it.
pub struct Postgres {
    folder: TempDir,
    port: u16,
    server: Child,
    next: AtomicU32,
}

/// How a server is run, beyond where it lies.
const COMMON: &str =
    "max_connections = 300\nshared_buffers = 256MB\nlisten_addresses = '127.0.0.1'\n";
/// For tests of rules: a power cut would lose what a test made, and nobody minds.
const HASTY: &str = "fsync = off\nfull_page_writes = off\n";
/// For tests of what is kept: the log has every statement, with every value that went into it.
const TALKATIVE: &str = "log_statement = 'all'\nlog_parameter_max_length = -1\n";

impl Postgres {
    /// The server that all tests of this process share. It does not survive a power cut.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Postgres> = OnceLock::new();
        SHARED.get_or_init(|| Self::start_with(HASTY))
    }

    /// A server of its own that does not survive a power cut.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(HASTY)
    }

    /// A server of its own with PostgreSQL's own defaults: every commit is on disk.
    #[must_use]
    pub fn start_durable() -> Self {
        Self::start_with("")
    }

    /// A server of its own that writes every statement and its values into its log.
    #[must_use]
    pub fn start_talkative() -> Self {
        Self::start_with(&format!("{HASTY}{TALKATIVE}"))
    }

    /// # Panics
    /// When PostgreSQL is not installed or does not start.
    fn start_with(settings: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let data = folder.path().join("data");
        give_away(folder.path());
        let path = data.to_str().expect("a path of ours").to_owned();
        let output = as_postgres("initdb")
            .args(["-D", &path, "-A", "trust", "-U", "postgres", "-E", "UTF8"])
            .args(["--locale=C", "--no-sync"])
            .output()
            .expect("initdb starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "initdb failed:\n{said}");
        let port = free_port();
        let socket = folder.path().to_str().expect("a path of ours").to_owned();
        let file = data.join("postgresql.conf");
        let own =
            format!("{COMMON}port = {port}\nunix_socket_directories = '{socket}'\n{settings}");
        std::fs::write(&file, own).expect("the configuration writes");
        let server = serve(folder.path());
        let this = Self { folder, port, server, next: AtomicU32::new(0) };
        this.wait();
        this
    }

    fn wait(&self) {
        let began = Instant::now();
        while !self.psql("postgres", "SELECT 1").status.success() {
            let log = std::fs::read_to_string(self.folder.path().join("server.log"));
            let late = began.elapsed() > Duration::from_secs(60);
            assert!(!late, "PostgreSQL is not ready:\n{}", log.unwrap_or_default());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Makes a fresh database and gives its URL.
    ///
    /// # Panics
    /// When the server does not answer.
    #[must_use]
    pub fn database(&self, name: &str) -> String {
        let name = format!("{name}_{}", self.next.fetch_add(1, Ordering::SeqCst));
        let made = self.psql("postgres", &format!("CREATE DATABASE {name}"));
        let said = String::from_utf8_lossy(&made.stderr);
        assert!(made.status.success(), "no database {name}: {said}");
        format!("postgres://postgres@127.0.0.1:{}/{name}", self.port)
    }

    /// Ends it as a crash does: no session is ended in order, nothing is flushed. What it finds
    /// when it starts again is its write-ahead log.
    ///
    /// # Panics
    /// When it cannot be ended.
    pub fn crash(&mut self) {
        signal(&self.server, "QUIT");
        self.server.wait().expect("the crashed server is gone");
    }

    /// Starts it again on the same folder and port.
    ///
    /// # Panics
    /// When it does not come up.
    pub fn restart(&mut self) {
        self.server = serve(self.folder.path());
        self.wait();
    }

    /// Where it lies: its files in `data`, its log in `server.log`.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Everything a database holds, as `pg_dump` writes it.
    ///
    /// # Panics
    /// When it cannot be dumped.
    #[must_use]
    pub fn dump(url: &str) -> Vec<u8> {
        let mut command = Command::new(tool("pg_dump"));
        let output = command.args(["--dbname", url]).stdin(Stdio::null()).output();
        let output = output.expect("pg_dump starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "pg_dump failed:\n{said}");
        output.stdout
    }

    /// The process that listens, to be looked at or stopped.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.server.id()
    }

    fn psql(&self, database: &str, sql: &str) -> std::process::Output {
        let port = self.port.to_string();
        Command::new(tool("psql"))
            .args(["-X", "-q", "-h", "127.0.0.1", "-p", &port, "-U", "postgres", "-d", database])
            .args(["-c", sql])
            .stdin(Stdio::null())
            .output()
            .expect("psql starts")
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // `setpriv` has become the server itself, so this is its own number: SIGINT ends it fast.
        signal(&self.server, "INT");
        let _ = self.server.wait();
    }
}

fn signal(server: &Child, name: &str) {
    let line = format!("kill -{name} {}", server.id());
    let _ = Command::new("sh").args(["-c", &line]).status();
}

/// Starts the server that a folder was prepared for.
fn serve(folder: &Path) -> Child {
    let log = std::fs::File::options().create(true).append(true).open(folder.join("server.log"));
    let mut command = as_postgres("postgres");
    command.arg("-D").arg(folder.join("data")).stdin(Stdio::null()).stdout(Stdio::null());
    command.stderr(log.expect("a log file"));
    spawn_for_good(command)
}

/// A program of the server's as the user `postgres` where we are root: it refuses to be root. It
/// dies with us, however we end.
fn as_postgres(program: &str) -> Command {
    let path = tool(program);
    let mut command = Command::new("setpriv");
    command.arg("--pdeathsig=KILL");
    if is_root() {
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]);
    }
    command.arg("--").arg(path).current_dir("/");
    command
}

/// Starts a program from a thread that does not end: "dies with us" means with the thread that
/// started it, and a test's thread ends with the test.
fn spawn_for_good(mut command: Command) -> Child {
    let (sender, started) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let _ = sender.send(command.spawn());
        loop {
            std::thread::park();
        }
    });
    started.recv().expect("the thread answers").expect("the program starts")
}

/// The newest server that is installed.
///
/// # Panics
/// When there is none.
fn tool(program: &str) -> PathBuf {
    let root = Path::new("/usr/lib/postgresql");
    let versions = std::fs::read_dir(root).into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            let path = entry.path().join("bin").join(program);
            path.exists().then_some((version, path))
        })
        .collect();
    found.sort();
    let newest = found.pop().map(|(_, path)| path);
    newest.unwrap_or_else(|| {
        let elsewhere = std::env::var_os("PATH").unwrap_or_default();
        let mut folders = std::env::split_paths(&elsewhere).map(|folder| folder.join(program));
        let remedy = "PostgreSQL is not installed: apt-get install postgresql";
        folders.find(|path| path.exists()).expect(remedy)
    })
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output().expect("id starts");
    output.stdout.trim_ascii() == b"0"
}

/// The folder belongs to the user that the server runs as.
fn give_away(folder: &Path) {
    if is_root() {
        let given = Command::new("chown").arg("postgres").arg(folder).status();
        assert!(given.expect("chown starts").success(), "the folder is given to postgres");
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}
