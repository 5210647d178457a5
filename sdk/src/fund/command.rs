//! What somebody wants to do to the fund.

use serde::{Deserialize, Serialize};

use super::event::ProposalKind;
use super::evidence::Media;
use crate::case::words;
use crate::ids::{AdvanceId, ProposalId, Pseudonym, TenantId};
use crate::money::Fen;
use crate::time::Date;

/// The four preconditions of an advance, each confirmed by whoever asks (domain 4.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Grounds {
    /// 事实清楚
    pub facts_clear: bool,
    /// 证据充分
    pub evidence_sufficient: bool,
    /// 依据明确
    pub basis_definite: bool,
    /// 消费者无过错
    pub consumer_without_fault: bool,
}

impl Grounds {
    /// All four.
    pub const ALL: Self = Self {
        facts_clear: true,
        evidence_sufficient: true,
        basis_definite: true,
        consumer_without_fault: true,
    };

    /// Whether all four are confirmed.
    #[must_use]
    pub const fn are_met(self) -> bool {
        self.facts_clear
            && self.evidence_sufficient
            && self.basis_definite
            && self.consumer_without_fault
    }
}

/// That and how the consumer was paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paid {
    /// How much; less than was asked for where the provider paid in part.
    pub fen: Fen,
    /// The day it counts.
    pub effective_on: Date,
    /// The provider's number, or the bank slip's.
    pub reference: String,
}

/// Money that came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// How much.
    pub fen: Fen,
    /// The day it counts.
    pub effective_on: Date,
    /// The number of the bank's slip.
    pub reference: String,
}

/// What somebody wants to do to the fund.
#[derive(Clone, Debug)]
pub enum FundCommand {
    /// 投入
    Contribute(Received),
    /// 缴存保证金
    ReceiveDeposit {
        /// Whose.
        tenant: TenantId,
        /// What came.
        received: Received,
    },
    /// 申请先付
    Request {
        /// A fresh id.
        advance: AdvanceId,
        /// The stream of the case.
        case: Pseudonym,
        /// Whose fault it is.
        tenant: Option<TenantId>,
        /// How much.
        fen: Fen,
        /// What was confirmed.
        grounds: Grounds,
    },
    /// 审核通过
    Approve,
    /// 审核不通过
    Decline,
    /// 撤回
    Cancel,
    /// Note that nobody paid in time.
    Expire,
    /// Hand it to a provider; to be durable before the provider is called.
    Submit {
        /// Which.
        provider: String,
    },
    /// Note that the consumer was paid: by the provider's answer, or a cashier's evidence.
    ConfirmPaid(Paid),
    /// Note that the consumer was not paid and will not be.
    ConfirmRefused {
        /// Why, as a code: letters, digits, `_`.
        cause: String,
    },
    /// Note that nobody knows.
    LoseTrack,
    /// 消费者签收
    Sign {
        /// The number of the paper.
        paper_no: String,
    },
    /// 添加凭证照片: of a slip, or of the receipt that was signed.
    AddEvidence {
        /// SHA-256 of the picture, hexadecimal.
        sha256: String,
        /// What it is.
        media: Media,
        /// How large, in bytes.
        bytes: u32,
    },
    /// 退汇: the bank gave back what was paid; the consumer has nothing.
    Bounce(Received),
    /// 扣划保证金: what the tenant owes is taken out of what its deposit holds by now.
    Draw,
    /// 商户缴还
    ReceiveRecourse(Received),
    /// Note that the day of a top-up passed.
    NoteTopUpOverdue,
    /// The statement shows a payment.
    Clear {
        /// The line.
        received: Received,
    },
    /// Ask another person for something that needs two.
    Propose {
        /// A fresh id.
        proposal: ProposalId,
        /// What.
        kind: ProposalKind,
    },
    /// 同意: and it is done.
    ApproveProposal {
        /// The day it counts.
        effective_on: Date,
    },
    /// 不同意
    DeclineProposal,
    /// 公布保证金协议办法 (电商法 Art. 58): a new version of the text.
    Adopt {
        /// SHA-256 of the text, hexadecimal.
        digest: String,
        /// From this day on.
        effective_from: Date,
    },
    /// 日终核对
    Assert {
        /// The day that ends.
        on: Date,
    },
}

