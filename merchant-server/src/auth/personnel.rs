//! What administrators, operators and people themselves do to accounts: each act with its entry in
//! the log, which names pseudonyms only.
//!
//! An account and the entry that tells of it are written together or not at all; what is tidied up
//! after (sessions of an older epoch, tokens of somebody who left) counts for nothing already.

use green_channel::case::{Actor, Role};
use green_channel::channel::{Channel, HostEvent};
use green_channel::ids::Pseudonym;
use green_channel::store::{Store, StoreError};
use green_channel::time::{DAY_MILLIS, Timestamp};
use serde_json::{Value, json};

use super::password::{PasswordError, check_password, fresh_secret, hash_password};
use super::people::{Held, PeopleError, Person, person_add, person_change_noted};
use super::second_factor::factor_confirm;
use super::sessions::{LoginError, Session, check, renew, sessions_end};
use super::tokens::{ApiToken, Scope, may_have, token_create, tokens_of, tokens_revoke_of};

/// Somebody who is to be added.
pub(crate) struct Newcomer<'a> {
    pub(crate) login: &'a str,
    pub(crate) name: &'a str,
    pub(crate) held: Held,
    /// Whether the first password must be changed before anything is shown.
    pub(crate) must_change: bool,
}

/// Adds a person with a fresh password, which is returned to be shown once.
pub(crate) async fn add<S: Store>(
    channel: &Channel<S>,
    by: Actor,
    newcomer: Newcomer<'_>,
) -> Result<String, PeopleError> {
    let (held, password) = (newcomer.held.checked()?, fresh_secret(channel.random()));
    let pseudonym = Pseudonym::new(channel.random());
    let mut person = Person::new(newcomer.login, newcomer.name.trim(), held, pseudonym);
    person.password_hash = hash_password(password.clone(), channel.random()).await;
    person.must_change = newcomer.must_change;
    // `role` is what readers of older entries look at; `roles` is the whole.
    let role = person.roles.first().map(|role| role.code());
    let mut data = held_facts(&person);
    data["role"] = json!(role);
    person_add(channel, by, &person, &HostEvent { kind: "person_added", data }).await?;
    Ok(password)
}

/// Gives a person other roles, if they still have those that were `seen`; sessions end, so that
/// nobody goes on with the old ones.
pub(crate) async fn change_roles<S: Store>(
    channel: &Channel<S>,
    by: Actor,
    login: &str,
    held: Held,
    seen: Option<&str>,
) -> Result<(), PeopleError> {
    let held = held.checked()?;
    person_change_noted(channel, by, login, "roles_changed", held_facts, |person| {
        if seen.is_some_and(|seen| seen != person.roles_quoted()) {
            return Err(PeopleError::Stale);
        }
        person.roles.clone_from(&held.roles);
        (person.tenant, person.valid_until) = (held.tenant, held.valid_until);
        person.epoch += 1;
        Ok(())
    })
    .await?;
    Ok(sessions_end(channel.store(), login, None).await?)
}

/// Gives a person a fresh password, which is returned to be shown once; sessions end.
pub(crate) async fn reset_password<S: Store>(
    channel: &Channel<S>,
    by: Actor,
    login: &str,
) -> Result<String, PeopleError> {
    let password = fresh_secret(channel.random());
    let hash = hash_password(password.clone(), channel.random()).await;
    person_change_noted(channel, by, login, "password_reset", who, |person| {
        person.password_hash.clone_from(&hash);
        person.must_change = true;
        (person.failures, person.locked_until) = (0, None);
        person.epoch += 1;
        Ok(())
    })
    .await?;
    sessions_end(channel.store(), login, None).await?;
    // Whoever knew the old password may have made some.
    revoke_tokens_of(channel, by, login, None).await?;
    Ok(password)
}

/// Lets a person in no more; what they did keeps their name.
pub(crate) async fn remove<S: Store>(
    channel: &Channel<S>,
    by: Actor,
    login: &str,
) -> Result<(), PeopleError> {
    let left = |person: &mut Person| {
        person.removed = true;
        Ok(())
    };
    person_change_noted(channel, by, login, "person_removed", who, left).await?;
    sessions_end(channel.store(), login, None).await?;
    revoke_tokens_of(channel, by, login, None).await?;
    Ok(())
}

/// Lets a person try again who was locked out.
pub(crate) async fn unlock<S: Store>(
    channel: &Channel<S>,
    by: Actor,
    login: &str,
) -> Result<(), PeopleError> {
    let unlocked = |person: &mut Person| {
        (person.failures, person.locked_until) = (0, None);
        Ok(())
    };
    person_change_noted(channel, by, login, "person_unlocked", who, unlocked).await?;
    Ok(())
}

/// Takes the second factor off, for somebody whose telephone is gone; sessions end.
pub(crate) async fn reset_factor<S: Store>(
    channel: &Channel<S>,
    by: Actor,
    login: &str,
) -> Result<(), PeopleError> {
    let without = |person: &mut Person| {
        (person.totp, person.totp_offered) = (None, None);
        person.epoch += 1;
        Ok(())
    };
    person_change_noted(channel, by, login, "second_factor_reset", who, without).await?;
    Ok(sessions_end(channel.store(), login, None).await?)
}

/// Ends every session of a person.
pub(crate) async fn end_sessions<S: Store>(
    channel: &Channel<S>,
    by: Actor,
    login: &str,
) -> Result<(), PeopleError> {
    let over = |person: &mut Person| {
        person.epoch += 1;
        Ok(())
    };
    person_change_noted(channel, by, login, "sessions_ended", who, over).await?;
    Ok(sessions_end(channel.store(), login, None).await?)
}

