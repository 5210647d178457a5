//! Sessions of the console: a random cookie, stored as a hash, with an idle and an absolute end;
//! and the way in: password, then a code if the person has a second factor.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use green_channel::case::{Actor, Role};
use green_channel::channel::Channel;
use green_channel::store::{RecordRow, Store, StoreError};
use green_channel::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::password::verify_password;
use super::people::{Person, person, person_save};
use super::second_factor::use_code;
use super::{digest, documents};

const KIND: &str = "session";
/// Somebody whose password fitted and whose code is still missing.
const PENDING: &str = "login";
/// The cookie's name behind HTTPS; over plain HTTP the prefix would be refused by browsers.
pub(crate) const COOKIE: &str = "gc-session";
/// Writing "seen now" more often than this would make every page view a write.
const TOUCH_MILLIS: i64 = 5 * 60_000;
const PENDING_MILLIS: i64 = 5 * 60_000;

/// When sessions end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SessionLimits {
    /// After so long without a page.
    pub(crate) idle_millis: i64,
    /// After so long in any case.
    pub(crate) total_millis: i64,
}

/// A logged-in person, acting in one of their roles.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) person: Person,
    pub(crate) acting: Role,
}

impl Session {
    /// Who acts when this session acts.
    pub(crate) fn actor(&self) -> Actor {
        self.person.actor_as(self.acting)
    }
}

#[derive(Serialize, Deserialize)]
struct Stored {
    login: String,
    began_at: Timestamp,
    seen_at: Timestamp,
    #[serde(default)]
    acting: Option<Role>,
    /// The person's epoch when it began; another one now ends it.
    #[serde(default)]
    epoch: u32,
}

#[derive(Serialize, Deserialize)]
struct Pending {
    login: String,
    began_at: Timestamp,
    /// Of the password's hash: one that was reset meanwhile lets nobody in.
    password: String,
}

/// A session that has just begun.
pub(crate) struct Begun {
    /// The cookie's value.
    pub(crate) secret: String,
    /// The role it begins in.
    pub(crate) acting: Role,
}

/// How far somebody came.
pub(crate) enum Entered {
    /// In.
    Session(Begun),
    /// The password fits, a code is missing: what to come back with.
    CodeWanted(String),
}

/// Nobody was logged in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoginError {
    #[error("登录名或密码不正确")]
    Wrong,
    #[error("动态验证码不正确，或已经用过；请等待下一个")]
    WrongCode,
    #[error("登录超过 5 分钟未完成，请重新输入密码")]
    Stale,
    #[error("连续输错多次，已暂时锁定，请于 {0} 后再试")]
    Locked(String),
    #[error("账号的有效期已过，请联系系统管理员")]
    Ended,
    #[error("同时登录的尝试过多，请稍后再试")]
    Busy,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What an attempt was worth.
enum Judged {
    /// Counts as a failure.
    Wrong,
    /// Right, but not in yet: the failures so far stay counted.
    Halfway,
    /// In.
    Through,
}

/// Checks login and password, and begins a session unless a code is wanted as well.
pub(crate) async fn login<S: Store>(
    channel: &Channel<S>,
    limits: SessionLimits,
    name: &str,
    password: String,
) -> Result<Entered, LoginError> {
    let (person, now) = (check(channel, name, password).await?, channel.now());
    if person.totp.is_none() {
        return Ok(Entered::Session(begin(channel, limits, person).await?));
    }
    let secret = URL_SAFE_NO_PAD.encode(channel.random::<32>());
    let password = digest(&person.password_hash);
    let pending = Pending { login: person.login, began_at: now, password };
    let until = Some(now.plus_millis(PENDING_MILLIS));
    documents::put(channel.store(), PENDING, &digest(&secret), 0, &pending, until).await?;
    Ok(Entered::CodeWanted(secret))
}

