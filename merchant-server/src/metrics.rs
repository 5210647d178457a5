//! Counters and gauges in OpenMetrics text. Labels are routes and codes, never ids.

use axum::http::Method;
use green_channel::channel::fund::Queue;
use green_channel::store::{Store, StoreError};
use prometheus_client::encoding::{EncodeLabelSet, text::encode};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::data_folder::Engine;

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RequestLabels {
    method: String,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct StateLabels {
    state: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct QueueLabels {
    queue: &'static str,
}

/// The queues of the fund, and how far each is counted.
const QUEUES: [(&str, Queue); 5] = [
    ("approve", Queue::Approve),
    ("pay", Queue::Pay),
    ("resolve", Queue::Resolve),
    ("owed", Queue::Owed),
    ("proposed", Queue::Proposed),
];
const COUNTED: u32 = 1_000;

/// A method as a label: whoever makes up methods makes no new counters.
pub(crate) fn known(method: &Method) -> &'static str {
    let all = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"];
    all.into_iter().find(|known| *known == method.as_str()).unwrap_or("other")
}

/// What is counted.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    deliveries: Family<StateLabels, Counter>,
    cases: Family<StateLabels, Gauge>,
    reports: Family<StateLabels, Gauge>,
    log_size: Gauge,
    log_cosigned_size: Gauge,
    fund_waiting: Family<QueueLabels, Gauge>,
    fund_below_floor: Gauge,
}

impl Metrics {
    /// Nothing counted yet.
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("green_channel");
        let requests = Family::default();
        let deliveries = Family::default();
        let (cases, reports) = (Family::default(), Family::default());
        let log_size = Gauge::default();
        registry.register("http_requests", "Requests by route and status", requests.clone());
        registry.register("deliveries", "Report deliveries by outcome", deliveries.clone());
        registry.register("cases", "Cases by state", cases.clone());
        registry.register("reports", "Reports not yet delivered, by state", reports.clone());
        registry.register("log_size", "Leaves with a position in the log", log_size.clone());
        let log_cosigned_size = Gauge::default();
        let cosigned = "Leaves under the newest head that a quorum of witnesses has cosigned";
        registry.register("log_cosigned_size", cosigned, log_cosigned_size.clone());
        let fund_waiting = Family::default();
        let fund_below_floor = Gauge::default();
        let waiting = "Advances and proposals that wait, by queue";
        registry.register("fund_waiting", waiting, fund_waiting.clone());
        let low = "Whether what is free in the fund is below its floor";
        registry.register("fund_below_floor", low, fund_below_floor.clone());
        Self {
            registry,
            requests,
            deliveries,
            cases,
            reports,
            log_size,
            log_cosigned_size,
            fund_waiting,
            fund_below_floor,
        }
    }

    /// Counts a request.
    pub(crate) fn request(&self, method: &Method, route: &str, status: u16) {
        let (method, route) = (known(method).to_owned(), route.to_owned());
        let labels = RequestLabels { method, route, status };
        self.requests.get_or_create(&labels).inc();
    }

    /// Counts a delivery.
    pub(crate) fn delivery(&self, outcome: &str) {
        self.deliveries.get_or_create(&StateLabels { state: outcome.to_owned() }).inc();
    }

    /// The text of `/metrics`, with the gauges as they are now.
    pub(crate) async fn render(&self, engine: &Engine) -> Result<String, StoreError> {
        let gauge = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        for (state, count) in engine.store().case_counts().await? {
            self.cases.get_or_create(&StateLabels { state }).set(gauge(count));
        }
        let (pending, dead) = engine.store().outbox_counts().await?;
        for (state, count) in [("pending", pending), ("dead", dead)] {
            let labels = StateLabels { state: state.to_owned() };
            self.reports.get_or_create(&labels).set(gauge(count));
        }
        self.log_size.set(gauge(engine.store().log_head().await?.size));
        let cosigned = engine.cosigned_head().await?;
        self.log_cosigned_size.set(gauge(cosigned.map_or(0, |head| head.size)));
        for (queue, which) in QUEUES {
            let count = engine.waiting(which, COUNTED).await?;
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            self.fund_waiting.get_or_create(&QueueLabels { queue }).set(count);
        }
        self.fund_below_floor.set(i64::from(engine.fund_is_low().await?));
        let mut text = String::new();
        encode(&mut text, &self.registry)
            .map_err(|_| StoreError::Engine("metrics do not render".to_owned()))?;
        Ok(text)
    }
}
