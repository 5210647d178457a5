//! 监管查阅: the room of auditors and regulators. They look for a case, see what was done to the house
//! itself, compute the figures from the log, and take the bundle along. Every page they open is noted.

mod acts;
mod bundle;
mod figures;

use axum::Router;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect};
use axum::routing::{get, post};
use green_channel::channel::ActError;
use green_channel::codes::visible;
use green_channel::ids::ComplaintNo;
use green_channel::store::Store;
use green_channel::time::Date;
use serde::Deserialize;

use super::pages::audit::AuditPage;
use super::pages::parts::{Fact, Section};
use super::shell::Visitor;
use super::{PageResult, format, render};
use crate::app::App;
use crate::auth::Permission;

/// The routes of the room.
pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/console/audit", get(room))
        .route("/console/audit/acts", get(acts::list))
        .route("/console/audit/figures", get(figures::show))
        .route("/console/audit/bundle", post(bundle::take))
}

#[derive(Deserialize)]
pub(super) struct Search {
    #[serde(default)]
    no: String,
}

async fn room(
    State(app): State<App>,
    visitor: Visitor,
    Query(search): Query<Search>,
) -> PageResult {
    visitor.require(Permission::ReadAudit)?;
    let no = search.no.trim();
    let mut error = String::new();
    if !no.is_empty() {
        let found = match no.parse::<ComplaintNo>() {
            Ok(no) => app.engine.load_by_number(&no).await,
            Err(_) => Err(ActError::Unknown),
        };
        match found {
            Ok(loaded) => {
                return Ok(Redirect::to(&format!("/console/cases/{}", loaded.id)).into_response());
            }
            Err(ActError::Unknown) => {
                error = "没有这个投诉编号的案件，请核对编号（个人信息已删除的案件不能按编号查找）"
                    .to_owned();
            }
            Err(other) => return Err(other.into()),
        }
    }
    let (from, to) = last_month(app.engine.now().civil_date());
    let page = AuditPage {
        shell: visitor.shell(&app, Section::Audit).await?,
        no: visible(no).into_owned(),
        error,
        facts: facts(&app).await?,
        takes_along: bundle::takes_along(&app).await?,
        command: format!(
            "merchant-server export bundle --data 数据目录 --out 核验包 --from {from} --to {to}"
        ),
        from: from.to_string(),
        to: to.to_string(),
    };
    Ok(render(&page))
}

/// Where the log stands.
async fn facts(app: &App) -> Result<Vec<Fact>, green_channel::store::StoreError> {
    let newest = app.engine.store().checkpoint().await?;
    let cosigned = app.engine.cosigned_head().await?;
    let mut facts = vec![
        ("日志名称", app.engine.host().log_origin.clone()),
        ("已入册", format!("{} 条", newest.as_ref().map_or(0, |head| head.size))),
    ];
    if let Some(head) = newest {
        facts.push(("最近检查点", format::moment_full(head.at)));
    }
    facts.push(match cosigned {
        Some(head) => {
            ("见证方已联署", format!("{} 条，{}", head.size, format::moment_full(head.at)))
        }
        None if app.witnessing.is_needed() => ("见证方已联署", "还没有".to_owned()),
        None => ("见证方", "未配置".to_owned()),
    });
    let fact = |(label, value): (&str, String)| Fact { label: label.to_owned(), value };
    Ok(facts.into_iter().map(fact).collect())
}

/// The month before this day's.
fn last_month(today: Date) -> (Date, Date) {
    let last = today.first_of_month().yesterday().unwrap_or(today);
    (last.first_of_month(), last)
}

#[cfg(test)]
mod tests {
    use super::last_month;

    #[test]
    fn the_month_before_is_offered() {
        for (today, from, to) in [
            ("2026-11-27", "2026-10-01", "2026-10-31"),
            ("2026-01-01", "2025-12-01", "2025-12-31"),
            ("2028-03-31", "2028-02-01", "2028-02-29"),
        ] {
            let (first, last) = last_month(today.parse().unwrap());
            assert_eq!((first.to_string().as_str(), last.to_string().as_str()), (from, to));
        }
    }
}