/// Whether this is the person's password; five wrong ones lock.
pub(super) async fn check<S: Store>(
    channel: &Channel<S>,
    name: &str,
    password: String,
) -> Result<Person, LoginError> {
    let found = person(channel.store(), name).await?.map(|(person, _)| person);
    if let Some(until) = found.as_ref().and_then(|person| person.locked(channel.now())) {
        return Err(LoginError::Locked(until.civil_time()));
    }
    let hash = found.filter(|person| !person.removed).map(|person| person.password_hash);
    let fits = verify_password(password, hash.clone()).await;
    let Some(hash) = hash else { return Err(LoginError::Wrong) };
    attempt(channel, name, |person| {
        // A hash that was written meanwhile is not the one that was checked.
        if !fits || person.password_hash != hash {
            return Judged::Wrong;
        }
        if person.totp.is_some() { Judged::Halfway } else { Judged::Through }
    })
    .await
}

/// Checks the code that was still missing, and begins a session.
pub(crate) async fn login_code<S: Store>(
    channel: &Channel<S>,
    limits: SessionLimits,
    pending: &str,
    typed: &str,
) -> Result<Begun, LoginError> {
    let (store, id) = (channel.store(), digest(pending));
    let Some(row) = store.record(PENDING, &id).await? else { return Err(LoginError::Stale) };
    let pending: Pending = documents::read(&row)?;
    if channel.now().millis_since(pending.began_at) > PENDING_MILLIS {
        return Err(LoginError::Stale);
    }
    let mut stale = false;
    let judged = attempt(channel, &pending.login, |person| {
        stale = person.totp.is_none() || digest(&person.password_hash) != pending.password;
        if stale {
            Judged::Halfway
        } else if use_code(channel, person, typed) {
            Judged::Through
        } else {
            Judged::Wrong
        }
    })
    .await;
    let person = match judged {
        Ok(_) if stale => return Err(LoginError::Stale),
        Ok(person) => person,
        Err(LoginError::Wrong) => return Err(LoginError::WrongCode),
        Err(error) => return Err(error),
    };
    documents::remove(store, PENDING, &id).await?;
    begin(channel, limits, person).await
}

/// Judges one attempt and writes what it was worth before anybody learns it: of attempts at the
/// same time each is counted, and a code is used up once.
async fn attempt<S: Store>(
    channel: &Channel<S>,
    login: &str,
    mut judge: impl FnMut(&mut Person) -> Judged + Send,
) -> Result<Person, LoginError> {
    let (store, now) = (channel.store(), channel.now());
    for _ in 0..documents::TRIES {
        let found = person(store, login).await?.filter(|(person, _)| !person.removed);
        let Some((mut person, version)) = found else { return Err(LoginError::Wrong) };
        if let Some(until) = person.locked(now) {
            return Err(LoginError::Locked(until.civil_time()));
        }
        let fits = match judge(&mut person) {
            Judged::Halfway => return Ok(person),
            Judged::Through => {
                (person.failures, person.locked_until) = (0, None);
                true
            }
            Judged::Wrong => {
                person.count_failure(now);
                false
            }
        };
        match person_save(store, &person, version).await {
            Err(StoreError::Conflict { .. }) => {}
            Err(error) => return Err(error.into()),
            Ok(()) if fits => return Ok(person),
            Ok(()) => return Err(LoginError::Wrong),
        }
    }
    Err(LoginError::Busy)
}

async fn begin<S: Store>(
    channel: &Channel<S>,
    limits: SessionLimits,
    person: Person,
) -> Result<Begun, LoginError> {
    let (secret, now) = (URL_SAFE_NO_PAD.encode(channel.random::<32>()), channel.now());
    let acting = person.roles.first().copied().filter(|_| person.may_enter(now));
    let Some(acting) = acting else { return Err(LoginError::Ended) };
    let Person { login, epoch, .. } = person;
    let stored = Stored { login, began_at: now, seen_at: now, acting: None, epoch };
    write(channel.store(), limits, &digest(&secret), &stored, 0).await?;
    Ok(Begun { secret, acting })
}

