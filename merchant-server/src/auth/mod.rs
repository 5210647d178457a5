//! People, their powers, sessions and API tokens, as small documents in the store. Knows nothing of
//! cases.

mod documents;
mod password;
mod people;
mod permission;
pub(crate) mod personnel;
mod responders;
mod second_factor;
mod sessions;
mod tokens;

pub(crate) use people::{Held, PeopleError, Person, people, person};
pub(crate) use permission::{Permission, allows, is_held};
pub(crate) use responders::{Responder, responders};
pub(crate) use second_factor::{factor_offer, factor_offered};
pub(crate) use sessions::{
    Begun, COOKIE, Entered, LoginError, Session, SessionLimits, act_as, cookie_header,
    cookie_removal, login, login_code, logout, session,
};
pub(crate) use tokens::{
    ApiToken, Scope, may_have, token_create, token_find, token_revoke, tokens, tokens_of,
};

/// SHA-256 of a secret in hex: what is stored instead of the secret.
fn digest(secret: &str) -> String {
    green_channel::hex_digest(secret.as_bytes())
}
