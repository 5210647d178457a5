//! The permission table: one place that says what each role may do and which roles one person may
//! hold. Console and API ask it alike; what may be done to a particular case is the case's own
//! table.

use green_channel::case::Role;

/// Something a person may be allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Permission {
    /// See queue and cases.
    ReadCases,
    /// See the cases of the own shop, and no other.
    ReadOwnCases,
    /// Act on cases.
    WorkCases,
    /// Approve what a clerk may not offer alone.
    ApproveOffers,
    /// Register a complaint that somebody brings to the desk.
    RegisterAtDesk,
    /// See what was reported to the center.
    ReadReports,
    /// Send a report again that was put aside.
    ReplayReports,
    /// See the log and its checkpoints.
    ReadLog,
    /// See who looked at whose data, and why.
    ReadReveals,
    /// See the tenants.
    ReadTenants,
    /// Add tenants and change them.
    ManageTenants,
    /// Add people, change their roles, reset passwords, remove people.
    ManagePeople,
    /// Unlock people, reset second factors, end sessions, revoke personal tokens.
    ManageSecurity,
    /// See the statistics.
    ReadStatistics,
    /// See the fund: balances, advances, who owes what.
    ReadFund,
    /// Act on the fund; who may do what is the fund's own table.
    WorkFund,
    /// Use the room of those who look over the house's shoulder.
    ReadAudit,
}

impl Permission {
    /// Every permission.
    pub(crate) const ALL: [Self; 17] = [
        Self::ReadCases,
        Self::ReadOwnCases,
        Self::WorkCases,
        Self::ApproveOffers,
        Self::RegisterAtDesk,
        Self::ReadReports,
        Self::ReplayReports,
        Self::ReadLog,
        Self::ReadReveals,
        Self::ReadTenants,
        Self::ManageTenants,
        Self::ManagePeople,
        Self::ManageSecurity,
        Self::ReadStatistics,
        Self::ReadFund,
        Self::WorkFund,
        Self::ReadAudit,
    ];

    /// What it is called on screen.
    pub(crate) const fn label_zh(self) -> &'static str {
        match self {
            Self::ReadCases => "查看案件",
            Self::ReadOwnCases => "查看本店案件",
            Self::WorkCases => "办理案件",
            Self::ApproveOffers => "审核和解方案",
            Self::RegisterAtDesk => "登记现场投诉",
            Self::ReadReports => "查看回传",
            Self::ReplayReports => "重新发送回传",
            Self::ReadLog => "查看存证",
            Self::ReadReveals => "查看个人信息查阅记录",
            Self::ReadTenants => "查看场内商户",
            Self::ManageTenants => "管理场内商户",
            Self::ManagePeople => "管理人员与岗位",
            Self::ManageSecurity => "解锁与安全管理",
            Self::ReadStatistics => "查看统计",
            Self::ReadFund => "查看先行赔付资金",
            Self::WorkFund => "办理先行赔付",
            Self::ReadAudit => "监管查阅",
        }
    }
}

/// Whether a role has a permission.
pub(crate) const fn allows(role: Role, permission: Permission) -> bool {
    use Permission as P;
    match role {
        Role::Clerk => matches!(
            permission,
            P::ReadCases
                | P::WorkCases
                | P::RegisterAtDesk
                | P::ReadReports
                | P::ReadLog
                | P::ReadTenants
                | P::ReadStatistics
                | P::WorkFund
        ),
        Role::Supervisor | Role::Manager => matches!(
            permission,
            P::ReadCases
                | P::WorkCases
                | P::ApproveOffers
                | P::RegisterAtDesk
                | P::ReadReports
                | P::ReplayReports
                | P::ReadLog
                | P::ReadTenants
                | P::ManageTenants
                | P::ReadStatistics
                | P::ReadFund
                | P::WorkFund
        ),
        Role::Cashier => matches!(permission, P::ReadTenants | P::ReadFund | P::WorkFund),
        Role::Administrator => {
            matches!(permission, P::ReadReports | P::ReplayReports | P::ReadLog | P::ManagePeople)
        }
        Role::SecurityAdministrator => matches!(permission, P::ReadLog | P::ManageSecurity),
        Role::Auditor | Role::Regulator => matches!(
            permission,
            P::ReadCases
                | P::ReadReports
                | P::ReadLog
                | P::ReadReveals
                | P::ReadTenants
                | P::ReadStatistics
                | P::ReadFund
                | P::ReadAudit
        ),
        Role::Tenant => matches!(permission, P::ReadOwnCases),
        Role::Center | Role::Consumer | Role::System => false,
    }
}

