//! The pages about people: the own account, the own password, and everybody's.
//!
//! Plain words and flags, already formatted. Knows nothing of where they come from.

use askama::Template;

use super::forms::Choice;
use super::parts::{Badge, Shell};

/// 我的账号
#[derive(Clone, Debug, Default, Template)]
#[template(path = "account.html")]
pub(crate) struct AccountPage {
    /// The surroundings.
    pub(crate) shell: Shell,
    /// The login name.
    pub(crate) login: String,
    /// Every role the person holds.
    pub(crate) roles: String,
    /// Until when the person is let in; empty for no end.
    pub(crate) until: String,
    /// What the role acted in may do.
    pub(crate) powers: Vec<String>,
    /// Why the last step was refused; empty when it was not.
    pub(crate) error: String,
    /// Whether the second factor is on.
    pub(crate) factor_on: bool,
    /// Whether the house asks everybody for one.
    pub(crate) factor_asked: bool,
    /// How many recovery codes are left.
    pub(crate) recovery_left: usize,
    /// A second factor that waits for its first code.
    pub(crate) offered: Option<OfferedFactor>,
    /// Fresh recovery codes, shown this once.
    pub(crate) codes: Vec<String>,
    /// The secret of a fresh token, shown this once; empty for none.
    pub(crate) issued: String,
    /// The personal tokens.
    pub(crate) tokens: Vec<TokenLine>,
    /// What a new token may be good for; empty when the role may have none.
    pub(crate) scopes: Vec<Choice>,
}

/// A secret on its way into an authenticator app.
#[derive(Clone, Debug, Default)]
pub(crate) struct OfferedFactor {
    /// To be typed.
    pub(crate) secret: String,
    /// The `otpauth://` address.
    pub(crate) uri: String,
}

/// A personal token.
#[derive(Clone, Debug, Default)]
pub(crate) struct TokenLine {
    /// What it is known by; not the secret.
    pub(crate) id: String,
    /// What it is for.
    pub(crate) name: String,
    /// The role it acts in.
    pub(crate) role: String,
    /// What it is good for.
    pub(crate) scopes: String,
    /// 有效, 已过期, 已作废.
    pub(crate) state: Badge,
    /// Until when.
    pub(crate) until: String,
    /// Whether it can still be revoked.
    pub(crate) can_revoke: bool,
}

/// 更改密码
#[derive(Clone, Debug, Default, Template)]
#[template(path = "password.html")]
pub(crate) struct PasswordPage {
    /// The surroundings.
    pub(crate) shell: Shell,
    /// The login name, for password managers.
    pub(crate) login: String,
    /// Whether nothing else is shown before.
    pub(crate) forced: bool,
    /// Why the last attempt failed; empty for the first.
    pub(crate) error: String,
}

/// 人员
#[derive(Clone, Debug, Default, Template)]
#[template(path = "people.html")]
pub(crate) struct PeoplePage {
    /// The surroundings.
    pub(crate) shell: Shell,
    /// Whether this is the 系统管理员's page rather than the 安全管理员's.
    pub(crate) manages: bool,
    /// Why the last step was refused; empty when it was not.
    pub(crate) error: String,
    /// A password to hand over, shown this once.
    pub(crate) issued: Option<IssuedPassword>,
    /// Everybody, whoever left at the end.
    pub(crate) people: Vec<PersonLine>,
    /// What was typed for somebody new.
    pub(crate) newcomer: NewcomerForm,
}

/// A password that somebody is to be given.
#[derive(Clone, Debug, Default)]
pub(crate) struct IssuedPassword {
    /// Whose.
    pub(crate) login: String,
    /// The password.
    pub(crate) password: String,
}

/// The form for somebody new.
#[derive(Clone, Debug, Default)]
pub(crate) struct NewcomerForm {
    /// 登录名
    pub(crate) login: String,
    /// 姓名
    pub(crate) name: String,
    /// The roles.
    pub(crate) roles: Vec<Choice>,
    /// 商户编号
    pub(crate) tenant: String,
    /// 查阅截止日期
    pub(crate) until: String,
}

/// One person.
#[derive(Clone, Debug, Default)]
pub(crate) struct PersonLine {
    /// 登录名
    pub(crate) login: String,
    /// 姓名
    pub(crate) name: String,
    /// Every role the person holds.
    pub(crate) roles: String,
    /// 正常, 锁定, 停用, 须改密码, 两步验证, 已到期.
    pub(crate) states: Vec<Badge>,
    /// The shop, or until when; empty for neither.
    pub(crate) bounds: String,
    /// Whether anything may be done to the account from here.
    pub(crate) can_act: bool,
    /// Whether it is locked.
    pub(crate) locked: bool,
    /// Whether the second factor is on.
    pub(crate) factor_on: bool,
    /// The roles to choose from.
    pub(crate) choices: Vec<Choice>,
    /// The roles as the form was made from.
    pub(crate) were: String,
    /// 商户编号
    pub(crate) tenant: String,
    /// 查阅截止日期
    pub(crate) until: String,
}
