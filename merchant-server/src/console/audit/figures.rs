//! 指标: the figures of a period, computed from the stored log when somebody asks.

use axum::extract::{Query, State};
use green_channel::channel::FiguresError;
use green_channel::indicators::Indicator;
use green_channel::time::Date;
use serde::Deserialize;

use super::super::pages::audit::{FigureLine, FiguresPage};
use super::super::pages::parts::Section;
use super::super::shell::Visitor;
use super::super::{PageResult, render};
use super::last_month;
use crate::app::App;
use crate::auth::Permission;

#[derive(Deserialize)]
pub(super) struct Period {
    from: Option<String>,
    to: Option<String>,
}

pub(super) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Query(period): Query<Period>,
) -> PageResult {
    visitor.require(Permission::ReadAudit)?;
    let (first, last) = last_month(app.engine.now().civil_date());
    let (from, to) = (period.from.unwrap_or_default(), period.to.unwrap_or_default());
    let mut page = FiguresPage {
        shell: visitor.shell(&app, Section::Audit).await?,
        from: if from.is_empty() { first.to_string() } else { from },
        to: if to.is_empty() { last.to_string() } else { to },
        ..FiguresPage::default()
    };
    let (Ok(from), Ok(to)) = (page.from.parse::<Date>(), page.to.parse::<Date>()) else {
        page.error = "请填写日期，如 2026-11-01".to_owned();
        return Ok(render(&page));
    };
    if from > to {
        page.error = "起始日期不能晚于截止日期".to_owned();
        return Ok(render(&page));
    }
    match app.engine.figures(from, to).await {
        Ok((figures, size)) => {
            page.size = size.to_string();
            page.rows = figures.iter().map(line).collect();
        }
        Err(FiguresError::Fault(fault)) => {
            page.error = format!("日志核验不通过，算不出指标：{}", fault.message_zh());
        }
        Err(FiguresError::Store(error)) => return Err(error.into()),
    }
    Ok(render(&page))
}

fn line(Indicator { definition, figure }: &Indicator) -> FigureLine {
    FigureLine {
        label: definition.label_zh.to_owned(),
        figure: figure.to_string(),
        formula: format!("{}（第 {} 版）", definition.formula_zh, definition.version),
    }
}
