//! Settlement offers (和解方案): typed terms, amounts and dates. Knows nothing of who may offer.

use serde::{Deserialize, Serialize};

use super::reasons::Via;
use super::words::words;
use crate::ids::{OfferId, Pseudonym};
use crate::money::Fen;
use crate::time::{Date, Timestamp, iso_date};

words! {
    /// What an offer promises: the liabilities of 消法 Art. 52, 55 and 50, and a plain explanation.
    pub enum TermKind {
        /// 修理
        Repair = "repair", "修理";
        /// 重作
        Redo = "redo", "重作";
        /// 更换
        Exchange = "exchange", "更换";
        /// 退货
        ReturnGoods = "return_goods", "退货";
        /// 补足商品数量
        MakeUpQuantity = "make_up_quantity", "补足商品数量";
        /// 退还货款和服务费用
        Refund = "refund", "退还货款和服务费用";
        /// 赔偿损失
        Damages = "damages", "赔偿损失";
        /// 加倍赔偿 (消法 55, 食安法 148)
        StatutoryMultiple = "statutory_multiple", "加倍赔偿";
        /// 精神损害赔偿
        MentalDamages = "mental_damages", "精神损害赔偿";
        /// 赔礼道歉
        Apology = "apology", "赔礼道歉";
        /// 解释说明
        Explanation = "explanation", "解释说明";
    }
}

words! {
    /// What the consumer does in exchange. Never a waiver of a right that the law gives, and never
    /// the withdrawal of a report of an offence.
    pub enum Exchange {
        /// 交回商品
        GiveBackGoods = "give_back_goods", "消费者交回商品";
        /// 交回赠品
        GiveBackGift = "give_back_gift", "消费者交回赠品";
        /// 交回发票
        GiveBackInvoice = "give_back_invoice", "消费者交回发票";
        /// 就本争议不再另行主张
        NoFurtherClaim = "no_further_claim", "就本争议不再另行主张";
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
    /// What the consumer does in exchange; none twice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub in_exchange: Vec<Exchange>,
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

    /// Whether goods are given or made good: 修理、重作、更换、退货、补足数量.
    #[must_use]
    pub fn gives_goods(&self) -> bool {
        let goods = |kind: &TermKind| match kind {
            TermKind::Repair
            | TermKind::Redo
            | TermKind::Exchange
            | TermKind::ReturnGoods
            | TermKind::MakeUpQuantity => true,
            TermKind::Refund
            | TermKind::Damages
            | TermKind::StatutoryMultiple
            | TermKind::MentalDamages
            | TermKind::Apology
            | TermKind::Explanation => false,
        };
        self.kinds.iter().any(goods)
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
        let mut given = self.in_exchange.clone();
        given.sort_unstable();
        given.dedup();
        if given.len() != self.in_exchange.len() {
            return fail("in_exchange", "name each counterpart once");
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
        let mut text = said.collect::<Vec<_>>().join("、");
        if !self.in_exchange.is_empty() {
            let given: Vec<_> = self.in_exchange.iter().map(|given| given.label_zh()).collect();
            text.push_str(&format!("（{}）", given.join("、")));
        }
        text
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

words! {
    /// Whose proposal it is.
    pub enum Party {
        /// 本单位
        Merchant = "merchant", "本单位";
        /// 消费者
        Consumer = "consumer", "消费者";
    }
}

words! {
    /// Where an offer stands.
    pub enum OfferStatus {
        /// 待审核
        AwaitingApproval = "awaiting_approval", "待审核";
        /// 审核退回
        SentBack = "sent_back", "审核退回";
        /// Open: ours waits for the consumer, the consumer's for us.
        Open = "open", "待对方确认";
        /// 已接受
        Accepted = "accepted", "已接受";
        /// 已拒绝
        Declined = "declined", "未接受";
        /// The consumer made a proposal of their own instead.
        Countered = "countered", "消费者另提方案";
        /// 已过期
        Expired = "expired", "已过期";
        /// 已作废: the case took another way before it was answered.
        Dropped = "dropped", "已作废";
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
    /// Whose proposal it is.
    pub by: Party,
    /// By which way the consumer's word on it came, or came to us first.
    pub via: Option<Via>,
}
