//! The stage: folder, center, server, people. Setting it, checking it, striking it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use green_channel::bundle::{BundleCheck, Options};
use green_channel::case::Role;
use green_channel::channel::{HostEvent, SystemClock, SystemEntropy};
use green_channel::testkit::corpus::{CorpusCase, corpus};
use green_channel::testkit::{SimCenter, SimCenterConfig};
use green_channel::time::Clock;
use serde_json::{Value, json};

use super::clerk::Clerk;
use super::expect::Expectations;
use crate::app::App;
use crate::auth::personnel::Newcomer;
use crate::auth::{self, ApiToken, Held, Scope};
use crate::cli::{CliError, DemoArgs};
use crate::config::{Config, DEFAULT};
use crate::data_folder::{self, Engine};
use crate::logging::say;
use crate::serve::{self, Running};
use crate::witnessing::Witnessing;
use crate::{export, logging};

/// Whose word about our log counts: the center's.
const POLICY: &str = "policy";
pub(super) const USCC: &str = "91000000000000000K";
pub(super) const NAME: &str = "银河百货消费维权服务站（演示）";

/// Login, name, role and password of somebody who may sign in at the console.
pub(super) type Login = (String, String, &'static str, String);

const CLERK: &str = "wangfang";
const COLLEAGUE: &str = "zhaomin";
const SUPERVISOR: &str = "liqiang";
const MANAGER: &str = "sunli";
const CASHIER: &str = "zhoujie";

/// Everything the demo plays on.
pub(super) struct Stage {
    pub(super) url: String,
    pub(super) center: SimCenter,
    pub(super) engine: Engine,
    witnessing: Arc<Witnessing>,
    pub(super) clerk: Clerk,
    /// A second clerk.
    pub(super) colleague: Clerk,
    pub(super) supervisor: Clerk,
    pub(super) manager: Clerk,
    pub(super) cashier: Clerk,
    /// The shop that did not keep its settlement; empty before.
    pub(super) shop: String,
    pub(super) logins: Vec<Login>,
    corpus: Vec<CorpusCase>,
    sent: usize,
    folder: PathBuf,
    running: Option<Running>,
}

/// A complaint that was diverted.
pub(super) struct Sent {
    pub(super) no: String,
    pub(super) case: CorpusCase,
}

impl Stage {
    /// Sets the stage: everything is new and in a temporary folder.
    pub(super) async fn set(args: &DemoArgs) -> Result<Self, CliError> {
        let listener = match serve::bind(args.listen) {
            Ok(listener) => listener,
            // The demo must come up at any time: a taken port is no reason to give up.
            Err(_) => serve::bind(SocketAddr::new(args.listen.ip(), 0))?,
        };
        let url = format!("http://{}", listener.local_addr()?);
        let center = center(&url)?;
        let center_address = center.serve(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        let folder = temporary_folder()?;
        let text = config(&url, &format!("http://{center_address}"));
        data_folder::create(&folder, &text, center.keys().to_jwks().to_string().as_bytes())?;
        let config = Config::load(&folder)?;
        logging::start(&config.log);
        let engine = data_folder::open_with(&folder, &config).await?;
        center.know(engine.public_keys());
        let logins = people(&engine).await?;
        let purse = vec![Scope::FundRead, Scope::FundAct];
        let cashier = hand(&engine, &url, CASHIER, Role::Cashier, purse.clone()).await?;
        let manager = hand(&engine, &url, MANAGER, Role::Manager, purse).await?;
        let mut scopes = vec![Scope::CasesRead, Scope::CasesAct, Scope::LogRead, Scope::FundAct];
        let clerk = hand(&engine, &url, CLERK, Role::Clerk, scopes.clone()).await?;
        let colleague = hand(&engine, &url, COLLEAGUE, Role::Clerk, scopes.clone()).await?;
        scopes.push(Scope::TenantsManage);
        let supervisor = hand(&engine, &url, SUPERVISOR, Role::Supervisor, scopes).await?;
        let witness = center.witness_vkey();
        let policy = format!(
            "log {}\nwitness center {witness} http://{center_address}/witness\nquorum center\n",
            engine.log_vkey()
        );
        std::fs::write(folder.join(POLICY), policy)?;
        center.witness_log(&engine.log_vkey())?;
        let app = App::new(engine.clone(), config, &folder)?;
        let witnessing = Arc::clone(&app.witnessing);
        let running = serve::start(app, listener)?;
        Ok(Self {
            url,
            center,
            engine,
            clerk,
            colleague,
            supervisor,
            manager,
            cashier,
            witnessing,
            shop: String::new(),
            logins,
            corpus: corpus(),
            sent: 0,
            folder,
            running: Some(running),
        })
    }

    /// The next complaint of the corpus, ready to be sent under a fresh number.
    pub(super) fn next_complaint(&mut self) -> (Sent, Value) {
        let place = self.sent;
        self.sent += 1;
        let case = self.corpus[place % self.corpus.len()].clone();
        let now = SystemClock.now();
        let no = format!("1370100{}{place:05}", now.civil_date().strftime("%Y%m%d"));
        let consent = self.center.consent(&no);
        let seed = u64::try_from(place).unwrap_or(0);
        let complaint = case.to_complaint(seed, &no, now, USCC, NAME, &consent);
        (Sent { no, case }, complaint)
    }

    /// The place in the corpus of the next case like this.
    pub(super) fn skip_to(&mut self, like: impl Fn(&CorpusCase) -> bool) {
        let count = self.corpus.len();
        let found = (self.sent..self.sent + count).find(|place| like(&self.corpus[place % count]));
        self.sent = found.unwrap_or(self.sent);
    }

    /// Diverts the next complaint.
    pub(super) async fn divert(&mut self) -> Result<Sent, CliError> {
        let (sent, complaint) = self.next_complaint();
        self.center.divert(&complaint).await?;
        Ok(sent)
    }

    /// Lets one more person sign in at the console.
    pub(super) async fn welcome(
        &mut self,
        login: &str,
        name: &str,
        held: Held,
    ) -> Result<(), CliError> {
        self.logins.push(join(&self.engine, login, name, held).await?);
        Ok(())
    }

    /// Waits until the center has heard of this many steps of a complaint.
    pub(super) async fn heard(&self, no: &str, steps: usize) -> Vec<String> {
        for _ in 0..200 {
            let reported = self.center.reported(no);
            if reported.len() >= steps {
                return reported;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.center.reported(no)
    }

    /// Checks what the center has taken.
    pub(super) async fn check_center(&self, expectations: &mut Expectations) {
        let empty: Vec<String> = Vec::new();
        expectations.same("中心没有发现违反协议的回传", self.center.broken_rules(), empty);
    }

    /// Exports a bundle with the figures of today and checks it as a stranger would: from the folder
    /// alone.
    pub(super) async fn check_log(&self, expectations: &mut Expectations) {
        let out = self.folder.join("bundle");
        let today = SystemClock.now().civil_date();
        let wanted = export::Wanted { period: Some((today, today)), disclosed: Vec::new() };
        let written =
            export::write(&self.engine, &self.folder, &self.witnessing, &wanted, &out).await;
        if expectations.went("导出核验包", written).is_none() {
            return;
        }
        match BundleCheck::run(&out, &Options::default(), |_, _| {}) {
            Ok(checked) => {
                expectations.that("核验包离线核验通过", true);
                expectations.that("检查点有 12315 中心的联署", !checked.log.witnesses.is_empty());
                let (log, figures) = (checked.log, checked.figures.len());
                say("");
                say(&format!(
                    "核验包离线核验通过：{} 条存证、{} 件案件逐步重放，{} 个期限重新计算，保证金 {} 笔逐笔重过，\
                     {figures} 项指标按公式重算，全部与中心联署的检查点相符。",
                    log.checkpoint.size, log.cases, log.deadlines, log.fund_entries
                ));
            }
            Err(error) => expectations.that(&format!("核验包离线核验通过（{error}）"), false),
        }
    }

    /// Stops the server and removes the folder.
    pub(super) async fn strike(mut self) -> Result<(), CliError> {
        if let Some(running) = self.running.take() {
            running.stop().await?;
        }
        drop(self.engine);
        std::fs::remove_dir_all(&self.folder)?;
        Ok(())
    }
}

fn center(url: &str) -> Result<SimCenter, CliError> {
    let config = SimCenterConfig {
        issuer: "https://12315.demo.example".to_owned(),
        merchant_url: url.to_owned(),
        merchant_address: url.to_owned(),
        merchant_uscc: USCC.to_owned(),
    };
    Ok(SimCenter::new(config, Arc::new(SystemClock), Arc::new(SystemEntropy))?)
}

fn temporary_folder() -> Result<PathBuf, CliError> {
    use green_channel::ids::Entropy;
    let mut bytes = [0; 8];
    SystemEntropy.fill(&mut bytes);
    let folder = std::env::temp_dir().join(format!("green-channel-demo-{}", hex::encode(bytes)));
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

fn config(url: &str, center: &str) -> String {
    let listen = url.trim_start_matches("http://");
    DEFAULT
        .replacen("\"127.0.0.1:8315\"", &format!("{listen:?}"), 1)
        .replacen("\"http://127.0.0.1:8315\"", &format!("{url:?}"), 1)
        .replacen("\"示例商场\"", &format!("{NAME:?}"), 1)
        .replacen("\"https://center.example\"", "\"https://12315.demo.example\"", 1)
        .replacen("api_url = \"\"", &format!("api_url = {center:?}"), 1)
        .replacen("policy_file = \"\"", &format!("policy_file = {POLICY:?}"), 1)
        .replacen("level = \"info\"", "level = \"error\"", 1)
        .replacen("format = \"json\"", "format = \"text\"", 1)
}

async fn people(engine: &Engine) -> Result<Vec<Login>, CliError> {
    let mut logins = Vec::new();
    for (login, name, role) in [
        (CLERK, "王芳", Role::Clerk),
        (COLLEAGUE, "赵敏", Role::Clerk),
        (SUPERVISOR, "李强", Role::Supervisor),
        (MANAGER, "孙丽", Role::Manager),
        (CASHIER, "周洁", Role::Cashier),
        ("chenjing", "陈静", Role::Auditor),
    ] {
        logins.push(join(engine, login, name, Held::one(role)).await?);
    }
    Ok(logins)
}

async fn join(engine: &Engine, login: &str, name: &str, held: Held) -> Result<Login, CliError> {
    let role = held.roles.first().copied().map_or("", Role::label_zh);
    // Whoever looks at the demo signs in at once: nobody keeps these passwords.
    let newcomer = Newcomer { login, name, held, must_change: false };
    let password = data_folder::add(engine, newcomer).await?;
    Ok((login.to_owned(), name.to_owned(), role, password))
}

/// Somebody's hand at the API, by a token of their own: the console shows whose work it was, and
/// whoever signs in as them can go on with it.
async fn hand(
    engine: &Engine,
    url: &str,
    login: &str,
    role: Role,
    scopes: Vec<Scope>,
) -> Result<Clerk, CliError> {
    let everybody = auth::people(engine.store()).await?;
    let person = everybody.into_iter().find(|person| person.login == login);
    let person = person.ok_or("演示账号没有建立")?;
    let token = ApiToken {
        name: "演示".to_owned(),
        scopes,
        role,
        pseudonym: person.pseudonym,
        person: Some(person.login),
        expires_at: None,
        revoked: false,
    };
    let secret = auth::token_create(engine.store(), &token, engine.random()).await?;
    let data = json!({
        "token": token.pseudonym, "role": role.code(), "scopes": token.scopes, "personal": true,
    });
    engine.record_host(data_folder::operator(), HostEvent { kind: "token_created", data }).await?;
    Clerk::new(url, secret, token.pseudonym)
}
