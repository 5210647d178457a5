//! What happens to the fund, as facts without personal data: leaves of the stream `fund`. Every event
//! says its own postings ([`FundEvent::moves`]); there is no other way for money to move.

use serde::{Deserialize, Serialize};

use super::account::Account;
use super::command::Grounds;
use super::evidence::Media;
use super::ledger::Move;
use crate::case::{Actor, PaperNo};
use crate::ids::{AdvanceId, ProposalId, Pseudonym, TenantId};
use crate::money::Fen;
use crate::time::{Date, Timestamp, iso_date};

/// Something that needs two people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case", deny_unknown_fields)]
pub enum ProposalKind {
    /// 核销: what a tenant owes for an advance becomes the host's loss.
    WriteOff {
        /// For which advance.
        advance: AdvanceId,
        /// How much, in fen.
        fen: Fen,
    },
    /// 退还保证金, under the agreement with the tenant (电商法 Art. 58).
    ReturnDeposit {
        /// Whose.
        tenant: TenantId,
        /// How much, in fen.
        fen: Fen,
    },
    /// 提取: the host takes its own money out of the fund.
    ReturnPool {
        /// How much, in fen.
        fen: Fen,
    },
    /// 冲正: an entry that was wrong, undone by its opposite.
    Reverse {
        /// The number of the entry in the stream `fund`.
        n: u64,
        /// Its moves.
        moves: Vec<Move>,
    },
}

