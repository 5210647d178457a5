//! The token of one request: who calls, and that nothing of the request was changed. Knows nothing
//! of HTTP libraries and does not remember which tokens were used: the caller keeps `jti` until
//! [`VerifiedCaller::replay_until`].
//!
//! A token is refused at the first fault in this order (tested): structure (missing, malformed,
//! header, type), key (unknown, other algorithm), signature, then the claims: their shape, issuer,
//! audience, lifetime, not yet valid, expired, `jti`, method, URL, body.

use std::collections::BTreeMap;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use serde::{Deserialize, Serialize};

use super::body_digest;
use super::jws::{JwsError, Parts, REQUEST_TYP, TOKEN_BYTES_MAX, sign_jws};
use super::key::{KeyPurpose, KeySet, PublicKey, SigningKey, to_base64url};
use super::problem::{Problem, ProblemCode};
use super::strict_json::{self, JsonError, JsonErrorKind};
use crate::time::Timestamp;

/// The longest a token may live.
pub const LIFETIME_SECONDS_MAX: i64 = 300;
/// How far two clocks may be apart, either way.
pub const SKEW_MILLIS: i64 = 60_000;

const JTI_CHARS_MIN: usize = 8;
const JTI_CHARS_MAX: usize = 128;

/// What a token is bound to, exactly as sent.
#[derive(Clone, Copy)]
pub struct RequestParts<'a> {
    /// The method, in capitals.
    pub method: &'a str,
    /// The whole URL with its query.
    pub url: &'a str,
    /// The raw body, empty when there is none.
    pub body: &'a [u8],
}

/// Signs the token of one request. Send it as `Authorization: Bearer <token>`, once.
///
/// ```
/// use green_channel::protocol::{
///     KeyPurpose, KeySet, RequestParts, SigningKey, TrustedCallers, sign_request, verify_request,
/// };
///
/// let key = SigningKey::from_seed([7; 32], KeyPurpose::Request);
/// let mut keys = KeySet::new();
/// keys.insert(key.public());
/// let callers = TrustedCallers::new([("https://12315.example".to_owned(), keys)]);
///
/// let url = "https://mall.example/green-channel/v1/complaints/1";
/// let parts = RequestParts { method: "GET", url, body: b"" };
/// let (iss, aud) = ("https://12315.example", "https://mall.example");
/// let now: green_channel::time::Timestamp = "2026-11-24T10:00:00+08:00".parse()?;
/// let token = sign_request(&key, iss, aud, &parts, now, [1; 16], 120);
/// let header = format!("Bearer {token}");
/// let caller = verify_request(Some(&header), &parts, aud, &callers, now)?;
/// assert_eq!(caller.issuer, iss);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn sign_request(
    key: &SigningKey,
    iss: &str,
    aud: &str,
    parts: &RequestParts<'_>,
    now: Timestamp,
    jti: [u8; 16],
    lifetime_seconds: i64,
) -> String {
    debug_assert_eq!(key.purpose(), KeyPurpose::Request, "a key serves one purpose");
    let iat = now.as_seconds();
    let claims = Claims {
        iss: iss.to_owned(),
        aud: aud.to_owned(),
        iat,
        exp: iat + lifetime_seconds.clamp(1, LIFETIME_SECONDS_MAX),
        nbf: None,
        jti: to_base64url(&jti),
        htm: parts.method.to_owned(),
        htu: parts.url.to_owned(),
        bsh: body_digest(parts.body),
    };
    sign_jws(REQUEST_TYP, key, &claims)
}

/// Verifies the token of one request: `authorization` is the header's value, `aud` our own name.
///
/// It does not know whether the token was used before. Remember `jti` per issuer, durably, and
/// refuse it ([`ProblemCode::TokenReplayed`]) until `replay_until`.
///
/// # Errors
/// The first fault, in the order of the module's head.
pub fn verify_request(
    authorization: Option<&str>,
    parts: &RequestParts<'_>,
    aud: &str,
    callers: &TrustedCallers,
    now: Timestamp,
) -> Result<VerifiedCaller, TokenError> {
    verify_head(authorization, parts.method, parts.url, aud, callers, now)?.over(parts.body)
}

