//! What a command on the fund is about: which tenants, which entry, which case; and so what has to be read
//! before it can be decided.

use std::collections::BTreeSet;

use super::views::{AdvanceRow, Seen};
use crate::case::{AdvanceStatus, Case, CaseState, StateName};
use crate::channel::casework::LoadedCase;
use crate::fund::{Account, CaseFacts, FundCommand, Proposal, ProposalKind};
use crate::ids::TenantId;
use crate::money::Fen;

/// Whether the agreement with the tenants has a say.
pub(super) const fn is_about_deposits(
    command: &FundCommand,
    proposed: Option<&ProposalKind>,
) -> bool {
    matches!(
        (command, proposed),
        (FundCommand::ReceiveDeposit { .. } | FundCommand::Adopt { .. }, _)
            | (FundCommand::Propose { kind: ProposalKind::ReturnDeposit { .. }, .. }, _)
            | (_, Some(ProposalKind::ReturnDeposit { .. }))
    )
}

/// What the fund must know of a case.
pub(super) fn case_facts(loaded: &LoadedCase) -> CaseFacts {
    let case: &Case = &loaded.case;
    let settled = match case.state {
        CaseState::Settled { .. } => {
            case.current_offer().and_then(|offer| offer.terms.total().ok())
        }
        _ => None,
    };
    let counts = |status: AdvanceStatus, fen: Fen, paid: Fen| match status {
        AdvanceStatus::Paid => paid,
        pending if pending.is_pending() => fen,
        _ => Fen::ZERO,
    };
    let sums = case.advances.iter().map(|one| counts(one.status, one.fen, one.paid_fen));
    // A sum that cannot be told is more than any limit.
    let advanced_fen = Fen::checked_sum(sums).unwrap_or(Fen::MAX_ON_WIRE);
    debug_assert!(settled.is_none() || case.state.name() == StateName::Settled);
    CaseFacts {
        stream: loaded.stream,
        settled_fen: settled,
        advanced_fen,
        first_responder: case.first_responder,
        tenant: case.assigned.as_ref().map(|assigned| assigned.tenant),
    }
}

/// The entry that a command would reverse.
pub(super) fn reversed_entry(
    command: &FundCommand,
    proposal: Option<&Seen<Proposal>>,
) -> Option<u64> {
    let kind = match command {
        FundCommand::Propose { kind, .. } => Some(kind),
        _ => proposal.map(|seen| &seen.row.kind),
    };
    match kind {
        Some(ProposalKind::Reverse { n, .. }) => Some(*n),
        Some(
            ProposalKind::WriteOff { .. }
            | ProposalKind::ReturnDeposit { .. }
            | ProposalKind::ReturnPool { .. },
        )
        | None => None,
    }
}

/// The tenant whose contract the command rests on.
pub(super) const fn asked_tenant(command: &FundCommand) -> Option<TenantId> {
    match command {
        FundCommand::ReceiveDeposit { tenant, .. } => Some(*tenant),
        FundCommand::Request { tenant, .. } => *tenant,
        _ => None,
    }
}

/// The tenants whose accounts a command may post to.
pub(super) fn tenants_in(
    command: &FundCommand,
    advance: Option<&Seen<AdvanceRow>>,
    proposal: Option<&Seen<Proposal>>,
) -> BTreeSet<TenantId> {
    let mut tenants: BTreeSet<TenantId> = asked_tenant(command).into_iter().collect();
    tenants.extend(advance.and_then(|seen| seen.row.advance.tenant));
    let kinds = [
        proposal.map(|seen| &seen.row.kind),
        match command {
            FundCommand::Propose { kind, .. } => Some(kind),
            _ => None,
        },
    ];
    for kind in kinds.into_iter().flatten() {
        match kind {
            ProposalKind::ReturnDeposit { tenant, .. } => {
                tenants.insert(*tenant);
            }
            ProposalKind::Reverse { moves, .. } => {
                let accounts = moves.iter().flat_map(|one| [one.debit, one.credit]);
                tenants.extend(accounts.filter_map(Account::tenant));
            }
            ProposalKind::WriteOff { .. } | ProposalKind::ReturnPool { .. } => {}
        }
    }
    tenants
}
