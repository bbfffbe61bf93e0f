//! The two pages that are filled in on the server.

use axum::response::{Html, IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};

/// Nothing but what we serve ourselves. Where a form may lead is left open: after consent, LINE redirects
/// to the website, and browsers would hold `form-action` against that.
pub(crate) const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; \
    connect-src 'self'; img-src 'self' data: https:; base-uri 'none'; frame-ancestors 'none'";

/// Text made safe inside an element or a double-quoted attribute.
pub(crate) fn escape(text: &str) -> String {
    text.chars().fold(String::new(), |mut safe, c| {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
        safe
    })
}

/// A page with the headers that every page has.
pub(crate) fn page(status: StatusCode, html: String) -> Response {
    let headers: [(HeaderName, HeaderValue); 4] = [
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(POLICY),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (
            header::REFERRER_POLICY,
            HeaderValue::from_static("same-origin"),
        ),
        (
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ),
    ];
    (status, headers, Html(html)).into_response()
}

/// A page that says what went wrong, in a heading and a sentence.
pub(crate) fn error(status: StatusCode, heading: &str, text: &str) -> Response {
    let html = include_str!("page/error.html")
        .replace("{{status}}", status.as_str())
        .replace("{{heading}}", &escape(heading))
        .replace("{{text}}", &escape(text));
    page(status, html)
}
