//! `user` and `token`: the people who may log in, and the tokens of the merchant's own systems.

use clap::{Args, Subcommand, ValueEnum};
use green_channel::case::Role;
use green_channel::ids::TenantId;
use green_channel::time::Date;

use super::{CliError, DataArgs};
use crate::auth::{Held, Scope};
use crate::data_folder;

#[derive(Subcommand)]
pub(super) enum TokenCommand {
    /// 新建凭证；凭证只显示这一次
    Create {
        #[command(flatten)]
        data: DataArgs,
        /// 用途说明
        #[arg(long)]
        name: String,
        /// 权限范围，可多次给出
        #[arg(long = "scope", required = true)]
        scopes: Vec<Scope>,
        /// 以什么岗位办理
        #[arg(long, default_value = "clerk")]
        role: StaffRole,
        /// 有效期的最后一天，如 2026-12-31；“监管查阅”必填
        #[arg(long)]
        until: Option<Date>,
    },
    /// 列出凭证（不含凭证本身）
    List {
        #[command(flatten)]
        data: DataArgs,
    },
    /// 作废凭证，立即生效
    Revoke {
        #[command(flatten)]
        data: DataArgs,
        /// 新建时写的用途说明；同名的全部作废
        #[arg(long)]
        name: String,
    },
}

#[derive(Subcommand)]
pub(super) enum UserCommand {
    /// 新增人员；初始密码只显示这一次
    Add {
        #[command(flatten)]
        data: DataArgs,
        /// 登录名
        #[arg(long)]
        login: String,
        /// 姓名
        #[arg(long)]
        name: String,
        #[command(flatten)]
        held: HeldArgs,
        /// 不要求首次登录更改密码（只用于联调与演示）
        #[arg(long)]
        keep_password: bool,
    },
    /// 更改岗位，立即生效；正在进行的登录一并结束
    Roles {
        #[command(flatten)]
        data: DataArgs,
        /// 登录名
        #[arg(long)]
        login: String,
        #[command(flatten)]
        held: HeldArgs,
    },
    /// 重设密码；新密码只显示这一次
    Password {
        #[command(flatten)]
        data: DataArgs,
        /// 登录名
        #[arg(long)]
        login: String,
    },
    /// 列出人员
    List {
        #[command(flatten)]
        data: DataArgs,
    },
    /// 停用人员，立即生效；办理记录保留
    Remove {
        #[command(flatten)]
        data: DataArgs,
        /// 登录名
        #[arg(long)]
        login: String,
    },
    /// 解除因连续输错密码造成的锁定
    Unlock {
        #[command(flatten)]
        data: DataArgs,
        /// 登录名
        #[arg(long)]
        login: String,
    },
    /// 重设两步验证（手机遗失时）；须由本人重新启用
    ResetTotp {
        #[command(flatten)]
        data: DataArgs,
        /// 登录名
        #[arg(long)]
        login: String,
    },
}

/// What a person may act as.
#[derive(Args)]
pub(super) struct HeldArgs {
    /// 岗位，可多次给出；第一个为登录后的岗位
    #[arg(long = "role", required = true)]
    roles: Vec<StaffRole>,
    /// 场内商户编号（tnt_…），岗位为场内商户时必须给出
    #[arg(long)]
    tenant: Option<TenantId>,
    /// 查阅截止日期（含当天），如 2026-12-31，岗位为监管查阅时必须给出
    #[arg(long)]
    until: Option<Date>,
}

impl HeldArgs {
    fn held(self) -> Held {
        let roles = self.roles.into_iter().map(Role::from).collect();
        data_folder::held(roles, self.tenant, self.until)
    }
}

/// The roles a person or a token can have.
#[derive(Clone, Copy, ValueEnum)]
pub(super) enum StaffRole {
    /// 受理员
    Clerk,
    /// 主管
    Supervisor,
    /// 负责人
    Manager,
    /// 出纳
    Cashier,
    /// 系统管理员
    Administrator,
    /// 安全管理员
    #[value(alias = "security_administrator")]
    SecurityAdministrator,
    /// 审计员
    Auditor,
    /// 监管查阅
    Regulator,
    /// 场内商户
    Tenant,
}

impl From<StaffRole> for Role {
    fn from(role: StaffRole) -> Self {
        match role {
            StaffRole::Clerk => Self::Clerk,
            StaffRole::Supervisor => Self::Supervisor,
            StaffRole::Manager => Self::Manager,
            StaffRole::Cashier => Self::Cashier,
            StaffRole::Administrator => Self::Administrator,
            StaffRole::SecurityAdministrator => Self::SecurityAdministrator,
            StaffRole::Auditor => Self::Auditor,
            StaffRole::Regulator => Self::Regulator,
            StaffRole::Tenant => Self::Tenant,
        }
    }
}

impl TokenCommand {
    /// Runs what was asked for.
    pub(super) async fn run(self) -> Result<(), CliError> {
        match self {
            TokenCommand::Create { data, name, scopes, role, until } => {
                data_folder::create_token(&data.data, name, scopes, role.into(), until).await?;
            }
            TokenCommand::List { data } => data_folder::list_tokens(&data.data).await?,
            TokenCommand::Revoke { data, name } => {
                data_folder::revoke_tokens(&data.data, &name).await?;
            }
        }
        Ok(())
    }
}

impl UserCommand {
    /// Runs what was asked for.
    pub(super) async fn run(self) -> Result<(), CliError> {
        match self {
            UserCommand::Add { data, login, name, held, keep_password } => {
                let (folder, must_change) = (&data.data, !keep_password);
                data_folder::add_person(folder, &login, &name, held.held(), must_change).await?;
            }
            UserCommand::Roles { data, login, held } => {
                data_folder::change_roles(&data.data, &login, held.held()).await?;
            }
            UserCommand::Password { data, login } => {
                data_folder::reset_password(&data.data, &login).await?;
            }
            UserCommand::List { data } => data_folder::list_people(&data.data).await?,
            UserCommand::Remove { data, login } => {
                data_folder::remove_person(&data.data, &login).await?;
            }
            UserCommand::Unlock { data, login } => {
                data_folder::unlock_person(&data.data, &login).await?;
            }
            UserCommand::ResetTotp { data, login } => {
                data_folder::reset_factor(&data.data, &login).await?;
            }
        }
        Ok(())
    }
}