/// With what a role can be held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holding {
    /// Never by a person.
    Never,
    /// By somebody who holds no other.
    Alone,
    /// Together with others, but for those that exclude one another.
    Shared,
}

const fn holding(role: Role) -> Holding {
    match role {
        Role::Center | Role::Consumer | Role::System => Holding::Never,
        Role::Auditor | Role::Regulator | Role::Tenant => Holding::Alone,
        Role::Clerk
        | Role::Supervisor
        | Role::Manager
        | Role::Cashier
        | Role::Administrator
        | Role::SecurityAdministrator => Holding::Shared,
    }
}

/// Whether one person may not hold both: who decides does not pay, and who gives powers does not
/// watch over them.
const fn excludes(one: Role, other: Role) -> bool {
    match one {
        Role::Cashier => other.is_staff(),
        Role::Clerk | Role::Supervisor | Role::Manager => matches!(other, Role::Cashier),
        Role::Administrator => matches!(other, Role::SecurityAdministrator | Role::Auditor),
        Role::SecurityAdministrator => matches!(other, Role::Administrator | Role::Auditor),
        Role::Auditor => matches!(other, Role::Administrator | Role::SecurityAdministrator),
        Role::Center | Role::Regulator | Role::Tenant | Role::Consumer | Role::System => false,
    }
}

