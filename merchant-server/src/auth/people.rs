//! People who may log in. Their names stay here; the log knows only pseudonyms.

use green_channel::case::{Actor, Role};
use green_channel::ids::Pseudonym;
use green_channel::store::{Change, RecordWrite, Store, StoreError};
use green_channel::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::documents;

const KIND: &str = "person";

/// One person.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Person {
    pub(crate) login: String,
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) pseudonym: Pseudonym,
    pub(crate) password_hash: String,
    #[serde(default)]
    pub(crate) failures: u32,
    #[serde(default)]
    pub(crate) locked_until: Option<Timestamp>,
    /// A person who left: may not log in, but keeps the name in what they did.
    #[serde(default)]
    pub(crate) removed: bool,
}

impl Person {
    /// The person as the log knows them.
    pub(crate) fn actor(&self) -> Actor {
        Actor { role: self.role, pseudonym: self.pseudonym }
    }
}

/// The person cannot be added.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PeopleError {
    #[error("登录名须为 2 至 32 位小写字母、数字或 - _ .")]
    Login,
    #[error("姓名须为 1 至 64 个字")]
    Name,
    #[error("登录名 {0} 已有人使用")]
    Taken(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The person with this login, and the version to write against.
pub(crate) async fn person<S: Store>(
    store: &S,
    login: &str,
) -> Result<Option<(Person, u64)>, StoreError> {
    let Some(row) = store.record(KIND, login).await? else { return Ok(None) };
    Ok(Some((documents::read(&row)?, row.version)))
}

/// Everybody.
pub(crate) async fn people<S: Store>(store: &S) -> Result<Vec<Person>, StoreError> {
    let all = documents::all(store, KIND).await?;
    Ok(all.into_iter().map(|(_, person)| person).collect())
}

/// Adds a person.
pub(crate) async fn person_add<S: Store>(store: &S, person: &Person) -> Result<(), PeopleError> {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.".contains(&b);
    if !(2..=32).contains(&person.login.len()) || !person.login.bytes().all(allowed) {
        return Err(PeopleError::Login);
    }
    if !(1..=64).contains(&person.name.trim().chars().count()) {
        return Err(PeopleError::Name);
    }
    match person_save(store, person, 0).await {
        Err(StoreError::Conflict { .. }) => Err(PeopleError::Taken(person.login.clone())),
        done => Ok(done?),
    }
}

/// Writes a person, if nobody else did since `version`.
pub(crate) async fn person_save<S: Store>(
    store: &S,
    person: &Person,
    version: u64,
) -> Result<(), StoreError> {
    let write = RecordWrite {
        kind: KIND,
        id: person.login.clone(),
        expected: version,
        body: Some(documents::write(person)?),
        expires_at: None,
    };
    store.commit(Change { records: vec![write], ..Change::default() }).await
}
