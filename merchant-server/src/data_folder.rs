//! The data folder: configuration, keys, the center's public keys, the database. What `init`
//! writes and what the operator's small commands change.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use green_channel::case::{Actor, Role};
use green_channel::channel::{
    CenterTrust, Channel, ChannelConfig, Host, HostEvent, KeyRing, KeyRingFile, SystemClock,
    SystemEntropy,
};
use green_channel::ids::{Pseudonym, TenantId};
use green_channel::money::Fen;
use green_channel::protocol::KeySet;
use green_channel::store::AnyStore;
use green_channel::time::{Date, Timestamp};
use serde_json::json;

use crate::auth::personnel::{self, Newcomer};
use crate::auth::{
    ApiToken, Held, PeopleError, Scope, may_have, people, token_create, token_revoke, tokens,
};
use crate::cli::{CliError, InitArgs};
use crate::config::{Config, DEFAULT, FILE_NAME};
use crate::logging::{say, say_beside};
use crate::{calendars, rule_sets};

const KEYS_FILE: &str = "keys.json";

/// The engine as this server runs it.
pub(crate) type Engine = Channel<AnyStore>;

/// Writes a new data folder. Nothing that exists is touched.
pub(crate) async fn init(args: &InitArgs) -> Result<(), CliError> {
    let data = &args.data.data;
    if data.join(FILE_NAME).exists() || data.join(KEYS_FILE).exists() {
        return Err(format!("{} 已经初始化过，未作任何改动", data.display()).into());
    }
    let jwks = match &args.center_jwks {
        Some(path) => {
            let bytes = std::fs::read(path)
                .map_err(|error| format!("读不到中心公钥文件 {}：{error}", path.display()))?;
            KeySet::from_jwks(&bytes).map_err(|error| format!("中心公钥文件有误：{error}"))?;
            bytes
        }
        None => br#"{"keys":[]}"#.to_vec(),
    };
    create(data, &filled_config(args), &jwks)?;
    let engine = open(data).await?;
    say(&format!("已建立数据目录 {}", data.display()));
    say(&format!("配置：{}（带中文注释）", data.join(FILE_NAME).display()));
    say(&format!(
        "密钥：{}（仅本人可读，请另行备份，遗失后案件无法解密）",
        data.join(KEYS_FILE).display()
    ));
    for (login, name, role) in [
        ("admin", "系统管理员", Role::Administrator),
        ("anquan", "安全管理员", Role::SecurityAdministrator),
        ("zhuguan", "主管", Role::Supervisor),
        ("shouli", "受理员", Role::Clerk),
        ("shenji", "审计员", Role::Auditor),
    ] {
        let newcomer = Newcomer { login, name, held: Held::one(role), must_change: true };
        let password = add(&engine, newcomer).await?;
        say(&format!("账号 {login}（{name}）初始密码：{password}"));
    }
    say(
        "初始密码只显示这一次，首次登录须更改。下一步：merchant-server doctor，然后 merchant-server serve",
    );
    Ok(())
}

/// Writes configuration, keys and the center's public keys into a new folder.
pub(crate) fn create(data: &Path, text: &str, jwks: &[u8]) -> Result<(), CliError> {
    let config = Config::parse(text)?;
    // Written out, so that a later change of public_url does not rename the log.
    let origin = format!("log_origin = {}", json!(config.merchant.log_origin));
    let text = text.replacen("log_origin = \"\"", &origin, 1);
    std::fs::create_dir_all(data)?;
    write_private(&data.join(KEYS_FILE), &serde_json::to_vec_pretty(&fresh_keys())?)?;
    std::fs::write(data.join(&config.center.jwks_file), jwks)?;
    // The configuration comes last: a folder with it is a whole one.
    std::fs::write(data.join(FILE_NAME), text)?;
    Ok(())
}

fn filled_config(args: &InitArgs) -> String {
    let mut text = DEFAULT.to_owned();
    let mut set = |from: &str, to: Option<String>| {
        if let Some(to) = to {
            // A quote in a value would end the string: TOML escapes it as JSON does.
            let quoted = serde_json::to_string(&to).unwrap_or_default();
            text = text.replacen(from, &quoted, 1);
        }
    };
    set("\"127.0.0.1:8315\"", args.listen.map(|listen| listen.to_string()));
    set("\"http://127.0.0.1:8315\"", args.public_url.clone());
    set("\"91000000000000000K\"", args.uscc.clone());
    set("\"示例商场\"", args.name.clone());
    set("\"https://center.example\"", args.center_issuer.clone());
    set("\"green-channel.db\"", args.database.clone());
    let api = args.center_url.as_ref().map(|url| format!("api_url = {}", serde_json::json!(url)));
    if let Some(api) = api {
        text = text.replacen("api_url = \"\"", &api, 1);
    }
    text
}

