//! The consumer's one-time answer link: a public page with the offer, and the answer that uses the
//! link up. Whoever holds the secret may answer once; nobody else learns whether there is one.

use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Form, Router, middleware};
use green_channel::case::{RefusalCode, TermKind, Terms};
use green_channel::channel::{ActError, LinkError, LinkOffer};
use green_channel::money::Fen;
use green_channel::store::StoreError;
use green_channel::time::{Date, Timestamp};

use super::form::{Misfit, Typed};
use super::pages::answer_link::{AnswerDonePage, AnswerLinkPage, CounterForm, DeclineForm};
use super::pages::forms::{AmountField, Choice, Field, Select};
use super::pages::parts::Fact;
use super::{format, render};
use crate::api::ANSWER_PATH;
use crate::app::App;

/// The largest answer: a form of a few fields and a text.
const ANSWER_BYTES: usize = 24 * 1024;
/// The longest text of an answer, in characters.
const TEXT_MAX: usize = 1200;
/// Before this time nobody is told that a link leads nowhere, so that the time does not say
/// whether it ever led somewhere.
const GONE_MILLIS: i64 = 200;
/// What can be asked in money: the field, and the term that it stands for.
const MONEY: [(&str, TermKind); 3] = [
    ("refund_yuan", TermKind::Refund),
    ("damages_yuan", TermKind::Damages),
    ("multiple_yuan", TermKind::StatutoryMultiple),
];
/// What can be asked besides money.
const KINDS: [TermKind; 7] = [
    TermKind::Repair,
    TermKind::Redo,
    TermKind::Exchange,
    TermKind::ReturnGoods,
    TermKind::MakeUpQuantity,
    TermKind::Apology,
    TermKind::Explanation,
];

/// What the consumer says.
enum Answer {
    Accept,
    Decline(Option<String>),
    Counter(Terms, String),
}

/// The routes of the link. Without a session; the layers of the console lie around them.
pub(super) fn router() -> Router<App> {
    Router::new()
        .route(&format!("{ANSWER_PATH}{{secret}}"), get(show).post(submit))
        .layer(DefaultBodyLimit::max(ANSWER_BYTES))
        .layer(middleware::map_response(unlisted))
}

/// No search engine keeps the page.
async fn unlisted(mut response: Response) -> Response {
    let name = HeaderName::from_static("x-robots-tag");
    response.headers_mut().insert(name, HeaderValue::from_static("noindex, nofollow"));
    response
}

/// The offer. Looking changes nothing: whoever sends the link on may have it looked at first.
async fn show(State(app): State<App>, Path(secret): Path<String>) -> Response {
    let began = app.engine.now();
    match app.engine.link_offer(&secret).await {
        Ok(offer) => render(&page(&app, &offer, None)),
        Err(error) => turned_away(&app, error, began).await,
    }
}

/// Takes the answer, or shows the offer again with everything typed.
async fn submit(
    State(app): State<App>,
    Path(secret): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Response {
    let began = app.engine.now();
    let offer = match app.engine.link_offer(&secret).await {
        Ok(offer) => offer,
        Err(error) => return turned_away(&app, error, began).await,
    };
    let typed = Typed(pairs);
    let answer = match read(&typed) {
        Ok(answer) => answer,
        Err(misfit) => return again(&app, &offer, &typed, &misfit),
    };
    let done = done(&app, &offer, &answer);
    let taken = match answer {
        Answer::Accept => app.engine.answer_by_link(&secret, true, None).await,
        Answer::Decline(text) => app.engine.answer_by_link(&secret, false, text).await,
        Answer::Counter(terms, text) => app.engine.counter_by_link(&secret, terms, text).await,
    };
    match taken {
        Ok(_) => render(&done),
        Err(error) => match field_at_fault(&error) {
            Some(field) => again(&app, &offer, &typed, &misfit(form_name(field))),
            None => turned_away(&app, error, began).await,
        },
    }
}

/// The field of the proposal that the rules refuse, if they refuse one.
fn field_at_fault(error: &LinkError) -> Option<&'static str> {
    let LinkError::Act(ActError::Refused(refusal)) = error else { return None };
    let RefusalCode::FieldInvalid { field, .. } = &refusal.code else { return None };
    Some(field)
}

