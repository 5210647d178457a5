//! API tokens: of the merchant's own systems, and personal ones that live no longer than their
//! person's role. Random, scoped, stored as a hash.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use green_channel::case::{Actor, Role};
use green_channel::ids::Pseudonym;
use green_channel::store::{RecordRow, Store, StoreError};
use green_channel::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::documents;
use super::people::person;
use super::permission::{Permission, allows};

const KIND: &str = "api_token";
const PREFIX: &str = "gct_";

/// What a token is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
pub(crate) enum Scope {
    /// List and read cases.
    #[serde(rename = "cases:read")]
    #[value(name = "cases:read")]
    CasesRead,
    /// Act on cases.
    #[serde(rename = "cases:act")]
    #[value(name = "cases:act")]
    CasesAct,
    /// Read the entries of the log.
    #[serde(rename = "log:read")]
    #[value(name = "log:read")]
    LogRead,
    /// See and replay reports.
    #[serde(rename = "reports:manage")]
    #[value(name = "reports:manage")]
    ReportsManage,
    /// See the tenants.
    #[serde(rename = "tenants:read")]
    #[value(name = "tenants:read")]
    TenantsRead,
    /// Add tenants and change them.
    #[serde(rename = "tenants:manage")]
    #[value(name = "tenants:manage")]
    TenantsManage,
    /// See who looked at whose data.
    #[serde(rename = "reveals:read")]
    #[value(name = "reveals:read")]
    RevealsRead,
    /// See the fund.
    #[serde(rename = "fund:read")]
    #[value(name = "fund:read")]
    FundRead,
    /// Act on the fund.
    #[serde(rename = "fund:act")]
    #[value(name = "fund:act")]
    FundAct,
}

impl Scope {
    /// Every scope.
    pub(crate) const ALL: [Self; 9] = [
        Self::CasesRead,
        Self::CasesAct,
        Self::LogRead,
        Self::ReportsManage,
        Self::TenantsRead,
        Self::TenantsManage,
        Self::RevealsRead,
        Self::FundRead,
        Self::FundAct,
    ];

    /// The word in requests, on screen and on the command line.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::CasesRead => "cases:read",
            Self::CasesAct => "cases:act",
            Self::LogRead => "log:read",
            Self::ReportsManage => "reports:manage",
            Self::TenantsRead => "tenants:read",
            Self::TenantsManage => "tenants:manage",
            Self::RevealsRead => "reveals:read",
            Self::FundRead => "fund:read",
            Self::FundAct => "fund:act",
        }
    }

    /// What a role must be allowed to do for this scope.
    const fn needs(self) -> Permission {
        match self {
            Self::CasesRead => Permission::ReadCases,
            Self::CasesAct => Permission::WorkCases,
            Self::LogRead => Permission::ReadLog,
            Self::ReportsManage => Permission::ReplayReports,
            Self::TenantsRead => Permission::ReadTenants,
            Self::TenantsManage => Permission::ManageTenants,
            Self::RevealsRead => Permission::ReadReveals,
            Self::FundRead => Permission::ReadFund,
            Self::FundAct => Permission::WorkFund,
        }
    }
}

/// Whether a token of this role may have this scope: no token does what its role may not.
pub(crate) const fn may_have(role: Role, scope: Scope) -> bool {
    allows(role, scope.needs())
}

/// One token.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ApiToken {
    pub(crate) name: String,
    pub(crate) scopes: Vec<Scope>,
    pub(crate) role: Role,
    /// Of a personal token the person's own, so that nobody is two people in a case.
    pub(crate) pseudonym: Pseudonym,
    /// The login of the person whose token it is; none for a system of the merchant's.
    #[serde(default)]
    pub(crate) person: Option<String>,
    /// The last instant at which it is good; none for one without end.
    #[serde(default)]
    pub(crate) expires_at: Option<Timestamp>,
    /// Good for nothing any more, but keeps the name in what it did.
    #[serde(default)]
    pub(crate) revoked: bool,
}

impl ApiToken {
    /// Who acts when this token acts.
    pub(crate) fn actor(&self) -> Actor {
        Actor { role: self.role, pseudonym: self.pseudonym }
    }

    /// Whether the token may do this: it has the scope, and its role may still have it.
    pub(crate) fn has(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope) && may_have(self.role, scope)
    }

    /// Whether it is neither revoked nor over.
    pub(crate) fn is_good(&self, now: Timestamp) -> bool {
        !self.revoked && self.expires_at.is_none_or(|until| now <= until)
    }
}

/// Creates a token and returns its secret, which is shown once.
pub(crate) async fn token_create<S: Store>(
    store: &S,
    token: &ApiToken,
    random: [u8; 32],
) -> Result<String, StoreError> {
    let secret = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(random));
    documents::put(store, KIND, &super::digest(&secret), 0, token, None).await?;
    Ok(secret)
}

/// The token with this secret, if it is good now; a personal one only while its person may be let
/// in, still holds the role, and need not change the password first.
pub(crate) async fn token_find<S: Store>(
    store: &S,
    secret: &str,
    now: Timestamp,
    needs_factor: bool,
) -> Result<Option<ApiToken>, StoreError> {
    if !secret.starts_with(PREFIX) || secret.len() > 128 {
        return Ok(None);
    }
    let Some(row) = store.record(KIND, &super::digest(secret)).await? else { return Ok(None) };
    let token: ApiToken = documents::read(&row)?;
    if !token.is_good(now) {
        return Ok(None);
    }
    let Some(login) = &token.person else { return Ok(Some(token)) };
    let found = person(store, login).await?;
    let stands = found.is_some_and(|(person, _)| {
        let factor = person.totp.is_some() || !needs_factor;
        person.may_enter(now) && person.roles.contains(&token.role) && !person.must_change && factor
    });
    Ok(Some(token).filter(|_| stands))
}

