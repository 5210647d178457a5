//! Whom the world believes about our log, and whether our log is still the one the world has seen.
//!
//! The policy names the witnesses; they are asked at each new head. What they or anybody else has seen
//! binds us: a store that is older must not go on, because it would tell the same log twice.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use green_channel::center::HttpWitness;
use green_channel::channel::Cosigning;
use green_channel::log::{Checkpoint, NoteVerifier, TrustPolicy};
use green_channel::store::{Store, StoreError};

use crate::cli::CliError;
use crate::config::Config;
use crate::data_folder::Engine;

/// The newest head that this server has published, beside the database and not in it: a database that
/// was put back is older than this file says.
pub(crate) const SEEN: &str = "checkpoint.seen";

/// The policy and the way to its witnesses.
pub(crate) struct Witnessing {
    text: String,
    policy: TrustPolicy,
    client: HttpWitness,
}

impl Witnessing {
    /// Reads the policy that the configuration names; without one our own signature is all there is.
    pub(crate) fn read(data: &Path, config: &Config, engine: &Engine) -> Result<Self, CliError> {
        let own = NoteVerifier::parse(&engine.log_vkey())?;
        let settings = &config.witness;
        let client = HttpWitness::new(Duration::from_secs(settings.timeout_seconds))?;
        if settings.policy_file.is_empty() {
            let text = format!("log {own}\nquorum none\n");
            return Ok(Self { text, policy: TrustPolicy::only(own), client });
        }
        let path = data.join(&settings.policy_file);
        let file = path.display();
        let text = std::fs::read_to_string(&path).map_err(|error| {
            format!("读不到信任策略 {file}：{error}。请检查 witness.policy_file")
        })?;
        let policy = TrustPolicy::parse(&text).map_err(|error| {
            format!("信任策略 {file} 第 {} 行有误：{}", error.line, error.reason)
        })?;
        if !policy.logs().contains(&own) {
            return Err(
                format!("信任策略 {file} 里没有本单位的日志公钥，请加上一行：log {own}").into()
            );
        }
        let silent = policy.witnesses().iter().find(|witness| {
            let url = witness.url.as_deref().unwrap_or_default();
            !(url.starts_with("http://") || url.starts_with("https://"))
        });
        if let Some(witness) = silent {
            return Err(
                format!("信任策略 {file}：见证方 {} 没有网址，无法请它联署", witness.name).into()
            );
        }
        Ok(Self { text, policy, client })
    }

    /// The text of the policy.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The policy.
    pub(crate) const fn policy(&self) -> &TrustPolicy {
        &self.policy
    }

    /// Whether heads need cosignatures to be believed.
    pub(crate) const fn is_needed(&self) -> bool {
        self.policy.needs_witnesses()
    }

    /// Sends the newest head to the witnesses, if it has not been through that.
    pub(crate) async fn cosign(&self, engine: &Engine) -> Result<Cosigning, StoreError> {
        if self.policy.witnesses().is_empty() {
            return Ok(Cosigning::default());
        }
        engine.cosign(&self.policy, &self.client).await
    }

    /// Refuses a store that is behind what was seen outside: by a witness, or by whoever read the head
    /// that this server published last.
    pub(crate) async fn refuse_older(&self, data: &Path, engine: &Engine) -> Result<(), CliError> {
        self.refuse_older_than_seen(data, engine).await?;
        if self.policy.witnesses().is_empty() {
            return Ok(());
        }
        if engine.store().checkpoint().await?.is_none() {
            // A log that begins, or one whose database is gone: its first head tells which.
            engine.sequence().await?;
        }
        let asked = engine.ask_witnesses(&self.policy, &self.client).await?;
        if let Some((witness, size)) = asked.ahead {
            return Err(older(&format!("见证方 {witness} 已联署过 {size} 条的检查点"), asked.size));
        }
        for (witness, why) in asked.missing {
            tracing::warn!(witness, why, "a witness has not cosigned");
        }
        Ok(())
    }

    async fn refuse_older_than_seen(&self, data: &Path, engine: &Engine) -> Result<(), CliError> {
        let path = data.join(SEEN);
        let note = match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            note => note.map_err(|error| format!("读不到 {}：{error}", path.display()))?,
        };
        let own = NoteVerifier::parse(&engine.log_vkey())?;
        let seen = Checkpoint::verify(&note, own.name(), std::slice::from_ref(&own))
            .map_err(|_| format!("{} 不是本日志的检查点，请移走", path.display()))?;
        let newest = engine.store().checkpoint().await?.map_or(0, |row| row.size);
        if seen.size > newest || engine.root_at(seen.size).await? != seen.root {
            let what = format!("{} 记着已公布过 {} 条的检查点", path.display(), seen.size);
            return Err(older(&what, newest));
        }
        Ok(())
    }
}

fn older(what: &str, have: u64) -> CliError {
    format!(
        "数据库比外界见过的日志旧，或者不是同一份：{what}，而数据库只有 {have} 条或内容不同。\
         为免同一份日志出现两种说法，没有启动。请改用更新的备份；\
         如数据确已丢失，见 docs/operations.md“数据库比日志旧”"
    )
    .into()
}

/// Keeps the newest published head beside the database. Written anew beside the old one and put in its
/// place, so that a crash leaves one of the two whole.
pub(crate) fn keep_seen(data: &Path, note: &str) -> std::io::Result<()> {
    let (path, fresh) = (data.join(SEEN), data.join(".checkpoint.seen"));
    let mut file = std::fs::File::create(&fresh)?;
    file.write_all(note.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(fresh, path)
}

/// Whoever restores a backup knows that it is older: the head that was published is put aside, as evidence,
/// and no longer keeps the server from starting. Witnesses do not forget: they still refuse.
pub(crate) fn set_seen_aside(data: &Path) -> std::io::Result<bool> {
    match std::fs::rename(data.join(SEEN), data.join("checkpoint.seen.before-restore")) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        renamed => renamed.map(|()| true),
    }
}
