//! Sessions of the console: a random cookie, stored as a hash, with an idle and an absolute end.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use green_channel::channel::Channel;
use green_channel::store::{Change, RecordWrite, Store, StoreError};
use green_channel::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::documents;
use super::people::{Person, person, person_save};
use super::verify_password;

const KIND: &str = "session";
/// The cookie's name behind HTTPS; over plain HTTP the prefix would be refused by browsers.
pub(crate) const COOKIE: &str = "gc-session";
const IDLE_MILLIS: i64 = 30 * 60_000;
const ABSOLUTE_MILLIS: i64 = 8 * 3_600_000;
/// Writing "seen now" more often than this would make every page view a write.
const TOUCH_MILLIS: i64 = 5 * 60_000;
const FAILURES_MAX: u32 = 5;
const LOCK_MILLIS: i64 = 10 * 60_000;

/// A logged-in person.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) person: Person,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    login: String,
    began_at: Timestamp,
    seen_at: Timestamp,
}

/// Nobody was logged in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoginError {
    #[error("登录名或密码不正确")]
    Wrong,
    #[error("连续输错多次，已暂时锁定，请于 {0} 后再试")]
    Locked(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Checks login and password and begins a session; returns the cookie's value.
pub(crate) async fn login<S: Store>(
    channel: &Channel<S>,
    name: &str,
    password: String,
) -> Result<String, LoginError> {
    let (store, now) = (channel.store(), channel.now());
    let found = person(store, name).await?;
    let locked = found.as_ref().and_then(|(person, _)| person.locked_until);
    if let Some(until) = locked.filter(|until| *until > now) {
        return Err(LoginError::Locked(until.civil_time()));
    }
    let found = found.filter(|(person, _)| !person.removed);
    let hash = found.as_ref().map(|(person, _)| person.password_hash.clone());
    let fits = verify_password(password, hash).await;
    let Some((mut person, version)) = found else { return Err(LoginError::Wrong) };
    if !fits {
        person.failures += 1;
        if person.failures >= FAILURES_MAX {
            person.failures = 0;
            person.locked_until = Some(now.plus_millis(LOCK_MILLIS));
        }
        keep(person_save(store, &person, version).await)?;
        return Err(LoginError::Wrong);
    }
    if person.failures > 0 || person.locked_until.is_some() {
        (person.failures, person.locked_until) = (0, None);
        keep(person_save(store, &person, version).await)?;
    }
    let secret = URL_SAFE_NO_PAD.encode(channel.random::<32>());
    let stored = Stored { login: person.login, began_at: now, seen_at: now };
    write(store, &secret, &stored, 0).await?;
    Ok(secret)
}

/// Two failed guesses at once may lose one count; a lost race is no reason to fail the page.
fn keep(done: Result<(), StoreError>) -> Result<(), StoreError> {
    match done {
        Err(StoreError::Conflict { .. }) => Ok(()),
        done => done,
    }
}

/// The session of a cookie, if it still runs.
pub(crate) async fn session<S: Store>(
    channel: &Channel<S>,
    secret: &str,
) -> Result<Option<Session>, StoreError> {
    let (store, now) = (channel.store(), channel.now());
    let Some(row) = store.record(KIND, &super::digest(secret)).await? else { return Ok(None) };
    let mut stored: Stored = documents::read(&row)?;
    let idle = now.millis_since(stored.seen_at);
    if idle > IDLE_MILLIS || now.millis_since(stored.began_at) > ABSOLUTE_MILLIS {
        return Ok(None);
    }
    let found = person(store, &stored.login).await?;
    let Some((person, _)) = found.filter(|(person, _)| !person.removed) else { return Ok(None) };
    if idle > TOUCH_MILLIS {
        stored.seen_at = now;
        keep(write(store, secret, &stored, row.version).await)?;
    }
    Ok(Some(Session { person }))
}

/// Ends a session.
pub(crate) async fn logout<S: Store>(channel: &Channel<S>, secret: &str) -> Result<(), StoreError> {
    let id = super::digest(secret);
    let Some(row) = channel.store().record(KIND, &id).await? else { return Ok(()) };
    let gone = RecordWrite { kind: KIND, id, expected: row.version, body: None, expires_at: None };
    keep(channel.store().commit(Change { records: vec![gone], ..Change::default() }).await)
}

async fn write<S: Store>(
    store: &S,
    secret: &str,
    stored: &Stored,
    expected: u64,
) -> Result<(), StoreError> {
    let write = RecordWrite {
        kind: KIND,
        id: super::digest(secret),
        expected,
        body: Some(documents::write(stored)?),
        expires_at: Some(stored.began_at.plus_millis(ABSOLUTE_MILLIS)),
    };
    store.commit(Change { records: vec![write], ..Change::default() }).await
}

/// The `Set-Cookie` value of a session.
pub(crate) fn cookie_header(secret: &str, https: bool) -> String {
    let (prefix, secure) = if https { ("__Host-", "; Secure") } else { ("", "") };
    format!("{prefix}{COOKIE}={secret}; Path=/; HttpOnly; SameSite=Lax{secure}")
}

/// The `Set-Cookie` value that removes it.
pub(crate) fn cookie_removal(https: bool) -> String {
    format!("{}; Max-Age=0", cookie_header("", https))
}
