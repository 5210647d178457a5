//! Folding events into a case. The same function rebuilds a projection, replays a log and checks
//! what somebody else wrote: an event that the state has no room for is an error, not a guess.

use super::actor::Role;
use super::clocks::{Clock, ClockKind};
use super::command::ContactResult;
use super::event::{Event, Stamped};
use super::offer::{Offer, OfferStatus};
use super::state::{Case, CaseClock, CaseState, Receipted, StateName, Supervision};
use crate::ids::OfferId;
use crate::time::Timestamp;

/// An event that cannot have happened to this case.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApplyError {
    /// A case begins with `received` and nothing else.
    #[error("a case must begin with received")]
    NotTheBeginning,
    /// The state has no such step.
    #[error("event {event} cannot happen to a case that is {state}")]
    WrongState {
        /// The event's kind.
        event: &'static str,
        /// The state's name.
        state: &'static str,
    },
    /// The event names an offer that is not there or not the current one.
    #[error("event {event} names an offer that is not current")]
    OfferUnknown {
        /// The event's kind.
        event: &'static str,
    },
}

impl Case {
    /// The case that begins with this event, under this rule set.
    ///
    /// # Errors
    /// When the event is not `received`.
    pub fn begin(first: &Stamped, rules: &str) -> Result<Self, ApplyError> {
        let Event::Received { diverted_at, repeat, clocks } = &first.event else {
            return Err(ApplyError::NotTheBeginning);
        };
        let running = |clock: &Clock| CaseClock { clock: clock.clone(), stopped_at: None };
        Ok(Self {
            version: 1,
            revision: 1,
            rules: rules.to_owned(),
            diverted_at: *diverted_at,
            received_at: first.at,
            updated_at: first.at,
            state: CaseState::Received,
            first_responder: None,
            offers: Vec::new(),
            clocks: clocks.iter().map(running).collect(),
            contacts: 0,
            reached: false,
            urges: Vec::new(),
            supervisions: Vec::new(),
            repeat: *repeat,
            breaches: 0,
            reopened: 0,
            rating: None,
            receipts: Vec::new(),
            unread: true,
        })
    }

    /// The case after one more event.
    ///
    /// # Errors
    /// When the event cannot have happened to it.
    pub fn apply(mut self, stamped: &Stamped) -> Result<Self, ApplyError> {
        self.fold(stamped)?;
        self.version += 1;
        if stamped.event.is_material() {
            self.revision = self.version;
        }
        self.updated_at = stamped.at;
        self.unread = match stamped.actor.role {
            Role::Center => true,
            Role::Clerk | Role::Supervisor => false,
            Role::Administrator | Role::Auditor | Role::System => self.unread,
        };
        Ok(self)
    }

