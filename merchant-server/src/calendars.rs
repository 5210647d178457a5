//! The calendars an operator loads: `calendars/YYYY.json` in the data folder, on top of the years
//! that are shipped; and what becomes of deadlines that were computed without them. How days are
//! counted is the calendar's business, which clocks run the engine's.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use green_channel::calendar::{Calendar, CalendarError, Day, DayKind, YearData};
use green_channel::channel::{ClockMove, HostEvent};
use green_channel::store::transfer;
use green_channel::time::Date;
use serde_json::json;

use crate::cli::{CliError, DataArgs};
use crate::config::Config;
use crate::data_folder::{self, Engine};
use crate::logging::say;

/// The folder's name in the data folder.
const FOLDER: &str = "calendars";

/// `calendar …`.
#[derive(Subcommand)]
pub(crate) enum CalendarCommand {
    /// 列出各年放假安排：文号、是否已公布、内置还是载入
    List {
        #[command(flatten)]
        data: DataArgs,
    },
    /// 试算一个年度文件：逐日说明差别，列出会变动的时限；不作任何改动
    Check {
        #[command(flatten)]
        data: DataArgs,
        /// 年度文件 (JSON)
        file: PathBuf,
    },
    /// 载入一个年度文件，并重新计算在办案件的时限
    Load {
        #[command(flatten)]
        data: DataArgs,
        /// 年度文件 (JSON)
        file: PathBuf,
    },
}

impl CalendarCommand {
    /// Runs what was asked for.
    pub(crate) async fn run(self) -> Result<(), CliError> {
        match self {
            Self::List { data } => list(&data.data),
            Self::Check { data, file } => check(&data.data, &file).await,
            Self::Load { data, file } => load(&data.data, &file).await,
        }
    }
}

/// The working days as a data folder has them.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// All years: shipped and loaded.
    pub(crate) calendar: Calendar,
    /// The years that come from files.
    years: BTreeSet<i16>,
    /// Drafts that lie there of years that are shipped as published: they count for nothing.
    pub(crate) superseded: Vec<i16>,
}

/// Reads the calendars of a data folder.
pub(crate) fn read(data: &Path) -> Result<Loaded, CliError> {
    let (years, superseded) = (BTreeSet::new(), Vec::new());
    let mut loaded = Loaded { calendar: Calendar::shipped(), years, superseded };
    for path in json_files(&data.join(FOLDER))? {
        let (text, year) = year_of(&path)?;
        let year = year.year();
        if path.file_stem().and_then(OsStr::to_str) != Some(year.to_string().as_str()) {
            let path = path.display();
            return Err(format!("{path} 的内容是 {year} 年，请改名为 {year}.json 或移走").into());
        }
        match loaded.calendar.with_year(&text) {
            Ok(calendar) => {
                loaded.calendar = calendar;
                loaded.years.insert(year);
            }
            // A draft that a newer release overtook must not keep the server from starting.
            Err(CalendarError::AlreadyPublished { year }) => loaded.superseded.push(year),
            Err(error) => return Err(unusable(&path, &error).into()),
        }
    }
    Ok(loaded)
}

/// The files of the years that were loaded, for an auditor.
pub(crate) fn loaded_files(data: &Path) -> Result<Vec<String>, CliError> {
    let loaded = read(data)?;
    let mut files = Vec::new();
    for path in json_files(&data.join(FOLDER))? {
        let (text, year) = year_of(&path)?;
        if loaded.years.contains(&year.year()) {
            files.push(text);
        }
    }
    Ok(files)
}

/// Computes the deadlines that run again with the calendar the engine has, and gives those that
/// moved. None is moved if that calendar knows less than the one they were computed with.
pub(crate) async fn catch_up(engine: &Engine) -> Result<Vec<ClockMove>, CliError> {
    let moves = engine.recalculate(true).await?;
    refuse_older(&moves)?;
    if moves.is_empty() { Ok(moves) } else { Ok(engine.recalculate(false).await?) }
}

/// Of several servers over one database each reads its own folder: one that lacks a year would
/// take back what another has settled.
fn refuse_older(moves: &[ClockMove]) -> Result<(), CliError> {
    if moves.iter().any(|one| one.provisional && !one.was_provisional) {
        return Err("有已确定的时限会重新变为暂定：这份日历比计算它们时所用的旧，未改动任何时限。\
                    请先从另一台服务器复制 calendars 文件夹"
            .into());
    }
    Ok(())
}

