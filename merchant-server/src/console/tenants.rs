//! 商户: the register of tenants, one tenant, and the forms that change it. What a tenant must be is
//! the SDK's check; who may change one is the permission table's.

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use green_channel::channel::{TenantError, TenantRow};
use green_channel::ids::TenantId;
use green_channel::store::StoreError;
use green_channel::tenants::{Tenant, TenantStatus};
use serde::Deserialize;

use super::form::{Misfit, Typed};
use super::pages::parts::{Badge, Section, Tone};
use super::pages::tenants::{TenantLine, TenantPage, TenantsPage};
use super::shell::Visitor;
use super::tenant_form::{Refused, Which, draft, facts_form, problem_zh, standing, standing_form};
use super::{PageResult, Trouble, format, render, tenant_form};
use crate::app::App;
use crate::auth::Permission;

/// How many tenants one sheet of the list shows.
const SHEET: usize = 50;
/// How many are read at a time, and how often at most for one sheet: a search for what is not there
/// must not read the whole register at once.
const READ: u32 = 200;
const READS: u32 = 10;

#[derive(Deserialize)]
pub(super) struct ListParams {
    #[serde(default)]
    q: String,
    #[serde(default)]
    after: String,
}

#[derive(Deserialize)]
pub(super) struct Done {
    #[serde(default)]
    done: String,
}

pub(super) async fn list(
    State(app): State<App>,
    visitor: Visitor,
    Query(params): Query<ListParams>,
) -> PageResult {
    visitor.require(Permission::ReadTenants)?;
    let is_id = params.after.parse::<TenantId>().is_ok();
    if !params.after.is_empty() && !is_id {
        return Err(Trouble::missing());
    }
    let q = params.q.trim();
    let (rows, next) = sheet(&app, q, &params.after).await?;
    let page = TenantsPage {
        shell: visitor.shell(&app, Section::Tenants).await?,
        q: q.to_owned(),
        shown: format!("本页 {} 家", rows.len()),
        next_href: next.map(|after| href(q, &after)).unwrap_or_default(),
        first_href: if params.after.is_empty() { String::new() } else { href(q, "") },
        can_add: visitor.may(Permission::ManageTenants),
        empty_title: if q.is_empty() { "还没有登记商户" } else { "没有找到商户" }.to_owned(),
        empty_hint: if q.is_empty() {
            "由主管登记场内商户、摊位或平台内经营者。"
        } else {
            "请核对名称、摊位号或统一社会信用代码，可只填其中一部分。"
        }
        .to_owned(),
        rows: rows.iter().map(line).collect(),
    };
    Ok(render(&page))
}

/// The next tenants after `after` in which `q` stands, and after which to go on looking.
async fn sheet(
    app: &App,
    q: &str,
    after: &str,
) -> Result<(Vec<TenantRow>, Option<String>), StoreError> {
    let (mut found, mut after) = (Vec::new(), after.to_owned());
    let wanted = q.to_lowercase();
    for _ in 0..READS {
        let read = app.engine.tenants(&after, READ).await?;
        let is_last = u32::try_from(read.len()).is_ok_and(|count| count < READ);
        for row in read {
            after = row.id.to_string();
            if holds(&row.tenant, &wanted) {
                found.push(row);
            }
            if found.len() == SHEET {
                return Ok((found, Some(after)));
            }
        }
        if is_last {
            return Ok((found, None));
        }
    }
    Ok((found, Some(after)))
}

/// Whether the text, in small letters, stands in what a tenant is looked for by.
fn holds(tenant: &Tenant, wanted: &str) -> bool {
    let stall_no = tenant.stall_no.as_deref().unwrap_or("");
    [tenant.name.as_str(), tenant.uscc.as_str(), stall_no]
        .iter()
        .any(|text| text.to_lowercase().contains(wanted))
}

fn href(q: &str, after: &str) -> String {
    let pairs = [("q", q), ("after", after)].into_iter().filter(|(_, value)| !value.is_empty());
    let query = serde_urlencoded::to_string(pairs.collect::<Vec<_>>()).unwrap_or_default();
    format!("/console/tenants?{query}")
}

