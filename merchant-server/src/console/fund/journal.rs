//! The journal, for the host's own accountants.

use axum::extract::{Path, State};
use axum::http::header;
use axum::response::IntoResponse;
use green_channel::fund::{JournalLine, beancount, hledger};
use green_channel::store::StoreError;

use super::super::shell::Visitor;
use super::super::{PageResult, Trouble};
use crate::app::App;
use crate::auth::Permission;

const PAGE: u32 = 500;

pub(super) async fn download(
    State(app): State<App>,
    visitor: Visitor,
    Path(format): Path<String>,
) -> PageResult {
    visitor.require(Permission::ReadFund)?;
    let (write, name): (fn(&[JournalLine]) -> String, _) = match format.as_str() {
        "hledger" => (hledger, "fund.journal"),
        "beancount" => (beancount, "fund.beancount"),
        _ => return Err(Trouble::missing()),
    };
    let text = write(&every_line(&app).await?);
    let disposition = format!("attachment; filename=\"{name}\"");
    let kind = "text/plain; charset=utf-8".to_owned();
    Ok(([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, disposition)], text)
        .into_response())
}

pub(super) async fn every_line(app: &App) -> Result<Vec<JournalLine>, StoreError> {
    let mut all: Vec<JournalLine> = Vec::new();
    loop {
        let from = all.last().map_or(0, |last| last.n + 1);
        let page = app.engine.fund_lines(from, PAGE).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}
