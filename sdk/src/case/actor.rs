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
    /// 系统管理员: people, keys, configuration; no cases.
    Administrator,
    /// 审计员: reads everything, changes nothing.
    Auditor,
    /// The software itself: clocks, receipts, the log.
    System,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 6] = [
        Self::Center,
        Self::Clerk,
        Self::Supervisor,
        Self::Administrator,
        Self::Auditor,
        Self::System,
    ];

    /// The word in leaves and in the API.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Center => "center",
            Self::Clerk => "clerk",
            Self::Supervisor => "supervisor",
            Self::Administrator => "administrator",
            Self::Auditor => "auditor",
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
            Self::Administrator => "系统管理员",
            Self::Auditor => "审计员",
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