fn line(row: &TenantRow) -> TenantLine {
    let tenant = &row.tenant;
    TenantLine {
        href: format!("/console/tenants/{}", row.id),
        name: tenant.name.clone(),
        uscc: tenant.uscc.to_string(),
        kind: tenant.kind.label_zh().to_owned(),
        stall_no: tenant.stall_no.clone().unwrap_or_default(),
        contract: tenant_form::contract(tenant),
        status: badge(tenant.status),
        since: format!("{}起", format::full_day(tenant.status_since)),
    }
}

/// Whether a tenant trades.
pub(super) fn badge(status: TenantStatus) -> Badge {
    let tone = match status {
        TenantStatus::Active => Tone::Good,
        TenantStatus::Suspended => Tone::Bad,
        TenantStatus::Left => Tone::Quiet,
    };
    Badge { text: status.label_zh().to_owned(), tone }
}

pub(super) async fn fresh(State(app): State<App>, visitor: Visitor) -> PageResult {
    visitor.require(Permission::ManageTenants)?;
    Ok(render(&new_page(&app, &visitor, None).await?))
}

pub(super) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Path(tenant_id): Path<String>,
    Query(query): Query<Done>,
) -> PageResult {
    visitor.require(Permission::ReadTenants)?;
    let row = load(&app, &tenant_id).await?;
    let mut page = page(&app, &visitor, &row, None).await?;
    page.shell.notice = match query.done.as_str() {
        "added" => "已登记".to_owned(),
        "changed" => "已保存".to_owned(),
        _ => String::new(),
    };
    Ok(render(&page))
}

/// Adds a tenant, or shows the form again.
pub(super) async fn add(
    State(app): State<App>,
    visitor: Visitor,
    Form(pairs): Form<Vec<(String, String)>>,
) -> PageResult {
    visitor.require(Permission::ManageTenants)?;
    let typed = Typed(pairs);
    let misfit = match checked(&typed, None) {
        Ok(tenant) => match app.engine.tenant_add(visitor.actor(), &tenant).await {
            Ok(id) => {
                return Ok(
                    Redirect::to(&format!("/console/tenants/{id}?done=added")).into_response()
                );
            }
            Err(error) => misfit_of(error)?,
        },
        Err(misfit) => misfit,
    };
    let refused = Refused { which: Which::Facts, typed, misfit };
    let status = status_of(&refused);
    Ok((status, render(&new_page(&app, &visitor, Some(&refused)).await?)).into_response())
}

