#![expect(clippy::disallowed_types, reason = "these are what stands in for them")]

use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Serialize;

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
            // It may quote what was sent; it goes to the sender only, and no log has it.
            StatusCode::UNPROCESSABLE_ENTITY => Self::unprocessable(vec![FieldError {
                pointer: String::new(),
                detail: rejection.body_text(),
            }]),
            StatusCode::BAD_REQUEST => Self::bad_request("the body is not valid JSON"),
            status => Self::status(status),
        }
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
