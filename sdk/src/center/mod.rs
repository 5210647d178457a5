//! Toward the center: the port the engine speaks through, and the HTTP client behind it.
//!
//! A center that speaks another dialect is reached through one more implementation of [`Center`].

#[cfg(feature = "center")]
mod http;
#[cfg(feature = "center")]
mod pull;
#[cfg(feature = "center")]
mod witness;

use std::future::Future;
use std::time::Duration;

#[cfg(feature = "center")]
pub use http::{HttpCenter, HttpCenterConfig, http_client};
#[cfg(feature = "center")]
pub use pull::{PullError, Pulled, pull_once};
#[cfg(feature = "center")]
pub use witness::HttpWitness;

use crate::ids::{ComplaintNo, ReportId};
use crate::protocol::DiversionPage;

/// What the engine asks of a center.
///
/// # Contract
/// Every call is idempotent by the id it carries: the same report sent twice takes effect once and
/// gets the same receipt. An implementation tells a refusal that will not change ([`DeliveryError::
/// Refused`]) from everything that may pass.
pub trait Center: Send + Sync + 'static {
    /// Delivers a report and returns the center's receipt, a JWS, unverified.
    fn deliver(
        &self,
        id: ReportId,
        body: Vec<u8>,
    ) -> impl Future<Output = Result<String, DeliveryError>> + Send;

    /// Fetches diversions after a cursor.
    fn diversions(
        &self,
        after: Option<&str>,
        limit: u32,
    ) -> impl Future<Output = Result<DiversionPage, DeliveryError>> + Send;

    /// Tells the center that a pulled diversion is ours now.
    fn acknowledge(
        &self,
        no: &ComplaintNo,
        receipt: &str,
    ) -> impl Future<Output = Result<(), DeliveryError>> + Send;
}

/// Why a call to the center did not succeed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryError {
    /// No answer, or an answer that says "later".
    #[error("the center did not take it ({cause})")]
    Later {
        /// A stable word and a status, never a body: `timeout`, `connect`, `http_503`.
        cause: String,
        /// What `Retry-After` said.
        retry_after: Option<Duration>,
    },
    /// An answer that will be the same next time.
    #[error("the center refused it ({cause})")]
    Refused {
        /// A stable word and a status: `http_422`.
        cause: String,
    },
}
