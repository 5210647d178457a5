//! The command line: what can be asked for. Help texts are for operators, so they are in Chinese.

mod people;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use green_channel::time::Date;

use self::people::{TokenCommand, UserCommand};
use crate::calendars::CalendarCommand;
use crate::rule_sets::RulesCommand;
use crate::{backup, data_folder, demo, doctor, export, fsck, moving, restore, serve};

/// 12315 绿色通道商户端：接收分流投诉、首问负责、计时、和解、履行、回传，并留下可离线核验的存证。
#[derive(Parser)]
#[command(name = "merchant-server", version, about, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// 建立数据目录：密钥、带注释的配置、第一批账号
    Init(InitArgs),
    /// 启动服务
    Serve(DataArgs),
    /// 演示：临时目录、模拟 12315 中心、真实投诉素材，一条命令看完整流程
    Demo(DemoArgs),
    /// 体检：配置、密钥、时钟、数据库、中心、磁盘，逐项说明怎么办
    Doctor(DataArgs),
    /// 管理接口凭证
    Token {
        #[command(subcommand)]
        command: TokenCommand,
    },
    /// 管理人员账号
    User {
        #[command(subcommand)]
        command: UserCommand,
    },
    /// 导出
    Export {
        #[command(subcommand)]
        command: ExportCommand,
    },
    /// 管理日历：各年放假安排
    Calendar {
        #[command(subcommand)]
        command: CalendarCommand,
    },
    /// 查看规则集：各类时限从何而来
    Rules {
        #[command(subcommand)]
        command: RulesCommand,
    },
    /// 备份数据库到一个文件，不必停止服务；密钥不在其中
    Backup {
        #[command(flatten)]
        data: DataArgs,
        /// 备份文件（须不存在）
        #[arg(long)]
        out: PathBuf,
    },
    /// 从备份恢复到配置的数据库（须为空库）；中断后再次运行可继续
    Restore {
        #[command(flatten)]
        data: DataArgs,
        /// 备份文件
        #[arg(long)]
        from: PathBuf,
        #[command(flatten)]
        list: ErasedArgs,
    },
    /// 把数据库搬到另一个引擎或位置（先停止服务）；中断后再次运行可继续
    MigrateStore {
        /// 来源，如 sqlite:///var/lib/green-channel/green-channel.db
        from: String,
        /// 目标（须为空库），如 postgres://user@host:5432/database
        to: String,
        /// 数据目录；给出则用其中的密钥核对新库，并说明配置怎么改
        #[arg(long, env = "GREEN_CHANNEL_DATA")]
        data: Option<PathBuf>,
    },
    /// 核对：逐案、逐条、逐个检查点核对整个数据库；有问题则返回 1
    Fsck {
        #[command(flatten)]
        data: DataArgs,
        /// 以 JSON 输出
        #[arg(long)]
        json: bool,
    },
    /// 打印接口文档 (OpenAPI 3.1)
    Openapi {
        /// 哪一份
        document: Document,
    },
}

#[derive(Args)]
pub(crate) struct DataArgs {
    /// 数据目录
    #[arg(long, env = "GREEN_CHANNEL_DATA", default_value = "data")]
    pub(crate) data: PathBuf,
}

/// Who must not come back with a backup.
#[derive(Args)]
pub(crate) struct ErasedArgs {
    /// 另存的删除名单 erased.list；数据目录中没有名单时必须给出
    #[arg(long, value_name = "FILE")]
    pub(crate) erased: Option<PathBuf>,
    /// 确认没有删除名单：备份之后被删除的个人信息会随之恢复
    #[arg(long, conflicts_with = "erased")]
    pub(crate) no_erased_list: bool,
}

