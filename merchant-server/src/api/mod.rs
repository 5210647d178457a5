//! The HTTP API of the merchant's own systems: list, show with allowed actions and why-not, act,
//! history, reports. Handlers translate; what may be done is the case's own rule.

mod act;
mod caller;
mod cases;
mod command_input;
mod desk;
mod document;
mod fund;
mod fund_agreement;
mod fund_bank;
mod fund_evidence;
mod fund_input;
mod fund_payee;
mod fund_views;
mod reports;
mod responders;
mod reveals;
mod stream;
mod tenants;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};

pub(crate) use act::{ANSWER_PATH, Done, carry_out};
pub(crate) use command_input::Step;
pub(crate) use document::print_document;
pub(crate) use fund_input::{AdvanceCommand, FundInput, PayeeInput, words};

use crate::app::App;
use crate::limit::FILE_BYTES;

/// A file of the bank may be larger than a command.
fn files() -> DefaultBodyLimit {
    DefaultBodyLimit::max(FILE_BYTES)
}

/// The routes of the API.
pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/api/v1/cases", get(cases::list))
        .route("/api/v1/cases/stream", get(stream::stream))
        .route("/api/v1/cases/{case_id}", get(cases::show))
        .route("/api/v1/cases/{case_id}/history", get(cases::history))
        .route("/api/v1/cases/{case_id}/actions", post(act::act))
        .route("/api/v1/cases/{case_id}/advances", post(fund::request))
        .route("/api/v1/fund", get(fund::show))
        .route("/api/v1/fund/entries", get(fund::entries))
        .route("/api/v1/fund/advances", get(fund::advances))
        .route("/api/v1/fund/advances/{advance_id}", get(fund::advance))
        .route("/api/v1/fund/advances/{advance_id}/actions", post(fund::act_on_advance))
        .route("/api/v1/fund/advances/{advance_id}/payee", get(fund_payee::show))
        .route(
            "/api/v1/fund/advances/{advance_id}/evidence",
            post(fund_evidence::add).layer(files()),
        )
        .route("/api/v1/fund/advances/{advance_id}/evidence/{sha256}", post(fund_evidence::show))
        .route("/api/v1/fund/proposals", get(fund::proposals))
        .route("/api/v1/fund/agreements", get(fund_agreement::list).post(fund_agreement::adopt))
        .route("/api/v1/fund/batches", get(fund_bank::batches).post(fund_bank::begin))
        .route("/api/v1/fund/batches/{batch}/file", post(fund_bank::file))
        .route("/api/v1/fund/results", post(fund_bank::results).layer(files()))
        .route("/api/v1/fund/reconciliations", post(fund_bank::reconcile).layer(files()))
        .route("/api/v1/fund/months/{month}", get(fund_bank::month))
        .route("/api/v1/fund/tenants/{tenant_id}/entries", get(fund_bank::tenant_entries))
        .route("/api/v1/fund/actions", post(fund::act))
        .route("/api/v1/desk-complaints", post(desk::register))
        .route("/api/v1/reports", get(reports::list))
        .route("/api/v1/reports/{report_id}/replay", post(reports::replay))
        .route("/api/v1/responders", get(responders::list))
        .route("/api/v1/reveals", get(reveals::list))
        .route("/api/v1/tenants", get(tenants::list).post(tenants::add))
        .route("/api/v1/tenants/{tenant_id}", get(tenants::show).put(tenants::change))
        .route("/log/tile/entries/{*place}", get(cases::entries))
}
