//! What goes over the air is smaller: pages as they are drawn, files once, when the service starts.
//!
//! A page holds the token of its forms and says nothing back that an address brought along, so that nobody learns the
//! token by watching how well a page compresses.

use std::io::Write as _;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{HeaderMap, HeaderValue, header};

/// Beyond this no page goes; the largest is a tenth of it, in bytes.
const PAGE_BYTES: usize = 1024 * 1024;
/// Pages are drawn anew each time: most of the gain at little of the cost.
const FOR_A_PAGE: u32 = 4;

/// Compresses a page for browsers that take it so.
pub(crate) async fn pages(request: Request, next: Next) -> Response {
    let takes_gzip = takes_gzip(request.headers());
    let mut response = next.run(request).await;
    if !is_page(response.headers()) {
        return response;
    }
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    if !takes_gzip {
        return response;
    }
    headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    headers.remove(header::CONTENT_LENGTH);
    let (parts, body) = response.into_parts();
    let page = to_bytes(body, PAGE_BYTES).await.unwrap_or_default();
    Response::from_parts(parts, Body::from(gzip(&page, Compression::new(FOR_A_PAGE))))
}

/// The bytes, compressed as well as this goes.
pub(crate) fn once(bytes: &[u8]) -> Vec<u8> {
    gzip(bytes, Compression::best())
}

/// Whether whoever asks takes gzip (RFC 9110 §12.5.3).
pub(crate) fn takes_gzip(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .any(|coding| {
            let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
            let refused = weight
                .trim()
                .strip_prefix("q=")
                .is_some_and(|weight| weight.parse().is_ok_and(|weight: f32| weight <= 0.0));
            name.trim().eq_ignore_ascii_case("gzip") && !refused
        })
}

fn is_page(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

fn gzip(bytes: &[u8], level: Compression) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 3), level);
    encoder
        .write_all(bytes)
        .and_then(|()| encoder.finish())
        .expect("memory takes all that is written")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_for_those_who_take_it() {
        for (accepts, takes) in [
            ("gzip, deflate, br", true),
            ("br;q=1.0, GZIP;q=0.5", true),
            ("gzip;q=0, br", false),
            ("identity", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, accepts.parse().unwrap());
            assert_eq!(takes_gzip(&headers), takes, "{accepts}");
        }
    }
}
