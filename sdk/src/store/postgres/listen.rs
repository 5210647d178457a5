//! The bell between servers: `NOTIFY` after a commit, `LISTEN` in the others. Only a wake-up: a
//! lost one costs a little time, because everybody looks from time to time anyway.

use std::future::poll_fn;
use std::sync::atomic::{AtomicI32, AtomicI64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::Notify;
use tokio_postgres::{AsyncMessage, Client, Config, NoTls};

use crate::store::News;

/// A bell is rung at most so often, in milliseconds: a commit that rings takes a lock all others
/// that ring wait for.
const PAUSE_MILLIS: i64 = 50;
/// After the listening session broke.
const REST: Duration = Duration::from_secs(1);

/// What rings, and who waits for it.
pub(super) struct Bell {
    began: tokio::time::Instant,
    leaves: Topic,
    reports: Topic,
    /// The server's number of our own listening session: our own bell wakes nobody here.
    own: AtomicI32,
}

struct Topic {
    channel: &'static str,
    rung_at: AtomicI64,
    waiting: Notify,
}

impl Topic {
    fn new(channel: &'static str) -> Self {
        Self { channel, rung_at: AtomicI64::new(-PAUSE_MILLIS), waiting: Notify::new() }
    }
}

impl Bell {
    pub(super) fn new() -> Self {
        Self {
            began: tokio::time::Instant::now(),
            leaves: Topic::new("green_channel_leaves"),
            reports: Topic::new("green_channel_reports"),
            own: AtomicI32::new(0),
        }
    }

    fn topic(&self, of: News) -> &Topic {
        match of {
            News::Leaves => &self.leaves,
            News::Reports => &self.reports,
        }
    }

    /// Waits until another server rings.
    pub(super) async fn heard(&self, of: News) {
        self.topic(of).waiting.notified().await;
    }

    /// Wakes the other servers, unless they were woken just now. A failure costs them a little
    /// time and us nothing.
    pub(super) async fn ring(&self, client: &Client, of: News) {
        let topic = self.topic(of);
        let now = i64::try_from(self.began.elapsed().as_millis()).unwrap_or(i64::MAX);
        let last = topic.rung_at.load(Ordering::Relaxed);
        if now - last < PAUSE_MILLIS {
            return;
        }
        topic.rung_at.store(now, Ordering::Relaxed);
        let own = self.own.load(Ordering::Relaxed).to_string();
        drop(client.query("SELECT pg_notify($1, $2)", &[&topic.channel, &own]).await);
    }

    fn hear(&self, channel: &str, payload: &str) {
        if payload == self.own.load(Ordering::Relaxed).to_string() {
            return;
        }
        for topic in [&self.leaves, &self.reports] {
            if topic.channel == channel {
                topic.waiting.notify_one();
            }
        }
    }
}

/// Listens until the store is gone; begins again when the session breaks.
pub(super) async fn listen(config: Config, bell: Weak<Bell>) {
    while bell.strong_count() > 0 {
        session(&config, &bell).await;
        tokio::time::sleep(REST).await;
    }
}

async fn session(config: &Config, bell: &Weak<Bell>) -> Option<()> {
    let (client, mut connection) = config.connect(NoTls).await.ok()?;
    let (sender, mut heard) = tokio::sync::mpsc::channel(16);
    let listening = tokio::spawn(async move {
        while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
            if let AsyncMessage::Notification(note) = message {
                // When many wait already, one more tells nothing new.
                let _ = sender.try_send((note.channel().to_owned(), note.payload().to_owned()));
            }
        }
    });
    let row = client.query_one("SELECT pg_backend_pid()", &[]).await.ok()?;
    let own: i32 = row.try_get(0).ok()?;
    let words = "LISTEN green_channel_leaves; LISTEN green_channel_reports";
    client.batch_execute(words).await.ok()?;
    bell.upgrade()?.own.store(own, Ordering::Relaxed);
    loop {
        match tokio::time::timeout(REST, heard.recv()).await {
            Ok(Some((channel, payload))) => bell.upgrade()?.hear(&channel, &payload),
            Ok(None) => break,
            // Nothing heard: look whether anybody still listens.
            Err(_) => drop(bell.upgrade()?),
        }
    }
    listening.abort();
    Some(())
}

/// A bell that somebody listens to.
pub(super) fn start(config: &Config) -> Arc<Bell> {
    let bell = Arc::new(Bell::new());
    tokio::spawn(listen(config.clone(), Arc::downgrade(&bell)));
    bell
}