/// Verifies everything of a token but the body, before a byte of it is read: a stranger's body is
/// not worth any memory. Go on with [`VerifiedHead::over`].
///
/// # Errors
/// As [`verify_request`], but for [`TokenError::BodyMismatch`].
pub fn verify_head(
    authorization: Option<&str>,
    method: &str,
    url: &str,
    aud: &str,
    callers: &TrustedCallers,
    now: Timestamp,
) -> Result<VerifiedHead, TokenError> {
    let token = Parts::split(bearer(authorization)?, REQUEST_TYP, TOKEN_BYTES_MAX)?;
    let kid = token.kid().to_owned();
    let (issuer, key) = callers.find(&kid, now).ok_or(TokenError::KeyUnknown)?;
    let payload = token.verify(key)?;
    let claims: Claims = strict_json::parse_object(&payload).map_err(TokenError::ClaimsInvalid)?;
    let replay_until = claims.end()?;
    if claims.iss != issuer {
        return Err(TokenError::IssuerWrong);
    }
    if claims.aud != aud {
        return Err(TokenError::AudienceWrong);
    }
    claims.check_times(replay_until, now)?;
    claims.check_request(method, url)?;
    let caller = VerifiedCaller { issuer: claims.iss, kid, jti: claims.jti, replay_until };
    Ok(VerifiedHead { caller, bsh: claims.bsh })
}

/// A token that was verified but for the body it is bound to.
#[derive(Clone, Debug)]
pub struct VerifiedHead {
    caller: VerifiedCaller,
    bsh: String,
}

impl VerifiedHead {
    /// Who made the request, if the token was made for exactly this body.
    ///
    /// # Errors
    /// [`TokenError::BodyMismatch`].
    pub fn over(self, body: &[u8]) -> Result<VerifiedCaller, TokenError> {
        let digest = body_digest(body);
        verify_slices_are_equal(self.bsh.as_bytes(), digest.as_bytes())
            .map_err(|_| TokenError::BodyMismatch)?;
        Ok(self.caller)
    }
}

/// Who made a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedCaller {
    /// The party whose key signed.
    pub issuer: String,
    /// The key that signed.
    pub kid: String,
    /// The token's number, good once.
    pub jti: String,
    /// From when on the token is refused as expired and its number may be forgotten.
    pub replay_until: Timestamp,
}

/// Whose requests are believed, and by which keys.
#[derive(Clone, Debug, Default)]
pub struct TrustedCallers {
    callers: BTreeMap<String, KeySet>,
}

impl TrustedCallers {
    /// Trusts these issuers, each by its keys.
    #[must_use]
    pub fn new(callers: impl IntoIterator<Item = (String, KeySet)>) -> Self {
        Self { callers: callers.into_iter().collect() }
    }

    /// Trusts an issuer by these keys, in place of the keys it had.
    pub fn insert(&mut self, issuer: &str, keys: KeySet) {
        self.callers.insert(issuer.to_owned(), keys);
    }

    /// The keys of one issuer, for what else it signs.
    #[must_use]
    pub fn keys_of(&self, issuer: &str) -> Option<&KeySet> {
        self.callers.get(issuer)
    }

    /// Whether nobody is trusted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.callers.is_empty()
    }

    /// The key of this name and whose it is. A key that two issuers claim is nobody's: each could
    /// speak as the other.
    fn find(&self, kid: &str, now: Timestamp) -> Option<(&str, &PublicKey)> {
        let mut owners = self.callers.iter().filter_map(|(issuer, keys)| {
            Some((issuer.as_str(), keys.find(kid, KeyPurpose::Request, now)?))
        });
        let owner = owners.next()?;
        owners.next().is_none().then_some(owner)
    }
}

