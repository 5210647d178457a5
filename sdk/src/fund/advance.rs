//! One advance (赔偿先付): from the request to the day on which the last fen is back or written off.

use serde::{Deserialize, Serialize};

use super::event::{FundEvent, FundStamped};
use super::evidence::{EVIDENCE_MAX, Evidence};
use crate::case::{AdvanceStatus, PaperNo, Role};
use crate::ids::{AdvanceId, Pseudonym, TenantId};
use crate::money::Fen;
use crate::time::{Date, Timestamp, iso_date};

/// What a tenant was asked to pay back, and by when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopUp {
    /// The last day.
    #[serde(with = "iso_date")]
    pub due_on: Date,
    /// Whether that day passed without it: then it is suggested to suspend the tenant (暂停经营).
    pub overdue: bool,
}

/// One advance, folded from its events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advance {
    /// Its id, and the provider's key for ever.
    pub id: AdvanceId,
    /// The stream of the case it belongs to.
    pub case: Pseudonym,
    /// Whose fault it is; none when the host bears it.
    pub tenant: Option<TenantId>,
    /// How much was asked for.
    pub fen: Fen,
    /// Where it stands.
    pub status: AdvanceStatus,
    /// Who asked.
    pub requested_by: Pseudonym,
    /// When.
    pub requested_at: Timestamp,
    /// Who approved, in order.
    pub approved_by: Vec<Pseudonym>,
    /// Whether a manager is among them.
    #[serde(default)]
    pub manager_approved: bool,
    /// When the last one did: since then the money is reserved.
    pub reserved_at: Option<Timestamp>,
    /// The provider that was given it.
    pub provider: Option<String>,
    /// When it was handed over last.
    pub submitted_at: Option<Timestamp>,
    /// How much the consumer got.
    pub paid_fen: Fen,
    /// When that was known.
    pub paid_at: Option<Timestamp>,
    /// How much came back.
    pub recovered_fen: Fen,
    /// How much was written off.
    pub written_off_fen: Fen,
    /// What the tenant was asked to pay back.
    pub top_up: Option<TopUp>,
    /// The paper on which the consumer signed for the money.
    pub receipt: Option<PaperNo>,
    /// Pictures of slips and receipts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
    /// How many events it has had.
    pub version: u64,
}

/// An event that cannot have happened to this advance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("event {event} cannot happen to an advance that is {status}")]
pub struct AdvanceError {
    event: &'static str,
    status: &'static str,
}

impl Advance {
    /// What the tenant still owes for it.
    #[must_use]
    pub fn owed(&self) -> Fen {
        if self.tenant.is_none() {
            return Fen::ZERO;
        }
        let back = self.recovered_fen.checked_add(self.written_off_fen);
        back.and_then(|back| self.paid_fen.checked_sub(back)).unwrap_or(Fen::ZERO)
    }

    /// The advance that begins with this event.
    ///
    /// # Errors
    /// When none begins with it.
    pub fn begin(first: &FundStamped) -> Result<Self, AdvanceError> {
        let FundEvent::AdvanceRequested { advance, case, tenant, fen, .. } = &first.event else {
            return Err(AdvanceError { event: first.event.kind(), status: "none" });
        };
        Ok(Self {
            id: *advance,
            case: *case,
            tenant: *tenant,
            fen: *fen,
            status: AdvanceStatus::Requested,
            requested_by: first.actor.pseudonym,
            requested_at: first.at,
            approved_by: Vec::new(),
            manager_approved: false,
            reserved_at: None,
            provider: None,
            submitted_at: None,
            paid_fen: Fen::ZERO,
            paid_at: None,
            recovered_fen: Fen::ZERO,
            written_off_fen: Fen::ZERO,
            top_up: None,
            receipt: None,
            evidence: Vec::new(),
            version: 1,
        })
    }

