//! Events: what happened to a case, as facts without personal data. Knows nothing of how they are
//! stored; their JSON form (`kind`, `data`) is part of leaf v1 and never changes meaning.

use serde::{Deserialize, Serialize};

use super::actor::Actor;
use super::clocks::Clock;
use super::command::{Action, ContactMethod, ContactResult};
use super::offer::Terms;
use super::state::{Case, CaseState};
use crate::codes::Outcome;
use crate::ids::{OfferId, Pseudonym, ReportId};
use crate::money::Fen;
use crate::privacy::Personal;
use crate::time::{Date, Timestamp, iso_date};

/// Why a case is not ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RejectionReason {
    /// 非本单位
    NotOurs,
    /// 重复
    Duplicate,
    /// 不属消费争议
    NotAConsumerDispute,
}

impl RejectionReason {
    /// Every reason.
    pub const ALL: [Self; 3] = [Self::NotOurs, Self::Duplicate, Self::NotAConsumerDispute];

    /// The word on the wire.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotOurs => "not_ours",
            Self::Duplicate => "duplicate",
            Self::NotAConsumerDispute => "not_a_consumer_dispute",
        }
    }

    /// The official word.
    #[must_use]
    pub const fn label_zh(self) -> &'static str {
        match self {
            Self::NotOurs => "非本单位",
            Self::Duplicate => "重复投诉",
            Self::NotAConsumerDispute => "不属消费争议",
        }
    }
}

/// Why a case goes back to the center.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum HandbackReason {
    /// 协商不成
    NoAgreement,
    /// 逾期未达成和解
    Expired,
    /// 联系不到消费者
    Unreachable,
    /// 消费者要求行政处理
    ConsumerAsks,
    /// 非本单位, upheld by the center's review.
    RejectionUpheld,
}

impl HandbackReason {
    /// The reasons a clerk may choose.
    pub const CHOICES: [Self; 4] =
        [Self::NoAgreement, Self::Expired, Self::Unreachable, Self::ConsumerAsks];

    /// The word on the wire.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoAgreement => "no_agreement",
            Self::Expired => "expired",
            Self::Unreachable => "unreachable",
            Self::ConsumerAsks => "consumer_asks",
            Self::RejectionUpheld => "rejection_upheld",
        }
    }

    /// The official word.
    #[must_use]
    pub const fn label_zh(self) -> &'static str {
        match self {
            Self::NoAgreement => "协商不成",
            Self::Expired => "逾期未达成和解",
            Self::Unreachable => "联系不到消费者",
            Self::ConsumerAsks => "消费者要求行政处理",
            Self::RejectionUpheld => "中心复核：同意退回",
        }
    }
}

/// A step that the center is told of (回传).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReportKind {
    /// 已受理
    Accepted,
    /// 已联系
    Contacted,
    /// 已提出方案
    Offered,
    /// 方案未被接受
    Declined,
    /// 已和解
    Settled,
    /// 已履行
    Performed,
    /// 未按约履行
    Breached,
    /// 办结
    Closed,
    /// 非本单位等
    Rejected,
    /// 退回
    HandedBack,
    /// 已撤诉
    Withdrawn,
    /// 已删除个人信息
    Erased,
}

impl ReportKind {
    /// Every kind.
    pub const ALL: [Self; 12] = [
        Self::Accepted,
        Self::Contacted,
        Self::Offered,
        Self::Declined,
        Self::Settled,
        Self::Performed,
        Self::Breached,
        Self::Closed,
        Self::Rejected,
        Self::HandedBack,
        Self::Withdrawn,
        Self::Erased,
    ];

    /// The word on the wire.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Contacted => "contacted",
            Self::Offered => "offered",
            Self::Declined => "declined",
            Self::Settled => "settled",
            Self::Performed => "performed",
            Self::Breached => "breached",
            Self::Closed => "closed",
            Self::Rejected => "rejected",
            Self::HandedBack => "handed_back",
            Self::Withdrawn => "withdrawn",
            Self::Erased => "erased",
        }
    }

    /// The kind with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// The word a clerk reads.
    #[must_use]
    pub const fn label_zh(self) -> &'static str {
        match self {
            Self::Accepted => "已受理",
            Self::Contacted => "已联系消费者",
            Self::Offered => "已提出和解方案",
            Self::Declined => "方案未被接受",
            Self::Settled => "已和解",
            Self::Performed => "已履行",
            Self::Breached => "未按约履行",
            Self::Closed => "办结",
            Self::Rejected => "申请退回（非本单位等）",
            Self::HandedBack => "退回",
            Self::Withdrawn => "消费者撤诉",
            Self::Erased => "个人信息已删除",
        }
    }
}

