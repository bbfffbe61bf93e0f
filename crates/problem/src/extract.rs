#![expect(clippy::disallowed_types, reason = "these are what stands in for them")]

use std::error::Error as _;

use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Serialize;
use serde_path_to_error::Segment;

use crate::{FieldError, Problem};

/// `axum::Json`, refusing with a [`Problem`]: 400 for what is not JSON, 413 for too much of it, 415 for
/// another media type, 422 for JSON of another shape.
#[derive(Debug, Clone, Copy, Default, FromRequest)]
#[from_request(via(axum::Json), rejection(Problem))]
pub struct Json<T>(pub T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// `axum::extract::Path`, refusing with a 400 [`Problem`].
#[derive(Debug, Clone, Copy, FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(Problem))]
pub struct Path<T>(pub T);

/// `axum::extract::Query`, refusing with a 400 [`Problem`].
#[derive(Debug, Clone, Copy, FromRequestParts)]
#[from_request(via(axum::extract::Query), rejection(Problem))]
pub struct Query<T>(pub T);

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        match rejection.status() {
            StatusCode::UNPROCESSABLE_ENTITY => Self::unprocessable(vec![FieldError {
                pointer: pointer(&rejection),
                detail: reason(&rejection),
            }]),
            StatusCode::BAD_REQUEST => Self::bad_request("the body is not valid JSON"),
            status => Self::status(status),
        }
    }
}

type Located = serde_path_to_error::Error<serde_json::Error>;

/// The deserializer's own error inside axum's.
fn located(rejection: &JsonRejection) -> Option<&Located> {
    std::iter::successors(rejection.source(), |error| (*error).source())
        .find_map(|error| error.downcast_ref())
}

/// Where the body is not what it should be, as a JSON pointer (RFC 6901).
fn pointer(rejection: &JsonRejection) -> String {
    let Some(error) = located(rejection) else {
        return String::new();
    };
    let mut pointer = String::new();
    for segment in error.path() {
        match segment {
            Segment::Seq { index } => {
                pointer.push('/');
                pointer.push_str(&index.to_string());
            }
            Segment::Map { key } => {
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
            }
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    pointer
}

/// It may quote what was sent; it goes to the sender only, and no log has it.
fn reason(rejection: &JsonRejection) -> String {
    match located(rejection) {
        Some(error) => error.inner().to_string(),
        None => rejection.body_text(),
    }
}

impl From<PathRejection> for Problem {
    fn from(_: PathRejection) -> Self {
        Self::bad_request("the path is not valid")
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self::bad_request(rejection.body_text())
    }
}
