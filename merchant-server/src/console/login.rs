//! Signing in and out.

use axum::Form;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::pages::LoginPage;
use super::{PageResult, Trouble, render, shell};
use crate::app::App;
use crate::auth::{self, LoginError, cookie_header, cookie_removal};

#[derive(Deserialize)]
pub(super) struct Next {
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
pub(super) struct Credentials {
    user: String,
    password: String,
    #[serde(default)]
    next: String,
}

pub(super) async fn page(State(app): State<App>, Query(query): Query<Next>) -> Response {
    let shell = shell::plain(&app);
    render(&LoginPage { shell, next: local(&query.next), ..LoginPage::default() })
}

pub(super) async fn submit(
    State(app): State<App>,
    Form(credentials): Form<Credentials>,
) -> PageResult {
    let Credentials { user, password, next } = credentials;
    let error = match auth::login(&app.engine, user.trim(), password).await {
        Ok(secret) => {
            let cookie = cookie_header(&secret, app.is_https());
            return Ok(
                ([(header::SET_COOKIE, cookie)], Redirect::to(&local(&next))).into_response()
            );
        }
        Err(LoginError::Store(error)) => return Err(Trouble::from(error)),
        Err(error) => error.to_string(),
    };
    let page = LoginPage {
        shell: shell::plain(&app),
        user,
        next: local(&next),
        error,
        ..LoginPage::default()
    };
    Ok((StatusCode::UNAUTHORIZED, render(&page)).into_response())
}

pub(super) async fn leave(State(app): State<App>, headers: HeaderMap) -> PageResult {
    if let Some(secret) = shell::cookie(&headers, app.is_https()) {
        auth::logout(&app.engine, &secret).await?;
    }
    let gone = cookie_removal(app.is_https());
    Ok(([(header::SET_COOKIE, gone)], Redirect::to("/console/login")).into_response())
}

/// Only a path of this console, so that a link cannot send a clerk elsewhere after signing in.
fn local(next: &str) -> String {
    let safe = next.starts_with("/console")
        && !next.starts_with("/console/login")
        && next.bytes().all(|b| b.is_ascii_alphanumeric() || b"/-_.".contains(&b));
    if safe { next.to_owned() } else { "/console".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn nobody_is_sent_elsewhere_after_signing_in() {
        assert_eq!(local("/console/cases/case_1"), "/console/cases/case_1");
        for bad in ["", "https://evil.example", "//evil", "/console?x=1", "/console\r\nX: y"] {
            assert_eq!(local(bad), "/console", "{bad:?}");
        }
    }
}
