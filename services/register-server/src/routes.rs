//! All routes, and what every answer carries.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::response::Response;
use axum::routing::{get, post};
use http::{HeaderName, HeaderValue, header};
use member_session::{RegisterForm, UpdateForm};
use service_kit::server::with_problem_fallbacks;

use crate::app::AppState;
use crate::{guard, login, member, session};

/// What register-client asks for.
pub(crate) const SESSION: &str = "/member/session";

/// The longest form, in bytes.
const FORM_LIMIT: usize = 16 * 1024;

/// `no-referrer` would make browsers send `Origin: null` with our own forms.
const HEADERS: [(HeaderName, HeaderValue); 4] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ),
    (
        header::REFERRER_POLICY,
        HeaderValue::from_static("same-origin"),
    ),
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ),
    ),
];

/// A year, as browsers demand before they remember it for long.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000; includeSubDomains");

pub(crate) fn router(state: AppState, origin: &str) -> Router {
    let is_https = origin.starts_with("https:");
    let origin: Arc<str> = origin.into();
    let router = Router::new()
        .route(
            "/auth/login",
            get(login::start).route_layer(middleware::from_fn_with_state(
                state.clone(),
                guard::few_logins,
            )),
        )
        .route(
            "/auth/callback",
            get(login::callback).route_layer(middleware::from_fn_with_state(
                state.clone(),
                guard::few_callbacks,
            )),
        )
        .route(UpdateForm::LOGOUT_ACTION, post(login::logout))
        .route(SESSION, get(session::show))
        .route(RegisterForm::ACTION, post(member::register))
        .route(UpdateForm::ACTION, post(member::update))
        .route(UpdateForm::WITHDRAW_ACTION, post(member::withdraw))
        .route(UpdateForm::DOWNLOAD_ACTION, post(member::download))
        .route(UpdateForm::LEAVE_ACTION, post(member::leave));
    with_problem_fallbacks(router)
        .with_state(state)
        .layer(DefaultBodyLimit::max(FORM_LIMIT))
        .layer(middleware::from_fn_with_state(
            Arc::clone(&origin),
            guard::same_origin,
        ))
        .layer(middleware::from_fn_with_state(origin, guard::our_host))
        .layer(middleware::from_fn(guard::as_a_page))
        .layer(middleware::map_response(move |response| {
            std::future::ready(with_headers(response, is_https))
        }))
}

fn with_headers(mut response: Response, is_https: bool) -> Response {
    let headers = response.headers_mut();
    headers.extend(HEADERS);
    if is_https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
    response
}
