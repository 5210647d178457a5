//! The document at `/.well-known/green-channel.json`: who we are, what we speak and where our keys
//! and our log are. Knows nothing of how it is served.

use serde::{Deserialize, Serialize};

/// Where a merchant publishes its [`Discovery`] document.
pub const DISCOVERY_PATH: &str = "/.well-known/green-channel.json";
/// Where a merchant publishes its keys.
pub const JWKS_PATH: &str = "/.well-known/jwks.json";
/// The version of the protocol this crate speaks.
pub const PROTOCOL_VERSION: &str = "1";

/// Who a merchant is toward a center.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Discovery {
    /// The merchant's public base URL: `iss` of what it signs, `aud` of what is sent to it.
    pub issuer: String,
    /// The versions of the protocol it speaks.
    pub versions: Vec<String>,
    /// Its name in law.
    pub merchant: DiscoveryMerchant,
    /// Where a consumer finds a desk (消费维权服务站).
    #[serde(default)]
    pub stations: Vec<DiscoveryStation>,
    /// Where its keys are.
    pub jwks_uri: String,
    /// Its log.
    pub log: DiscoveryLog,
}

impl Discovery {
    /// Whether we and they speak a common version.
    #[must_use]
    pub fn speaks_our_version(&self) -> bool {
        self.versions.iter().any(|version| version == PROTOCOL_VERSION)
    }
}

/// The merchant's name in law.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DiscoveryMerchant {
    /// Unified social credit code (统一社会信用代码).
    pub uscc: String,
    /// Registered name.
    pub name: String,
}

/// A service desk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DiscoveryStation {
    /// What it is called.
    pub name: String,
    /// The desk's telephone, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// Where the merchant's log is and who signs it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DiscoveryLog {
    /// The log's name, the first line of its checkpoints.
    pub origin: String,
    /// The URL of its newest checkpoint.
    pub checkpoint: String,
    /// The key of its checkpoints, in the form of C2SP signed notes.
    pub vkey: String,
}

#[cfg(test)]
mod tests {
    use super::super::strict_json;
    use super::*;

    #[test]
    fn the_document_has_the_published_form() {
        let text = concat!(
            r#"{"issuer":"https://mall.example","versions":["1"],"#,
            r#""merchant":{"uscc":"91440300MA5EXAMPLE","name":"示例商场有限公司"},"#,
            r#""stations":[{"name":"一楼服务台","phone":"0755-12315"}],"#,
            r#""jwks_uri":"https://mall.example/.well-known/jwks.json","#,
            r#""log":{"origin":"mall.example/green-channel","#,
            r#""checkpoint":"https://mall.example/log/checkpoint","vkey":"mall+1+AA"}}"#
        );
        let document: Discovery = strict_json::parse_object(text.as_bytes()).unwrap();
        assert_eq!(serde_json::to_string(&document).unwrap(), text);
        assert!(document.speaks_our_version());
    }
}