/// What the form says, or the field that does not fit.
fn read(typed: &Typed) -> Result<Answer, Misfit> {
    match typed.value("answer") {
        "accept" if typed.value("confirmed") == "yes" => Ok(Answer::Accept),
        "accept" => Err(misfit("confirmed")),
        "decline" => {
            let text = text(typed, "decline_text")?;
            Ok(Answer::Decline(Some(text).filter(|text| !text.is_empty())))
        }
        "counter" => {
            let terms = terms(typed)?;
            let text = text(typed, "text")?;
            if text.is_empty() {
                return Err(misfit("text"));
            }
            Ok(Answer::Counter(terms, text))
        }
        _ => Err(misfit("")),
    }
}

fn text(typed: &Typed, name: &'static str) -> Result<String, Misfit> {
    let text = typed.value(name);
    if text.chars().nth(TEXT_MAX).is_some() { Err(misfit(name)) } else { Ok(text.to_owned()) }
}

/// The terms of the consumer's own proposal: an amount is the tick of its term.
fn terms(typed: &Typed) -> Result<Terms, Misfit> {
    let mut kinds = Vec::new();
    for code in typed.values("kinds") {
        let kind = KINDS.into_iter().find(|kind| kind.code() == code);
        kinds.push(kind.ok_or_else(|| misfit("kinds"))?);
    }
    let mut amounts = [Fen::ZERO; MONEY.len()];
    for (amount, (name, kind)) in amounts.iter_mut().zip(MONEY) {
        *amount = yuan(typed, name)?;
        if *amount > Fen::ZERO {
            kinds.push(kind);
        }
    }
    if kinds.is_empty() {
        return Err(misfit("kinds"));
    }
    let [refund_fen, damages_fen, multiple_fen] = amounts;
    let perform_by = typed.value("perform_by").parse();
    Ok(Terms {
        kinds,
        refund_fen,
        damages_fen,
        multiple_fen,
        mental_damages_fen: Fen::ZERO,
        perform_by: perform_by.map_err(|_| misfit("perform_by"))?,
        in_exchange: Vec::new(),
    })
}

fn yuan(typed: &Typed, name: &'static str) -> Result<Fen, Misfit> {
    match typed.value(name) {
        "" => Ok(Fen::ZERO),
        text => Fen::parse_yuan(text).map_err(|_| misfit(name)),
    }
}

fn misfit(field: &'static str) -> Misfit {
    let problem = match field {
        "confirmed" => "请先勾选“我已阅读并接受”",
        "kinds" => "请至少选择一项要求，或者填写一项金额；每项只选一次",
        "refund_yuan" | "damages_yuan" | "multiple_yuan" => {
            "请填写金额（元），最多两位小数，例如 1299.00；没有的不填"
        }
        "perform_by" => "请选择今天或以后、两年以内的日期",
        "text" => "请说明您的方案，不超过 1200 字",
        "decline_text" => "请不超过 1200 字",
        _ => "请选择一种答复",
    };
    Misfit { field, problem: problem.to_owned() }
}

/// The form's name of a field of the core.
fn form_name(field: &str) -> &'static str {
    match field {
        "refund_fen" => "refund_yuan",
        "damages_fen" => "damages_yuan",
        "multiple_fen" => "multiple_yuan",
        "perform_by" => "perform_by",
        "text" => "text",
        _ => "kinds",
    }
}

/// What was typed, and what was wrong with it.
type Refused<'a> = Option<(&'a Typed, &'a Misfit)>;

fn again(app: &App, offer: &LinkOffer, typed: &Typed, misfit: &Misfit) -> Response {
    let page = page(app, offer, Some((typed, misfit)));
    (StatusCode::UNPROCESSABLE_ENTITY, render(&page)).into_response()
}

fn page(app: &App, offer: &LinkOffer, refused: Refused<'_>) -> AnswerLinkPage {
    let today = app.engine.now().civil_date();
    AnswerLinkPage {
        merchant: app.config.merchant.name.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        error: error(refused, ""),
        summary: offer.terms.summary_zh(),
        facts: facts(offer),
        text: offer.text.clone(),
        confirm_error: error(refused, "confirmed"),
        decline: DeclineForm {
            open: is_answer(refused, "decline"),
            text: field(refused, "decline_text"),
        },
        counter: counter(refused, today),
    }
}

