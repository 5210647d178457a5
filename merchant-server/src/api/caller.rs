//! Who calls the API: a scoped token, checked before anything else.

use axum::extract::FromRequestParts;
use axum::http::{header, request::Parts};
use green_channel::case::Actor;
use green_channel::intake::ApiProblem;
use green_channel::protocol::ProblemCode;

use crate::app::App;
use crate::auth::{ApiToken, Scope, token_find};
use crate::console::watched;

/// A caller with a known token.
pub(crate) struct ApiCaller {
    token: ApiToken,
}

impl ApiCaller {
    /// The one who acts.
    pub(crate) fn actor(&self) -> Actor {
        self.token.actor()
    }

    /// Refuses unless the token has the scope and its role may have it.
    pub(crate) fn require(&self, scope: Scope) -> Result<(), ApiProblem> {
        if self.token.has(scope) {
            return Ok(());
        }
        Err(ApiProblem::new(ProblemCode::Forbidden))
    }
}

impl FromRequestParts<App> for ApiCaller {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiProblem> {
        let unknown = || ApiProblem::new(ProblemCode::Unauthorized);
        let mut values = parts.headers.get_all(header::AUTHORIZATION).iter();
        let value = values.next().ok_or_else(unknown)?.to_str().map_err(|_| unknown())?;
        let secret = value.strip_prefix("Bearer ").ok_or_else(unknown)?;
        if values.next().is_some() {
            return Err(unknown());
        }
        let now = app.engine.now();
        let needs_factor = app.config.console.require_totp;
        let token = token_find(app.engine.store(), secret.trim(), now, needs_factor).await?;
        let token = token.ok_or_else(unknown)?;
        watched(parts, app, token.actor()).await?;
        Ok(Self { token })
    }
}
