//! A simulated clerk: a person of the demo with an API token of their own, who lists, reads and
//! acts as a platform's own system would.

use std::time::Duration;

use green_channel::center::http_client;
use green_channel::ids::Pseudonym;
use serde_json::{Value, json};

use crate::cli::CliError;

/// Somebody with a token.
pub(super) struct Clerk {
    /// Who they are in cases and in the log.
    pub(super) pseudonym: Pseudonym,
    base: String,
    token: String,
    client: reqwest::Client,
}

impl Clerk {
    /// The clerk with this token at this server.
    pub(super) fn new(base: &str, token: String, pseudonym: Pseudonym) -> Result<Self, CliError> {
        let client = http_client(Duration::from_secs(10))?;
        Ok(Self { pseudonym, base: base.to_owned(), token, client })
    }

    /// The case with this complaint number, by id.
    pub(super) async fn find(&self, no: &str) -> Result<String, CliError> {
        let mut after = String::new();
        loop {
            let page = self.get(&format!("/api/v1/cases?limit=200{after}")).await?;
            let cases = page["cases"].as_array().cloned().unwrap_or_default();
            let found = cases.iter().find(|case| case["complaint_no"] == no);
            if let Some(id) = found.and_then(|case| case["case_id"].as_str()) {
                return Ok(id.to_owned());
            }
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => return Err(format!("找不到投诉 {no}").into()),
            }
        }
    }

    /// The case as this clerk sees it.
    pub(super) async fn show(&self, id: &str) -> Result<Value, CliError> {
        self.get(&format!("/api/v1/cases/{id}")).await
    }

    /// The history of the case.
    pub(super) async fn history(&self, id: &str) -> Result<Value, CliError> {
        self.get(&format!("/api/v1/cases/{id}/history")).await
    }

    /// Acts on the case as it is now.
    pub(super) async fn act(&self, id: &str, command: Value) -> Result<Value, CliError> {
        let revision = self.show(id).await?["summary"]["revision"].clone();
        let body = json!({ "expected_revision": revision, "command": command });
        self.post(&format!("/api/v1/cases/{id}/actions"), &body).await
    }

    /// Posts a document.
    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Value, CliError> {
        let url = format!("{}{path}", self.base);
        read(self.client.post(url).bearer_auth(&self.token).json(body).send().await?).await
    }

    async fn get(&self, path: &str) -> Result<Value, CliError> {
        let url = format!("{}{path}", self.base);
        read(self.client.get(url).bearer_auth(&self.token).send().await?).await
    }
}

/// The body, or the problem's code as an error.
async fn read(answer: reqwest::Response) -> Result<Value, CliError> {
    let status = answer.status();
    let body: Value = answer.json().await?;
    if status.is_success() {
        return Ok(body);
    }
    let code = body["code"].as_str().unwrap_or("none");
    Err(format!("{} {code}：{}", status.as_u16(), body["detail"].as_str().unwrap_or_default())
        .into())
}
