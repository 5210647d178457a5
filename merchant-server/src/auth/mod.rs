//! People, sessions and API tokens, as small documents in the store. Knows nothing of cases.

mod documents;
mod password;
mod people;
mod permission;
mod sessions;
mod tokens;

pub(crate) use password::{hash_password, verify_password};
pub(crate) use people::{Person, people, person, person_add, person_save};
pub(crate) use permission::{Permission, allows};
pub(crate) use sessions::{
    COOKIE, LoginError, Session, cookie_header, cookie_removal, login, logout, session,
};
pub(crate) use tokens::{ApiToken, Scope, token_create, token_find, token_revoke, tokens};

/// SHA-256 of a secret in hex: what is stored instead of the secret.
fn digest(secret: &str) -> String {
    green_channel::hex_digest(secret.as_bytes())
}
