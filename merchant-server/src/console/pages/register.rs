//! The pages of 现场登记: the form of a walk-in complaint, and the slip the consumer takes along.
//!
//! Plain words and flags, already formatted. Knows nothing of where they come from.

use askama::Template;

use super::forms::{Field, Select};
use super::parts::{Fact, Shell};
use super::tenants::Input;

/// 现场登记
#[derive(Clone, Default, Template)]
#[template(path = "register.html")]
pub(crate) struct RegisterPage {
    /// The surroundings.
    pub(crate) shell: Shell,
    /// What is wrong with the form as a whole; empty when nothing is.
    pub(crate) error: String,
    /// The form.
    pub(crate) form: RegisterForm,
}

/// 消费者投诉登记表. Holds what a consumer said, so it has no `Debug`.
#[derive(Clone, Default)]
pub(crate) struct RegisterForm {
    /// 姓名, 联系电话
    pub(crate) who: Vec<Input>,
    /// 证件类型; may stay empty.
    pub(crate) id_type: Select,
    /// 证件号码, 联系地址
    pub(crate) papers: Vec<Input>,
    /// By what a shop was looked for.
    pub(crate) tenant_q: String,
    /// 被投诉人: the merchant itself, or a shop; sent as `tenant`.
    pub(crate) tenant: Select,
    /// Whether there are more shops than are shown.
    pub(crate) tenant_more: bool,
    /// What it is about, and when.
    pub(crate) goods: Vec<Input>,
    /// 类别
    pub(crate) goods_kind: Select,
    /// 问题类别
    pub(crate) issue: Select,
    /// 诉求, sent as `requests`, once for each.
    pub(crate) requests: Select,
    /// 涉及金额, in yuan.
    pub(crate) amount: Field,
    /// 事实
    pub(crate) facts: Field,
    /// What the consumer reads before agreeing.
    pub(crate) wording: String,
    /// Its SHA-256: a form that comes back was ticked for this text.
    pub(crate) wording_sha256: String,
    /// What the consumer agrees to, sent as `agree`, once for each.
    pub(crate) agree: Select,
    /// 签字方式
    pub(crate) method: Select,
    /// 签字说明
    pub(crate) signature: Field,
}

/// 投诉登记回执: of the person the masked name and nothing else.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "registered.html")]
pub(crate) struct RegisteredPage {
    /// The surroundings.
    pub(crate) shell: Shell,
    /// 投诉编号
    pub(crate) complaint_no: String,
    /// The case's page.
    pub(crate) case_href: String,
    /// Number, time, deadline.
    pub(crate) facts: Vec<Fact>,
}
