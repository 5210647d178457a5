//! The page that says who looked at whose personal data.
//!
//! Plain words and flags, already formatted. Knows nothing of where they come from.

use askama::Template;

use super::parts::Shell;

/// 个人信息查阅记录
#[derive(Clone, Debug, Default, Template)]
#[template(path = "reveals.html")]
pub(crate) struct RevealsPage {
    /// The surroundings.
    pub(crate) shell: Shell,
    /// The looks of this sheet, newest first.
    pub(crate) rows: Vec<RevealLine>,
    /// E.g. "本页 20 条".
    pub(crate) shown: String,
    /// Link to the next sheet; empty on the last.
    pub(crate) next_href: String,
    /// Link back to the first sheet; empty on the first.
    pub(crate) first_href: String,
}

/// Somebody looked at fields of a consumer.
#[derive(Clone, Debug, Default)]
pub(crate) struct RevealLine {
    /// When.
    pub(crate) at: String,
    /// Who.
    pub(crate) who: String,
    /// In which role.
    pub(crate) role: String,
    /// Which fields, in Chinese.
    pub(crate) fields: String,
    /// 投诉编号 of the case.
    pub(crate) complaint_no: String,
    /// The case's page.
    pub(crate) case_href: String,
}
