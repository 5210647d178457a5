//! Who may answer for a case: people who work on cases, and systems with a token that acts on them.

use green_channel::case::Role;
use green_channel::ids::Pseudonym;
use green_channel::store::{Store, StoreError};
use green_channel::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::people::people;
use super::tokens::{Scope, tokens};

/// Somebody who may answer for a case.
#[derive(Serialize, ToSchema)]
pub(crate) struct Responder {
    /// As `to` of `propose_transfer` names them.
    #[schema(value_type = String)]
    pub(crate) pseudonym: Pseudonym,
    /// Their name.
    pub(crate) name: String,
    /// What they may act as.
    pub(crate) roles: Vec<Role>,
    /// Whether it is a system of the merchant's rather than a person.
    pub(crate) system: bool,
}

/// Everybody who may answer for a case now.
pub(crate) async fn responders<S: Store>(
    store: &S,
    now: Timestamp,
) -> Result<Vec<Responder>, StoreError> {
    let mut found = Vec::new();
    for person in people(store).await?.into_iter().filter(|person| person.may_enter(now)) {
        let roles: Vec<Role> = person.roles.into_iter().filter(|role| role.is_staff()).collect();
        if !roles.is_empty() {
            let (pseudonym, name) = (person.pseudonym, person.name);
            found.push(Responder { pseudonym, name, roles, system: false });
        }
    }
    let acts = tokens(store)
        .await?
        .into_iter()
        .filter(|token| token.person.is_none() && token.is_good(now) && token.has(Scope::CasesAct));
    found.extend(acts.map(|token| Responder {
        pseudonym: token.pseudonym,
        name: token.name,
        roles: vec![token.role],
        system: true,
    }));
    Ok(found)
}
