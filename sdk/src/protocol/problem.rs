//! Problem documents (RFC 9457): the one table of everything the API may say no with.
//!
//! Every code has a status, an English title and, in Chinese, what it means and what to do. Knows
//! nothing of HTTP beyond the number of a status.

use serde::{Deserialize, Serialize};

use super::strict_json::{JsonError, JsonErrorKind};

/// The media type of a problem document.
pub const PROBLEM_MEDIA_TYPE: &str = "application/problem+json";

const TYPE_BASE: &str = "https://green-channel.example/problems/";

/// A problem document, as sent and as received. `detail` never holds personal data.
///
/// ```
/// use green_channel::protocol::ProblemCode;
/// let problem = ProblemCode::FieldInvalid.problem().with_field("consumer.phone");
/// assert_eq!((problem.status, problem.code.as_str()), (422, "field_invalid"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Problem {
    /// Names the kind of problem, `https://green-channel.example/problems/<code>`.
    #[serde(rename = "type")]
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub type_: String,
    /// The kind of problem in English, the same for each of its kind.
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub title: String,
    /// The HTTP status.
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub status: u16,
    /// What happened and what to do, in Chinese.
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub detail: String,
    /// The stable code to decide by.
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub code: String,
    /// Of a refused command: the rule that said no, as `why_not` of a case names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The member of the body or the parameter at fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The request's name in the server's own records.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// What would have been possible instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed: Option<Vec<String>>,
}

impl Problem {
    /// Replaces the standing explanation, for a case that can be told more exactly.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    /// Names the rule that said no.
    #[must_use]
    pub fn with_reason(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// Names the member or parameter at fault.
    #[must_use]
    pub fn with_field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// Names the request, so that the caller can ask about it.
    #[must_use]
    pub fn with_request_id(mut self, request_id: impl Into<String>) -> Self {
        self.request_id = Some(request_id.into());
        self
    }

    /// Says what would have been possible instead.
    #[must_use]
    pub fn with_allowed<S: Into<String>>(mut self, allowed: impl IntoIterator<Item = S>) -> Self {
        self.allowed = Some(allowed.into_iter().map(Into::into).collect());
        self
    }
}

impl From<ProblemCode> for Problem {
    fn from(code: ProblemCode) -> Self {
        code.problem()
    }
}

impl From<&JsonError> for ProblemCode {
    fn from(error: &JsonError) -> Self {
        match error.kind {
            JsonErrorKind::NotUtf8
            | JsonErrorKind::ByteOrderMark
            | JsonErrorKind::Syntax { .. } => Self::JsonInvalid,
            JsonErrorKind::TooDeep => Self::JsonTooDeep,
            JsonErrorKind::Duplicate => Self::JsonDuplicateKey,
            JsonErrorKind::Missing | JsonErrorKind::Unknown | JsonErrorKind::Mismatch { .. } => {
                Self::FieldInvalid
            }
        }
    }
}

impl From<&JsonError> for Problem {
    fn from(error: &JsonError) -> Self {
        let problem = ProblemCode::from(error).problem();
        let detail = format!("{}（{error}）", problem.detail);
        Self { field: error.field.clone(), ..problem }.with_detail(detail)
    }
}

macro_rules! problem_codes {
    ($($name:ident $status:literal $code:literal,
        $title:literal, $meaning:literal, $remedy:literal;)+) => {
        /// Everything the API may say no with. The text of a code never changes its meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ProblemCode {
            $(#[doc = concat!("`", $code, "` (", stringify!($status), "): ", $title, ".")] $name,)+
        }

        impl ProblemCode {
            /// Every code, in the order of the documentation.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The stable code.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }

            /// The HTTP status.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)+ }
            }

            /// The kind of problem, in English.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)+ }
            }

            /// What it means, in Chinese.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning,)+ }
            }

            /// What to do about it, in Chinese.
            #[must_use]
            pub const fn remedy(self) -> &'static str {
                match self { $(Self::$name => $remedy,)+ }
            }
        }
    };
}

impl ProblemCode {
    /// The problem document of this code, with the standing explanation.
    #[must_use]
    pub fn problem(self) -> Problem {
        Problem {
            type_: self.type_url(),
            title: self.title().to_owned(),
            status: self.status(),
            detail: format!("{}{}", self.meaning(), self.remedy()),
            code: self.as_str().to_owned(),
            ..Problem::default()
        }
    }

