//! Folding what happens to offers, the consumer's proposals and promises.

use super::{ApplyError, Folded};
use crate::case::clocks::ClockKind;
use crate::case::event::{Event, Stamped};
use crate::case::offer::{Offer, OfferStatus, Party, Terms};
use crate::case::reasons::Via;
use crate::case::state::{Case, CaseState, StateName};
use crate::ids::OfferId;
use crate::time::Date;

impl Case {
    /// The events of this room; no other comes here.
    #[expect(clippy::too_many_lines, reason = "one arm per event reads best as one table")]
    pub(super) fn fold_offer(&mut self, stamped: &Stamped) -> Folded {
        let at = stamped.at;
        let event = &stamped.event;
        match event {
            Event::OfferDrafted { offer_id, terms, answer_by } => {
                self.need(event, &[StateName::InProgress])?;
                self.propose(stamped, *offer_id, terms, *answer_by)?;
                self.mark(*offer_id, OfferStatus::AwaitingApproval, event)?;
                self.state = CaseState::AwaitingApproval { offer_id: *offer_id };
                Ok(())
            }
            Event::Offered { offer_id, terms, answer_by } => {
                match self.state {
                    CaseState::InProgress => {
                        self.propose(stamped, *offer_id, terms, *answer_by)?;
                    }
                    CaseState::AwaitingApproval { offer_id: draft } if draft == *offer_id => {
                        self.mark(*offer_id, OfferStatus::Open, event)?;
                    }
                    _ => return Err(self.wrong(event)),
                }
                self.state = CaseState::Offered { offer_id: *offer_id };
                self.answered(at);
                Ok(())
            }
            Event::OfferSentBack { offer_id } => self.send_back(*offer_id, event),
            Event::LinkIssued { offer_id } => {
                self.need(event, &[StateName::Offered])?;
                self.need_current(*offer_id, event)
            }
            Event::OfferDeclined { offer_id, via } => {
                self.need(event, &[StateName::Offered])?;
                self.heard();
                self.settle_offer(*offer_id, OfferStatus::Declined, Some(*via), event)
            }
            Event::OfferExpired { offer_id } => {
                self.need(event, &[StateName::Offered])?;
                self.settle_offer(*offer_id, OfferStatus::Expired, None, event)
            }
            Event::Countered { offer_id, answers, terms, via } => {
                self.need(event, &[StateName::Offered])?;
                self.settle_offer(*answers, OfferStatus::Countered, Some(*via), event)?;
                self.heard();
                self.propose(stamped, *offer_id, terms, terms.perform_by)?;
                if let Some(proposal) = self.offers.last_mut() {
                    proposal.by = Party::Consumer;
                    proposal.via = Some(*via);
                }
                Ok(())
            }
            Event::CounterTaken { offer_id } => {
                self.need_counter(*offer_id, event)?;
                self.mark(*offer_id, OfferStatus::AwaitingApproval, event)?;
                // Who would take it has drafted the settlement: another person approves.
                if let Some(offer) = self.offers.iter_mut().find(|offer| offer.id == *offer_id) {
                    offer.drafted_by = stamped.actor.pseudonym;
                }
                self.state = CaseState::AwaitingApproval { offer_id: *offer_id };
                Ok(())
            }
            Event::CounterDeclined { offer_id } => {
                self.need_counter(*offer_id, event)?;
                self.answered(at);
                self.mark(*offer_id, OfferStatus::Declined, event)
            }
            Event::Settled { offer_id, via, .. } => self.settle(stamped, *offer_id, *via),
            Event::Performed { offer_id } => {
                self.need(event, &[StateName::Settled])?;
                self.need_current(*offer_id, event)?;
                self.stop(at, Some(ClockKind::Perform));
                Ok(())
            }
            Event::Closed { outcome, recovered_fen, .. } => {
                let performed = self.running(ClockKind::Perform).is_none();
                if self.state.name() != StateName::Settled || !performed {
                    return Err(self.wrong(event));
                }
                let (outcome, recovered_fen) = (*outcome, *recovered_fen);
                self.end(at, CaseState::Closed { closed_at: at, outcome, recovered_fen });
                Ok(())
            }
            Event::Breached { offer_id, clock } => {
                self.need(event, &[StateName::Settled])?;
                self.need_current(*offer_id, event)?;
                self.breaches += 1;
                self.extensions = 0;
                self.paused_for.clear();
                self.state = CaseState::InProgress;
                self.stop(at, Some(ClockKind::Perform));
                self.start(clock);
                Ok(())
            }
            _ => Err(self.wrong(event)),
        }
    }

