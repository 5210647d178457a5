//! Tenants (商户、摊位、平台内经营者): the shops a host answers for (消法 43, 44).
//!
//! Facts and what cannot stand. Knows nothing of storage, money, cases, or of who may see what.

mod tenant;

pub use tenant::{Tenant, TenantDraft, TenantFault, TenantKind, TenantStatus};
