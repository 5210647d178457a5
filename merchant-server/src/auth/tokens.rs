//! API tokens of the merchant's own systems: random, scoped, stored as a hash.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use green_channel::case::{Actor, Role};
use green_channel::ids::Pseudonym;
use green_channel::store::{Change, RecordRow, RecordWrite, Store, StoreError};
use serde::{Deserialize, Serialize};

use super::documents;

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
}

/// One token.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ApiToken {
    pub(crate) name: String,
    pub(crate) scopes: Vec<Scope>,
    pub(crate) role: Role,
    pub(crate) pseudonym: Pseudonym,
    /// Good for nothing any more, but keeps the name in what it did.
    #[serde(default)]
    pub(crate) revoked: bool,
}

impl ApiToken {
    /// Who acts when this token acts.
    pub(crate) fn actor(&self) -> Actor {
        Actor { role: self.role, pseudonym: self.pseudonym }
    }
}

/// Creates a token and returns its secret, which is shown once.
pub(crate) async fn token_create<S: Store>(
    store: &S,
    token: &ApiToken,
    random: [u8; 32],
) -> Result<String, StoreError> {
    let secret = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(random));
    let write = RecordWrite {
        kind: KIND,
        id: super::digest(&secret),
        expected: 0,
        body: Some(documents::write(token)?),
        expires_at: None,
    };
    store.commit(Change { records: vec![write], ..Change::default() }).await?;
    Ok(secret)
}

/// The token with this secret.
pub(crate) async fn token_find<S: Store>(
    store: &S,
    secret: &str,
) -> Result<Option<ApiToken>, StoreError> {
    if !secret.starts_with(PREFIX) || secret.len() > 128 {
        return Ok(None);
    }
    let Some(row) = store.record(KIND, &super::digest(secret)).await? else { return Ok(None) };
    let token: ApiToken = documents::read(&row)?;
    Ok(Some(token).filter(|token| !token.revoked))
}

/// Revokes every token of this name and returns them.
pub(crate) async fn token_revoke<S: Store>(
    store: &S,
    name: &str,
) -> Result<Vec<ApiToken>, StoreError> {
    let mut revoked = Vec::new();
    let all: Vec<(RecordRow, ApiToken)> = documents::all(store, KIND).await?;
    for (row, token) in all.into_iter().filter(|(_, t)| t.name == name && !t.revoked) {
        let token = ApiToken { revoked: true, ..token };
        let write = RecordWrite {
            kind: KIND,
            id: row.id,
            expected: row.version,
            body: Some(documents::write(&token)?),
            expires_at: None,
        };
        store.commit(Change { records: vec![write], ..Change::default() }).await?;
        revoked.push(token);
    }
    Ok(revoked)
}

/// Every token, without its secret.
pub(crate) async fn tokens<S: Store>(store: &S) -> Result<Vec<ApiToken>, StoreError> {
    let all = documents::all(store, KIND).await?;
    Ok(all.into_iter().map(|(_, token)| token).collect())
}
