//! 先行赔付: the fund's rooms of the console. What may be done is the fund's own table
//! ([`green_channel::fund::decide_fund`]); these pages translate, and have no rule of their own.

mod act;
mod advance;
mod agreement;
mod bank;
mod evidence;
mod forms;
mod journal;
mod ledger;
mod lines;
mod list;
mod month;
mod overview;
mod papers;
mod read;

use axum::Router;
use axum::routing::{get, post};

pub(super) use forms::case_advances;

use crate::app::App;

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/console/fund", get(overview::show))
        .route("/console/fund/actions", post(act::on_fund))
        .route("/console/fund/advances", get(list::advances))
        .route("/console/fund/proposals", get(list::proposals))
        .route("/console/fund/advances/{advance_id}", get(advance::show).post(act::on_advance))
        .route("/console/fund/advances/{advance_id}/payee", post(advance::payee))
        .route("/console/fund/advances/{advance_id}/papers/{paper}", get(papers::show))
        .route("/console/fund/tenants/{tenant_id}", get(ledger::show))
        .route("/console/fund/months/{month}", get(month::show))
        .route("/console/fund/agreement", get(agreement::show).post(agreement::adopt))
        .route("/console/fund/journal/{format}", get(journal::download))
        .route("/console/cases/{case_id}/advances", post(act::request))
        .merge(bank::router())
        .merge(evidence::router())
}