    /// Agreed: by the consumer's answer to ours, or by our yes to the consumer's.
    fn settle(&mut self, stamped: &Stamped, offer_id: OfferId, via: Via) -> Folded {
        let event = &stamped.event;
        let Event::Settled { clock, .. } = event else { return Err(self.wrong(event)) };
        match self.state {
            CaseState::Offered { .. } => self.need_current(offer_id, event)?,
            CaseState::InProgress => self.need_counter(offer_id, event)?,
            CaseState::AwaitingApproval { .. } => {
                self.need_current(offer_id, event)?;
                let theirs = self.offer(offer_id).map(|offer| offer.by);
                if theirs != Some(Party::Consumer) {
                    return Err(self.wrong(event));
                }
            }
            _ => return Err(self.wrong(event)),
        }
        self.mark(offer_id, OfferStatus::Accepted, event)?;
        if let Some(offer) = self.offers.iter_mut().find(|offer| offer.id == offer_id) {
            offer.via = Some(via);
        }
        self.state = CaseState::Settled { offer_id, settled_at: stamped.at };
        self.asked = None;
        self.pause = None;
        self.extension_asked = None;
        self.handback_drafted = false;
        self.stop(stamped.at, Some(ClockKind::Settle));
        self.answered(stamped.at);
        self.heard();
        self.start(clock);
        Ok(())
    }

    /// A new proposal; an older one of the consumer's no longer waits.
    fn propose(
        &mut self,
        stamped: &Stamped,
        id: OfferId,
        terms: &Terms,
        answer_by: Date,
    ) -> Folded {
        if self.offer(id).is_some() {
            return Err(self.wrong(&stamped.event));
        }
        self.drop_offers();
        self.offers.push(Offer {
            id,
            terms: terms.clone(),
            answer_by,
            n: self.version,
            drafted_by: stamped.actor.pseudonym,
            drafted_at: stamped.at,
            status: OfferStatus::Open,
            by: Party::Merchant,
            via: None,
        });
        Ok(())
    }

    /// Ours is done with; the consumer's waits again.
    fn send_back(&mut self, id: OfferId, event: &Event) -> Folded {
        self.need(event, &[StateName::AwaitingApproval])?;
        let theirs = self.offer(id).is_some_and(|offer| offer.by == Party::Consumer);
        let status = if theirs { OfferStatus::Open } else { OfferStatus::SentBack };
        self.settle_offer(id, status, None, event)
    }

    /// Ends the current offer and returns to negotiation.
    fn settle_offer(
        &mut self,
        id: OfferId,
        status: OfferStatus,
        via: Option<Via>,
        event: &Event,
    ) -> Folded {
        self.need_current(id, event)?;
        self.mark(id, status, event)?;
        if let Some(offer) = self.offers.iter_mut().find(|offer| offer.id == id) {
            offer.via = via.or(offer.via);
        }
        self.state = CaseState::InProgress;
        Ok(())
    }

    fn need_current(&self, id: OfferId, event: &Event) -> Folded {
        let current = self.current_offer().map(|offer| offer.id);
        if current == Some(id) {
            Ok(())
        } else {
            Err(ApplyError::OfferUnknown { event: event.kind() })
        }
    }

    fn need_counter(&self, id: OfferId, event: &Event) -> Folded {
        self.need(event, &[StateName::InProgress])?;
        if self.counter().map(|offer| offer.id) == Some(id) {
            Ok(())
        } else {
            Err(ApplyError::OfferUnknown { event: event.kind() })
        }
    }

    fn mark(&mut self, id: OfferId, status: OfferStatus, event: &Event) -> Folded {
        let offer = self.offers.iter_mut().find(|offer| offer.id == id);
        let offer = offer.ok_or(ApplyError::OfferUnknown { event: event.kind() })?;
        offer.status = status;
        Ok(())
    }

    /// What waited for an answer waits no longer.
    pub(super) fn drop_offers(&mut self) {
        for offer in &mut self.offers {
            if matches!(offer.status, OfferStatus::Open | OfferStatus::AwaitingApproval) {
                offer.status = OfferStatus::Dropped;
            }
        }
    }
}