/// Why a token was not believed. The order is the order of precedence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// No `Authorization: Bearer …`.
    #[error("no bearer token in the authorization header; sign one for this request")]
    Missing,
    /// No JWS in compact form, or too long.
    #[error("the token is not a JWS in compact form of at most {TOKEN_BYTES_MAX} characters")]
    Malformed,
    /// Other header members than typ, alg and kid.
    #[error("the token's header must have exactly the members typ, alg and kid")]
    HeaderRefused,
    /// A signed document of another kind.
    #[error("the token's typ is not {REQUEST_TYP}")]
    TypeWrong,
    /// No trusted caller has this key, now and for requests.
    #[error("the token's key is unknown, expired or meant for another purpose; publish it first")]
    KeyUnknown,
    /// The header names another algorithm than the key has.
    #[error("the token's alg is not the one of its key")]
    AlgMismatch,
    /// The signature is not the key's.
    #[error("the token's signature does not match")]
    SignatureInvalid,
    /// A claim is missing, twice there, or of the wrong kind.
    #[error("claims: {0}")]
    ClaimsInvalid(#[source] JsonError),
    /// The key belongs to another issuer.
    #[error("the token's issuer does not own the key that signed it")]
    IssuerWrong,
    /// Meant for someone else.
    #[error("the token's audience is not exactly this server")]
    AudienceWrong,
    /// Lives longer than allowed.
    #[error("the token lives longer than {LIFETIME_SECONDS_MAX} seconds")]
    LifetimeTooLong,
    /// Issued in the future.
    #[error("the token is not valid yet; set both clocks")]
    NotYetValid,
    /// Over.
    #[error("the token has expired; sign a new one for each request")]
    Expired,
    /// The number is too short, too long, or not visible ASCII.
    #[error(
        "the token's jti must have {JTI_CHARS_MIN} to {JTI_CHARS_MAX} visible ASCII characters"
    )]
    JtiInvalid,
    /// Made for another method.
    #[error("the token was made for another method")]
    MethodMismatch,
    /// Made for another URL.
    #[error("the token was made for another url; sign it with its query exactly as sent")]
    UrlMismatch,
    /// Made for another body.
    #[error("the token was made for another body; hash the bytes that are sent")]
    BodyMismatch,
}

impl TokenError {
    /// The row of the API's table of problems.
    #[must_use]
    pub const fn problem_code(&self) -> ProblemCode {
        match self {
            Self::Missing => ProblemCode::TokenMissing,
            Self::Malformed => ProblemCode::TokenMalformed,
            Self::HeaderRefused => ProblemCode::TokenHeaderRefused,
            Self::TypeWrong => ProblemCode::TokenTypeWrong,
            Self::KeyUnknown => ProblemCode::TokenKeyUnknown,
            Self::AlgMismatch => ProblemCode::TokenAlgMismatch,
            Self::SignatureInvalid => ProblemCode::TokenSignatureInvalid,
            Self::ClaimsInvalid(_) => ProblemCode::TokenClaimsInvalid,
            Self::IssuerWrong => ProblemCode::TokenIssuerWrong,
            Self::AudienceWrong => ProblemCode::TokenAudienceWrong,
            Self::LifetimeTooLong => ProblemCode::TokenLifetimeTooLong,
            Self::NotYetValid => ProblemCode::TokenNotYetValid,
            Self::Expired => ProblemCode::TokenExpired,
            Self::JtiInvalid => ProblemCode::TokenJtiInvalid,
            Self::MethodMismatch => ProblemCode::TokenMethodMismatch,
            Self::UrlMismatch => ProblemCode::TokenUrlMismatch,
            Self::BodyMismatch => ProblemCode::TokenBodyMismatch,
        }
    }

    /// The stable code, one per cause.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.problem_code().as_str()
    }
}

