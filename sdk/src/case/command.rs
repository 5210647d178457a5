//! Commands: what somebody wants to do to a case. Imperative where events are past.

use serde::{Deserialize, Serialize};

use super::event::{HandbackReason, RejectionReason, ReportKind};
use super::offer::Terms;
use crate::codes::Outcome;
use crate::ids::{OfferId, ReportId};
use crate::money::Fen;
use crate::privacy::Personal;
use crate::time::{Date, Timestamp};

/// How the consumer was contacted (协商方式).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ContactMethod {
    /// 电话
    Phone,
    /// 短信
    Sms,
    /// 网络
    Online,
    /// 现场
    OnSite,
    /// 信函
    Letter,
}

impl ContactMethod {
    /// Every method.
    pub const ALL: [Self; 5] = [Self::Phone, Self::Sms, Self::Online, Self::OnSite, Self::Letter];

    /// The word on the wire.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Sms => "sms",
            Self::Online => "online",
            Self::OnSite => "on_site",
            Self::Letter => "letter",
        }
    }

    /// The official word.
    #[must_use]
    pub const fn label_zh(self) -> &'static str {
        match self {
            Self::Phone => "电话",
            Self::Sms => "短信",
            Self::Online => "网络",
            Self::OnSite => "现场",
            Self::Letter => "信函",
        }
    }
}

/// What came of a contact attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ContactResult {
    /// 已联系上
    Reached,
    /// 未联系上
    Unreachable,
}

impl ContactResult {
    /// The official word.
    #[must_use]
    pub const fn label_zh(self) -> &'static str {
        match self {
            Self::Reached => "已联系上",
            Self::Unreachable => "未联系上",
        }
    }
}

/// What a closing must say (domain: 处理时间 · 协商过程 · 协商方式 · 协商结果; the time is the event's).
#[derive(Clone, Debug)]
pub struct Closing {
    /// How it ended.
    pub outcome: Outcome,
    /// 协商方式
    pub method: ContactMethod,
    /// 协商过程
    pub process: Personal<String>,
    /// 协商结果
    pub result: Personal<String>,
    /// 挽回经济损失, in fen.
    pub recovered_fen: Fen,
}

/// What a diversion brings, once its consent is verified.
#[derive(Clone, Debug)]
pub struct Intake {
    /// When the center diverted it.
    pub diverted_at: Timestamp,
    /// How often this consumer came before.
    pub repeat: u32,
    /// The center's number.
    pub complaint_no: Personal<String>,
    /// The complaint as received, byte for byte.
    pub body: Personal<String>,
}

/// What somebody wants to do to a case that exists.
#[derive(Clone, Debug)]
pub enum Command {
    /// Answer for it as first responder.
    Accept,
    /// Record a contact attempt.
    Contact {
        /// How.
        method: ContactMethod,
        /// With what result.
        result: ContactResult,
        /// What was said.
        note: Personal<String>,
    },
    /// Propose terms.
    Offer {
        /// A fresh id.
        offer_id: OfferId,
        /// The terms.
        terms: Terms,
        /// Until when the consumer may answer.
        answer_by: Date,
        /// The offer in words.
        text: Personal<String>,
    },
    /// Approve the draft that waits.
    Approve,
    /// Send the draft back.
    SendBack {
        /// Why.
        reason: Personal<String>,
    },
    /// The consumer's answer.
    Answer {
        /// To which offer.
        offer_id: OfferId,
        /// Yes or no.
        accepted: bool,
        /// In the consumer's words.
        text: Option<Personal<String>>,
    },
    /// Note that the offer's time is over.
    ExpireOffer,
    /// The promise was kept; close.
    Perform {
        /// What shows it.
        proof: Personal<String>,
        /// The closing record.
        closing: Closing,
    },
    /// The promise was not kept.
    Breach {
        /// What happened.
        reason: Personal<String>,
    },
    /// Say that it is not ours.
    Reject {
        /// Why.
        reason: RejectionReason,
        /// In words.
        text: Personal<String>,
    },
    /// The center's review of our rejection.
    Review {
        /// Whether it agrees with us.
        upheld: bool,
        /// In words.
        text: Option<Personal<String>>,
    },
    /// Return the case with its dossier.
    HandBack {
        /// Why.
        reason: HandbackReason,
        /// What was tried.
        summary: Personal<String>,
    },
    /// The consumer withdraws the complaint.
    Withdraw {
        /// In words.
        reason: Option<Personal<String>>,
    },
    /// The consumer withdraws the consent.
    WithdrawConsent,
    /// 催办
    Urge,
    /// 督办
    Supervise {
        /// By when.
        reply_by: Date,
    },
    /// Something more from the consumer or the center.
    Supplement {
        /// What.
        text: Personal<String>,
    },
    /// 评价
    Rate {
        /// 1 to 5.
        stars: u8,
        /// In words.
        text: Option<Personal<String>>,
    },
    /// Reopen a closed case.
    Reopen {
        /// Why.
        reason: Personal<String>,
    },
    /// Keep a notice that this version does not understand.
    KeepNotice {
        /// The notice as received.
        raw: Personal<String>,
    },
    /// Show sealed fields to somebody.
    Reveal {
        /// Which.
        fields: Vec<String>,
        /// Why.
        reason: Personal<String>,
    },
    /// Note the center's receipt for a report.
    RecordReceipt {
        /// The report.
        report_id: ReportId,
        /// What it told.
        report: ReportKind,
        /// The receipt.
        receipt: Personal<String>,
    },
}

