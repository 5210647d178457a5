//! The navigation: its entries, which of them is current, and which of them a role has.
//!
//! Plain flags. Knows nothing of roles: whoever fills them in asks the permission table.

/// Which entry of the navigation is current.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Section {
    /// 工作台, and the cases opened from it.
    #[default]
    Desk,
    /// 提醒
    Reminders,
    /// 现场登记
    Register,
    /// 回传
    Reports,
    /// 商户
    Tenants,
    /// 先行赔付
    Fund,
    /// 存证
    Log,
    /// 个人信息查阅记录
    Reveals,
    /// 监管查阅
    Audit,
    /// 本店案件
    Shop,
    /// 我的账号
    Account,
    /// 人员
    People,
    /// None: an error page.
    Elsewhere,
}

impl Section {
    /// Whether this is the 工作台.
    pub(crate) const fn is_desk(self) -> bool {
        matches!(self, Self::Desk)
    }

    /// Whether this is the 提醒 page.
    pub(crate) const fn is_reminders(self) -> bool {
        matches!(self, Self::Reminders)
    }

    /// Whether this is the 现场登记.
    pub(crate) const fn is_register(self) -> bool {
        matches!(self, Self::Register)
    }

    /// Whether this is the 回传 page.
    pub(crate) const fn is_reports(self) -> bool {
        matches!(self, Self::Reports)
    }

    /// Whether this is a page of the 商户.
    pub(crate) const fn is_tenants(self) -> bool {
        matches!(self, Self::Tenants)
    }

    /// Whether this is a page of the 先行赔付.
    pub(crate) const fn is_fund(self) -> bool {
        matches!(self, Self::Fund)
    }

    /// Whether this is the 存证 page.
    pub(crate) const fn is_log(self) -> bool {
        matches!(self, Self::Log)
    }

    /// Whether this is the 个人信息查阅记录.
    pub(crate) const fn is_reveals(self) -> bool {
        matches!(self, Self::Reveals)
    }

    /// Whether this is a page of the 监管查阅.
    pub(crate) const fn is_audit(self) -> bool {
        matches!(self, Self::Audit)
    }

    /// Whether this is a page of the 本店案件.
    pub(crate) const fn is_shop(self) -> bool {
        matches!(self, Self::Shop)
    }

    /// Whether this is the 我的账号 page.
    pub(crate) const fn is_account(self) -> bool {
        matches!(self, Self::Account)
    }

    /// Whether this is the 人员 page.
    pub(crate) const fn is_people(self) -> bool {
        matches!(self, Self::People)
    }
}

/// Which entries of the navigation are shown: an entry that would only lead to a refusal is not.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sees {
    /// 工作台
    pub(crate) desk: bool,
    /// 提醒
    pub(crate) reminders: bool,
    /// 本店案件
    pub(crate) shop: bool,
    /// 回传
    pub(crate) reports: bool,
    /// 商户
    pub(crate) tenants: bool,
    /// 先行赔付
    pub(crate) fund: bool,
    /// 存证
    pub(crate) log: bool,
    /// 个人信息查阅记录
    pub(crate) reveals: bool,
    /// 监管查阅
    pub(crate) audit: bool,
}
