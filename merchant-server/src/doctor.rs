//! `doctor`: is everything in order, and what to do where it is not.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use green_channel::center::http_client;
use green_channel::channel::SystemClock;
use green_channel::store::{Place, Store};
use green_channel::time::{Clock, Date};

use crate::cli::CliError;
use crate::config::Config;
use crate::data_folder::Engine;
use crate::logging::say;
use crate::rule_sets::{RuleSets, unconfirmed_zh};
use crate::witnessing::Witnessing;
use crate::{calendars, data_folder, erased};

/// What one look found.
enum Finding {
    Good(String),
    Warn(String),
    Bad(String),
}

/// Looks at everything in turn; exits with 1 if anything is broken.
pub(crate) async fn run(data: &Path) -> Result<ExitCode, CliError> {
    let mut findings = Vec::new();
    let config = match Config::load(data) {
        Ok(config) => {
            findings.push(("配置", Finding::Good("可用".to_owned())));
            config
        }
        Err(error) => {
            tell("配置", &Finding::Bad(error.to_string()));
            return Ok(ExitCode::FAILURE);
        }
    };
    findings.push(("密钥", keys(data)));
    findings.push(("规则集", rules(data, &config)));
    findings.push(("日历", years(data, SystemClock.now().civil_date())));
    findings.push(("删除名单", shred_list(data)));
    findings.extend(engine(data, &config).await);
    findings.push(("中心", center(&config).await));
    findings.push(("磁盘", disk(&config)));
    let bad = findings.iter().filter(|(_, finding)| matches!(finding, Finding::Bad(_))).count();
    for (name, finding) in &findings {
        tell(name, finding);
    }
    if bad == 0 {
        say("体检完成：可以运行 merchant-server serve");
        return Ok(ExitCode::SUCCESS);
    }
    say(&format!("体检完成：{bad} 项须先处理"));
    Ok(ExitCode::FAILURE)
}

fn tell(name: &str, finding: &Finding) {
    let (mark, text) = match finding {
        Finding::Good(text) => ("正常", text),
        Finding::Warn(text) => ("注意", text),
        Finding::Bad(text) => ("异常", text),
    };
    say(&format!("[{mark}] {name}：{text}"));
}

#[cfg(unix)]
fn keys(data: &Path) -> Finding {
    use std::os::unix::fs::PermissionsExt;
    let path = data.join("keys.json");
    match std::fs::metadata(&path) {
        Ok(meta) if meta.permissions().mode() & 0o077 == 0 => {
            Finding::Good("仅本人可读；请确认另有备份".to_owned())
        }
        Ok(_) => Finding::Bad(format!("其他用户可读，请执行 chmod 600 {}", path.display())),
        Err(error) => Finding::Bad(format!("读不到 {}：{error}", path.display())),
    }
}

#[cfg(not(unix))]
fn keys(_: &Path) -> Finding {
    Finding::Warn("请确认 keys.json 仅本人可读，且另有备份".to_owned())
}

/// What of the rules in use no source confirms is the operator's to find out.
fn rules(data: &Path, config: &Config) -> Finding {
    let set = match RuleSets::read(data).and_then(|sets| sets.chosen(&config.rules.set)) {
        Ok(set) => set,
        Err(error) => return Finding::Bad(error.to_string()),
    };
    if !set.is_in_force(SystemClock.now().civil_date()) {
        let (from, until) = (set.valid_from, set.valid_until);
        let until = until.map_or_else(String::new, |last| format!("至 {last} "));
        let text = format!(
            "{} 今天不在有效期内（自 {from} 起{until}有效）；请在 config.toml 的 rules.set 改选",
            set.id
        );
        return Finding::Bad(text);
    }
    let open = unconfirmed_zh(&set);
    if open.is_empty() {
        return Finding::Good(set.id);
    }
    Finding::Warn(format!("{}；待确认：{}", set.id, open.join("、")))
}

/// From this month on the notice for the year after is mostly out.
const NOTICE_MONTH: i8 = 11;

/// Whether the holidays are known of this year and, late in the year, of the next.
fn years(data: &Path, today: Date) -> Finding {
    let loaded = match calendars::read(data) {
        Ok(loaded) => loaded,
        Err(error) => return Finding::Bad(error.to_string()),
    };
    let calendar = loaded.calendar;
    let until = if today.month() >= NOTICE_MONTH { today.year() + 1 } else { today.year() };
    let missing = (today.year()..=until).find(|year| !calendar.is_published(*year));
    if let Some(year) = missing {
        return Finding::Warn(format!(
            "{year} 年放假安排未载入，涉及该年的时限为暂定；国务院办公厅通知公布后，请运行 \
             merchant-server calendar load 文件"
        ));
    }
    if let Some(year) = loaded.superseded.first() {
        let text = format!("calendars/{year}.json 是草案，本版本已内置公布的该年，可以删除");
        return Finding::Warn(text);
    }
    Finding::Good(format!("{}，已有 {until} 年放假安排", calendar.version()))
}

/// Whether a backup could be restored without bringing back who was erased.
fn shred_list(data: &Path) -> Finding {
    if !erased::is_kept(data) {
        let text = format!("还没有 {}，首次启动服务时建立", erased::FILE_NAME);
        return Finding::Warn(text);
    }
    match erased::count(data) {
        Ok(count) => Finding::Good(format!("{count} 件；请把 {} 另存一份", erased::FILE_NAME)),
        Err(error) => Finding::Bad(error.to_string()),
    }
}

