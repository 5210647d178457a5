//! Settlement offers (和解方案): typed terms, amounts and dates. Knows nothing of who may offer.

use serde::{Deserialize, Serialize};

use crate::ids::{OfferId, Pseudonym};
use crate::money::Fen;
use crate::time::{Date, Timestamp, iso_date};

/// What an offer promises: the liabilities of 消法 Art. 52, 55 and 50, and a plain explanation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TermKind {
    /// 修理
    Repair,
    /// 重作
    Redo,
    /// 更换
    Exchange,
    /// 退货
    ReturnGoods,
    /// 补足商品数量
    MakeUpQuantity,
    /// 退还货款和服务费用
    Refund,
    /// 赔偿损失
    Damages,
    /// 加倍赔偿 (消法 55, 食安法 148)
    StatutoryMultiple,
    /// 精神损害赔偿
    MentalDamages,
    /// 赔礼道歉
    Apology,
    /// 解释说明
    Explanation,
}

impl TermKind {
    /// Every kind, in the order of the law.
    pub const ALL: [Self; 11] = [
        Self::Repair,
        Self::Redo,
        Self::Exchange,
        Self::ReturnGoods,
        Self::MakeUpQuantity,
        Self::Refund,
        Self::Damages,
        Self::StatutoryMultiple,
        Self::MentalDamages,
        Self::Apology,
        Self::Explanation,
    ];

    /// The word on the wire.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Repair => "repair",
            Self::Redo => "redo",
            Self::Exchange => "exchange",
            Self::ReturnGoods => "return_goods",
            Self::MakeUpQuantity => "make_up_quantity",
            Self::Refund => "refund",
            Self::Damages => "damages",
            Self::StatutoryMultiple => "statutory_multiple",
            Self::MentalDamages => "mental_damages",
            Self::Apology => "apology",
            Self::Explanation => "explanation",
        }
    }

    /// The official word.
    #[must_use]
    pub const fn label_zh(self) -> &'static str {
        match self {
            Self::Repair => "修理",
            Self::Redo => "重作",
            Self::Exchange => "更换",
            Self::ReturnGoods => "退货",
            Self::MakeUpQuantity => "补足商品数量",
            Self::Refund => "退还货款和服务费用",
            Self::Damages => "赔偿损失",
            Self::StatutoryMultiple => "加倍赔偿",
            Self::MentalDamages => "精神损害赔偿",
            Self::Apology => "赔礼道歉",
            Self::Explanation => "解释说明",
        }
    }
}

/// What is promised, how much, and by when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// What is promised; at least one, none twice.
    pub kinds: Vec<TermKind>,
    /// Refund of price or fee, in fen.
    #[cfg_attr(feature = "openapi", schema(value_type = i64, minimum = 0))]
    pub refund_fen: Fen,
    /// Damages, in fen.
    #[cfg_attr(feature = "openapi", schema(value_type = i64, minimum = 0))]
    pub damages_fen: Fen,
    /// Statutory multiple, in fen.
    #[cfg_attr(feature = "openapi", schema(value_type = i64, minimum = 0))]
    pub multiple_fen: Fen,
    /// Mental damages, in fen.
    #[cfg_attr(feature = "openapi", schema(value_type = i64, minimum = 0))]
    pub mental_damages_fen: Fen,
    /// The last civil day on which the promise is still kept in time.
    #[serde(with = "iso_date")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Date))]
    pub perform_by: Date,
}

impl Terms {
    /// Each monetary kind with its amount and the name of its field.
    #[must_use]
    pub fn amounts(&self) -> [(TermKind, Fen, &'static str); 4] {
        [
            (TermKind::Refund, self.refund_fen, "refund_fen"),
            (TermKind::Damages, self.damages_fen, "damages_fen"),
            (TermKind::StatutoryMultiple, self.multiple_fen, "multiple_fen"),
            (TermKind::MentalDamages, self.mental_damages_fen, "mental_damages_fen"),
        ]
    }

    /// All money promised, in fen.
    ///
    /// # Errors
    /// When the sum is more than a leaf can hold.
    pub fn total(&self) -> Result<Fen, TermsError> {
        Fen::checked_sum(self.amounts().map(|(_, fen, _)| fen))
            .filter(|sum| sum.is_payable())
            .ok_or(TermsError {
                field: "refund_fen",
                problem: "the amounts are too large together",
            })
    }

    /// Checks that the terms say something that can be kept.
    ///
    /// # Errors
    /// The first field that does not, with the remedy.
    pub fn check(&self, today: Date) -> Result<(), TermsError> {
        let fail = |field, problem| Err(TermsError { field, problem });
        if self.kinds.is_empty() {
            return fail("kinds", "choose at least one term");
        }
        let mut sorted = self.kinds.clone();
        sorted.sort_unstable();
        sorted.dedup();
        if sorted.len() != self.kinds.len() {
            return fail("kinds", "name each term once");
        }
        for (kind, fen, field) in self.amounts() {
            if !fen.is_payable() {
                return fail(field, "give an amount from 0 to 9007199254740991 fen");
            }
            if self.kinds.contains(&kind) != (fen > Fen::ZERO) {
                return fail(field, "an amount and its term go together: give both or neither");
            }
        }
        if self.perform_by < today {
            return fail("perform_by", "choose today or a later day");
        }
        if today.checked_add(jiff::Span::new().days(730)).is_ok_and(|last| self.perform_by > last) {
            return fail("perform_by", "choose a day within two years");
        }
        self.total().map(|_| ())
    }

    /// The terms in a line of Chinese, for pages and reports.
    #[must_use]
    pub fn summary_zh(&self) -> String {
        let said = self.kinds.iter().map(|kind| {
            let amount = self.amounts().into_iter().find(|(k, _, _)| k == kind);
            match amount {
                Some((_, fen, _)) => format!("{}{fen}", kind.label_zh()),
                None => kind.label_zh().to_owned(),
            }
        });
        said.collect::<Vec<_>>().join("、")
    }
}

/// A field of the terms that cannot stand, and what to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct TermsError {
    /// The field.
    pub field: &'static str,
    /// What is wrong and the remedy.
    pub problem: &'static str,
}

/// Where an offer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum OfferStatus {
    /// 待审核
    AwaitingApproval,
    /// 审核退回
    SentBack,
    /// 待消费者确认
    Open,
    /// 已接受
    Accepted,
    /// 已拒绝
    Declined,
    /// 已过期
    Expired,
    /// 已作废: the case took another way before it was answered.
    Dropped,
}

impl OfferStatus {
    /// The word a clerk reads.
    #[must_use]
    pub const fn label_zh(self) -> &'static str {
        match self {
            Self::AwaitingApproval => "待审核",
            Self::SentBack => "审核退回",
            Self::Open => "待消费者确认",
            Self::Accepted => "已接受",
            Self::Declined => "未接受",
            Self::Expired => "已过期",
            Self::Dropped => "已作废",
        }
    }
}

/// One offer and its fate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Offer {
    /// Its id; the consumer's answer names it.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub id: OfferId,
    /// What is promised.
    pub terms: Terms,
    /// The last civil day on which the consumer's answer counts.
    #[serde(with = "iso_date")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = Date))]
    pub answer_by: Date,
    /// Who drafted it; another person approves.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub drafted_by: Pseudonym,
    /// The number of the event that holds its words.
    pub n: u64,
    /// When it was drafted.
    #[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime))]
    pub drafted_at: Timestamp,
    /// Where it stands.
    pub status: OfferStatus,
}
