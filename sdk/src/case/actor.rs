//! Who acts: a role and a pseudonym. Names of people never enter the core or the log.

use serde::{Deserialize, Serialize};

use crate::ids::Pseudonym;

/// What somebody may do. One person may hold several roles, but acts in one at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 12315 中心, speaking for itself or passing on the consumer's word.
    Center,
    /// 受理员: answers for cases as first responder.
    Clerk,
    /// 主管: approves above the clerk's limits and may act on any case.
    Supervisor,
    /// 负责人: what a supervisor may, and the last to be told when time runs out.
    Manager,
    /// 出纳: pays; no cases.
    Cashier,
    /// 系统管理员: people, keys, configuration; no cases.
    Administrator,
    /// 安全管理员: locks, second factors, tokens, sessions; no cases, no people.
    SecurityAdministrator,
    /// 审计员: reads everything, changes nothing.
    Auditor,
    /// 监管查阅: from outside, for a limited time; reads, changes nothing.
    Regulator,
    /// 场内商户: its own cases, and of the consumer only what the consent names it for.
    Tenant,
    /// 消费者, by a one-time link.
    Consumer,
    /// The software itself: clocks, receipts, the log.
    System,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 12] = [
        Self::Center,
        Self::Clerk,
        Self::Supervisor,
        Self::Manager,
        Self::Cashier,
        Self::Administrator,
        Self::SecurityAdministrator,
        Self::Auditor,
        Self::Regulator,
        Self::Tenant,
        Self::Consumer,
        Self::System,
    ];

    /// The word in leaves and in the API.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Center => "center",
            Self::Clerk => "clerk",
            Self::Supervisor => "supervisor",
            Self::Manager => "manager",
            Self::Cashier => "cashier",
            Self::Administrator => "administrator",
            Self::SecurityAdministrator => "security_administrator",
            Self::Auditor => "auditor",
            Self::Regulator => "regulator",
            Self::Tenant => "tenant",
            Self::Consumer => "consumer",
            Self::System => "system",
        }
    }

    /// The role with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }

    /// The official word.
    #[must_use]
    pub const fn label_zh(self) -> &'static str {
        match self {
            Self::Center => "12315中心",
            Self::Clerk => "受理员",
            Self::Supervisor => "主管",
            Self::Manager => "负责人",
            Self::Cashier => "出纳",
            Self::Administrator => "系统管理员",
            Self::SecurityAdministrator => "安全管理员",
            Self::Auditor => "审计员",
            Self::Regulator => "监管查阅",
            Self::Tenant => "场内商户",
            Self::Consumer => "消费者",
            Self::System => "系统",
        }
    }
}

/// One who acts, as the log knows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The role acted in.
    pub role: Role,
    /// A random name that says nothing about the person.
    pub pseudonym: Pseudonym,
}

impl Role {
    /// Whether people of the host act on cases in this role (受理员、主管、负责人).
    #[must_use]
    pub const fn is_staff(self) -> bool {
        match self {
            Self::Clerk | Self::Supervisor | Self::Manager => true,
            Self::Center
            | Self::Cashier
            | Self::Administrator
            | Self::SecurityAdministrator
            | Self::Auditor
            | Self::Regulator
            | Self::Tenant
            | Self::Consumer
            | Self::System => false,
        }
    }
}