/// Revokes the personal tokens of a person, or the one with this id; gives how many.
pub(crate) async fn revoke_tokens_of<S: Store>(
    channel: &Channel<S>,
    by: Actor,
    login: &str,
    id: Option<&str>,
) -> Result<usize, StoreError> {
    let revoked = tokens_revoke_of(channel.store(), login, id).await?;
    for token in &revoked {
        let data = json!({ "token": token.pseudonym, "personal": true });
        let event = HostEvent { kind: "token_revoked", data };
        channel.record_host(by, event).await?;
    }
    Ok(revoked.len())
}

/// A person's password is not changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChangeError {
    #[error(transparent)]
    New(#[from] PasswordError),
    #[error("原密码不正确")]
    Current,
    #[error(transparent)]
    Login(LoginError),
    #[error(transparent)]
    People(#[from] PeopleError),
}

/// What somebody types to change their own password.
pub(crate) struct PasswordChange {
    pub(crate) current: String,
    pub(crate) new: String,
    pub(crate) again: String,
}

/// Changes the own password; every other session of the person ends.
pub(crate) async fn change_password<S: Store>(
    channel: &Channel<S>,
    session: &Session,
    secret: &str,
    typed: PasswordChange,
) -> Result<(), ChangeError> {
    let PasswordChange { current, new, again } = typed;
    let login = session.person.login.as_str();
    if new != again {
        return Err(PasswordError::Differs.into());
    }
    check_password(&new, login, &session.person.name)?;
    // Before the old one is checked: it says nothing about it that the person did not type.
    if new == current {
        return Err(PasswordError::Same.into());
    }
    let checked = check(channel, login, current).await.map_err(|error| match error {
        LoginError::Wrong => ChangeError::Current,
        error => ChangeError::Login(error),
    })?;
    let hash = hash_password(new, channel.random()).await;
    let by = session.actor();
    let person = person_change_noted(channel, by, login, "password_changed", who, |person| {
        // An administrator reset it while we hashed: theirs stands.
        if person.password_hash != checked.password_hash {
            return Err(PeopleError::Unknown(login.to_owned()));
        }
        person.password_hash.clone_from(&hash);
        person.must_change = false;
        person.epoch += 1;
        Ok(())
    })
    .await?;
    let store = channel.store();
    renew(store, secret, person.epoch).await.map_err(PeopleError::from)?;
    sessions_end(store, login, Some(secret)).await.map_err(PeopleError::from)?;
    Ok(())
}

/// Turns the own second factor on; gives the recovery codes, which are shown once.
pub(crate) async fn turn_factor_on<S: Store>(
    channel: &Channel<S>,
    session: &Session,
    code: &str,
) -> Result<(Person, Vec<String>), PeopleError> {
    let (person, codes) = factor_confirm(channel, &session.person.login, code).await?;
    note(channel, session.actor(), "second_factor_set", who(&person)).await?;
    Ok((person, codes))
}

/// A personal token is not made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TokenError {
    #[error("用途说明须为 1 至 64 个字")]
    Name,
    #[error("请至少选择一项权限范围，且不超出本岗位的权限")]
    Scope,
    #[error("有效期须为 1 至 365 天")]
    Days,
    #[error("每人最多 {max} 个有效凭证，请先作废不用的", max = PERSONAL_MAX)]
    TooMany,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How many good tokens one person may have.
const PERSONAL_MAX: usize = 20;

/// Makes a personal token of the role acted in; gives its secret, which is shown once.
pub(crate) async fn personal_token<S: Store>(
    channel: &Channel<S>,
    session: &Session,
    name: &str,
    scopes: Vec<Scope>,
    days: u16,
) -> Result<String, TokenError> {
    if !(1..=64).contains(&name.chars().count()) {
        return Err(TokenError::Name);
    }
    if scopes.is_empty() || !scopes.iter().all(|scope| may_have(session.acting, *scope)) {
        return Err(TokenError::Scope);
    }
    if !(1..=365).contains(&days) {
        return Err(TokenError::Days);
    }
    let (person, now) = (&session.person, channel.now());
    let own = tokens_of(channel.store(), &person.login).await?;
    if own.iter().filter(|(_, token)| token.is_good(now)).count() >= PERSONAL_MAX {
        return Err(TokenError::TooMany);
    }
    let token = ApiToken {
        name: name.to_owned(),
        scopes,
        role: session.acting,
        pseudonym: person.pseudonym,
        person: Some(person.login.clone()),
        expires_at: Some(now.plus_millis(i64::from(days) * DAY_MILLIS)),
        revoked: false,
    };
    let secret = token_create(channel.store(), &token, channel.random()).await?;
    let data = json!({
        "token": token.pseudonym, "role": token.role.code(), "scopes": token.scopes,
        "personal": true, "expires_at": token.expires_at.map(Timestamp::to_utc_string),
    });
    channel.record_host(session.actor(), HostEvent { kind: "token_created", data }).await?;
    Ok(secret)
}

fn who(person: &Person) -> Value {
    json!({ "person": person.pseudonym })
}

/// What a person holds now, as facts. The bounds only where there are any.
fn held_facts(person: &Person) -> Value {
    let roles: Vec<&str> = person.roles.iter().copied().map(Role::code).collect();
    let mut facts = json!({ "person": person.pseudonym, "roles": roles });
    if let Some(tenant) = person.tenant {
        facts["tenant"] = json!(tenant);
    }
    if let Some(until) = person.valid_until {
        facts["valid_until"] = json!(until.to_utc_string());
    }
    facts
}

async fn note<S: Store>(
    channel: &Channel<S>,
    by: Actor,
    kind: &'static str,
    data: Value,
) -> Result<(), PeopleError> {
    Ok(channel.record_host(by, HostEvent { kind, data }).await?)
}
