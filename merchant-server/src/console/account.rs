//! 我的账号: what everybody may do about their own account: password, second factor, personal
//! tokens, and the role to act in.

use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use green_channel::case::Role;
use serde::Deserialize;

use super::form::Typed;
use super::pages::forms::Choice;
use super::pages::parts::{Badge, Section, Tone};
use super::pages::people::{AccountPage, OfferedFactor, PasswordPage, TokenLine};
use super::shell::{self, Visitor};
use super::{PageResult, Trouble, format, people, render};
use crate::app::App;
use crate::auth::personnel::{self, ChangeError, PasswordChange, TokenError};
use crate::auth::{
    self, ApiToken, LoginError, PeopleError, Permission, Person, Scope, factor_offer,
    factor_offered, may_have,
};

/// What the page shows beside how things stand.
#[derive(Default)]
struct Remarks {
    error: String,
    notice: String,
    codes: Vec<String>,
    issued: String,
}

pub(super) async fn show(State(app): State<App>, visitor: Visitor) -> PageResult {
    let page = page(&app, &visitor, &visitor.session.person, Remarks::default()).await?;
    Ok(render(&page))
}

/// The page of a person as they stand now.
async fn page(
    app: &App,
    visitor: &Visitor,
    person: &Person,
    remarks: Remarks,
) -> Result<AccountPage, Trouble> {
    let (role, now) = (visitor.role(), app.engine.now());
    let mut shell = visitor.shell(app, Section::Account).await?;
    shell.notice = remarks.notice;
    let powers = Permission::ALL.into_iter().filter(|power| visitor.may(*power));
    let scopes = Scope::ALL.into_iter().filter(|scope| may_have(role, *scope));
    let tokens = auth::tokens_of(app.engine.store(), &person.login).await?;
    let mut tokens: Vec<TokenLine> =
        tokens.into_iter().map(|(id, token)| line(id, &token, token.is_good(now))).collect();
    tokens.sort_by_key(|line| !line.can_revoke);
    let offered = factor_offered(&app.engine, person);
    Ok(AccountPage {
        shell,
        login: person.login.clone(),
        roles: people::labels(&person.roles),
        until: person.valid_until.map(|at| format::full_day(at.civil_date())).unwrap_or_default(),
        powers: powers.map(|power| power.label_zh().to_owned()).collect(),
        error: remarks.error,
        factor_on: person.totp.is_some(),
        factor_asked: app.config.console.require_totp,
        recovery_left: person.totp.as_ref().map_or(0, |factor| factor.recovery.len()),
        offered: offered.map(|factor| OfferedFactor { secret: factor.secret, uri: factor.uri }),
        codes: remarks.codes,
        issued: remarks.issued,
        tokens,
        scopes: scopes.map(choice).collect(),
    })
}

fn choice(scope: Scope) -> Choice {
    let label = match scope {
        Scope::CasesRead => "查看案件",
        Scope::CasesAct => "办理案件",
        Scope::LogRead => "读取存证",
        Scope::ReportsManage => "查看与重发回传",
        Scope::TenantsRead => "查看场内商户",
        Scope::TenantsManage => "管理场内商户",
        Scope::RevealsRead => "查看个人信息查阅记录",
        Scope::FundRead => "查看先行赔付资金",
        Scope::FundAct => "办理先行赔付",
    };
    Choice {
        code: scope.code().to_owned(),
        label: format!("{label}（{}）", scope.code()),
        chosen: false,
    }
}

fn line(id: String, token: &ApiToken, good: bool) -> TokenLine {
    let (text, tone) = if good {
        ("有效", Tone::Good)
    } else if token.revoked {
        ("已作废", Tone::Quiet)
    } else {
        ("已过期", Tone::Warn)
    };
    let scopes: Vec<&str> = token.scopes.iter().copied().map(Scope::code).collect();
    TokenLine {
        id,
        name: token.name.clone(),
        role: token.role.label_zh().to_owned(),
        scopes: scopes.join("、"),
        state: Badge { text: text.to_owned(), tone },
        until: token.expires_at.map(|at| format::full_day(at.civil_date())).unwrap_or_default(),
        can_revoke: good,
    }
}

/// The page again with what was wrong.
async fn refused(app: &App, visitor: &Visitor, error: String) -> PageResult {
    let remarks = Remarks { error, ..Remarks::default() };
    let page = page(app, visitor, &visitor.session.person, remarks).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, render(&page)).into_response())
}