/// How many deadlines moved, and how many are no longer provisional.
pub(crate) fn counts(moves: &[ClockMove]) -> (usize, usize) {
    let moved = moves.iter().filter(|one| one.before != one.after).count();
    let settled = moves.iter().filter(|one| one.was_provisional && !one.provisional).count();
    (moved, settled)
}

/// The `*.json` of a folder, in order; none if there is no folder. Hidden ones are half written.
pub(crate) fn json_files(folder: &Path) -> Result<Vec<PathBuf>, CliError> {
    let fail =
        |error: std::io::Error| format!("读不到文件夹 {}：{error}。请检查权限", folder.display());
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(fail)?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(fail)?.path();
        let name = path.file_name().unwrap_or_default();
        let is_hidden = name.as_encoded_bytes().starts_with(b".");
        if !is_hidden && path.extension().is_some_and(|end| end == "json") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn year_of(path: &Path) -> Result<(String, YearData), CliError> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("读不到年度文件 {}：{error}", path.display()))?;
    let year = YearData::parse(&text).map_err(|error| unusable(path, &error))?;
    Ok((text, year))
}

fn unusable(path: &Path, error: &dyn std::error::Error) -> String {
    format!("年度文件 {} 不能用：{error}。请对照国务院办公厅通知改正，或移走该文件", path.display())
}

/// A year that is about to be loaded.
struct Candidate {
    text: String,
    year: i16,
    before: Calendar,
    after: Calendar,
}

fn candidate(data: &Path, file: &Path) -> Result<Candidate, CliError> {
    let (text, year) = year_of(file)?;
    let before = read(data)?.calendar;
    let after = before.with_year(&text).map_err(|error| unusable(file, &error))?;
    Ok(Candidate { text, year: year.year(), before, after })
}

fn list(data: &Path) -> Result<(), CliError> {
    let loaded = read(data)?;
    for year in loaded.calendar.years() {
        let state = if year.is_published() { "已公布" } else { "草案（暂定）" };
        let from = if loaded.years.contains(&year.year()) { "载入" } else { "内置" };
        let notice = year.notice().unwrap_or("文号未查到");
        say(&format!("{}\t{state}\t{from}\t{notice}", year.year()));
    }
    for year in &loaded.superseded {
        say(&format!("[注意] {FOLDER}/{year}.json 是草案，本版本已内置公布的 {year} 年，可以删除"));
    }
    say(&format!("日历版本：{}", loaded.calendar.version()));
    Ok(())
}

async fn check(data: &Path, file: &Path) -> Result<(), CliError> {
    let next = candidate(data, file)?;
    tell_differences(&next)?;
    let config = Config::load(data)?;
    let engine = data_folder::open_to_check(data, &config).await?;
    engine.take_calendar(next.after);
    let moves = engine.recalculate(true).await;
    engine.store().close().await?;
    let moves = moves?;
    tell_moves(&moves);
    refuse_older(&moves)?;
    say("以上是试算，未作任何改动；采用请运行 merchant-server calendar load");
    Ok(())
}

async fn load(data: &Path, file: &Path) -> Result<(), CliError> {
    let next = candidate(data, file)?;
    tell_differences(&next)?;
    let config = Config::load(data)?;
    let engine = data_folder::open_with(data, &config).await?;
    let loaded = load_into(&engine, data, &next).await;
    engine.store().close().await?;
    loaded
}

async fn load_into(engine: &Engine, data: &Path, next: &Candidate) -> Result<(), CliError> {
    engine.take_calendar(next.after.clone());
    let moves = engine.recalculate(true).await?;
    tell_moves(&moves);
    refuse_older(&moves)?;
    // The file comes first: whoever starts after a crash computes again what was not reached.
    let path = write(data, next)?;
    say(&format!("已写入 {}，日历版本 {}", path.display(), next.after.version()));
    let facts = json!({ "year": next.year, "calendar": next.after.version() });
    let event = HostEvent { kind: "calendar_loaded", data: facts };
    engine.record_host(data_folder::operator(), event).await?;
    let (moved, settled) = counts(&engine.recalculate(false).await?);
    say(&format!("已重新计算：{moved} 个时限变动，{settled} 个不再是暂定"));
    say("运行中的服务请发送 SIGHUP（systemctl reload）或重启后采用；");
    say("多台服务器共用一个数据库时，每台的数据目录都要载入");
    Ok(())
}

