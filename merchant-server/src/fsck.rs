//! `fsck`: is the store what it claims to be, said for an operator or as JSON. What is checked is
//! the engine's business.

use std::path::Path;
use std::process::ExitCode;

use green_channel::channel::{FsckReport, Verdict};

use crate::cli::CliError;
use crate::config::Config;
use crate::data_folder;
use crate::logging::say;

/// Checks the configured store; exits with 1 if anything was found.
pub(crate) async fn run(data: &Path, json: bool) -> Result<ExitCode, CliError> {
    let config = Config::load(data)?;
    let report = of_database(data, &config, &config.storage.database).await?;
    if json {
        say(&serde_json::to_string_pretty(&report)?);
    } else {
        tell(&report);
    }
    Ok(exit_code(&report))
}

/// Checks a store that need not be the configured one, with the keys of the data folder.
pub(crate) async fn of_database(
    data: &Path,
    config: &Config,
    database: &str,
) -> Result<FsckReport, CliError> {
    let mut config = config.clone();
    database.clone_into(&mut config.storage.database);
    let engine = data_folder::open_to_check(data, &config).await?;
    let report = engine.fsck().await;
    engine.store().close().await?;
    Ok(report?)
}

/// Success if nothing was found.
pub(crate) fn exit_code(report: &FsckReport) -> ExitCode {
    if report.sound { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Says what was checked and what was found.
pub(crate) fn tell(report: &FsckReport) {
    for check in &report.checks {
        let mark = match check.verdict {
            Verdict::Sound => "正常",
            Verdict::Broken => "异常",
            Verdict::NotApplicable => "不适用",
            Verdict::NotJudged => "未判定",
        };
        let note = check.note.map_or(String::new(), |note| format!("（{note}）"));
        say(&format!("[{mark}] {:?} {}{note}", check.invariant, check.invariant.label_zh()));
    }
    for finding in &report.findings {
        let (code, what) = (finding.code.code(), finding.code.message_zh());
        say(&format!("  {:?} {code}：{what}　{}", finding.invariant, finding.subject));
    }
    let shown = u64::try_from(report.findings.len()).unwrap_or(0);
    if report.findings_total > shown {
        say(&format!("  另有 {} 处未列出", report.findings_total - shown));
    }
    let reports = &report.reports;
    say(&format!(
        "案件 {} 件（已删除 {}，已办结 {}，其中办结尚未送达中心 {}）；回传：已送达 {}，等待 {}，\
         未送达 {}，因删除作废 {}",
        report.cases,
        report.erased,
        report.closed,
        report.closed_untold,
        reports.delivered,
        reports.pending,
        reports.dead,
        reports.dropped,
    ));
    say(&format!(
        "存证 {} 条，待编号 {} 条，检查点 {} 个；根 {}",
        report.log_size, report.staged, report.checkpoints, report.log_root
    ));
    if report.sound {
        say("核对完成：未发现问题");
    } else {
        say(&format!("核对完成：发现 {} 处问题，请保留现场并对照备份", report.findings_total));
    }
}
