//! The permission table: one place that says what each role may do. Console and API ask it alike;
//! what may be done to a particular case is the case's own table.

use green_channel::case::Role;

/// Something a person may be allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Permission {
    /// See queue and cases.
    ReadCases,
    /// Act on cases.
    WorkCases,
    /// See what was reported to the center.
    ReadReports,
    /// Send a report again that was put aside.
    ReplayReports,
    /// See the log and its checkpoints.
    ReadLog,
}

/// Whether a role has a permission.
pub(crate) const fn allows(role: Role, permission: Permission) -> bool {
    match permission {
        Permission::ReadCases => {
            matches!(role, Role::Clerk | Role::Supervisor | Role::Auditor)
        }
        Permission::WorkCases => matches!(role, Role::Clerk | Role::Supervisor),
        Permission::ReadReports => {
            matches!(role, Role::Clerk | Role::Supervisor | Role::Auditor | Role::Administrator)
        }
        Permission::ReplayReports => matches!(role, Role::Supervisor | Role::Administrator),
        Permission::ReadLog => {
            matches!(role, Role::Clerk | Role::Supervisor | Role::Auditor | Role::Administrator)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_administrator_sees_no_case_and_an_auditor_changes_none() {
        assert!(!allows(Role::Administrator, Permission::ReadCases));
        assert!(!allows(Role::Administrator, Permission::WorkCases));
        assert!(!allows(Role::Auditor, Permission::WorkCases));
        assert!(!allows(Role::Auditor, Permission::ReplayReports));
        assert!(allows(Role::Clerk, Permission::WorkCases));
    }

    #[test]
    fn center_and_system_never_log_in() {
        for permission in [
            Permission::ReadCases,
            Permission::WorkCases,
            Permission::ReadReports,
            Permission::ReplayReports,
            Permission::ReadLog,
        ] {
            assert!(!allows(Role::Center, permission));
            assert!(!allows(Role::System, permission));
        }
    }
}
