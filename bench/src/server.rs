//! A process under measurement: what it costs, how much memory it holds, how fast it is up.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use green_channel_tests::binary;

use crate::http::{Connection, request};

/// A child that is killed when it is dropped.
pub(crate) struct Process {
    child: Child,
}

impl Process {
    /// Starts one more of ourselves in another role; gives the address it says.
    pub(crate) fn role(arguments: &[&str]) -> (Self, SocketAddr) {
        let own = std::env::current_exe().expect("we know where we lie");
        let mut child = Command::new(own)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("we start again");
        let mut line = String::new();
        let said = child.stdout.take().expect("it was piped");
        BufReader::new(said).read_line(&mut line).expect("it says its address");
        (Self { child }, line.trim().parse().expect("it says its address"))
    }

    /// Starts the server on a data folder and gives how long it took to the first good answer.
    pub(crate) async fn serve(data: &Path, address: SocketAddr) -> (Self, Duration) {
        let log = std::fs::File::create(data.join("server.log")).expect("a log file");
        let began = Instant::now();
        let child = Command::new(binary())
            .args(["serve", "--data"])
            .arg(data)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a second handle"))
            .stderr(log)
            .spawn()
            .expect("the server starts");
        let this = Self { child };
        let ask = request("GET", "/readyz", "", b"");
        loop {
            if let Ok(mut connection) = Connection::open(address).await
                && let Ok((200, _)) = connection.call(&ask).await
            {
                return (this, began.elapsed());
            }
            let late = began.elapsed() > Duration::from_secs(60);
            assert!(!late, "the server is not ready; see {}", data.display());
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Processor time used so far, in milliseconds.
    pub(crate) fn cpu_millis(&self) -> f64 {
        cpu_in(&self.proc("stat"))
    }

    /// Resident memory now, in MiB.
    pub(crate) fn memory_mib(&self) -> f64 {
        let text = self.proc("status");
        let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
        kib.unwrap_or(f64::NAN) / 1024.0
    }

    fn proc(&self, file: &str) -> String {
        std::fs::read_to_string(format!("/proc/{}/{file}", self.child.id())).unwrap_or_default()
    }

    /// Looks at the memory while something runs, and gives the most that was seen, in MiB.
    pub(crate) async fn peak_while<T>(&self, run: impl Future<Output = T>) -> (T, f64) {
        let (over, most) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (stop, seen, id) = (Arc::clone(&over), Arc::clone(&most), self.child.id());
        let watch = tokio::spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                let text = std::fs::read_to_string(format!("/proc/{id}/statm")).unwrap_or_default();
                let pages = text.split(' ').nth(1).and_then(|pages| pages.parse().ok());
                seen.fetch_max(pages.unwrap_or(0), Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        });
        let done = run.await;
        over.store(true, Ordering::Relaxed);
        watch.await.expect("the watch does not panic");
        (done, mib(most.load(Ordering::Relaxed) * 4096))
    }

    /// Asks it to stop and waits: what it wrote is on disk then.
    pub(crate) fn stop(mut self) {
        let line = format!("kill -TERM {}", self.child.id());
        let _ = Command::new("sh").args(["-c", &line]).status();
        self.child.wait().expect("it ends");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Processor time that this process used so far, in milliseconds.
pub(crate) fn own_cpu_millis() -> f64 {
    cpu_in(&std::fs::read_to_string("/proc/self/stat").unwrap_or_default())
}

/// User and system time in a `stat` file, in milliseconds: it has them in ticks of 10.
fn cpu_in(text: &str) -> f64 {
    let fields: Vec<&str> =
        text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |place: usize| fields.get(place).and_then(|field| field.parse::<f64>().ok());
    (ticks(11).unwrap_or(0.0) + ticks(12).unwrap_or(0.0)) * 10.0
}

/// Bytes as MiB.
#[expect(clippy::cast_precision_loss, reason = "sizes are far below 2^52")]
pub(crate) fn mib(bytes: u64) -> f64 {
    bytes as f64 / 1024.0 / 1024.0
}
