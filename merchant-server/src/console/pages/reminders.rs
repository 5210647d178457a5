//! The page that says which cases somebody was told of, and why.
//!
//! Plain words and flags, already formatted. Knows nothing of where they come from.

use askama::Template;

use super::parts::{Badge, Due, Shell};

/// 提醒
#[derive(Clone, Debug, Default, Template)]
#[template(path = "reminders.html")]
pub(crate) struct RemindersPage {
    /// The surroundings.
    pub(crate) shell: Shell,
    /// The cases, the most pressing first.
    pub(crate) rows: Vec<ReminderLine>,
    /// E.g. "共 3 件".
    pub(crate) shown: String,
    /// Said when not every open case was looked at; empty when all were.
    pub(crate) more: String,
}

/// A case somebody was told of.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReminderLine {
    /// Its page.
    pub(crate) href: String,
    /// 投诉编号
    pub(crate) complaint_no: String,
    /// 商品或服务
    pub(crate) goods: String,
    /// 问题类别
    pub(crate) issue: String,
    /// Why it is here.
    pub(crate) whys: Vec<Badge>,
    /// The deadline that comes first, when one runs.
    pub(crate) due: Option<Due>,
    /// 状态
    pub(crate) state: Badge,
    /// 首问责任人; empty before acceptance.
    pub(crate) responder: String,
}
