//! Who is at the console and what surrounds every page.

use axum::extract::FromRequestParts;
use axum::http::{header, request::Parts};
use axum::response::{IntoResponse, Redirect, Response};
use green_channel::store::{Store, StoreError};

use super::Trouble;
use super::pages::parts::{Section, Shell};
use crate::app::App;
use crate::auth::{COOKIE, Permission, Session, allows, session};

/// A person who is signed in.
pub(crate) struct Visitor {
    pub(crate) session: Session,
}

impl Visitor {
    /// Refuses unless the person's role has the permission.
    pub(crate) fn require(&self, permission: Permission) -> Result<(), Trouble> {
        if allows(self.session.person.role, permission) {
            return Ok(());
        }
        Err(Trouble::forbidden())
    }

    /// The surroundings of this person's page.
    pub(crate) async fn shell(&self, app: &App, section: Section) -> Result<Shell, StoreError> {
        let person = &self.session.person;
        let (_, dead) = app.engine.store().outbox_counts().await?;
        Ok(Shell {
            user_name: person.name.clone(),
            role: person.role.label_zh().to_owned(),
            section,
            stuck_reports: if dead > 0 { dead.to_string() } else { String::new() },
            ..plain(app)
        })
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
        let secret = cookie(&parts.headers, app.is_https());
        let found = match secret {
            Some(secret) => session(&app.engine, &secret).await,
            None => Ok(None),
        };
        match found {
            Ok(Some(session)) => Ok(Self { session }),
            Ok(None) => {
                let here = parts.uri.path();
                let next = if parts.method == axum::http::Method::GET { here } else { "/console" };
                Err(Redirect::to(&format!("/console/login?next={next}")).into_response())
            }
            Err(error) => Err(Trouble::from(error).into_response()),
        }
    }
}
