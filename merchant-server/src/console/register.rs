//! 现场登记: the form that a clerk fills in with a consumer at the desk, and the slip the consumer
//! takes along. What a complaint must be is the SDK's check.

use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use green_channel::case::ClockKind;
use green_channel::channel::{CaseView, DeskError, IntakeError, TenantRow};
use green_channel::ids::{CaseId, TenantId};
use green_channel::protocol::FieldError;
use green_channel::store::StoreError;

use super::desk_consent::{consent, wording};
use super::form::{Misfit, Typed};
use super::pages::parts::{Fact, Section};
use super::pages::register::{RegisterPage, RegisteredPage};
use super::register_form::{Shops, Shown, complaint, form, form_name, misfit};
use super::shell::Visitor;
use super::{PageResult, Trouble, format, render};
use crate::app::App;
use crate::auth::Permission;

/// How many shops are offered at most.
const OFFERED: usize = 100;
/// How many are read at a time, and how often at most.
const READ: u32 = 200;
const READS: u32 = 10;

/// The empty form.
pub(super) async fn show(State(app): State<App>, visitor: Visitor) -> PageResult {
    visitor.require(Permission::RegisterAtDesk)?;
    let fresh = Shown { typed: None, misfit: None };
    Ok(render(&page(&app, &visitor, &fresh, None).await?))
}

/// Registers the complaint, or shows the form again with everything typed.
pub(super) async fn submit(
    State(app): State<App>,
    visitor: Visitor,
    Form(pairs): Form<Vec<(String, String)>>,
) -> PageResult {
    visitor.require(Permission::RegisterAtDesk)?;
    let typed = Typed(pairs);
    let tenant = chosen(&app, &typed).await?;
    if typed.value("step") != "register" {
        // Only a shop was looked for or chosen: the text of the consent follows it.
        let shown = Shown { typed: Some(&typed), misfit: None };
        return Ok(render(&page(&app, &visitor, &shown, tenant.as_ref()).await?));
    }
    let misfit = match register(&app, &visitor, &typed, tenant.as_ref()).await? {
        Ok(case) => {
            return Ok(Redirect::to(&format!("/console/cases/{case}/slip")).into_response());
        }
        Err(misfit) => misfit,
    };
    let shown = Shown { typed: Some(&typed), misfit: Some(&misfit) };
    let page = page(&app, &visitor, &shown, tenant.as_ref()).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, render(&page)).into_response())
}

/// Opens the case, or says which field does not fit.
async fn register(
    app: &App,
    visitor: &Visitor,
    typed: &Typed,
    tenant: Option<&TenantRow>,
) -> Result<Result<CaseId, Misfit>, Trouble> {
    let tenant = tenant.map(|row| &row.tenant);
    if tenant.is_none() && !typed.value("tenant").is_empty() {
        return Ok(Err(misfit("tenant")));
    }
    let wording = wording(&app.config, tenant);
    if typed.value("wording") != wording.sha256 {
        // Nobody agrees to a text they were not shown.
        let problem = "告知书内容已按所选商户更新，请消费者重新阅读并勾选";
        return Ok(Err(Misfit { field: "agree", problem: problem.to_owned() }));
    }
    let now = app.engine.now();
    let consent = consent(typed, &app.config, tenant, &wording, now);
    let written = match complaint(typed, &app.config, tenant, consent, now.civil_date()) {
        Ok(written) => written,
        Err(misfit) => return Ok(Err(misfit)),
    };
    match app.engine.register(visitor.actor(), written).await {
        Ok(diverted) => Ok(Ok(diverted.case)),
        Err(DeskError::Field(error) | DeskError::Intake(IntakeError::Field(error))) => {
            Ok(Err(misfit_of(&error)))
        }
        Err(DeskError::Intake(IntakeError::Store(error))) => Err(error.into()),
        Err(DeskError::Intake(error)) => Err(Trouble::failed(&error)),
    }
}

