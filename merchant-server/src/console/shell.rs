//! Who is at the console, what surrounds every page, and where somebody is sent who must first do
//! something about their own account.

use axum::extract::{FromRequestParts, MatchedPath};
use axum::http::{header, request::Parts};
use axum::response::{IntoResponse, Redirect, Response};
use green_channel::case::{Actor, Role};
use green_channel::channel::HostEvent;
use green_channel::channel::fund::Queue;
use green_channel::fund::{FundAction, role_may};
use green_channel::ids::CaseId;
use green_channel::store::{Store, StoreError};

use super::Trouble;
use super::pages::forms::Choice;
use super::pages::parts::{Section, Sees, Shell};
use crate::app::App;
use crate::auth::{COOKIE, Permission, Session, SessionLimits, allows, session};

const PASSWORD: &str = "/console/password";
const ACCOUNT: &str = "/console/account";
const DESK: &str = "/console";
const FUND: &str = "/console/fund";
const PEOPLE: &str = "/console/people";
/// Where a 场内商户 begins.
pub(super) const SHOP: &str = "/console/shop";
/// What somebody may do who must turn the second factor on before anything else.
const BEFORE_FACTOR: [&str; 5] =
    [ACCOUNT, "/console/account/totp", "/console/account/totp/confirm", PASSWORD, "/console/role"];

/// A person who is signed in.
pub(crate) struct Visitor {
    pub(crate) session: Session,
    /// The cookie's value, to tell this session from the person's others.
    pub(super) secret: String,
}

impl Visitor {
    /// The one who acts: the person, in the role acted in.
    pub(crate) fn actor(&self) -> Actor {
        self.session.actor()
    }

    /// The role acted in.
    pub(crate) const fn role(&self) -> Role {
        self.session.acting
    }

    /// Whether the role acted in has the permission.
    pub(crate) const fn may(&self, permission: Permission) -> bool {
        allows(self.role(), permission)
    }

    /// Refuses unless the role acted in has the permission.
    pub(crate) fn require(&self, permission: Permission) -> Result<(), Trouble> {
        if self.may(permission) { Ok(()) } else { Err(Trouble::forbidden()) }
    }

    /// The surroundings of this person's page.
    pub(crate) async fn shell(&self, app: &App, section: Section) -> Result<Shell, StoreError> {
        let (person, acting) = (&self.session.person, self.role());
        let (_, dead) = app.engine.store().outbox_counts().await?;
        let others = person.roles.iter().filter(|role| **role != acting);
        let other = |role: &Role| Choice {
            code: role.code().to_owned(),
            label: role.label_zh().to_owned(),
            chosen: false,
        };
        Ok(Shell {
            user_name: person.name.clone(),
            role: acting.label_zh().to_owned(),
            other_roles: others.map(other).collect(),
            sees: Sees {
                desk: self.may(Permission::ReadCases),
                reminders: self.may(Permission::WorkCases),
                shop: self.may(Permission::ReadOwnCases),
                reports: self.may(Permission::ReadReports),
                tenants: self.may(Permission::ReadTenants),
                fund: self.may(Permission::ReadFund),
                log: self.may(Permission::ReadLog),
                reveals: self.may(Permission::ReadReveals),
                audit: self.may(Permission::ReadAudit),
            },
            sees_people: sees_people(acting),
            registers: self.may(Permission::RegisterAtDesk),
            section,
            fund_waits: self.fund_waits(app).await?,
            stuck_reports: if dead > 0 { dead.to_string() } else { String::new() },
            ..plain(app)
        })
    }

    /// How much of the fund waits for the role acted in.
    async fn fund_waits(&self, app: &App) -> Result<String, StoreError> {
        const MOST: u32 = 100;
        let queues = [
            (FundAction::Approve, Queue::Approve),
            (FundAction::ApproveProposal, Queue::Proposed),
            (FundAction::Submit, Queue::Pay),
        ];
        let mut sum = 0;
        for (action, queue) in queues {
            if self.may(Permission::ReadFund) && role_may(self.role(), action) {
                sum += app.engine.waiting(queue, MOST).await?;
            }
        }
        Ok(if sum > 0 { sum.to_string() } else { String::new() })
    }

