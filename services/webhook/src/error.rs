use axum::response::{IntoResponse, Response};
use http::StatusCode;
use problem::Problem;
use service_kit::Failure;

use crate::store::StoreError;

/// When LINE may come again after a 503, in seconds.
const RETRY_AFTER: u32 = 1;

/// Why a request of LINE's was not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallbackError {
    #[error("there is no such bot")]
    NoSuchBot,
    #[error("the body is encoded")]
    Encoded,
    #[error("the body is too long")]
    TooLong,
    #[error("the body did not arrive in time")]
    Slow,
    #[error("the body broke off")]
    BrokeOff,
    #[error("the signature does not match the body")]
    Unsigned,
    #[error("too many bodies are held already")]
    Crowded,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<&CallbackError> for Problem {
    fn from(error: &CallbackError) -> Self {
        match error {
            CallbackError::NoSuchBot => Self::not_found(),
            CallbackError::Encoded => Self::status(StatusCode::UNSUPPORTED_MEDIA_TYPE),
            CallbackError::TooLong => Self::status(StatusCode::PAYLOAD_TOO_LARGE),
            CallbackError::Slow => Self::status(StatusCode::REQUEST_TIMEOUT),
            CallbackError::BrokeOff => Self::bad_request("the body broke off"),
            CallbackError::Unsigned => Self::unauthorized("X-Line-Signature"),
            CallbackError::Crowded | CallbackError::Store(_) => Self::unavailable(RETRY_AFTER),
        }
    }
}

impl IntoResponse for CallbackError {
    fn into_response(self) -> Response {
        let mut response = Problem::from(&self).into_response();
        if matches!(self, Self::Crowded | Self::Store(_)) {
            response.extensions_mut().insert(Failure::new(&self));
        }
        response
    }
}