fn misfit_of(error: &FieldError) -> Misfit {
    match error {
        FieldError::Field { field, .. } => misfit(form_name(field)),
        FieldError::Json(_) => misfit(""),
    }
}

async fn page(
    app: &App,
    visitor: &Visitor,
    shown: &Shown<'_>,
    chosen: Option<&TenantRow>,
) -> Result<RegisterPage, Trouble> {
    let q = shown.typed.map(|typed| typed.value("tenant_q").to_lowercase()).unwrap_or_default();
    let (found, more) = shops(app, &q).await?;
    let shops = Shops { found: &found, chosen, more };
    let wording = wording(&app.config, chosen.map(|row| &row.tenant));
    // What belongs to no field of the form is said above it.
    let whole = shown.misfit.filter(|misfit| misfit.field.is_empty());
    Ok(RegisterPage {
        shell: visitor.shell(app, Section::Register).await?,
        error: whole.map(|misfit| misfit.problem.clone()).unwrap_or_default(),
        form: form(&app.config, shown, &shops, wording),
    })
}

/// The shop that was chosen, if it is in the register.
async fn chosen(app: &App, typed: &Typed) -> Result<Option<TenantRow>, StoreError> {
    match typed.value("tenant").parse::<TenantId>() {
        Ok(id) => app.engine.tenant(id).await,
        Err(_) => Ok(None),
    }
}

/// The shops in whose name, number or stall the text stands, and whether there may be more.
async fn shops(app: &App, wanted: &str) -> Result<(Vec<TenantRow>, bool), StoreError> {
    let (mut found, mut after) = (Vec::new(), String::new());
    for _ in 0..READS {
        let read = app.engine.tenants(&after, READ).await?;
        let is_last = u32::try_from(read.len()).is_ok_and(|count| count < READ);
        for row in read {
            after = row.id.to_string();
            if !is_wanted(&row, wanted) {
                continue;
            }
            if found.len() == OFFERED {
                return Ok((found, true));
            }
            found.push(row);
        }
        if is_last {
            return Ok((found, false));
        }
    }
    Ok((found, true))
}

fn is_wanted(row: &TenantRow, wanted: &str) -> bool {
    let tenant = &row.tenant;
    let stall = tenant.stall_no.as_deref().unwrap_or("");
    [tenant.name.as_str(), tenant.uscc.as_str(), stall]
        .iter()
        .any(|text| text.to_lowercase().contains(wanted))
}

/// 投诉登记回执
pub(super) async fn slip(
    State(app): State<App>,
    visitor: Visitor,
    Path(case_id): Path<String>,
) -> PageResult {
    visitor.require(Permission::RegisterAtDesk)?;
    let id: CaseId = case_id.parse().map_err(|_| Trouble::missing())?;
    let view = app.engine.view(id, &visitor.actor()).await?;
    // What the center diverted has its number from the center, and no slip of ours.
    let Some(no) = view.summary.complaint_no.clone().filter(|_| view.origin.is_desk()) else {
        return Err(Trouble::missing());
    };
    Ok(render(&RegisteredPage {
        shell: visitor.shell(&app, Section::Register).await?,
        case_href: format!("/console/cases/{id}"),
        facts: slip_facts(&app, &no, &view),
        complaint_no: no,
    }))
}

fn slip_facts(app: &App, no: &str, view: &CaseView) -> Vec<Fact> {
    let respond = view.clocks.iter().find(|clock| clock.kind == ClockKind::Respond);
    let deadline =
        respond.map_or_else(|| "尽快".to_owned(), |clock| format::moment_full(clock.due_at));
    [
        ("投诉编号", no.to_owned()),
        ("消费者", view.consumer.name.clone()),
        ("登记时间", format::moment_full(view.summary.received_at)),
        ("登记单位", app.config.merchant.name.clone()),
        ("被投诉人", view.respondent.clone()),
        ("首次答复不晚于", deadline),
        ("登记方式", view.origin_label.clone()),
    ]
    .into_iter()
    .map(|(label, value)| Fact { label: label.to_owned(), value })
    .collect()
}