/// The session of a cookie, if it still runs.
pub(crate) async fn session<S: Store>(
    channel: &Channel<S>,
    limits: SessionLimits,
    secret: &str,
) -> Result<Option<Session>, StoreError> {
    let (store, now, id) = (channel.store(), channel.now(), digest(secret));
    let Some(row) = store.record(KIND, &id).await? else { return Ok(None) };
    let mut stored: Stored = documents::read(&row)?;
    let idle = now.millis_since(stored.seen_at);
    if idle > limits.idle_millis || now.millis_since(stored.began_at) > limits.total_millis {
        return Ok(None);
    }
    let found = person(store, &stored.login).await?;
    let goes_on = |person: &Person| person.may_enter(now) && person.epoch == stored.epoch;
    let Some((person, _)) = found.filter(|(person, _)| goes_on(person)) else {
        return Ok(None);
    };
    // A role that was taken away meanwhile is not acted in any more.
    let acting = stored.acting.filter(|role| person.roles.contains(role));
    let Some(acting) = acting.or_else(|| person.roles.first().copied()) else { return Ok(None) };
    if idle > TOUCH_MILLIS.min(limits.idle_millis / 4) {
        stored.seen_at = now;
        match write(store, limits, &id, &stored, row.version).await {
            // Two pages at once: one of them noted it.
            Ok(()) | Err(StoreError::Conflict { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Some(Session { person, acting }))
}

/// From now on the session acts in this role, which the person must hold.
pub(crate) async fn act_as<S: Store>(
    channel: &Channel<S>,
    limits: SessionLimits,
    secret: &str,
    role: Role,
) -> Result<(), StoreError> {
    let (store, id) = (channel.store(), digest(secret));
    for _ in 0..documents::TRIES {
        let Some(row) = store.record(KIND, &id).await? else { return Ok(()) };
        let stored = Stored { acting: Some(role), ..documents::read(&row)? };
        match write(store, limits, &id, &stored, row.version).await {
            Err(StoreError::Conflict { .. }) => {}
            done => return done,
        }
    }
    Err(StoreError::Conflict { what: "record" })
}

/// Takes the own session along into the person's new epoch.
pub(super) async fn renew<S: Store>(store: &S, secret: &str, epoch: u32) -> Result<(), StoreError> {
    let id = digest(secret);
    for _ in 0..documents::TRIES {
        let Some(row) = store.record(KIND, &id).await? else { return Ok(()) };
        let stored = Stored { epoch, ..documents::read(&row)? };
        match documents::put(store, KIND, &id, row.version, &stored, row.expires_at).await {
            Err(StoreError::Conflict { .. }) => {}
            done => return done,
        }
    }
    Err(StoreError::Conflict { what: "record" })
}

/// Ends a session.
pub(crate) async fn logout<S: Store>(channel: &Channel<S>, secret: &str) -> Result<(), StoreError> {
    documents::remove(channel.store(), KIND, &digest(secret)).await
}

/// Ends every session of a person, but for the one with this secret, and every log-in under way.
pub(super) async fn sessions_end<S: Store>(
    store: &S,
    login: &str,
    but: Option<&str>,
) -> Result<(), StoreError> {
    let kept = but.map(digest);
    let all: Vec<(RecordRow, Stored)> = documents::all(store, KIND).await?;
    for (row, _) in all.into_iter().filter(|(_, stored)| stored.login == login) {
        if kept.as_ref() != Some(&row.id) {
            documents::remove(store, KIND, &row.id).await?;
        }
    }
    let all: Vec<(RecordRow, Pending)> = documents::all(store, PENDING).await?;
    for (row, _) in all.into_iter().filter(|(_, pending)| pending.login == login) {
        documents::remove(store, PENDING, &row.id).await?;
    }
    Ok(())
}

async fn write<S: Store>(
    store: &S,
    limits: SessionLimits,
    id: &str,
    stored: &Stored,
    expected: u64,
) -> Result<(), StoreError> {
    let until = Some(stored.began_at.plus_millis(limits.total_millis));
    documents::put(store, KIND, id, expected, stored, until).await
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