fn counter(refused: Refused<'_>, today: Date) -> CounterForm {
    let ticked = refused.map(|(typed, _)| typed.values("kinds")).unwrap_or_default();
    let kind = |kind: TermKind| Choice {
        code: kind.code().to_owned(),
        label: kind.label_zh().to_owned(),
        chosen: ticked.contains(&kind.code()),
    };
    let amount = |(name, kind): (&str, TermKind)| {
        let Field { value, error } = field(refused, name);
        AmountField { name: name.to_owned(), label: kind.label_zh().to_owned(), value, error }
    };
    CounterForm {
        open: is_answer(refused, "counter"),
        kinds: Select {
            options: KINDS.into_iter().map(kind).collect(),
            error: error(refused, "kinds"),
        },
        amounts: MONEY.into_iter().map(amount).collect(),
        perform_by: field(refused, "perform_by"),
        earliest: today.to_string(),
        text: field(refused, "text"),
    }
}

fn is_answer(refused: Refused<'_>, answer: &str) -> bool {
    refused.is_some_and(|(typed, _)| typed.value("answer") == answer)
}

fn field(refused: Refused<'_>, name: &str) -> Field {
    let value = refused.map(|(typed, _)| typed.value(name).to_owned());
    Field { value: value.unwrap_or_default(), error: error(refused, name) }
}

fn error(refused: Refused<'_>, name: &str) -> String {
    let misfit = refused.map(|(_, misfit)| misfit).filter(|misfit| misfit.field == name);
    misfit.map(|misfit| misfit.problem.clone()).unwrap_or_default()
}

/// Amounts and days of the offer.
fn facts(offer: &LinkOffer) -> Vec<Fact> {
    let terms = &offer.terms;
    let promised = terms.amounts().into_iter().filter(|(_, fen, _)| *fen > Fen::ZERO);
    let mut facts: Vec<(&str, String)> =
        promised.map(|(kind, fen, _)| (kind.label_zh(), fen.to_string())).collect();
    if facts.len() > 1
        && let Ok(total) = terms.total()
    {
        facts.push(("合计", total.to_string()));
    }
    facts.push(("履行期限", format!("{}前（含当天）", format::full_day(terms.perform_by))));
    facts.push(("请您答复不晚于", format!("{} 24:00", format::full_day(offer.answer_by))));
    facts.into_iter().map(|(label, value)| Fact { label: label.to_owned(), value }).collect()
}

/// What happens next after this answer.
fn done(app: &App, offer: &LinkOffer, answer: &Answer) -> AnswerDonePage {
    let by = format::full_day(offer.terms.perform_by);
    let (title, message, next) = match answer {
        Answer::Accept => (
            "您已接受和解方案",
            format!("本单位将在 {by}前（含当天）履行。"),
            "到期未收到或与方案不符的，请联系本单位消费维权服务站，或者拨打 12315。",
        ),
        Answer::Decline(_) => (
            "您未接受和解方案",
            "您的答复已记录，本单位将继续与您协商。".to_owned(),
            "协商期限内未达成一致的，您可以通过 12315 中心调解、提请仲裁或者提起诉讼。",
        ),
        Answer::Counter(..) => (
            "您的方案已提交",
            "本单位将研究您的方案，并与您联系答复。".to_owned(),
            "您的方案在本单位接受后才生效；需要修改的，请联系本单位消费维权服务站。",
        ),
    };
    message_page(app, title, message, next)
}

fn message_page(app: &App, title: &str, message: String, next: &str) -> AnswerDonePage {
    AnswerDonePage {
        merchant: app.config.merchant.name.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        title: title.to_owned(),
        message,
        next: next.to_owned(),
    }
}

