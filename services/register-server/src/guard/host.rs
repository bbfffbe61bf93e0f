use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::{StatusCode, header};
use member_session::Page;
use problem::Problem;
use service_kit::server::wants_a_page;

use super::only;
use crate::login::preferred_language;
use crate::routes::SESSION;

/// Refuses what was meant for another website. Nothing here is made from `Host`, so that a wrong one could do nothing;
/// but whoever reaches us by a name that is not ours would get cookies that never come back. register-client asks for
/// the session by a name of its own. People who typed another name are sent home, where ours is.
pub(crate) async fn our_host(
    State(origin): State<Arc<str>>,
    request: Request,
    next: Next,
) -> Response {
    if request.uri().path() == SESSION || names_us(&request, &origin) {
        next.run(request).await
    } else if request.method().is_safe() && wants_a_page(request.headers()) {
        let home = Page::Home.path(preferred_language(request.headers()));
        Redirect::to(&format!("{origin}{home}")).into_response()
    } else {
        Problem::status(StatusCode::MISDIRECTED_REQUEST)
            .detail(format!("this website is at {origin}"))
            .into_response()
    }
}

/// HTTP/2 says the host with the address, HTTP/1 in a header (RFC 9112 §3.2).
fn names_us(request: &Request, origin: &str) -> bool {
    let Ok(host) = only(request.headers(), &header::HOST) else {
        return false;
    };
    let named = request.uri().authority().map(http::uri::Authority::as_str);
    let named = match (named.map(str::as_bytes), host) {
        (Some(named), Some(host)) if named != host => return false,
        (named, host) => named.or(host),
    };
    named
        .and_then(|named| str::from_utf8(named).ok())
        .is_some_and(|named| is_at(origin, named))
}

/// Whether `host` is that of `origin`, with or without the port that goes without saying.
fn is_at(origin: &str, host: &str) -> bool {
    let (own, port) = match origin.split_once("://") {
        Some(("https", own)) => (own, ":443"),
        Some((_, own)) => (own, ":80"),
        None => return false,
    };
    let bare = host.strip_suffix(port).unwrap_or(host);
    host.eq_ignore_ascii_case(own) || bare.eq_ignore_ascii_case(own)
}