impl From<JwsError> for TokenError {
    fn from(error: JwsError) -> Self {
        match error {
            JwsError::TooLarge { .. } | JwsError::Malformed => Self::Malformed,
            JwsError::HeaderRefused => Self::HeaderRefused,
            JwsError::TypWrong { .. } => Self::TypeWrong,
            JwsError::KeyUnknown => Self::KeyUnknown,
            JwsError::AlgMismatch => Self::AlgMismatch,
            JwsError::SignatureInvalid => Self::SignatureInvalid,
            JwsError::Payload(error) => Self::ClaimsInvalid(error),
        }
    }
}

impl From<&TokenError> for Problem {
    fn from(error: &TokenError) -> Self {
        let mut problem = error.problem_code().problem();
        if let TokenError::ClaimsInvalid(json) = error {
            problem.field.clone_from(&json.field);
        }
        problem
    }
}

/// Claims beyond these are passed over, as the center may have reasons of its own.
#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    iat: i64,
    exp: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
    jti: String,
    htm: String,
    htu: String,
    bsh: String,
}

impl Claims {
    /// The first instant at which the token is expired for everybody.
    fn end(&self) -> Result<Timestamp, TokenError> {
        let end = Timestamp::from_millis(millis(self.exp).saturating_add(SKEW_MILLIS));
        match end {
            Ok(end) if self.exp > self.iat => Ok(end),
            Ok(_) | Err(_) => Err(TokenError::ClaimsInvalid(JsonError {
                field: Some("exp".to_owned()),
                kind: JsonErrorKind::Mismatch { expected: "an instant after iat".to_owned() },
            })),
        }
    }

    fn check_times(&self, end: Timestamp, now: Timestamp) -> Result<(), TokenError> {
        let latest = now.as_millis().saturating_add(SKEW_MILLIS);
        if self.exp.saturating_sub(self.iat) > LIFETIME_SECONDS_MAX {
            return Err(TokenError::LifetimeTooLong);
        }
        if millis(self.iat.max(self.nbf.unwrap_or(self.iat))) > latest {
            return Err(TokenError::NotYetValid);
        }
        if now >= end {
            return Err(TokenError::Expired);
        }
        Ok(())
    }

    fn check_request(&self, method: &str, url: &str) -> Result<(), TokenError> {
        let length_fits = (JTI_CHARS_MIN..=JTI_CHARS_MAX).contains(&self.jti.len());
        if !length_fits || !self.jti.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(TokenError::JtiInvalid);
        }
        if self.htm != method {
            return Err(TokenError::MethodMismatch);
        }
        if self.htu != url {
            return Err(TokenError::UrlMismatch);
        }
        Ok(())
    }
}

fn millis(seconds: i64) -> i64 {
    seconds.saturating_mul(1000)
}