pub(super) async fn offer_factor(State(app): State<App>, visitor: Visitor) -> PageResult {
    match factor_offer(&app.engine, &visitor.session.person.login).await {
        Ok(person) => Ok(render(&page(&app, &visitor, &person, Remarks::default()).await?)),
        Err(PeopleError::Store(error)) => Err(error.into()),
        Err(error) => refused(&app, &visitor, error.to_string()).await,
    }
}

#[derive(Deserialize)]
pub(super) struct Code {
    #[serde(default)]
    code: String,
}

pub(super) async fn confirm_factor(
    State(app): State<App>,
    visitor: Visitor,
    Form(typed): Form<Code>,
) -> PageResult {
    match personnel::turn_factor_on(&app.engine, &visitor.session, &typed.code).await {
        Ok((person, codes)) => {
            let notice = "两步验证已启用，下次登录时生效".to_owned();
            let remarks = Remarks { codes, notice, ..Remarks::default() };
            Ok(render(&page(&app, &visitor, &person, remarks).await?))
        }
        Err(PeopleError::Store(error)) => Err(error.into()),
        Err(error) => refused(&app, &visitor, error.to_string()).await,
    }
}

pub(super) async fn create_token(
    State(app): State<App>,
    visitor: Visitor,
    Form(pairs): Form<Vec<(String, String)>>,
) -> PageResult {
    let typed = Typed(pairs);
    let wanted = typed.values("scope");
    let known = Scope::ALL.into_iter().filter(|scope| wanted.contains(&scope.code()));
    // A number that does not read is as wrong as none.
    let days = typed.value("days").parse().unwrap_or(0);
    let (name, scopes) = (typed.value("name"), known.collect());
    match personnel::personal_token(&app.engine, &visitor.session, name, scopes, days).await {
        Ok(issued) => {
            let remarks = Remarks { issued, ..Remarks::default() };
            let page = page(&app, &visitor, &visitor.session.person, remarks).await?;
            Ok(render(&page))
        }
        Err(TokenError::Store(error)) => Err(error.into()),
        Err(error) => refused(&app, &visitor, error.to_string()).await,
    }
}

pub(super) async fn revoke_token(
    State(app): State<App>,
    visitor: Visitor,
    Path(token_id): Path<String>,
) -> PageResult {
    let login = &visitor.session.person.login;
    let own = Some(token_id.as_str());
    let revoked = personnel::revoke_tokens_of(&app.engine, visitor.actor(), login, own).await?;
    if revoked == 0 { Err(Trouble::missing()) } else { Ok(to_account()) }
}

fn to_account() -> axum::response::Response {
    Redirect::to("/console/account").into_response()
}

pub(super) async fn password_page(State(app): State<App>, visitor: Visitor) -> PageResult {
    Ok(render(&password(&app, &visitor, String::new()).await?))
}

async fn password(app: &App, visitor: &Visitor, error: String) -> Result<PasswordPage, Trouble> {
    Ok(PasswordPage {
        shell: visitor.shell(app, Section::Account).await?,
        login: visitor.session.person.login.clone(),
        forced: visitor.session.person.must_change,
        error,
    })
}

/// Passwords are taken as they were typed, blanks and all.
#[derive(Deserialize)]
pub(super) struct Passwords {
    #[serde(default)]
    current: String,
    #[serde(default)]
    new: String,
    #[serde(default)]
    again: String,
}

pub(super) async fn change_password(
    State(app): State<App>,
    visitor: Visitor,
    Form(typed): Form<Passwords>,
) -> PageResult {
    let Passwords { current, new, again } = typed;
    let typed = PasswordChange { current, new, again };
    let done =
        personnel::change_password(&app.engine, &visitor.session, &visitor.secret, typed).await;
    match done {
        Ok(()) => Ok(Redirect::to(shell::home(visitor.role())).into_response()),
        Err(
            ChangeError::People(PeopleError::Store(error))
            | ChangeError::Login(LoginError::Store(error)),
        ) => Err(error.into()),
        Err(error) => {
            let page = password(&app, &visitor, error.to_string()).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, render(&page)).into_response())
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    role: String,
}

/// Goes on in another of the person's roles.
pub(super) async fn switch_role(
    State(app): State<App>,
    visitor: Visitor,
    Form(wanted): Form<Wanted>,
) -> PageResult {
    let role = Role::from_code(&wanted.role);
    let held = role.filter(|role| visitor.session.person.roles.contains(role));
    let role = held.ok_or_else(Trouble::forbidden)?;
    auth::act_as(&app.engine, shell::limits(&app), &visitor.secret, role).await?;
    Ok(Redirect::to(shell::home(role)).into_response())
}
