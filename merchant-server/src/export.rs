//! `export bundle`: everything an auditor takes home, as a folder that `green-channel-verify` checks
//! offline. Its layout is described in docs/regulator.md.

use std::path::Path;
use std::process::ExitCode;

use green_channel::bundle::{BundleSpec, BundleWriter, Dossier, ManifestPeriod, Written};
use green_channel::case::{Actor, Command, Role};
use green_channel::channel::{ActError, LoadedCase};
use green_channel::codes::visible;
use green_channel::ids::ComplaintNo;
use green_channel::privacy::Personal;
use green_channel::store::{CheckpointRow, Store, StoreError};
use green_channel::time::{Date, Timestamp};

use crate::auth::people;
use crate::cli::{BundleArgs, CliError};
use crate::config::Config;
use crate::data_folder::{self, Engine};
use crate::logging::say;
use crate::witnessing::Witnessing;
use crate::{calendars, rule_sets};

/// What happened on the last day of a period is in the log this long after it, at the latest.
const SETTLED_MILLIS: i64 = 10 * 60_000;
/// So many entries are read at a time.
const PAGE: u32 = 256;

/// What is wanted in a bundle.
#[derive(Default)]
pub(crate) struct Wanted {
    /// Both days belong to it.
    pub(crate) period: Option<(Date, Date)>,
    /// The cases that are opened.
    pub(crate) disclosed: Vec<LoadedCase>,
}

/// Exports a bundle; 1 when the log in it does not pass.
pub(crate) async fn bundle(args: &BundleArgs) -> Result<ExitCode, CliError> {
    let (data, out) = (&args.data.data, &args.out);
    let config = Config::load(data)?;
    let engine = data_folder::open_with(data, &config).await?;
    let witnessing = Witnessing::read(data, &config, &engine)?;
    let period = match (args.from, args.to) {
        (None, None) => None,
        (Some(from), Some(to)) if from <= to => Some((from, to)),
        _ => return Err("起止日期须同时给出，且起不晚于止".into()),
    };
    refuse_filled(out)?;
    let disclosed = reveal(&engine, args).await?;
    let wanted = Wanted { period, disclosed };
    let written = write(&engine, data, &witnessing, &wanted, out).await?;
    say(&format!("已导出 {} 条存证到 {}", written.size, out.display()));
    if let Some((from, to)) = period {
        say(&format!("指标所属期间：{from} 至 {to}（含当日）"));
    }
    if !wanted.disclosed.is_empty() {
        let count = wanted.disclosed.len();
        say(&format!("其中公开 {count} 件案件的个人信息：请只交给有权查阅的人，用后删除"));
    }
    say(&format!("离线核验：green-channel-verify {}", out.display()));
    let Some(fault) = written.fault else { return Ok(ExitCode::SUCCESS) };
    say(&format!(
        "注意：这份日志通不过核验：{}。请先运行 merchant-server fsck",
        fault.message_zh()
    ));
    Ok(ExitCode::FAILURE)
}

fn refuse_filled(out: &Path) -> Result<(), CliError> {
    if out.exists() && std::fs::read_dir(out)?.next().is_some() {
        return Err(format!("{} 不是空文件夹，未作任何改动", out.display()).into());
    }
    Ok(())
}

/// Opens the named cases, each as a look of the person in whose name it is done.
async fn reveal(engine: &Engine, args: &BundleArgs) -> Result<Vec<LoadedCase>, CliError> {
    if args.disclose.is_empty() {
        return Ok(Vec::new());
    }
    let (Some(by), Some(reason)) = (&args.by, &args.reason) else {
        return Err("公开案件须写明经手人 --by 和事由 --reason".into());
    };
    let actor = auditor(engine, by).await?;
    let mut cases = Vec::new();
    for named in &args.disclose {
        let loaded = find(engine, named).await?;
        let fields = ["name", "phone", "id_number", "address"].map(str::to_owned).to_vec();
        let command = Command::Reveal { fields, reason: Personal::new(reason.clone()) };
        let refused = |error: ActError| format!("案件 {} 不能公开：{error}", visible(named));
        let acted = engine.act(loaded.id, actor, &command, None).await.map_err(refused)?;
        cases.push(acted.loaded);
    }
    Ok(cases)
}

/// Whoever takes cases out of the house is somebody whose work is to look at them.
async fn auditor(engine: &Engine, login: &str) -> Result<Actor, CliError> {
    let person = people(engine.store()).await?.into_iter().find(|person| person.login == login);
    let person = person.filter(|person| person.may_enter(engine.now()));
    let person = person.ok_or_else(|| format!("没有可用的账号 {}", visible(login)))?;
    let role = person.roles.iter().find(|role| matches!(role, Role::Auditor | Role::Regulator));
    match role {
        Some(role) => Ok(person.actor_as(*role)),
        None => {
            Err(format!("{} 不是审计员或监管查阅人员，不能经手公开案件", visible(login)).into())
        }
    }
}

