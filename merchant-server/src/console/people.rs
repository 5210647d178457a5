//! 人员: who may log in. The 系统管理员 adds people, gives roles and passwords; the 安全管理员
//! unlocks, resets second factors, ends sessions and revokes tokens. Neither does the other's work,
//! and nobody does anything here to themselves.

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use green_channel::case::Role;
use green_channel::time::{Date, Timestamp};
use serde::Deserialize;

use super::form::Typed;
use super::pages::forms::Choice;
use super::pages::parts::{Badge, Section, Tone};
use super::pages::people::{IssuedPassword, NewcomerForm, PeoplePage, PersonLine};
use super::shell::{Visitor, sees_people};
use super::{PageResult, Trouble, format, render};
use crate::app::App;
use crate::auth::personnel::{self, Newcomer};
use crate::auth::{self, Held, PeopleError, Permission, Person, is_held};

/// Something that is done to somebody's account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Roles,
    Password,
    Remove,
    Unlock,
    Factor,
    Sessions,
    Tokens,
}

impl Act {
    const ALL: [Self; 7] = [
        Self::Roles,
        Self::Password,
        Self::Remove,
        Self::Unlock,
        Self::Factor,
        Self::Sessions,
        Self::Tokens,
    ];

    /// The word in the address.
    const fn code(self) -> &'static str {
        match self {
            Self::Roles => "roles",
            Self::Password => "password",
            Self::Remove => "remove",
            Self::Unlock => "unlock",
            Self::Factor => "totp",
            Self::Sessions => "sessions",
            Self::Tokens => "tokens",
        }
    }

    fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.code() == code)
    }

    /// Who may do it.
    const fn needs(self) -> Permission {
        match self {
            Self::Roles | Self::Password | Self::Remove => Permission::ManagePeople,
            Self::Unlock | Self::Factor | Self::Sessions | Self::Tokens => {
                Permission::ManageSecurity
            }
        }
    }

    /// What is said when it is done.
    const fn done_zh(self) -> &'static str {
        match self {
            Self::Roles => "岗位已更改，该人员须重新登录",
            Self::Password => "密码已重设",
            Self::Remove => "账号已停用",
            Self::Unlock => "账号已解锁",
            Self::Factor => "两步验证已重设，须由本人重新启用",
            Self::Sessions => "该人员的登录已全部结束",
            Self::Tokens => "该人员的个人凭证已全部作废",
        }
    }
}

/// What the page shows beside how things stand.
#[derive(Default)]
struct Remarks {
    error: String,
    notice: String,
    issued: Option<IssuedPassword>,
    typed: Option<Typed>,
}

#[derive(Deserialize)]
pub(super) struct Done {
    #[serde(default)]
    done: String,
}

pub(super) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Query(query): Query<Done>,
) -> PageResult {
    let notice = Act::from_code(&query.done).map(|act| act.done_zh().to_owned());
    let remarks = Remarks { notice: notice.unwrap_or_default(), ..Remarks::default() };
    Ok(render(&page(&app, &visitor, remarks).await?))
}

pub(super) async fn add(
    State(app): State<App>,
    visitor: Visitor,
    Form(pairs): Form<Vec<(String, String)>>,
) -> PageResult {
    visitor.require(Permission::ManagePeople)?;
    let typed = Typed(pairs);
    let held = match held(&typed) {
        Ok(held) => held,
        Err(error) => return refused(&app, &visitor, error, Some(typed)).await,
    };
    let (login, name) = (typed.value("login").to_owned(), typed.value("name").to_owned());
    let newcomer = Newcomer { login: &login, name: &name, held, must_change: true };
    match personnel::add(&app.engine, visitor.actor(), newcomer).await {
        Ok(password) => issued(&app, &visitor, login, password).await,
        Err(PeopleError::Store(error)) => Err(error.into()),
        Err(error) => refused(&app, &visitor, error.to_string(), Some(typed)).await,
    }
}

