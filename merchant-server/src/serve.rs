//! Running the server: bind, work, and stop within a limit without losing an accepted request.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::time::Duration;

use axum_server::Handle;
use tokio::task::JoinSet;

use crate::app::App;
use crate::cli::CliError;
use crate::config::Config;
use crate::{calendars, data_folder, door, erased, logging, work};

/// So long a stop waits for the shred list: a database that is gone must not hold it up.
const KEEP_LIMIT: Duration = Duration::from_secs(5);

/// A server that runs.
pub(crate) struct Running {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    app: App,
    handle: Handle<SocketAddr>,
    server: tokio::task::JoinHandle<std::io::Result<()>>,
    workers: JoinSet<()>,
    stop: tokio::sync::watch::Sender<bool>,
}

/// `serve`: runs until SIGTERM or Ctrl-C.
pub(crate) async fn run(data: &Path) -> Result<(), CliError> {
    let config = Config::load(data)?;
    logging::start(&config.log);
    let engine = data_folder::open_with(data, &config).await?;
    // Before the first answer: whom a restored backup brought back, nobody may see.
    let kept = erased::keep(&engine, data).await?;
    tell_kept(&kept);
    let listener = bind(config.server.listen)?;
    // Before the first answer: whoever saw us ready may ask us to stop at once, and a signal nobody
    // listens for would end the process in the middle of its work.
    let mut signals = Signals::listen()?;
    let app = App::new(engine, config, data)?;
    app.witnessing.refuse_older(data, &app.engine).await?;
    let running = start(app, listener)?;
    tracing::info!(address = %running.address, "serving");
    // A release or a file may have brought a year since; nobody has to wait for that.
    tokio::spawn(recalculate(running.app.clone()));
    signals.wait_for_stop(&running.app).await?;
    running.stop().await
}

/// Binds the listening socket.
pub(crate) fn bind(address: SocketAddr) -> Result<TcpListener, CliError> {
    let listener = TcpListener::bind(address)
        .map_err(|error| format!("无法监听 {address}：{error}。请换一个端口或停止占用它的程序"))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Starts server and workers on a bound socket.
pub(crate) fn start(app: App, listener: TcpListener) -> Result<Running, CliError> {
    let address = listener.local_addr()?;
    let handle = Handle::new();
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let workers = work::start(&app, &stopped)?;
    let service = app.clone().router().into_make_service();
    let server = axum_server::from_tcp(listener)?.handle(handle.clone());
    let server = door::guard(server, app.config.server.connections).serve(service);
    Ok(Running { address, app, handle, server: tokio::spawn(server), workers, stop })
}

impl Running {
    /// Stops: not ready, no new connections, accepted requests end, workers end, the writer
    /// flushes. After the limit what still runs is cut off; what was acknowledged is durable.
    pub(crate) async fn stop(mut self) -> Result<(), CliError> {
        self.app.drain();
        // Long enough for a balancer's next look at /readyz, short enough for nobody to wait.
        tokio::time::sleep(Duration::from_millis(self.app.config.server.notice_millis)).await;
        let limit = Duration::from_secs(self.app.config.server.drain_seconds);
        self.handle.graceful_shutdown(Some(limit));
        self.server.await??;
        let _ = self.stop.send(true);
        let ended = async { while self.workers.join_next().await.is_some() {} };
        if tokio::time::timeout(limit, ended).await.is_err() {
            tracing::warn!("a worker did not end within the limit; its report will be sent again");
        }
        let keeping = erased::keep(&self.app.engine, &self.app.data);
        match tokio::time::timeout(KEEP_LIMIT, keeping).await {
            Ok(Ok(kept)) => tell_kept(&kept),
            Ok(Err(error)) => tracing::error!(%error, "the shred list waits for the next start"),
            Err(_) => tracing::error!("the shred list waits for the next start: no answer in time"),
        }
        if let Err(error) = self.app.engine.store().close().await {
            tracing::error!(%error, "the last changes may not be durable");
        }
        tracing::info!("stopped");
        Ok(())
    }
}

/// What a running server listens for. Signals that come before anybody waits are kept.
#[cfg(unix)]
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    async fn wait_for_stop(&mut self, app: &App) -> std::io::Result<()> {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => return Ok(()),
                _ = self.interrupt.recv() => return Ok(()),
                _ = self.hangup.recv() => {
                    reload_center_keys(app);
                    // Beside the loop: whoever asks us to stop meanwhile need not wait.
                    tokio::spawn(reload_calendars(app.clone()));
                }
            }
        }
    }
}

/// What a running server listens for.
#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn wait_for_stop(&mut self, _: &App) -> std::io::Result<()> {
        tokio::signal::ctrl_c().await
    }
}

/// SIGHUP: the center rotated its keys. A file that does not read changes nothing.
#[cfg(unix)]
fn reload_center_keys(app: &App) {
    match data_folder::center_trust(&app.config) {
        Ok(trust) => {
            app.engine.trust(trust);
            tracing::info!("the center's keys were read again");
        }
        Err(error) => tracing::error!(%error, "the center's keys stay as they were"),
    }
}

/// SIGHUP: a year was loaded. Files that do not read, or that know less than the deadlines were
/// computed with, change nothing.
#[cfg(unix)]
async fn reload_calendars(app: App) {
    let loaded = match calendars::read(&app.data) {
        Ok(loaded) => loaded,
        Err(error) => {
            tracing::error!(%error, "the calendars stay as they were");
            return;
        }
    };
    let before = app.engine.calendar();
    if loaded.calendar.version() == before.version() {
        tracing::info!(calendar = before.version(), "the calendars were read again: no change");
        return;
    }
    app.engine.take_calendar(loaded.calendar);
    if !recalculate(app.clone()).await {
        app.engine.take_calendar(before);
    }
}

/// Computes the deadlines again that run; whether that went. What a stop or a crash leaves undone
/// the next start does.
async fn recalculate(app: App) -> bool {
    match calendars::catch_up(&app.engine).await {
        Ok(moves) => {
            let (moved, settled) = calendars::counts(&moves);
            let calendar = app.engine.calendar();
            let calendar = calendar.version();
            tracing::info!(calendar, moved, settled, "the deadlines were computed again");
            true
        }
        Err(error) => {
            tracing::error!(%error, "the deadlines stay as they were");
            false
        }
    }
}

fn tell_kept(kept: &erased::Kept) {
    let erased::Kept { listed, added, again, failed } = *kept;
    if again > 0 || failed > 0 {
        tracing::warn!(listed, added, again, failed, "a backup had brought back erased cases");
    } else {
        tracing::info!(listed, added, "the shred list is kept");
    }
}
