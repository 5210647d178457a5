//! One more server over the database of an app: its own process and port, the same keys and the
//! same name towards the center, as behind a balancer.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use green_channel::center::http_client;
use green_channel::testkit::SimCenter;
use tempfile::TempDir;

use crate::app::free_port;
use crate::{Staff, TestApp, binary, eventually};

/// A server beside the app's own.
pub struct Replica {
    folder: TempDir,
    url: String,
    center: SimCenter,
    clerk: Staff,
    server: Child,
}

impl Replica {
    /// Starts one more server.
    ///
    /// # Panics
    /// When it does not come up.
    pub async fn start(app: &TestApp) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let listen = format!("127.0.0.1:{}", free_port());
        copy(&app.data(), folder.path());
        let file = folder.path().join("config.toml");
        let text = std::fs::read_to_string(&file).expect("the configuration reads");
        let own = format!("listen = \"{}\"", app.address());
        assert!(text.contains(&own), "the app listens where its configuration says");
        let text = text.replacen(&own, &format!("listen = \"{listen}\""), 1);
        std::fs::write(&file, text).expect("the configuration writes");
        let url = format!("http://{listen}");
        let center = app.twin(|config| config.merchant_address = url.clone());
        center.know(app.keys().clone());
        let clerk = app.clerk().at(&url);
        let server = launch(folder.path());
        let this = Self { folder, url, center, clerk, server };
        this.ready().await;
        this
    }

    async fn ready(&self) {
        let client = http_client(Duration::from_secs(5)).expect("an HTTP client");
        eventually("the replica is ready", Duration::from_secs(30), || async {
            let answer = client.get(format!("{}/readyz", self.url)).send().await;
            answer.is_ok_and(|answer| answer.status().is_success())
        })
        .await;
    }

    /// The center, calling this server.
    #[must_use]
    pub fn center(&self) -> &SimCenter {
        &self.center
    }

    /// The clerk, working at this server.
    #[must_use]
    pub fn clerk(&self) -> &Staff {
        &self.clerk
    }

    /// Ends it at once: SIGKILL.
    ///
    /// # Panics
    /// When it cannot be killed.
    pub fn kill(&mut self) {
        self.server.kill().expect("the server can be killed");
        self.server.wait().expect("the killed server is gone");
    }

    /// Starts it again.
    pub async fn restart(&mut self) {
        self.server = launch(self.folder.path());
        self.ready().await;
    }

    /// Stops it where it stands: SIGSTOP. Nothing in it notices.
    pub fn pause(&self) {
        self.signal("STOP");
    }

    /// Lets it go on: SIGCONT.
    pub fn resume(&self) {
        self.signal("CONT");
    }

    fn signal(&self, name: &str) {
        let line = format!("kill -{name} {}", self.server.id());
        let sent = Command::new("sh").args(["-c", &line]).status().expect("a shell starts");
        assert!(sent.success(), "the signal is sent");
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn launch(data: &Path) -> Child {
    let log = std::fs::File::options()
        .create(true)
        .append(true)
        .open(data.join("server.log"))
        .expect("the log file opens");
    Command::new(binary())
        .args(["serve", "--data"])
        .arg(data)
        .stdin(Stdio::null())
        .stdout(log.try_clone().expect("a second handle"))
        .stderr(log)
        .spawn()
        .expect("merchant-server starts")
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("the data folder reads") {
        let entry = entry.expect("the data folder reads");
        let copied = std::fs::copy(entry.path(), to.join(entry.file_name()));
        copied.expect("a file of the data folder is copied");
    }
}
