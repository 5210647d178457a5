//! The HTTP client toward a center that speaks our protocol. Each request is signed for itself.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use reqwest::{Method, StatusCode, redirect};

use super::{Center, DeliveryError};
use crate::ids::{ComplaintNo, Entropy, ReportId};
use crate::protocol::{
    DiversionPage, ReportAnswer, RequestParts, SigningKey, parse_json, sign_request,
};
use crate::time::Clock;

/// The largest answer we read from a center, in bytes.
const ANSWER_MAX_BYTES: usize = 4 * 1024 * 1024;
/// How long a request token lives, in seconds.
const TOKEN_SECONDS: i64 = 120;

/// A client with time-outs, without redirects and without a proxy from the environment.
///
/// # Errors
/// When the TLS backend cannot start.
pub fn http_client(timeout: Duration) -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .connect_timeout(timeout.min(Duration::from_secs(5)))
        .timeout(timeout)
        .redirect(redirect::Policy::none())
        .no_proxy()
        .pool_idle_timeout(Duration::from_secs(30))
        .user_agent(concat!("green-channel/", env!("CARGO_PKG_VERSION")))
        .build()
}

/// Whom to call and as whom.
pub struct HttpCenterConfig {
    /// The center's API, without a slash at the end: `https://center.example`.
    pub api_url: String,
    /// The center's issuer: the audience of our tokens.
    pub issuer: String,
    /// Us: the issuer of our tokens.
    pub merchant: String,
    /// Our key of purpose `request`.
    pub key: SigningKey,
    /// How long one call may take.
    pub timeout: Duration,
}

/// A center over HTTP.
pub struct HttpCenter {
    client: reqwest::Client,
    config: HttpCenterConfig,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl HttpCenter {
    /// A client for this center.
    ///
    /// # Errors
    /// When the TLS backend cannot start.
    pub fn new(
        config: HttpCenterConfig,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, reqwest::Error> {
        let client = http_client(config.timeout)?;
        Ok(Self { client, config, clock, entropy })
    }

    /// Sends one signed request and returns status and body.
    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Vec<u8>,
        idempotency: Option<String>,
    ) -> Result<Vec<u8>, DeliveryError> {
        let url = format!("{}{path}", self.config.api_url);
        let parts = RequestParts { method: method.as_str(), url: &url, body: &body };
        let mut jti = [0; 16];
        self.entropy.fill(&mut jti);
        let (key, config) = (&self.config.key, &self.config);
        let now = self.clock.now();
        let token =
            sign_request(key, &config.merchant, &config.issuer, &parts, now, jti, TOKEN_SECONDS);
        let mut request = self.client.request(method, &url);
        let mut bearer =
            HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| refused("token"))?;
        bearer.set_sensitive(true);
        request = request.header(AUTHORIZATION, bearer).header(CONTENT_TYPE, "application/json");
        if let Some(key) = idempotency {
            request = request.header("idempotency-key", key);
        }
        let answer = request.body(body).send().await.map_err(|error| transport(&error))?;
        let status = answer.status();
        let retry_after = answer.headers().get(RETRY_AFTER).and_then(|v| v.to_str().ok());
        let retry_after = retry_after.and_then(|v| v.parse().ok()).map(Duration::from_secs);
        if !status.is_success() {
            return Err(classify(status, retry_after));
        }
        read_limited(answer).await
    }
}

async fn read_limited(mut answer: reqwest::Response) -> Result<Vec<u8>, DeliveryError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| transport(&error))? {
        if bytes.len() + chunk.len() > ANSWER_MAX_BYTES {
            return Err(later("answer_too_large", None));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn refused(cause: &str) -> DeliveryError {
    DeliveryError::Refused { cause: cause.to_owned() }
}

fn later(cause: &str, retry_after: Option<Duration>) -> DeliveryError {
    DeliveryError::Later { cause: cause.to_owned(), retry_after }
}

fn transport(error: &reqwest::Error) -> DeliveryError {
    let cause = if error.is_timeout() {
        "timeout"
    } else if error.is_connect() {
        "connect"
    } else {
        "broken_off"
    };
    later(cause, None)
}

/// Which answers may pass: a busy or broken center, and a token the center did not like (clocks
/// and keys get mended); everything else in the 400s stays as it is, a conflict too.
fn classify(status: StatusCode, retry_after: Option<Duration>) -> DeliveryError {
    let cause = format!("http_{}", status.as_u16());
    let passing = status.is_server_error()
        || status.is_redirection()
        || [401, 403, 404, 408, 423, 425, 429].contains(&status.as_u16());
    if passing {
        DeliveryError::Later { cause, retry_after }
    } else {
        DeliveryError::Refused { cause }
    }
}

impl Center for HttpCenter {
    async fn deliver(&self, id: ReportId, body: Vec<u8>) -> Result<String, DeliveryError> {
        let bytes = self.call(Method::POST, "/v1/reports", body, Some(id.to_string())).await?;
        let answer: ReportAnswer =
            parse_json(&bytes).map_err(|_| later("answer_malformed", None))?;
        Ok(answer.receipt)
    }

    async fn diversions(
        &self,
        after: Option<&str>,
        limit: u32,
    ) -> Result<DiversionPage, DeliveryError> {
        let mut path = format!("/v1/diversions?limit={limit}");
        if let Some(after) = after {
            // Cursors are the center's text: percent-encode everything that is not plainly safe.
            path.push_str("&after=");
            for byte in after.bytes() {
                if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
                    path.push(char::from(byte));
                } else {
                    path.push_str(&format!("%{byte:02X}"));
                }
            }
        }
        let bytes = self.call(Method::GET, &path, Vec::new(), None).await?;
        parse_json(&bytes).map_err(|_| later("answer_malformed", None))
    }

    async fn acknowledge(&self, no: &ComplaintNo, receipt: &str) -> Result<(), DeliveryError> {
        let body = serde_json::json!({ "receipt": receipt }).to_string().into_bytes();
        let path = format!("/v1/diversions/{no}/ack");
        self.call(Method::POST, &path, body, None).await.map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_answers_that_may_change_are_tried_again() {
        for (status, passes) in [
            (500, true),
            (503, true),
            (429, true),
            (401, true),
            (302, true),
            (400, false),
            (422, false),
        ] {
            let error = classify(StatusCode::from_u16(status).unwrap(), None);
            assert_eq!(matches!(error, DeliveryError::Later { .. }), passes, "{status}");
        }
    }
}
