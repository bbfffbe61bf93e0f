//! What goes back to the browser.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use leptos::view;
use service_kit::Failure;

use crate::scene::Scene;
use crate::session::SessionError;
use crate::site::Site;
use crate::view::{NotFound, TooMany, Unavailable, WrongMethod};

/// Nothing is loaded from elsewhere and nothing runs. Forms go to our own origin and stay there; signing in is a
/// link, because Chromium applies `form-action` to the redirects after a form as well.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const STRICT_TRANSPORT_SECURITY: &str = "max-age=31536000; includeSubDomains";
/// How long a visitor may wait before trying again, in seconds.
const RETRY_AFTER: &str = "10";

/// A page or a redirect, with what the browser is to keep.
pub(crate) struct Answer {
    response: Response,
}

/// A page that says why there is no other.
pub(crate) struct Refusal {
    pub(crate) scene: Scene,
    pub(crate) error: SiteError,
}

/// Why a page cannot be shown.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SiteError {
    #[error("there is no such page")]
    NotFound,
    #[error("pages are only read")]
    WrongMethod,
    #[error("it is not known who the visitor is")]
    Unavailable(#[source] SessionError),
    #[error("a part of the website does not answer")]
    PartAway,
    #[error("too much was asked of the website")]
    TooMany,
}

impl Answer {
    pub(crate) fn personal(html: String) -> Self {
        Self::page(html, "no-store")
    }

    pub(crate) fn general(html: String) -> Self {
        Self::page(html, "private, no-cache")
    }

    pub(crate) fn redirect(address: String) -> Self {
        let headers = [
            (header::LOCATION, address),
            (header::CACHE_CONTROL, "no-store".to_owned()),
        ];
        Self {
            response: (StatusCode::SEE_OTHER, headers).into_response(),
        }
    }

    pub(crate) fn status(mut self, status: StatusCode) -> Self {
        *self.response.status_mut() = status;
        self
    }

    /// Says that another try in a moment may work.
    pub(crate) fn again_later(mut self) -> Self {
        self.response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER));
        self
    }

    pub(crate) fn keeping(mut self, cookies: Vec<HeaderValue>) -> Self {
        for cookie in cookies {
            self.response
                .headers_mut()
                .append(header::SET_COOKIE, cookie);
        }
        self
    }

    fn page(html: String, caching: &'static str) -> Self {
        let headers = [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CACHE_CONTROL, caching),
        ];
        Self {
            response: (headers, html).into_response(),
        }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        self.response
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Self { scene, error } = self;
        let (status, html) = match error {
            SiteError::NotFound => (StatusCode::NOT_FOUND, scene.draw(|| view! { <NotFound /> })),
            SiteError::WrongMethod => (
                StatusCode::METHOD_NOT_ALLOWED,
                scene.draw(|| view! { <WrongMethod /> }),
            ),
            SiteError::TooMany
            | SiteError::Unavailable(SessionError::Status(StatusCode::TOO_MANY_REQUESTS)) => (
                StatusCode::TOO_MANY_REQUESTS,
                scene.draw(|| view! { <TooMany /> }),
            ),
            SiteError::PartAway | SiteError::Unavailable(_) => (
                StatusCode::SERVICE_UNAVAILABLE,
                scene.draw(|| view! { <Unavailable /> }),
            ),
        };
        let answer = Answer::personal(html).status(status);
        match error {
            SiteError::NotFound | SiteError::WrongMethod => answer.into_response(),
            SiteError::PartAway | SiteError::TooMany => answer.again_later().into_response(),
            SiteError::Unavailable(_) => {
                let mut response = answer.again_later().into_response();
                response.extensions_mut().insert(Failure::new(&error));
                response
            }
        }
    }
}

/// The headers that every answer carries.
pub(crate) async fn guarded(State(site): State<Site>, mut response: Response) -> Response {
    let headers: &mut HeaderMap = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Without a referrer Chromium sends `Origin: null` with our own forms.
        (header::REFERRER_POLICY, "same-origin"),
    ] {
        // A picture brings a stricter policy along.
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    if site.strict_transport {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static(STRICT_TRANSPORT_SECURITY),
        );
    }
    response
}
