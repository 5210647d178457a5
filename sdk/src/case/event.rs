//! Events: what happened to a case, as facts without personal data. Knows nothing of how they are
//! stored; their JSON form (`kind`, `data`) is part of leaf v1 and never changes meaning. A member
//! that came later is left out where it says what was always so.

use serde::{Deserialize, Serialize};

use super::actor::Actor;
use super::clocks::{Clock, ClockKind};
use super::command::{ContactMethod, ContactResult};
use super::offer::Terms;
use super::paper::PaperNo;
use super::reasons::{
    AdvanceStatus, EraseReason, HandbackReason, Origin, PauseGround, RejectionReason, ReportKind,
    Rung, Via,
};
use crate::codes::Outcome;
use crate::ids::{AdvanceId, OfferId, Pseudonym, ReportId, TenantId};
use crate::money::Fen;
use crate::privacy::Personal;
use crate::time::{Date, Timestamp, iso_date};

const fn diverted() -> Origin {
    Origin::Diverted
}

const fn center() -> Via {
    Via::Center
}

const fn consent_withdrawn() -> EraseReason {
    EraseReason::ConsentWithdrawn
}

/// What happened. Facts only: words that people wrote ride beside it as [`Private`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "data", rename_all = "snake_case", deny_unknown_fields)]
pub enum Event {
    /// 分流 or 现场登记: consent verified, complaint kept, receipt given.
    Received {
        /// When the center diverted it, or the clerk began to write it down.
        diverted_at: Timestamp,
        /// How often this consumer came before.
        repeat: u32,
        /// The clocks that start now.
        clocks: Vec<Clock>,
        /// How it came.
        #[serde(default = "diverted", skip_serializing_if = "Origin::is_ordinary")]
        origin: Origin,
    },
    /// The consumer withdrew complaint or consent before the diversion reached us: the number is
    /// taken, and no case ever opens under it.
    WithdrawnUnseen {
        /// Whether the consent was withdrawn too.
        consent: bool,
    },
    /// 首问受理: one person answers for it from now on.
    Accepted {
        /// That person.
        first_responder: Pseudonym,
    },
    /// The first responder asks another to take over, and answers for it until then.
    TransferProposed {
        /// Whom.
        to: Pseudonym,
    },
    /// 首问责任人变更
    TransferTaken {
        /// Who answers for it from now on.
        first_responder: Pseudonym,
    },
    /// The one who was asked says no.
    TransferRefused {},
    /// The first responder keeps it after all.
    TransferRecalled {},
    /// A contact attempt.
    Contacted {
        /// How.
        method: ContactMethod,
        /// With what result.
        result: ContactResult,
    },
    /// The consumer is asked for more.
    SupplementAsked {
        /// Until when.
        #[serde(with = "iso_date")]
        reply_by: Date,
    },
    /// Nothing came in time.
    SupplementLapsed {},
    /// Clocks stand still.
    Paused {
        /// Why.
        ground: PauseGround,
        /// Which.
        clocks: Vec<ClockKind>,
        /// Of an examination, the last day.
        #[serde(default, with = "iso_date::option", skip_serializing_if = "Option::is_none")]
        until: Option<Date>,
    },
    /// The examination took longer than was said.
    PauseLapsed {},
    /// Clocks go on, each with its new deadline.
    Resumed {
        /// Which.
        clocks: Vec<Clock>,
    },
    /// The center is asked for more time.
    ExtensionAsked {
        /// Of which clock.
        clock: ClockKind,
        /// How many of its units.
        length: u32,
    },
    /// More time was granted.
    Extended {
        /// The clock with its new deadline.
        clock: Clock,
    },
    /// No more time.
    ExtensionRefused {},
    /// An offer above the clerk's limit waits for another person.
    OfferDrafted {
        /// The offer.
        offer_id: OfferId,
        /// Its terms.
        terms: Terms,
        /// Until when the consumer may answer.
        #[serde(with = "iso_date")]
        answer_by: Date,
    },
    /// The offer went to the consumer.
    Offered {
        /// The offer.
        offer_id: OfferId,
        /// Its terms.
        terms: Terms,
        /// Until when the consumer may answer.
        #[serde(with = "iso_date")]
        answer_by: Date,
    },
    /// The supervisor sent the draft back.
    OfferSentBack {
        /// The offer.
        offer_id: OfferId,
    },
    /// A one-time link by which the consumer may answer was made.
    LinkIssued {
        /// To which offer.
        offer_id: OfferId,
    },
    /// Accepted by both: settled, to be performed.
    Settled {
        /// The offer.
        offer_id: OfferId,
        /// The clock of performance.
        clock: Clock,
        /// By which way the consumer's word came.
        #[serde(default = "center", skip_serializing_if = "Via::is_ordinary")]
        via: Via,
    },
    /// The consumer declined.
    OfferDeclined {
        /// The offer.
        offer_id: OfferId,
        /// By which way the consumer's word came.
        #[serde(default = "center", skip_serializing_if = "Via::is_ordinary")]
        via: Via,
    },
    /// The consumer proposes other terms.
    Countered {
        /// The consumer's proposal.
        offer_id: OfferId,
        /// The offer it answers.
        answers: OfferId,
        /// Its terms.
        terms: Terms,
        /// By which way it came.
        #[serde(default = "center", skip_serializing_if = "Via::is_ordinary")]
        via: Via,
    },
    /// The merchant would take the consumer's proposal; above the limit another person approves.
    CounterTaken {
        /// The proposal.
        offer_id: OfferId,
    },
    /// The merchant declines the consumer's proposal.
    CounterDeclined {
        /// The proposal.
        offer_id: OfferId,
    },
    /// The consumer did not answer in time.
    OfferExpired {
        /// The offer.
        offer_id: OfferId,
    },
    /// The promise was kept, with proof.
    Performed {
        /// The offer.
        offer_id: OfferId,
    },
    /// 办结
    Closed {
        /// How it ended.
        outcome: Outcome,
        /// How it was negotiated.
        method: ContactMethod,
        /// 挽回经济损失, in fen.
        recovered_fen: Fen,
    },
    /// The promise was not kept: negotiation again, on a new clock.
    Breached {
        /// The offer.
        offer_id: OfferId,
        /// The new settlement clock.
        clock: Clock,
    },
    /// 非本单位 / 重复 / 不属消费争议
    Rejected {
        /// Why.
        reason: RejectionReason,
    },
    /// The center says the case is ours after all.
    RejectionOverturned {
        /// The clock until a first responder is named, where the rule set has one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        clock: Option<Clock>,
    },
    /// The settlement clock ran out: a hand-back lies before the first responder, unsent.
    HandbackDrafted {},
    /// 退回: the dossier is on its way.
    HandedBack {
        /// Why.
        reason: HandbackReason,
    },
    /// The center has the dossier.
    HandbackAcknowledged {},
    /// 消费者撤诉
    Withdrawn {},
    /// The case key is destroyed with this event.
    Erased {
        /// Why.
        #[serde(default = "consent_withdrawn", skip_serializing_if = "EraseReason::is_ordinary")]
        reason: EraseReason,
        /// What the consumer signed at the desk.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        paper: Option<PaperNo>,
    },
    /// 催办
    Urged {
        /// The clock it starts, where the rule set has one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        clock: Option<Clock>,
    },
    /// 督办
    Supervised {
        /// By when the center wants an answer.
        #[serde(with = "iso_date")]
        reply_by: Date,
    },
    /// The consumer or the center added something.
    Supplemented {},
    /// A shop of the host answers for what the complaint is about.
    Assigned {
        /// The shop.
        tenant: TenantId,
        /// Whether the consent names it, so that it may read who complains (PIPL Art. 23).
        named: bool,
    },
    /// No shop does any more.
    Unassigned {},
    /// The shop said its part.
    TenantStated {},
    /// 评价
    Rated {
        /// 1 to 5.
        stars: u8,
    },
    /// The consumer reopened it.
    Reopened {
        /// The new settlement clock.
        clock: Clock,
    },
    /// A clock ran out. It stays overdue for good.
    ClockExpired {
        /// Which.
        clock: ClockKind,
        /// When it was due.
        due_at: Timestamp,
    },
    /// Somebody was told of a deadline, once.
    Escalated {
        /// Of which clock.
        clock: ClockKind,
        /// When that clock began: it says which of several.
        start_at: Timestamp,
        /// The step of the rule set's ladder, from 0; none for what happens on expiry.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        step: Option<u32>,
        /// Whom.
        to: Rung,
    },
    /// A new calendar moved a deadline, or made a provisional one final.
    ClockMoved {
        /// The clock as it is now.
        clock: Clock,
    },
    /// 先行赔付: an advance on this case came to stand elsewhere. Who did it, and the postings, are
    /// leaves of the fund.
    AdvanceMoved {
        /// Which.
        advance: AdvanceId,
        /// Where it stands now.
        status: AdvanceStatus,
        /// How much was asked for.
        fen: Fen,
        /// How much the consumer got.
        paid_fen: Fen,
    },
    /// A notice of a kind this version does not know; kept and shown.
    NoticeKept {
        /// Whether it tells that the center opened a case of its own (诉转案).
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        case_filed: bool,
    },
    /// A sealed field was shown to somebody.
    Revealed {
        /// The fields.
        fields: Vec<String>,
    },
    /// To whom an advance is paid was shown to a cashier.
    PayeeShown {
        /// Of which advance.
        advance: AdvanceId,
    },
    /// The center's receipt for a report is here.
    Reported {
        /// The report.
        report_id: ReportId,
        /// What it told.
        report: ReportKind,
    },
}

