//! Somebody at the console with a browser: a cookie, forms, no redirect followed unseen. Knows
//! nothing of what the pages are for.

use std::fmt::Write as _;
use std::time::Duration;

use green_channel::center::http_client;

/// Somebody at the console.
#[derive(Clone)]
pub struct Browser {
    base: String,
    client: reqwest::Client,
    cookie: Option<String>,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Page {
    /// The status.
    pub status: u16,
    /// Where to, when it sends elsewhere; empty otherwise.
    pub location: String,
    /// The text.
    pub text: String,
}

impl Page {
    /// What stands between two pieces of the text, the first time.
    ///
    /// # Panics
    /// When it is not there.
    #[must_use]
    pub fn between(&self, before: &str, after: &str) -> &str {
        let rest = self.text.split_once(before).map(|(_, rest)| rest);
        let found = rest.and_then(|rest| rest.split_once(after)).map(|(found, _)| found);
        found.unwrap_or_else(|| panic!("no {before:?} on the page:\n{}", self.text))
    }
}

impl Browser {
    /// A browser that has not signed in.
    ///
    /// # Panics
    /// When the TLS backend does not start.
    #[must_use]
    pub fn new(base: &str) -> Self {
        let client = http_client(Duration::from_secs(30)).expect("an HTTP client");
        Self { base: base.to_owned(), client, cookie: None }
    }

    /// Asks for a page.
    ///
    /// # Panics
    /// When the server does not answer.
    pub async fn get(&mut self, path: &str) -> Page {
        self.send(self.client.get(format!("{}{path}", self.base))).await
    }

    /// Sends a form.
    ///
    /// # Panics
    /// When the server does not answer.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let request = self.client.post(format!("{}{path}", self.base));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        self.send(request.body(encoded(fields))).await
    }

    /// Sends a form with one file.
    ///
    /// # Panics
    /// When the server does not answer.
    pub async fn upload(&mut self, path: &str, name: &str, bytes: &[u8]) -> Page {
        const EDGE: &str = "----green-channel-file";
        let mut body = format!(
            "--{EDGE}\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"f.csv\"\r\n\
             content-type: text/csv\r\n\r\n"
        )
        .into_bytes();
        body.extend_from_slice(bytes);
        body.extend_from_slice(format!("\r\n--{EDGE}--\r\n").as_bytes());
        let request = self.client.post(format!("{}{path}", self.base));
        let kind = format!("multipart/form-data; boundary={EDGE}");
        self.send(request.header("content-type", kind).body(body)).await
    }

    /// Sends a form and gives the bytes that come back, and under which name.
    ///
    /// # Panics
    /// When the server does not answer, or not with a file.
    pub async fn download(&mut self, path: &str, fields: &[(&str, &str)]) -> (Vec<u8>, String) {
        let request = self.client.post(format!("{}{path}", self.base));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let cookie = self.cookie.clone().unwrap_or_default();
        let answer = request.header("cookie", cookie).body(encoded(fields)).send().await;
        let answer = answer.expect("the server answers");
        let name = answer.headers().get("content-disposition").expect("a file").clone();
        let bytes = answer.bytes().await.expect("the file reads").to_vec();
        (bytes, name.to_str().expect("letters").to_owned())
    }

    /// Signs in with a password; the page that comes back says how far that went.
    pub async fn sign_in(&mut self, login: &str, password: &str) -> Page {
        self.post("/console/login", &[("user", login), ("password", password)]).await
    }

    async fn send(&mut self, request: reqwest::RequestBuilder) -> Page {
        let request = match &self.cookie {
            Some(cookie) => request.header("cookie", cookie),
            None => request,
        };
        let answer = request.send().await.expect("the server answers");
        let header = |name: &str| {
            let value = answer.headers().get(name).and_then(|value| value.to_str().ok());
            value.unwrap_or_default().to_owned()
        };
        let (status, location) = (answer.status().as_u16(), header("location"));
        let set = header("set-cookie");
        if let Some((cookie, _)) = set.split_once(';') {
            self.cookie = Some(cookie.to_owned());
        }
        let text = answer.text().await.expect("the page reads");
        Page { status, location, text }
    }
}

/// Fields as a browser encodes a form.
fn encoded(fields: &[(&str, &str)]) -> String {
    let mut body = String::new();
    for (name, value) in fields {
        if !body.is_empty() {
            body.push('&');
        }
        escape(name, &mut body);
        body.push('=');
        escape(value, &mut body);
    }
    body
}

fn escape(text: &str, body: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() {
            body.push(char::from(byte));
        } else {
            let _ = write!(body, "%{byte:02X}");
        }
    }
}
