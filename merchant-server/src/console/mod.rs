//! The console: server-rendered pages in Chinese for clerks, supervisors and auditors. It works
//! without JavaScript. It has no rule of its own: what is allowed comes from the case's view.

mod account;
mod act;
mod actions_view;
mod agreement;
mod answer_link;
mod audit;
mod cards;
mod case_page;
mod desk;
mod desk_consent;
mod form;
mod format;
mod fund;
mod log_page;
mod login;
mod names;
mod pages;
mod people;
mod person_cards;
mod plain;
mod register;
mod register_form;
mod reminders;
mod reports;
mod reveals;
mod shell;
mod shop_room;
mod slip;
mod standing;
mod tenant_form;
mod tenants;
mod wording;

use askama::Template;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Path};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use tower_http::csrf::CsrfLayer;

use self::pages::ErrorPage;
use self::pages::parts::{Section, Shell};
pub(crate) use self::shell::watched;
use crate::app::App;
use crate::limit::LOGIN_BYTES;

const CSS: &str = include_str!("../../assets/console.css");
const SLIP_CSS: &str = include_str!("../../assets/slip.css");
const JS: &str = include_str!("../../assets/console.js");
const ICON: &str = include_str!("../../assets/favicon.svg");
/// Nothing from anywhere else, nothing inline, in no frame.
const CSP: &str = "default-src 'self'; object-src 'none'; base-uri 'none'; \
                   form-action 'self'; frame-ancestors 'none'";

/// The routes of the console.
pub(crate) fn router() -> Router<App> {
    let login_body = DefaultBodyLimit::max(LOGIN_BYTES);
    Router::new()
        .route("/", get(shell::start))
        .route("/console", get(desk::queue))
        .route("/console/login", get(login::page).post(login::submit).layer(login_body))
        .route("/console/logout", post(login::leave))
        .route("/console/password", get(account::password_page).post(account::change_password))
        .route("/console/role", post(account::switch_role))
        .route("/console/account", get(account::show))
        .route("/console/account/totp", post(account::offer_factor))
        .route("/console/account/totp/confirm", post(account::confirm_factor))
        .route("/console/account/tokens", post(account::create_token))
        .route("/console/account/tokens/{token_id}/revoke", post(account::revoke_token))
        .route("/console/people", get(people::show).post(people::add))
        .route("/console/people/{login}/{act}", post(people::act))
        .route("/console/cases/{case_id}", get(case_page::show))
        .route("/console/cases/{case_id}/actions", post(act::submit))
        .route("/console/cases/{case_id}/agreement", get(agreement::show))
        .route("/console/cases/{case_id}/slip", get(register::slip))
        .route("/console/cases/{case_id}/proof", get(slip::print))
        .route("/console/register", get(register::show).post(register::submit))
        .route("/console/reminders", get(reminders::list))
        .route("/console/reports", get(reports::show))
        .route("/console/reports/{report_id}/resend", post(reports::resend))
        .route("/console/tenants", get(tenants::list))
        .route("/console/tenants/new", get(tenants::fresh).post(tenants::add))
        .route("/console/tenants/{tenant_id}", get(tenants::show).post(tenants::change))
        .route("/console/tenants/{tenant_id}/status", post(tenants::change_status))
        .route("/console/log", get(log_page::show))
        .route("/console/reveals", get(reveals::list))
        .route("/console/shop", get(shop_room::list))
        .route("/console/shop/cases/{case_id}", get(shop_room::show))
        .route("/console/shop/cases/{case_id}/statement", post(shop_room::state))
        .merge(fund::router())
        .merge(audit::router())
        .route("/slip", get(slip::check))
        .merge(answer_link::router())
        .layer(CsrfLayer::new())
        .layer(middleware::map_response(private))
        .route("/console/assets/{name}", get(asset))
}

/// Pages hold personal data: no cache keeps them, and nothing foreign runs in them.
async fn private(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let policy = HeaderName::from_static("content-security-policy");
    headers.insert(policy, HeaderValue::from_static(CSP));
    response
}

async fn asset(Path(name): Path<String>) -> Response {
    let (kind, text) = match name.as_str() {
        "console.css" => ("text/css; charset=utf-8", CSS),
        "slip.css" => ("text/css; charset=utf-8", SLIP_CSS),
        "console.js" => ("text/javascript; charset=utf-8", JS),
        "favicon.svg" => ("image/svg+xml", ICON),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "max-age=300")], text).into_response()
}

/// A page that did not come to be, in words and with a way on.
pub(crate) struct Trouble {
    status: StatusCode,
    title: &'static str,
    message: String,
    remedy: &'static str,
}

/// What a page handler gives.
type PageResult = Result<Response, Trouble>;

impl Trouble {
    fn forbidden() -> Self {
        Self {
            status: StatusCode::FORBIDDEN,
            title: "没有权限",
            message: "您的岗位不能查看或办理这一项。".to_owned(),
            remedy: "如确需办理，请联系主管或系统管理员。",
        }
    }

    fn missing() -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            title: "没有找到",
            message: "没有这个页面或案件。".to_owned(),
            remedy: "请从工作台重新打开。",
        }
    }

    /// What was asked for does not fit.
    fn unfit(message: &str) -> Self {
        Self {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            title: "不能办理",
            message: message.to_owned(),
            remedy: "请返回上一页改正后再试。",
        }
    }

    fn busy(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "a page has to wait");
        Self {
            status: StatusCode::SERVICE_UNAVAILABLE,
            title: "暂时不可用",
            message: "系统忙，或数据库暂时连接不上。这一步没有保存任何内容。".to_owned(),
            remedy: "请过一会儿再试；如持续出现，请联系系统管理员。",
        }
    }

    fn failed(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "a page failed");
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            title: "系统内部错误",
            message: "这一步没有完成，没有保存任何内容。".to_owned(),
            remedy: "请稍后再试；如仍失败，请把页面时间告知系统管理员。",
        }
    }
}

impl From<green_channel::store::StoreError> for Trouble {
    fn from(error: green_channel::store::StoreError) -> Self {
        use green_channel::store::StoreError;
        match error {
            StoreError::Unreachable | StoreError::Overloaded => Self::busy(&error),
            error => Self::failed(&error),
        }
    }
}

impl From<green_channel::channel::ActError> for Trouble {
    fn from(error: green_channel::channel::ActError) -> Self {
        match error {
            green_channel::channel::ActError::Unknown => Self::missing(),
            green_channel::channel::ActError::Withheld(withheld) => Self {
                status: StatusCode::FORBIDDEN,
                title: "不予显示",
                message: withheld.message_zh().to_owned(),
                remedy: "如消费者愿意，可请其经 12315 中心重新同意。",
            },
            green_channel::channel::ActError::Store(error) => error.into(),
            error => Self::failed(&error),
        }
    }
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let page = ErrorPage {
            shell: Shell { section: Section::Elsewhere, ..Shell::default() },
            title: self.title.to_owned(),
            message: self.message,
            remedy: self.remedy.to_owned(),
            request_id: String::new(),
            // Where that is, depends on who it was.
            back_href: "/".to_owned(),
            back_label: "返回首页".to_owned(),
        };
        (self.status, render(&page)).into_response()
    }
}

/// The page as HTML.
fn render(page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => Html(text).into_response(),
        Err(error) => {
            tracing::error!(%error, "a template failed");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