macro_rules! event_kinds {
    ($($variant:ident, $kind:literal, $material:literal;)*) => {
        impl Event {
            /// The event's kind as leaves write it.
            #[must_use]
            pub const fn kind(&self) -> &'static str {
                match self { $(Self::$variant { .. } => $kind,)* }
            }

            /// Whether a clerk who has not seen this event should look again before acting.
            ///
            /// Receipts and readings change nothing that a decision rests on.
            #[must_use]
            pub const fn is_material(&self) -> bool {
                match self { $(Self::$variant { .. } => $material,)* }
            }
        }
    };
}

event_kinds! {
    Received, "received", true;
    WithdrawnUnseen, "withdrawn_unseen", true;
    Accepted, "accepted", true;
    TransferProposed, "transfer_proposed", true;
    TransferTaken, "transfer_taken", true;
    TransferRefused, "transfer_refused", true;
    TransferRecalled, "transfer_recalled", true;
    Contacted, "contacted", true;
    SupplementAsked, "supplement_asked", true;
    SupplementLapsed, "supplement_lapsed", true;
    Paused, "paused", true;
    PauseLapsed, "pause_lapsed", true;
    Resumed, "resumed", true;
    ExtensionAsked, "extension_asked", true;
    Extended, "extended", true;
    ExtensionRefused, "extension_refused", true;
    OfferDrafted, "offer_drafted", true;
    Offered, "offered", true;
    OfferSentBack, "offer_sent_back", true;
    LinkIssued, "link_issued", false;
    Settled, "settled", true;
    OfferDeclined, "offer_declined", true;
    Countered, "countered", true;
    CounterTaken, "counter_taken", true;
    CounterDeclined, "counter_declined", true;
    OfferExpired, "offer_expired", true;
    Performed, "performed", true;
    Closed, "closed", true;
    Breached, "breached", true;
    Rejected, "rejected", true;
    RejectionOverturned, "rejection_overturned", true;
    HandbackDrafted, "handback_drafted", false;
    HandedBack, "handed_back", true;
    HandbackAcknowledged, "handback_acknowledged", false;
    Withdrawn, "withdrawn", true;
    Erased, "erased", true;
    Urged, "urged", true;
    Supervised, "supervised", true;
    Supplemented, "supplemented", true;
    Assigned, "assigned", true;
    Unassigned, "unassigned", true;
    TenantStated, "tenant_stated", true;
    Rated, "rated", false;
    Reopened, "reopened", true;
    ClockExpired, "clock_expired", false;
    Escalated, "escalated", false;
    ClockMoved, "clock_moved", true;
    AdvanceMoved, "advance_moved", false;
    NoticeKept, "notice_kept", true;
    Revealed, "revealed", false;
    PayeeShown, "payee_shown", false;
    Reported, "reported", false;
}

