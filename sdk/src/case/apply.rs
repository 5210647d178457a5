//! Folding events into a case. The same function rebuilds a projection, replays a log and checks
//! what somebody else wrote: an event that the state has no room for is an error, not a guess.

mod offers;
mod time;

use super::actor::Role;
use super::clocks::ClockKind;
use super::command::ContactResult;
use super::event::{Event, Stamped};
use super::reasons::Origin;
use super::state::{
    Assigned, Case, CaseAdvance, CaseClock, CaseState, Receipted, StateName, Transfer,
};

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
    /// The event names a clock that does not run, or another clock than it says.
    #[error("event {event} names a clock that does not run so")]
    ClockUnknown {
        /// The event's kind.
        event: &'static str,
    },
}

type Folded = Result<(), ApplyError>;

impl Case {
    /// The case that begins with this event, under this rule set.
    ///
    /// # Errors
    /// When no case begins with it.
    pub fn begin(first: &Stamped, rules: &str) -> Result<Self, ApplyError> {
        let mut case = Self::new(first, rules);
        match &first.event {
            Event::Received { diverted_at, repeat, clocks, origin } => {
                case.diverted_at = *diverted_at;
                case.repeat = *repeat;
                case.origin = *origin;
                case.clocks = clocks.iter().map(CaseClock::started).collect();
                Ok(case)
            }
            Event::WithdrawnUnseen { consent } => {
                case.state = if *consent { CaseState::Erased } else { CaseState::Withdrawn };
                case.unseen = true;
                Ok(case)
            }
            _ => Err(ApplyError::NotTheBeginning),
        }
    }

    fn new(first: &Stamped, rules: &str) -> Self {
        Self {
            version: 1,
            revision: 1,
            rules: rules.to_owned(),
            origin: Origin::Diverted,
            diverted_at: first.at,
            received_at: first.at,
            updated_at: first.at,
            state: CaseState::Received,
            first_responder: None,
            transfer: None,
            transfers: 0,
            assigned: None,
            offers: Vec::new(),
            clocks: Vec::new(),
            advances: Vec::new(),
            contacts: 0,
            reached: false,
            unreached: Vec::new(),
            asked: None,
            pause: None,
            paused_for: Vec::new(),
            extension_asked: None,
            extensions: 0,
            handback_drafted: false,
            escalations: Vec::new(),
            urges: Vec::new(),
            supervisions: Vec::new(),
            repeat: 0,
            breaches: 0,
            reopened: 0,
            rating: None,
            receipts: Vec::new(),
            unread: true,
            unseen: false,
            ended_at: None,
        }
    }

    /// The case after one more event.
    ///
    /// # Errors
    /// When the event cannot have happened to it.
    pub fn apply(mut self, stamped: &Stamped) -> Result<Self, ApplyError> {
        self.take(stamped)?;
        Ok(self)
    }

    /// The same where the case lies. After an error it is half of one thing and half of another, and of no
    /// use.
    ///
    /// # Errors
    /// As [`Case::apply`].
    pub(crate) fn take(&mut self, stamped: &Stamped) -> Result<(), ApplyError> {
        if self.state.name() == StateName::Erased {
            return Err(self.wrong(&stamped.event));
        }
        self.fold(stamped)?;
        if self.state.name().is_over() {
            self.ended_at.get_or_insert(stamped.at);
        } else {
            self.ended_at = None;
        }
        self.version += 1;
        if stamped.event.is_material() {
            self.revision = self.version;
        }
        self.updated_at = stamped.at;
        self.unread = match stamped.actor.role {
            Role::Center | Role::Consumer | Role::Tenant => true,
            Role::Clerk | Role::Supervisor | Role::Manager => false,
            Role::Cashier
            | Role::Administrator
            | Role::SecurityAdministrator
            | Role::Auditor
            | Role::Regulator
            | Role::System => self.unread,
        };
        Ok(())
    }

