//! `restore`: fills the configured store, which must be empty, from a backup, and erases again who
//! was erased since. It mends nothing and overwrites nothing.

use std::path::Path;
use std::process::ExitCode;

use green_channel::store::transfer;

use crate::cli::{CliError, ErasedArgs};
use crate::config::Config;
use crate::logging::say;
use crate::{erased, fsck, moving};

/// Fills the store and checks it; exits with 1 if the check found something. Broken off, the same
/// command goes on, and until then the store is not served.
pub(crate) async fn run(data: &Path, from: &Path, list: &ErasedArgs) -> Result<ExitCode, CliError> {
    let config = Config::load(data)?;
    let has_list = take_list(data, list)?;
    let database = &config.storage.database;
    let filled = transfer::restore(from, database, &mut moving::tell).await;
    let copied = filled.map_err(|error| error.message_zh())?;
    moving::tell_sums(&copied);
    // Broken off here, the store holds people who were erased: a server that starts on it does the
    // same before it serves.
    let again = erased::keep_in(data, &config, database).await;
    let report = fsck::of_database(data, &config, database).await?;
    fsck::tell(&report);
    if has_list {
        say("[注意] 已按删除名单再次删除；名单写成之后才撤回同意的，不在其中，请中心重发");
        say("       consent_withdrawn");
    } else {
        say("[注意] 没有删除名单：备份之后撤回同意、被删除的个人信息，已随备份恢复。启动服务前");
        say("       请列出备份之后的撤回，启动后请中心逐一重发 consent_withdrawn，再次删除");
    }
    if crate::witnessing::set_seen_aside(data)? {
        say(
            "[注意] 已公布过的最新检查点另存为 checkpoint.seen.before-restore，请与恢复后的日志一并交监管方",
        );
    }
    say("[注意] 备份之后的案件、回执和存证不在其中：若此前已公布更新的检查点，继续服务会使");
    say("       日志分叉，请先告知中心与监管方（见 docs/operations.md）");
    again?;
    Ok(fsck::exit_code(&report))
}

/// Without a list nobody knows whom an old backup brings back: somebody has to say that there is
/// none. Whether there is one.
fn take_list(data: &Path, list: &ErasedArgs) -> Result<bool, CliError> {
    if let Some(file) = &list.erased {
        let listed = erased::take(data, file)?;
        say(&format!("已并入删除名单 {}：共 {listed} 件", file.display()));
    }
    let has_list = erased::is_kept(data);
    if !has_list && !list.no_erased_list {
        let path = data.join(erased::FILE_NAME);
        return Err(format!(
            "没有删除名单 {}，未作任何改动。撤回同意、已被删除的人，不能因恢复旧备份而复活：请用 \
             --erased 文件 给出另存的最新一份（没有时，可用较新备份旁的 .erased.list）；\
             确实没有，请加 --no-erased-list，并请中心逐一重发 consent_withdrawn",
            path.display()
        )
        .into());
    }
    Ok(has_list)
}