#[derive(Args)]
pub(crate) struct InitArgs {
    #[command(flatten)]
    pub(crate) data: DataArgs,
    /// 统一社会信用代码
    #[arg(long)]
    pub(crate) uscc: Option<String>,
    /// 单位名称
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// 对外基础网址，如 https://mall.example
    #[arg(long)]
    pub(crate) public_url: Option<String>,
    /// 监听地址
    #[arg(long)]
    pub(crate) listen: Option<SocketAddr>,
    /// 12315 中心的签发者标识
    #[arg(long)]
    pub(crate) center_issuer: Option<String>,
    /// 12315 中心接口的基础网址
    #[arg(long)]
    pub(crate) center_url: Option<String>,
    /// 12315 中心的公钥文件 (JWKS)，将复制进数据目录
    #[arg(long)]
    pub(crate) center_jwks: Option<PathBuf>,
    /// 数据库：SQLite 文件，或 postgres://用户@主机/库名（库须已建好）
    #[arg(long)]
    pub(crate) database: Option<String>,
}

#[derive(Args)]
pub(crate) struct DemoArgs {
    /// 演完既定剧本就退出；只有全部预期成立才返回 0
    #[arg(long)]
    pub(crate) once: bool,
    /// 监听地址（端口 0 表示任选）
    #[arg(long, default_value = "127.0.0.1:8315")]
    pub(crate) listen: SocketAddr,
}

#[derive(Subcommand)]
enum ExportCommand {
    /// 导出核验包：存证、检查点、规则、日历、日记账、指标，用 green-channel-verify 离线核验
    Bundle(BundleArgs),
}

#[derive(Args)]
pub(crate) struct BundleArgs {
    #[command(flatten)]
    pub(crate) data: DataArgs,
    /// 目标文件夹（须不存在或为空）
    #[arg(long)]
    pub(crate) out: PathBuf,
    /// 指标所属期间的第一天，如 2026-11-01；与 --to 同时给出，不给出则不含指标
    #[arg(long)]
    pub(crate) from: Option<Date>,
    /// 指标所属期间的最后一天（含）；这一天结束之后导出的，每次内容相同
    #[arg(long)]
    pub(crate) to: Option<Date>,
    /// 公开的案件：投诉编号或案件编号，可多次给出；含个人信息，会记入查阅记录
    #[arg(long, value_name = "CASE")]
    pub(crate) disclose: Vec<String>,
    /// 公开案件的经手人：审计员或监管查阅人员的登录名
    #[arg(long, value_name = "LOGIN")]
    pub(crate) by: Option<String>,
    /// 公开案件的事由
    #[arg(long)]
    pub(crate) reason: Option<String>,
}

/// Which document to print.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Document {
    /// 我们提供的接口
    Merchant,
    /// 我们调用的中心接口
    Center,
}

/// Why a command failed, in words for the operator.
pub(crate) type CliError = Box<dyn std::error::Error + Send + Sync>;

impl Cli {
    /// Runs what was asked for.
    pub(crate) async fn run(self) -> Result<ExitCode, CliError> {
        match self.command {
            Command::Init(args) => data_folder::init(&args).await?,
            Command::Serve(args) => serve::run(&args.data).await?,
            Command::Demo(args) => return demo::run(&args).await,
            Command::Doctor(args) => return doctor::run(&args.data).await,
            Command::Token { command } => command.run().await?,
            Command::User { command } => command.run().await?,
            Command::Export { command: ExportCommand::Bundle(args) } => {
                return export::bundle(&args).await;
            }
            Command::Backup { data, out } => return backup::run(&data.data, &out).await,
            Command::Calendar { command } => command.run().await?,
            Command::Rules { command } => command.run()?,
            Command::Restore { data, from, list } => {
                return restore::run(&data.data, &from, &list).await;
            }
            Command::MigrateStore { from, to, data } => {
                return moving::run(&from, &to, data.as_deref()).await;
            }
            Command::Fsck { data, json } => return fsck::run(&data.data, json).await,
            Command::Openapi { document } => crate::api::print_document(document),
        }
        Ok(ExitCode::SUCCESS)
    }
}
