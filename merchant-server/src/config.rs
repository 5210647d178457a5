//! The configuration file: one documented default, embedded; an operator's file says everything.
//! Knows nothing of what the settings do.

use std::path::{Path, PathBuf};

use green_channel::store::Place;
use serde::Deserialize;

use crate::rule_sets::RuleSets;

/// The commented default that `init` writes.
pub(crate) const DEFAULT: &str = include_str!("../config.default.toml");
/// The file's name in the data folder.
pub(crate) const FILE_NAME: &str = "config.toml";

/// Everything that can be set.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) server: Server,
    pub(crate) merchant: Merchant,
    pub(crate) center: Center,
    pub(crate) rules: Rules,
    pub(crate) storage: Storage,
    pub(crate) log: Log,
    /// A file from before there was this section reads as well.
    #[serde(default)]
    pub(crate) witness: Witness,
    /// A file from before there was this section reads as well.
    #[serde(default)]
    pub(crate) console: Console,
    #[serde(default)]
    pub(crate) fund: green_channel::fund::FundRules,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Server {
    pub(crate) listen: std::net::SocketAddr,
    pub(crate) public_url: String,
    pub(crate) drain_seconds: u64,
    pub(crate) notice_millis: u64,
    pub(crate) request_seconds: u64,
    pub(crate) in_flight_mib: u16,
    pub(crate) connections: usize,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Merchant {
    pub(crate) uscc: String,
    pub(crate) name: String,
    pub(crate) log_origin: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Center {
    pub(crate) issuer: String,
    pub(crate) api_url: String,
    pub(crate) jwks_file: PathBuf,
    pub(crate) pull: bool,
    pub(crate) pull_seconds: u64,
    pub(crate) timeout_seconds: u64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rules {
    pub(crate) set: String,
    pub(crate) clerk_offer_limit_fen: i64,
    #[serde(default = "three_years")]
    pub(crate) retention_years: u16,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Storage {
    pub(crate) database: String,
    pub(crate) queue: usize,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Log {
    pub(crate) level: Level,
    pub(crate) format: Format,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Witness {
    /// The policy, relative to the data folder; empty for none.
    pub(crate) policy_file: String,
    pub(crate) timeout_seconds: u64,
}

impl Default for Witness {
    fn default() -> Self {
        Self { policy_file: String::new(), timeout_seconds: 5 }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Console {
    pub(crate) idle_minutes: u32,
    pub(crate) session_hours: u32,
    pub(crate) require_totp: bool,
}

impl Default for Console {
    fn default() -> Self {
        Self { idle_minutes: 30, session_hours: 8, require_totp: false }
    }
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    Error,
    Warn,
    Info,
    Debug,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    Json,
    Text,
}

/// The file cannot be used; says where and what to do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    #[error("读不到配置文件 {path}：{source}。请先运行 merchant-server init --data 目录")]
    Read { path: String, source: std::io::Error },
    #[error("配置文件有误：{0}")]
    Syntax(Box<toml::de::Error>),
    #[error("配置项 {field} 有误：{problem}")]
    Field { field: &'static str, problem: String },
}

impl Config {
    /// Reads the file in a data folder; relative paths become absolute within it.
    pub(crate) fn load(data: &Path) -> Result<Self, ConfigError> {
        let path = data.join(FILE_NAME);
        let text = std::fs::read_to_string(&path)
            .map_err(|source| ConfigError::Read { path: path.display().to_string(), source })?;
        let mut config = Self::parse(&text)?;
        config.check_rules(data)?;
        config.storage.database = within(data, &config.storage.database);
        config.center.jwks_file = data.join(&config.center.jwks_file);
        Ok(config)
    }

    /// Reads and checks the text of a file.
    pub(crate) fn parse(text: &str) -> Result<Self, ConfigError> {
        let mut config: Self =
            toml::from_str(text).map_err(|error| ConfigError::Syntax(Box::new(error)))?;
        config.check()?;
        if config.merchant.log_origin.is_empty() {
            config.merchant.log_origin = origin_of(&config.server.public_url);
        }
        Ok(config)
    }

    /// Whether the rule set is shipped, or one that the operator put into the data folder.
    fn check_rules(&self, data: &Path) -> Result<(), ConfigError> {
        match RuleSets::read(data).and_then(|sets| sets.chosen(&self.rules.set)) {
            Ok(_) => Ok(()),
            Err(error) => {
                Err(ConfigError::Field { field: "rules.set", problem: error.to_string() })
            }
        }
    }

    fn check(&self) -> Result<(), ConfigError> {
        let url = &self.server.public_url;
        if !(url.starts_with("https://") || url.starts_with("http://")) || url.ends_with('/') {
            return fail("server.public_url", "以 http:// 或 https:// 开头，末尾不带斜杠");
        }
        if let Err(error) = green_channel::codes::Uscc::parse(&self.merchant.uscc) {
            return fail("merchant.uscc", &error.to_string());
        }
        let origin = &self.merchant.log_origin;
        if !origin.is_empty() && !green_channel::log::name_is_good(origin) {
            return fail("merchant.log_origin", "不能有空白或加号");
        }
        if self.merchant.name.trim().is_empty() {
            return fail("merchant.name", "请填写单位名称");
        }
        if self.center.issuer.trim().is_empty() {
            return fail("center.issuer", "请填写 12315 中心的签发者标识");
        }
        let api = &self.center.api_url;
        if !api.is_empty() && (!api.starts_with("http") || api.ends_with('/')) {
            return fail("center.api_url", "以 http:// 或 https:// 开头，末尾不带斜杠，或留空");
        }
        if !(1..=30).contains(&self.rules.retention_years) {
            return fail("rules.retention_years", "1 至 30 年");
        }
        self.check_fund()?;
        if self.rules.clerk_offer_limit_fen < 0 {
            return fail("rules.clerk_offer_limit_fen", "不能为负数");
        }
        if self.server.request_seconds == 0 || self.center.timeout_seconds == 0 {
            return fail("server.request_seconds", "时限至少 1 秒");
        }
        if !(1..=60).contains(&self.witness.timeout_seconds) {
            return fail("witness.timeout_seconds", "须为 1 至 60");
        }
        if self.server.connections == 0 {
            return fail("server.connections", "至少为 1");
        }
        if self.server.in_flight_mib == 0 {
            return fail("server.in_flight_mib", "至少为 1");
        }
        if self.storage.queue == 0 {
            return fail("storage.queue", "至少为 1");
        }
        if !(1..=480).contains(&self.console.idle_minutes) {
            return fail("console.idle_minutes", "须为 1 至 480");
        }
        if !(1..=24).contains(&self.console.session_hours) {
            return fail("console.session_hours", "须为 1 至 24");
        }
        Ok(())
    }

    fn check_fund(&self) -> Result<(), ConfigError> {
        let fund = &self.fund;
        for (field, fen) in [
            ("fund.case_limit_fen", fund.case_limit_fen),
            ("fund.tenant_limit_fen", fund.tenant_limit_fen),
            ("fund.day_limit_fen", fund.day_limit_fen),
            ("fund.clerk_day_limit_fen", fund.clerk_day_limit_fen),
            ("fund.second_approval_above_fen", fund.second_approval_above_fen),
            ("fund.small_claim_fen", fund.small_claim_fen),
            ("fund.floor_fen", fund.floor_fen),
        ] {
            if !fen.is_payable() {
                return fail(field, "不能为负数，也不能超过 9007199254740991");
            }
        }
        for (field, days) in [
            ("fund.expire_working_days", fund.expire_working_days),
            ("fund.top_up_working_days", fund.top_up_working_days),
        ] {
            if !(1..=250).contains(&days) {
                return fail(field, "1 至 250 个工作日");
            }
        }
        if !(1..=366).contains(&fund.backdate_days) {
            return fail("fund.backdate_days", "1 至 366 天");
        }
        Ok(())
    }
}

fn fail(field: &'static str, problem: &str) -> Result<(), ConfigError> {
    Err(ConfigError::Field { field, problem: problem.to_owned() })
}

/// How long personal data is kept after closing where nothing is configured.
fn three_years() -> u16 {
    3
}

/// The database as an absolute URL: a file's relative path is meant within the data folder.
fn within(data: &Path, database: &str) -> String {
    match Place::of(database) {
        Place::Postgres(url) => url.to_owned(),
        Place::Sqlite(path) => format!("sqlite://{}", data.join(path).display()),
    }
}

/// The log's origin for a base URL: host and port without scheme, as C2SP asks.
fn origin_of(url: &str) -> String {
    let host = url.split_once("://").map_or(url, |(_, host)| host);
    format!("{host}/log")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    #[test]
    fn the_default_file_is_valid() {
        let config = Config::parse(DEFAULT).unwrap();
        assert_eq!(config.rules.set, "odr-2026");
        assert_eq!(config.merchant.log_origin, "127.0.0.1:8315/log");
    }

    #[test]
    fn a_file_from_before_the_console_section_reads() {
        let (old, _) = DEFAULT.split_once("[console]").unwrap();
        let console = Config::parse(old).unwrap().console;
        assert_eq!((console.idle_minutes, console.session_hours), (30, 8));
        assert!(!console.require_totp);
    }

    #[test]
    fn a_misspelt_key_is_refused_and_named() {
        let text = DEFAULT.replace("drain_seconds", "drain_secconds");
        let error = Config::parse(&text).unwrap_err().to_string();
        assert!(error.contains("drain_secconds"), "{error}");
    }

    #[test]
    fn a_wrong_field_is_named_with_its_remedy() {
        for (from, to, field) in [
            ("91000000000000000K", "910000000000000000", "merchant.uscc"),
            ("http://127.0.0.1:8315\"", "127.0.0.1:8315\"", "server.public_url"),
            ("retention_years = 3", "retention_years = 0", "rules.retention_years"),
            ("small_claim_fen = 0", "small_claim_fen = -1", "fund.small_claim_fen"),
            ("expire_working_days = 5", "expire_working_days = 0", "fund.expire_working_days"),
        ] {
            let text = DEFAULT.replace(from, to);
            let error = Config::parse(&text).unwrap_err().to_string();
            assert!(error.contains(field), "{error}");
        }
    }

    #[test]
    fn a_rule_set_that_is_nowhere_is_named_with_those_that_are() {
        let scratch = Scratch::new("config-rules");
        let text = DEFAULT.replace("set = \"odr-2026\"", "set = \"nope\"");
        std::fs::write(scratch.path().join(FILE_NAME), text).unwrap();
        let error = Config::load(scratch.path()).unwrap_err().to_string();
        for words in ["rules.set", "nope", "odr-2026"] {
            assert!(error.contains(words), "{words}: {error}");
        }
    }

    #[test]
    fn a_file_without_retention_keeps_three_years() {
        let text = DEFAULT.replace("retention_years = 3", "");
        assert_eq!(Config::parse(&text).unwrap().rules.retention_years, 3);
    }
}