/// Opens the engine of a data folder.
pub(crate) async fn open(data: &Path) -> Result<Engine, CliError> {
    let config = Config::load(data)?;
    open_with(data, &config).await
}

/// Opens the engine with a configuration at hand.
pub(crate) async fn open_with(data: &Path, config: &Config) -> Result<Engine, CliError> {
    let (store, channel) = parts(data, config).await?;
    let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
    Ok(Channel::open(store, channel, clock, entropy).await?)
}

/// Opens the engine to look at a store that may be damaged; nothing is written.
pub(crate) async fn open_to_check(data: &Path, config: &Config) -> Result<Engine, CliError> {
    let (store, channel) = parts(data, config).await?;
    let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
    Ok(Channel::open_to_check(store, channel, clock, entropy)?)
}

/// What an engine is made of.
async fn parts(data: &Path, config: &Config) -> Result<(AnyStore, ChannelConfig), CliError> {
    let path = data.join(KEYS_FILE);
    let text = std::fs::read_to_string(&path)
        .map_err(|error| format!("读不到密钥文件 {}：{error}", path.display()))?;
    let file: KeyRingFile = serde_json::from_str(&text)
        .map_err(|error| format!("密钥文件有误（第 {} 行）", error.line()))?;
    let keys = KeyRing::from_file(&file)?;
    let sets = rule_sets::RuleSets::read(data)?;
    let rules = sets.chosen(&config.rules.set)?;
    let calendar = calendars::read(data)?.calendar;
    let store = AnyStore::open(&config.storage.database, config.storage.queue).await?;
    let channel = ChannelConfig {
        host: Host {
            base_url: config.server.public_url.clone(),
            uscc: config.merchant.uscc.clone(),
            name: config.merchant.name.clone(),
            log_origin: config.merchant.log_origin.clone(),
        },
        center: center_trust(config)?,
        keys,
        more_rules: sets.besides(&rules),
        rules,
        calendar,
        retention_years: config.rules.retention_years,
        clerk_offer_limit: Fen::new(config.rules.clerk_offer_limit_fen),
        fund: config.fund.clone(),
        merge_delay_millis: ChannelConfig::MERGE_DELAY_MILLIS,
    };
    Ok((store, channel))
}

/// The center's public keys as the file has them now.
pub(crate) fn center_trust(config: &Config) -> Result<CenterTrust, CliError> {
    let path = &config.center.jwks_file;
    let bytes = std::fs::read(path)
        .map_err(|error| format!("读不到中心公钥文件 {}：{error}", path.display()))?;
    let keys = KeySet::from_jwks(&bytes).map_err(|error| format!("中心公钥文件有误：{error}"))?;
    Ok(CenterTrust::new(&config.center.issuer, keys))
}

/// Fresh secrets for a new folder.
fn fresh_keys() -> KeyRingFile {
    KeyRingFile::generate(&SystemEntropy)
}

