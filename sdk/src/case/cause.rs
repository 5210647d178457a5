//! What led to an event: the action that must be allowed for it, or the event of the same decision that
//! it follows. The verifier asks this of every leaf.

use super::command::Action;
use super::event::Event;
use super::offer::Party;
use super::reasons::{EraseReason, HandbackReason, PauseGround, ReportKind};
use super::state::{Case, CaseState};

impl Event {
    /// The action that led to this event on this case; none where it only follows another event
    /// of the same decision.
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "one arm per event reads best as one table")]
    pub fn action(&self, case: &Case) -> Option<Action> {
        let by_consumer = case.current_offer().is_some_and(|offer| offer.by == Party::Consumer);
        Some(match self {
            Self::Received { .. }
            | Self::WithdrawnUnseen { .. }
            | Self::Closed { .. }
            | Self::HandbackDrafted {}
            | Self::HandbackAcknowledged {} => return None,
            Self::Accepted { .. } => Action::Accept,
            Self::TransferProposed { .. } => Action::ProposeTransfer,
            Self::TransferTaken { .. } => Action::TakeTransfer,
            Self::TransferRefused {} => Action::RefuseTransfer,
            Self::TransferRecalled {} => Action::RecallTransfer,
            Self::Contacted { .. } => Action::Contact,
            Self::SupplementAsked { .. } => Action::AskSupplement,
            Self::SupplementLapsed {} => Action::LapseSupplement,
            Self::Paused { ground: PauseGround::Examination, .. } => Action::Pause,
            Self::Paused { ground: PauseGround::Supplement, .. } => return None,
            Self::PauseLapsed {} => Action::LapsePause,
            Self::Resumed { .. } => match &case.pause {
                Some(pause) if pause.is_examined() => Action::Resume,
                Some(_) | None => return None,
            },
            Self::ExtensionAsked { .. } => Action::AskExtension,
            Self::Extended { .. } => match case.extension_asked {
                Some(_) => Action::AnswerExtension,
                None => Action::Extend,
            },
            Self::ExtensionRefused {} => Action::AnswerExtension,
            Self::OfferDrafted { .. } => Action::Offer,
            Self::Offered { .. } => match case.state {
                CaseState::AwaitingApproval { .. } => Action::Approve,
                _ => Action::Offer,
            },
            Self::OfferSentBack { .. } => Action::SendBack,
            Self::LinkIssued { .. } => Action::IssueLink,
            Self::Settled { .. } => match case.state {
                CaseState::AwaitingApproval { .. } if by_consumer => Action::Approve,
                CaseState::InProgress => Action::AcceptCounter,
                _ => Action::Answer,
            },
            Self::OfferDeclined { .. } => Action::Answer,
            Self::Countered { .. } => Action::Counter,
            Self::CounterTaken { .. } => Action::AcceptCounter,
            Self::CounterDeclined { .. } => Action::DeclineCounter,
            Self::OfferExpired { .. } => Action::ExpireOffer,
            Self::Performed { .. } => Action::Perform,
            Self::Breached { .. } => Action::Breach,
            Self::Rejected { .. } => Action::Reject,
            Self::RejectionOverturned { .. }
            | Self::HandedBack { reason: HandbackReason::RejectionUpheld } => Action::Review,
            Self::HandedBack { .. } => Action::HandBack,
            Self::Withdrawn {} => Action::Withdraw,
            Self::Erased { reason: EraseReason::ConsentWithdrawn, .. } => Action::WithdrawConsent,
            Self::Erased { .. } => Action::Erase,
            Self::Urged { .. } => Action::Urge,
            Self::Supervised { .. } => Action::Supervise,
            Self::Supplemented {} => Action::Supplement,
            Self::Assigned { .. } => Action::Assign,
            Self::Unassigned {} => Action::Unassign,
            Self::TenantStated {} => Action::TenantState,
            Self::Rated { .. } => Action::Rate,
            Self::Reopened { .. } => Action::Reopen,
            Self::ClockExpired { .. } => Action::NoteExpiry,
            Self::Escalated { step: None, .. } => return None,
            Self::Escalated { .. } => Action::Escalate,
            Self::ClockMoved { .. } => Action::MoveClock,
            Self::AdvanceMoved { .. } => Action::MoveAdvance,
            Self::NoticeKept { .. } => Action::KeepNotice,
            Self::Revealed { .. } => Action::Reveal,
            Self::PayeeShown { .. } => Action::ShowPayee,
            Self::Reported { .. } => Action::RecordReceipt,
        })
    }

    /// Whether this event, which is nobody's own act, may follow that one in the same decision.
    #[must_use]
    pub fn follows(&self, cause: &Self) -> bool {
        match self {
            Self::Closed { .. } => matches!(cause, Self::Performed { .. }),
            Self::HandbackDrafted {} | Self::Escalated { step: None, .. } => {
                matches!(cause, Self::ClockExpired { .. })
            }
            Self::HandbackAcknowledged {} => {
                matches!(cause, Self::Reported { report: ReportKind::HandedBack, .. })
            }
            Self::Paused { ground: PauseGround::Supplement, .. } => {
                matches!(cause, Self::SupplementAsked { .. })
            }
            Self::Resumed { .. } => matches!(
                cause,
                Self::Supplemented {}
                    | Self::SupplementLapsed {}
                    | Self::PauseLapsed {}
                    | Self::OfferDrafted { .. }
                    | Self::Offered { .. }
            ),
            _ => false,
        }
    }
}
