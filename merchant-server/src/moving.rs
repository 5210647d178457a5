//! `migrate-store`: a store moves to another engine or place. The configuration is the operator's:
//! this only says what to write there.

use std::ops::ControlFlow;
use std::path::Path;
use std::process::ExitCode;

use green_channel::store::transfer::{self, Copied, TransferError};

use crate::cli::CliError;
use crate::config::{Config, FILE_NAME};
use crate::logging::say;
use crate::{erased, fsck};

/// Moves a store and says what comes next; with a data folder, checks the new store with its keys.
pub(crate) async fn run(from: &str, to: &str, data: Option<&Path>) -> Result<ExitCode, CliError> {
    // Read first: a mistake in the configuration is told before anything has moved.
    let config = data.map(Config::load).transpose()?;
    match transfer::move_store(from, to, &mut tell).await {
        Ok(copied) => tell_sums(&copied),
        // An earlier run came to its end and was not heard: what comes after it is still to do.
        Err(error @ TransferError::AlreadyMoved { .. }) => say(&error.message_zh()),
        Err(error) => return Err(error.message_zh().into()),
    }
    let (from_name, to_name) = (name_of(from)?, name_of(to)?);
    say(&format!("已从 {from_name} 搬到 {to_name}；旧库已标记为“已搬走”，不能再启动服务"));
    let mut code = ExitCode::SUCCESS;
    match (data, &config) {
        (Some(data), Some(config)) => {
            let kept = erased::keep_in(data, config, to).await;
            let report = fsck::of_database(data, config, to).await?;
            fsck::tell(&report);
            code = fsck::exit_code(&report);
            if let Err(error) = kept {
                say(&format!("[异常] 删除名单未能处理：{error}"));
                code = ExitCode::FAILURE;
            }
            tell_configuration(data, config, &from_name, &to_name)?;
        }
        (None, _) | (Some(_), None) => {
            say(&format!("请在 {FILE_NAME} 的 [storage] 中写：database = \"{to_name}\""));
            say("（需要用户名和密码的，按上面的目标地址补全）");
            say("然后运行 merchant-server fsck，再启动服务");
        }
    }
    Ok(code)
}

/// What to change in the configuration of this data folder.
fn tell_configuration(
    data: &Path,
    config: &Config,
    from_name: &str,
    to_name: &str,
) -> Result<(), CliError> {
    let file = data.join(FILE_NAME);
    let configured = name_of(&config.storage.database)?;
    if configured == from_name {
        say(&format!("下一步：请把 {} 的 [storage] 中 database 一行改为：", file.display()));
    } else if configured == to_name {
        say(&format!("{} 已指向新库，可以启动服务", file.display()));
        return Ok(());
    } else {
        say(&format!(
            "[注意] {} 指向的是另一个库 {configured}；要使用新库，请改为：",
            file.display()
        ));
    }
    say(&format!("  database = \"{to_name}\""));
    say("（需要用户名和密码的，按上面的目标地址补全；配置文件未被改动）");
    Ok(())
}

/// Says per table how many rows arrived, and their fingerprint.
pub(crate) fn tell_sums(copied: &Copied) {
    for sum in &copied.tables {
        say(&format!("{:<14}{:>12} 行  {}", sum.table, sum.rows, sum.digest));
    }
    say(&format!("两边逐表核对一致；存证 {} 条，根 {}", copied.size, copied.root));
}

/// Says from time to time how far it is.
pub(crate) fn tell(table: &'static str, rows: u64) -> ControlFlow<()> {
    if rows.is_multiple_of(100_000) {
        say(&format!("{table}：已复制 {rows} 行"));
    }
    ControlFlow::Continue(())
}

fn name_of(url: &str) -> Result<String, CliError> {
    Ok(transfer::name_of(url).map_err(|error| error.message_zh())?)
}
