//! One origin for the browser and for LINE: what Traefik is in a cluster, this is on one machine.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::any;
use http::{HeaderMap, HeaderName, StatusCode, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use member_session::SORRY_PATH;
use problem::Problem;
use service_kit::http_client::{self, Limits};
use service_kit::server::wants_a_page;

/// Larger than any body that a service accepts, so that the service itself says 413.
const BODY_LIMIT: usize = 2 * 1024 * 1024;

/// Everyone whom a request has passed through; each proxy adds whom it has the request from.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Headers that belong to one connection (RFC 9110 §7.6.1) or that the client library writes itself.
const HOP_BY_HOP: [HeaderName; 9] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("keep-alive"),
];

/// Where the public parts listen.
#[derive(Debug, Clone)]
pub(crate) struct Upstreams {
    pub(crate) webhook: SocketAddr,
    pub(crate) register_server: SocketAddr,
    pub(crate) register_client: SocketAddr,
    pub(crate) api_users: SocketAddr,
}

impl Upstreams {
    /// Who answers this path, and under which path there.
    fn route<'path>(&self, path: &'path str) -> (SocketAddr, &'path str) {
        let under = |prefix: &str| {
            path.strip_prefix(prefix)
                .filter(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if under("/callback").is_some() {
            (self.webhook, path)
        } else if under("/auth").is_some() || under("/member").is_some() {
            (self.register_server, path)
        } else if let Some(rest) = under("/api") {
            (self.api_users, if rest.is_empty() { "/" } else { rest })
        } else {
            (self.register_client, path)
        }
    }
}

#[derive(Clone)]
struct Gateway {
    upstreams: Upstreams,
    http: reqwest::Client,
}

/// The gateway's only route.
pub(crate) fn router(upstreams: Upstreams) -> Router {
    // The server in front bounds the wait for an answer's head; a body may stream for as long as an audience does.
    let limits = Limits {
        total: Duration::from_mins(10),
        ..Limits::default()
    };
    // One route for each upstream, so that logs and metrics tell them apart; `Upstreams::route` decides.
    let routes = [
        "/callback",
        "/callback/{*rest}",
        "/auth/{*rest}",
        "/member",
        "/member/{*rest}",
        "/api",
        "/api/{*rest}",
    ];
    routes
        .into_iter()
        .fold(Router::new(), |router, path| {
            router.route(path, any(forward))
        })
        .fallback(forward)
        .layer(DefaultBodyLimit::disable())
        .with_state(Gateway {
            upstreams,
            http: http_client::client(limits),
        })
}

async fn forward(State(gateway): State<Gateway>, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let wants_a_page = wants_a_page(&parts.headers);
    if let Some(ConnectInfo(peer)) = parts.extensions.get::<ConnectInfo<SocketAddr>>()
        && let Ok(peer) = peer.ip().to_string().parse()
    {
        parts.headers.append(FORWARDED_FOR, peer);
    }
    let body = match Limited::new(body, BODY_LIMIT).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => {
            return Problem::status(StatusCode::PAYLOAD_TOO_LARGE).into_response();
        }
        Err(_) => return Problem::bad_request("the body broke off").into_response(),
    };
    let (upstream, path) = gateway.upstreams.route(parts.uri.path());
    let query = parts
        .uri
        .query()
        .map(|query| format!("?{query}"))
        .unwrap_or_default();
    let request = gateway
        .http
        .request(parts.method, format!("http://{upstream}{path}{query}"))
        .headers(end_to_end(parts.headers))
        .body(body);
    match http_client::send(request).await {
        Ok(answer) => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = answer.status();
            *response.headers_mut() = end_to_end(answer.headers().clone());
            *response.body_mut() = Body::from_stream(answer.bytes_stream());
            response
        }
        Err(error) => {
            tracing::warn!(error = %error, "a part of the suite does not answer");
            // There is no other page to send them to if it is the pages that are gone.
            if wants_a_page && upstream != gateway.upstreams.register_client {
                Redirect::to(&format!("{SORRY_PATH}/502")).into_response()
            } else {
                Problem::status(StatusCode::BAD_GATEWAY).into_response()
            }
        }
    }
}

/// Without the headers of one connection: the usual ones, and those that `Connection` names.
fn end_to_end(mut headers: HeaderMap) -> HeaderMap {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|names| names.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in HOP_BY_HOP.into_iter().chain(named) {
        headers.remove(name);
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_go_where_the_ingress_sends_them() {
        let port = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let upstreams = Upstreams {
            webhook: port(1),
            register_server: port(2),
            register_client: port(3),
            api_users: port(4),
        };
        for (path, expected) in [
            ("/callback", (1, "/callback")),
            ("/callback/default", (1, "/callback/default")),
            ("/callbacks", (3, "/callbacks")),
            ("/auth/login", (2, "/auth/login")),
            ("/member", (2, "/member")),
            ("/member/session", (2, "/member/session")),
            ("/membership", (3, "/membership")),
            ("/api/users", (4, "/users")),
            ("/api", (4, "/")),
            ("/", (3, "/")),
            ("/zh-TW/register", (3, "/zh-TW/register")),
            ("/livez", (3, "/livez")),
        ] {
            let (addr, rest) = upstreams.route(path);
            assert_eq!((addr.port(), rest), expected, "{path}");
        }
    }
    #[test]
    fn headers_of_one_connection_stay_there() {
        let headers = [
            ("connection", "close, x-hop"),
            ("x-hop", "1"),
            ("te", "trailers"),
            ("cookie", "a=b"),
        ];
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap()))
            .collect();
        let kept = end_to_end(headers);
        assert_eq!(kept.keys().collect::<Vec<_>>(), [header::COOKIE]);
    }
}