/// What happened. `effective_on` is the day on which it counts (记账日期), `at` of its leaf the
/// instant at which it was written down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "data", rename_all = "snake_case", deny_unknown_fields)]
pub enum FundEvent {
    /// 投入: the host pays into the fund.
    Contributed {
        /// How much.
        fen: Fen,
        /// The day it counts.
        #[serde(with = "iso_date")]
        effective_on: Date,
        /// The number of the bank's slip.
        reference: String,
    },
    /// 提取
    PoolReturned {
        /// How much.
        fen: Fen,
        /// The day it counts.
        #[serde(with = "iso_date")]
        effective_on: Date,
        /// What two people decided.
        proposal: ProposalId,
    },
    /// 缴存保证金
    DepositReceived {
        /// Whose.
        tenant: TenantId,
        /// How much.
        fen: Fen,
        /// The day it counts.
        #[serde(with = "iso_date")]
        effective_on: Date,
        /// The number of the bank's slip.
        reference: String,
        /// The version of the agreement in force.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        agreement: Option<u32>,
    },
    /// 退还保证金
    DepositReturned {
        /// Whose.
        tenant: TenantId,
        /// How much.
        fen: Fen,
        /// The day it counts.
        #[serde(with = "iso_date")]
        effective_on: Date,
        /// What two people decided.
        proposal: ProposalId,
        /// The version of the agreement in force.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        agreement: Option<u32>,
    },
    /// 申请先付: 事实清楚、证据充分、依据明确、消费者无过错, each confirmed by whoever asks.
    AdvanceRequested {
        /// Which.
        advance: AdvanceId,
        /// The stream of its case.
        case: Pseudonym,
        /// Whose fault it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tenant: Option<TenantId>,
        /// How much.
        fen: Fen,
        /// What was confirmed.
        grounds: Grounds,
    },
    /// 审核通过; the last one that is needed reserves the money.
    AdvanceApproved {
        /// Which.
        advance: AdvanceId,
        /// What is reserved with it: everything, or nothing yet.
        reserved_fen: Fen,
    },
    /// 审核未通过
    AdvanceDeclined {
        /// Which.
        advance: AdvanceId,
    },
    /// 撤回
    AdvanceCancelled {
        /// Which.
        advance: AdvanceId,
        /// What was reserved.
        released_fen: Fen,
    },
    /// 逾期未付
    AdvanceExpired {
        /// Which.
        advance: AdvanceId,
        /// What was reserved.
        released_fen: Fen,
    },
    /// 提交付款. Written before the provider is called.
    AdvanceSubmitted {
        /// Which; the provider's key.
        advance: AdvanceId,
        /// To whom.
        provider: String,
        /// How much.
        fen: Fen,
    },
    /// 结果不明
    AdvanceUnknown {
        /// Which.
        advance: AdvanceId,
    },
    /// 已付款
    AdvancePaid {
        /// Which.
        advance: AdvanceId,
        /// Who owes it now; the host itself if nobody.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tenant: Option<TenantId>,
        /// How much the consumer got.
        paid_fen: Fen,
        /// What was not paid and is free again.
        released_fen: Fen,
        /// The day it counts.
        #[serde(with = "iso_date")]
        effective_on: Date,
        /// The provider's number, or the bank slip's.
        reference: String,
    },
    /// 付款未成
    AdvanceRefused {
        /// Which.
        advance: AdvanceId,
        /// What is free again.
        released_fen: Fen,
        /// Why, as a code.
        cause: String,
    },
    /// 退汇: the bank gave it back. What had come back for it goes to the tenant's deposit, what was
    /// owed is owed no more, what was written off is no loss.
    AdvanceBounced {
        /// Which.
        advance: AdvanceId,
        /// Who was liable.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tenant: Option<TenantId>,
        /// What came back from the bank: all that was paid.
        fen: Fen,
        /// What the tenant had paid for it.
        recovered_fen: Fen,
        /// What was written off.
        written_off_fen: Fen,
        /// The day it counts.
        #[serde(with = "iso_date")]
        effective_on: Date,
        /// The number of the bank's slip.
        reference: String,
    },
    /// 消费者签收
    AdvanceSigned {
        /// Which.
        advance: AdvanceId,
        /// What was signed.
        paper: PaperNo,
    },
    /// 添加凭证照片: the picture itself is sealed with the case.
    EvidenceAdded {
        /// Of which advance.
        advance: AdvanceId,
        /// SHA-256 of the picture, hexadecimal.
        sha256: String,
        /// What it is.
        media: Media,
        /// How large, in bytes.
        bytes: u32,
    },
    /// 追偿：扣划保证金
    RecourseDrawn {
        /// For which advance.
        advance: AdvanceId,
        /// Whose.
        tenant: TenantId,
        /// How much.
        fen: Fen,
        /// The day it counts.
        #[serde(with = "iso_date")]
        effective_on: Date,
    },
    /// 追偿：通知补足
    TopUpDemanded {
        /// For which advance.
        advance: AdvanceId,
        /// From whom.
        tenant: TenantId,
        /// How much.
        fen: Fen,
        /// By when.
        #[serde(with = "iso_date")]
        due_on: Date,
    },
    /// 逾期未补足：建议暂停经营
    TopUpOverdue {
        /// For which advance.
        advance: AdvanceId,
        /// Who.
        tenant: TenantId,
    },
    /// 追偿：商户缴还
    RecourseReceived {
        /// For which advance.
        advance: AdvanceId,
        /// From whom.
        tenant: TenantId,
        /// How much.
        fen: Fen,
        /// The day it counts.
        #[serde(with = "iso_date")]
        effective_on: Date,
        /// The number of the bank's slip.
        reference: String,
    },
    /// 核销
    WrittenOff {
        /// For which advance.
        advance: AdvanceId,
        /// Whose debt.
        tenant: TenantId,
        /// How much.
        fen: Fen,
        /// The day it counts.
        #[serde(with = "iso_date")]
        effective_on: Date,
        /// What two people decided.
        proposal: ProposalId,
    },
    /// 对账：the bank's statement shows a payment.
    Cleared {
        /// Which.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        advance: Option<AdvanceId>,
        /// How much.
        fen: Fen,
        /// The day it counts.
        #[serde(with = "iso_date")]
        effective_on: Date,
        /// The line of the statement.
        reference: String,
    },
    /// 提出须由另一人审核的事项
    Proposed {
        /// Which.
        proposal: ProposalId,
        /// What.
        kind: ProposalKind,
    },
    /// 另一人不同意
    ProposalDeclined {
        /// Which.
        proposal: ProposalId,
    },
    /// 冲正
    Reversed {
        /// The number of the entry that was wrong.
        n: u64,
        /// What undoes it.
        moves: Vec<Move>,
        /// The day it counts.
        #[serde(with = "iso_date")]
        effective_on: Date,
        /// What two people decided.
        proposal: ProposalId,
    },
    /// 公布保证金协议办法: from a day on deposits are paid in, kept, used and given back under this text.
    AgreementAdopted {
        /// 1, 2, 3 …
        version: u32,
        /// SHA-256 of the text, hexadecimal.
        digest: String,
        /// From this day on.
        #[serde(with = "iso_date")]
        effective_from: Date,
    },
    /// 日终核对: what is on every account after everything up to here.
    Asserted {
        /// The day that ends.
        #[serde(with = "iso_date")]
        on: Date,
        /// Every account that holds anything.
        balances: Vec<(Account, Fen)>,
    },
}

