//! The HTTP API of the merchant's own systems: list, show with allowed actions and why-not, act,
//! history, reports. Handlers translate; what may be done is the case's own rule.

mod act;
mod caller;
mod cases;
mod document;
mod reports;
mod stream;

use axum::Router;
use axum::routing::{get, post};

pub(crate) use document::print_document;

use crate::app::App;

/// The routes of the API.
pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/api/v1/cases", get(cases::list))
        .route("/api/v1/cases/stream", get(stream::stream))
        .route("/api/v1/cases/{case_id}", get(cases::show))
        .route("/api/v1/cases/{case_id}/history", get(cases::history))
        .route("/api/v1/cases/{case_id}/actions", post(act::act))
        .route("/api/v1/reports", get(reports::list))
        .route("/api/v1/reports/{report_id}/replay", post(reports::replay))
        .route("/log/tile/entries/{*place}", get(cases::entries))
}