/// Writes a file that only its owner can read.
fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes the name of a new file durable: what is not in its folder on the disk is gone after a
/// power cut.
#[cfg(unix)]
pub(crate) fn sync_folder_of(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    std::fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// Makes the name of a new file durable: this system does it by itself.
#[cfg(not(unix))]
pub(crate) fn sync_folder_of(_: &Path) -> std::io::Result<()> {
    Ok(())
}

/// Adds a person with a fresh password, which is returned to be shown once; the log notes the
/// pseudonym and the roles.
pub(crate) async fn add(engine: &Engine, newcomer: Newcomer<'_>) -> Result<String, PeopleError> {
    personnel::add(engine, operator(), newcomer).await
}

/// Whoever sits at the machine's own command line.
pub(crate) fn operator() -> Actor {
    Actor { role: Role::Administrator, pseudonym: Pseudonym::new([0; 16]) }
}

/// What `user add` and `user roles` were given beside the roles.
pub(crate) fn held(roles: Vec<Role>, tenant: Option<TenantId>, until: Option<Date>) -> Held {
    Held { roles, tenant, valid_until: until.map(Timestamp::end_of) }
}

/// `user add`.
pub(crate) async fn add_person(
    data: &Path,
    login: &str,
    name: &str,
    held: Held,
    must_change: bool,
) -> Result<(), CliError> {
    let engine = open(data).await?;
    let roles = labels(&held.roles);
    let password = add(&engine, Newcomer { login, name, held, must_change }).await?;
    say(&format!("账号 {login}（{name}，{roles}）初始密码：{password}"));
    if must_change {
        say("首次登录须更改密码。");
    }
    Ok(())
}

/// The official words of roles in one line.
fn labels(roles: &[Role]) -> String {
    roles.iter().copied().map(Role::label_zh).collect::<Vec<_>>().join("、")
}

/// `user roles`.
pub(crate) async fn change_roles(data: &Path, login: &str, held: Held) -> Result<(), CliError> {
    let engine = open(data).await?;
    let roles = labels(&held.roles);
    personnel::change_roles(&engine, operator(), login, held, None).await?;
    say(&format!("账号 {login} 的岗位已改为：{roles}"));
    Ok(())
}

/// `user password`.
pub(crate) async fn reset_password(data: &Path, login: &str) -> Result<(), CliError> {
    let engine = open(data).await?;
    let password = personnel::reset_password(&engine, operator(), login).await?;
    say(&format!("账号 {login} 新密码：{password}"));
    Ok(())
}

/// `user list`.
pub(crate) async fn list_people(data: &Path) -> Result<(), CliError> {
    let engine = open(data).await?;
    for person in people(engine.store()).await? {
        let left = if person.removed { "（已停用）" } else { "" };
        say(&format!("{}\t{}\t{}{left}", person.login, labels(&person.roles), person.name));
    }
    Ok(())
}

/// `user remove`.
pub(crate) async fn remove_person(data: &Path, login: &str) -> Result<(), CliError> {
    let engine = open(data).await?;
    personnel::remove(&engine, operator(), login).await?;
    say(&format!("账号 {login} 已停用"));
    Ok(())
}

/// `user unlock`.
pub(crate) async fn unlock_person(data: &Path, login: &str) -> Result<(), CliError> {
    let engine = open(data).await?;
    personnel::unlock(&engine, operator(), login).await?;
    say(&format!("账号 {login} 已解锁"));
    Ok(())
}

/// `user reset-totp`.
pub(crate) async fn reset_factor(data: &Path, login: &str) -> Result<(), CliError> {
    let engine = open(data).await?;
    personnel::reset_factor(&engine, operator(), login).await?;
    say(&format!("账号 {login} 的两步验证已重设，须由本人重新启用"));
    Ok(())
}

/// `token list`.
pub(crate) async fn list_tokens(data: &Path) -> Result<(), CliError> {
    let engine = open(data).await?;
    for token in tokens(engine.store()).await? {
        let state = if token.revoked {
            "已作废"
        } else if token.is_good(engine.now()) {
            "有效"
        } else {
            "已过期"
        };
        let whose = token.person.map(|login| format!("\t（个人：{login}）")).unwrap_or_default();
        say(&format!("{}\t{}\t{state}{whose}", token.name, token.role.label_zh()));
    }
    Ok(())
}

/// `token revoke`.
pub(crate) async fn revoke_tokens(data: &Path, name: &str) -> Result<(), CliError> {
    let engine = open(data).await?;
    let revoked = token_revoke(engine.store(), name).await?;
    if revoked.is_empty() {
        return Err(format!("没有名为“{name}”的有效凭证").into());
    }
    for token in &revoked {
        let facts = json!({ "token": token.pseudonym });
        engine.record_host(operator(), HostEvent { kind: "token_revoked", data: facts }).await?;
    }
    say(&format!("已作废 {} 个凭证", revoked.len()));
    Ok(())
}

/// `token create`.
pub(crate) async fn create_token(
    data: &Path,
    name: String,
    scopes: Vec<Scope>,
    role: Role,
    until: Option<Date>,
) -> Result<(), CliError> {
    let engine = open(data).await?;
    say(&new_token(&engine, name, scopes, role, until).await?);
    if matches!(role, Role::Supervisor | Role::Manager) {
        say_beside(
            "该凭证不对应具体的人，凭它审核不能证明另有一人看过；仅交给自身落实双人审核的系统，个人请在控制台“我的账号”中生成个人凭证",
        );
    }
    Ok(())
}

/// Creates a token and notes it in the log.
pub(crate) async fn new_token(
    engine: &Engine,
    name: String,
    scopes: Vec<Scope>,
    role: Role,
    until: Option<Date>,
) -> Result<String, CliError> {
    if role == Role::Regulator && until.is_none() {
        return Err("“监管查阅”的凭证须用 --until 指明有效期的最后一天".into());
    }
    if name.chars().any(char::is_control) {
        return Err("用途说明不能有控制字符".into());
    }
    if let Some(scope) = scopes.iter().find(|scope| !may_have(role, **scope)) {
        let (role, scope) = (role.label_zh(), scope.code());
        return Err(format!("岗位“{role}”不能有权限范围 {scope}，请换岗位或去掉这一项").into());
    }
    let token = ApiToken {
        name,
        scopes,
        role,
        pseudonym: Pseudonym::new(engine.random()),
        person: None,
        expires_at: until.map(Timestamp::end_of),
        revoked: false,
    };
    let secret = token_create(engine.store(), &token, engine.random()).await?;
    let data = json!({
        "token": token.pseudonym, "role": role.code(), "scopes": token.scopes,
    });
    engine.record_host(operator(), HostEvent { kind: "token_created", data }).await?;
    Ok(secret)
}