    #[expect(clippy::too_many_lines, reason = "one arm per event reads best as one table")]
    fn fold(&mut self, stamped: &Stamped) -> Result<(), ApplyError> {
        let at = stamped.at;
        let wrong = |case: &Self| {
            Err(ApplyError::WrongState {
                event: stamped.event.kind(),
                state: case.state.name().code(),
            })
        };
        let name = self.state.name();
        match &stamped.event {
            Event::Received { .. } => return wrong(self),
            Event::Accepted { first_responder } => {
                if name != StateName::Received {
                    return wrong(self);
                }
                self.first_responder = Some(*first_responder);
                self.state = CaseState::InProgress;
                self.stop(at, Some(ClockKind::Respond));
            }
            Event::Contacted { result, .. } => {
                if name.is_over() || self.first_responder.is_none() {
                    return wrong(self);
                }
                self.contacts += 1;
                self.reached |= *result == ContactResult::Reached;
                self.stop(at, Some(ClockKind::Supervise));
            }
            Event::OfferDrafted { offer_id, terms, answer_by } => {
                if name != StateName::InProgress || self.offer(*offer_id).is_some() {
                    return wrong(self);
                }
                let status = OfferStatus::AwaitingApproval;
                let offer = new_offer(self.version, stamped, *offer_id, terms, *answer_by, status);
                self.offers.push(offer);
                self.state = CaseState::AwaitingApproval { offer_id: *offer_id };
            }
            Event::Offered { offer_id, terms, answer_by } => {
                match self.state {
                    CaseState::InProgress if self.offer(*offer_id).is_none() => {
                        let status = OfferStatus::Open;
                        let (n, by) = (self.version, *answer_by);
                        let offer = new_offer(n, stamped, *offer_id, terms, by, status);
                        self.offers.push(offer);
                    }
                    CaseState::AwaitingApproval { offer_id: draft } if draft == *offer_id => {
                        self.mark(*offer_id, OfferStatus::Open, &stamped.event)?;
                    }
                    _ => return wrong(self),
                }
                self.state = CaseState::Offered { offer_id: *offer_id };
                self.stop(at, Some(ClockKind::Supervise));
            }
            Event::OfferSentBack { offer_id } => {
                if name != StateName::AwaitingApproval {
                    return wrong(self);
                }
                self.settle_offer(*offer_id, OfferStatus::SentBack, &stamped.event)?;
            }
            Event::OfferDeclined { offer_id } => {
                if name != StateName::Offered {
                    return wrong(self);
                }
                self.settle_offer(*offer_id, OfferStatus::Declined, &stamped.event)?;
            }
            Event::OfferExpired { offer_id } => {
                if name != StateName::Offered {
                    return wrong(self);
                }
                self.settle_offer(*offer_id, OfferStatus::Expired, &stamped.event)?;
            }
            Event::Settled { offer_id, clock } => {
                if name != StateName::Offered {
                    return wrong(self);
                }
                self.settle_offer(*offer_id, OfferStatus::Accepted, &stamped.event)?;
                self.state = CaseState::Settled { offer_id: *offer_id, settled_at: at };
                self.stop(at, Some(ClockKind::Settle));
                self.start(clock.clone());
            }
            Event::Performed { offer_id } => {
                let current = self.current_offer().map(|offer| offer.id);
                if name != StateName::Settled || current != Some(*offer_id) {
                    return wrong(self);
                }
                self.stop(at, Some(ClockKind::Perform));
            }
            Event::Closed { outcome, recovered_fen, .. } => {
                let performed = self.running(ClockKind::Perform).is_none();
                if name != StateName::Settled || !performed {
                    return wrong(self);
                }
                let (outcome, recovered_fen) = (*outcome, *recovered_fen);
                self.state = CaseState::Closed { closed_at: at, outcome, recovered_fen };
                self.stop(at, None);
            }
            Event::Breached { offer_id, clock } => {
                let current = self.current_offer().map(|offer| offer.id);
                if name != StateName::Settled || current != Some(*offer_id) {
                    return wrong(self);
                }
                self.breaches += 1;
                self.state = CaseState::InProgress;
                self.stop(at, Some(ClockKind::Perform));
                self.start(clock.clone());
            }
            Event::Rejected { reason } => {
                if name != StateName::Received {
                    return wrong(self);
                }
                self.state = CaseState::Rejected { reason: *reason };
                self.stop(at, Some(ClockKind::Respond));
            }
            Event::RejectionOverturned {} => {
                if name != StateName::Rejected {
                    return wrong(self);
                }
                self.state = CaseState::Received;
            }
            Event::HandedBack { reason } => {
                if !matches!(name, StateName::InProgress | StateName::Rejected) {
                    return wrong(self);
                }
                self.state = CaseState::HandedBack { reason: *reason, acknowledged_at: None };
                self.stop(at, None);
            }
            Event::HandbackAcknowledged {} => match &mut self.state {
                CaseState::HandedBack { acknowledged_at, .. } => *acknowledged_at = Some(at),
                _ => return wrong(self),
            },
            Event::Withdrawn {} => {
                if name.is_over() {
                    return wrong(self);
                }
                self.drop_offer();
                self.state = CaseState::Withdrawn;
                self.stop(at, None);
            }
            Event::Erased {} => {
                self.drop_offer();
                self.state = CaseState::Erased;
                self.stop(at, None);
            }
            Event::Urged {} | Event::Supervised { .. } | Event::Supplemented {}
                if name.is_over() =>
            {
                return wrong(self);
            }
            Event::Rated { .. } if name != StateName::Closed => return wrong(self),
            Event::Urged {} => self.urges.push(at),
            Event::Supervised { reply_by } => {
                self.supervisions.push(Supervision { at, reply_by: *reply_by });
                self.start(Clock::until(ClockKind::Supervise, at, *reply_by));
            }
            Event::Rated { stars } => self.rating = Some(*stars),
            Event::Reopened { clock } => {
                if name != StateName::Closed {
                    return wrong(self);
                }
                self.reopened += 1;
                self.state = CaseState::InProgress;
                self.start(clock.clone());
            }
            Event::Reported { report_id, report } => {
                self.receipts.push(Receipted { report_id: *report_id, report: *report, at });
            }
            Event::Supplemented {} | Event::NoticeKept {} | Event::Revealed { .. } => {}
        }
        if name == StateName::Erased { wrong(self) } else { Ok(()) }
    }

    fn start(&mut self, clock: Clock) {
        self.clocks.push(CaseClock { clock, stopped_at: None });
    }

    /// Stops the running clocks of a kind, or all.
    fn stop(&mut self, at: Timestamp, kind: Option<ClockKind>) {
        for entry in &mut self.clocks {
            let named = kind.is_none_or(|kind| entry.clock.kind == kind);
            if named && entry.stopped_at.is_none() {
                entry.stopped_at = Some(at);
            }
        }
    }

    /// Ends the current offer and returns to negotiation.
    fn settle_offer(
        &mut self,
        id: OfferId,
        status: OfferStatus,
        event: &Event,
    ) -> Result<(), ApplyError> {
        if self.current_offer().map(|offer| offer.id) != Some(id) {
            return Err(ApplyError::OfferUnknown { event: event.kind() });
        }
        self.mark(id, status, event)?;
        self.state = CaseState::InProgress;
        Ok(())
    }

    fn mark(&mut self, id: OfferId, status: OfferStatus, event: &Event) -> Result<(), ApplyError> {
        let offer = self.offers.iter_mut().find(|offer| offer.id == id);
        let offer = offer.ok_or(ApplyError::OfferUnknown { event: event.kind() })?;
        offer.status = status;
        Ok(())
    }

    fn drop_offer(&mut self) {
        for offer in &mut self.offers {
            if matches!(offer.status, OfferStatus::Open | OfferStatus::AwaitingApproval) {
                offer.status = OfferStatus::Dropped;
            }
        }
    }
}

fn new_offer(
    n: u64,
    stamped: &Stamped,
    id: OfferId,
    terms: &super::offer::Terms,
    answer_by: crate::time::Date,
    status: OfferStatus,
) -> Offer {
    Offer {
        id,
        terms: terms.clone(),
        answer_by,
        n,
        drafted_by: stamped.actor.pseudonym,
        drafted_at: stamped.at,
        status,
    }
}
