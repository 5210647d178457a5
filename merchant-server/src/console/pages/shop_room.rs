//! The pages of a 场内商户: its own cases, and one of them as it may see it.
//!
//! Plain words and flags, already formatted. There is no place here for staff notes, reports,
//! earlier complaints or the history: what is not on these pages cannot be filled in by mistake.

use askama::Template;

use super::forms::Field;
use super::parts::{Badge, ClockCard, Due, Fact, OfferCard, Shell};

/// 本店案件
#[derive(Clone, Debug, Default, Template)]
#[template(path = "shop.html")]
pub(crate) struct ShopPage {
    /// The surroundings.
    pub(crate) shell: Shell,
    /// 商户名称
    pub(crate) name: String,
    /// 在营, 暂停经营, 已退场
    pub(crate) status: Badge,
    /// What the register says of the shop; empty when it is not in it any more.
    pub(crate) facts: Vec<Fact>,
    /// 服务承诺
    pub(crate) commitments: Vec<String>,
    /// The cases of this sheet.
    pub(crate) rows: Vec<ShopLine>,
    /// E.g. "本页 20 件".
    pub(crate) shown: String,
    /// Link to the next sheet; empty on the last.
    pub(crate) next_href: String,
    /// Link back to the first sheet; empty on the first.
    pub(crate) first_href: String,
}

/// A case in the list of a shop. It names no consumer.
#[derive(Clone, Debug, Default)]
pub(crate) struct ShopLine {
    /// Its page.
    pub(crate) href: String,
    /// 投诉编号
    pub(crate) complaint_no: String,
    /// When it arrived.
    pub(crate) received: String,
    /// 商品或服务
    pub(crate) goods: String,
    /// 问题类别
    pub(crate) issue: String,
    /// 诉求
    pub(crate) requests: String,
    /// 金额; empty when none is named.
    pub(crate) amount: String,
    /// 状态
    pub(crate) state: Badge,
    /// Whether a deadline is or was missed.
    pub(crate) overdue: bool,
    /// The nearest deadline, when one runs.
    pub(crate) due: Option<Due>,
}

/// One case as its shop sees it.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "shop_case.html")]
pub(crate) struct ShopCasePage {
    /// The surroundings.
    pub(crate) shell: Shell,
    /// Where the statement is sent.
    pub(crate) action: String,
    /// The version that was read; a statement on an older one is refused.
    pub(crate) version: u64,
    /// 投诉编号
    pub(crate) complaint_no: String,
    /// What it is about: goods and issue.
    pub(crate) title: String,
    /// 状态
    pub(crate) state: Badge,
    /// The nearest deadline, when one runs.
    pub(crate) due: Option<Due>,
    /// Why the statement was refused as a whole; empty when it was not.
    pub(crate) error: String,
    /// Goods, issue, requests, amounts, dates.
    pub(crate) facts: Vec<Fact>,
    /// What happened, in the consumer's words; empty when it is withheld or erased.
    pub(crate) story: String,
    /// Why the consumer's words are not shown to this shop; empty when they are.
    pub(crate) withheld: String,
    /// 时限
    pub(crate) clocks: Vec<ClockCard>,
    /// 和解方案 that were made, newest first.
    pub(crate) offers: Vec<OfferCard>,
    /// 商户说明; absent when there is no room for it now.
    pub(crate) statement: Option<Field>,
    /// Said when there is no form: why not.
    pub(crate) why_not: String,
}