impl Command {
    /// The action that must be allowed for it.
    #[must_use]
    pub const fn action(&self) -> Action {
        match self {
            Self::Accept => Action::Accept,
            Self::Contact { .. } => Action::Contact,
            Self::Offer { .. } => Action::Offer,
            Self::Approve => Action::Approve,
            Self::SendBack { .. } => Action::SendBack,
            Self::Answer { .. } => Action::Answer,
            Self::ExpireOffer => Action::ExpireOffer,
            Self::Perform { .. } => Action::Perform,
            Self::Breach { .. } => Action::Breach,
            Self::Reject { .. } => Action::Reject,
            Self::Review { .. } => Action::Review,
            Self::HandBack { .. } => Action::HandBack,
            Self::Withdraw { .. } => Action::Withdraw,
            Self::WithdrawConsent => Action::WithdrawConsent,
            Self::Urge => Action::Urge,
            Self::Supervise { .. } => Action::Supervise,
            Self::Supplement { .. } => Action::Supplement,
            Self::Rate { .. } => Action::Rate,
            Self::Reopen { .. } => Action::Reopen,
            Self::KeepNotice { .. } => Action::KeepNotice,
            Self::Reveal { .. } => Action::Reveal,
            Self::RecordReceipt { .. } => Action::RecordReceipt,
        }
    }
}

macro_rules! actions {
    ($($(#[$doc:meta])* $variant:ident, $code:literal, $label:literal;)*) => {
        /// A command without its particulars: what the permission tables and the views speak of.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Action { $($(#[$doc])* $variant,)* }

        impl Action {
            /// Every action.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The stable word in the API and in refusals.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The word on a button.
            #[must_use]
            pub const fn label_zh(self) -> &'static str {
                match self { $(Self::$variant => $label,)* }
            }

            /// The action with this code.
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|action| action.code() == code)
            }
        }
    };
}

actions! {
    /// 受理
    Accept, "accept", "受理";
    /// 联系消费者
    Contact, "contact", "登记联系";
    /// 提出方案
    Offer, "offer", "提出和解方案";
    /// 审核通过
    Approve, "approve", "审核通过";
    /// 审核退回
    SendBack, "send_back", "审核退回";
    /// 消费者答复
    Answer, "answer", "消费者答复";
    /// 方案到期
    ExpireOffer, "expire_offer", "方案到期";
    /// 履行并办结
    Perform, "perform", "履行完成并办结";
    /// 未按约履行
    Breach, "breach", "登记未按约履行";
    /// 申请退回（非本单位等）
    Reject, "reject", "非本单位等";
    /// 中心复核
    Review, "review", "中心复核";
    /// 退回
    HandBack, "hand_back", "退回12315中心";
    /// 撤诉
    Withdraw, "withdraw", "消费者撤诉";
    /// 撤回同意
    WithdrawConsent, "withdraw_consent", "撤回同意";
    /// 催办
    Urge, "urge", "催办";
    /// 督办
    Supervise, "supervise", "督办";
    /// 补充
    Supplement, "supplement", "补充材料";
    /// 评价
    Rate, "rate", "评价";
    /// 重新办理
    Reopen, "reopen", "重新办理";
    /// 新类通知
    KeepNotice, "keep_notice", "新类通知";
    /// 显示个人信息
    Reveal, "reveal", "显示个人信息";
    /// 登记回执
    RecordReceipt, "record_receipt", "登记回执";
}
