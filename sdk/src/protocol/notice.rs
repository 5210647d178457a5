//! Notices: what a center tells us about a complaint it has diverted.
//!
//! The envelope is fixed; a `kind` this version does not know is kept, not refused.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::complaint::FieldError;
use super::strict_json;
use crate::case::Terms;
use crate::ids::{OfferId, ReportId};
use crate::time::{Date, Timestamp, iso_date};

/// A notice (通知), parsed.
#[derive(Clone)]
pub struct Notice {
    /// The center's id for it; makes it idempotent.
    pub notice_id: String,
    /// When the center wrote it.
    pub at: Timestamp,
    /// What it says.
    pub kind: NoticeKind,
}

/// What a notice says. Words in it are personal, so there is no `Debug`.
#[derive(Clone)]
pub enum NoticeKind {
    /// 催办
    Urge,
    /// 督办
    Supervise {
        /// By when the center wants an answer.
        reply_by: Date,
    },
    /// 补充
    Supplement {
        /// What.
        text: String,
    },
    /// 撤诉
    ComplaintWithdrawn {
        /// In words.
        reason: Option<String>,
    },
    /// 撤回同意
    ConsentWithdrawn,
    /// 消费者答复
    OfferAnswer {
        /// To which offer.
        offer_id: OfferId,
        /// Yes or no.
        accepted: bool,
        /// In words.
        text: Option<String>,
    },
    /// 消费者另提方案
    CounterOffer {
        /// To which offer.
        offer_id: OfferId,
        /// What the consumer proposes.
        terms: Box<Terms>,
        /// In words.
        text: String,
    },
    /// 消费者反映未按约履行
    Breach {
        /// What happened.
        reason: String,
    },
    /// 延期答复
    ExtensionAnswer {
        /// Which request it answers: the id of its report; none for the one that waits.
        report_id: Option<ReportId>,
        /// Whether the center grants what was asked.
        granted: bool,
        /// In words.
        text: Option<String>,
    },
    /// 复核
    RejectionReview {
        /// Whether the center agrees with the rejection.
        upheld: bool,
        /// In words.
        text: Option<String>,
    },
    /// 评价
    Rating {
        /// 1 to 5.
        stars: u8,
        /// In words.
        text: Option<String>,
    },
    /// 重新办理
    Reopen {
        /// Why.
        reason: String,
    },
    /// 诉转案: the center opened a case of its own about it. Nothing for us to do; it is counted.
    CaseFiled,
    /// A kind this version does not know.
    Unknown,
}

/// The envelope on the wire.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = Notice))]
pub struct NoticeEnvelope {
    /// The center's id for it: 8 to 128 of `A–Z a–z 0–9 - _ .`.
    #[cfg_attr(feature = "openapi", schema(pattern = "^[A-Za-z0-9._-]{8,128}$"))]
    pub notice_id: String,
    /// `urge` `supervise` `supplement` `complaint_withdrawn` `consent_withdrawn` `offer_answer`
    /// `counter_offer` `breach` `extension_answer` `rejection_review` `rating` `reopen` `case_filed`; others
    /// are kept.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 64))]
    pub kind: String,
    /// When the center wrote it.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub at: Timestamp,
    /// What belongs to the kind.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub detail: Box<RawValue>,
}

#[derive(Deserialize)]
struct SuperviseDetail {
    #[serde(with = "iso_date")]
    reply_by: Date,
}

#[derive(Deserialize)]
struct TextDetail {
    text: String,
}

#[derive(Deserialize)]
struct WithdrawnDetail {
    #[serde(default)]
    reason: Option<String>,
}

#[derive(Deserialize)]
struct AnswerDetail {
    offer_id: OfferId,
    accepted: bool,
    #[serde(default)]
    text: Option<String>,
}

#[derive(Deserialize)]
struct CounterDetail {
    offer_id: OfferId,
    terms: Terms,
    text: String,
}

#[derive(Deserialize)]
struct ExtensionDetail {
    #[serde(default)]
    report_id: Option<ReportId>,
    granted: bool,
    #[serde(default)]
    text: Option<String>,
}

#[derive(Deserialize)]
struct ReviewDetail {
    upheld: bool,
    #[serde(default)]
    text: Option<String>,
}

#[derive(Deserialize)]
struct RatingDetail {
    stars: u8,
    #[serde(default)]
    text: Option<String>,
}

#[derive(Deserialize)]
struct ReasonDetail {
    reason: String,
}

#[derive(Deserialize)]
struct EmptyDetail {}