/// One person may not hold these roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RolesError {
    /// None at all.
    #[error("请至少选择一个岗位")]
    Missing,
    /// A role that no person holds.
    #[error("“{0}”不是人员岗位")]
    NeverHeld(&'static str),
    /// A role that stands alone.
    #[error("“{0}”不能兼任其他岗位，请为其他岗位另设账号并由他人担任")]
    Alone(&'static str),
    /// Two that exclude one another.
    #[error("“{0}”与“{1}”不能由同一人担任，请改由两人分别担任")]
    Together(&'static str, &'static str),
}

/// Whether a person may hold this role at all.
pub(crate) fn is_held(role: Role) -> bool {
    holding(role) != Holding::Never
}

/// Refuses roles that one person may not hold together.
pub(crate) fn check_roles(roles: &[Role]) -> Result<(), RolesError> {
    if roles.is_empty() {
        return Err(RolesError::Missing);
    }
    for (place, one) in roles.iter().enumerate() {
        match holding(*one) {
            Holding::Never => return Err(RolesError::NeverHeld(one.label_zh())),
            Holding::Alone if roles.len() > 1 => return Err(RolesError::Alone(one.label_zh())),
            Holding::Alone | Holding::Shared => {}
        }
        let clash = roles[place + 1..].iter().find(|other| excludes(*one, **other));
        if let Some(other) = clash {
            return Err(RolesError::Together(one.label_zh(), other.label_zh()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The order of the columns below.
    const COLUMNS: [Role; 9] = [
        Role::Clerk,
        Role::Supervisor,
        Role::Manager,
        Role::Cashier,
        Role::Administrator,
        Role::SecurityAdministrator,
        Role::Auditor,
        Role::Regulator,
        Role::Tenant,
    ];

    #[test]
    fn the_table_is_this_one() {
        use Permission as P;
        //                       Cl Su Ma Ca Ad Se Au Re Te
        let table = [
            (P::ReadCases, "      x  x  x  .  .  .  x  x  ."),
            (P::ReadOwnCases, "   .  .  .  .  .  .  .  .  x"),
            (P::WorkCases, "      x  x  x  .  .  .  .  .  ."),
            (P::ApproveOffers, "  .  x  x  .  .  .  .  .  ."),
            (P::RegisterAtDesk, " x  x  x  .  .  .  .  .  ."),
            (P::ReadReports, "    x  x  x  .  x  .  x  x  ."),
            (P::ReplayReports, "  .  x  x  .  x  .  .  .  ."),
            (P::ReadLog, "        x  x  x  .  x  x  x  x  ."),
            (P::ReadReveals, "    .  .  .  .  .  .  x  x  ."),
            (P::ReadTenants, "    x  x  x  x  .  .  x  x  ."),
            (P::ManageTenants, "  .  x  x  .  .  .  .  .  ."),
            (P::ManagePeople, "   .  .  .  .  x  .  .  .  ."),
            (P::ManageSecurity, " .  .  .  .  .  x  .  .  ."),
            (P::ReadStatistics, " x  x  x  .  .  .  x  x  ."),
            (P::ReadFund, "       .  x  x  x  .  .  x  x  ."),
            (P::WorkFund, "       x  x  x  x  .  .  .  .  ."),
            (P::ReadAudit, "      .  .  .  .  .  .  x  x  ."),
        ];
        assert_eq!(table.map(|(permission, _)| permission), P::ALL);
        for (permission, row) in table {
            let marks: Vec<&str> = row.split_whitespace().collect();
            assert_eq!(marks.len(), COLUMNS.len());
            for (role, mark) in COLUMNS.into_iter().zip(marks) {
                assert_eq!(allows(role, permission), mark == "x", "{role:?} {permission:?}");
            }
        }
    }

    #[test]
    fn center_consumer_and_system_never_log_in() {
        for role in [Role::Center, Role::Consumer, Role::System] {
            assert!(!is_held(role));
            assert!(Permission::ALL.iter().all(|permission| !allows(role, *permission)));
            assert_eq!(check_roles(&[role]), Err(RolesError::NeverHeld(role.label_zh())));
        }
        assert!(Role::ALL.into_iter().filter(|role| is_held(*role)).eq([
            Role::Clerk,
            Role::Supervisor,
            Role::Manager,
            Role::Cashier,
            Role::Administrator,
            Role::SecurityAdministrator,
            Role::Auditor,
            Role::Regulator,
            Role::Tenant,
        ]));
    }

    #[test]
    fn one_person_holds_only_roles_that_go_together() {
        use Role as R;
        for good in [
            vec![R::Clerk],
            vec![R::Clerk, R::Supervisor, R::Manager],
            vec![R::Cashier, R::Administrator],
            vec![R::Auditor],
            vec![R::Regulator],
            vec![R::Tenant],
        ] {
            assert_eq!(check_roles(&good), Ok(()), "{good:?}");
        }
        for bad in [
            vec![],
            vec![R::Administrator, R::SecurityAdministrator],
            vec![R::Administrator, R::Auditor],
            vec![R::SecurityAdministrator, R::Auditor],
            vec![R::Auditor, R::Clerk],
            vec![R::Clerk, R::Regulator],
            vec![R::Manager, R::Tenant],
            vec![R::Cashier, R::Clerk],
            vec![R::Supervisor, R::Cashier],
            vec![R::Manager, R::Administrator, R::Cashier],
            vec![R::Clerk, R::System],
        ] {
            assert!(check_roles(&bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn exclusion_goes_both_ways() {
        for one in Role::ALL {
            for other in Role::ALL {
                assert_eq!(excludes(one, other), excludes(other, one), "{one:?} {other:?}");
            }
        }
    }
}
