//! The simulated center: its keys, what it sends, what it has taken.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use super::sim_routes;
use crate::center::http_client;
use crate::channel::IntakeAnswer;
use crate::ids::Entropy;
use crate::log::{Cosigner, Hash, NoteError, NoteVerifier};
use crate::protocol::{
    BASE_PATH, CONSENT_TYP, KeyPurpose, KeySet, RequestParts, SigningKey, body_digest, parse_json,
    sign_jws, sign_request,
};
use crate::time::{Clock, DAY_MILLIS, Timestamp};

/// How unkind the center is. Every n-th means: 0 never, 1 always, 3 every third.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// Answers 503 instead of taking a report.
    pub unavailable_every: u64,
    /// Takes the report, then answers 500: the classic lost answer.
    pub lost_answer_every: u64,
    /// Takes nothing and answers 422 for good.
    pub refuse_every: u64,
    /// Signs a receipt for something else.
    pub wrong_receipt_every: u64,
    /// Waits so many milliseconds before it answers.
    pub delay_millis: u64,
    /// Answers 503 as a witness.
    pub witness_unavailable: bool,
}

/// Whom the center talks to, and as whom.
pub struct SimCenterConfig {
    /// Its issuer string.
    pub issuer: String,
    /// The merchant's base URL: audience of its tokens.
    pub merchant_url: String,
    /// Where to send requests to; usually the same.
    pub merchant_address: String,
    /// The merchant's 统一社会信用代码, as consents name it.
    pub merchant_uscc: String,
}

/// A report as the center took it, once per id.
#[derive(Clone, Debug)]
pub struct SeenReport {
    /// Its id.
    pub report_id: String,
    /// The complaint.
    pub complaint_no: String,
    /// Its number within the complaint.
    pub sequence: u64,
    /// Which step.
    pub kind: String,
    /// The whole report.
    pub body: Value,
    /// The digest of its bytes; the same id must always bring the same bytes.
    pub digest: String,
    /// How often it came.
    pub times: u32,
}

/// What the center remembers.
#[derive(Default)]
pub(super) struct Memory {
    pub(super) reports: BTreeMap<String, SeenReport>,
    /// The last sequence about each complaint.
    pub(super) last: BTreeMap<String, u64>,
    /// Ids in the order they first came.
    pub(super) order: Vec<String>,
    pub(super) calls: u64,
    pub(super) faults: Faults,
    pub(super) diversions: Vec<(String, String)>,
    pub(super) acknowledged: BTreeMap<String, String>,
    pub(super) merchant: KeySet,
    /// The log whose heads it cosigns.
    pub(super) log: Option<NoteVerifier>,
    /// The head that it cosigned last.
    pub(super) witnessed: Option<(u64, Hash)>,
    /// Rules of the protocol that the merchant broke, in words.
    pub(super) complaints: Vec<String>,
}

pub(super) struct Shared {
    pub(super) config: SimCenterConfig,
    pub(super) receipt: SigningKey,
    pub(super) request: SigningKey,
    pub(super) consent: SigningKey,
    pub(super) witness: Cosigner,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) entropy: Arc<dyn Entropy>,
    pub(super) memory: Mutex<Memory>,
}

impl Shared {
    pub(super) fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A 12315 center with its own keys.
#[derive(Clone)]
pub struct SimCenter {
    pub(super) shared: Arc<Shared>,
    client: reqwest::Client,
}

/// A call to the merchant did not go as a center expects.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// No answer.
    #[error("the merchant did not answer: {0}")]
    Transport(#[from] reqwest::Error),
    /// Another status than expected.
    #[error("the merchant answered {status} with code {code}")]
    Status {
        /// It.
        status: u16,
        /// The problem's code.
        code: String,
        /// The body.
        body: Value,
    },
}

impl SimCenter {
    /// A center with fresh keys.
    ///
    /// # Errors
    /// When the TLS backend cannot start.
    pub fn new(
        config: SimCenterConfig,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, reqwest::Error> {
        let key = |purpose| {
            let mut seed = [0; 32];
            entropy.fill(&mut seed);
            SigningKey::from_seed(seed, purpose)
        };
        let (receipt, request, consent) =
            (key(KeyPurpose::Receipt), key(KeyPurpose::Request), key(KeyPurpose::Consent));
        let witness = witness(&config.issuer, &consent);
        let shared = Shared {
            receipt,
            request,
            consent,
            witness,
            config,
            clock,
            entropy,
            memory: Mutex::default(),
        };
        let client = http_client(Duration::from_secs(30))?;
        Ok(Self { shared: Arc::new(shared), client })
    }

    /// Its public keys.
    #[must_use]
    pub fn keys(&self) -> KeySet {
        let mut keys = KeySet::new();
        for key in [&self.shared.request, &self.shared.receipt, &self.shared.consent] {
            keys.insert(key.public());
        }
        keys
    }

    /// Its issuer string.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.shared.config.issuer
    }

