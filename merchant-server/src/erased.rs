//! The shred list (`erased.list`): which cases were erased, one id a line, so that an old backup
//! that is restored brings nobody back. Nothing personal stands in it. Knows nothing of why
//! somebody was erased.
//!
//! The database knows who was erased as of itself; this file lies outside and outlives a backup.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use green_channel::ids::CaseId;

use crate::cli::CliError;
use crate::config::Config;
use crate::data_folder::{self, Engine};
use crate::logging::say;

/// The list's name in the data folder.
pub(crate) const FILE_NAME: &str = "erased.list";

/// What one round over the list did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Kept {
    /// Cases on the list.
    pub(crate) listed: usize,
    /// Those of them that are new on it.
    pub(crate) added: usize,
    /// Those that a backup had brought back, and that were erased again.
    pub(crate) again: usize,
    /// Those that should have been and could not; the next round tries again.
    pub(crate) failed: usize,
}

/// Adds to the list whom the store has erased, and erases again whom the store has back.
pub(crate) async fn keep(engine: &Engine, data: &Path) -> Result<Kept, CliError> {
    let erased: BTreeSet<CaseId> = engine.erased_cases().await?.into_iter().collect();
    let merged = merge(&list_of(data), &erased)?;
    let mut kept = Kept { listed: merged.all.len(), added: merged.added, ..Kept::default() };
    // What the store itself calls erased has no key any more: only the others may be back.
    for id in merged.all.difference(&erased) {
        match engine.erase_again(*id).await {
            Ok(true) => kept.again += 1,
            Ok(false) => {}
            Err(error) => {
                kept.failed += 1;
                tracing::error!(case = %id, %error, "a case could not be erased again");
            }
        }
    }
    Ok(kept)
}

/// [`keep`] for a store that was just filled, told to the operator.
pub(crate) async fn keep_in(data: &Path, config: &Config, database: &str) -> Result<(), CliError> {
    let mut config = config.clone();
    database.clone_into(&mut config.storage.database);
    let engine = data_folder::open_with(data, &config).await?;
    let kept = keep(&engine, data).await;
    engine.store().close().await?;
    let kept = kept?;
    say(&format!(
        "删除名单 {FILE_NAME}：共 {} 件，新记入 {} 件，再次删除 {} 件",
        kept.listed, kept.added, kept.again
    ));
    if kept.failed > 0 {
        let failed = kept.failed;
        return Err(format!("{failed} 件未能再次删除，请排除故障后重试，启动服务时也会再删").into());
    }
    Ok(())
}

/// Adds to the list whom the store has erased. In the store nothing changes.
pub(crate) async fn note(engine: &Engine, data: &Path) -> Result<(), CliError> {
    let erased = engine.erased_cases().await?.into_iter().collect();
    merge(&list_of(data), &erased)?;
    Ok(())
}

/// Whether the data folder has a list.
pub(crate) fn is_kept(data: &Path) -> bool {
    list_of(data).exists()
}

/// Adds a list that was kept elsewhere to that of the data folder; gives how long the former is.
pub(crate) fn take(data: &Path, from: &Path) -> Result<usize, CliError> {
    let ids = read(from)?;
    merge(&list_of(data), &ids)?;
    Ok(ids.len())
}

/// Adds the list of the data folder to the one at `to`, which begins with it if need be.
pub(crate) fn copy(data: &Path, to: &Path) -> Result<usize, CliError> {
    Ok(merge(to, &own(data)?)?.all.len())
}

/// How many cases are on the list of the data folder.
pub(crate) fn count(data: &Path) -> Result<usize, CliError> {
    Ok(own(data)?.len())
}

/// The list of the data folder; what a crash left of a line is taken away.
fn own(data: &Path) -> Result<BTreeSet<CaseId>, CliError> {
    Ok(merge(&list_of(data), &BTreeSet::new())?.all)
}

fn list_of(data: &Path) -> PathBuf {
    data.join(FILE_NAME)
}

/// A list after something was added to it.
#[derive(Debug)]
struct Merged {
    all: BTreeSet<CaseId>,
    added: usize,
}

/// Adds ids to a list, durably. What a crash leaves is the list with some of them and perhaps a
/// piece of a line at its end, which the next call takes away before it adds.
fn merge(path: &Path, ids: &BTreeSet<CaseId>) -> Result<Merged, CliError> {
    let fail = |error: std::io::Error| {
        format!("删除名单 {} 读写失败：{error}。请检查磁盘与权限", path.display())
    };
    let begins = !path.exists();
    let mut file = open(path).map_err(fail)?;
    // A server and a command may add at the same moment.
    file.lock().map_err(fail)?;
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(fail)?;
    let (mut all, whole) = parse(&text, path)?;
    let new: Vec<CaseId> = ids.difference(&all).copied().collect();
    if begins || !new.is_empty() || whole < text.len() {
        let mut lines = String::new();
        if !matches!(text.as_bytes()[..whole].last(), None | Some(b'\n')) {
            lines.push('\n');
        }
        for id in &new {
            lines.push_str(&format!("{id}\n"));
        }
        let end = u64::try_from(whole)?;
        file.set_len(end).map_err(fail)?;
        file.seek(SeekFrom::Start(end)).map_err(fail)?;
        file.write_all(lines.as_bytes()).map_err(fail)?;
        file.sync_all().map_err(fail)?;
    }
    if begins {
        data_folder::sync_folder_of(path).map_err(fail)?;
    }
    let added = new.len();
    all.extend(new);
    Ok(Merged { all, added })
}

