//! A client that costs nearly nothing: prepared bytes out, status and length in, one connection
//! kept alive. Both ours and the echo beside it are driven with it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::server::own_cpu_millis;

/// A request as it goes over the wire.
pub(crate) fn request(method: &str, path: &str, token: &str, body: &[u8]) -> Vec<u8> {
    let mut head =
        format!("{method} {path} HTTP/1.1\r\nhost: bench\r\ncontent-length: {}\r\n", body.len());
    if !token.is_empty() {
        head.push_str(&format!("authorization: Bearer {token}\r\n"));
    }
    if !body.is_empty() {
        head.push_str("content-type: application/json\r\n");
    }
    head.push_str("\r\n");
    let mut bytes = head.into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// A connection that is kept.
pub(crate) struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> std::io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, read: Vec::with_capacity(64 * 1024) })
    }

    /// Sends a request and reads the answer: its status and its body.
    pub(crate) async fn call(&mut self, request: &[u8]) -> std::io::Result<(u16, Vec<u8>)> {
        self.stream.write_all(request).await?;
        self.read.clear();
        let broken = || std::io::Error::other("the answer is not one");
        let head = loop {
            if self.stream.read_buf(&mut self.read).await? == 0 {
                return Err(broken());
            }
            let end = self.read.windows(4).position(|window| window == b"\r\n\r\n");
            if let Some(end) = end {
                break end + 4;
            }
        };
        let text = std::str::from_utf8(&self.read[..head]).map_err(|_| broken())?;
        let status = text.get(9..12).and_then(|code| code.parse().ok()).ok_or_else(broken)?;
        let length = text.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
        });
        let length: usize = length.ok_or_else(broken)?;
        while self.read.len() < head + length {
            if self.stream.read_buf(&mut self.read).await? == 0 {
                return Err(broken());
            }
        }
        Ok((status, self.read[head..head + length].to_vec()))
    }
}

/// What a load came to.
pub(crate) struct Load {
    pub(crate) per_second: f64,
    pub(crate) latencies: Vec<Duration>,
    /// What each cost this process, in milliseconds.
    pub(crate) cpu_millis: f64,
}

/// Sends every request once over so many connections.
///
/// # Panics
/// When one is not answered with the expected status: then the figures would be worth nothing.
pub(crate) async fn load(
    address: SocketAddr,
    requests: Vec<Vec<u8>>,
    connections: usize,
    expected: u16,
) -> Load {
    let count = requests.len();
    let (requests, next) = (Arc::new(requests), Arc::new(AtomicUsize::new(0)));
    let mut open = Vec::with_capacity(connections);
    for _ in 0..connections {
        open.push(Connection::open(address).await.expect("the server takes a connection"));
    }
    let (began, before) = (Instant::now(), own_cpu_millis());
    let mut tasks = Vec::with_capacity(connections);
    for mut connection in open {
        let (requests, next) = (Arc::clone(&requests), Arc::clone(&next));
        tasks.push(tokio::spawn(async move {
            let mut latencies = Vec::new();
            while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
                let began = Instant::now();
                let (status, body) = connection.call(request).await.expect("the server answers");
                latencies.push(began.elapsed());
                let said = String::from_utf8_lossy(&body);
                assert_eq!(status, expected, "{said}");
            }
            latencies
        }));
    }
    let mut latencies = Vec::with_capacity(count);
    for task in tasks {
        latencies.extend(task.await.expect("the load does not panic"));
    }
    let seconds = began.elapsed().as_secs_f64();
    assert_eq!(latencies.len(), count, "every request was answered");
    let cpu_millis = each(own_cpu_millis() - before, count);
    Load { per_second: per_second(count, seconds), latencies, cpu_millis }
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
pub(crate) fn per_second(count: usize, seconds: f64) -> f64 {
    count as f64 / seconds
}

/// What each of so many took of the whole.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
pub(crate) fn each(whole: f64, count: usize) -> f64 {
    whole / count as f64
}
