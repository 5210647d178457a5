//! Which events the center is told of: the same that `decide` gives as effects, read off the events
//! afterwards. A check of the store holds the one against the other.

use super::actor::{Actor, Role};
use super::event::Event;
use super::reasons::{AdvanceStatus, EraseReason, Origin, PauseGround, ReportKind};
use super::state::Case;

impl Event {
    /// The report that this event makes when it happens to this case (`None` when it begins it).
    #[must_use]
    pub fn report(&self, before: Option<&Case>, actor: &Actor) -> Option<ReportKind> {
        if before.is_some_and(|case| !case.origin.is_reported()) {
            return None;
        }
        match self {
            Self::Received { origin: Origin::DeskReported, .. } => Some(ReportKind::Registered),
            Self::Accepted { .. } => Some(ReportKind::Accepted),
            Self::TransferTaken { .. } => Some(ReportKind::Transferred),
            Self::Contacted { .. } => Some(ReportKind::Contacted),
            Self::SupplementAsked { .. } => Some(ReportKind::SupplementAsked),
            Self::ExtensionAsked { .. } => Some(ReportKind::ExtensionAsked),
            // What the center granted it knows.
            Self::Extended { .. } => (actor.role != Role::Center).then_some(ReportKind::Extended),
            Self::Paused { ground, .. } => {
                (*ground == PauseGround::Examination).then_some(ReportKind::Paused)
            }
            Self::Resumed { .. } => {
                let ground = before.and_then(|case| case.pause.as_ref()).map(|pause| pause.ground);
                (ground == Some(PauseGround::Examination)).then_some(ReportKind::Resumed)
            }
            Self::Offered { .. } => Some(ReportKind::Offered),
            Self::Settled { .. } => Some(ReportKind::Settled),
            Self::OfferDeclined { .. } => Some(ReportKind::Declined),
            Self::Countered { .. } => Some(ReportKind::Countered),
            Self::CounterDeclined { .. } => Some(ReportKind::CounterDeclined),
            Self::AdvanceMoved { status: AdvanceStatus::Paid, .. } => {
                Some(ReportKind::PaidInAdvance)
            }
            Self::Performed { .. } => Some(ReportKind::Performed),
            Self::Closed { .. } => Some(ReportKind::Closed),
            // What the center told us it knows.
            Self::Breached { .. } => (actor.role != Role::Center).then_some(ReportKind::Breached),
            Self::Rejected { .. } => Some(ReportKind::Rejected),
            Self::HandedBack { .. } => Some(ReportKind::HandedBack),
            Self::Withdrawn {} => Some(ReportKind::Withdrawn),
            // Whom an old backup had brought back, the center knows as erased.
            Self::Erased { reason, .. } => {
                (*reason != EraseReason::Restored).then_some(ReportKind::Erased)
            }
            Self::Reopened { .. } => (actor.role != Role::Center).then_some(ReportKind::Reopened),
            Self::Received { .. }
            | Self::WithdrawnUnseen { .. }
            | Self::TransferProposed { .. }
            | Self::TransferRefused {}
            | Self::TransferRecalled {}
            | Self::SupplementLapsed {}
            | Self::PauseLapsed {}
            | Self::ExtensionRefused {}
            | Self::OfferDrafted { .. }
            | Self::OfferSentBack { .. }
            | Self::LinkIssued { .. }
            | Self::CounterTaken { .. }
            | Self::OfferExpired { .. }
            | Self::RejectionOverturned { .. }
            | Self::HandbackDrafted {}
            | Self::HandbackAcknowledged {}
            | Self::Urged { .. }
            | Self::Supervised { .. }
            | Self::Supplemented {}
            | Self::Assigned { .. }
            | Self::Unassigned {}
            | Self::TenantStated {}
            | Self::Rated { .. }
            | Self::ClockExpired { .. }
            | Self::Escalated { .. }
            | Self::ClockMoved { .. }
            | Self::AdvanceMoved { .. }
            | Self::NoticeKept { .. }
            | Self::Revealed { .. }
            | Self::PayeeShown { .. }
            | Self::Reported { .. } => None,
        }
    }
}
