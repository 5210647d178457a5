//! `restore`: fills the configured store, which must be empty, from a backup. It mends nothing and
//! overwrites nothing.

use std::path::Path;
use std::process::ExitCode;

use green_channel::store::transfer;

use crate::cli::CliError;
use crate::config::Config;
use crate::logging::say;
use crate::{fsck, moving};

/// Fills the store and checks it; exits with 1 if the check found something. Broken off, the same
/// command goes on, and until then the store is not served.
pub(crate) async fn run(data: &Path, from: &Path) -> Result<ExitCode, CliError> {
    let config = Config::load(data)?;
    let database = &config.storage.database;
    let filled = transfer::restore(from, database, &mut moving::tell).await;
    let copied = filled.map_err(|error| error.message_zh())?;
    moving::tell_sums(&copied);
    let report = fsck::of_database(data, &config, database).await?;
    fsck::tell(&report);
    say("[注意] 备份之后撤回同意、被删除的个人信息，会随旧备份一并恢复：启动服务前请先列出");
    say("       备份之后的撤回，启动后请中心逐一重发 consent_withdrawn，再次删除");
    say("[注意] 备份之后的案件、回执和存证不在其中：若此前已公布更新的检查点，继续服务会使");
    say("       日志分叉，请先告知中心与监管方（见 docs/operations.md）");
    Ok(fsck::exit_code(&report))
}
