//! Requests that change something must come from our own pages.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderName, header};
use problem::Problem;

use super::{Repeated, only};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses an unsafe method that a foreign page may have sent (ASVS 3.5.1 to 3.5.3). `SameSite=Lax` is the second lock.
pub(crate) async fn same_origin(
    State(origin): State<Arc<str>>,
    request: Request,
    next: Next,
) -> Response {
    if request.method().is_safe() || is_ours(request.headers(), &origin) {
        next.run(request).await
    } else {
        Problem::forbidden()
            .detail("this form was not sent by one of our pages")
            .into_response()
    }
}

/// Browsers send `Origin` with every form; the oldest that do not, say nothing of `Sec-Fetch-Site` either and are
/// refused. `Origin: null` is nobody.
fn is_ours(headers: &HeaderMap, origin: &str) -> bool {
    let site = match only(headers, &SEC_FETCH_SITE) {
        Ok(site) => site,
        Err(Repeated) => return false,
    };
    if !matches!(site, None | Some(b"same-origin" | b"none")) {
        return false;
    }
    match only(headers, &header::ORIGIN) {
        Ok(Some(sender)) => sender == origin.as_bytes(),
        Ok(None) => site == Some(b"same-origin"),
        Err(Repeated) => false,
    }
}
