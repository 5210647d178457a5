//! `green-channel-verify FOLDER [--json]`: checks an exported log offline and says in Chinese what
//! it checked and what it found. It needs no network, no database and no account.
//!
//! Exit codes: 0 everything holds; 1 something does not; 2 the folder cannot be read.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::ExitCode;

use green_channel::calendar::Calendar;
use green_channel::verify::{Fault, LogCheck, Verified};

const USAGE: &str = "用法：green-channel-verify 文件夹 [--json]\n\
                     文件夹由 merchant-server export log 导出，内有 vkey、entries、checkpoint。\n\
                     请先从可靠渠道核对 vkey：公钥不可信，核验就没有意义。\n\
                     返回值：0 全部相符；1 发现不符；2 无法读取。";

fn main() -> ExitCode {
    let (mut folder, mut json) = (None, false);
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--json" => json = true,
            "--help" | "-h" => {
                say(USAGE);
                return ExitCode::SUCCESS;
            }
            _ if folder.is_none() && !argument.starts_with('-') => folder = Some(argument),
            _ => folder = None,
        }
    }
    let Some(folder) = folder else {
        say(USAGE);
        return ExitCode::from(2);
    };
    match check(Path::new(&folder)) {
        Ok(Ok(verified)) => {
            passed(&verified, json);
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

fn check(folder: &Path) -> io::Result<Result<Verified, Fault>> {
    let vkey = std::fs::read_to_string(folder.join("vkey"))?;
    let note = std::fs::read_to_string(folder.join("checkpoint"))?;
    let mut entries = BufReader::with_capacity(1 << 20, File::open(folder.join("entries"))?);
    let mut check = match LogCheck::begin(&vkey, Calendar::shipped()) {
        Ok(check) => check,
        Err(fault) => return Ok(Err(fault)),
    };
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

fn passed(verified: &Verified, json: bool) {
    let head = &verified.checkpoint;
    if json {
        let states: Vec<String> =
            verified.states.iter().map(|(state, count)| format!("\"{state}\":{count}")).collect();
        say(&format!(
            "{{\"ok\":true,\"origin\":{:?},\"size\":{},\"root\":\"{}\",\"cases\":{},\
             \"deadlines\":{},\"not_judged\":{},\"states\":{{{}}}}}",
            head.origin,
            head.size,
            head.root,
            verified.cases,
            verified.deadlines,
            verified.not_judged,
            states.join(",")
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
