//! LINE's error answers.

use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode};
use problem::Json;
use serde_json::{Value, json};

use crate::gate::Violation;

/// One property of the body that LINE refuses.
#[derive(Debug, PartialEq)]
pub(crate) struct Detail {
    pub(crate) property: String,
    pub(crate) message: String,
}

#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    body: Value,
    header: Option<(HeaderName, HeaderValue)>,
    violation: Option<String>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            body: json!({"message": message.into()}),
            header: None,
            violation: None,
        }
    }

    pub(crate) fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// Properties of the wrong size, form or value.
    pub(crate) fn details(details: &[Detail]) -> Self {
        let count = details.len();
        let mut refusal = Self::bad(format!("The request body has {count} error(s)"));
        refusal.body["details"] = details
            .iter()
            .map(|Detail { property, message }| json!({"message": message, "property": property}))
            .collect();
        refusal
    }

    /// A property of the wrong JSON type, or an ID of the wrong form.
    pub(crate) fn property(path: &str) -> Self {
        Self::bad(format!(
            "The property, {path}, in the request body is invalid (line: -, column: -)"
        ))
    }

    pub(crate) fn not_json(error: &serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        Self::bad(format!(
            "The request body could not be parsed as JSON (line: {line}, column: {column})"
        ))
    }

    pub(crate) fn no_bearer() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "Authorization header required. Must follow the scheme, 'Authorization: Bearer <ACCESS TOKEN>'",
        )
    }

    pub(crate) fn bad_bearer() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "Authentication failed. Confirm that the access token in the authorization header is valid.",
        )
    }

    pub(crate) fn plan() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "Access to this API is not available for your account",
        )
    }

    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "Not found")
    }

    pub(crate) fn too_large() -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "The request body is too large",
        )
    }

    pub(crate) fn media_type(given: &str) -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            format!("The content type, {given}, is not supported"),
        )
    }

    pub(crate) fn rate() -> Self {
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "The API rate limit has been exceeded. Try again later.",
        )
    }

    pub(crate) fn month() -> Self {
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "You have reached your monthly limit.",
        )
    }

    /// The retry key was accepted before, under the request ID `accepted`.
    pub(crate) fn already_accepted(accepted: &str, sent: Option<Value>) -> Self {
        let mut refusal = Self::new(StatusCode::CONFLICT, "The retry key is already accepted");
        if let Some(sent) = sent {
            refusal.body["sentMessages"] = sent;
        }
        refusal.header = HeaderValue::from_str(accepted)
            .ok()
            .map(|id| (HeaderName::from_static("x-line-accepted-request-id"), id));
        refusal
    }

    /// Notes in the inspector which of LINE's rules was broken.
    pub(crate) fn violating(mut self, rule: &str) -> Self {
        self.violation = Some(rule.to_owned());
        self
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body)).into_response();
        if let Some((name, value)) = self.header {
            response.headers_mut().insert(name, value);
        }
        if let Some(violation) = self.violation {
            response.extensions_mut().insert(Violation(violation));
        }
        response
    }
}