    /// From now on it knows the merchant by these keys and checks every request.
    pub fn know(&self, merchant: KeySet) {
        self.shared.memory().merchant = merchant;
    }

    /// Its key as a witness of logs (C2SP tlog-cosignature).
    #[must_use]
    pub fn witness_vkey(&self) -> String {
        self.shared.witness.verifier().to_string()
    }

    /// From now on it cosigns the heads of the log with this verifier key, at `/witness/add-checkpoint`.
    ///
    /// # Errors
    /// When the key does not read.
    pub fn witness_log(&self, vkey: &str) -> Result<(), NoteError> {
        self.shared.memory().log = Some(NoteVerifier::parse(vkey)?);
        Ok(())
    }

    /// The size of the head that it cosigned last.
    #[must_use]
    pub fn witnessed(&self) -> Option<u64> {
        self.shared.memory().witnessed.map(|(size, _)| size)
    }

    /// From now on it is so unkind.
    pub fn faults(&self, faults: Faults) {
        self.shared.memory().faults = faults;
    }

    /// Serves its side of the protocol until the task is dropped.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub async fn serve(&self, address: SocketAddr) -> std::io::Result<SocketAddr> {
        let listener = tokio::net::TcpListener::bind(address).await?;
        let bound = listener.local_addr()?;
        let router = sim_routes::router(Arc::clone(&self.shared));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(bound)
    }

    /// The reports it has taken, in the order they first came.
    #[must_use]
    pub fn reports(&self) -> Vec<SeenReport> {
        let memory = self.shared.memory();
        memory.order.iter().filter_map(|id| memory.reports.get(id)).cloned().collect()
    }

    /// The kinds of the reports about one complaint, in the order they first came.
    #[must_use]
    pub fn reported(&self, complaint_no: &str) -> Vec<String> {
        let about = self.reports().into_iter().filter(|seen| seen.complaint_no == complaint_no);
        about.map(|seen| seen.kind).collect()
    }

    /// Rules of the protocol that the merchant broke, in words.
    #[must_use]
    pub fn broken_rules(&self) -> Vec<String> {
        self.shared.memory().complaints.clone()
    }

    /// Puts a complaint up for being pulled.
    pub fn offer_for_pull(&self, complaint: &Value) {
        let mut memory = self.shared.memory();
        let cursor = format!("c{:08}", memory.diversions.len() + 1);
        memory.diversions.push((cursor, complaint.to_string()));
    }

    /// The intake receipts by which pulled complaints were acknowledged, by number.
    #[must_use]
    pub fn acknowledged(&self) -> BTreeMap<String, String> {
        self.shared.memory().acknowledged.clone()
    }

    /// A consent for this complaint, signed, valid for thirty days.
    #[must_use]
    pub fn consent(&self, complaint_no: &str) -> String {
        self.consent_with(complaint_no, |_| {})
    }

    /// A consent with something changed before it is signed.
    #[must_use]
    pub fn consent_with(&self, complaint_no: &str, change: impl FnOnce(&mut Value)) -> String {
        let shared = &self.shared;
        let now = shared.clock.now();
        let uscc = &shared.config.merchant_uscc;
        let mut claims = json!({
            "iss": shared.config.issuer,
            "sub": hex::encode(random::<16>(&*shared.entropy)),
            "merchant": uscc,
            "complaint_no": complaint_no,
            "purposes": ["negotiate", "report_outcome"],
            "data_categories": ["identity", "contact", "facts", "evidence"],
            "recipients": [{ "kind": "merchant", "uscc": uscc }],
            "given_at": now,
            "expires_at": now.plus_millis(30 * DAY_MILLIS),
            "method": "app",
            "wording_sha256": crate::hex_digest("我同意将投诉信息提供给被投诉单位协商处理".as_bytes()),
        });
        change(&mut claims);
        sign_jws(CONSENT_TYP, &shared.consent, &claims)
    }

    /// Signs a request token for these parts, now.
    #[must_use]
    pub fn token(&self, method: &str, path: &str, body: &[u8]) -> String {
        self.token_at(method, path, body, self.shared.clock.now())
    }

