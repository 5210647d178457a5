//! The definitions: code, name, formula, version.

/// What an indicator is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Definition {
    /// Its stable code.
    pub code: &'static str,
    /// Its name.
    pub label_zh: &'static str,
    /// How it is computed.
    pub formula_zh: &'static str,
    /// Another formula under this code has another version.
    pub version: u32,
}

const fn first(code: &'static str, label_zh: &'static str, formula_zh: &'static str) -> Definition {
    Definition { code, label_zh, formula_zh, version: 1 }
}

/// 首问响应及时率
pub(super) const RESPONSE: Definition = first(
    "response_on_time",
    "首问响应及时率",
    "首问期限内受理的案件 ÷（本期受理的案件 + 本期首问期限届满仍未受理的案件）；逾期后受理的只在届满时计一次",
);
/// 按时办结率
pub(super) const CLOSED_ON_TIME: Definition = first(
    "closed_on_time",
    "按时办结率",
    "本期办结且协商、履行期限从未超期的案件 ÷ 本期办结的案件",
);
/// 办结率
pub(super) const ENDED: Definition = first(
    "ended",
    "办结率",
    "本期接收的案件中截至期末已有结果的（办结、退回、撤诉、删除）÷ 本期接收的案件",
);
/// 和解成功率
pub(super) const SETTLED: Definition = first(
    "settled",
    "和解成功率",
    "本期达成和解的次数 ÷（本期达成和解的次数 + 本期协商不成退回中心的件数；非本单位的退回不计）",
);
/// 履行率
pub(super) const PERFORMED: Definition =
    first("performed", "履行率", "本期履行的和解 ÷（本期履行的和解 + 本期登记未按约履行的和解）");
/// 满意度
pub(super) const SATISFIED: Definition =
    first("satisfied", "满意度", "本期四星以上的评价 ÷ 本期全部评价");
/// 回传及时率
pub(super) const REPORTED: Definition = first(
    "reported_on_time",
    "回传及时率",
    "本期收到中心回执且在回传时限内的回传 ÷ 本期收到中心回执、适用规则有回传时限的回传",
);
/// 重复投诉率
pub(super) const REPEATED: Definition =
    first("repeated", "重复投诉率", "本期接收的案件中消费者此前投诉过的 ÷ 本期接收的案件");
/// 退回率
pub(super) const HANDED_BACK: Definition =
    first("handed_back", "退回率", "本期退回中心的案件 ÷ 本期接收的案件");
/// 诉转案
pub(super) const CASES_FILED: Definition = first(
    "cases_filed",
    "诉转案",
    "本期中心告知已转为案件查办的次数；由中心决定，不是本单位办理的结果，中心没有告知的不计",
);
/// 挽回经济损失
pub(super) const RECOVERED: Definition =
    first("recovered", "挽回经济损失", "本期办结的案件登记的挽回金额合计");
/// 先行赔付笔数
pub(super) const ADVANCES: Definition =
    first("advances", "先行赔付笔数", "本期付给消费者的先行赔付笔数；本期退汇的减去");
/// 先行赔付金额
pub(super) const ADVANCED: Definition =
    first("advanced", "先行赔付金额", "本期付给消费者的先行赔付金额；本期退汇的减去");
/// 先行赔付用时
pub(super) const ADVANCE_TIME: Definition = first(
    "advance_time",
    "先行赔付用时（中位数）",
    "本期付款的先行赔付，从申请到登记付款的时间的中位数；偶数笔取较小的一个",
);

/// Every definition, in the order in which they are published.
pub const ALL: [&Definition; 14] = [
    &RESPONSE,
    &CLOSED_ON_TIME,
    &ENDED,
    &SETTLED,
    &PERFORMED,
    &SATISFIED,
    &REPORTED,
    &REPEATED,
    &HANDED_BACK,
    &CASES_FILED,
    &RECOVERED,
    &ADVANCES,
    &ADVANCED,
    &ADVANCE_TIME,
];
