use std::sync::LazyLock;

use axum::response::Response;
use http::{HeaderName, HeaderValue, header};

use crate::contract::{self, Served};
use crate::etag::Known;

static DOCUMENT: LazyLock<Served> = LazyLock::new(|| {
    let document = contract::document(super::api().into_openapi());
    let json = document.to_json().expect("the document is plain JSON");
    Served::new("application/json", json)
});

static PAGE: LazyLock<Served> = LazyLock::new(|| {
    let (page, policy) = contract::page(&contract::document(super::api().into_openapi()));
    let policy = HeaderValue::try_from(policy).expect("a policy is a header's value");
    let nosniff = HeaderValue::from_static("nosniff");
    let headers: [(HeaderName, HeaderValue); 2] = [
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, nosniff),
    ];
    Served::new("text/html; charset=utf-8", page).with(headers)
});

/// This document.
#[utoipa::path(get, path = "/openapi.json", tag = "Contract", responses(
    (status = 200, description = "OpenAPI 3.1.", body = serde_json::Value),
    (status = 304, description = "It is still the one in `If-None-Match`."),
))]
pub(super) async fn document(known: Known) -> Response {
    DOCUMENT.answer(&known)
}

/// This document as a page.
#[utoipa::path(get, path = "/docs", tag = "Contract", responses(
    (status = 200, description = "A page that is whole in itself.", body = str, content_type = "text/html"),
    (status = 304, description = "It is still the one in `If-None-Match`."),
))]
pub(super) async fn page(known: Known) -> Response {
    PAGE.answer(&known)
}
