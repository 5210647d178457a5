//! `green-channel-verify`: checks what a merchant hands over, offline, and says in Chinese what it
//! checked and what it found. It needs no network, no database and no account.
//!
//! Exit codes: 0 everything holds; 1 something does not; 2 what was named cannot be read.

mod slip;

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use green_channel::bundle::{BundleCheck, BundleVerified, CheckError, Options};
use green_channel::indicators::{Indicator, publish};
use green_channel::time::{Date, Timestamp};
use green_channel::verify::Fault;
use serde_json::{Value, json};

const USAGE: &str = "\
用法：
  green-channel-verify 文件夹 [--since 旧检查点] [--policy 信任策略] [--from 日 --to 日] [--json]
      核验 merchant-server export bundle 导出的文件夹。
  green-channel-verify slip 凭条 --policy 信任策略 [--keys 商户公钥] [--json]
      核验消费者的存证凭条：二维码的内容，或存有该内容的文件。

选项：
  --since 文件    您上次留存的检查点；核验日志是在它之后增长的，没有变短或改写
  --policy 文件   您自己掌握的信任策略（日志公钥、见证方、几方联署才算数）。
                  不给出时使用文件夹内的策略，那只能说明文件夹自相一致：
                  请先从可靠渠道核对其中的公钥
  --from --to     另算这一期（含首尾两日）的指标，如 --from 2026-11-01 --to 2026-11-30
  --keys 文件     商户的公钥 (JWKS)，用来核验凭条上的回执签名
  --json          以 JSON 输出

返回值：0 全部相符；1 发现不符，并指出第一处；2 无法读取。";

/// What was asked for.
#[derive(Default)]
struct Asked {
    folder: Option<String>,
    since: Option<String>,
    policy: Option<String>,
    from: Option<Date>,
    to: Option<Date>,
    json: bool,
}

/// Reads the command line; nothing when it does not fit.
fn asked(mut arguments: impl Iterator<Item = String>) -> Option<Asked> {
    let mut asked = Asked::default();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--json" => asked.json = true,
            "--since" if asked.since.is_none() => asked.since = Some(arguments.next()?),
            "--from" if asked.from.is_none() => asked.from = Some(arguments.next()?.parse().ok()?),
            "--to" if asked.to.is_none() => asked.to = Some(arguments.next()?.parse().ok()?),
            "--policy" if asked.policy.is_none() => asked.policy = Some(arguments.next()?),
            _ if asked.folder.is_none() && !argument.starts_with('-') => {
                asked.folder = Some(argument);
            }
            _ => return None,
        }
    }
    let period = match (asked.from, asked.to) {
        (None, None) => true,
        (Some(from), Some(to)) => from <= to,
        _ => false,
    };
    (asked.folder.is_some() && period).then_some(asked)
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| matches!(argument.as_str(), "--help" | "-h")) {
        say(USAGE);
        return ExitCode::SUCCESS;
    }
    if arguments.first().is_some_and(|first| first == "slip") {
        return slip::run(arguments.into_iter().skip(1));
    }
    let asked = asked(arguments.into_iter());
    let Some(Asked { folder: Some(folder), since, policy, from, to, json }) = asked else {
        say(USAGE);
        return ExitCode::from(2);
    };
    let options = match options(since, policy) {
        Ok(options) => Options { period: from.zip(to), ..options },
        Err(said) => return unreadable(&said),
    };
    match BundleCheck::run(Path::new(&folder), &options, progress()) {
        Ok(verified) => {
            passed(&verified, options.period, json);
            ExitCode::SUCCESS
        }
        Err(CheckError::Fault(fault)) => {
            failed(&fault, json);
            ExitCode::FAILURE
        }
        Err(CheckError::Io { file, error }) => {
            unreadable(&format!("{}：{error}", Path::new(&folder).join(file).display()))
        }
    }
}

fn options(since: Option<String>, policy: Option<String>) -> Result<Options, String> {
    let read = |path: Option<String>| {
        let text = path
            .map(|path| std::fs::read_to_string(&path).map_err(|error| format!("{path}：{error}")));
        text.transpose()
    };
    Ok(Options { policy: read(policy)?, since: read(since)?, period: None })
}

/// Tells a person at a terminal how far it is; nobody else.
fn progress() -> impl FnMut(u64, u64) {
    let is_seen = io::stderr().is_terminal();
    let mut last = 0;
    move |done, of| {
        let percent = done.saturating_mul(100).checked_div(of).unwrap_or(100);
        if is_seen && of >= 20_000 && percent > last {
            last = percent;
            let filled = usize::try_from(percent / 4).unwrap_or(25);
            let bar = format!("{}{}", "█".repeat(filled), "░".repeat(25 - filled.min(25)));
            let end = if done >= of { "\r\x1b[K" } else { "" };
            let _ = write!(io::stderr(), "\r{bar} {percent:>3}%  {done}/{of}{end}");
        }
    }
}

fn passed(verified: &BundleVerified, period: Option<(Date, Date)>, json: bool) {
    let said = if json { as_json(verified, period).to_string() } else { as_text(verified, period) };
    say(&said);
}

