//! `green-channel-verify FOLDER [--from DAY --to DAY] [--json]`: checks an exported log offline and says in
//! Chinese what it checked and what it found; of a period also the indicators, each with its formula. It
//! needs no network, no database and no account.
//!
//! Exit codes: 0 everything holds; 1 something does not; 2 the folder cannot be read.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::ExitCode;

use green_channel::calendar::Calendar;
use green_channel::indicators::{Figure, Indicator};
use green_channel::time::Date;
use green_channel::verify::{Fault, LogCheck, Verified};

const USAGE: &str = "用法：green-channel-verify 文件夹 [--from 2026-11-01 --to 2026-11-30] [--json]\n\
                     文件夹由 merchant-server export log 导出，内有 vkey、entries、checkpoint。\n\
                     请先从可靠渠道核对 vkey：公钥不可信，核验就没有意义。\n\
                     给出起止日期（含当日）的，另按公式算出这一期的指标。\n\
                     返回值：0 全部相符；1 发现不符；2 无法读取。";

/// What was asked for.
struct Asked {
    folder: String,
    json: bool,
    period: Option<(Date, Date)>,
}

/// Reads the command line; nothing when it does not fit.
fn asked() -> Option<Asked> {
    let (mut folder, mut json, mut from, mut to) = (None, false, None, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--json" => json = true,
            "--from" if from.is_none() => from = Some(arguments.next()?.parse().ok()?),
            "--to" if to.is_none() => to = Some(arguments.next()?.parse().ok()?),
            _ if folder.is_none() && !argument.starts_with('-') => folder = Some(argument),
            _ => return None,
        }
    }
    let period = match (from, to) {
        (None, None) => None,
        (Some(from), Some(to)) if from <= to => Some((from, to)),
        _ => return None,
    };
    Some(Asked { folder: folder?, json, period })
}

fn main() -> ExitCode {
    if std::env::args().skip(1).any(|argument| matches!(argument.as_str(), "--help" | "-h")) {
        say(USAGE);
        return ExitCode::SUCCESS;
    }
    let Some(Asked { folder, json, period }) = asked() else {
        say(USAGE);
        return ExitCode::from(2);
    };
    match check(Path::new(&folder), period) {
        Ok(Ok(verified)) => {
            passed(&verified, period, json);
            ExitCode::SUCCESS
        }
        Ok(Err(fault)) => {
            failed(&fault, json);
            ExitCode::FAILURE
        }
        Err(error) => {
            say(&format!("无法读取 {folder}：{error}"));
            ExitCode::from(2)
        }
    }
}

fn check(folder: &Path, period: Option<(Date, Date)>) -> io::Result<Result<Verified, Fault>> {
    let vkey = std::fs::read_to_string(folder.join("vkey"))?;
    let note = std::fs::read_to_string(folder.join("checkpoint"))?;
    let mut entries = BufReader::with_capacity(1 << 20, File::open(folder.join("entries"))?);
    let mut check = match LogCheck::begin(&vkey, Calendar::shipped()) {
        Ok(check) => check,
        Err(fault) => return Ok(Err(fault)),
    };
    if let Some((from, to)) = period {
        check = check.with_indicators(from, to);
    }
    let mut line = Vec::new();
    loop {
        line.clear();
        if entries.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        if line.last() == Some(&b'\n') {
            line.pop();
        }
        if let Err(fault) = check.entry(&line) {
            return Ok(Err(fault));
        }
    }
    Ok(check.finish(&note))
}

fn passed(verified: &Verified, period: Option<(Date, Date)>, json: bool) {
    let head = &verified.checkpoint;
    if json {
        let states: Vec<String> =
            verified.states.iter().map(|(state, count)| format!("\"{state}\":{count}")).collect();
        say(&format!(
            "{{\"ok\":true,\"origin\":{:?},\"size\":{},\"root\":\"{}\",\"cases\":{},\
             \"deadlines\":{},\"not_judged\":{},\"states\":{{{}}},\"indicators\":[{}]}}",
            head.origin,
            head.size,
            head.root,
            verified.cases,
            verified.deadlines,
            verified.not_judged,
            states.join(","),
            verified.indicators.iter().map(as_json).collect::<Vec<_>>().join(",")
        ));
        return;
    }
    say("核验通过。");
    say(&format!("日志：{}", head.origin));
    say("已核：检查点签名、全部存证的根、每个案件的编号衔接、每一步的岗位权限与状态、每个期限。");
    say(&format!(
        "存证 {} 条，案件 {} 件，期限 {} 个。",
        head.size, verified.cases, verified.deadlines
    ));
    if verified.not_judged > 0 {
        say(&format!(
            "另有 {} 个期限所用的工作日历或规则集不在本程序内，未作判断。",
            verified.not_judged
        ));
    }
    say(&format!("根：{}", head.root));
    if let Some((from, to)) = period {
        say("");
        say(&format!("指标（{from} 至 {to}，含当日；由 {} 条存证算出）：", head.size));
        for Indicator { definition, figure } in &verified.indicators {
            say(&format!("{}：{figure}", definition.label_zh));
            say(&format!("　　公式（第 {} 版）：{}", definition.version, definition.formula_zh));
        }
    }
}

/// A figure for machines: its parts, never a rounded number.
fn as_json(one: &Indicator) -> String {
    let Indicator { definition, figure } = one;
    let parts = match figure {
        Figure::Share { part, whole } => format!("\"part\":{part},\"whole\":{whole}"),
        Figure::Count(count) => format!("\"count\":{count}"),
        Figure::Amount(fen) => {
            let fen = fen.map_or_else(|| "null".to_owned(), |fen| fen.as_fen().to_string());
            format!("\"fen\":{fen}")
        }
        Figure::Median { millis, of } => {
            let millis = millis.map_or_else(|| "null".to_owned(), |millis| millis.to_string());
            format!("\"median_millis\":{millis},\"of\":{of}")
        }
    };
    format!("{{\"code\":\"{}\",\"version\":{},{parts}}}", definition.code, definition.version)
}

fn failed(fault: &Fault, json: bool) {
    if json {
        let reason = serde_json::Value::String(fault.to_string());
        let message = serde_json::Value::String(fault.message_zh());
        say(&format!("{{\"ok\":false,\"fault\":{reason},\"message\":{message}}}"));
        return;
    }
    say(&format!("核验不通过：{}。", fault.message_zh()));
    say(&format!("详情：{fault}"));
}

fn say(line: &str) {
    // A closed pipe is no reason to fail: whoever closed it has read enough.
    let _ = writeln!(io::stdout(), "{line}");
}