    /// Signs a request token as of another instant.
    #[must_use]
    pub fn token_at(&self, method: &str, path: &str, body: &[u8], now: Timestamp) -> String {
        let config = &self.shared.config;
        let url = format!("{}{path}", config.merchant_url);
        let parts = RequestParts { method, url: &url, body };
        let mut jti = [0; 16];
        self.shared.entropy.fill(&mut jti);
        let (key, audience) = (&self.shared.request, &config.merchant_url);
        sign_request(key, &config.issuer, audience, &parts, now, jti, 120)
    }

    /// Diverts a complaint: 201 or 200.
    ///
    /// # Errors
    /// When the merchant does not answer or answers otherwise.
    pub async fn divert(&self, complaint: &Value) -> Result<(u16, IntakeAnswer), SimError> {
        let body = complaint.to_string().into_bytes();
        let (status, answer) = self.post(&format!("{BASE_PATH}/complaints"), body).await?;
        let answer = serde_json::from_value(answer.clone()).map_err(|_| SimError::Status {
            status,
            code: "answer_malformed".to_owned(),
            body: answer,
        })?;
        Ok((status, answer))
    }

    /// Sends a notice about a complaint.
    ///
    /// # Errors
    /// When the merchant does not answer or answers otherwise.
    pub async fn notify(&self, no: &str, kind: &str, detail: Value) -> Result<Value, SimError> {
        let id = format!("ntc-{}", hex::encode(random::<12>(&*self.shared.entropy)));
        let notice = json!({
            "notice_id": id, "kind": kind, "at": self.shared.clock.now(), "detail": detail,
        });
        let path = format!("{BASE_PATH}/complaints/{no}/notices");
        let (_, answer) = self.post(&path, notice.to_string().into_bytes()).await?;
        Ok(answer)
    }

    /// Asks where a complaint stands.
    ///
    /// # Errors
    /// When the merchant does not answer or answers otherwise.
    pub async fn track(&self, no: &str) -> Result<Value, SimError> {
        let path = format!("{BASE_PATH}/complaints/{no}");
        let token = self.token("GET", &path, b"");
        let url = format!("{}{path}", self.shared.config.merchant_address);
        let answer = self.client.get(url).bearer_auth(token).send().await?;
        read(answer).await.map(|(_, body)| body)
    }

    /// Posts a body with a token made for it.
    ///
    /// # Errors
    /// When the merchant does not answer or answers otherwise.
    pub async fn post(&self, path: &str, body: Vec<u8>) -> Result<(u16, Value), SimError> {
        let token = self.token("POST", path, &body);
        self.post_as(path, body, &token).await
    }

    /// Posts a body with a given token.
    ///
    /// # Errors
    /// When the merchant does not answer or answers otherwise.
    pub async fn post_as(
        &self,
        path: &str,
        body: Vec<u8>,
        token: &str,
    ) -> Result<(u16, Value), SimError> {
        let url = format!("{}{path}", self.shared.config.merchant_address);
        let request = self.client.post(url).bearer_auth(token);
        let request = request.header("content-type", "application/json").body(body);
        read(request.send().await?).await
    }

    /// The digest a receipt must name for these bytes.
    #[must_use]
    pub fn digest(&self, body: &[u8]) -> String {
        body_digest(body)
    }
}

/// Its key as a witness. Drawn from the consent key by a signature rather than from the entropy: centers
/// of a seed keep the keys and ids they had before centers were witnesses.
fn witness(issuer: &str, consent: &SigningKey) -> Cosigner {
    let drawn = sign_jws("witness", consent, &json!({}));
    let seed = crate::log::leaf_hash(drawn.as_bytes());
    let name = issuer.split_once("://").map_or(issuer, |(_, rest)| rest);
    Cosigner::from_seed(&format!("{name}/witness"), *seed.as_bytes())
}

async fn read(answer: reqwest::Response) -> Result<(u16, Value), SimError> {
    let status = answer.status();
    let bytes = answer.bytes().await?;
    let body: Value = parse_json(&bytes).unwrap_or(Value::Null);
    if status.is_success() {
        return Ok((status.as_u16(), body));
    }
    let code = body.get("code").and_then(Value::as_str).unwrap_or("none").to_owned();
    Err(SimError::Status { status: status.as_u16(), code, body })
}

fn random<const N: usize>(entropy: &dyn Entropy) -> [u8; N] {
    let mut bytes = [0; N];
    entropy.fill(&mut bytes);
    bytes
}