    /// The advance after one more event.
    ///
    /// # Errors
    /// When the event cannot have happened to it.
    #[expect(clippy::too_many_lines, reason = "one arm per event reads best as one table")]
    pub fn apply(mut self, stamped: &FundStamped) -> Result<Self, AdvanceError> {
        use AdvanceStatus as S;
        let event = &stamped.event;
        let wrong = AdvanceError { event: event.kind(), status: self.status.code() };
        if event.advance() != Some(self.id) {
            return Err(wrong);
        }
        let need = |holds: bool| if holds { Ok(()) } else { Err(wrong) };
        match event {
            FundEvent::AdvanceApproved { reserved_fen, .. } => {
                need(self.status == S::Requested)?;
                need(!self.approved_by.contains(&stamped.actor.pseudonym))?;
                self.approved_by.push(stamped.actor.pseudonym);
                self.manager_approved |= stamped.actor.role == Role::Manager;
                if *reserved_fen > Fen::ZERO {
                    need(*reserved_fen == self.fen)?;
                    self.reserved_at = Some(stamped.at);
                    self.status = S::Intended;
                }
            }
            FundEvent::AdvanceDeclined { .. } => {
                need(self.status == S::Requested)?;
                self.status = S::Declined;
            }
            FundEvent::AdvanceCancelled { released_fen, .. } => {
                let reserved = if self.status == S::Intended { self.fen } else { Fen::ZERO };
                need(matches!(self.status, S::Requested | S::Intended))?;
                need(*released_fen == reserved)?;
                self.status = S::Cancelled;
            }
            FundEvent::AdvanceExpired { released_fen, .. } => {
                need(self.status == S::Intended && *released_fen == self.fen)?;
                self.status = S::Expired;
            }
            FundEvent::AdvanceSubmitted { provider, fen, .. } => {
                need(self.status == S::Intended && *fen == self.fen)?;
                self.provider = Some(provider.clone());
                self.submitted_at = Some(stamped.at);
                self.status = S::Submitted;
            }
            FundEvent::AdvanceUnknown { .. } => {
                need(self.status == S::Submitted)?;
                self.status = S::Unknown;
            }
            FundEvent::AdvancePaid { paid_fen, released_fen, tenant, .. } => {
                need(self.status.is_in_flight() && *tenant == self.tenant)?;
                need(*paid_fen > Fen::ZERO && *released_fen >= Fen::ZERO)?;
                need(paid_fen.checked_add(*released_fen) == Some(self.fen))?;
                self.paid_fen = *paid_fen;
                self.paid_at = Some(stamped.at);
                self.status = S::Paid;
            }
            FundEvent::AdvanceRefused { released_fen, .. } => {
                need(self.status.is_in_flight() && *released_fen == self.fen)?;
                self.status = S::Refused;
            }
            FundEvent::AdvanceBounced { tenant, fen, recovered_fen, written_off_fen, .. } => {
                need(self.status == S::Paid && self.receipt.is_none() && *tenant == self.tenant)?;
                need(*fen == self.paid_fen && *recovered_fen == self.recovered_fen)?;
                need(*written_off_fen == self.written_off_fen)?;
                // The consumer has nothing, and nobody owes anything for it.
                self.paid_fen = Fen::ZERO;
                self.recovered_fen = Fen::ZERO;
                self.written_off_fen = Fen::ZERO;
                self.top_up = None;
                self.status = S::Refused;
            }
            FundEvent::AdvanceSigned { paper, .. } => {
                need(self.status == S::Paid && self.receipt.is_none())?;
                self.receipt = Some(paper.clone());
            }
            FundEvent::EvidenceAdded { sha256, media, bytes, .. } => {
                need(self.submitted_at.is_some() && self.evidence.len() < EVIDENCE_MAX)?;
                need(self.evidence.iter().all(|known| known.sha256 != *sha256))?;
                let (sha256, media, bytes) = (sha256.clone(), *media, *bytes);
                self.evidence.push(Evidence { sha256, media, bytes });
            }
            FundEvent::RecourseDrawn { fen, tenant, .. }
            | FundEvent::RecourseReceived { fen, tenant, .. } => {
                need(self.status == S::Paid && Some(*tenant) == self.tenant)?;
                need(*fen > Fen::ZERO && *fen <= self.owed())?;
                self.recovered_fen = self.recovered_fen.checked_add(*fen).ok_or(wrong)?;
                self.settle_top_up();
            }
            FundEvent::WrittenOff { fen, tenant, .. } => {
                need(self.status == S::Paid && Some(*tenant) == self.tenant)?;
                need(*fen > Fen::ZERO && *fen <= self.owed())?;
                self.written_off_fen = self.written_off_fen.checked_add(*fen).ok_or(wrong)?;
                self.settle_top_up();
            }
            FundEvent::TopUpDemanded { due_on, fen, .. } => {
                need(self.status == S::Paid && *fen == self.owed() && *fen > Fen::ZERO)?;
                self.top_up = Some(TopUp { due_on: *due_on, overdue: false });
            }
            FundEvent::TopUpOverdue { .. } => {
                let top_up = self.top_up.as_mut().filter(|top_up| !top_up.overdue);
                top_up.ok_or(wrong)?.overdue = true;
            }
            FundEvent::Contributed { .. }
            | FundEvent::PoolReturned { .. }
            | FundEvent::DepositReceived { .. }
            | FundEvent::DepositReturned { .. }
            | FundEvent::AdvanceRequested { .. }
            | FundEvent::Cleared { .. }
            | FundEvent::Proposed { .. }
            | FundEvent::ProposalDeclined { .. }
            | FundEvent::Reversed { .. }
            | FundEvent::AgreementAdopted { .. }
            | FundEvent::Asserted { .. } => return Err(wrong),
        }
        self.version += 1;
        Ok(self)
    }

    /// Nothing is owed any more: nobody need be reminded.
    fn settle_top_up(&mut self) {
        if self.owed() == Fen::ZERO {
            self.top_up = None;
        }
    }
}
