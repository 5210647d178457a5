//! Reports to the center (回传) and the pull of diversions: the messages we send and fetch.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::case::ReportKind;
use crate::ids::{ComplaintNo, ReportId};
use crate::time::Timestamp;

/// One step of a case, told to the center. Sent again and again with the same id until a receipt
/// comes.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Report {
    /// Its id; also the `Idempotency-Key` of the request.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub report_id: ReportId,
    /// The center's number of the complaint.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub complaint_no: ComplaintNo,
    /// Its number within the complaint, from 1 without gaps.
    pub sequence: u32,
    /// Which step.
    pub kind: ReportKind,
    /// When the step happened.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub at: Timestamp,
    /// What belongs to the step (docs/protocol.md has the members of each).
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub detail: serde_json::Value,
}

/// The center's answer to a report.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReportAnswer {
    /// A JWS, typ `gc-report-receipt+jwt`.
    pub receipt: String,
}

/// A page of diversions to pull.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DiversionPage {
    /// The diversions, oldest first.
    pub diversions: Vec<Diversion>,
    /// The cursor to ask with next; absent at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// One diversion in the pull.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Diversion {
    /// Its place; ask `after` it to go on.
    pub cursor: String,
    /// The complaint, exactly as it would be pushed.
    #[cfg_attr(feature = "openapi", schema(value_type = super::complaint::Complaint))]
    pub complaint: Box<RawValue>,
}
