//! The workers beside the server: sequencer, deliveries, clocks, pull. Each is one loop that does
//! a little, sleeps until there is more, and ends when told. Any of them may be killed at any
//! moment: what they do is committed whole or done again.

mod witnesses;

use std::sync::Arc;
use std::time::Duration;

use green_channel::center::{HttpCenter, HttpCenterConfig, pull_once};
use green_channel::channel::fund::FundError;
use green_channel::channel::payout::PaidRound;
use green_channel::channel::{
    Delivery, Lease, OutboxLimits, Survey, SystemClock, SystemEntropy, Ticked,
};
use green_channel::store::{StoreError, Wake};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::app::App;
use crate::cli::CliError;
use crate::erased;

/// The log grows within a second of an event: half of that is waiting.
const SEQUENCE_EVERY: Duration = Duration::from_millis(500);
const CLOCKS_EVERY: Duration = Duration::from_secs(30);
/// So many cases are looked at in one round of the clocks.
const CLOCKS_ROUND: u32 = 200;
/// How long an erasure may be known to the database alone.
const ERASED_EVERY: Duration = Duration::from_secs(600);
/// So long nobody does the work after the server that did it was killed.
const SEQUENCER_LEASE_MILLIS: i64 = 3_000;
const CLOCKS_LEASE_MILLIS: i64 = 150_000;
const PULL_LEASE_MILLIS: i64 = 60_000;
/// After an error of the store, so that a broken disk does not fill the log file.
const REST: Duration = Duration::from_secs(1);

/// Loops that each claim and send a round of reports: while one round waits for its slowest report
/// the others go on. What each claims is its own.
const DELIVERY_LOOPS: usize = 4;

type Stopped = watch::Receiver<bool>;

/// Starts all workers.
pub(crate) fn start(app: &App, stopped: &Stopped) -> Result<JoinSet<()>, CliError> {
    let mut workers = JoinSet::new();
    workers.spawn(sequence(app.clone(), stopped.clone()));
    workers.spawn(clocks(app.clone(), stopped.clone()));
    workers.spawn(shred_list(app.clone(), stopped.clone()));
    workers.spawn(witnesses::publish(app.clone(), stopped.clone()));
    if !app.config.center.api_url.is_empty() {
        let center = Arc::new(center(app)?);
        for _ in 0..DELIVERY_LOOPS {
            workers.spawn(deliver(app.clone(), Arc::clone(&center), stopped.clone()));
        }
        if app.config.center.pull {
            workers.spawn(pull(app.clone(), center, stopped.clone()));
        }
    }
    Ok(workers)
}

/// The center as the configuration names it.
fn center(app: &App) -> Result<HttpCenter, CliError> {
    let settings = &app.config.center;
    let config = HttpCenterConfig {
        api_url: settings.api_url.clone(),
        issuer: settings.issuer.clone(),
        merchant: app.config.server.public_url.clone(),
        key: app.engine.request_key().clone(),
        timeout: Duration::from_secs(settings.timeout_seconds),
    };
    Ok(HttpCenter::new(config, Arc::new(SystemClock), Arc::new(SystemEntropy))?)
}

/// Of many servers over one database, the one that holds the lease puts leaves in the log.
async fn sequence(app: App, mut stopped: Stopped) {
    let mut lease = None;
    loop {
        match sequence_once(&app, &mut lease).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => {
                tracing::error!(%error, "the log could not grow");
                tokio::time::sleep(REST).await;
            }
        }
        // Leaves that come together are put in together: one checkpoint for all of them.
        tokio::select! {
            () = app.engine.leaves_waiting() => tokio::time::sleep(Duration::from_millis(50)).await,
            () = tokio::time::sleep(SEQUENCE_EVERY) => {}
            _ = stopped.changed() => break,
        }
    }
    // What was staged while stopping is put in now rather than at the next start.
    if let Err(error) = sequence_once(&app, &mut lease).await {
        tracing::warn!(%error, "the last leaves wait for the next start");
    }
    give_back(&app, lease).await;
}

