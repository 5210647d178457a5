//! Witnesses over HTTP (C2SP tlog-witness).

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::CONTENT_TYPE;

use super::http::http_client;
use crate::channel::{WitnessAnswer, WitnessClient};
use crate::log::SIZE_CONTENT_TYPE;

/// The largest answer that is read: some signature lines.
const ANSWER_MAX_BYTES: usize = 16 * 1024;

/// Asks witnesses over HTTP.
pub struct HttpWitness {
    client: reqwest::Client,
}

impl HttpWitness {
    /// A client that waits so long for an answer.
    ///
    /// # Errors
    /// When the TLS backend cannot start.
    pub fn new(timeout: Duration) -> Result<Self, reqwest::Error> {
        Ok(Self { client: http_client(timeout)? })
    }

    async fn ask(&self, url: &str, body: String) -> Result<WitnessAnswer, reqwest::Error> {
        let request = self.client.post(format!("{url}/add-checkpoint"));
        let request = request.header(CONTENT_TYPE, "text/plain; charset=utf-8");
        let mut answer = request.body(body).send().await?;
        let status = answer.status();
        let kind = answer.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let is_size = kind.is_some_and(|kind| kind.starts_with(SIZE_CONTENT_TYPE));
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > ANSWER_MAX_BYTES {
                return Ok(WitnessAnswer::Refused(status.as_u16()));
            }
        }
        let text = String::from_utf8(bytes).unwrap_or_default();
        Ok(match status {
            StatusCode::OK => WitnessAnswer::Cosigned(text),
            StatusCode::CONFLICT if is_size => match text.trim_end().parse() {
                Ok(size) => WitnessAnswer::Conflict { size },
                Err(_) => WitnessAnswer::Refused(409),
            },
            status => WitnessAnswer::Refused(status.as_u16()),
        })
    }
}

impl WitnessClient for HttpWitness {
    async fn add_checkpoint(&self, url: &str, body: String) -> WitnessAnswer {
        self.ask(url, body).await.unwrap_or(WitnessAnswer::Unreachable)
    }
}