pub(super) async fn act(
    State(app): State<App>,
    visitor: Visitor,
    Path((login, act)): Path<(String, String)>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> PageResult {
    let act = Act::from_code(&act).ok_or_else(Trouble::missing)?;
    visitor.require(act.needs())?;
    let typed = Typed(pairs);
    match perform(&app, &visitor, &login, act, &typed).await {
        Ok(Some(password)) => issued(&app, &visitor, login, password).await,
        Ok(None) => {
            Ok(Redirect::to(&format!("/console/people?done={}", act.code())).into_response())
        }
        Err(Refused::People(PeopleError::Store(error))) => Err(error.into()),
        Err(error) => refused(&app, &visitor, error.to_string(), None).await,
    }
}

/// Why an act is not done.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("{0}")]
    Typed(String),
    #[error(transparent)]
    People(#[from] PeopleError),
}

/// Does it; gives the password that is to be handed over, if there is one.
async fn perform(
    app: &App,
    visitor: &Visitor,
    login: &str,
    act: Act,
    typed: &Typed,
) -> Result<Option<String>, Refused> {
    if login == visitor.session.person.login {
        return Err(PeopleError::Oneself.into());
    }
    let (engine, by) = (&app.engine, visitor.actor());
    if act.needs() == Permission::ManagePeople && watches(app, login).await? {
        return Err(PeopleError::Watcher.into());
    }
    match act {
        Act::Roles => {
            let held = held(typed).map_err(Refused::Typed)?;
            let seen = Some(typed.value("were"));
            personnel::change_roles(engine, by, login, held, seen).await?;
        }
        Act::Password => {
            return Ok(Some(personnel::reset_password(engine, by, login).await?));
        }
        Act::Remove => personnel::remove(engine, by, login).await?,
        Act::Unlock => personnel::unlock(engine, by, login).await?,
        Act::Factor => personnel::reset_factor(engine, by, login).await?,
        Act::Sessions => personnel::end_sessions(engine, by, login).await?,
        Act::Tokens => {
            let revoked = personnel::revoke_tokens_of(engine, by, login, None).await;
            revoked.map_err(PeopleError::from)?;
        }
    }
    Ok(None)
}

/// Whether this person watches the administrators: whoever may set their password would watch
/// themselves.
async fn watches(app: &App, login: &str) -> Result<bool, PeopleError> {
    let found = auth::person(app.engine.store(), login).await?;
    let watcher = |role: &Role| matches!(role, Role::SecurityAdministrator | Role::Auditor);
    Ok(found.is_some_and(|(person, _)| person.roles.iter().any(watcher)))
}

/// Roles and their bounds as they were typed.
fn held(typed: &Typed) -> Result<Held, String> {
    let roles = typed.values("roles").into_iter().filter_map(Role::from_code).collect();
    let tenant = match typed.value("tenant") {
        "" => None,
        text => Some(text.parse().map_err(|_| "商户编号须为 tnt_ 开头的编号".to_owned())?),
    };
    let until: Option<Date> = match typed.value("until") {
        "" => None,
        text => Some(text.parse().map_err(|_| "截止日期须如 2026-12-31".to_owned())?),
    };
    Ok(Held { roles, tenant, valid_until: until.map(Timestamp::end_of) })
}

async fn issued(app: &App, visitor: &Visitor, login: String, password: String) -> PageResult {
    let issued = Some(IssuedPassword { login, password });
    Ok(render(&page(app, visitor, Remarks { issued, ..Remarks::default() }).await?))
}

/// The page again with what was wrong.
async fn refused(app: &App, visitor: &Visitor, error: String, typed: Option<Typed>) -> PageResult {
    let page = page(app, visitor, Remarks { error, typed, ..Remarks::default() }).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, render(&page)).into_response())
}

async fn page(app: &App, visitor: &Visitor, remarks: Remarks) -> Result<PeoplePage, Trouble> {
    if !sees_people(visitor.role()) {
        return Err(Trouble::forbidden());
    }
    let (own, now) = (&visitor.session.person.login, app.engine.now());
    let mut people = auth::people(app.engine.store()).await?;
    people.sort_by_key(|person| person.removed);
    let mut shell = visitor.shell(app, Section::People).await?;
    shell.notice = remarks.notice;
    Ok(PeoplePage {
        shell,
        manages: visitor.may(Permission::ManagePeople),
        error: remarks.error,
        issued: remarks.issued,
        people: people.iter().map(|person| line(person, now, own)).collect(),
        newcomer: newcomer(remarks.typed.as_ref()),
    })
}

