use std::sync::LazyLock;

use axum::response::Response;

use crate::contract::{self, Served};
use crate::etag::Known;

static DOCUMENT: LazyLock<Served> = LazyLock::new(|| {
    let document = contract::document(super::api().into_openapi());
    let json = document.to_json().expect("the document is plain JSON");
    Served::new("application/json", json)
});

/// This document.
#[utoipa::path(get, path = "/openapi.json", tag = "Contract", responses(
    (status = 200, description = "OpenAPI 3.1.", body = serde_json::Value),
    (status = 304, description = "It is still the one in `If-None-Match`."),
))]
pub(super) async fn document(known: Known) -> Response {
    DOCUMENT.answer(&known)
}
