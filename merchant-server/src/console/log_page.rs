//! 存证: where the log stands and how anybody can check it.

use axum::extract::State;
use green_channel::store::{Store, StoreError};

use super::pages::LogPage;
use super::pages::parts::{Fact, Section};
use super::shell::Visitor;
use super::{PageResult, format, render};
use crate::app::App;
use crate::auth::Permission;

pub(super) async fn show(State(app): State<App>, visitor: Visitor) -> PageResult {
    visitor.require(Permission::ReadLog)?;
    let (engine, host) = (&app.engine, app.engine.host());
    let newest = engine.store().checkpoint().await?;
    let waiting = engine.store().staged(1000).await?.len();
    let witnesses = witnesses(&app).await?;
    let page = LogPage {
        shell: visitor.shell(&app, Section::Log).await?,
        origin: host.log_origin.clone(),
        tree_size: newest.as_ref().map(|c| c.size.to_string()).unwrap_or_default(),
        root: newest.as_ref().map(|c| c.root.to_string()).unwrap_or_default(),
        signed_at: newest.as_ref().map(|c| format::moment(c.at)).unwrap_or_default(),
        checkpoint: engine.published_head().await?.unwrap_or_default(),
        vkey: engine.log_vkey(),
        waiting: waiting.to_string(),
        witnesses,
        checkpoint_url: format!("{}/log/checkpoint", host.base_url),
    };
    Ok(render(&page))
}

/// Whom the policy names, and how far their quorum has followed.
async fn witnesses(app: &App) -> Result<Vec<Fact>, StoreError> {
    let fact = |label: &str, value: String| Fact { label: label.to_owned(), value };
    let named = app.witnessing.policy().witnesses();
    let mut facts: Vec<Fact> =
        named.iter().map(|one| fact(&one.name, one.key.to_string())).collect();
    if app.witnessing.is_needed() {
        let cosigned = app.engine.cosigned_head().await?;
        let told = cosigned.map_or_else(
            || "还没有".to_owned(),
            |head| format!("{} 条，{}", head.size, format::moment_full(head.at)),
        );
        facts.push(fact("已联署到", told));
    }
    Ok(facts)
}
