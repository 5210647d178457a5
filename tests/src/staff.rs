//! People with an API token, and how the server refuses. Knows nothing of how the server runs.

use green_channel::testkit::SimError;
use serde_json::{Value, json};

/// Somebody with an API token.
#[derive(Clone)]
pub struct Staff {
    base: String,
    token: String,
    client: reqwest::Client,
}

/// A call to the API did not succeed.
#[derive(Debug)]
pub enum ApiError {
    /// No answer.
    Transport(reqwest::Error),
    /// A problem document.
    Refused(Refused),
}

impl From<reqwest::Error> for ApiError {
    fn from(error: reqwest::Error) -> Self {
        Self::Transport(error)
    }
}

/// A refusal, as the caller reads it.
#[derive(Clone, Debug)]
pub struct Refused {
    /// The status.
    pub status: u16,
    /// The problem's code.
    pub code: String,
    /// The whole body.
    pub body: Value,
}

impl From<ApiError> for Refused {
    fn from(error: ApiError) -> Self {
        match error {
            ApiError::Refused(refused) => refused,
            ApiError::Transport(error) => panic!("the server did not answer: {error:?}"),
        }
    }
}

impl From<SimError> for Refused {
    fn from(error: SimError) -> Self {
        match error {
            SimError::Status { status, code, body } => Self { status, code, body },
            SimError::Transport(error) => panic!("the server did not answer: {error:?}"),
        }
    }
}

/// The refusal that a call led to.
///
/// # Panics
/// When the call succeeded, or was not answered at all.
pub fn refusal<T>(outcome: Result<T, impl Into<Refused>>) -> Refused {
    match outcome {
        Ok(_) => panic!("this should have been refused"),
        Err(error) => error.into(),
    }
}

impl Staff {
    /// Somebody with this token at this server.
    #[must_use]
    pub fn new(base: &str, token: String, client: reqwest::Client) -> Self {
        Self { base: base.to_owned(), token, client }
    }

    /// The same person at another server.
    #[must_use]
    pub fn at(&self, base: &str) -> Self {
        Self { base: base.to_owned(), ..self.clone() }
    }

