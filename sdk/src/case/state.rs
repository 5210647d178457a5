//! The case and its states. A state carries the facts that are true only in it; the axes beside it
//! (clocks, urges, receipts, repeats) never disappear.

use serde::{Deserialize, Serialize};

use super::clocks::{Clock, ClockKind};
use super::offer::{Offer, OfferStatus, Party};
use super::reasons::{
    AdvanceStatus, HandbackReason, Origin, PauseGround, RejectionReason, ReportKind, Rung,
};
use crate::codes::Outcome;
use crate::ids::{AdvanceId, OfferId, Pseudonym, ReportId, TenantId};
use crate::money::Fen;
use crate::time::{Date, Timestamp, iso_date};

/// Where a case stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum CaseState {
    /// 已接收: consent verified, receipt given.
    Received,
    /// 首问受理: a first responder is named.
    InProgress,
    /// 方案待审核
    AwaitingApproval {
        /// The draft.
        offer_id: OfferId,
    },
    /// 待消费者确认
    Offered {
        /// The open offer.
        offer_id: OfferId,
    },
    /// 已和解, 待履行
    Settled {
        /// The accepted offer.
        offer_id: OfferId,
        /// When it was accepted.
        settled_at: Timestamp,
    },
    /// 办结
    Closed {
        /// When.
        closed_at: Timestamp,
        /// How it ended.
        outcome: Outcome,
        /// 挽回经济损失, in fen.
        recovered_fen: Fen,
    },
    /// 非本单位等, awaiting the center's review.
    Rejected {
        /// Why.
        reason: RejectionReason,
    },
    /// 退回
    HandedBack {
        /// Why.
        reason: HandbackReason,
        /// When the center acknowledged the dossier.
        acknowledged_at: Option<Timestamp>,
    },
    /// 消费者撤诉
    Withdrawn,
    /// 撤回同意: personal data destroyed.
    Erased,
}

macro_rules! state_names {
    ($($variant:ident, $code:literal, $refusal:literal, $label:literal;)*) => {
        /// The name of a state, without its facts.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(rename_all = "snake_case")]
        pub enum StateName {
            $(#[doc = $label] $variant,)*
        }

        impl StateName {
            /// Every state.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word in the API and the database.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The code of a refusal because the case is in this state.
            #[must_use]
            pub const fn refusal_code(self) -> &'static str {
                match self { $(Self::$variant => $refusal,)* }
            }

            /// The official word.
            #[must_use]
            pub const fn label_zh(self) -> &'static str {
                match self { $(Self::$variant => $label,)* }
            }

            /// The state with this code.
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|state| state.code() == code)
            }
        }
    };
}

state_names! {
    Received, "received", "case_is_received", "已接收";
    InProgress, "in_progress", "case_is_in_progress", "处理中";
    AwaitingApproval, "awaiting_approval", "case_is_awaiting_approval", "方案待审核";
    Offered, "offered", "case_is_offered", "待消费者确认";
    Settled, "settled", "case_is_settled", "已和解待履行";
    Closed, "closed", "case_is_closed", "已办结";
    Rejected, "rejected", "case_is_rejected", "申请退回待复核";
    HandedBack, "handed_back", "case_is_handed_back", "已退回";
    Withdrawn, "withdrawn", "case_is_withdrawn", "已撤诉";
    Erased, "erased", "case_is_erased", "已删除";
}

impl StateName {
    /// Whether work on the case is over (it may still be reopened through the center).
    #[must_use]
    pub const fn is_over(self) -> bool {
        match self {
            Self::Closed | Self::HandedBack | Self::Withdrawn | Self::Erased => true,
            Self::Received
            | Self::InProgress
            | Self::AwaitingApproval
            | Self::Offered
            | Self::Settled
            | Self::Rejected => false,
        }
    }
}

impl StateName {
    /// Whether the parties are talking about a settlement: its clock runs.
    #[must_use]
    pub const fn is_negotiating(self) -> bool {
        matches!(self, Self::InProgress | Self::AwaitingApproval | Self::Offered)
    }
}

impl CaseState {
    /// The state's name.
    #[must_use]
    pub const fn name(&self) -> StateName {
        match self {
            Self::Received => StateName::Received,
            Self::InProgress => StateName::InProgress,
            Self::AwaitingApproval { .. } => StateName::AwaitingApproval,
            Self::Offered { .. } => StateName::Offered,
            Self::Settled { .. } => StateName::Settled,
            Self::Closed { .. } => StateName::Closed,
            Self::Rejected { .. } => StateName::Rejected,
            Self::HandedBack { .. } => StateName::HandedBack,
            Self::Withdrawn => StateName::Withdrawn,
            Self::Erased => StateName::Erased,
        }
    }
}