/// Changes the facts of a tenant; its status stays.
pub(super) async fn change(
    State(app): State<App>,
    visitor: Visitor,
    Path(tenant_id): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> PageResult {
    visitor.require(Permission::ManageTenants)?;
    let row = load(&app, &tenant_id).await?;
    let typed = Typed(pairs);
    let wanted = checked(&typed, Some(&row.tenant));
    save(&app, &visitor, row, Which::Facts, typed, wanted).await
}

/// Changes the status of a tenant; its facts stay.
pub(super) async fn change_status(
    State(app): State<App>,
    visitor: Visitor,
    Path(tenant_id): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> PageResult {
    visitor.require(Permission::ManageTenants)?;
    let row = load(&app, &tenant_id).await?;
    let typed = Typed(pairs);
    let wanted = standing(&typed, &row.tenant);
    save(&app, &visitor, row, Which::Standing, typed, wanted).await
}

async fn save(
    app: &App,
    visitor: &Visitor,
    row: TenantRow,
    which: Which,
    typed: Typed,
    wanted: Result<Tenant, Misfit>,
) -> PageResult {
    let misfit = match (typed.expected(), wanted) {
        (Err(misfit), _) | (Ok(_), Err(misfit)) => misfit,
        (Ok(expected), Ok(tenant)) => {
            let actor = visitor.actor();
            match app.engine.tenant_change(actor, row.id, expected, &tenant).await {
                Ok(_) => {
                    let done = format!("/console/tenants/{}?done=changed", row.id);
                    return Ok(Redirect::to(&done).into_response());
                }
                Err(error) => misfit_of(error)?,
            }
        }
    };
    // As it stands now: whoever was faster is seen, and the next try is decided on that.
    let row = load(app, &row.id.to_string()).await?;
    let refused = Refused { which, typed, misfit };
    let status = status_of(&refused);
    Ok((status, render(&page(app, visitor, &row, Some(&refused)).await?)).into_response())
}

/// The tenant that the form of its facts stands for.
fn checked(typed: &Typed, current: Option<&Tenant>) -> Result<Tenant, Misfit> {
    draft(typed, current)?.into_tenant().map_err(|fault| at_field(fault.field))
}

fn at_field(field: &'static str) -> Misfit {
    Misfit { field, problem: problem_zh(field).to_owned() }
}

/// What is said at a form, unless it is no fault of the form.
fn misfit_of(error: TenantError) -> Result<Misfit, Trouble> {
    match error {
        TenantError::Field { field, .. } => Ok(at_field(field)),
        TenantError::Taken => Ok(Misfit {
            field: "stall_no",
            problem: "这个统一社会信用代码和摊位号已登记为另一商户，请核对；同一主体另有摊位的，\
                      请填写摊位号"
                .to_owned(),
        }),
        TenantError::Stale { .. } => Ok(Misfit {
            field: "",
            problem: "商户资料刚被他人修改，请核对后再提交；您填写的内容已保留。".to_owned(),
        }),
        TenantError::Unknown => Err(Trouble::missing()),
        TenantError::Store(error) => Err(error.into()),
    }
}

fn status_of(refused: &Refused) -> StatusCode {
    if refused.misfit.field.is_empty() {
        StatusCode::CONFLICT
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    }
}

/// What is said above the page: what belongs to no field of it.
fn error_of(refused: Option<&Refused>) -> String {
    let misfit = refused.map(|refused| &refused.misfit);
    let misfit = misfit.filter(|misfit| matches!(misfit.field, "" | "expected_version"));
    misfit.map(|misfit| misfit.problem.clone()).unwrap_or_default()
}

async fn load(app: &App, tenant_id: &str) -> Result<TenantRow, Trouble> {
    let id: TenantId = tenant_id.parse().map_err(|_| Trouble::missing())?;
    app.engine.tenant(id).await?.ok_or_else(Trouble::missing)
}

async fn new_page(
    app: &App,
    visitor: &Visitor,
    refused: Option<&Refused>,
) -> Result<TenantPage, Trouble> {
    Ok(TenantPage {
        shell: visitor.shell(app, Section::Tenants).await?,
        action: "/console/tenants/new".to_owned(),
        is_new: true,
        title: "登记商户".to_owned(),
        error: error_of(refused),
        form: Some(facts_form(refused, None)),
        ..TenantPage::default()
    })
}

async fn page(
    app: &App,
    visitor: &Visitor,
    row: &TenantRow,
    refused: Option<&Refused>,
) -> Result<TenantPage, Trouble> {
    let tenant = &row.tenant;
    let may_change = visitor.may(Permission::ManageTenants);
    // Whoever works on cases calls the shop; whoever only looks on does not need the person.
    let may_call = may_change || visitor.may(Permission::WorkCases);
    let today = app.engine.now().civil_date();
    Ok(TenantPage {
        shell: visitor.shell(app, Section::Tenants).await?,
        action: format!("/console/tenants/{}", row.id),
        is_new: false,
        version: row.version,
        title: tenant.name.clone(),
        status: badge(tenant.status),
        ledger_href: if visitor.may(Permission::ReadFund) {
            format!("/console/fund/tenants/{}", row.id)
        } else {
            String::new()
        },
        error: error_of(refused),
        facts: tenant_form::facts(tenant, may_call),
        commitments: tenant.commitments.clone(),
        form: may_change.then(|| facts_form(refused, Some(tenant))),
        standing: may_change.then(|| standing_form(refused, tenant, today)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_keeps_what_was_searched_for() {
        assert_eq!(
            href("童装 A&B", "tnt_1"),
            "/console/tenants?q=%E7%AB%A5%E8%A3%85+A%26B&after=tnt_1"
        );
        assert_eq!(href("", ""), "/console/tenants?");
    }
}
