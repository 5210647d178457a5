//! Offers, the consumer's own proposals, and what becomes of them (和解、履行).

use super::{Act, Decided, Decision, invalid, is_later_than, said, text};
use crate::case::clocks::{Clock, ClockKind};
use crate::case::command::{Closing, Command};
use crate::case::event::Event;
use crate::case::offer::{Party, Terms};
use crate::case::reasons::{PauseGround, ReportKind, Via};
use crate::case::refusal::RefusalCode;
use crate::ids::OfferId;
use crate::privacy::Personal;
use crate::time::Date;

impl Act<'_> {
    /// The commands of this room; no other comes here.
    pub(super) fn decide_offer(&self, command: &Command) -> Decided {
        match command {
            Command::Offer { offer_id, terms, answer_by, text } => {
                self.offer(*offer_id, terms, *answer_by, text)
            }
            Command::Approve => self.approve(),
            Command::SendBack { reason } => self.send_back(reason),
            Command::IssueLink => {
                let (offer_id, _, _) = self.current()?;
                Ok(Decision::of(Event::LinkIssued { offer_id }))
            }
            Command::Answer { offer_id, accepted, text, signature } => {
                self.answer(*offer_id, *accepted, text.as_ref(), signature.as_ref())
            }
            Command::Counter { offer_id, answers, terms, text, signature } => {
                self.signed(signature.as_ref())?;
                let countered = self.counter(*offer_id, *answers, terms, text)?;
                Ok(countered.with_some("signature", signature.as_ref()))
            }
            Command::AcceptCounter { offer_id } => self.accept_counter(*offer_id),
            Command::DeclineCounter { offer_id, reason } => {
                self.waiting_counter(*offer_id)?;
                let declined = Event::CounterDeclined { offer_id: *offer_id };
                Ok(said(declined, "reason", reason)?.report(ReportKind::CounterDeclined))
            }
            Command::Perform { proof, closing } => self.perform(proof, closing),
            Command::Breach { reason } => self.breach(reason),
            // ExpireOffer, and by the table in `decide` nothing else.
            _ => {
                let (offer_id, _, _) = self.current()?;
                Ok(Decision::of(Event::OfferExpired { offer_id }))
            }
        }
    }

    /// 提出和解方案: above the clerk's limit another person approves first.
    fn offer(
        &self,
        offer_id: OfferId,
        terms: &Terms,
        answer_by: Date,
        words: &Personal<String>,
    ) -> Decided {
        let today = self.now.civil_date();
        terms.check(today)?;
        if answer_by < today {
            return Err(invalid("answer_by", "choose today or a later day"));
        }
        if answer_by > terms.perform_by {
            return Err(invalid("answer_by", "choose a day no later than perform_by"));
        }
        text("text", words)?;
        let longest = self.policy.rules.answers.as_ref().map(|rule| rule.days);
        if longest.is_some_and(|days| is_later_than(answer_by, today, days)) {
            return Err(invalid("answer_by", "the rule set does not let an offer wait so long"));
        }
        if self.case.offer(offer_id).is_some() {
            return Err(invalid("offer_id", "use a fresh id for each offer"));
        }
        let terms = terms.clone();
        let before = self.instead_of_theirs();
        let offered = if terms.total()? > self.policy.clerk_offer_limit {
            before.and(Event::OfferDrafted { offer_id, terms, answer_by }).with("text", words)
        } else {
            let offered = before.and(Event::Offered { offer_id, terms, answer_by });
            offered.with("text", words).report(ReportKind::Offered)
        };
        // Whoever makes an offer waits for nothing more: the clock goes on.
        self.resume_after(offered, PauseGround::Supplement, self.now)
    }

    /// An offer of ours declines what the consumer proposed, and the center hears so.
    fn instead_of_theirs(&self) -> Decision {
        match self.case.counter() {
            None => Decision::default(),
            Some(theirs) => Decision::of(Event::CounterDeclined { offer_id: theirs.id })
                .report(ReportKind::CounterDeclined),
        }
    }

    /// 审核通过: ours goes to the consumer as it was written; the consumer's own is agreed.
    fn approve(&self) -> Decided {
        let (offer_id, terms, answer_by) = self.current()?;
        let draft = self.case.current_offer().map(|offer| (offer.by, offer.via));
        if let Some((Party::Consumer, via)) = draft {
            return Ok(self.settle(offer_id, terms, via.unwrap_or(Via::Center)));
        }
        let offered = Event::Offered { offer_id, terms: terms.clone(), answer_by };
        Ok(Decision::of(offered).report(ReportKind::Offered))
    }

    /// 审核退回
    fn send_back(&self, reason: &Personal<String>) -> Decided {
        let (offer_id, _, _) = self.current()?;
        said(Event::OfferSentBack { offer_id }, "reason", reason)
    }

    /// 消费者答复: accepted means settled, with a day by which the promise must be kept.
    fn answer(
        &self,
        offer_id: OfferId,
        accepted: bool,
        words: Option<&Personal<String>>,
        signature: Option<&Personal<String>>,
    ) -> Decided {
        let (open, terms, _) = self.current()?;
        if open != offer_id {
            return Err(RefusalCode::OfferUnknown);
        }
        self.signed(signature)?;
        let via = self.via();
        let answered = if accepted {
            self.settle(offer_id, terms, via)
        } else {
            Decision::of(Event::OfferDeclined { offer_id, via }).report(ReportKind::Declined)
        };
        Ok(answered.with_some("answer", words).with_some("signature", signature))
    }

    /// 已和解, 待履行
    fn settle(&self, offer_id: OfferId, terms: &Terms, via: Via) -> Decision {
        let clock = Clock::until(ClockKind::Perform, self.now, terms.perform_by);
        Decision::of(Event::Settled { offer_id, clock, via }).report(ReportKind::Settled)
    }

    /// 消费者另提方案: it takes the place of ours, and waits for us.
    fn counter(
        &self,
        offer_id: OfferId,
        answers: OfferId,
        terms: &Terms,
        words: &Personal<String>,
    ) -> Decided {
        let (open, _, _) = self.current()?;
        if open != answers {
            return Err(RefusalCode::OfferUnknown);
        }
        terms.check(self.now.civil_date())?;
        let event = Event::Countered { offer_id, answers, terms: terms.clone(), via: self.via() };
        Ok(said(event, "text", words)?.report(ReportKind::Countered))
    }

    /// 接受消费者的方案: agreed at once up to the clerk's limit, above it another person approves.
    fn accept_counter(&self, offer_id: OfferId) -> Decided {
        let (terms, via) = self.waiting_counter(offer_id)?;
        if terms.perform_by < self.now.civil_date() {
            let problem = "its day of performance is over; decline it and make an offer";
            return Err(invalid("perform_by", problem));
        }
        if terms.total()? > self.policy.clerk_offer_limit {
            return Ok(Decision::of(Event::CounterTaken { offer_id }));
        }
        Ok(self.settle(offer_id, terms, via))
    }

    fn waiting_counter(&self, offer_id: OfferId) -> Result<(&Terms, Via), RefusalCode> {
        let waiting = self.case.counter().filter(|offer| offer.id == offer_id);
        let waiting = waiting.ok_or(RefusalCode::OfferUnknown)?;
        Ok((&waiting.terms, waiting.via.unwrap_or(Via::Center)))
    }

    /// 履行并办结: what was promised is done, and the record says how it was reached.
    fn perform(&self, proof: &Personal<String>, closing: &Closing) -> Decided {
        text("proof", proof)?;
        text("process", &closing.process)?;
        text("result", &closing.result)?;
        if !closing.recovered_fen.is_payable() {
            return Err(invalid("recovered_fen", "give an amount from 0 to 9007199254740991 fen"));
        }
        let (offer_id, terms, _) = self.current()?;
        // Goods that were repaired, exchanged or made up have a worth that no term names.
        if !terms.gives_goods() && closing.recovered_fen > terms.total()? {
            let problem = "give no more than was agreed, or 0 where no money was";
            return Err(invalid("recovered_fen", problem));
        }
        let closed = Event::Closed {
            outcome: closing.outcome,
            method: closing.method,
            recovered_fen: closing.recovered_fen,
        };
        Ok(Decision::of(Event::Performed { offer_id })
            .with("proof", proof)
            .and(closed)
            .with("process", &closing.process)
            .with("result", &closing.result)
            .report(ReportKind::Performed)
            .report(ReportKind::Closed))
    }

    /// 未按约履行: back to negotiation on a new clock, and the center is told.
    fn breach(&self, reason: &Personal<String>) -> Decided {
        let (offer_id, _, _) = self.current()?;
        text("reason", reason)?;
        let clock = self.settlement_clock()?;
        let breached = Decision::of(Event::Breached { offer_id, clock }).with("reason", reason);
        Ok(match self.via() {
            Via::Center => breached,
            Via::Desk | Via::Link => breached.report(ReportKind::Breached),
        })
    }

    fn current(&self) -> Result<(OfferId, &Terms, Date), RefusalCode> {
        let offer = self.case.current_offer().ok_or(RefusalCode::OfferUnknown)?;
        Ok((offer.id, &offer.terms, offer.answer_by))
    }
}
