//! Signing in and out: a password, then a code of the second factor if there is one.

use axum::Form;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::pages::LoginPage;
use super::{PageResult, Trouble, render, shell};
use crate::app::App;
use crate::auth::{self, Begun, Entered, LoginError, cookie_header, cookie_removal};

const DESK: &str = "/console";

#[derive(Deserialize)]
pub(super) struct Next {
    #[serde(default)]
    next: String,
}

/// The form of the first step or, with `pending` set, of the second.
#[derive(Deserialize)]
pub(super) struct Credentials {
    #[serde(default)]
    user: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    pending: String,
    #[serde(default)]
    code: String,
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
    let Credentials { user, password, pending, code, next } = credentials;
    let (limits, next) = (shell::limits(&app), local(&next));
    let entered = if pending.is_empty() {
        auth::login(&app.engine, limits, user.trim(), password).await
    } else {
        auth::login_code(&app.engine, limits, &pending, &code).await.map(Entered::Session)
    };
    let shell = shell::plain(&app);
    match entered {
        Ok(Entered::Session(begun)) => Ok(inside(&app, &begun, &next)),
        Ok(Entered::CodeWanted(pending)) => {
            Ok(render(&LoginPage { shell, pending, next, ..LoginPage::default() }))
        }
        Err(LoginError::Store(error)) => Err(Trouble::from(error)),
        Err(error) => {
            // Only a wrong code is tried again; everything else begins with the password.
            let again = matches!(error, LoginError::WrongCode | LoginError::Busy);
            let pending = if again { pending } else { String::new() };
            let page = LoginPage { shell, user, pending, next, error: error.to_string() };
            Ok((StatusCode::UNAUTHORIZED, render(&page)).into_response())
        }
    }
}

/// In: the cookie, and the page that was asked for or where the role begins.
fn inside(app: &App, begun: &Begun, next: &str) -> Response {
    let cookie = cookie_header(&begun.secret, app.is_https());
    let to = if next == DESK { shell::home(begun.acting) } else { next };
    ([(header::SET_COOKIE, cookie)], Redirect::to(to)).into_response()
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
    let safe = next.starts_with(DESK)
        && !next.starts_with("/console/login")
        && next.bytes().all(|b| b.is_ascii_alphanumeric() || b"/-_.".contains(&b));
    if safe { next.to_owned() } else { DESK.to_owned() }
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