impl Notice {
    /// Parses the body of a notice.
    ///
    /// # Errors
    /// The first field that cannot be used.
    pub fn parse(body: &[u8]) -> Result<Self, FieldError> {
        let envelope: NoticeEnvelope = strict_json::parse_object(body)?;
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
        let id = &envelope.notice_id;
        if !(8..=128).contains(&id.len()) || !id.bytes().all(allowed) {
            let problem = "give 8 to 128 letters, digits, - _ or .";
            return Err(FieldError::Field { field: "notice_id", problem });
        }
        if !(1..=64).contains(&envelope.kind.chars().count()) {
            return Err(FieldError::Field { field: "kind", problem: "give 1 to 64 characters" });
        }
        let kind = parse_kind(&envelope.kind, envelope.detail.get().as_bytes())?;
        check_texts(&kind)?;
        Ok(Self { notice_id: envelope.notice_id, at: envelope.at, kind })
    }
}

fn parse_kind(kind: &str, detail: &[u8]) -> Result<NoticeKind, FieldError> {
    Ok(match kind {
        "urge" => {
            strict_json::parse_object::<EmptyDetail>(detail)?;
            NoticeKind::Urge
        }
        "supervise" => {
            let SuperviseDetail { reply_by } = strict_json::parse_object(detail)?;
            NoticeKind::Supervise { reply_by }
        }
        "supplement" => {
            let TextDetail { text } = strict_json::parse_object(detail)?;
            NoticeKind::Supplement { text }
        }
        "complaint_withdrawn" => {
            let WithdrawnDetail { reason } = strict_json::parse_object(detail)?;
            NoticeKind::ComplaintWithdrawn { reason }
        }
        "consent_withdrawn" => {
            strict_json::parse_object::<EmptyDetail>(detail)?;
            NoticeKind::ConsentWithdrawn
        }
        "offer_answer" => {
            let AnswerDetail { offer_id, accepted, text } = strict_json::parse_object(detail)?;
            NoticeKind::OfferAnswer { offer_id, accepted, text }
        }
        // Terms that this version cannot keep are no reason to lose what the consumer said: such a
        // notice is kept and shown like one of an unknown kind.
        "counter_offer" => match strict_json::parse_object(detail) {
            Ok(CounterDetail { offer_id, terms, text }) => {
                NoticeKind::CounterOffer { offer_id, terms: Box::new(terms), text }
            }
            Err(_) => NoticeKind::Unknown,
        },
        "breach" => {
            let ReasonDetail { reason } = strict_json::parse_object(detail)?;
            NoticeKind::Breach { reason }
        }
        "extension_answer" => {
            let ExtensionDetail { report_id, granted, text } = strict_json::parse_object(detail)?;
            NoticeKind::ExtensionAnswer { report_id, granted, text }
        }
        "rejection_review" => {
            let ReviewDetail { upheld, text } = strict_json::parse_object(detail)?;
            NoticeKind::RejectionReview { upheld, text }
        }
        "rating" => {
            let RatingDetail { stars, text } = strict_json::parse_object(detail)?;
            NoticeKind::Rating { stars, text }
        }
        "reopen" => {
            let ReasonDetail { reason } = strict_json::parse_object(detail)?;
            NoticeKind::Reopen { reason }
        }
        // What else it says is the center's matter, and is kept as it came.
        "case_filed" => NoticeKind::CaseFiled,
        _ => NoticeKind::Unknown,
    })
}

/// Optional words are checked here; the rules check the ones they require.
fn check_texts(kind: &NoticeKind) -> Result<(), FieldError> {
    let words = match kind {
        NoticeKind::ComplaintWithdrawn { reason } => reason.as_deref(),
        NoticeKind::OfferAnswer { text, .. }
        | NoticeKind::ExtensionAnswer { text, .. }
        | NoticeKind::RejectionReview { text, .. }
        | NoticeKind::Rating { text, .. } => text.as_deref(),
        NoticeKind::Supplement { text } | NoticeKind::CounterOffer { text, .. } => {
            Some(text.as_str())
        }
        NoticeKind::Reopen { reason } | NoticeKind::Breach { reason } => Some(reason.as_str()),
        NoticeKind::Urge
        | NoticeKind::Supervise { .. }
        | NoticeKind::ConsentWithdrawn
        | NoticeKind::CaseFiled
        | NoticeKind::Unknown => None,
    };
    if words.is_some_and(|words| words.chars().count() > 4000) {
        let problem = "write at most 4000 characters";
        return Err(FieldError::Field { field: "detail", problem });
    }
    Ok(())
}

/// What we did with a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum NoticeOutcome {
    /// It took effect.
    Applied,
    /// Its kind is new to us: it is kept and shown to the clerk.
    Kept,
}

/// The answer to a notice; the same notice again gets the same answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NoticeAnswer {
    /// The notice.
    pub notice_id: String,
    /// The case's state after it.
    pub state: crate::case::StateName,
    /// What we did with it.
    pub outcome: NoticeOutcome,
}