fn newcomer(typed: Option<&Typed>) -> NewcomerForm {
    let value = |name| typed.map(|typed| typed.value(name).to_owned()).unwrap_or_default();
    let roles = typed.map(|typed| typed.values("roles")).unwrap_or_default();
    let chosen: Vec<Role> = roles.into_iter().filter_map(Role::from_code).collect();
    NewcomerForm {
        login: value("login"),
        name: value("name"),
        roles: choices(&chosen),
        tenant: value("tenant"),
        until: value("until"),
    }
}

fn choices(chosen: &[Role]) -> Vec<Choice> {
    let held = Role::ALL.into_iter().filter(|role| is_held(*role));
    held.map(|role| Choice {
        code: role.code().to_owned(),
        label: role.label_zh().to_owned(),
        chosen: chosen.contains(&role),
    })
    .collect()
}

fn line(person: &Person, now: Timestamp, own: &str) -> PersonLine {
    let until = person.valid_until.map(Timestamp::civil_date);
    let tenant = person.tenant.map(|tenant| tenant.to_string()).unwrap_or_default();
    let bounds = match until {
        Some(until) => format!("查阅至 {}（含当天）", format::full_day(until)),
        None => tenant.clone(),
    };
    PersonLine {
        login: person.login.clone(),
        name: person.name.clone(),
        roles: labels(&person.roles),
        states: states(person, now),
        bounds,
        can_act: !person.removed && person.login != own,
        locked: person.locked(now).is_some(),
        factor_on: person.totp.is_some(),
        choices: choices(&person.roles),
        were: person.roles_quoted(),
        tenant,
        until: until.map(|until| until.to_string()).unwrap_or_default(),
    }
}

/// Everything an administrator should see at a glance.
fn states(person: &Person, now: Timestamp) -> Vec<Badge> {
    let badge = |text: &str, tone| Badge { text: text.to_owned(), tone };
    if person.removed {
        return vec![badge("停用", Tone::Quiet)];
    }
    let mut states = Vec::new();
    if person.locked(now).is_some() {
        states.push(badge("锁定", Tone::Bad));
    }
    if person.has_ended(now) {
        states.push(badge("已到期", Tone::Warn));
    }
    if person.must_change {
        states.push(badge("须改密码", Tone::Warn));
    }
    if states.is_empty() {
        states.push(badge("正常", Tone::Good));
    }
    if person.totp.is_some() {
        states.push(badge("两步验证", Tone::Good));
    }
    states
}

/// The official words of roles in one line.
pub(super) fn labels(roles: &[Role]) -> String {
    roles.iter().copied().map(Role::label_zh).collect::<Vec<_>>().join("、")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(pairs: &[(&str, &str)]) -> Typed {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Typed(pairs.iter().map(own).collect())
    }

    #[test]
    fn every_act_has_its_own_word_and_one_of_two_powers() {
        for act in Act::ALL {
            assert_eq!(Act::from_code(act.code()), Some(act));
            let powers = [Permission::ManagePeople, Permission::ManageSecurity];
            assert!(powers.contains(&act.needs()));
        }
    }

    #[test]
    fn roles_and_bounds_read_as_typed() {
        let form = typed(&[("roles", "clerk"), ("roles", "supervisor"), ("until", "2026-12-31")]);
        let read = held(&form).unwrap();
        assert_eq!(read.roles, [Role::Clerk, Role::Supervisor]);
        let until = read.valid_until.unwrap();
        assert_eq!(until.to_string(), "2026-12-31T23:59:59.999+08:00");
        assert!(held(&typed(&[("tenant", "shop")])).is_err());
        assert!(held(&typed(&[("until", "morgen")])).is_err());
    }
}