/// A clock of a case and when it stopped. It stays for good: overdue is remembered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseClock {
    /// The clock.
    pub clock: Clock,
    /// When it stopped.
    pub stopped_at: Option<Timestamp>,
    /// Since when it stands still.
    pub paused_at: Option<Timestamp>,
    /// The deadlines it has missed, as they were noted. They stay, also when more time was given.
    pub missed: Vec<Timestamp>,
}

impl CaseClock {
    /// By how many milliseconds it is or was over its time; nothing when in time.
    #[must_use]
    pub fn overdue_millis(&self, now: Timestamp) -> Option<i64> {
        let until = self.paused_at.or(self.stopped_at).unwrap_or(now);
        let over = until.millis_since(self.clock.due_at);
        (over > 0).then_some(over)
    }

    /// Whether it counts at this moment.
    #[must_use]
    pub const fn is_running(&self) -> bool {
        self.stopped_at.is_none() && self.paused_at.is_none()
    }
}

/// A supervised order (督办).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Supervision {
    /// When it came.
    pub at: Timestamp,
    /// By when the center wants an answer.
    #[serde(with = "iso_date")]
    pub reply_by: Date,
}

/// A transfer that waits for the one who was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    /// Who was asked.
    pub to: Pseudonym,
    /// When.
    pub at: Timestamp,
}

/// What the consumer was asked to add.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// When.
    pub at: Timestamp,
    /// Until when.
    #[serde(with = "iso_date")]
    pub reply_by: Date,
}

/// Clocks that stand still.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paused {
    /// Why.
    pub ground: PauseGround,
    /// Since when.
    pub at: Timestamp,
    /// Of an examination the last day; none once it is over.
    #[serde(with = "iso_date::option")]
    pub until: Option<Date>,
}

impl Paused {
    /// Whether an examination goes on whose end somebody must note.
    #[must_use]
    pub fn is_examined(&self) -> bool {
        self.ground == PauseGround::Examination && self.until.is_some()
    }
}

/// An extension that waits for the center.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtensionAsked {
    /// Of which clock.
    pub clock: ClockKind,
    /// By how many of its units.
    pub length: u32,
    /// When it was asked.
    pub at: Timestamp,
}

/// Somebody who was told of a deadline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Escalated {
    /// Of which clock.
    pub clock: ClockKind,
    /// When that clock began.
    pub start_at: Timestamp,
    /// The step of the ladder; none for what happens on expiry.
    pub step: Option<u32>,
    /// Who.
    pub to: Rung,
    /// When.
    pub at: Timestamp,
}

/// The shop that answers for what the complaint is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assigned {
    /// Which.
    pub tenant: TenantId,
    /// Whether the consent names it.
    pub named: bool,
}

/// An advance (赔偿先付) on this case, as far as the case must know: the fund has the rest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseAdvance {
    /// Which.
    pub id: AdvanceId,
    /// Where it stands.
    pub status: AdvanceStatus,
    /// How much was asked for.
    pub fen: Fen,
    /// How much the consumer got.
    pub paid_fen: Fen,
    /// The number of the event that holds to whom it is paid.
    pub n: u64,
}

/// A report that the center has acknowledged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipted {
    /// The report.
    pub report_id: ReportId,
    /// What it told.
    pub report: ReportKind,
    /// When its receipt was noted.
    pub at: Timestamp,
}

/// Our handling of one complaint: the fold of its events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// How many events it has had; the next event has this number.
    pub version: u64,
    /// The version after the last event that a decision rests on; what clerks quote.
    pub revision: u64,
    /// The rule set it is bound to.
    pub rules: String,
    /// How it came.
    pub origin: Origin,
    /// When the center diverted it.
    pub diverted_at: Timestamp,
    /// When we received it.
    pub received_at: Timestamp,
    /// When the last event happened.
    pub updated_at: Timestamp,
    /// Where it stands.
    pub state: CaseState,
    /// 首问责任人
    pub first_responder: Option<Pseudonym>,
    /// A transfer that waits for an answer.
    pub transfer: Option<Transfer>,
    /// How often it changed hands.
    pub transfers: u32,
    /// The shop that answers for what the complaint is about.
    pub assigned: Option<Assigned>,
    /// Every offer ever made.
    pub offers: Vec<Offer>,
    /// Every clock ever started.
    pub clocks: Vec<CaseClock>,
    /// Advances out of the guarantee fund.
    pub advances: Vec<CaseAdvance>,
    /// Contact attempts.
    pub contacts: u32,
    /// Whether the consumer was ever reached.
    pub reached: bool,
    /// Attempts in vain since the consumer was last reached, each with its time.
    pub unreached: Vec<Timestamp>,
    /// What the consumer was asked to add and has not yet.
    pub asked: Option<Asked>,
    /// Why clocks stand still, if they do.
    pub pause: Option<Paused>,
    /// What clocks stood still for, each time, since the settlement clock began.
    pub paused_for: Vec<PauseGround>,
    /// An extension that waits for the center.
    pub extension_asked: Option<ExtensionAsked>,
    /// How often a clock was lengthened.
    pub extensions: u32,
    /// Whether a hand-back lies before the first responder.
    pub handback_drafted: bool,
    /// Who was told of which deadline.
    pub escalations: Vec<Escalated>,
    /// 催办, each with its time.
    pub urges: Vec<Timestamp>,
    /// 督办
    pub supervisions: Vec<Supervision>,
    /// How often this consumer had come before.
    pub repeat: u32,
    /// How often a settlement was breached.
    pub breaches: u32,
    /// How often it was reopened.
    pub reopened: u32,
    /// 评价, 1 to 5.
    pub rating: Option<u8>,
    /// Reports the center acknowledged.
    pub receipts: Vec<Receipted>,
    /// Whether something from the center or the consumer came after the staff's last act.
    pub unread: bool,
    /// Whether it was withdrawn before its diversion came: there never was a person in it.
    pub unseen: bool,
    /// When it ended, if it has: from then on its data are kept for so long.
    pub ended_at: Option<Timestamp>,
}

