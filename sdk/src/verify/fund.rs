//! Replaying the fund: every posting, every advance, every second person, every closing of a day.

use std::collections::BTreeMap;

use crate::case::Actor;
use crate::fund::{
    Advance, FundAction, FundEvent, FundStamped, Ledger, Move, ProposalKind, role_may,
};
use crate::ids::{AdvanceId, ProposalId, Pseudonym};
use crate::time::Timestamp;

/// The fund as far as it was replayed.
#[derive(Default)]
pub(crate) struct FundCheck {
    ledger: Ledger,
    advances: BTreeMap<AdvanceId, Advance>,
    proposals: BTreeMap<ProposalId, (ProposalKind, Pseudonym)>,
    /// Money that came in, by entry: what may still be reversed.
    incoming: BTreeMap<u64, Vec<Move>>,
    last: Option<Last>,
    /// How many versions of the agreement were adopted.
    agreements: u32,
}

/// What must be known of the entry before.
struct Last {
    at: Timestamp,
    actor: Actor,
    /// The advance that was asked for, if one was.
    asked: Option<AdvanceId>,
}

type Held = Result<(), String>;

fn unless(holds: bool, what: &str) -> Held {
    if holds { Ok(()) } else { Err(what.to_owned()) }
}

impl FundCheck {
    /// Takes the next entry of the fund.
    pub(crate) fn entry(&mut self, n: u64, stamped: &FundStamped) -> Held {
        let event = &stamped.event;
        let role = stamped.actor.role;
        let lane = self.is_small_claim(stamped);
        unless(role_may(role, action(event)) || lane, "the role may not")?;
        self.by_another_person(stamped, lane)?;
        self.as_proposed(stamped)?;
        if let FundEvent::Asserted { balances, .. } = event {
            let are: Vec<_> = self.ledger.balances().collect();
            unless(are == *balances, "the balances are not those of the entries before")?;
        }
        if let FundEvent::AgreementAdopted { version, .. } = event {
            unless(
                *version == self.agreements + 1,
                "versions of the agreement follow one another",
            )?;
            self.agreements = *version;
        }
        self.under_agreement(event)?;
        if let FundEvent::Reversed { n, moves, .. } = event {
            let before = self.incoming.remove(n).ok_or("there is nothing to reverse")?;
            let undone: Vec<Move> = before.into_iter().rev().map(Move::reversed).collect();
            unless(undone == *moves, "it undoes something else")?;
        }
        let moves = event.moves();
        let ledger = std::mem::take(&mut self.ledger);
        self.ledger = ledger.post(&moves).map_err(|error| error.to_string())?;
        self.advance(stamped)?;
        if matches!(event, FundEvent::Contributed { .. } | FundEvent::DepositReceived { .. }) {
            self.incoming.insert(n, moves);
        }
        let asked = matches!(event, FundEvent::AdvanceRequested { .. });
        let asked = event.advance().filter(|_| asked);
        self.last = Some(Last { at: stamped.at, actor: stamped.actor, asked });
        Ok(())
    }

    /// What is on every account.
    pub(crate) const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The advance with this id.
    pub(crate) fn advance_of(&self, id: AdvanceId) -> Option<&Advance> {
        self.advances.get(&id)
    }

    /// Every advance.
    pub(crate) fn advances(&self) -> impl Iterator<Item = &Advance> {
        self.advances.values()
    }

    /// When its last entry was.
    pub(crate) fn last_at(&self) -> Option<Timestamp> {
        self.last.as_ref().map(|last| last.at)
    }

    /// How many advances there are.
    pub(crate) fn advances_count(&self) -> usize {
        self.advances.len()
    }

    /// What comes or goes of a deposit rests on a text that was there.
    fn under_agreement(&self, event: &FundEvent) -> Held {
        match event {
            FundEvent::DepositReceived { agreement: Some(version), .. }
            | FundEvent::DepositReturned { agreement: Some(version), .. } => {
                unless(*version <= self.agreements, "no such agreement was adopted before")
            }
            _ => Ok(()),
        }
    }

    fn advance(&mut self, stamped: &FundStamped) -> Held {
        let Some(id) = stamped.event.advance() else { return Ok(()) };
        let folded = match self.advances.remove(&id) {
            None => Advance::begin(stamped),
            Some(advance) => advance.apply(stamped),
        };
        self.advances.insert(id, folded.map_err(|error| error.to_string())?);
        Ok(())
    }

    /// 小额即赔: approved by the rule, in the same decision as it was asked for.
    fn is_small_claim(&self, stamped: &FundStamped) -> bool {
        let asked = self.last.as_ref().is_some_and(|last| {
            last.at == stamped.at
                && last.actor == stamped.actor
                && last.asked.is_some()
                && last.asked == stamped.event.advance()
        });
        matches!(stamped.event, FundEvent::AdvanceApproved { .. }) && asked
    }