/// What happened. Facts only: words that people wrote ride beside it as [`Private`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "data", rename_all = "snake_case", deny_unknown_fields)]
pub enum Event {
    /// 分流: consent verified, complaint kept, receipt given.
    Received {
        /// When the center diverted it.
        diverted_at: Timestamp,
        /// How often this consumer came before.
        repeat: u32,
        /// The clocks that start now.
        clocks: Vec<Clock>,
    },
    /// 首问受理: one person answers for it from now on.
    Accepted {
        /// That person.
        first_responder: Pseudonym,
    },
    /// A contact attempt.
    Contacted {
        /// How.
        method: ContactMethod,
        /// With what result.
        result: ContactResult,
    },
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
    /// The consumer accepted: settled, to be performed.
    Settled {
        /// The offer.
        offer_id: OfferId,
        /// The clock of performance.
        clock: Clock,
    },
    /// The consumer declined.
    OfferDeclined {
        /// The offer.
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
    RejectionOverturned {},
    /// 退回: the dossier is on its way.
    HandedBack {
        /// Why.
        reason: HandbackReason,
    },
    /// The center has the dossier.
    HandbackAcknowledged {},
    /// 消费者撤诉
    Withdrawn {},
    /// Consent withdrawn: the case key is destroyed with this event.
    Erased {},
    /// 催办
    Urged {},
    /// 督办
    Supervised {
        /// By when the center wants an answer.
        #[serde(with = "iso_date")]
        reply_by: Date,
    },
    /// The consumer or the center added something.
    Supplemented {},
    /// 评价
    Rated {
        /// 1 to 5.
        stars: u8,
    },
    /// The consumer reopened it through the center.
    Reopened {
        /// The new settlement clock.
        clock: Clock,
    },
    /// A notice of a kind this version does not know; kept and shown.
    NoticeKept {},
    /// A sealed field was shown to somebody.
    Revealed {
        /// The fields.
        fields: Vec<String>,
    },
    /// The center's receipt for a report is here.
    Reported {
        /// The report.
        report_id: ReportId,
        /// What it told.
        report: ReportKind,
    },
}

impl Event {
    /// The event's kind as leaves write it.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Received { .. } => "received",
            Self::Accepted { .. } => "accepted",
            Self::Contacted { .. } => "contacted",
            Self::OfferDrafted { .. } => "offer_drafted",
            Self::Offered { .. } => "offered",
            Self::OfferSentBack { .. } => "offer_sent_back",
            Self::Settled { .. } => "settled",
            Self::OfferDeclined { .. } => "offer_declined",
            Self::OfferExpired { .. } => "offer_expired",
            Self::Performed { .. } => "performed",
            Self::Closed { .. } => "closed",
            Self::Breached { .. } => "breached",
            Self::Rejected { .. } => "rejected",
            Self::RejectionOverturned {} => "rejection_overturned",
            Self::HandedBack { .. } => "handed_back",
            Self::HandbackAcknowledged {} => "handback_acknowledged",
            Self::Withdrawn {} => "withdrawn",
            Self::Erased {} => "erased",
            Self::Urged {} => "urged",
            Self::Supervised { .. } => "supervised",
            Self::Supplemented {} => "supplemented",
            Self::Rated { .. } => "rated",
            Self::Reopened { .. } => "reopened",
            Self::NoticeKept {} => "notice_kept",
            Self::Revealed { .. } => "revealed",
            Self::Reported { .. } => "reported",
        }
    }

    /// The action that led to this event on this case; none where it only follows another event
    /// of the same decision.
    #[must_use]
    pub const fn action(&self, case: &Case) -> Option<Action> {
        Some(match self {
            Self::Received { .. } | Self::Closed { .. } | Self::HandbackAcknowledged {} => {
                return None;
            }
            Self::Accepted { .. } => Action::Accept,
            Self::Contacted { .. } => Action::Contact,
            Self::OfferDrafted { .. } => Action::Offer,
            Self::Offered { .. } => match case.state {
                CaseState::AwaitingApproval { .. } => Action::Approve,
                _ => Action::Offer,
            },
            Self::OfferSentBack { .. } => Action::SendBack,
            Self::Settled { .. } | Self::OfferDeclined { .. } => Action::Answer,
            Self::OfferExpired { .. } => Action::ExpireOffer,
            Self::Performed { .. } => Action::Perform,
            Self::Breached { .. } => Action::Breach,
            Self::Rejected { .. } => Action::Reject,
            Self::RejectionOverturned {}
            | Self::HandedBack { reason: HandbackReason::RejectionUpheld } => Action::Review,
            Self::HandedBack { .. } => Action::HandBack,
            Self::Withdrawn {} => Action::Withdraw,
            Self::Erased {} => Action::WithdrawConsent,
            Self::Urged {} => Action::Urge,
            Self::Supervised { .. } => Action::Supervise,
            Self::Supplemented {} => Action::Supplement,
            Self::Rated { .. } => Action::Rate,
            Self::Reopened { .. } => Action::Reopen,
            Self::NoticeKept {} => Action::KeepNotice,
            Self::Revealed { .. } => Action::Reveal,
            Self::Reported { .. } => Action::RecordReceipt,
        })
    }

    /// Whether a clerk who has not seen this event should look again before acting.
    ///
    /// Receipts and readings change nothing that a decision rests on.
    #[must_use]
    pub const fn is_material(&self) -> bool {
        match self {
            Self::Reported { .. }
            | Self::Revealed { .. }
            | Self::HandbackAcknowledged {}
            | Self::Rated { .. } => false,
            Self::Received { .. }
            | Self::Accepted { .. }
            | Self::Contacted { .. }
            | Self::OfferDrafted { .. }
            | Self::Offered { .. }
            | Self::OfferSentBack { .. }
            | Self::Settled { .. }
            | Self::OfferDeclined { .. }
            | Self::OfferExpired { .. }
            | Self::Performed { .. }
            | Self::Closed { .. }
            | Self::Breached { .. }
            | Self::Rejected { .. }
            | Self::RejectionOverturned {}
            | Self::HandedBack { .. }
            | Self::Withdrawn {}
            | Self::Erased {}
            | Self::Urged {}
            | Self::Supervised { .. }
            | Self::Supplemented {}
            | Self::Reopened { .. }
            | Self::NoticeKept {} => true,
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
