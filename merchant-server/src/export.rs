//! `export log`: the log as a folder that anybody can check offline with `green-channel-verify`.
//!
//! Layout: `checkpoint` (the signed note), `vkey` (the verifier key), `entries` (one leaf a line,
//! in the order of the log, byte for byte as hashed).

use std::io::{BufWriter, Write};
use std::path::Path;

use green_channel::store::{Store, StoreError};

use crate::cli::CliError;
use crate::data_folder::{self, Engine};
use crate::logging::say;

/// Exports the log up to its newest checkpoint.
pub(crate) async fn log(data: &Path, out: &Path) -> Result<(), CliError> {
    let engine = data_folder::open(data).await?;
    let size = write(&engine, out).await?;
    say(&format!("已导出 {size} 条存证到 {}", out.display()));
    say(&format!("离线核验：green-channel-verify {}", out.display()));
    Ok(())
}

/// Writes the folder and returns how many leaves are in it.
pub(crate) async fn write(engine: &Engine, out: &Path) -> Result<u64, CliError> {
    if out.exists() && std::fs::read_dir(out)?.next().is_some() {
        return Err(format!("{} 不是空文件夹，未作任何改动", out.display()).into());
    }
    loop {
        match engine.sequence().await {
            // A running server's sequencer was first: what it has put in is there to be exported.
            Err(StoreError::Conflict { .. }) => {}
            Err(error) => return Err(error.into()),
            Ok(done) if done.more => {}
            Ok(_) => break,
        }
    }
    let checkpoint = engine.store().checkpoint().await?;
    let checkpoint = checkpoint.ok_or("日志还是空的，没有可导出的内容")?;
    std::fs::create_dir_all(out)?;
    let mut entries = BufWriter::new(std::fs::File::create(out.join("entries"))?);
    let mut from = 0;
    while from < checkpoint.size {
        let left = u32::try_from(checkpoint.size - from).unwrap_or(u32::MAX);
        let page = engine.store().log_entries(from, left.min(256)).await?;
        if page.is_empty() {
            return Err("日志不连续，请先运行 doctor".into());
        }
        for leaf in &page {
            // Leaves are canonical JSON: no raw line break can be inside.
            entries.write_all(&leaf.bytes)?;
            entries.write_all(b"\n")?;
            from += 1;
        }
    }
    entries.flush()?;
    std::fs::write(out.join("vkey"), engine.log_vkey())?;
    // The checkpoint comes last: a folder with it is a whole one.
    std::fs::write(out.join("checkpoint"), checkpoint.note)?;
    Ok(checkpoint.size)
}
