use std::sync::Arc;
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use problem::{FieldError, Problem};
use service_auth::AuthError;
use service_kit::{BatcherError, Failure};

/// Callers may try again after this many seconds.
const RETRY_SECONDS: u32 = 1;

/// Why a request was not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    #[error("who is calling is not proven")]
    Unauthorized(#[source] AuthError),
    #[error("callers cannot be verified now")]
    Keys(#[source] AuthError),
    #[error("this caller may not do this")]
    Forbidden,
    #[error("{0}")]
    BadRequest(&'static str),
    #[error("some parameters are wrong")]
    BadQuery(Vec<FieldError>),
    #[error("some fields are wrong")]
    Invalid(Vec<FieldError>),
    #[error("there is no such member")]
    NotFound,
    #[error("this LINE account is registered already")]
    AlreadyRegistered,
    #[error("this person left after they signed in")]
    SignedInBeforeLeaving,
    #[error("this member is leaving")]
    Leaving,
    #[error("this person registered after that")]
    RegisteredSince,
    #[error("the member is not as the caller knows them")]
    Changed,
    #[error("there is room for no more {0}")]
    NoRoom(&'static str),
    #[error("too many requests")]
    TooMany(Duration),
    #[error("the feed does not reach back so far")]
    ChangesForgotten,
    #[error("another import is running")]
    Importing,
    #[error("the body is no CSV")]
    NotCsv,
    #[error("the body is too large")]
    TooLarge,
    #[error("the member store failed")]
    Store(#[from] sqlx::Error),
    #[error("the member store does not answer")]
    StoreSilent,
    #[error("the key stood for another request")]
    KeyReused,
    #[error("a request under this key is in progress")]
    KeyInUse,
    #[error("registrations are not taken now")]
    NotTaken(#[from] BatcherError),
    /// What went wrong for all that were done together.
    #[error(transparent)]
    Shared(Arc<ApiError>),
}

impl From<AuthError> for ApiError {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Missing | AuthError::Refused(_) => Self::Unauthorized(error),
            AuthError::Keys(_) => Self::Keys(error),
        }
    }
}

impl From<&ApiError> for Problem {
    fn from(error: &ApiError) -> Self {
        match error {
            ApiError::Unauthorized(AuthError::Missing) => Self::unauthorized("Bearer"),
            ApiError::Unauthorized(_) => Self::unauthorized("Bearer error=\"invalid_token\""),
            ApiError::Forbidden => Self::forbidden(),
            ApiError::BadRequest(detail) => Self::bad_request(*detail),
            ApiError::BadQuery(parameters) => Self::bad_request(in_words(parameters)),
            ApiError::Invalid(fields) => Self::unprocessable(fields.clone()),
            ApiError::NotFound => Self::new(StatusCode::NOT_FOUND, "no-such-member"),
            ApiError::AlreadyRegistered => Self::conflict("already-registered"),
            ApiError::SignedInBeforeLeaving => Self::conflict("signed-in-before-leaving"),
            ApiError::Leaving => Self::conflict("leaving"),
            ApiError::RegisteredSince => Self::conflict("registered-since"),
            ApiError::Changed => Self::new(StatusCode::PRECONDITION_FAILED, "changed"),
            ApiError::NoRoom(what) => {
                Self::conflict("no-room").detail(format!("a member has no room for more {what}"))
            }
            ApiError::TooMany(wait) => {
                let seconds = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX);
                Self::new(StatusCode::TOO_MANY_REQUESTS, "too-many-requests").header(
                    header::RETRY_AFTER,
                    HeaderValue::from(seconds.saturating_add(1)),
                )
            }
            ApiError::ChangesForgotten => Self::new(StatusCode::GONE, "changes-forgotten"),
            ApiError::Importing => Self::conflict("import-in-progress"),
            ApiError::NotCsv => Self::status(StatusCode::UNSUPPORTED_MEDIA_TYPE),
            ApiError::TooLarge => Self::status(StatusCode::PAYLOAD_TOO_LARGE),
            ApiError::KeyReused => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency-key-reused")
            }
            ApiError::KeyInUse => Self::conflict("request-in-progress")
                .header(header::RETRY_AFTER, HeaderValue::from(RETRY_SECONDS)),
            ApiError::Keys(_)
            | ApiError::Store(_)
            | ApiError::StoreSilent
            | ApiError::NotTaken(_) => Self::unavailable(RETRY_SECONDS),
            ApiError::Shared(error) => Self::from(error.as_ref()),
        }
    }
}

fn in_words(parameters: &[FieldError]) -> String {
    let name = |parameter: &FieldError| parameter.pointer.trim_start_matches('/').to_owned();
    let words: Vec<_> = parameters
        .iter()
        .map(|parameter| format!("{}: {}", name(parameter), parameter.detail))
        .collect();
    words.join("; ")
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let problem = Problem::from(&self);
        let failed = problem.status >= StatusCode::INTERNAL_SERVER_ERROR.as_u16();
        let mut response = problem.into_response();
        if failed {
            response.extensions_mut().insert(Failure::new(&self));
        }
        response
    }
}
