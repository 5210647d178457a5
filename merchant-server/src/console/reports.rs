//! 回传: what is on its way to the center, what was put aside, and sending it again.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect};
use green_channel::case::ReportKind;
use green_channel::store::{OutboxFilter, OutboxRow, OutboxState, Store, StoreError};

use super::pages::ReportsPage;
use super::pages::parts::{Badge, ReportLine, Section, Tile, Tone};
use super::shell::Visitor;
use super::{PageResult, Trouble, format, render, wording};
use crate::app::App;
use crate::auth::{Permission, allows};

pub(super) async fn show(State(app): State<App>, visitor: Visitor) -> PageResult {
    visitor.require(Permission::ReadReports)?;
    let can_resend = allows(visitor.role(), Permission::ReplayReports);
    let (pending, dead) = app.engine.store().outbox_counts().await?;
    let center = if app.config.center.api_url.is_empty() {
        Badge {
            text: "未配置中心接口，回传在队列中等待".to_owned(), tone: Tone::Warn
        }
    } else if dead > 0 {
        Badge { text: "有回传未送达".to_owned(), tone: Tone::Bad }
    } else {
        Badge { text: "回传正常".to_owned(), tone: Tone::Good }
    };
    let tile = |label: &str, count: u64, tone| Tile {
        label: label.to_owned(),
        value: count.to_string(),
        tone: if count > 0 { tone } else { Tone::Quiet },
        href: "/console/reports".to_owned(),
    };
    let page = ReportsPage {
        shell: visitor.shell(&app, Section::Reports).await?,
        center,
        tiles: vec![tile("等待发送", pending, Tone::Busy), tile("未送达", dead, Tone::Bad)],
        dead: lines(&app, OutboxState::Dead, can_resend).await?,
        pending: lines(&app, OutboxState::Pending, false).await?,
        receipted: lines(&app, OutboxState::Delivered, false).await?,
    };
    Ok(render(&page))
}

async fn lines(
    app: &App,
    state: OutboxState,
    can_resend: bool,
) -> Result<Vec<ReportLine>, Trouble> {
    let filter = OutboxFilter { state: Some(state), before: None, limit: 20 };
    let mut lines = Vec::new();
    for row in app.engine.store().outbox(filter).await? {
        let numbered = app.engine.summary(row.case).await?;
        let no = numbered.complaint_no.unwrap_or_else(|| "（已删除）".to_owned());
        lines.push(line(row, no, can_resend));
    }
    Ok(lines)
}

/// A report as a line.
pub(super) fn line(row: OutboxRow, complaint_no: String, can_resend: bool) -> ReportLine {
    let kind = ReportKind::from_code(&row.kind).map_or("", ReportKind::label_zh);
    let (text, tone) = match row.state {
        OutboxState::Pending if row.attempts > 0 => ("重试中", Tone::Warn),
        OutboxState::Pending => ("待发送", Tone::Busy),
        OutboxState::Delivered => ("已回执", Tone::Good),
        OutboxState::Dead => ("未送达", Tone::Bad),
        OutboxState::Dropped => ("已随个人信息删除", Tone::Quiet),
    };
    let (cause, remedy) = match (&row.cause, row.state) {
        (Some(cause), OutboxState::Pending | OutboxState::Dead) => wording::delivery_cause(cause),
        _ => (String::new(), String::new()),
    };
    let next = row.state == OutboxState::Pending && row.attempts > 0;
    ReportLine {
        report_id: row.id.to_string(),
        complaint_no,
        case_href: format!("/console/cases/{}", row.case),
        kind: kind.to_owned(),
        at: format::moment(row.created_at),
        state: Badge { text: text.to_owned(), tone },
        receipted: row.delivered_at.map(format::moment).unwrap_or_default(),
        attempts: if row.attempts > 0 {
            format!("已尝试 {} 次", row.attempts)
        } else {
            String::new()
        },
        next_try: if next {
            format!("{} 再试", format::moment(row.next_at))
        } else {
            String::new()
        },
        cause,
        remedy,
        can_resend,
        ..ReportLine::default()
    }
}

pub(super) async fn resend(
    State(app): State<App>,
    visitor: Visitor,
    Path(report_id): Path<String>,
) -> PageResult {
    visitor.require(Permission::ReplayReports)?;
    let id = report_id.parse().map_err(|_| Trouble::missing())?;
    match app.engine.replay_report(id).await {
        // Somebody else was first: the page shows how it stands now.
        Ok(()) | Err(StoreError::Conflict { .. }) => {
            Ok(Redirect::to("/console/reports").into_response())
        }
        Err(error) => Err(error.into()),
    }
}