    /// The URL that names this kind of problem.
    #[must_use]
    pub fn type_url(self) -> String {
        format!("{TYPE_BASE}{}", self.as_str())
    }

    /// The code with this text; nothing for a code of another program or a later version.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|known| known.as_str() == code)
    }
}

problem_codes! {
    TokenMissing 401 "token_missing",
        "The request carries no token",
        "请求没有携带令牌。",
        "请在 Authorization 请求头中按“Bearer 令牌”携带为本次请求签发的令牌。";
    TokenMalformed 401 "token_malformed",
        "The token is not a compact JWS",
        "令牌格式不正确。",
        "请使用紧凑格式 JWS：三段无填充的 base64url，以点分隔，长度不超过 64 KiB。";
    TokenHeaderRefused 401 "token_header_refused",
        "The token's header has other members than typ, alg and kid",
        "令牌头部不被接受。",
        "头部只能有 typ、alg、kid 三项，不得携带 jku、x5u、jwk、crit 等其他内容。";
    TokenTypeWrong 401 "token_type_wrong",
        "The token is a signed document of another kind",
        "令牌类型不正确。",
        "请求令牌的 typ 必须为 gc+jwt，回执、同意书等不能代替请求令牌。";
    TokenKeyUnknown 401 "token_key_unknown",
        "The token's key is unknown, expired or meant for another purpose",
        "签名密钥未登记、已失效或用途不符。",
        "请使用已登记且用途为 request 的密钥；轮换密钥时先公布、后使用。";
    TokenAlgMismatch 401 "token_alg_mismatch",
        "The token's algorithm is not its key's",
        "令牌声明的签名算法与密钥不一致。",
        "请使用该密钥的算法（EdDSA 或 ES256）签名。";
    TokenSignatureInvalid 401 "token_signature_invalid",
        "The token's signature does not match",
        "令牌签名验证不通过。",
        "请检查签名所用的私钥，并确认令牌在传输中未被改动。";
    TokenClaimsInvalid 401 "token_claims_invalid",
        "A claim of the token is missing or malformed",
        "令牌内容缺项或类型不正确。",
        "请按接口文档提供 iss、aud、iat、exp、jti、htm、htu、bsh，aud 只能是一个字符串。";
    TokenIssuerWrong 401 "token_issuer_wrong",
        "The token's issuer does not own its key",
        "令牌签发方与密钥的所有者不一致。",
        "请使用签发方自己登记的密钥。";
    TokenAudienceWrong 401 "token_audience_wrong",
        "The token is meant for another server",
        "令牌不是签发给本系统的。",
        "请把 aud 设为本系统公布的地址，逐字一致。";
    TokenLifetimeTooLong 401 "token_lifetime_too_long",
        "The token lives longer than 300 seconds",
        "令牌有效期过长。",
        "exp 与 iat 相差不得超过 300 秒。";
    TokenNotYetValid 401 "token_not_yet_valid",
        "The token is not valid yet",
        "令牌尚未生效。",
        "请校准双方时钟，误差不得超过 60 秒。";
    TokenExpired 401 "token_expired",
        "The token has expired",
        "令牌已过期。",
        "请为每次请求重新签发令牌，并校准时钟。";
    TokenJtiInvalid 401 "token_jti_invalid",
        "The token's jti has a wrong form",
        "令牌编号 jti 不符合要求。",
        "jti 须为 8 至 128 个可见 ASCII 字符，每个令牌各不相同。";
    TokenMethodMismatch 401 "token_method_mismatch",
        "The token was made for another method",
        "令牌与请求方法不一致。",
        "请按实际请求方法签发令牌（htm）。";
    TokenUrlMismatch 401 "token_url_mismatch",
        "The token was made for another URL",
        "令牌与请求地址不一致。",
        "请按实际发送的完整地址（含查询串，逐字一致）签发令牌（htu）。";
    TokenBodyMismatch 401 "token_body_mismatch",
        "The token was made for another body",
        "令牌与请求正文不一致。",
        "请对实际发送的正文原始字节计算 SHA-256（bsh），空正文也要计算。";
    TokenReplayed 401 "token_replayed",
        "The token was used before",
        "令牌已被使用过。",
        "每个令牌只能使用一次，重试时请重新签发。";
    Unauthorized 401 "unauthorized",
        "The caller is not known",
        "未提供有效的访问凭证。",
        "请登录，或携带有效的接口凭证。";
    Forbidden 403 "forbidden",
        "The caller may not do this",
        "没有执行此操作的权限。",
        "请由具有相应角色或权限范围的人员操作，或联系系统管理员。";
    ConsentMissing 403 "consent_missing",
        "The complaint comes without the consumer's consent",
        "缺少消费者同意分流的记录，未保存任何个人信息。",
        "请取得消费者同意后重新分流。";
    ConsentMalformed 403 "consent_malformed",
        "The consent is not a signed document of the agreed form",
        "同意记录格式不正确，未保存任何个人信息。",
        "请按接口文档签发同意记录（typ 为 gc-consent+jwt）。";
    ConsentSignatureInvalid 403 "consent_signature_invalid",
        "The consent's signature does not verify",
        "同意记录的签名验证不通过，未保存任何个人信息。",
        "请使用已登记且用途为 consent 的密钥签名。";
    ConsentIssuerWrong 403 "consent_issuer_wrong",
        "The consent was issued by someone else",
        "同意记录不是由分流的中心签发的，未保存任何个人信息。",
        "请由分流本投诉的中心签发同意记录。";
    ConsentForAnotherMerchant 403 "consent_for_another_merchant",
        "The consent names another merchant",
        "同意记录针对的是其他经营者，未保存任何个人信息。",
        "请核对统一社会信用代码后重新取得同意。";
    ConsentForAnotherComplaint 403 "consent_for_another_complaint",
        "The consent names another complaint",
        "同意记录针对的是其他投诉，未保存任何个人信息。",
        "请核对投诉编号，随投诉附上对应的同意记录。";
    ConsentPurposeMissing 403 "consent_purpose_missing",
        "The consent does not cover negotiation",
        "同意的用途不包含协商和解，未保存任何个人信息。",
        "请取得包含 negotiate 用途的同意。";
    ConsentRecipientMissing 403 "consent_recipient_missing",
        "The consent does not name us as a recipient",
        "同意的接收方不包含本经营者，未保存任何个人信息。",
        "请取得写明向本经营者提供信息的同意。";
    ConsentNotYetGiven 403 "consent_not_yet_given",
        "The consent is dated in the future",
        "同意的时间晚于当前时间，未保存任何个人信息。",
        "请校准时钟，误差不得超过 60 秒。";
    ConsentExpired 403 "consent_expired",
        "The consent has expired",
        "同意已过有效期，未保存任何个人信息。",
        "请重新取得消费者同意。";
    JsonInvalid 400 "json_invalid",
        "The body is not one JSON document in UTF-8",
        "正文不是有效的 JSON。",
        "请以不带 BOM 的 UTF-8 发送一个完整的 JSON 文档。";
    JsonDuplicateKey 400 "json_duplicate_key",
        "An object names a member twice",
        "JSON 对象中有重复的字段名。",
        "请保证同一对象中每个字段只出现一次。";
    JsonTooDeep 400 "json_too_deep",
        "The JSON is nested too deeply",
        "JSON 嵌套过深。",
        "嵌套不得超过 32 层。";
    QueryInvalid 400 "query_invalid",
        "A query parameter is malformed",
        "查询参数不正确。",
        "请按接口文档检查参数名称和取值。";
    FieldInvalid 422 "field_invalid",
        "A member of the body is missing or does not fit",
        "字段缺失或取值不符合要求。",
        "请按 field 指出的位置修改后重新提交。";
    BodyTooLarge 413 "body_too_large",
        "The body is too large",
        "正文过大。",
        "请缩小后重新提交，正文不得超过 256 KiB。";
    UnsupportedMediaType 415 "unsupported_media_type",
        "The body has another media type",
        "正文的媒体类型不受支持。",
        "请以 Content-Type: application/json 发送。";
    ComplaintUnknown 404 "complaint_unknown",
        "There is no such complaint",
        "没有找到该投诉。",
        "请核对投诉编号，并确认该投诉已分流到本经营者。";
    ComplaintConflict 409 "complaint_conflict",
        "Another complaint was received under this number",
        "该投诉编号已收到过内容不同的投诉。",
        "补充内容请使用通知接口；新的投诉请使用新的编号。";
    ComplaintErased 410 "complaint_erased",
        "The complaint's personal data were erased",
        "该投诉的个人信息已依法删除。",
        "如需继续处理，请取得新的同意后以新的编号分流。";
    NoticeConflict 409 "notice_conflict",
        "Another notice was received under this id",
        "该通知编号已收到过内容不同的通知。",
        "请为新的通知使用新的编号。";
    NoticeNotApplicable 409 "notice_not_applicable",
        "The case cannot take this notice now",
        "案件当前状态不能接受此通知。",
        "请先查询案件状态，再发送适用的通知。";
    VersionConflict 409 "version_conflict",
        "The case has changed since it was read",
        "案件已被他人更新。",
        "请重新读取案件，核对后再提交。";
    CommandRefused 409 "command_refused",
        "The case does not allow this action now",
        "案件当前不能执行此操作。",
        "请读取案件，按其中允许的操作办理。";
    TenantTaken 409 "tenant_taken",
        "Another tenant has this USCC and stall number",
        "该统一社会信用代码与摊位号已登记为另一商户。",
        "请修改已登记的商户；同一主体另有摊位的，请填写摊位号。";
    NotFound 404 "not_found",
        "There is nothing here",
        "请求的内容不存在。",
        "请核对地址。";
    MethodNotAllowed 405 "method_not_allowed",
        "This address does not take this method",
        "该地址不支持此请求方法。",
        "请按接口文档使用正确的请求方法。";
    Overloaded 429 "overloaded",
        "Too many requests",
        "请求过于频繁。",
        "请按 Retry-After 提示的时间稍后重试。";
    Internal 500 "internal",
        "Something failed here",
        "系统内部错误。",
        "请稍后重试；如仍失败，请把响应头 x-request-id 告知管理员。";
    Unavailable 503 "unavailable",
        "The service cannot answer now",
        "服务暂时不可用。",
        "请按 Retry-After 提示的时间稍后重试。";
    StorageFull 507 "storage_full",
        "The storage is full",
        "存储空间不足，本次内容未保存。",
        "请联系系统管理员清理或扩充存储空间后重试。";
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::strict_json;
    use super::*;

    #[test]
    fn every_code_is_unique_stable_and_explained_in_both_languages() {
        let codes: HashSet<&str> = ProblemCode::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(codes.len(), ProblemCode::ALL.len());
        let chinese = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
        for code in ProblemCode::ALL {
            assert!((400..600).contains(&code.status()), "{code:?}");
            assert!(code.as_str().bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{code:?}");
            assert!(code.title().is_ascii() && !code.title().ends_with('.'), "{code:?}");
            for text in [code.meaning(), code.remedy()] {
                assert!(chinese(text) && text.ends_with('。'), "{code:?}");
            }
            assert_eq!(ProblemCode::from_code(code.as_str()), Some(*code));
        }
        assert_eq!(ProblemCode::from_code("payslip"), None);
    }

    #[test]
    fn a_problem_reads_back_and_leaves_out_what_it_does_not_say() {
        let problem = ProblemCode::CommandRefused
            .problem()
            .with_detail("案件已办结。")
            .with_allowed(["reopen"])
            .with_request_id("req-1");
        let text = serde_json::to_string(&problem).unwrap();
        assert_eq!(
            text,
            "{\"type\":\"https://green-channel.example/problems/command_refused\",\
             \"title\":\"The case does not allow this action now\",\"status\":409,\
             \"detail\":\"案件已办结。\",\"code\":\"command_refused\",\"request_id\":\"req-1\",\
             \"allowed\":[\"reopen\"]}"
        );
        assert_eq!(serde_json::from_str::<Problem>(&text).unwrap(), problem);
        let foreign: Problem = serde_json::from_str(r#"{"title":"x","more":1}"#).unwrap();
        assert_eq!((foreign.title.as_str(), foreign.status), ("x", 0));
    }

    #[test]
    fn a_json_fault_becomes_its_problem() {
        let problem = |json: &str| {
            Problem::from(&strict_json::parse::<Vec<u8>>(json.as_bytes()).unwrap_err())
        };
        assert_eq!(problem("[").code, "json_invalid");
        assert_eq!(problem(&"[".repeat(40)).code, "json_too_deep");
        assert_eq!(problem(r#"{"a":1,"a":2}"#).code, "json_duplicate_key");
        let wrong = problem("[\"张三\"]");
        assert_eq!((wrong.status, wrong.field.as_deref()), (422, Some("[0]")));
        assert!(wrong.detail.ends_with("（[0]: expected u8）"), "{}", wrong.detail);
    }
}
