//! The register of tenants: small documents, each written together with a leaf that says that it
//! was, so that the register cannot change behind the log. The leaf holds no name and no place.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Channel;
use super::leaves::{HostEvent, broken};
use crate::case::Actor;
use crate::codes::Uscc;
use crate::ids::TenantId;
use crate::store::{RecordRow, RecordWrite, Store, StoreError};
use crate::tenants::{Tenant, TenantFault};

/// The documents of the tenants themselves, by id.
const KIND: &str = "tenant";
/// Which tenant a USCC and stall number name: what makes the two unique together. Such a document
/// is written once, and deleted when its tenant goes to another place.
const PLACE_KIND: &str = "tenant_uscc";
/// The version of a document that was written once.
const ONCE: u64 = 1;
/// How many tenants one page holds at most.
const PAGE_MAX: u32 = 200;
/// How often a change is tried again when something moved in between.
const TRIES: u32 = 16;

/// A tenant as the register has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TenantRow {
    /// Its id.
    #[serde(rename = "tenant_id")]
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub id: TenantId,
    /// Grows by one with every change, from 1; name it to change the tenant.
    pub version: u64,
    /// What is known of it.
    pub tenant: Tenant,
}

/// Why the register was not changed. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum TenantError {
    /// A field cannot stand.
    #[error("{field}: {problem}")]
    Field {
        /// Its name.
        field: &'static str,
        /// What is wrong and the remedy; never the value.
        problem: String,
    },
    /// Another tenant has this USCC and stall number.
    #[error("another tenant has this USCC and stall number; change that one or give the stall")]
    Taken,
    /// No such tenant.
    #[error("there is no such tenant")]
    Unknown,
    /// The caller decided on an older version.
    #[error("the tenant has moved on to version {current}; look again")]
    Stale {
        /// The version now.
        current: u64,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<TenantFault> for TenantError {
    fn from(fault: TenantFault) -> Self {
        Self::Field { field: fault.field, problem: fault.problem }
    }
}

/// Who holds a place.
#[derive(Serialize, Deserialize)]
struct Place {
    tenant: TenantId,
}

impl<S: Store> Channel<S> {
    /// The tenant with this id.
    ///
    /// # Errors
    /// When the store fails or the tenant does not read back.
    pub async fn tenant(&self, id: TenantId) -> Result<Option<TenantRow>, StoreError> {
        let found = self.store().record(KIND, &id.to_string()).await?;
        found.as_ref().map(row).transpose()
    }

    /// Tenants in the order they were added, after the one with the id `after` (empty for the
    /// first), at most `limit` and never more than 200.
    ///
    /// # Errors
    /// When the store fails or a tenant does not read back.
    pub async fn tenants(&self, after: &str, limit: u32) -> Result<Vec<TenantRow>, StoreError> {
        let found = self.store().records(KIND, after, limit.clamp(1, PAGE_MAX)).await?;
        found.iter().map(row).collect()
    }

    /// The tenant at this stall under this USCC; with `None` the one registered without a stall.
    ///
    /// # Errors
    /// When the store fails or the tenant does not read back.
    pub async fn tenant_by_uscc(
        &self,
        uscc: &Uscc,
        stall_no: Option<&str>,
    ) -> Result<Option<TenantRow>, StoreError> {
        if stall_no.is_some_and(|text| text.contains(char::is_control)) {
            // No tenant has such a stall, and not every engine takes such a text.
            return Ok(None);
        }
        let found = self.store().record(PLACE_KIND, &place(uscc, stall_no)).await?;
        let Some(found) = found else { return Ok(None) };
        let holder: Place = read(&found)?;
        self.tenant(holder.tenant).await
    }

    /// Adds a tenant. Durable when it returns.
    ///
    /// # Errors
    /// See [`TenantError`]; in each case nothing was written.
    pub async fn tenant_add(&self, actor: Actor, tenant: &Tenant) -> Result<TenantId, TenantError> {
        tenant.check()?;
        let id = TenantId::new(self.now(), self.random());
        let records = [document(id, 0, tenant)?, take_place(id, place_of(tenant))?];
        let event = event("tenant_added", id, tenant);
        match self.record_host_with(actor, &event, &records).await {
            Ok(()) => Ok(id),
            // The id is fresh, so it is the place that somebody has.
            Err(StoreError::Conflict { what: "record" }) => Err(TenantError::Taken),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes a tenant over the version that was seen; gives its new version. Durable when it
    /// returns.
    ///
    /// # Errors
    /// See [`TenantError`]; in each case nothing was written.
    pub async fn tenant_change(
        &self,
        actor: Actor,
        id: TenantId,
        expected_version: u64,
        tenant: &Tenant,
    ) -> Result<u64, TenantError> {
        tenant.check()?;
        let event = event("tenant_changed", id, tenant);
        for _ in 0..TRIES {
            let before = self.tenant(id).await?.ok_or(TenantError::Unknown)?;
            if before.version != expected_version {
                return Err(TenantError::Stale { current: before.version });
            }
            if before.tenant.uscc != tenant.uscc {
                // Consumers named this firm in their consents; another one is another shop.
                let problem = "another firm is another shop: add it as a new one".to_owned();
                return Err(TenantError::Field { field: "uscc", problem });
            }
            let mut records = vec![document(id, expected_version, tenant)?];
            let (old, new) = (place_of(&before.tenant), place_of(tenant));
            if old != new {
                if self.store().record(PLACE_KIND, &new).await?.is_some() {
                    return Err(TenantError::Taken);
                }
                records.push(take_place(id, new)?);
                records.push(leave_place(old));
            }
            match self.record_host_with(actor, &event, &records).await {
                Ok(()) => return Ok(expected_version + 1),
                // The tenant or its new place was written in between: the next look says which.
                Err(StoreError::Conflict { what: "record" }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Conflict { what: "record" }.into())
    }
}

/// What the log is told: no name, no place, nothing in free words.
fn event(kind: &'static str, id: TenantId, tenant: &Tenant) -> HostEvent {
    let data = json!({
        "tenant": id, "kind": tenant.kind.code(), "status": tenant.status.code(),
    });
    HostEvent { kind, data }
}

fn document(id: TenantId, expected: u64, tenant: &Tenant) -> Result<RecordWrite, StoreError> {
    write(KIND, id.to_string(), expected, tenant)
}

fn take_place(id: TenantId, place: String) -> Result<RecordWrite, StoreError> {
    write(PLACE_KIND, place, 0, &Place { tenant: id })
}

fn leave_place(place: String) -> RecordWrite {
    RecordWrite { kind: PLACE_KIND, id: place, expected: ONCE, body: None, expires_at: None }
}

fn place_of(tenant: &Tenant) -> String {
    place(&tenant.uscc, tenant.stall_no.as_deref())
}

/// A USCC is always 18 characters, so no two pairs give one text.
fn place(uscc: &Uscc, stall_no: Option<&str>) -> String {
    match stall_no {
        Some(stall_no) => format!("{uscc}/{stall_no}"),
        None => uscc.to_string(),
    }
}

fn row(found: &RecordRow) -> Result<TenantRow, StoreError> {
    let id = found.id.parse().map_err(|_| StoreError::Corrupt { table: "records" })?;
    Ok(TenantRow { id, version: found.version, tenant: read(found)? })
}

fn read<T: serde::de::DeserializeOwned>(found: &RecordRow) -> Result<T, StoreError> {
    serde_json::from_slice(&found.body).map_err(|_| StoreError::Corrupt { table: "records" })
}

fn write<T: Serialize>(
    kind: &'static str,
    id: String,
    expected: u64,
    document: &T,
) -> Result<RecordWrite, StoreError> {
    let body = Some(serde_json::to_vec(document).map_err(|_| broken("tenant"))?);
    Ok(RecordWrite { kind, id, expected, body, expires_at: None })
}