/// Whether more leaves wait. Nothing is done while another server holds the lease.
async fn sequence_once(app: &App, lease: &mut Option<Lease>) -> Result<bool, StoreError> {
    *lease = app.engine.lease("sequencer", SEQUENCER_LEASE_MILLIS, lease.take()).await?;
    let Some(held) = &*lease else { return Ok(false) };
    match app.engine.sequence_under(held).await {
        Ok(done) => Ok(done.more),
        // Another server took over, or `export bundle` was first: the work is done.
        Err(StoreError::Conflict { .. }) => {
            *lease = None;
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

async fn deliver(app: App, center: Arc<HttpCenter>, mut stopped: Stopped) {
    // A lease outlives the call it covers, and no more: a killed worker's reports go on soon.
    let timeout = i64::try_from(app.config.center.timeout_seconds).unwrap_or(i64::MAX / 2_000);
    let limits = OutboxLimits { lease_millis: (timeout + 5) * 1_000, ..OutboxLimits::default() };
    loop {
        let sent = match app.engine.deliver_due(&*center, &limits).await {
            Ok(outcomes) => outcomes,
            Err(error) => {
                tracing::error!(%error, "reports could not be sent");
                tokio::time::sleep(REST).await;
                Vec::new()
            }
        };
        let mut failed = 0;
        for (report, outcome) in &sent {
            let word = word(outcome);
            app.metrics.delivery(word);
            if let Delivery::Retry { cause } | Delivery::Dead { cause } = outcome {
                failed += 1;
                tracing::warn!(%report, outcome = word, cause, "a report was not taken");
            }
        }
        // The breaker: a round in which nothing got through is followed by a rest, so that a
        // center that is down is knocked at once a second, not by every waiting report.
        let down = failed > 0 && failed == sent.len();
        if !sent.is_empty() && !down && !*stopped.borrow() {
            continue;
        }
        tokio::select! {
            () = app.engine.reports_waiting(), if !down => {}
            () = tokio::time::sleep(REST) => {}
            _ = stopped.changed() => return,
        }
    }
}

fn word(outcome: &Delivery) -> &'static str {
    match outcome {
        Delivery::Delivered => "delivered",
        Delivery::Retry { .. } => "retry",
        Delivery::Dead { .. } => "dead",
        Delivery::Lost => "lost",
    }
}

/// What is due to cases (offers over, deadlines missed, people to be told, data kept no longer), and
/// what need not be remembered any longer.
async fn clocks(app: App, mut stopped: Stopped) {
    let (mut lease, mut after, mut round) = (None, None, Ticked::default());
    loop {
        match clocks_once(&app, &mut lease, &mut after).await {
            Ok(done) => round = round.and(done),
            Err(error) => {
                after = None;
                tracing::error!(%error, "clocks could not be kept");
            }
        }
        if after.is_some() && !*stopped.borrow() {
            continue;
        }
        tell_round(std::mem::take(&mut round));
        tokio::select! {
            () = tokio::time::sleep(CLOCKS_EVERY) => {}
            _ = stopped.changed() => break,
        }
    }
    give_back(&app, lease).await;
}

/// What a whole round over the cases that were due did.
fn tell_round(round: Ticked) {
    let Ticked { offers, missed, escalated, lapsed, erased, slept, stuck } = round;
    if round.total() > 0 || slept > 0 {
        tracing::info!(offers, missed, escalated, lapsed, erased, slept, "clocks kept");
    }
    if stuck > 0 {
        tracing::error!(stuck, "something is due to cases that cannot be done; see above");
    }
}

/// Nothing is done while another server holds the lease.
async fn clocks_once(
    app: &App,
    lease: &mut Option<Lease>,
    after: &mut Option<Wake>,
) -> Result<Ticked, StoreError> {
    *lease = app.engine.lease("clocks", CLOCKS_LEASE_MILLIS, lease.take()).await?;
    let Some(held) = &*lease else {
        *after = None;
        return Ok(Ticked::default());
    };
    if after.is_none() {
        tell_survey(app.engine.reschedule(Some(held)).await);
    }
    if after.is_none() {
        tell_fund(app.engine.tick_fund(CLOCKS_ROUND).await);
    }
    let done = app.engine.tick(CLOCKS_ROUND, after, Some(held)).await;
    // Whatever became of the cases: what need not be remembered must not pile up.
    app.engine.sweep().await?;
    match done {
        Err(StoreError::Conflict { .. }) => {
            (*lease, *after) = (None, None);
            Ok(Ticked::default())
        }
        done => done,
    }
}

/// What came of asking every case again when it wakes, after a setting changed. Nothing rests on it
/// that the next round does not do again.
fn tell_survey(survey: Result<Option<Survey>, StoreError>) {
    match survey {
        Ok(None) => {}
        Ok(Some(Survey { looked, moved, unreadable, without_rules })) => {
            tracing::info!(looked, moved, unreadable, "settings changed: cases rescheduled");
            for (rules, cases) in without_rules {
                tracing::error!(
                    rules,
                    cases,
                    "open cases are bound to a rule set that is not here"
                );
            }
        }
        Err(error) => tracing::error!(%error, "cases could not be rescheduled"),
    }
}

/// What time brought to the fund. What was not done is due in the next round.
fn tell_fund(round: Result<PaidRound, FundError>) {
    match round {
        Ok(PaidRound { expired: 0, overdue: 0, drawn: 0, closed: 0, .. }) => {}
        Ok(PaidRound { expired, overdue, drawn, closed, .. }) => {
            tracing::info!(expired, overdue, drawn, closed, "the fund's clocks kept");
        }
        Err(error) => tracing::error!(%error, "the fund's clocks could not be kept"),
    }
}

/// The list of erased persons outside the database: every server keeps its own copy.
async fn shred_list(app: App, mut stopped: Stopped) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(ERASED_EVERY) => {}
            // At the stop the server writes it once more itself.
            _ = stopped.changed() => return,
        }
        if let Err(error) = erased::keep(&app.engine, &app.data).await {
            tracing::error!(%error, "the shred list could not be kept");
        }
    }
}

