//! What somebody may do with an advance now and, of what not, why: every action is tried with
//! particulars that would fit, on the same rule as the command. Pages and programs have none of their
//! own.

use super::command::{FundAction, FundCommand, Paid, Received};
use super::decide::decide_fund;
use super::event::ProposalKind;
use super::evidence::Media;
use super::facts::FundState;
use super::refusal::{FundRefusal, FundRefusalCode};
use super::rules::FundPolicy;
use crate::case::Actor;
use crate::ids::ProposalId;
use crate::money::Fen;
use crate::time::Timestamp;

/// An action, and what stands in its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FundChoice {
    /// The action.
    pub action: FundAction,
    /// Why not; none when it may be done.
    pub why_not: Option<FundRefusal>,
}

/// The actions on an advance, in the order in which they come.
pub const ADVANCE_ACTIONS: [FundAction; 13] = [
    FundAction::Approve,
    FundAction::Decline,
    FundAction::Cancel,
    FundAction::Submit,
    FundAction::ConfirmPaid,
    FundAction::ConfirmRefused,
    FundAction::Sign,
    FundAction::AddEvidence,
    FundAction::Clear,
    FundAction::Bounce,
    FundAction::Draw,
    FundAction::ReceiveRecourse,
    FundAction::Propose,
];

/// Every action on the advance in `state`, as this person would be answered now.
#[must_use]
pub fn fund_choices(
    state: &FundState,
    actor: &Actor,
    policy: &FundPolicy,
    now: Timestamp,
) -> Vec<FundChoice> {
    let tried = |action| {
        let command = sample(state, action, now)?;
        let outcome = decide_fund(state, &command, actor, policy, now);
        // What is to be filled in is no obstacle.
        let why_not = outcome.err().filter(|refusal| {
            !matches!(
                refusal.code,
                FundRefusalCode::FieldInvalid { .. } | FundRefusalCode::SlipBooked
            )
        });
        Some(FundChoice { action, why_not })
    };
    ADVANCE_ACTIONS.into_iter().filter_map(tried).collect()
}

/// A command that fits the advance as far as anything can.
fn sample(state: &FundState, action: FundAction, now: Timestamp) -> Option<FundCommand> {
    let advance = state.advance.as_ref()?;
    let slip = |fen: Fen| Received {
        fen: fen.max(Fen::new(1)),
        effective_on: now.civil_date(),
        reference: "-".to_owned(),
    };
    Some(match action {
        FundAction::Approve => FundCommand::Approve,
        FundAction::Decline => FundCommand::Decline,
        FundAction::Cancel => FundCommand::Cancel,
        FundAction::Submit => FundCommand::Submit { provider: "manual".to_owned() },
        FundAction::ConfirmPaid => {
            let Received { fen, effective_on, reference } = slip(advance.fen);
            FundCommand::ConfirmPaid(Paid { fen, effective_on, reference })
        }
        FundAction::ConfirmRefused => FundCommand::ConfirmRefused { cause: "other".to_owned() },
        FundAction::Sign => FundCommand::Sign { paper_no: "SK-2026-0001".to_owned() },
        FundAction::AddEvidence => {
            FundCommand::AddEvidence { sha256: "0".repeat(64), media: Media::Jpeg, bytes: 1 }
        }
        FundAction::Clear => FundCommand::Clear { received: slip(advance.paid_fen) },
        FundAction::Bounce => FundCommand::Bounce(slip(advance.paid_fen)),
        FundAction::Draw => FundCommand::Draw,
        FundAction::ReceiveRecourse => FundCommand::ReceiveRecourse(slip(advance.owed())),
        FundAction::Propose => FundCommand::Propose {
            proposal: ProposalId::from_bytes([0; 16]),
            kind: ProposalKind::WriteOff { advance: advance.id, fen: advance.owed() },
        },
        _ => return None,
    })
}