fn as_text(verified: &BundleVerified, own: Option<(Date, Date)>) -> String {
    let (log, mut text) = (&verified.log, String::from("核验通过。\n"));
    let mut line = |line: String| {
        let _ = writeln!(text, "{line}");
    };
    line(format!("日志：{}", log.checkpoint.origin));
    line(format!("根：{}", log.checkpoint.root));
    let names: Vec<_> = log.witnesses.iter().map(|(name, at)| format!("{name}（{at}）")).collect();
    match (verified.needs_witnesses, names.is_empty()) {
        (false, true) => line("联署：策略不要求见证方联署，无法排除商户另有一份日志。".to_owned()),
        _ => line(format!("联署：{}", names.join("、"))),
    }
    if !verified.own_policy {
        line(
            "信任策略取自文件夹：请从可靠渠道核对其中的公钥，或用 --policy 给出您自己的。"
                .to_owned(),
        );
    }
    line("已核：".to_owned());
    line("  · 检查点的签名与联署；全部存证与哈希文件，根一致".to_owned());
    if let Some(since) = verified.since {
        line(format!("  · 日志是在您先前的检查点（{since} 条）之后增长的，未变短、未改写"));
    }
    line(format!(
        "  · {} 条存证，{} 件案件，编号各自连续，前后相衔",
        log.checkpoint.size, log.cases
    ));
    line("  · 每一步都按同一套规则重演：岗位、状态、首问、双人、日期".to_owned());
    line(format!("  · {} 个期限按规则集与工作日历重算", log.deadlines));
    line(format!(
        "  · 保证金 {} 条存证逐笔重过，{} 个账户余额，与日记账一致，案账一致",
        log.fund_entries,
        log.balances.len()
    ));
    if let Some(period) = verified.manifest.period {
        line(format!("  · 公布的 {} 项指标按公式重算，全部相符", verified.figures.len()));
        if !period.over {
            line("  （导出时这一期尚未结束）".to_owned());
        }
    }
    let disclosed = verified.manifest.disclosed.len();
    if disclosed > 0 {
        let fields = verified.disclosed_fields;
        line(format!("  · 公开的 {disclosed} 件案件、{fields} 项内容与存证中的承诺一致"));
    }
    if log.not_judged > 0 {
        line(format!("未判断：{} 个期限所用的工作日历或规则集，这里没有。", log.not_judged));
    }
    if !verified.brought.is_empty() {
        line("下列规则只由商户提供，本程序不带，请核对其来源：".to_owned());
        for one in &verified.brought {
            line(format!("  {}  SHA-256 {}", one.file, one.sha256));
        }
    }
    let published = verified.manifest.period.map(|period| (period.from, period.to));
    let published = published.map(|period| ("公布的指标", period, &verified.figures));
    let own = own.map(|period| ("另算的指标", period, &verified.own_figures));
    for (what, (from, to), figures) in published.into_iter().chain(own) {
        let size = log.checkpoint.size;
        line(format!("\n{what}（{from} 至 {to}，含当日；由 {size} 条存证算出）："));
        for Indicator { definition, figure } in figures {
            line(format!("{}：{figure}", definition.label_zh));
            line(format!("　　公式（第 {} 版）：{}", definition.version, definition.formula_zh));
        }
    }
    text.trim_end().to_owned()
}

fn as_json(verified: &BundleVerified, own: Option<(Date, Date)>) -> Value {
    let log = &verified.log;
    let text = |(from, to): (Date, Date), figures: &[Indicator]| {
        let text = publish(from, to, log.checkpoint.size, figures);
        serde_json::from_slice::<Value>(&text).unwrap_or_default()
    };
    let published = verified.manifest.period.map(|period| (period.from, period.to));
    let published = published.map(|period| text(period, &verified.figures));
    let own = own.map(|period| text(period, &verified.own_figures));
    let at = |at: &Timestamp| at.to_utc_string();
    let witnesses =
        log.witnesses.iter().map(|(name, when)| json!({ "name": name, "at": at(when) }));
    let balances =
        log.balances.iter().map(|(account, fen)| (account.to_string(), json!(fen.as_fen())));
    let brought = verified.brought.iter();
    json!({
        "ok": true,
        "origin": log.checkpoint.origin,
        "size": log.checkpoint.size,
        "root": log.checkpoint.root,
        "witnesses": witnesses.collect::<Vec<_>>(),
        "own_policy": verified.own_policy,
        "since": verified.since,
        "cases": log.cases,
        "states": log.states,
        "deadlines": log.deadlines,
        "not_judged": log.not_judged,
        "fund_entries": log.fund_entries,
        "balances": balances.collect::<serde_json::Map<_, _>>(),
        "tiles": verified.tiles,
        "disclosed": verified.manifest.disclosed,
        "disclosed_fields": verified.disclosed_fields,
        "brought": brought.map(|one| json!({ "file": one.file, "sha256": one.sha256 })).collect::<Vec<_>>(),
        "published": published,
        "computed": own,
    })
}

fn failed(fault: &Fault, json: bool) {
    if json {
        let (code, reason) = (fault.code(), fault.to_string());
        say(&json!({ "ok": false, "code": code, "fault": reason, "message": fault.message_zh() })
            .to_string());
        return;
    }
    say(&format!("核验不通过：{}。", fault.message_zh()));
    say(&format!("详情（{}）：{fault}", fault.code()));
}

fn unreadable(what: &str) -> ExitCode {
    say(&format!("无法读取 {what}"));
    ExitCode::from(2)
}

fn say(line: &str) {
    // A closed pipe is no reason to fail: whoever closed it has read enough.
    let _ = writeln!(io::stdout(), "{line}");
}