impl Case {
    /// The offer with this id.
    #[must_use]
    pub fn offer(&self, id: OfferId) -> Option<&Offer> {
        self.offers.iter().find(|offer| offer.id == id)
    }

    /// The offer that waits for an answer or an approval, or was accepted.
    #[must_use]
    pub fn current_offer(&self) -> Option<&Offer> {
        match self.state {
            CaseState::AwaitingApproval { offer_id }
            | CaseState::Offered { offer_id }
            | CaseState::Settled { offer_id, .. } => self.offer(offer_id),
            CaseState::Received
            | CaseState::InProgress
            | CaseState::Closed { .. }
            | CaseState::Rejected { .. }
            | CaseState::HandedBack { .. }
            | CaseState::Withdrawn
            | CaseState::Erased => None,
        }
    }

    /// Whether a hand-back lies before the first responder: drafted on expiry, or due because the
    /// settlement clock ran out before somebody answered for the case.
    #[must_use]
    pub fn should_hand_back(&self) -> bool {
        let missed = |entry: &CaseClock| entry.missed.contains(&entry.clock.due_at);
        let is_over = self.running(ClockKind::Settle).is_some_and(missed);
        self.handback_drafted || (self.state.name().is_negotiating() && is_over)
    }

    /// Whether the consumer had a say: was reached, or answered an offer. Without that nobody can
    /// say that the two could not agree (协商不成).
    #[must_use]
    pub fn was_heard(&self) -> bool {
        let answered = |offer: &Offer| {
            let ours = offer.by == Party::Merchant;
            let word = [OfferStatus::Accepted, OfferStatus::Declined, OfferStatus::Countered];
            !ours || word.contains(&offer.status)
        };
        self.reached || self.offers.iter().any(answered)
    }

    /// Whether money for the consumer is on its way, or nobody knows whether it came.
    #[must_use]
    pub fn has_money_pending(&self) -> bool {
        self.advances.iter().any(|advance| advance.status.is_pending())
    }

    /// Whether somebody has to know where money goes: between the last approval and the payment.
    #[must_use]
    pub fn has_money_to_pay(&self) -> bool {
        self.advances.iter().any(|advance| advance.status.is_to_be_paid())
    }

    /// The consumer's proposal that waits for us, if there is one.
    #[must_use]
    pub fn counter(&self) -> Option<&Offer> {
        let waits =
            |offer: &&Offer| offer.by == Party::Consumer && offer.status == OfferStatus::Open;
        self.offers.iter().rev().find(waits)
    }

    /// The last offer that was accepted.
    #[must_use]
    pub fn accepted_offer(&self) -> Option<&Offer> {
        self.offers.iter().rev().find(|offer| offer.status == OfferStatus::Accepted)
    }

    /// The running clock of this kind.
    #[must_use]
    pub fn running(&self, kind: ClockKind) -> Option<&CaseClock> {
        let running = |entry: &&CaseClock| entry.clock.kind == kind && entry.stopped_at.is_none();
        self.clocks.iter().find(running)
    }

    /// The running clock that runs out first; one that stands still is none.
    #[must_use]
    pub fn next_due(&self) -> Option<&CaseClock> {
        let running = self.clocks.iter().filter(|entry| entry.is_running());
        running.min_by_key(|entry| entry.clock.due_at)
    }

    /// The highest rung that was told of a clock that still runs.
    #[must_use]
    pub fn escalated_to(&self) -> Option<Rung> {
        let runs = |told: &&Escalated| {
            self.clocks.iter().any(|entry| {
                entry.is_running()
                    && entry.clock.kind == told.clock
                    && entry.clock.start_at == told.start_at
            })
        };
        self.escalations.iter().filter(runs).map(|told| told.to).max()
    }

    /// Whether any clock is or ever was over its time.
    #[must_use]
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        let missed =
            |entry: &CaseClock| !entry.missed.is_empty() || entry.overdue_millis(now).is_some();
        self.clocks.iter().any(missed)
    }
}