fn bearer(authorization: Option<&str>) -> Result<&str, TokenError> {
    let (scheme, token) =
        authorization.and_then(|value| value.split_once(' ')).ok_or(TokenError::Missing)?;
    if scheme.eq_ignore_ascii_case("Bearer") && !token.is_empty() {
        Ok(token)
    } else {
        Err(TokenError::Missing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CENTER: &str = "https://12315.example";
    const MALL: &str = "https://mall.example";
    const PARTS: RequestParts<'static> = RequestParts {
        method: "POST",
        url: "https://mall.example/green-channel/v1/complaints?x=1&y=2",
        body: b"{}",
    };

    fn now() -> Timestamp {
        "2026-11-24T10:00:00.400+08:00".parse().unwrap()
    }

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed([seed; 32], KeyPurpose::Request)
    }

    fn keys(seeds: &[u8]) -> KeySet {
        let mut keys = KeySet::new();
        for seed in seeds {
            assert!(keys.insert(key(*seed).public()));
        }
        keys
    }

    fn callers() -> TrustedCallers {
        TrustedCallers::new([
            (CENTER.to_owned(), keys(&[1])),
            ("https://other.example".to_owned(), keys(&[2])),
        ])
    }

    fn verify(
        token: &str,
        parts: &RequestParts<'_>,
        now: Timestamp,
    ) -> Result<String, &'static str> {
        verify_request(Some(&format!("Bearer {token}")), parts, MALL, &callers(), now)
            .map(|caller| caller.issuer)
            .map_err(|error| error.code())
    }

    fn good() -> String {
        sign_request(&key(1), CENTER, MALL, &PARTS, now(), [9; 16], 120)
    }

    #[test]
    fn a_good_token_names_its_caller_and_until_when_to_remember_it() {
        let header = format!("bearer {}", good());
        let caller = verify_request(Some(&header), &PARTS, MALL, &callers(), now()).unwrap();
        assert_eq!((caller.issuer.as_str(), caller.jti.len()), (CENTER, 22));
        assert_eq!(caller.kid, key(1).kid());
        // iat is the whole second before now; 120 s of life and 60 s of skew follow.
        assert_eq!(caller.replay_until, now().plus_millis(180_000 - 400));
        let before = caller.replay_until.plus_millis(-1);
        assert!(verify(&good(), &PARTS, before).is_ok());
        assert_eq!(verify(&good(), &PARTS, caller.replay_until), Err("token_expired"));
    }

    #[test]
    fn every_part_of_the_request_is_covered() {
        let token = good();
        let cases = [
            (RequestParts { method: "PUT", ..PARTS }, "token_method_mismatch"),
            (RequestParts { method: "post", ..PARTS }, "token_method_mismatch"),
            (
                RequestParts {
                    url: "http://mall.example/green-channel/v1/complaints?x=1&y=2",
                    ..PARTS
                },
                "token_url_mismatch",
            ),
            (
                RequestParts {
                    url: "https://mall.example/green-channel/v1/complaints?y=2&x=1",
                    ..PARTS
                },
                "token_url_mismatch",
            ),
            (
                RequestParts { url: "https://mall.example/green-channel/v1/complaints", ..PARTS },
                "token_url_mismatch",
            ),
            (RequestParts { body: b"{ }", ..PARTS }, "token_body_mismatch"),
            (RequestParts { body: b"", ..PARTS }, "token_body_mismatch"),
        ];
        for (parts, code) in cases {
            assert_eq!(verify(&token, &parts, now()), Err(code), "{} {}", parts.method, parts.url);
        }
    }

    #[test]
    fn a_key_never_speaks_for_another_issuer() {
        let token = sign_request(&key(2), CENTER, MALL, &PARTS, now(), [9; 16], 120);
        assert_eq!(verify(&token, &PARTS, now()), Err("token_issuer_wrong"));
        let mut shared = callers();
        shared.insert("https://third.example", keys(&[1]));
        let header = format!("Bearer {}", good());
        let refused = verify_request(Some(&header), &PARTS, MALL, &shared, now());
        assert_eq!(refused, Err(TokenError::KeyUnknown));
    }

    #[test]
    fn a_rotation_refuses_no_valid_request_and_a_removed_key_at_once() {
        let header = format!("Bearer {}", good());
        let mut callers = callers();
        callers.insert(CENTER, keys(&[1, 3]));
        assert!(verify_request(Some(&header), &PARTS, MALL, &callers, now()).is_ok());
        callers.insert(CENTER, keys(&[3]));
        let refused = verify_request(Some(&header), &PARTS, MALL, &callers, now());
        assert_eq!(refused, Err(TokenError::KeyUnknown));
    }

    #[test]
    fn what_is_no_bearer_token_is_missing() {
        let cases =
            [None, Some(""), Some("Bearer"), Some("Bearer "), Some("Basic eDp5"), Some(" x")];
        for header in cases {
            let refused = verify_request(header, &PARTS, MALL, &callers(), now());
            assert_eq!(refused, Err(TokenError::Missing), "{header:?}");
        }
    }

    #[test]
    fn a_lifetime_asked_too_long_is_cut_to_the_longest_allowed() {
        let token = sign_request(&key(1), CENTER, MALL, &PARTS, now(), [9; 16], 86_400);
        assert!(verify(&token, &PARTS, now()).is_ok());
        assert_eq!(verify(&token, &PARTS, now().plus_millis(360_000)), Err("token_expired"));
    }
}