/// Writes the year so that a crash leaves the old file or the new one, never half of it.
fn write(data: &Path, next: &Candidate) -> Result<PathBuf, CliError> {
    let folder = data.join(FOLDER);
    let path = folder.join(format!("{}.json", next.year));
    let part = folder.join(format!(".{}.json.part", next.year));
    let fail =
        |error: std::io::Error| format!("写不了 {}：{error}。请检查磁盘与权限", path.display());
    std::fs::create_dir_all(&folder).map_err(fail)?;
    let mut file = std::fs::File::create(&part).map_err(fail)?;
    file.write_all(next.text.as_bytes()).map_err(fail)?;
    file.sync_all().map_err(fail)?;
    transfer::rename(&part, &path).map_err(|error| error.message_zh())?;
    data_folder::sync_folder_of(&folder).map_err(fail)?;
    Ok(path)
}

/// Says day by day what is different; a notice may name days of the months beside its year.
fn tell_differences(next: &Candidate) -> Result<(), CliError> {
    let year = next.year;
    let state = |calendar: &Calendar| {
        if calendar.is_published(year) { "已公布" } else { "暂定" }
    };
    say(&format!("{year} 年：{} → {}", state(&next.before), state(&next.after)));
    let different = differences(next)?;
    for (date, before, after) in &different {
        say(&format!("{date}（{}）：{} → {}", weekday_zh(*date), day_zh(before), day_zh(after)));
    }
    say(&format!("与现有日历不同的共 {} 天", different.len()));
    Ok(())
}

fn differences(next: &Candidate) -> Result<Vec<(Date, Day, Day)>, CliError> {
    let mut date = Date::new(next.year - 1, 12, 1)?;
    let last = Date::new(next.year + 1, 1, 31)?;
    let mut different = Vec::new();
    while date <= last {
        let (before, after) = (next.before.day(date), next.after.day(date));
        if before.kind != after.kind {
            different.push((date, before, after));
        }
        date = date.tomorrow()?;
    }
    Ok(different)
}

fn day_zh(day: &Day) -> String {
    match &day.kind {
        DayKind::WorkingDay => "工作日".to_owned(),
        DayKind::MakeUpWorkday { exchanged_for } => format!("调休上班（{exchanged_for}）"),
        DayKind::Weekend => "周末".to_owned(),
        DayKind::Holiday { name } => format!("放假（{name}）"),
    }
}

fn weekday_zh(date: Date) -> &'static str {
    const DAYS: [&str; 7] = ["周一", "周二", "周三", "周四", "周五", "周六", "周日"];
    let place = usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or(0);
    DAYS.get(place).copied().unwrap_or("")
}

fn tell_moves(moves: &[ClockMove]) {
    for one in moves {
        say(&move_zh(one));
    }
    let (moved, settled) = counts(moves);
    say(&format!("在办案件：{moved} 个时限会变动，{settled} 个不再是暂定"));
}

fn move_zh(one: &ClockMove) -> String {
    let (before, after) = (one.before.civil_date(), one.after.civil_date());
    let mark = match (one.was_provisional, one.provisional) {
        (true, false) => "，不再是暂定",
        (true, true) => "，仍为暂定",
        (false, true) => "，变为暂定",
        (false, false) => "",
    };
    let label = one.kind.label_zh();
    if before == after {
        format!("{}　{label}：{before} 不变{mark}", one.case_id)
    } else {
        format!("{}　{label}：{before} → {after}{mark}", one.case_id)
    }
}

#[cfg(test)]
mod tests {
    use green_channel::case::ClockKind;
    use green_channel::ids::CaseId;
    use green_channel::time::Timestamp;

    use super::*;
    use crate::scratch::Scratch;

    /// The year after the last that is shipped, with one holiday; made up.
    fn made_up(published: bool) -> (i16, String) {
        let year = 1 + Calendar::shipped().years().map(YearData::year).max().unwrap();
        let text = json!({
            "year": year, "notice": "国办发明电〔0000〕0号", "notice_certainty": "M",
            "published": published,
            "holidays": [{ "date": format!("{year}-05-01"), "name": "劳动节" }], "workdays": [],
        });
        (year, text.to_string())
    }