/// The link leads nowhere, or we cannot answer now. A link that never was, was used or is over
/// looks the same and takes the same time.
async fn turned_away(app: &App, error: LinkError, began: Timestamp) -> Response {
    match error {
        LinkError::Gone
        | LinkError::Act(
            ActError::Unknown | ActError::Erased | ActError::Refused(_) | ActError::Stale { .. },
        ) => {
            let passed = app.engine.now().millis_since(began).max(0);
            let left = u64::try_from(GONE_MILLIS - passed).unwrap_or(0);
            tokio::time::sleep(Duration::from_millis(left)).await;
            let message = "这个链接不正确、已经用过，或者已过答复期限。".to_owned();
            let next = "请凭投诉编号到本单位消费维权服务站（现场服务台）联系工作人员，\
                        可以重新发送链接，也可以当面登记您的答复。您也可以拨打 12315。";
            let page = message_page(app, "链接已失效", message, next);
            (StatusCode::GONE, render(&page)).into_response()
        }
        LinkError::Act(ActError::Store(error)) => failed(app, &error, status_of(&error)),
        LinkError::Act(ActError::Withheld(_)) => {
            let error = StoreError::Corrupt { table: "records" };
            failed(app, &error, StatusCode::INTERNAL_SERVER_ERROR)
        }
        LinkError::Act(ActError::Rules(error)) => {
            failed(app, &error, StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}

fn status_of(error: &StoreError) -> StatusCode {
    match error {
        StoreError::Unreachable
        | StoreError::Overloaded
        | StoreError::Closed
        | StoreError::Full
        | StoreError::TokenReplayed
        | StoreError::Conflict { .. } => StatusCode::SERVICE_UNAVAILABLE,
        StoreError::Engine(_) | StoreError::Corrupt { .. } => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn failed(app: &App, error: &dyn std::fmt::Display, status: StatusCode) -> Response {
    tracing::error!(%error, "an answer link failed");
    let message = "系统暂时不能处理，您的答复没有保存。".to_owned();
    let next = "请过一会儿再打开链接；如仍不能办理，请联系本单位消费维权服务站。";
    (status, render(&message_page(app, "暂时不可用", message, next))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(pairs: &[(&str, &str)]) -> Typed {
        Typed(pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect())
    }

    fn field_of(pairs: &[(&str, &str)]) -> Option<&'static str> {
        read(&typed(pairs)).err().map(|misfit| misfit.field)
    }

    #[test]
    fn nothing_is_accepted_without_the_tick() {
        assert_eq!(field_of(&[("answer", "accept")]), Some("confirmed"));
        assert_eq!(field_of(&[("answer", "accept"), ("confirmed", "yes")]), None);
        assert_eq!(field_of(&[("confirmed", "yes")]), Some(""));
    }

    #[test]
    fn an_amount_is_the_tick_of_its_term() {
        let counter = [
            ("answer", "counter"),
            ("kinds", "apology"),
            ("refund_yuan", "1299.5"),
            ("damages_yuan", ""),
            ("perform_by", "2026-12-01"),
            ("text", "请退款并道歉。"),
        ];
        let answer = read(&typed(&counter)).ok();
        let Some(Answer::Counter(terms, text)) = answer else { panic!("it is a proposal") };
        assert_eq!(terms.kinds, [TermKind::Apology, TermKind::Refund]);
        assert_eq!(terms.refund_fen, Fen::new(129_950));
        assert_eq!(text, "请退款并道歉。");
        assert_eq!(terms.check("2026-11-26".parse().unwrap()), Ok(()));
    }

    #[test]
    fn a_slip_of_the_pen_is_named_at_its_field() {
        let long = "字".repeat(TEXT_MAX + 1);
        let by = ("perform_by", "2026-12-01");
        for (pairs, field) in [
            (vec![by, ("text", "退款")], "kinds"),
            (vec![by, ("kinds", "gold"), ("text", "退款")], "kinds"),
            (vec![by, ("refund_yuan", "1,299"), ("text", "退款")], "refund_yuan"),
            (vec![("kinds", "repair"), ("text", "修好")], "perform_by"),
            (vec![by, ("kinds", "repair")], "text"),
            (vec![by, ("kinds", "repair"), ("text", long.as_str())], "text"),
        ] {
            let pairs = [&pairs[..], &[("answer", "counter")][..]].concat();
            assert_eq!(field_of(&pairs), Some(field));
        }
        let decline = [("answer", "decline"), ("decline_text", long.as_str())];
        assert_eq!(field_of(&decline), Some("decline_text"));
    }
}
