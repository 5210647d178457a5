//! The application: one engine, its settings, its counters, and the router of everything served.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use green_channel::intake::{self, ApiProblem};
use green_channel::protocol::ProblemCode;
use green_channel::store::Store;
use green_channel::time::Timestamp;
use tower_http::catch_panic::CatchPanicLayer;

use crate::cli::CliError;
use crate::config::Config;
use crate::data_folder::Engine;
use crate::limit::{self, Limits};
use crate::metrics::{self, Metrics};
use crate::witnessing::Witnessing;
use crate::{api, console};

/// What every handler may ask for.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) engine: Engine,
    pub(crate) config: Arc<Config>,
    /// The data folder.
    pub(crate) data: Arc<Path>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) limits: Arc<Limits>,
    pub(crate) witnessing: Arc<Witnessing>,
    draining: Arc<AtomicBool>,
    /// When the database was last found to take a write. Whoever looks holds it: one at a time.
    looked: Arc<tokio::sync::Mutex<Option<Timestamp>>>,
}

impl App {
    /// The application over an engine and the data folder it came from.
    ///
    /// # Errors
    /// When the trust policy that the configuration names does not read.
    pub(crate) fn new(engine: Engine, config: Config, data: &Path) -> Result<Self, CliError> {
        let witnessing = Witnessing::read(data, &config, &engine)?;
        Ok(Self {
            engine,
            witnessing: Arc::new(witnessing),
            limits: Arc::new(Limits::new(config.server.in_flight_mib)),
            config: Arc::new(config),
            data: Arc::from(data),
            metrics: Arc::new(Metrics::new()),
            draining: Arc::new(AtomicBool::new(false)),
            looked: Arc::default(),
        })
    }

    /// From now on `/readyz` says no, so that a balancer sends nothing new.
    pub(crate) fn drain(&self) {
        self.draining.store(true, Ordering::SeqCst);
    }

    /// Whether the database takes a write, as it was found within the last second: anybody may ask,
    /// and as often as they like.
    async fn takes_a_write(&self) -> bool {
        const FRESH_MILLIS: i64 = 1_000;
        let mut looked = self.looked.lock().await;
        let now = self.engine.now();
        if looked.is_some_and(|at| (0..FRESH_MILLIS).contains(&now.millis_since(at))) {
            return true;
        }
        match self.engine.store().check().await {
            Ok(()) => *looked = Some(now),
            Err(error) => {
                tracing::error!(%error, "not ready");
                *looked = None;
            }
        }
        looked.is_some()
    }

    /// The routes a center calls.
    fn intake(&self) -> Router {
        intake::router_within(self.engine.clone(), self.limits.room.clone())
    }

    /// Whether browsers reach us over HTTPS.
    pub(crate) fn is_https(&self) -> bool {
        self.config.server.public_url.starts_with("https://")
    }

    /// Everything that is served.
    pub(crate) fn router(self) -> Router {
        Router::new()
            .route("/healthz", get(|| async { "ok\n" }))
            .route("/readyz", get(ready))
            .route("/metrics", get(metrics))
            .merge(api::router())
            .merge(console::router())
            .fallback(not_found)
            .method_not_allowed_fallback(wrong_method)
            .layer(DefaultBodyLimit::max(limit::FORM_BYTES))
            .with_state(self.clone())
            .merge(self.intake().method_not_allowed_fallback(wrong_method))
            .layer(middleware::from_fn_with_state(self.clone(), limit::admit))
            .layer(middleware::from_fn_with_state(self, observe))
            .layer(CatchPanicLayer::custom(panicked))
    }
}

async fn ready(State(app): State<App>) -> Response {
    if app.draining.load(Ordering::SeqCst) {
        return (StatusCode::SERVICE_UNAVAILABLE, "draining\n").into_response();
    }
    if app.takes_a_write().await {
        "ready\n".into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "database\n").into_response()
    }
}

async fn metrics(State(app): State<App>) -> Response {
    match app.metrics.render(&app.engine).await {
        Ok(text) => {
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            ([(header::CONTENT_TYPE, kind)], text).into_response()
        }
        Err(error) => ApiProblem::from(error).into_response(),
    }
}

async fn not_found() -> ApiProblem {
    ApiProblem::new(ProblemCode::NotFound)
}

async fn wrong_method() -> ApiProblem {
    ApiProblem::new(ProblemCode::MethodNotAllowed)
}

fn panicked(_: Box<dyn std::any::Any + Send + 'static>) -> Response {
    ApiProblem::new(ProblemCode::Internal).into_response()
}

/// Counts every request, names it, and puts the headers on that every answer must have.
async fn observe(State(app): State<App>, request: Request, next: Next) -> Response {
    let name = hex::encode(app.engine.random::<8>());
    let method = request.method().clone();
    let route = request.extensions().get::<axum::extract::MatchedPath>();
    let route = route.map_or("none", |path| path.as_str()).to_owned();
    let began = app.engine.now();
    let limit = Duration::from_secs(app.config.server.request_seconds);
    let mut response = match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => ApiProblem::new(ProblemCode::Unavailable).into_response(),
    };
    let millis = app.engine.now().millis_since(began);
    let status = response.status().as_u16();
    app.metrics.request(&method, &route, status);
    // The route, never the URL: a URL may hold a number that is somebody's.
    let method = metrics::known(&method);
    tracing::info!(request = name, method, route, status, millis, "request");
    let headers = response.headers_mut();
    for (header_name, value) in [
        ("x-content-type-options", "nosniff"),
        // Not `no-referrer`: over plain HTTP browsers then send `Origin: null` with a form, and it
        // would look like one of another site.
        ("referrer-policy", "same-origin"),
        ("x-frame-options", "DENY"),
    ] {
        headers.insert(HeaderName::from_static(header_name), HeaderValue::from_static(value));
    }
    if let Ok(value) = HeaderValue::from_str(&name) {
        headers.insert("x-request-id", value);
    }
    if app.is_https() {
        let value = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, value);
    }
    response
}
