//! `backup`: everything in the store as of one instant, in one file, while the server runs. The
//! keys are not in it. The shred list is written beside it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use green_channel::store::transfer;

use crate::cli::CliError;
use crate::config::Config;
use crate::logging::say;
use crate::{data_folder, erased, fsck, moving};

/// Writes a backup, checks it, and gives it its name only then. Exits with 1 if the check found
/// something: the backup is kept, because a copy of a damaged store may still be the best there is.
pub(crate) async fn run(data: &Path, out: &Path) -> Result<ExitCode, CliError> {
    let config = Config::load(data)?;
    if out.exists() {
        return Err(format!("{} 已存在，未作任何改动", out.display()).into());
    }
    let part = beside(out, ".part");
    // What a broken-off run left is as of another instant: it is of no use.
    for left in ["", "-wal", "-shm", "-journal"] {
        discard(&beside(&part, left))?;
    }
    let written = transfer::back_up(&config.storage.database, &part, &mut moving::tell).await;
    written.map_err(|error| error.message_zh())?;
    let mut code = check(data, &config, &part).await.unwrap_or_else(|error| {
        say(&format!("[异常] 备份未能核对：{error}"));
        ExitCode::FAILURE
    });
    transfer::settle(&part).await.map_err(|error| error.message_zh())?;
    transfer::rename(&part, out).map_err(|error| error.message_zh())?;
    say(&format!("已备份到 {}（仅本人可读）", out.display()));
    // After the copy: the list must not know less than the backup beside it.
    if let Err(error) = list(data, &config, &beside(out, ".erased.list")).await {
        say(&format!("[异常] 删除名单未能写在备份旁：{error}"));
        code = ExitCode::FAILURE;
    }
    say("备份中没有 keys.json：请把密钥另存一处；两者放在一起，等于没有加密");
    say("备份会留住此后被删除的个人信息：请按保存期限及时销毁旧备份；恢复时凭删除名单再次删除，");
    say("请把最新的 erased.list 另存一份，离开本机：名单比备份新，才知道备份之后删除了谁");
    Ok(code)
}

/// Checks the file with the keys of the data folder, if they are there.
async fn check(data: &Path, config: &Config, file: &Path) -> Result<ExitCode, CliError> {
    if !data.join("keys.json").exists() {
        say("[注意] 没有 keys.json，备份未经核对");
        return Ok(ExitCode::SUCCESS);
    }
    let database = format!("sqlite://{}", std::path::absolute(file)?.display());
    let report = fsck::of_database(data, config, &database).await?;
    fsck::tell(&report);
    Ok(fsck::exit_code(&report))
}

/// Writes the shred list beside the backup; a list that lies there is added to.
async fn list(data: &Path, config: &Config, to: &Path) -> Result<(), CliError> {
    if data.join("keys.json").exists() {
        let engine = data_folder::open_to_check(data, config).await?;
        let noted = erased::note(&engine, data).await;
        engine.store().close().await?;
        noted?;
    }
    if !erased::is_kept(data) {
        say("[注意] 没有 keys.json，也没有删除名单：备份旁未写名单");
        return Ok(());
    }
    let listed = erased::copy(data, to)?;
    say(&format!("删除名单在 {}：共 {listed} 件", to.display()));
    Ok(())
}

/// The path with something at its end.
fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

fn discard(path: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}