    fn put(scratch: &Scratch, name: &str, text: &str) {
        let folder = scratch.path().join(FOLDER);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(name), text).unwrap();
    }

    fn refused(scratch: &Scratch) -> String {
        read(scratch.path()).unwrap_err().to_string()
    }

    #[test]
    fn a_folder_without_calendars_has_the_shipped_years() {
        let scratch = Scratch::new("calendars-none");
        let loaded = read(scratch.path()).unwrap();
        assert_eq!(loaded.calendar.version(), Calendar::SHIPPED_VERSION);
        assert!(loaded.years.is_empty() && loaded.superseded.is_empty());
    }

    #[test]
    fn a_year_in_the_folder_is_taken_and_a_half_written_one_is_not() {
        let scratch = Scratch::new("calendars-one");
        let (year, text) = made_up(true);
        put(&scratch, &format!("{year}.json"), &text);
        put(&scratch, &format!(".{year}.json.part"), "{");
        let loaded = read(scratch.path()).unwrap();
        assert!(loaded.calendar.is_published(year));
        assert_eq!(loaded.years, BTreeSet::from([year]));
    }

    #[test]
    fn a_file_that_is_no_year_or_another_year_is_named_with_its_remedy() {
        let scratch = Scratch::new("calendars-bad");
        let (year, text) = made_up(true);
        put(&scratch, "1999.json", &text);
        let error = refused(&scratch);
        assert!(error.contains("1999.json") && error.contains(&format!("{year}.json")), "{error}");
        put(&scratch, "1999.json", "{");
        let error = refused(&scratch);
        assert!(error.contains("1999.json") && error.contains("请对照"), "{error}");
    }

    #[test]
    fn a_draft_of_a_shipped_year_counts_for_nothing() {
        let scratch = Scratch::new("calendars-draft");
        let (year, text) = made_up(false);
        let shipped = year - 1;
        let text = text.replace(&year.to_string(), &shipped.to_string());
        put(&scratch, &format!("{shipped}.json"), &text);
        let loaded = read(scratch.path()).unwrap();
        assert_eq!(loaded.superseded, [shipped]);
        assert_eq!(loaded.calendar.version(), Calendar::SHIPPED_VERSION);
    }

    #[test]
    fn what_is_written_is_what_is_read_again() {
        let scratch = Scratch::new("calendars-write");
        let file = scratch.path().join("notice.json");
        let (year, text) = made_up(true);
        std::fs::write(&file, &text).unwrap();
        let next = candidate(scratch.path(), &file).unwrap();
        let path = write(scratch.path(), &next).unwrap();
        assert_eq!(std::fs::read_to_string(path).unwrap(), text);
        assert_eq!(read(scratch.path()).unwrap().calendar.version(), next.after.version());
        assert_eq!(next.year, year);
    }

    #[test]
    fn the_differences_are_the_days_that_the_notice_names() {
        let scratch = Scratch::new("calendars-different");
        let file = scratch.path().join("notice.json");
        let (year, text) = made_up(true);
        std::fs::write(&file, text).unwrap();
        let next = candidate(scratch.path(), &file).unwrap();
        let different = differences(&next).unwrap();
        assert_eq!(different.len(), 1);
        assert_eq!(different[0].0.to_string(), format!("{year}-05-01"));
        assert_eq!(day_zh(&different[0].2), "放假（劳动节）");
        assert_eq!(weekday_zh("2026-10-01".parse().unwrap()), "周四");
    }

    #[test]
    fn a_deadline_that_was_settled_does_not_become_provisional_again() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let mut one = ClockMove {
            case_id: CaseId::new(at("2026-12-24T02:00:00Z"), [7; 10]),
            kind: ClockKind::Settle,
            before: at("2027-01-07T15:59:59.999Z"),
            after: at("2027-01-11T15:59:59.999Z"),
            was_provisional: true,
            provisional: false,
        };
        let text = move_zh(&one);
        assert!(text.ends_with("协商和解：2027-01-07 → 2027-01-11，不再是暂定"), "{text}");
        assert_eq!(counts(std::slice::from_ref(&one)), (1, 1));
        assert!(refuse_older(std::slice::from_ref(&one)).is_ok());
        (one.was_provisional, one.provisional) = (false, true);
        assert!(refuse_older(&[one]).is_err());
    }
}
