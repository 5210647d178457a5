//! Who looked at whose personal data, for an auditor's own systems.

use axum::Json;
use axum::extract::{RawQuery, State};
use green_channel::channel::RevealEntry;
use green_channel::intake::{ApiProblem, ApiResult};
use green_channel::protocol::{Problem, ProblemCode};
use serde::Serialize;
use utoipa::ToSchema;

use super::caller::ApiCaller;
use super::cases::url_pairs;
use crate::app::App;
use crate::auth::Scope;

const PAGE: u32 = 50;
const PAGE_MAX: u32 = 200;
/// How long a place is: it counts down from the largest instant and ends at random.
const PLACE_DIGITS: usize = 19;
const PLACE_CHARS: usize = 28;

/// Reveals, newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct RevealList {
    /// The reveals. Why, is in the history of the case.
    reveals: Vec<RevealEntry>,
    /// Ask with `after` set to this for older ones; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// List who looked at personal data.
///
/// Newest first: who, in which role, at which fields of which case, and when.
#[utoipa::path(
    get, path = "/api/v1/reveals", tag = "merchant", operation_id = "listReveals",
    security(("api_token" = [])),
    params(
        ("after" = Option<String>, Query, description = "`next` of the page before."),
        ("limit" = Option<u32>, Query, description = "1 to 200, default 50.", minimum = 1, maximum = 200),
    ),
    responses(
        (status = 200, description = "A page.", body = RevealList),
        (status = 400, description = "A query parameter does not fit.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No valid token.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token lacks reveals:read.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list(
    State(app): State<App>,
    caller: ApiCaller,
    RawQuery(query): RawQuery,
) -> ApiResult<Json<RevealList>> {
    caller.require(Scope::RevealsRead)?;
    let (after, limit) = parse_query(query.as_deref().unwrap_or(""))?;
    // One more than was asked for tells whether there is another page.
    let mut reveals = app.engine.reveals(&after, limit + 1).await?;
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = reveals.len() > wanted;
    reveals.truncate(wanted);
    let next = reveals.last().filter(|_| more).map(|last| last.place.clone());
    Ok(Json(RevealList { reveals, next }))
}

/// Reads the query strictly: an unknown or repeated parameter is an error, not a surprise.
fn parse_query(text: &str) -> ApiResult<(String, u32)> {
    let invalid = |field: &str| ApiProblem::at(ProblemCode::QueryInvalid, field);
    let (mut after, mut limit): (Option<String>, Option<u32>) = (None, None);
    for (name, value) in url_pairs(text).ok_or_else(|| invalid("query"))? {
        match name.as_str() {
            "after" if after.is_none() && is_place(&value) => after = Some(value),
            "limit" if limit.is_none() => {
                let wanted = value.parse().ok();
                let wanted = wanted.filter(|wanted: &u32| (1..=PAGE_MAX).contains(wanted));
                limit = Some(wanted.ok_or_else(|| invalid("limit"))?);
            }
            "after" => return Err(invalid("after")),
            "limit" => return Err(invalid("limit")),
            _ => return Err(invalid("query")),
        }
    }
    Ok((after.unwrap_or_default(), limit.unwrap_or(PAGE)))
}

/// Whether this can be the place of a reveal.
fn is_place(text: &str) -> bool {
    let is_good = |(at, byte): (usize, u8)| match at {
        0..PLACE_DIGITS => byte.is_ascii_digit(),
        PLACE_DIGITS => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    text.len() == PLACE_CHARS && text.bytes().enumerate().all(is_good)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_is_read_strictly() {
        let place = "9223370241369175807-0a1b2c3d";
        let read = parse_query(&format!("after={place}&limit=7")).unwrap();
        assert_eq!(read, (place.to_owned(), 7));
        assert_eq!(parse_query("").unwrap(), (String::new(), PAGE));
        for (query, field) in [
            ("limit=0", "limit"),
            ("limit=201", "limit"),
            ("limit=1&limit=2", "limit"),
            ("after=x", "after"),
            ("after=9223370241369175807_0a1b2c3d", "after"),
            ("actor=x", "query"),
        ] {
            let problem = parse_query(query).unwrap_err();
            assert_eq!(problem.0.field.as_deref(), Some(field), "{query}");
        }
    }
}
