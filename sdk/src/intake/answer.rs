//! Answers: problems as RFC 9457 documents, and the one table from our errors to them.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::case::{Refusal, RefusalCode};
use crate::channel::{ActError, IntakeError, NoticeError};
use crate::protocol::{FieldError, PROBLEM_MEDIA_TYPE, Problem, ProblemCode};
use crate::store::StoreError;

/// A problem on its way out.
#[derive(Clone, Debug)]
pub struct ApiProblem(pub Box<Problem>);

/// What a handler gives.
pub type ApiResult<T> = Result<T, ApiProblem>;

impl ApiProblem {
    /// The problem of this code with its standing explanation.
    #[must_use]
    pub fn new(code: ProblemCode) -> Self {
        Self(Box::new(code.problem()))
    }

    /// The same with a field.
    #[must_use]
    pub fn at(code: ProblemCode, field: &str) -> Self {
        Self(Box::new(code.problem().with_field(field)))
    }
}

impl IntoResponse for ApiProblem {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self.0).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_MEDIA_TYPE));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

impl From<FieldError> for ApiProblem {
    fn from(error: FieldError) -> Self {
        match error {
            FieldError::Json(error) => Self(Box::new(Problem::from(&error))),
            FieldError::Field { field, problem } => {
                let document = ProblemCode::FieldInvalid.problem().with_field(field);
                Self(Box::new(document.with_detail(format!("字段 {field} 不符合要求：{problem}"))))
            }
        }
    }
}

impl From<StoreError> for ApiProblem {
    fn from(error: StoreError) -> Self {
        let code = match &error {
            StoreError::TokenReplayed => ProblemCode::TokenReplayed,
            StoreError::Full => ProblemCode::StorageFull,
            StoreError::Overloaded => ProblemCode::Overloaded,
            StoreError::Closed | StoreError::Conflict { .. } | StoreError::Unreachable => {
                ProblemCode::Unavailable
            }
            StoreError::Engine(_) | StoreError::Corrupt { .. } => ProblemCode::Internal,
        };
        if matches!(error, StoreError::Unreachable) || code == ProblemCode::Internal {
            // The cause is for the operator, not for the caller.
            tracing::error!(%error, "the store failed");
        }
        Self::new(code)
    }
}

impl From<Refusal> for ApiProblem {
    fn from(refusal: Refusal) -> Self {
        let code = match &refusal.code {
            RefusalCode::FieldInvalid { .. } | RefusalCode::NoDeadline(_) => {
                ProblemCode::FieldInvalid
            }
            RefusalCode::RoleNotPermitted | RefusalCode::NotFirstResponder => {
                ProblemCode::Forbidden
            }
            RefusalCode::WrongState
            | RefusalCode::SamePerson
            | RefusalCode::OfferUnknown
            | RefusalCode::OfferExpired
            | RefusalCode::OfferStillOpen
            | RefusalCode::Circumstance(_) => ProblemCode::CommandRefused,
        };
        let detail = format!("{}（{}）", refusal.message_zh(), refusal.code());
        let mut document = code.problem().with_detail(detail).with_reason(refusal.code());
        if let Some(field) = refusal.field() {
            document = document.with_field(field);
        }
        Self(Box::new(document))
    }
}

impl From<ActError> for ApiProblem {
    fn from(error: ActError) -> Self {
        match error {
            ActError::Unknown => Self::new(ProblemCode::NotFound),
            ActError::Erased => Self::new(ProblemCode::ComplaintErased),
            ActError::Refused(refusal) => refusal.into(),
            ActError::Withheld(withheld) => {
                let detail = format!("{}（{}）", withheld.message_zh(), withheld.code());
                Self(Box::new(ProblemCode::Forbidden.problem().with_detail(detail)))
            }
            ActError::Stale { current } => {
                let detail = format!("案件已更新到第 {current} 版，请重新读取后再提交。");
                Self(Box::new(ProblemCode::VersionConflict.problem().with_detail(detail)))
            }
            ActError::Rules(error) => {
                tracing::error!(%error, "a rule set is missing");
                Self::new(ProblemCode::Internal)
            }
            ActError::Store(error) => error.into(),
        }
    }
}

impl From<IntakeError> for ApiProblem {
    fn from(error: IntakeError) -> Self {
        match error {
            IntakeError::Field(error) => error.into(),
            IntakeError::Consent(error) => Self::new(error.problem_code()),
            IntakeError::Conflict => Self::new(ProblemCode::ComplaintConflict),
            IntakeError::Erased => Self::new(ProblemCode::ComplaintErased),
            IntakeError::Refused(refusal) => refusal.into(),
            IntakeError::Rules(error) => ActError::Rules(error).into(),
            IntakeError::Store(error) => error.into(),
        }
    }
}

impl From<NoticeError> for ApiProblem {
    fn from(error: NoticeError) -> Self {
        match error {
            NoticeError::Field(error) => error.into(),
            NoticeError::Conflict => Self::new(ProblemCode::NoticeConflict),
            NoticeError::Act(ActError::Unknown) => Self::new(ProblemCode::ComplaintUnknown),
            NoticeError::Act(ActError::Refused(refusal)) => match &refusal.code {
                RefusalCode::FieldInvalid { .. } | RefusalCode::NoDeadline(_) => refusal.into(),
                RefusalCode::WrongState
                | RefusalCode::RoleNotPermitted
                | RefusalCode::NotFirstResponder
                | RefusalCode::SamePerson
                | RefusalCode::OfferUnknown
                | RefusalCode::OfferExpired
                | RefusalCode::OfferStillOpen
                | RefusalCode::Circumstance(_) => {
                    let detail = format!("{}（{}）", refusal.message_zh(), refusal.code());
                    let document = ProblemCode::NoticeNotApplicable.problem();
                    let document = document.with_detail(detail).with_reason(refusal.code());
                    Self(Box::new(document))
                }
            },
            NoticeError::Act(error) => error.into(),
        }
    }
}
