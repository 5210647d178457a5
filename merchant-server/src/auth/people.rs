//! People who may log in. Their names stay here; the log knows only pseudonyms.

use green_channel::case::{Actor, Role};
use green_channel::channel::{Channel, HostEvent};
use green_channel::ids::{Pseudonym, TenantId};
use green_channel::store::{Store, StoreError};
use green_channel::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::documents;
use super::permission::{RolesError, check_roles};

const KIND: &str = "person";
const FAILURES_MAX: u32 = 5;
const LOCK_MILLIS: i64 = 10 * 60_000;

/// One person.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Person {
    pub(crate) login: String,
    pub(crate) name: String,
    /// What the person may act as, one at a time; the first is where a session begins.
    #[serde(default)]
    pub(crate) roles: Vec<Role>,
    /// The only role, as documents had it before people could hold several.
    #[serde(default, skip_serializing)]
    role: Option<Role>,
    /// The shop of a 场内商户.
    #[serde(default)]
    pub(crate) tenant: Option<TenantId>,
    /// The last instant at which the person is let in; of a 监管查阅 always set.
    #[serde(default)]
    pub(crate) valid_until: Option<Timestamp>,
    pub(crate) pseudonym: Pseudonym,
    pub(crate) password_hash: String,
    /// Somebody else knows the password: nothing is shown until it is changed.
    #[serde(default)]
    pub(crate) must_change: bool,
    #[serde(default)]
    pub(crate) failures: u32,
    #[serde(default)]
    pub(crate) locked_until: Option<Timestamp>,
    /// The second factor, when it is on.
    #[serde(default)]
    pub(crate) totp: Option<Totp>,
    /// A second factor's sealed secret that waits for its first code, in hex.
    #[serde(default)]
    pub(crate) totp_offered: Option<String>,
    /// Grows when every session so far must end; a session of an older epoch is none.
    #[serde(default)]
    pub(crate) epoch: u32,
    /// A person who left: may not log in, but keeps the name in what they did.
    #[serde(default)]
    pub(crate) removed: bool,
}

/// A person's second factor.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Totp {
    /// The sealed secret, in hex.
    pub(crate) secret: String,
    /// The last step whose code was used.
    pub(crate) last_step: u64,
    /// Digests of the recovery codes that are left.
    pub(crate) recovery: Vec<String>,
}

/// What a person may act as, and within which bounds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) roles: Vec<Role>,
    pub(crate) tenant: Option<TenantId>,
    pub(crate) valid_until: Option<Timestamp>,
}

impl Held {
    /// This one role and no bounds.
    pub(crate) fn one(role: Role) -> Self {
        Self { roles: vec![role], ..Self::default() }
    }

    /// The same without repetitions and without bounds that belong to no role, or why one person
    /// may not hold it.
    pub(crate) fn checked(mut self) -> Result<Self, PeopleError> {
        let mut roles = Vec::new();
        for role in self.roles {
            if !roles.contains(&role) {
                roles.push(role);
            }
        }
        check_roles(&roles)?;
        if !roles.contains(&Role::Tenant) {
            self.tenant = None;
        } else if self.tenant.is_none() {
            return Err(PeopleError::TenantMissing);
        }
        if !roles.contains(&Role::Regulator) {
            self.valid_until = None;
        } else if self.valid_until.is_none() {
            return Err(PeopleError::EndMissing);
        }
        Ok(Self { roles, ..self })
    }
}

impl Person {
    /// Somebody new, with roles that were checked.
    pub(crate) fn new(login: &str, name: &str, held: Held, pseudonym: Pseudonym) -> Self {
        Self {
            login: login.to_owned(),
            name: name.to_owned(),
            roles: held.roles,
            role: None,
            tenant: held.tenant,
            valid_until: held.valid_until,
            pseudonym,
            password_hash: String::new(),
            must_change: true,
            failures: 0,
            locked_until: None,
            totp: None,
            totp_offered: None,
            epoch: 0,
            removed: false,
        }
    }

    /// The person as the log knows them, acting in one of their roles.
    pub(crate) fn actor_as(&self, role: Role) -> Actor {
        Actor { role, pseudonym: self.pseudonym }
    }

    /// The roles as a form quotes what it was made from.
    pub(crate) fn roles_quoted(&self) -> String {
        self.roles.iter().map(|role| role.code()).collect::<Vec<_>>().join(" ")
    }

    /// Whether the person may be let in at all.
    pub(crate) fn may_enter(&self, now: Timestamp) -> bool {
        !self.removed && !self.roles.is_empty() && !self.has_ended(now)
    }