/// Revokes every token of this name and returns them.
pub(crate) async fn token_revoke<S: Store>(
    store: &S,
    name: &str,
) -> Result<Vec<ApiToken>, StoreError> {
    revoke_where(store, |_, token| token.name == name).await
}

/// Revokes the personal tokens of a person, or the one with this id, and returns them.
pub(super) async fn tokens_revoke_of<S: Store>(
    store: &S,
    login: &str,
    id: Option<&str>,
) -> Result<Vec<ApiToken>, StoreError> {
    let fits = |row: &RecordRow, token: &ApiToken| {
        token.person.as_deref() == Some(login) && id.is_none_or(|id| row.id == id)
    };
    revoke_where(store, fits).await
}

async fn revoke_where<S: Store>(
    store: &S,
    fits: impl Fn(&RecordRow, &ApiToken) -> bool + Send,
) -> Result<Vec<ApiToken>, StoreError> {
    let mut revoked = Vec::new();
    let mut all: Vec<(RecordRow, ApiToken)> = documents::all(store, KIND).await?;
    all.retain(|(row, token)| !token.revoked && fits(row, token));
    for (row, _) in all {
        revoked.extend(revoke(store, &row.id).await?);
    }
    Ok(revoked)
}

/// Revokes one token, whoever wrote it meanwhile; none when it was revoked already.
async fn revoke<S: Store>(store: &S, id: &str) -> Result<Option<ApiToken>, StoreError> {
    for _ in 0..documents::TRIES {
        let Some(row) = store.record(KIND, id).await? else { return Ok(None) };
        let token: ApiToken = documents::read(&row)?;
        if token.revoked {
            return Ok(None);
        }
        let token = ApiToken { revoked: true, ..token };
        match documents::put(store, KIND, id, row.version, &token, None).await {
            Err(StoreError::Conflict { .. }) => {}
            done => return done.map(|()| Some(token)),
        }
    }
    Err(StoreError::Conflict { what: "record" })
}

/// Every token, without its secret.
pub(crate) async fn tokens<S: Store>(store: &S) -> Result<Vec<ApiToken>, StoreError> {
    let all = documents::all(store, KIND).await?;
    Ok(all.into_iter().map(|(_, token)| token).collect())
}

/// The personal tokens of a person, each with its id, without its secret.
pub(crate) async fn tokens_of<S: Store>(
    store: &S,
    login: &str,
) -> Result<Vec<(String, ApiToken)>, StoreError> {
    let all: Vec<(RecordRow, ApiToken)> = documents::all(store, KIND).await?;
    let own = all.into_iter().filter(|(_, token)| token.person.as_deref() == Some(login));
    Ok(own.map(|(row, token)| (row.id, token)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_no_scope_that_its_role_may_not_have() {
        let scopes = |role| -> Vec<&str> {
            let had = Scope::ALL.into_iter().filter(|scope| may_have(role, *scope));
            had.map(Scope::code).collect()
        };
        assert_eq!(
            scopes(Role::Clerk),
            ["cases:read", "cases:act", "log:read", "tenants:read", "fund:act"]
        );
        assert_eq!(scopes(Role::Supervisor), scopes(Role::Manager));
        assert_eq!(
            scopes(Role::Supervisor),
            [
                "cases:read",
                "cases:act",
                "log:read",
                "reports:manage",
                "tenants:read",
                "tenants:manage",
                "fund:read",
                "fund:act"
            ],
            "whoever works on cases does not watch over who looks at them"
        );
        assert_eq!(scopes(Role::Cashier), ["tenants:read", "fund:read", "fund:act"]);
        assert_eq!(scopes(Role::Administrator), ["log:read", "reports:manage"]);
        assert_eq!(scopes(Role::SecurityAdministrator), ["log:read"]);
        for role in [Role::Auditor, Role::Regulator] {
            assert_eq!(
                scopes(role),
                ["cases:read", "log:read", "tenants:read", "reveals:read", "fund:read"]
            );
        }
        assert_eq!(scopes(Role::Tenant), [""; 0], "the API knows no shop's own cases");
    }

    #[test]
    fn an_old_token_loses_what_its_role_may_not_have() {
        let old = serde_json::json!({
            "name": "erp", "scopes": ["cases:read", "reports:manage"], "role": "clerk",
            "pseudonym": Pseudonym::new([7; 16]),
        });
        let token: ApiToken = serde_json::from_value(old).unwrap();
        assert!(token.has(Scope::CasesRead));
        assert!(!token.has(Scope::ReportsManage));
        assert!(!token.has(Scope::CasesAct));
    }

    #[test]
    fn a_token_is_good_until_it_expires_or_is_revoked() {
        let until = Timestamp::from_millis(1_795_485_600_000).unwrap();
        let token = ApiToken {
            name: "erp".into(),
            scopes: Scope::ALL.to_vec(),
            role: Role::Supervisor,
            pseudonym: Pseudonym::new([7; 16]),
            person: None,
            expires_at: Some(until),
            revoked: false,
        };
        assert!(token.is_good(until));
        assert!(!token.is_good(until.plus_millis(1)));
        assert!(ApiToken { expires_at: None, ..token.clone() }.is_good(until.plus_millis(1)));
        assert!(!ApiToken { revoked: true, ..token }.is_good(until));
    }
}