impl FundEvent {
    /// The event's kind as leaves write it.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Contributed { .. } => "contributed",
            Self::PoolReturned { .. } => "pool_returned",
            Self::DepositReceived { .. } => "deposit_received",
            Self::DepositReturned { .. } => "deposit_returned",
            Self::AdvanceRequested { .. } => "advance_requested",
            Self::AdvanceApproved { .. } => "advance_approved",
            Self::AdvanceDeclined { .. } => "advance_declined",
            Self::AdvanceCancelled { .. } => "advance_cancelled",
            Self::AdvanceExpired { .. } => "advance_expired",
            Self::AdvanceSubmitted { .. } => "advance_submitted",
            Self::AdvanceUnknown { .. } => "advance_unknown",
            Self::AdvancePaid { .. } => "advance_paid",
            Self::AdvanceRefused { .. } => "advance_refused",
            Self::AdvanceBounced { .. } => "advance_bounced",
            Self::AdvanceSigned { .. } => "advance_signed",
            Self::EvidenceAdded { .. } => "evidence_added",
            Self::RecourseDrawn { .. } => "recourse_drawn",
            Self::TopUpDemanded { .. } => "top_up_demanded",
            Self::TopUpOverdue { .. } => "top_up_overdue",
            Self::RecourseReceived { .. } => "recourse_received",
            Self::WrittenOff { .. } => "written_off",
            Self::Cleared { .. } => "cleared",
            Self::Proposed { .. } => "proposed",
            Self::ProposalDeclined { .. } => "proposal_declined",
            Self::Reversed { .. } => "reversed",
            Self::AgreementAdopted { .. } => "agreement_adopted",
            Self::Asserted { .. } => "asserted",
        }
    }

    /// The advance whose fold it belongs to; a line of the statement belongs to none.
    #[must_use]
    pub const fn advance(&self) -> Option<AdvanceId> {
        match self {
            Self::AdvanceRequested { advance, .. }
            | Self::AdvanceApproved { advance, .. }
            | Self::AdvanceDeclined { advance }
            | Self::AdvanceCancelled { advance, .. }
            | Self::AdvanceExpired { advance, .. }
            | Self::AdvanceSubmitted { advance, .. }
            | Self::AdvanceUnknown { advance }
            | Self::AdvancePaid { advance, .. }
            | Self::AdvanceRefused { advance, .. }
            | Self::AdvanceBounced { advance, .. }
            | Self::AdvanceSigned { advance, .. }
            | Self::EvidenceAdded { advance, .. }
            | Self::RecourseDrawn { advance, .. }
            | Self::TopUpDemanded { advance, .. }
            | Self::TopUpOverdue { advance, .. }
            | Self::RecourseReceived { advance, .. }
            | Self::WrittenOff { advance, .. } => Some(*advance),
            Self::Contributed { .. }
            | Self::PoolReturned { .. }
            | Self::DepositReceived { .. }
            | Self::DepositReturned { .. }
            | Self::Cleared { .. }
            | Self::Proposed { .. }
            | Self::ProposalDeclined { .. }
            | Self::Reversed { .. }
            | Self::AgreementAdopted { .. }
            | Self::Asserted { .. } => None,
        }
    }

    /// The day on which it counts: its own, or the day it was written down.
    #[must_use]
    pub fn effective_on(&self, at: Timestamp) -> Date {
        match self {
            Self::Contributed { effective_on, .. }
            | Self::PoolReturned { effective_on, .. }
            | Self::DepositReceived { effective_on, .. }
            | Self::DepositReturned { effective_on, .. }
            | Self::AdvancePaid { effective_on, .. }
            | Self::AdvanceBounced { effective_on, .. }
            | Self::RecourseDrawn { effective_on, .. }
            | Self::RecourseReceived { effective_on, .. }
            | Self::WrittenOff { effective_on, .. }
            | Self::Cleared { effective_on, .. }
            | Self::Reversed { effective_on, .. } => *effective_on,
            Self::Asserted { on, .. } => *on,
            _ => at.civil_date(),
        }
    }

    /// What it is about in money: what was asked for, paid, received; a closing is about none.
    #[must_use]
    pub fn amount(&self) -> Option<Fen> {
        match self {
            Self::AdvanceRequested { fen, .. } | Self::TopUpDemanded { fen, .. } => Some(*fen),
            _ => self.moves().first().map(|one| one.fen),
        }
    }

    /// Its postings, in order; most events that decide something post nothing.
    #[must_use]
    pub fn moves(&self) -> Vec<Move> {
        use Account::{
            Advanced, Bank, Clearing, Deposit, Loss, Payable, Pool, Receivable, Reserved,
        };
        let one = |debit, credit, fen: &Fen| Move::some(debit, credit, *fen);
        let owed = |tenant: &Option<TenantId>| tenant.map_or(Loss, Receivable);
        let moves = match self {
            Self::Contributed { fen, .. } => vec![one(Bank, Pool, fen)],
            Self::PoolReturned { fen, .. } => vec![one(Pool, Bank, fen)],
            Self::DepositReceived { tenant, fen, .. } => vec![one(Bank, Deposit(*tenant), fen)],
            Self::DepositReturned { tenant, fen, .. } => vec![one(Deposit(*tenant), Bank, fen)],
            Self::AdvanceApproved { reserved_fen, .. } => vec![one(Pool, Reserved, reserved_fen)],
            Self::AdvanceCancelled { released_fen, .. }
            | Self::AdvanceExpired { released_fen, .. } => vec![one(Reserved, Pool, released_fen)],
            Self::AdvanceSubmitted { fen, .. } => vec![one(Reserved, Payable, fen)],
            Self::AdvancePaid { tenant, paid_fen, released_fen, .. } => vec![
                one(Payable, Clearing, paid_fen),
                one(owed(tenant), Advanced, paid_fen),
                one(Payable, Pool, released_fen),
            ],
            Self::AdvanceRefused { released_fen, .. } => vec![one(Payable, Pool, released_fen)],
            Self::AdvanceBounced { .. } => return self.bounced(),
            Self::RecourseDrawn { tenant, fen, .. } => {
                vec![one(Deposit(*tenant), Receivable(*tenant), fen), one(Advanced, Pool, fen)]
            }
            Self::RecourseReceived { tenant, fen, .. } => {
                vec![one(Bank, Receivable(*tenant), fen), one(Advanced, Pool, fen)]
            }
            Self::WrittenOff { tenant, fen, .. } => vec![one(Loss, Receivable(*tenant), fen)],
            Self::Cleared { fen, .. } => vec![one(Clearing, Bank, fen)],
            Self::Reversed { moves, .. } => return moves.clone(),
            Self::AdvanceRequested { .. }
            | Self::AdvanceDeclined { .. }
            | Self::AdvanceUnknown { .. }
            | Self::AdvanceSigned { .. }
            | Self::EvidenceAdded { .. }
            | Self::TopUpDemanded { .. }
            | Self::TopUpOverdue { .. }
            | Self::Proposed { .. }
            | Self::ProposalDeclined { .. }
            | Self::AgreementAdopted { .. }
            | Self::Asserted { .. } => Vec::new(),
        };
        moves.into_iter().flatten().collect()
    }
}

impl FundEvent {
    /// The postings of a payment that came back.
    fn bounced(&self) -> Vec<Move> {
        use Account::{Advanced, Bank, Deposit, Loss, Pool, Receivable};
        let Self::AdvanceBounced { tenant, fen, recovered_fen, written_off_fen, .. } = self else {
            return Vec::new();
        };
        let back = recovered_fen.checked_add(*written_off_fen);
        let owed = back.and_then(|back| fen.checked_sub(back)).unwrap_or(Fen::ZERO);
        let moves = match tenant {
            None => vec![Move::some(Bank, Pool, *fen), Move::some(Advanced, Loss, *fen)],
            Some(tenant) => vec![
                Move::some(Bank, Pool, *fen),
                Move::some(Pool, Deposit(*tenant), *recovered_fen),
                Move::some(Advanced, Loss, *written_off_fen),
                Move::some(Advanced, Receivable(*tenant), owed),
            ],
        };
        moves.into_iter().flatten().collect()
    }
}

/// An event with when and who.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FundStamped {
    /// When it was written down.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// What.
    pub event: FundEvent,
}