    /// Whether the time for which the person was let in is over.
    pub(crate) fn has_ended(&self, now: Timestamp) -> bool {
        self.valid_until.is_some_and(|until| until < now)
    }

    /// Until when the person is locked out, if they are.
    pub(crate) fn locked(&self, now: Timestamp) -> Option<Timestamp> {
        self.locked_until.filter(|until| *until > now)
    }

    /// One more wrong password or code; the fifth locks for ten minutes.
    pub(super) fn count_failure(&mut self, now: Timestamp) {
        self.failures += 1;
        if self.failures >= FAILURES_MAX {
            self.failures = 0;
            self.locked_until = Some(now.plus_millis(LOCK_MILLIS));
        }
    }

    /// The role of a document that had one, among the roles.
    fn folded(mut self) -> Self {
        if let Some(role) = self.role.take().filter(|_| self.roles.is_empty()) {
            self.roles.push(role);
        }
        self
    }
}

/// What was asked about a person cannot be done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PeopleError {
    #[error("登录名须为 2 至 32 位小写字母、数字或 - _ .，以字母或数字开头")]
    Login,
    #[error("姓名须为 1 至 64 个字")]
    Name,
    #[error("登录名 {0} 已有人使用")]
    Taken(String),
    #[error("没有登录名 {0}，或已停用")]
    Unknown(String),
    #[error(transparent)]
    Roles(#[from] RolesError),
    #[error("“场内商户”须指明是哪一家商户（tnt_ 开头的编号）")]
    TenantMissing,
    #[error("“监管查阅”须指明查阅截止日期")]
    EndMissing,
    #[error("不能对自己的账号做这一步，请由另一名管理员办理")]
    Oneself,
    #[error("该人员的岗位刚被他人更改，请核对后再提交")]
    Stale,
    #[error("安全管理员和审计员的账号，请在服务器上用 merchant-server user 命令办理")]
    Watcher,
    #[error("两步验证已经启用；如需更换，请先由安全管理员重设")]
    FactorOn,
    #[error("动态验证码不正确，请核对手机时间后重新输入")]
    Code,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The person with this login, and the version to write against.
pub(crate) async fn person<S: Store>(
    store: &S,
    login: &str,
) -> Result<Option<(Person, u64)>, StoreError> {
    let Some(row) = store.record(KIND, login).await? else { return Ok(None) };
    let person: Person = documents::read(&row)?;
    Ok(Some((person.folded(), row.version)))
}

/// Everybody.
pub(crate) async fn people<S: Store>(store: &S) -> Result<Vec<Person>, StoreError> {
    let all = documents::all::<S, Person>(store, KIND).await?;
    Ok(all.into_iter().map(|(_, person)| person.folded()).collect())
}

/// Adds a person, together with its entry in the log.
pub(super) async fn person_add<S: Store>(
    channel: &Channel<S>,
    by: Actor,
    person: &Person,
    event: &HostEvent,
) -> Result<(), PeopleError> {
    check_names(&person.login, &person.name)?;
    let write = documents::written(KIND, &person.login, 0, person)?;
    match channel.record_host_with(by, event, &[write]).await {
        Err(StoreError::Conflict { what: "record" }) => {
            Err(PeopleError::Taken(person.login.clone()))
        }
        done => Ok(done?),
    }
}

/// Refuses a login that is no good in a path, and a name that is none.
fn check_names(login: &str, name: &str) -> Result<(), PeopleError> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let begins_well = login.bytes().next().is_some_and(plain);
    let allowed = |b: u8| plain(b) || b"-_.".contains(&b);
    if !begins_well || !(2..=32).contains(&login.len()) || !login.bytes().all(allowed) {
        return Err(PeopleError::Login);
    }
    let printable = !name.chars().any(char::is_control);
    if !printable || !(1..=64).contains(&name.trim().chars().count()) {
        return Err(PeopleError::Name);
    }
    Ok(())
}

/// Writes a person, if nobody else did since `version`.
pub(super) async fn person_save<S: Store>(
    store: &S,
    person: &Person,
    version: u64,
) -> Result<(), StoreError> {
    documents::put(store, KIND, &person.login, version, person, None).await
}

