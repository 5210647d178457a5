//! Which role may ever do what to the fund: the one table of it.

use super::command::FundAction;
use crate::case::Role;

/// Whether a role may ever do this; what stands in the way of one act, [`super::decide_fund`] says.
#[must_use]
pub const fn role_may(role: Role, action: FundAction) -> bool {
    use FundAction as A;
    match action {
        A::Request | A::Cancel => {
            matches!(role, Role::Clerk | Role::Supervisor | Role::Manager)
        }
        A::Approve | A::Decline => matches!(role, Role::Supervisor | Role::Manager),
        A::ApproveProposal | A::DeclineProposal | A::Adopt => matches!(role, Role::Manager),
        A::Contribute
        | A::ReceiveDeposit
        | A::ReceiveRecourse
        | A::Bounce
        | A::Clear
        | A::Propose => matches!(role, Role::Cashier),
        A::Submit | A::ConfirmPaid | A::ConfirmRefused | A::Draw => {
            matches!(role, Role::Cashier | Role::System)
        }
        A::Sign | A::AddEvidence => {
            matches!(role, Role::Clerk | Role::Supervisor | Role::Manager | Role::Cashier)
        }
        A::LoseTrack | A::Expire | A::NoteTopUpOverdue => matches!(role, Role::System),
        A::Assert => matches!(role, Role::Cashier | Role::System),
    }
}
