//! Where a complaint stands (网上跟踪), as the center reads it. No personal data.

use serde::{Deserialize, Serialize};

use crate::case::{ClockKind, ReportKind, StateName};
use crate::ids::{ComplaintNo, ReportId};
use crate::time::{Date, Timestamp, iso_date};

/// Where it stands.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Tracking {
    /// The center's number.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub complaint_no: ComplaintNo,
    /// The state.
    pub state: StateName,
    /// The number of events so far.
    pub version: u64,
    /// When we received it.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub received_at: Timestamp,
    /// Its clocks, stopped ones too.
    pub clocks: Vec<TrackingClock>,
    /// Notices the center may send now, by kind.
    pub next: Vec<String>,
    /// What we reported.
    pub reports: Vec<ReportTrace>,
}

/// A clock, as the center reads it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TrackingClock {
    /// What it measures.
    pub kind: ClockKind,
    /// The last civil day in time.
    #[serde(with = "iso_date")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Date))]
    pub due_on: Date,
    /// Whether holidays of the year are still unpublished.
    pub provisional: bool,
    /// Whether it is or was over its time.
    pub overdue: bool,
}

/// A report, as the center reads it back.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReportTrace {
    /// The report.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub report_id: ReportId,
    /// What it tells.
    pub kind: ReportKind,
    /// When it was written.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub at: Timestamp,
    /// `pending`, `delivered` or `dead`.
    pub state: String,
    /// When its receipt came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, format = DateTime))]
    pub receipted_at: Option<Timestamp>,
}