/// Gives a lease back, so that another server need not wait for its end.
async fn give_back(app: &App, lease: Option<Lease>) {
    if let Some(lease) = lease
        && let Err(error) = app.engine.release(lease).await
    {
        tracing::warn!(%error, "another server takes over when the lease ends");
    }
}

async fn pull(app: App, center: Arc<HttpCenter>, mut stopped: Stopped) {
    let pause = Duration::from_secs(app.config.center.pull_seconds.max(1));
    let mut lease = None;
    loop {
        // Two that pull the same page do no harm, only the same work.
        lease = match app.engine.lease("pull", PULL_LEASE_MILLIS, lease).await {
            Ok(lease) => lease,
            Err(error) => {
                tracing::error!(%error, "whose turn it is to pull is not known");
                None
            }
        };
        let pulled = lease.is_some() && pull_page(&app, &center).await;
        if pulled && !*stopped.borrow() {
            continue;
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = stopped.changed() => break,
        }
    }
    give_back(&app, lease).await;
}

/// Whether something came, so that there may be more.
async fn pull_page(app: &App, center: &HttpCenter) -> bool {
    match pull_once(&app.engine, center, 50).await {
        Ok(pulled) => {
            if pulled.taken > 0 {
                tracing::info!(taken = pulled.taken, refused = pulled.refused, "diversions pulled");
            }
            pulled.taken > 0
        }
        Err(error) => {
            tracing::warn!(%error, "diversions could not be pulled");
            false
        }
    }
}