    #[expect(clippy::too_many_lines, reason = "one arm per event reads best as one table")]
    fn fold(&mut self, stamped: &Stamped) -> Folded {
        let at = stamped.at;
        let event = &stamped.event;
        match event {
            Event::Received { .. } | Event::WithdrawnUnseen { .. } => Err(self.wrong(event)),
            Event::Accepted { first_responder } => {
                self.need(event, &[StateName::Received])?;
                self.first_responder = Some(*first_responder);
                self.state = CaseState::InProgress;
                self.stop(at, Some(ClockKind::Respond));
                self.answered(at);
                Ok(())
            }
            Event::TransferProposed { to } => {
                self.need_talking(event)?;
                self.transfer = Some(Transfer { to: *to, at });
                Ok(())
            }
            Event::TransferTaken { first_responder } => {
                self.need_transfer(event)?;
                if self.transfer.take().map(|asked| asked.to) != Some(*first_responder) {
                    return Err(self.wrong(event));
                }
                self.first_responder = Some(*first_responder);
                self.transfers += 1;
                Ok(())
            }
            Event::TransferRefused {} | Event::TransferRecalled {} => {
                self.need_transfer(event)?;
                self.transfer = None;
                Ok(())
            }
            Event::Contacted { result, .. } => {
                self.need_talking(event)?;
                self.contacts += 1;
                match result {
                    ContactResult::Reached => {
                        self.reached = true;
                        self.heard();
                        self.answered(at);
                    }
                    ContactResult::Unreachable => {
                        self.unreached.push(at);
                        self.acted(at);
                    }
                }
                Ok(())
            }
            Event::Rejected { reason } => {
                self.need(event, &[StateName::Received])?;
                self.state = CaseState::Rejected { reason: *reason };
                self.stop(at, Some(ClockKind::Respond));
                self.answered(at);
                Ok(())
            }
            Event::RejectionOverturned { clock } => {
                self.need(event, &[StateName::Rejected])?;
                self.state = CaseState::Received;
                if let Some(clock) = clock {
                    self.start(clock);
                }
                Ok(())
            }
            Event::HandbackDrafted {} => {
                self.need(event, &time::NEGOTIATING)?;
                self.handback_drafted = true;
                Ok(())
            }
            Event::HandedBack { reason } => {
                let negotiating = self.state.name().is_negotiating();
                if !negotiating && self.state.name() != StateName::Rejected {
                    return Err(self.wrong(event));
                }
                self.end(at, CaseState::HandedBack { reason: *reason, acknowledged_at: None });
                Ok(())
            }
            Event::HandbackAcknowledged {} => match &mut self.state {
                CaseState::HandedBack { acknowledged_at, .. } => {
                    *acknowledged_at = Some(at);
                    Ok(())
                }
                _ => Err(self.wrong(event)),
            },
            Event::Withdrawn {} => {
                self.need_live(event)?;
                self.end(at, CaseState::Withdrawn);
                Ok(())
            }
            Event::Erased { .. } => {
                self.end(at, CaseState::Erased);
                Ok(())
            }
            Event::Supplemented {} => {
                self.need_live(event)?;
                self.asked = None;
                self.heard();
                Ok(())
            }
            Event::Assigned { tenant, named } => {
                self.need_talking(event)?;
                self.assigned = Some(Assigned { tenant: *tenant, named: *named });
                Ok(())
            }
            Event::Unassigned {} => {
                self.need_talking(event)?;
                self.assigned = None;
                Ok(())
            }
            Event::TenantStated {} => self.need_talking(event),
            Event::Rated { stars } => {
                self.need(event, &[StateName::Closed])?;
                self.rating = Some(*stars);
                Ok(())
            }
            Event::Reported { report_id, report } => {
                self.receipts.push(Receipted { report_id: *report_id, report: *report, at });
                Ok(())
            }
            Event::AdvanceMoved { advance, status, fen, paid_fen } => {
                let (id, status, fen, paid_fen) = (*advance, *status, *fen, *paid_fen);
                match self.advances.iter_mut().find(|known| known.id == id) {
                    Some(known) => (known.status, known.paid_fen) = (status, paid_fen),
                    None => {
                        self.need(event, &[StateName::Settled])?;
                        let n = self.version;
                        self.advances.push(CaseAdvance { id, status, fen, paid_fen, n });
                    }
                }
                Ok(())
            }
            Event::NoticeKept { .. } | Event::Revealed { .. } | Event::PayeeShown { .. } => Ok(()),
            Event::OfferDrafted { .. }
            | Event::Offered { .. }
            | Event::OfferSentBack { .. }
            | Event::LinkIssued { .. }
            | Event::Settled { .. }
            | Event::OfferDeclined { .. }
            | Event::Countered { .. }
            | Event::CounterTaken { .. }
            | Event::CounterDeclined { .. }
            | Event::OfferExpired { .. }
            | Event::Performed { .. }
            | Event::Closed { .. }
            | Event::Breached { .. } => self.fold_offer(stamped),
            Event::SupplementAsked { .. }
            | Event::SupplementLapsed {}
            | Event::PauseLapsed {}
            | Event::Paused { .. }
            | Event::Resumed { .. }
            | Event::ExtensionAsked { .. }
            | Event::Extended { .. }
            | Event::ExtensionRefused {}
            | Event::Urged { .. }
            | Event::Supervised { .. }
            | Event::Reopened { .. }
            | Event::ClockExpired { .. }
            | Event::Escalated { .. }
            | Event::ClockMoved { .. } => self.fold_time(stamped),
        }
    }

    fn wrong(&self, event: &Event) -> ApplyError {
        ApplyError::WrongState { event: event.kind(), state: self.state.name().code() }
    }

    fn need(&self, event: &Event, states: &[StateName]) -> Folded {
        if states.contains(&self.state.name()) { Ok(()) } else { Err(self.wrong(event)) }
    }

    fn need_live(&self, event: &Event) -> Folded {
        if self.state.name().is_over() { Err(self.wrong(event)) } else { Ok(()) }
    }

    /// Somebody answers for it, and it is not over.
    fn need_talking(&self, event: &Event) -> Folded {
        let rejected = self.state.name() == StateName::Rejected;
        if self.first_responder.is_none() || rejected {
            return Err(self.wrong(event));
        }
        self.need_live(event)
    }

    fn need_transfer(&self, event: &Event) -> Folded {
        if self.transfer.is_none() {
            return Err(self.wrong(event));
        }
        self.need_talking(event)
    }

    /// The consumer spoke: earlier attempts in vain say nothing any more.
    fn heard(&mut self) {
        self.unreached.clear();
    }

    /// Whatever still waited is over with the case.
    fn end(&mut self, at: crate::time::Timestamp, state: CaseState) {
        self.drop_offers();
        self.state = state;
        self.transfer = None;
        self.asked = None;
        self.pause = None;
        self.extension_asked = None;
        self.handback_drafted = false;
        self.stop(at, None);
    }
}