    /// Where this person must go first, if anywhere: somebody else knows the password, or the
    /// house asks for a second factor that is not on.
    fn detour(&self, app: &App, path: &str) -> Option<&'static str> {
        let person = &self.session.person;
        if person.must_change {
            return (path != PASSWORD).then_some(PASSWORD);
        }
        let lacks_factor = app.config.console.require_totp && person.totp.is_none();
        (lacks_factor && !BEFORE_FACTOR.contains(&path)).then_some(ACCOUNT)
    }
}

/// Whoever watches is watched: every page that an auditor opens is a fact in the log, with the stream of
/// the case it is about.
pub(crate) async fn watched(parts: &Parts, app: &App, actor: Actor) -> Result<(), StoreError> {
    if !allows(actor.role, Permission::ReadAudit) || parts.method != axum::http::Method::GET {
        return Ok(());
    }
    let page = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let mut data = serde_json::json!({ "page": page });
    let case = parts.uri.path().split('/').find_map(|part| part.parse::<CaseId>().ok());
    if let Some(stored) = match case {
        Some(id) => app.engine.store().case(id).await?,
        None => None,
    } {
        data["stream"] = stored.row.stream.into();
    }
    app.engine.record_host(actor, HostEvent { kind: "looked", data }).await
}

/// Whether a role has something to do on the 人员 page.
pub(super) const fn sees_people(role: Role) -> bool {
    allows(role, Permission::ManagePeople) || allows(role, Permission::ManageSecurity)
}

/// Where a role begins.
pub(super) const fn home(role: Role) -> &'static str {
    if sees_people(role) {
        PEOPLE
    } else if allows(role, Permission::ReadOwnCases) {
        SHOP
    } else if allows(role, Permission::ReadCases) {
        DESK
    } else if allows(role, Permission::ReadFund) {
        FUND
    } else {
        ACCOUNT
    }
}

/// Where the role acted in begins, for whoever comes without knowing where to go.
pub(super) async fn start(visitor: Visitor) -> Redirect {
    Redirect::to(home(visitor.role()))
}

/// When sessions end, as configured.
pub(super) fn limits(app: &App) -> SessionLimits {
    let console = &app.config.console;
    SessionLimits {
        idle_millis: i64::from(console.idle_minutes) * 60_000,
        total_millis: i64::from(console.session_hours) * 3_600_000,
    }
}

/// The surroundings of a page for nobody.
pub(crate) fn plain(app: &App) -> Shell {
    Shell {
        station: app.config.merchant.name.clone(),
        now_ms: app.engine.now().as_millis(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ..Shell::default()
    }
}

/// The secret in the session cookie, if there is one.
pub(crate) fn cookie(headers: &axum::http::HeaderMap, https: bool) -> Option<String> {
    let prefix = if https { "__Host-" } else { "" };
    let name = format!("{prefix}{COOKIE}=");
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.flat_map(|value| value.split(';'));
    pairs.find_map(|pair| pair.trim().strip_prefix(&name).map(str::to_owned))
}

impl FromRequestParts<App> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let here = parts.uri.path();
        let secret = cookie(&parts.headers, app.is_https()).unwrap_or_default();
        let found = match secret.as_str() {
            "" => Ok(None),
            secret => session(&app.engine, limits(app), secret).await,
        };
        match found {
            Ok(Some(session)) => {
                let visitor = Self { session, secret };
                match visitor.detour(app, here) {
                    Some(first) => Err(Redirect::to(first).into_response()),
                    None => match watched(parts, app, visitor.actor()).await {
                        Ok(()) => Ok(visitor),
                        // What cannot be noted is not shown.
                        Err(error) => Err(Trouble::from(error).into_response()),
                    },
                }
            }
            Ok(None) => {
                let next = if parts.method == axum::http::Method::GET { here } else { "/console" };
                Err(Redirect::to(&format!("/console/login?next={next}")).into_response())
            }
            Err(error) => Err(Trouble::from(error).into_response()),
        }
    }
}
