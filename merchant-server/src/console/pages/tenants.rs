//! The pages of the register of tenants: the list, and one tenant with its forms.
//!
//! Plain words and flags, already formatted. Knows nothing of where they come from.

use askama::Template;

use super::forms::{Field, Select};
use super::parts::{Badge, Fact, Shell};

/// 商户
#[derive(Clone, Debug, Default, Template)]
#[template(path = "tenants.html")]
pub(crate) struct TenantsPage {
    /// The surroundings.
    pub(crate) shell: Shell,
    /// What was searched for; empty for everything.
    pub(crate) q: String,
    /// The tenants of this sheet.
    pub(crate) rows: Vec<TenantLine>,
    /// E.g. "本页 20 家".
    pub(crate) shown: String,
    /// Link to the next sheet; empty on the last.
    pub(crate) next_href: String,
    /// Link back to the first sheet; empty on the first.
    pub(crate) first_href: String,
    /// Whether this person may add one.
    pub(crate) can_add: bool,
    /// Said when there are no rows.
    pub(crate) empty_title: String,
    /// Said below it: why, or what to do.
    pub(crate) empty_hint: String,
}

/// A tenant in the list.
#[derive(Clone, Debug, Default)]
pub(crate) struct TenantLine {
    /// Its page.
    pub(crate) href: String,
    /// 商户名称
    pub(crate) name: String,
    /// 统一社会信用代码
    pub(crate) uscc: String,
    /// 商场专柜, 市场摊位, 平台内经营者
    pub(crate) kind: String,
    /// 柜台或摊位号; empty for none.
    pub(crate) stall_no: String,
    /// 合同期限
    pub(crate) contract: String,
    /// 在营, 暂停经营, 已退场
    pub(crate) status: Badge,
    /// Since when.
    pub(crate) since: String,
}

/// One tenant, or the form for a new one.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "tenant.html")]
pub(crate) struct TenantPage {
    /// The surroundings.
    pub(crate) shell: Shell,
    /// Where the form of its facts is sent.
    pub(crate) action: String,
    /// Whether it is not in the register yet.
    pub(crate) is_new: bool,
    /// The version that was read; a change of an older one is refused.
    pub(crate) version: u64,
    /// Its name, or that it is new.
    pub(crate) title: String,
    /// 在营, 暂停经营, 已退场
    pub(crate) status: Badge,
    /// Its ledger in the fund; empty for whoever may not see it.
    pub(crate) ledger_href: String,
    /// Why the last change was refused as a whole; empty when it was not.
    pub(crate) error: String,
    /// What is known of it.
    pub(crate) facts: Vec<Fact>,
    /// 服务承诺
    pub(crate) commitments: Vec<String>,
    /// The form of its facts; absent when this person may not change it.
    pub(crate) form: Option<TenantForm>,
    /// The form of its status; absent when this person may not change it, or it is new.
    pub(crate) standing: Option<StandingForm>,
}

/// The facts of a tenant.
#[derive(Clone, Debug, Default)]
pub(crate) struct TenantForm {
    /// Whether it is unfolded.
    pub(crate) open: bool,
    /// Which of the three kinds.
    pub(crate) kind: Select,
    /// The fields of one line.
    pub(crate) inputs: Vec<Input>,
    /// 服务承诺, one a line.
    pub(crate) commitments: Field,
}

/// Whether a tenant trades, and why.
#[derive(Clone, Debug, Default)]
pub(crate) struct StandingForm {
    /// Whether it is unfolded.
    pub(crate) open: bool,
    /// 在营, 暂停经营, 已退场
    pub(crate) status: Select,
    /// Since when.
    pub(crate) since: Input,
    /// Why.
    pub(crate) reason: Field,
}

/// A field of one line.
#[derive(Clone, Debug, Default)]
pub(crate) struct Input {
    /// Its name in the form.
    pub(crate) name: &'static str,
    /// What it is called.
    pub(crate) label: &'static str,
    /// `text`, `tel` or `date`.
    pub(crate) kind: &'static str,
    /// Said below it; empty for nothing.
    pub(crate) hint: &'static str,
    /// At most so many characters; 0 for no limit.
    pub(crate) max: u32,
    /// Whether it may not be left empty.
    pub(crate) required: bool,
    /// What was typed, and what is wrong with it.
    pub(crate) field: Field,
}