fn open(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// A list that was kept elsewhere; a copy that was cut off is refused, because it misses people.
fn read(path: &Path) -> Result<BTreeSet<CaseId>, CliError> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("读不到删除名单 {}：{error}", path.display()))?;
    let (ids, whole) = parse(&text, path)?;
    if whole < text.len() {
        return Err(format!("删除名单 {} 的末行不完整，请换用完整的一份", path.display()).into());
    }
    Ok(ids)
}

/// The ids of a list, and how many of its bytes are lines that were written whole.
fn parse(text: &str, path: &Path) -> Result<(BTreeSet<CaseId>, usize), CliError> {
    let (mut ids, mut whole) = (BTreeSet::new(), 0);
    for (place, line) in text.split_inclusive('\n').enumerate() {
        let id = line.trim();
        if !id.is_empty() {
            match id.parse::<CaseId>() {
                Ok(id) => {
                    ids.insert(id);
                }
                // A crash while it was written: the store still knows whom it was about.
                Err(_) if !line.ends_with('\n') => break,
                Err(_) => {
                    let (file, place) = (path.display(), place + 1);
                    return Err(format!(
                        "删除名单 {file} 第 {place} 行不是案件标识，请改正这一行或换回另存的一份"
                    )
                    .into());
                }
            }
        }
        whole += line.len();
    }
    Ok((ids, whole))
}

#[cfg(test)]
mod tests {
    use green_channel::time::Timestamp;

    use super::*;
    use crate::scratch::Scratch;

    fn ids(from: u8, to: u8) -> BTreeSet<CaseId> {
        let at = Timestamp::from_millis(1_795_485_600_000).unwrap();
        (from..to).map(|n| CaseId::new(at, [n; 10])).collect()
    }

    #[test]
    fn a_list_only_grows_and_names_nobody_twice() {
        let scratch = Scratch::new("erased-grows");
        let path = scratch.path().join(FILE_NAME);
        assert!(!is_kept(scratch.path()));
        assert_eq!(merge(&path, &ids(0, 0)).unwrap().all.len(), 0);
        assert!(is_kept(scratch.path()), "a list of nobody is a list");
        assert_eq!(merge(&path, &ids(0, 3)).unwrap().added, 3);
        let merged = merge(&path, &ids(2, 5)).unwrap();
        assert_eq!((merged.added, merged.all), (2, ids(0, 5)));
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text.lines().count(), 5);
        assert_eq!(read(&path).unwrap(), ids(0, 5));
        assert_eq!(count(scratch.path()).unwrap(), 5);
    }

    #[test]
    fn what_a_crash_left_of_a_line_is_taken_away_and_a_copy_with_it_is_refused() {
        let scratch = Scratch::new("erased-torn");
        let path = scratch.path().join(FILE_NAME);
        merge(&path, &ids(0, 2)).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, format!("{text}case_0190")).unwrap();
        assert!(read(&path).unwrap_err().to_string().contains("末行不完整"));
        assert_eq!(count(scratch.path()).unwrap(), 2);
        assert_eq!(read(&path).unwrap(), ids(0, 2));
        assert_eq!(merge(&path, &ids(0, 3)).unwrap().added, 1);
        assert_eq!(read(&path).unwrap(), ids(0, 3));
        // Whole, but for the end of the line.
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.trim_end()).unwrap();
        merge(&path, &ids(3, 4)).unwrap();
        assert_eq!(read(&path).unwrap(), ids(0, 4));
    }

    #[test]
    fn a_line_that_is_no_case_is_named() {
        let scratch = Scratch::new("erased-line");
        let path = scratch.path().join(FILE_NAME);
        std::fs::write(&path, "case_0190\n").unwrap();
        for error in [read(&path).unwrap_err(), merge(&path, &ids(0, 1)).unwrap_err()] {
            assert!(error.to_string().contains("第 1 行"), "{error}");
        }
    }

    #[test]
    fn a_list_kept_elsewhere_is_added_and_the_own_is_added_elsewhere() {
        let (here, there) = (Scratch::new("erased-here"), Scratch::new("erased-there"));
        let outside = there.path().join("outside.list");
        merge(&list_of(here.path()), &ids(0, 2)).unwrap();
        merge(&outside, &ids(1, 4)).unwrap();
        assert_eq!(take(here.path(), &outside).unwrap(), 3);
        assert_eq!(count(here.path()).unwrap(), 4);
        assert_eq!(copy(here.path(), &outside).unwrap(), 4);
        assert!(take(here.path(), &there.path().join("none")).is_err());
    }
}