/// Database, log and clock, through the engine itself.
async fn engine(data: &Path, config: &Config) -> Vec<(&'static str, Finding)> {
    let engine = match data_folder::open_with(data, config).await {
        Ok(engine) => engine,
        Err(error) => return vec![("数据库", Finding::Bad(error.to_string()))],
    };
    let database = match engine.store().check().await {
        Ok(()) => Finding::Good(format!("可读写：{}", Place::of(&config.storage.database).shown())),
        Err(error) => Finding::Bad(error.to_string()),
    };
    let mut findings = vec![("数据库", database)];
    findings.push(("案件", cases(&engine).await));
    let checkpoint = engine.store().checkpoint().await.ok().flatten();
    let now = engine.now();
    findings.push(match checkpoint {
        None => ("时钟", Finding::Good(format!("现在是 {now}"))),
        Some(last) if now < last.at => {
            let text = format!("现在是 {now}，早于最近一次存证 {}，请校准时钟", last.at);
            ("时钟", Finding::Bad(text))
        }
        Some(_) => ("时钟", Finding::Good(format!("现在是 {now}"))),
    });
    match engine.store().outbox_counts().await {
        Ok((pending, 0)) => {
            findings.push(("回传", Finding::Good(format!("等待 {pending} 条，无未送达"))));
        }
        Ok((_, dead)) => {
            let text = format!("{dead} 条未送达，请在控制台“回传”中处理");
            findings.push(("回传", Finding::Warn(text)));
        }
        Err(error) => findings.push(("回传", Finding::Bad(error.to_string()))),
    }
    findings.push(("见证", witnesses(data, config, &engine).await));
    let keys = engine.center().keys.is_empty();
    findings.push(if keys {
        let text =
            format!("没有中心公钥，无法接收分流；请更新 {}", config.center.jwks_file.display());
        ("中心公钥", Finding::Warn(text))
    } else {
        ("中心公钥", Finding::Good("已登记".to_owned()))
    });
    findings
}

/// Whether the policy reads, its witnesses answer, and none of them knows a later log than this.
async fn witnesses(data: &Path, config: &Config, engine: &Engine) -> Finding {
    let witnessing = match Witnessing::read(data, config, engine) {
        Ok(witnessing) => witnessing,
        Err(error) => return Finding::Bad(error.to_string()),
    };
    if let Err(error) = witnessing.refuse_older(data, engine).await {
        return Finding::Bad(error.to_string());
    }
    let names: Vec<_> =
        witnessing.policy().witnesses().iter().map(|one| one.name.clone()).collect();
    if names.is_empty() {
        return Finding::Good("未配置见证方，检查点只有本单位签名".to_owned());
    }
    match witnessing.cosign(engine).await {
        Ok(asked) if asked.missing.is_empty() => {
            Finding::Good(format!("{} 可以联署", names.join("、")))
        }
        Ok(asked) => {
            let missing: Vec<_> =
                asked.missing.iter().map(|(name, why)| format!("{name}（{why}）")).collect();
            Finding::Warn(format!("没有联署：{}；日志照常增长，恢复后补署", missing.join("、")))
        }
        Err(error) => Finding::Bad(error.to_string()),
    }
}

/// Whether something can be done to every case.
async fn cases(engine: &Engine) -> Finding {
    let survey = match engine.survey().await {
        Ok(survey) => survey,
        Err(error) => return Finding::Bad(error.to_string()),
    };
    if survey.unreadable > 0 {
        let text = format!("{} 件读不出，请运行 merchant-server fsck", survey.unreadable);
        return Finding::Bad(text);
    }
    let missing: Vec<String> = survey
        .without_rules
        .iter()
        .map(|(rules, cases)| format!("{rules}（{cases} 件）"))
        .collect();
    if !missing.is_empty() {
        let text = format!(
            "有未结案件适用的规则集已不在：{}；请把规则集文件放回数据目录的 rules 文件夹，否则不能办理",
            missing.join("、")
        );
        return Finding::Bad(text);
    }
    Finding::Good(format!("{} 件可以办理或查阅", survey.looked))
}

async fn center(config: &Config) -> Finding {
    let url = &config.center.api_url;
    if url.is_empty() {
        return Finding::Warn("未填写 center.api_url，回传会留在队列里".to_owned());
    }
    let client = match http_client(Duration::from_secs(5)) {
        Ok(client) => client,
        Err(error) => return Finding::Bad(format!("无法建立连接：{error}")),
    };
    match client.get(url).send().await {
        // Any answer shows that the way is open; what it answers to a bare GET is its business.
        Ok(_) => Finding::Good(format!("{url} 可以连通")),
        Err(_) => Finding::Bad(format!("{url} 连接不上，请检查网络与地址")),
    }
}

/// Whether the disk takes a write where the database is.
fn disk(config: &Config) -> Finding {
    let Place::Sqlite(file) = Place::of(&config.storage.database) else {
        return Finding::Good("数据在 PostgreSQL 服务器上，请在那里查看磁盘".to_owned());
    };
    let folder = file.parent().unwrap_or(Path::new("."));
    let probe = folder.join(".doctor-probe");
    let written = std::fs::write(&probe, vec![0_u8; 1 << 20]);
    let removed = std::fs::remove_file(&probe);
    match written.and(removed) {
        Ok(()) => Finding::Good(format!("{} 可写", folder.display())),
        Err(error) => Finding::Bad(format!("{} 写入失败：{error}", folder.display())),
    }
}