    /// 四眼: who approves has not asked, who pays has done neither.
    fn by_another_person(&self, stamped: &FundStamped, lane: bool) -> Held {
        let Some(advance) = stamped.event.advance().and_then(|id| self.advances.get(&id)) else {
            return Ok(());
        };
        let who = stamped.actor.pseudonym;
        let asked = advance.requested_by == who;
        match &stamped.event {
            FundEvent::AdvanceApproved { .. } => unless(!asked || lane, "who asked approved"),
            FundEvent::AdvanceDeclined { .. } => unless(!asked, "who asked declined"),
            FundEvent::AdvanceSubmitted { .. }
            | FundEvent::AdvancePaid { .. }
            | FundEvent::AdvanceRefused { .. } => {
                let checked = advance.approved_by.contains(&who);
                unless(!asked && !checked, "who asked or approved paid")
            }
            _ => Ok(()),
        }
    }

    /// What needs two people is done as one of them asked and another agreed.
    fn as_proposed(&mut self, stamped: &FundStamped) -> Held {
        let who = stamped.actor.pseudonym;
        let (id, done) = match &stamped.event {
            FundEvent::Proposed { proposal, kind } => {
                let fresh = self.proposals.insert(*proposal, (kind.clone(), who)).is_none();
                return unless(fresh, "a proposal is made once");
            }
            FundEvent::ProposalDeclined { proposal } => (proposal, None),
            FundEvent::PoolReturned { fen, proposal, .. } => {
                (proposal, Some(ProposalKind::ReturnPool { fen: *fen }))
            }
            FundEvent::DepositReturned { tenant, fen, proposal, .. } => {
                (proposal, Some(ProposalKind::ReturnDeposit { tenant: *tenant, fen: *fen }))
            }
            FundEvent::WrittenOff { advance, fen, proposal, .. } => {
                (proposal, Some(ProposalKind::WriteOff { advance: *advance, fen: *fen }))
            }
            FundEvent::Reversed { n, moves, proposal, .. } => {
                let moves = moves.iter().rev().map(|one| one.reversed()).collect();
                (proposal, Some(ProposalKind::Reverse { n: *n, moves }))
            }
            _ => return Ok(()),
        };
        let (kind, by) = self.proposals.remove(id).ok_or("nobody proposed it")?;
        unless(by != who, "who proposed it decided")?;
        unless(done.is_none_or(|done| done == kind), "it was proposed otherwise")
    }
}

/// The action that leads to an event.
const fn action(event: &FundEvent) -> FundAction {
    match event {
        FundEvent::Contributed { .. } => FundAction::Contribute,
        FundEvent::DepositReceived { .. } => FundAction::ReceiveDeposit,
        FundEvent::AdvanceRequested { .. } => FundAction::Request,
        FundEvent::AdvanceApproved { .. } => FundAction::Approve,
        FundEvent::AdvanceDeclined { .. } => FundAction::Decline,
        FundEvent::AdvanceCancelled { .. } => FundAction::Cancel,
        FundEvent::AdvanceExpired { .. } => FundAction::Expire,
        FundEvent::AdvanceSubmitted { .. } => FundAction::Submit,
        FundEvent::AdvanceUnknown { .. } => FundAction::LoseTrack,
        // What is drawn or demanded with a payment, whoever paid may.
        FundEvent::AdvancePaid { .. } | FundEvent::TopUpDemanded { .. } => FundAction::ConfirmPaid,
        FundEvent::RecourseDrawn { .. } => FundAction::Draw,
        FundEvent::AdvanceBounced { .. } => FundAction::Bounce,
        FundEvent::EvidenceAdded { .. } => FundAction::AddEvidence,
        FundEvent::AdvanceRefused { .. } => FundAction::ConfirmRefused,
        FundEvent::AdvanceSigned { .. } => FundAction::Sign,
        FundEvent::TopUpOverdue { .. } => FundAction::NoteTopUpOverdue,
        FundEvent::RecourseReceived { .. } => FundAction::ReceiveRecourse,
        FundEvent::Cleared { .. } => FundAction::Clear,
        FundEvent::Proposed { .. } => FundAction::Propose,
        FundEvent::ProposalDeclined { .. } => FundAction::DeclineProposal,
        FundEvent::PoolReturned { .. }
        | FundEvent::DepositReturned { .. }
        | FundEvent::WrittenOff { .. }
        | FundEvent::Reversed { .. } => FundAction::ApproveProposal,
        FundEvent::AgreementAdopted { .. } => FundAction::Adopt,
        FundEvent::Asserted { .. } => FundAction::Assert,
    }
}