impl Event {
    /// The clocks this event starts or moves.
    #[must_use]
    pub fn clocks(&self) -> &[Clock] {
        match self {
            Self::Received { clocks, .. } | Self::Resumed { clocks } => clocks,
            Self::Settled { clock, .. }
            | Self::Breached { clock, .. }
            | Self::Reopened { clock }
            | Self::Extended { clock }
            | Self::ClockMoved { clock } => std::slice::from_ref(clock),
            Self::Urged { clock } | Self::RejectionOverturned { clock } => clock.as_slice(),
            _ => &[],
        }
    }
}

/// Words that belong to an event but never to the log: sealed with the case's key, committed to
/// in the leaf.
#[derive(Clone, Debug)]
pub struct Private {
    /// The field's name, fixed by the event kind.
    pub field: &'static str,
    /// The words.
    pub value: Personal<String>,
}

impl Private {
    /// These words under this name.
    #[must_use]
    pub fn new(field: &'static str, value: impl Into<String>) -> Self {
        Self { field, value: Personal::new(value.into()) }
    }
}

/// An event with when and who, as [`super::Case::apply`] takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamped {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// What.
    pub event: Event,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_the_first_release_wrote_reads_as_what_it_meant_and_is_written_the_same() {
        let offer = OfferId::from_bytes([7; 16]);
        let at = "2026-11-24T02:00:00Z";
        let clock = json!({
            "kind": "perform", "start_at": at, "due_at": at, "length": 0, "unit": "named_day",
            "provisional": false,
        });
        for (kind, data) in [
            ("received", json!({ "diverted_at": at, "repeat": 0, "clocks": [clock] })),
            ("settled", json!({ "offer_id": offer, "clock": clock })),
            ("offer_declined", json!({ "offer_id": offer })),
            ("rejection_overturned", json!({})),
            ("urged", json!({})),
            ("erased", json!({})),
            ("withdrawn", json!({})),
            ("supplemented", json!({})),
            ("handback_acknowledged", json!({})),
        ] {
            let old = json!({ "kind": kind, "data": data });
            let event: Event = serde_json::from_value(old.clone()).unwrap();
            assert_eq!(event.kind(), kind);
            let written = serde_json::to_value(&event).unwrap();
            assert_eq!(
                written["data"].as_object().map(serde_json::Map::len),
                data.as_object().map(serde_json::Map::len),
                "{kind}"
            );
        }
    }
}