/// A case by its id or its complaint number.
async fn find(engine: &Engine, named: &str) -> Result<LoadedCase, CliError> {
    let found = match (named.parse(), named.parse::<ComplaintNo>()) {
        (Ok(id), _) => engine.load(id).await,
        (Err(_), Ok(no)) => engine.load_by_number(&no).await,
        (Err(_), Err(_)) => Err(ActError::Unknown),
    };
    found.map_err(|error| format!("案件 {}：{error}", visible(named)).into())
}

/// Writes the folder.
pub(crate) async fn write(
    engine: &Engine,
    data: &Path,
    witnessing: &Witnessing,
    wanted: &Wanted,
    out: &Path,
) -> Result<Written, CliError> {
    refuse_filled(out)?;
    catch_up(engine).await?;
    let _ = witnessing.cosign(engine).await?;
    let head = head(engine, witnessing, wanted.period).await?;
    let mut disclosed: Vec<Dossier> = Vec::new();
    for case in &wanted.disclosed {
        disclosed.push(engine.disclose(case, head.size).await?);
    }
    let spec = BundleSpec {
        policy: witnessing.text().to_owned(),
        note: head.note,
        period: head.period,
        years: calendars::loaded_files(data)?,
        rules: rule_sets::own_files(data)?,
        disclosed,
    };
    let mut bundle = BundleWriter::begin(out, spec)?;
    let mut from = 0;
    while from < head.size {
        let left = u32::try_from(head.size - from).unwrap_or(u32::MAX);
        let page = engine.store().log_entries(from, left.min(PAGE)).await?;
        if page.is_empty() {
            return Err("日志不连续，请先运行 merchant-server fsck".into());
        }
        for leaf in &page {
            bundle.entry(&leaf.bytes)?;
            from += 1;
        }
    }
    Ok(bundle.finish()?)
}

/// Puts everything that waits into the log.
async fn catch_up(engine: &Engine) -> Result<(), CliError> {
    loop {
        match engine.sequence().await {
            // A running server's sequencer was first: what it has put in is there to be exported.
            Err(StoreError::Conflict { .. }) => {}
            Err(error) => return Err(error.into()),
            Ok(done) if done.more => {}
            Ok(_) => return Ok(()),
        }
    }
}

/// The head a bundle ends with.
struct Head {
    size: u64,
    note: String,
    period: Option<ManifestPeriod>,
}

/// The first head after the end of the period, so that a second export is the same; the newest where the
/// period is not over, or where there is none. With a quorum of witnesses wherever the policy asks for
/// one.
async fn head(
    engine: &Engine,
    witnessing: &Witnessing,
    period: Option<(Date, Date)>,
) -> Result<Head, CliError> {
    let newest = engine.store().checkpoint().await?.ok_or("日志还是空的，没有可导出的内容")?;
    let after = match period {
        Some((_, to)) => {
            let settled = Timestamp::end_of(to).plus_millis(SETTLED_MILLIS);
            first_since(engine, settled, newest.clone()).await?
        }
        None => None,
    };
    let found = match &after {
        Some(row) if witnessing.is_needed() => engine.cosigned_from(row.size).await?,
        _ if witnessing.is_needed() => engine.cosigned_head().await?,
        _ => None,
    };
    let over = after.is_some() && (found.is_some() || !witnessing.is_needed());
    let (size, note) = match (found, after) {
        (Some(cosigned), _) => (cosigned.size, cosigned.note),
        (None, Some(row)) => (row.size, row.note),
        (None, None) => (newest.size, newest.note),
    };
    let period = period.map(|(from, to)| ManifestPeriod { from, to, over });
    Ok(Head { size, note, period })
}

/// The smallest head signed at this instant or later, by halving: heads are in the order of their sizes
/// and of their times.
async fn first_since(
    engine: &Engine,
    at: Timestamp,
    newest: CheckpointRow,
) -> Result<Option<CheckpointRow>, CliError> {
    if newest.at < at {
        return Ok(None);
    }
    // Every head of up to `early` leaves is too early; between `late` and what was found there is none.
    let (mut early, mut late, mut found) = (0, newest.size - 1, newest);
    while early < late {
        let middle = early + (late - early) / 2;
        match engine.store().checkpoints(middle, 1).await?.into_iter().next() {
            Some(row) if row.at < at => early = row.size,
            Some(row) => (found, late) = (row, middle),
            None => late = middle,
        }
    }
    Ok(Some(found))
}
