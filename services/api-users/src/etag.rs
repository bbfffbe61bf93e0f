use std::convert::Infallible;

use aws_lc_rs::digest::{SHA256, digest};
use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use headers::{ETag, HeaderMapExt as _, IfMatch, IfNoneMatch};
use http::request::Parts;
use http::{HeaderValue, StatusCode, header};
use users_client::Member;

use crate::error::ApiError;

/// This much of the digest is in a tag: no two documents of one member share it.
const TAG_BYTES: usize = 16;

/// A member's document as an answer: its bytes, and the entity tag that stands for them (RFC 9110 §8.8.3).
pub(crate) struct Versioned {
    pub(crate) etag: ETag,
    body: Vec<u8>,
}

impl Versioned {
    pub(crate) fn new(member: &Member) -> Self {
        Self::of(serde_json::to_vec(member).expect("a member is plain JSON"))
    }

    /// The document that these bytes are.
    pub(crate) fn of(body: Vec<u8>) -> Self {
        Self {
            etag: tag(&body),
            body,
        }
    }

    /// 204 with the tag alone.
    pub(crate) fn without_body(self) -> Response {
        self.beside(StatusCode::NO_CONTENT)
    }

    /// The tag with another answer about the same member.
    pub(crate) fn beside(self, answer: impl IntoResponse) -> Response {
        tagged(self.etag, answer)
    }
}

fn tagged(etag: ETag, answer: impl IntoResponse) -> Response {
    let mut response = answer.into_response();
    response.headers_mut().typed_insert(etag);
    response
}

/// The entity tag of these bytes: a digest, so that whatever changes them changes it.
pub(crate) fn tag(bytes: &[u8]) -> ETag {
    let digest = digest(&SHA256, bytes);
    let short = &digest.as_ref()[..TAG_BYTES];
    format!("\"{}\"", BASE64_URL_SAFE_NO_PAD.encode(short))
        .parse()
        .expect("Base64 in quotes is a tag")
}

impl IntoResponse for Versioned {
    fn into_response(self) -> Response {
        let json = HeaderValue::from_static("application/json");
        let Self { etag, body } = self;
        tagged(etag, ([(header::CONTENT_TYPE, json)], body))
    }
}

/// What a caller makes a change depend on: `If-Match` (RFC 9110 §13.1.1).
#[derive(Debug, Default)]
pub(crate) struct Precondition(Option<IfMatch>);

impl Precondition {
    /// Holds while the member is as they are here.
    pub(crate) fn unchanged(member: &Member) -> Self {
        Self(Some(Versioned::new(member).etag.into()))
    }

    /// Whether it holds for the document as it stands.
    pub(crate) fn check(&self, member: &Member) -> Result<(), ApiError> {
        let holds = self
            .0
            .as_ref()
            .is_none_or(|wanted| wanted.precondition_passes(&Versioned::new(member).etag));
        holds.then_some(()).ok_or(ApiError::Changed)
    }
}

impl<S: Sync> FromRequestParts<S> for Precondition {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parts
            .headers
            .typed_try_get()
            .map(Self)
            .map_err(|_| ApiError::BadRequest("If-Match is no list of entity tags"))
    }
}

/// What a caller has already: `If-None-Match` (RFC 9110 §13.1.2). One that cannot be read is as good as none.
pub(crate) struct Known(Option<IfNoneMatch>);

impl Known {
    /// The answer that the tag stands for, or that the caller has it.
    pub(crate) fn unless(&self, etag: &ETag, answer: impl FnOnce() -> Response) -> Response {
        let is_known = self
            .0
            .as_ref()
            .is_some_and(|known| !known.precondition_passes(etag));
        let answer = if is_known {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            answer()
        };
        tagged(etag.clone(), answer)
    }
}

impl<S: Sync> FromRequestParts<S> for Known {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.headers.typed_get()))
    }
}
