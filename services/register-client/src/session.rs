//! Asking register-server who the visitor is.

use std::time::Duration;

use http::{HeaderMap, HeaderValue, StatusCode, header};
use member_session::{FLASH_COOKIE, FormKind, SESSION_COOKIE, Session, session_path};
use reqwest::{RequestBuilder, Response};
use service_kit::http_client::{self, Limits, ReadError};
use service_kit::server::REQUEST_ID;
use service_kit::tls::Trust;
use url::Url;
use uuid::Uuid;

/// A visitor waits for a page no longer than this for the sake of their session; a connection stands in far less, unless
/// the node at its other end is gone.
const LIMITS: Limits = Limits {
    connect: Duration::from_millis(500),
    total: Duration::from_secs(3),
};
/// The largest session document, in bytes; a real one is under 4 KiB.
const SESSION_BYTES: usize = 64 * 1024;
/// Our own cookies begin so. No other cookie of the visitor leaves this service.
const COOKIE_PREFIX: &str = "__Host-kaiin-";

/// register-server, as seen from here.
pub(crate) struct RegisterServer {
    client: reqwest::Client,
    base: String,
}

/// A session and what register-server wants the browser to keep.
pub(crate) struct Answer {
    pub(crate) session: Session,
    pub(crate) cookies: Vec<HeaderValue>,
}

/// Why there is no knowing who the visitor is. No message repeats anything of the answer: it holds names.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SessionError {
    #[error("register-server did not answer")]
    Unreachable(#[source] reqwest::Error),
    #[error("register-server answered {0}")]
    Status(StatusCode),
    #[error("the session could not be read")]
    Unreadable(#[from] ReadError),
    #[error("the session does not have the agreed shape: {category:?} error at column {column}")]
    Malformed {
        category: serde_json::error::Category,
        column: usize,
    },
}

impl RegisterServer {
    pub(crate) fn new(base: &Url, trust: &Trust) -> Self {
        Self {
            client: trust.client(LIMITS),
            base: base.as_str().trim_end_matches('/').to_owned(),
        }
    }

    /// The session of the visitor whose request had `headers`, for a page that shows this form, if any. Of somebody who
    /// is not signed in and has nothing to be told there is nothing to ask.
    pub(crate) async fn session(
        &self,
        headers: &HeaderMap,
        request_id: Uuid,
        shown: Option<FormKind>,
    ) -> Result<Answer, SessionError> {
        let Some(cookies) = telling_cookies(headers) else {
            return Ok(Answer {
                session: Session::default(),
                cookies: Vec::new(),
            });
        };
        let request = self
            .client
            .get(format!("{}{}", self.base, session_path(shown)))
            .header(header::ACCEPT, "application/json")
            .header(REQUEST_ID, request_id.to_string())
            .header(header::COOKIE, cookies);
        let response = send(request).await.map_err(SessionError::Unreachable)?;
        if response.status() != StatusCode::OK {
            return Err(SessionError::Status(response.status()));
        }
        let cookies = response
            .headers()
            .get_all(header::SET_COOKIE)
            .iter()
            .filter(|cookie| cookie.as_bytes().starts_with(COOKIE_PREFIX.as_bytes()))
            .cloned()
            .collect();
        let body = http_client::read_bounded(response, SESSION_BYTES).await?;
        let session = parse(&body)?;
        Ok(Answer { session, cookies })
    }
}

/// Where there is nobody to connect to, once more: of several replicas another one may be met.
async fn send(request: RequestBuilder) -> Result<Response, reqwest::Error> {
    let again = request.try_clone();
    match (http_client::send(request).await, again) {
        (Err(error), Some(again)) if error.is_connect() => http_client::send(again).await,
        (answer, _) => answer,
    }
}

/// serde's own words would quote what it did not expect.
fn parse(body: &[u8]) -> Result<Session, SessionError> {
    serde_json::from_slice(body).map_err(|error| SessionError::Malformed {
        category: error.classify(),
        column: error.column(),
    })
}

/// The `Cookie` header with only our own cookies in it, if one of them says something about the visitor.
fn telling_cookies(headers: &HeaderMap) -> Option<String> {
    let own: Vec<&str> = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .map(str::trim)
        .filter(|cookie| cookie.starts_with(COOKIE_PREFIX))
        .collect();
    let tells = |cookie: &&str| {
        let name = cookie.split_once('=').map_or(*cookie, |(name, _)| name);
        [SESSION_COOKIE, FLASH_COOKIE].contains(&name)
    };
    own.iter().any(tells).then(|| own.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_never_repeats_what_the_session_said() {
        let error = parse(br#"{"visitor": "canary-name"}"#).unwrap_err();
        assert!(
            !format!("{error} {error:?}").contains("canary"),
            "{error:?}"
        );
    }
}