words! {
    /// A command without its particulars.
    pub enum FundAction {
        /// 投入
        Contribute = "contribute", "登记投入";
        /// 缴存保证金
        ReceiveDeposit = "receive_deposit", "登记缴存保证金";
        /// 申请先付
        Request = "request", "申请先行赔付";
        /// 审核通过
        Approve = "approve", "审核通过";
        /// 审核不通过
        Decline = "decline", "审核不通过";
        /// 撤回
        Cancel = "cancel", "撤回先付";
        /// 逾期释放
        Expire = "expire", "逾期释放";
        /// 提交付款
        Submit = "submit", "提交付款";
        /// 确认已付
        ConfirmPaid = "confirm_paid", "确认已付";
        /// 确认未付
        ConfirmRefused = "confirm_refused", "确认未付";
        /// 结果不明
        LoseTrack = "lose_track", "结果不明";
        /// 消费者签收
        Sign = "sign", "登记消费者签收";
        /// 添加凭证照片
        AddEvidence = "add_evidence", "添加凭证照片";
        /// 退汇
        Bounce = "bounce", "登记退汇";
        /// 扣划保证金
        Draw = "draw", "扣划保证金";
        /// 商户缴还
        ReceiveRecourse = "receive_recourse", "登记商户缴还";
        /// 逾期未补足
        NoteTopUpOverdue = "note_top_up_overdue", "记录逾期未补足";
        /// 对账
        Clear = "clear", "银行对账";
        /// 提出
        Propose = "propose", "提出须双人审核的事项";
        /// 同意
        ApproveProposal = "approve_proposal", "同意并入账";
        /// 不同意
        DeclineProposal = "decline_proposal", "不同意";
        /// 公布保证金协议办法
        Adopt = "adopt", "公布保证金协议办法";
        /// 日终核对
        Assert = "assert", "日终核对";
    }
}

impl FundCommand {
    /// The slip of money that came in, or of a line of the statement: booked once.
    #[must_use]
    pub fn slip(&self) -> Option<(&'static str, &str)> {
        match self {
            Self::Contribute(received)
            | Self::ReceiveDeposit { received, .. }
            | Self::ReceiveRecourse(received)
            | Self::Bounce(received) => Some(("in", received.reference.trim())),
            Self::Clear { received } => Some(("out", received.reference.trim())),
            _ => None,
        }
    }

    /// The action that must be allowed for it.
    #[must_use]
    pub const fn action(&self) -> FundAction {
        match self {
            Self::Contribute(_) => FundAction::Contribute,
            Self::ReceiveDeposit { .. } => FundAction::ReceiveDeposit,
            Self::Request { .. } => FundAction::Request,
            Self::Approve => FundAction::Approve,
            Self::Decline => FundAction::Decline,
            Self::Cancel => FundAction::Cancel,
            Self::Expire => FundAction::Expire,
            Self::Submit { .. } => FundAction::Submit,
            Self::ConfirmPaid(_) => FundAction::ConfirmPaid,
            Self::ConfirmRefused { .. } => FundAction::ConfirmRefused,
            Self::LoseTrack => FundAction::LoseTrack,
            Self::Sign { .. } => FundAction::Sign,
            Self::AddEvidence { .. } => FundAction::AddEvidence,
            Self::Bounce(_) => FundAction::Bounce,
            Self::Draw => FundAction::Draw,
            Self::ReceiveRecourse(_) => FundAction::ReceiveRecourse,
            Self::NoteTopUpOverdue => FundAction::NoteTopUpOverdue,
            Self::Clear { .. } => FundAction::Clear,
            Self::Propose { .. } => FundAction::Propose,
            Self::ApproveProposal { .. } => FundAction::ApproveProposal,
            Self::DeclineProposal => FundAction::DeclineProposal,
            Self::Adopt { .. } => FundAction::Adopt,
            Self::Assert { .. } => FundAction::Assert,
        }
    }
}
