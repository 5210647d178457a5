//! Which shop answers for a case, and what it may read: passing a consumer's data to it needs the
//! consent to name it (PIPL Art. 23); whether it does is decided here, once, and written down.

use super::Channel;
use super::access::consent_of;
use super::casework::{ActError, Acted, Alongside, LoadedCase};
use super::view_types::QueueRow;
use super::views::{NOT_SHOWN, parse_complaint};
use crate::case::{Action, Actor, Command, Refusal, RefusalCode, Role};
use crate::ids::{CaseId, TenantId};
use crate::protocol::consent::RECIPIENT_TENANT;
use crate::store::{RecordRow, RecordWrite, Store, StoreError};

const KIND: &str = "tenant_case";
/// How often a lost race for the shop's list is run again.
const TRIES: u32 = 4;

impl<S: Store> Channel<S> {
    /// Says which shop answers for a case. Only what the consent names it for reaches the shop.
    ///
    /// # Errors
    /// See [`ActError`]; a shop that is not in the registry is a refused field `tenant`.
    pub async fn assign(
        &self,
        id: CaseId,
        actor: Actor,
        tenant: TenantId,
        expected: Option<u64>,
    ) -> Result<Acted, ActError> {
        for _ in 0..TRIES {
            match self.try_assign(id, actor, tenant, expected).await {
                Err(ActError::Store(StoreError::Conflict { what: "record" })) => {}
                done => return done,
            }
        }
        Err(StoreError::Conflict { what: "record" }.into())
    }

    async fn try_assign(
        &self,
        id: CaseId,
        actor: Actor,
        tenant: TenantId,
        expected: Option<u64>,
    ) -> Result<Acted, ActError> {
        let loaded = self.load(id).await?;
        let Some(row) = self.tenant(tenant).await? else {
            let problem = "no such shop is in the registry; add it first";
            let code = RefusalCode::FieldInvalid { field: "tenant", problem };
            let state = Some(loaded.case.state.name());
            return Err(Refusal { action: Action::Assign, state, code }.into());
        };
        let words = self.all_words(&loaded).await?;
        let complaint = match words.get(&0) {
            Some(first) => parse_complaint(first)?,
            None => None,
        };
        let host = self.host();
        let consent =
            complaint.and_then(|complaint| consent_of(&complaint, &host.base_url, &host.uscc));
        let uscc = row.tenant.uscc.as_str();
        let named = consent.is_some_and(|it| it.names_recipient(RECIPIENT_TENANT, uscc));
        let entry = entry_id(tenant, id);
        let known = self.store().record(KIND, &entry).await?;
        // The list of the shop's cases only says where to look; what the case says counts.
        let write = RecordWrite {
            kind: KIND,
            id: entry,
            expected: known.map_or(0, |row| row.version),
            body: Some(b"{}".to_vec()),
            expires_at: None,
        };
        let alongside =
            |_: &LoadedCase| Ok(Alongside { records: vec![write.clone()], ..Alongside::default() });
        let command = Command::Assign { tenant, named };
        self.act_with(id, actor, &command, expected, alongside).await
    }

    /// The cases a shop answers for, oldest first, after a case, at most `limit`.
    ///
    /// # Errors
    /// When the store fails or a case does not read back.
    pub async fn tenant_cases(
        &self,
        tenant: TenantId,
        after: Option<CaseId>,
        limit: u32,
    ) -> Result<Vec<QueueRow>, ActError> {
        let prefix = format!("{tenant}/");
        let mut from = after.map_or_else(|| prefix.clone(), |case| entry_id(tenant, case));
        let mut rows = Vec::new();
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        // Cases that went to another shop are passed over: a page of only such is not the end.
        while rows.len() < most {
            let page = self.store().records(KIND, &from, limit).await?;
            let Some(last) = page.last() else { break };
            from.clone_from(&last.id);
            if !self.tenant_page(tenant, &prefix, page, &mut rows).await? {
                break;
            }
        }
        rows.truncate(most);
        Ok(rows)
    }

    /// Adds the cases of one page of the shop's list; whether there may be another page.
    async fn tenant_page(
        &self,
        tenant: TenantId,
        prefix: &str,
        page: Vec<RecordRow>,
        rows: &mut Vec<QueueRow>,
    ) -> Result<bool, ActError> {
        for record in page {
            let Some(case) = record.id.strip_prefix(prefix) else { return Ok(false) };
            let corrupt = |_| StoreError::Corrupt { table: "records" };
            let id = case.parse().map_err(corrupt)?;
            let mut row = self.summary(id).await?;
            if row.tenant != Some(tenant) {
                continue;
            }
            let assigned = self.load(id).await?.case.assigned;
            if !assigned.is_some_and(|assigned| assigned.named) {
                NOT_SHOWN.clone_into(&mut row.consumer);
            }
            rows.push(row);
        }
        Ok(true)
    }

    /// Whether somebody may see this case at all: a shop sees only its own.
    #[must_use]
    pub fn is_theirs(loaded: &LoadedCase, role: Role, tenant: Option<TenantId>) -> bool {
        let answers = loaded.case.assigned.as_ref().map(|assigned| assigned.tenant);
        role != Role::Tenant || (tenant.is_some() && answers == tenant)
    }
}

fn entry_id(tenant: TenantId, case: CaseId) -> String {
    format!("{tenant}/{case}")
}
