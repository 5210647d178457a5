//! 存证: where the log stands and how anybody can check it.

use axum::extract::State;
use green_channel::store::Store;

use super::pages::LogPage;
use super::pages::parts::Section;
use super::shell::Visitor;
use super::{PageResult, format, render};
use crate::app::App;
use crate::auth::Permission;

pub(super) async fn show(State(app): State<App>, visitor: Visitor) -> PageResult {
    visitor.require(Permission::ReadLog)?;
    let (engine, host) = (&app.engine, app.engine.host());
    let newest = engine.store().checkpoint().await?;
    let waiting = engine.store().staged(1000).await?.len();
    let page = LogPage {
        shell: visitor.shell(&app, Section::Log).await?,
        origin: host.log_origin.clone(),
        tree_size: newest.as_ref().map(|c| c.size.to_string()).unwrap_or_default(),
        root: newest.as_ref().map(|c| c.root.to_string()).unwrap_or_default(),
        signed_at: newest.as_ref().map(|c| format::moment(c.at)).unwrap_or_default(),
        checkpoint: newest.map(|c| c.note).unwrap_or_default(),
        vkey: engine.log_vkey(),
        waiting: waiting.to_string(),
        witnesses: Vec::new(),
        checkpoint_url: format!("{}/log/checkpoint", host.base_url),
    };
    Ok(render(&page))
}
