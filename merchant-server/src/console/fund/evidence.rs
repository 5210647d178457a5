//! 凭证照片: pictures of slips and receipts. They come in by a form and are shown in a window of their own,
//! each time with a trace.

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect};
use axum::routing::post;
use green_channel::fund::{Advance, FundAction, role_may};
use green_channel::ids::AdvanceId;
use green_channel::privacy::Personal;

use super::super::case_page::Remarks;
use super::super::pages::fund::Link;
use super::super::shell::Visitor;
use super::super::{PageResult, Trouble, render};
use super::act::NotDone;
use super::advance;
use super::bank::{Uploaded, uploaded};
use crate::app::App;
use crate::auth::Permission;
use crate::limit::FILE_BYTES;

pub(super) fn router() -> Router<App> {
    let upload = DefaultBodyLimit::max(FILE_BYTES);
    Router::new()
        .route("/console/fund/advances/{advance_id}/evidence", post(add).layer(upload))
        .route("/console/fund/advances/{advance_id}/evidence/{sha256}", post(show))
}

/// Who sees cases may look, with a trace; a cashier sees that there is one.
pub(super) fn links(visitor: &Visitor, advance: &Advance) -> Vec<Link> {
    let may = visitor.may(Permission::ReadCases);
    let line = |(place, one): (usize, &green_channel::fund::Evidence)| Link {
        href: if may {
            format!("/console/fund/advances/{}/evidence/{}", advance.id, one.sha256)
        } else {
            String::new()
        },
        label: format!("第 {} 张（{} KB）", place + 1, one.bytes.div_ceil(1024)),
    };
    advance.evidence.iter().enumerate().map(line).collect()
}

async fn add(
    State(app): State<App>,
    visitor: Visitor,
    Path(advance_id): Path<String>,
    form: Uploaded,
) -> PageResult {
    visitor.require(Permission::WorkFund)?;
    if !role_may(visitor.role(), FundAction::AddEvidence) {
        return Err(Trouble::forbidden());
    }
    let id: AdvanceId = advance_id.parse().map_err(|_| Trouble::missing())?;
    let problem = match uploaded(form).await {
        Err(problem) => problem,
        Ok(bytes) => match app.engine.add_evidence(visitor.actor(), id, &bytes).await {
            Ok(_) => {
                let to = format!("/console/fund/advances/{id}?done=evidence#pictures");
                return Ok(Redirect::to(&to).into_response());
            }
            Err(error) => match NotDone::from(error) {
                NotDone::Trouble(trouble) => return Err(trouble),
                NotDone::Misfit(_) => {
                    "只接受 JPEG、PNG 或 PDF，不超过 1.5 MB，最多 10 张，同一张不重复；提交付款后才能添加"
                        .to_owned()
                }
            },
        },
    };
    let mut page = advance::page(&app, &visitor, id, &Remarks::default()).await?;
    page.error = problem;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, render(&page)).into_response())
}

/// The picture itself: nothing in it can run, and nothing keeps it.
async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Path((advance_id, sha256)): Path<(String, String)>,
) -> PageResult {
    visitor.require(Permission::ReadCases)?;
    let id: AdvanceId = advance_id.parse().map_err(|_| Trouble::missing())?;
    let row = app.engine.advance(id).await?.ok_or_else(Trouble::missing)?;
    let why = Personal::new("查看先行赔付凭证照片".to_owned());
    let picture = app.engine.show_evidence(&row, &sha256, visitor.actor(), why).await?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(picture.media.name())),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static("inline")),
        (HeaderName::from_static("x-content-type-options"), HeaderValue::from_static("nosniff")),
    ];
    Ok((headers, picture.bytes).into_response())
}