    /// Every case that fits, newest first; `filter` is a piece of the query like `state=received`.
    ///
    /// # Errors
    /// When the server does not answer or refuses.
    pub async fn list(&self, filter: &str) -> Result<Vec<Value>, ApiError> {
        let (mut cases, mut after) = (Vec::new(), String::new());
        loop {
            let page = self.get(&format!("/api/v1/cases?limit=200&{filter}{after}")).await?;
            cases.extend(array(&page["cases"]));
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => return Ok(cases),
            }
        }
    }

    /// One page of the queue.
    ///
    /// # Errors
    /// When the server does not answer or refuses.
    pub async fn page(&self, query: &str) -> Result<Vec<Value>, ApiError> {
        Ok(array(&self.get(&format!("/api/v1/cases?{query}")).await?["cases"]))
    }

    /// The id of the case with this complaint number.
    ///
    /// # Panics
    /// When there is none.
    pub async fn find(&self, no: &str) -> String {
        let cases = self.list("").await.expect("the cases list");
        let found = cases.iter().find(|case| case["complaint_no"] == no);
        let id = found.and_then(|case| case["case_id"].as_str());
        id.unwrap_or_else(|| panic!("there is no case of {no}")).to_owned()
    }

    /// The case as this person sees it.
    ///
    /// # Errors
    /// When the server does not answer or refuses.
    pub async fn show(&self, id: &str) -> Result<Value, ApiError> {
        self.get(&format!("/api/v1/cases/{id}")).await
    }

    /// The state of the case.
    ///
    /// # Panics
    /// When it cannot be read.
    pub async fn state(&self, id: &str) -> String {
        let view = self.show(id).await.expect("the case shows");
        view["summary"]["state"].as_str().unwrap_or_default().to_owned()
    }

    /// The events of the case, in order.
    ///
    /// # Errors
    /// When the server does not answer or refuses.
    pub async fn history(&self, id: &str) -> Result<Vec<Value>, ApiError> {
        Ok(array(&self.get(&format!("/api/v1/cases/{id}/history")).await?["events"]))
    }

    /// The kinds of the events of the case, in order.
    ///
    /// # Panics
    /// When the history cannot be read.
    pub async fn kinds(&self, id: &str) -> Vec<String> {
        let events = self.history(id).await.expect("the history reads");
        let kind = |event: &Value| event["kind"].as_str().unwrap_or_default().to_owned();
        events.iter().map(kind).collect()
    }

    /// Acts on the case as it is now.
    ///
    /// # Errors
    /// When the server does not answer or refuses.
    pub async fn act(&self, id: &str, command: Value) -> Result<Value, ApiError> {
        let view = self.show(id).await?;
        self.act_at(id, &view["summary"]["revision"], command).await
    }

    /// Acts on the case as it was at a revision.
    ///
    /// # Errors
    /// When the server does not answer or refuses.
    pub async fn act_at(
        &self,
        id: &str,
        revision: &Value,
        command: Value,
    ) -> Result<Value, ApiError> {
        let body = json!({ "expected_revision": revision, "command": command });
        let url = format!("{}/api/v1/cases/{id}/actions", self.base);
        read(self.client.post(url).bearer_auth(&self.token).json(&body).send().await?).await
    }

    /// Acts, and must succeed.
    ///
    /// # Panics
    /// When it does not.
    pub async fn does(&self, id: &str, command: Value) -> Value {
        let what = command["action"].clone();
        self.act(id, command).await.unwrap_or_else(|error| panic!("{what}: {error:?}"))
    }

    /// The id of the offer that waits for the consumer.
    ///
    /// # Panics
    /// When there is none.
    pub async fn open_offer(&self, id: &str) -> String {
        let view = self.show(id).await.expect("the case shows");
        let offers = array(&view["offers"]);
        let open = offers.iter().rev().find(|offer| offer["status"] == "open");
        let open = open.and_then(|offer| offer["id"].as_str());
        open.expect("an offer waits for the consumer").to_owned()
    }

    /// The newest reports in a state: `pending`, `delivered` or `dead`.
    ///
    /// # Errors
    /// When the server does not answer or refuses.
    pub async fn reports(&self, state: &str) -> Result<Vec<Value>, ApiError> {
        Ok(array(&self.get(&format!("/api/v1/reports?state={state}")).await?["reports"]))
    }

    /// Sends a report again that was put aside.
    ///
    /// # Errors
    /// When the server does not answer or refuses.
    pub async fn replay(&self, report_id: &str) -> Result<Value, ApiError> {
        let url = format!("{}/api/v1/reports/{report_id}/replay", self.base);
        read(self.client.post(url).bearer_auth(&self.token).send().await?).await
    }

    /// Posts a document.
    ///
    /// # Errors
    /// When the server does not answer or refuses.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value, ApiError> {
        let url = format!("{}{path}", self.base);
        read(self.client.post(url).bearer_auth(&self.token).json(body).send().await?).await
    }

    /// The text of an answer.
    ///
    /// # Errors
    /// When the server does not answer or refuses.
    pub async fn text(&self, path: &str) -> Result<String, ApiError> {
        let url = format!("{}{path}", self.base);
        let answer = self.client.get(url).bearer_auth(&self.token).send().await?;
        if answer.status().is_success() {
            Ok(answer.text().await?)
        } else {
            read(answer).await.map(|_| String::new())
        }
    }

    /// Gets a document.
    ///
    /// # Errors
    /// When the server does not answer or refuses.
    pub async fn get(&self, path: &str) -> Result<Value, ApiError> {
        let url = format!("{}{path}", self.base);
        read(self.client.get(url).bearer_auth(&self.token).send().await?).await
    }
}

fn array(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

async fn read(answer: reqwest::Response) -> Result<Value, ApiError> {
    let status = answer.status();
    let bytes = answer.bytes().await?;
    let body: Value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    if status.is_success() {
        return Ok(body);
    }
    let code = body["code"].as_str().unwrap_or("none").to_owned();
    Err(ApiError::Refused(Refused { status: status.as_u16(), code, body }))
}