/// Changes a person who has not left, together with the entry in the log: no act without it.
pub(super) async fn person_change_noted<S: Store>(
    channel: &Channel<S>,
    by: Actor,
    login: &str,
    kind: &'static str,
    facts: impl Fn(&Person) -> Value + Send,
    mut change: impl FnMut(&mut Person) -> Result<(), PeopleError> + Send,
) -> Result<Person, PeopleError> {
    for _ in 0..documents::TRIES {
        let found = person(channel.store(), login).await?.filter(|(person, _)| !person.removed);
        let (mut person, version) = found.ok_or_else(|| PeopleError::Unknown(login.to_owned()))?;
        change(&mut person)?;
        let write = documents::written(KIND, login, version, &person)?;
        let event = HostEvent { kind, data: facts(&person) };
        match channel.record_host_with(by, &event, &[write]).await {
            Err(StoreError::Conflict { what: "record" }) => {}
            done => return Ok(done.map(|()| person)?),
        }
    }
    Err(StoreError::Conflict { what: "record" }.into())
}

/// Changes a person who has not left; a lost race is decided again on what stands then.
pub(super) async fn person_change<S: Store>(
    store: &S,
    login: &str,
    mut change: impl FnMut(&mut Person) -> Result<(), PeopleError> + Send,
) -> Result<Person, PeopleError> {
    for _ in 0..documents::TRIES {
        let found = person(store, login).await?.filter(|(person, _)| !person.removed);
        let (mut person, version) = found.ok_or_else(|| PeopleError::Unknown(login.to_owned()))?;
        change(&mut person)?;
        match person_save(store, &person, version).await {
            Err(StoreError::Conflict { .. }) => {}
            done => return Ok(done.map(|()| person)?),
        }
    }
    Err(StoreError::Conflict { what: "record" }.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_millis(1_795_485_600_000).unwrap()
    }

    fn somebody(held: Held) -> Person {
        Person::new("wang", "王某", held, Pseudonym::new([7; 16]))
    }

    #[test]
    fn an_old_document_with_one_role_reads_and_is_written_with_roles() {
        let old = serde_json::json!({
            "login": "wang", "name": "王某", "role": "clerk",
            "pseudonym": Pseudonym::new([7; 16]), "password_hash": "x",
        });
        let person = serde_json::from_value::<Person>(old).unwrap().folded();
        assert_eq!(person.roles, [Role::Clerk]);
        assert!(!person.must_change, "whoever worked yesterday works today");
        let written = serde_json::to_value(&person).unwrap();
        assert_eq!(written["roles"][0], "clerk");
        assert!(written.get("role").is_none());
        let again: Person = serde_json::from_value(written).unwrap();
        assert_eq!(again.folded().roles, [Role::Clerk]);
    }

    #[test]
    fn a_tenant_names_a_shop_and_a_regulator_an_end() {
        let tenant = Held::one(Role::Tenant).checked();
        assert!(matches!(tenant, Err(PeopleError::TenantMissing)));
        let regulator = Held::one(Role::Regulator).checked();
        assert!(matches!(regulator, Err(PeopleError::EndMissing)));
        let shop = Some(TenantId::from_bytes([1; 16]));
        let held = Held { tenant: shop, valid_until: Some(now()), ..Held::one(Role::Tenant) };
        let checked = held.checked().unwrap();
        assert_eq!((checked.tenant, checked.valid_until), (shop, None), "no bound of another role");
        let twice = Held { roles: vec![Role::Clerk, Role::Clerk], ..Held::default() };
        assert_eq!(twice.checked().unwrap().roles, [Role::Clerk]);
    }

    #[test]
    fn whoever_left_or_whose_time_is_over_is_not_let_in() {
        let until = Some(now());
        let person = somebody(Held { valid_until: until, ..Held::one(Role::Regulator) });
        assert!(person.may_enter(now()));
        assert!(!person.may_enter(now().plus_millis(1)));
        let left = Person { removed: true, ..somebody(Held::one(Role::Clerk)) };
        assert!(!left.may_enter(now()));
    }

    #[test]
    fn the_fifth_failure_locks_for_ten_minutes() {
        let mut person = somebody(Held::one(Role::Clerk));
        for _ in 0..4 {
            person.count_failure(now());
            assert_eq!(person.locked(now()), None);
        }
        person.count_failure(now());
        let until = now().plus_millis(LOCK_MILLIS);
        assert_eq!(person.locked(now()), Some(until));
        assert_eq!(person.locked(until), None);
    }

    #[test]
    fn a_login_is_good_in_a_path() {
        for good in ["wang", "w2", "li.qiang-2_x"] {
            assert!(check_names(good, "王某").is_ok(), "{good}");
        }
        for bad in ["w", "..", ".wang", "-w", "Wang", "王某", "a/b", "a b", &"a".repeat(33)] {
            assert!(check_names(bad, "王某").is_err(), "{bad}");
        }
        assert!(check_names("wang", " ").is_err());
    }
}
