//! 保证金协议办法: the text under which deposits are paid in, kept, used and given back, version by version.

use axum::Form;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect};
use green_channel::channel::fund::{AgreementRow, FundError};
use green_channel::fund::{FundAction, role_may};
use green_channel::time::Date;

use super::super::case_page::Remarks;
use super::super::form::{Misfit, Typed};
use super::super::names::Names;
use super::super::pages::fund::{AgreementCard, FundAgreementPage};
use super::super::pages::parts::{Badge, Section, Tone};
use super::super::plain::Sketch;
use super::super::shell::Visitor;
use super::super::{PageResult, Trouble, format, render};
use super::act::{NotDone, remarks, status_of};
use super::overview::{Done, done_zh};
use crate::app::App;
use crate::auth::Permission;

pub(super) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Query(query): Query<Done>,
) -> PageResult {
    visitor.require(Permission::ReadFund)?;
    let mut page = page(&app, &visitor, &Remarks::default()).await?;
    page.shell.notice = done_zh(&query.done).to_owned();
    Ok(render(&page))
}

async fn page(
    app: &App,
    visitor: &Visitor,
    remarks: &Remarks,
) -> Result<FundAgreementPage, Trouble> {
    let (all, names) = (app.engine.agreements().await?, Names::load(app).await?);
    let today = app.engine.now().civil_date();
    let in_force = all.iter().rev().find(|one| one.effective_from <= today);
    let in_force = in_force.map(|one| one.version);
    let form =
        role_may(visitor.role(), FundAction::Adopt).then(|| {
            Sketch::named("adopt", "公布新版本", remarks, "写明缴存数额、管理、使用、退还办法")
            .intro(
                "公布后不能修改，只能公布下一版本。全文存于本系统，存证日志只记其摘要（SHA-256）。",
            )
            .long_area("text", "全文", 6_000,
                "电子商务法第五十八条：保证金的提取数额、管理、使用和退还办法由双方约定。",
            )
            .day("effective_from", "生效日期", &today.to_string())
            .asking("公布后不能修改。确定公布？")
            .form
        });
    let misfit = remarks.misfit.as_ref().filter(|misfit| misfit.field.is_empty());
    Ok(FundAgreementPage {
        shell: visitor.shell(app, Section::Fund).await?,
        error: misfit.map(|misfit| misfit.problem.clone()).unwrap_or_default(),
        form,
        versions: all.iter().rev().map(|one| card(one, in_force, today, &names)).collect(),
    })
}

fn card(one: &AgreementRow, in_force: Option<u32>, today: Date, names: &Names) -> AgreementCard {
    let (text, tone) = if Some(one.version) == in_force {
        ("现行", Tone::Good)
    } else if one.effective_from > today {
        ("尚未生效", Tone::Busy)
    } else {
        ("已由新版本代替", Tone::Quiet)
    };
    AgreementCard {
        title: format!("第 {} 版", one.version),
        status: Badge { text: text.to_owned(), tone },
        about: format!(
            "{}起生效，{} {}公布",
            format::full_day(one.effective_from),
            format::moment(one.at),
            names.of(one.by)
        ),
        digest: one.digest.clone(),
        text: one.text.clone(),
    }
}

pub(super) async fn adopt(
    State(app): State<App>,
    visitor: Visitor,
    Form(pairs): Form<Vec<(String, String)>>,
) -> PageResult {
    visitor.require(Permission::WorkFund)?;
    if !role_may(visitor.role(), FundAction::Adopt) {
        return Err(Trouble::forbidden());
    }
    let typed = Typed(pairs);
    match adopted(&app, &visitor, &typed).await {
        Ok(()) => Ok(Redirect::to("/console/fund/agreement?done=adopt").into_response()),
        Err(NotDone::Trouble(trouble)) => Err(trouble),
        Err(NotDone::Misfit(misfit)) => {
            let status = status_of(&misfit);
            let page = page(&app, &visitor, &remarks(typed, misfit)).await?;
            Ok((status, render(&page)).into_response())
        }
    }
}

async fn adopted(app: &App, visitor: &Visitor, typed: &Typed) -> Result<(), NotDone> {
    let misfit =
        |field, problem: &str| NotDone::Misfit(Misfit { field, problem: problem.to_owned() });
    let day: Date = typed
        .value("effective_from")
        .parse()
        .map_err(|_| misfit("effective_from", "请选择今天或以后的日期"))?;
    let done = app.engine.adopt_agreement(visitor.actor(), typed.value("text"), day).await;
    match done {
        Ok(_) => Ok(()),
        Err(FundError::Refused(refusal)) => Err(match refusal.field() {
            Some("text") => misfit("text", "请填写全文，不超过 6000 字"),
            Some("effective_from") => misfit("effective_from", "请选择今天或以后的日期"),
            _ => misfit("", &refusal.message_zh()),
        }),
        Err(error) => Err(error.into()),
    }
}
