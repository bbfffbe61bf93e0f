use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use headers::{CacheControl, ETag, HeaderMapExt as _};
use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::etag::{self, Known};

/// Something that stays the same for as long as the service runs, and is asked for again and again.
pub(crate) struct Served {
    content_type: &'static str,
    etag: ETag,
    bytes: Bytes,
    headers: HeaderMap,
}

impl Served {
    pub(crate) fn new(content_type: &'static str, bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self {
            content_type,
            etag: etag::tag(&bytes),
            bytes,
            headers: HeaderMap::new(),
        }
    }

    /// Sends these along.
    pub(crate) fn with(
        mut self,
        headers: impl IntoIterator<Item = (HeaderName, HeaderValue)>,
    ) -> Self {
        self.headers.extend(headers);
        self
    }

    /// The whole, or 304 if the caller has it.
    pub(crate) fn answer(&self, known: &Known) -> Response {
        let mut response = known.unless(&self.etag, || {
            let content_type = [(header::CONTENT_TYPE, self.content_type)];
            (content_type, self.bytes.clone()).into_response()
        });
        let cached = CacheControl::new().with_public().with_no_cache();
        response.headers_mut().typed_insert(cached);
        response.headers_mut().extend(self.headers.clone());
        response
    }
}
