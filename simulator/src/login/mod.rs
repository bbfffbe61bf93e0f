//! LINE Login v2.1, and channel access tokens.

mod authorize;
mod channel_token;
mod consent;
mod discovery;
mod exchange;
mod form;
mod id_token;
mod keys;
mod leave;
mod people;
mod request;
mod verify;

use axum::Router;
use axum::routing::{get, post};

use crate::app::App;
use crate::gate::{Api, Gated};
use crate::world::Rate;

pub(crate) use authorize::phone_cookie;
pub(crate) use consent::{Decision, decide};
pub(crate) use keys::Keys;
pub(crate) use request::{Rejected, parse};

/// LINE's issuer, whatever host plays LINE.
pub(crate) const ISSUER: &str = "https://access.line.me";

pub(crate) fn routes(gated: Gated) -> Gated {
    let usual = (Api::Login, Rate::USUAL);
    gated
        .route(
            "authorize",
            "/oauth2/v2.1/authorize",
            usual,
            get(authorize::show),
        )
        .route("token", "/oauth2/v2.1/token", usual, post(exchange::token))
        .route(
            "verify_access_token",
            "/oauth2/v2.1/verify",
            usual,
            get(verify::access_token),
        )
        .route(
            "verify_id_token",
            "/oauth2/v2.1/verify",
            usual,
            post(verify::id_token),
        )
        .route(
            "userinfo",
            "/oauth2/v2.1/userinfo",
            usual,
            get(people::userinfo).post(people::userinfo),
        )
        .route("login_profile", "/v2/profile", usual, get(people::profile))
        .route(
            "friendship",
            "/friendship/v1/status",
            usual,
            get(people::friendship),
        )
        .route("revoke", "/oauth2/v2.1/revoke", usual, post(leave::revoke))
        .route(
            "deauthorize",
            "/user/v1/deauthorize",
            usual,
            post(leave::deauthorize),
        )
        .route(
            "channel_token",
            "/oauth2/v3/token",
            usual,
            post(channel_token::stateless),
        )
        .route(
            "channel_token_short",
            "/v2/oauth/accessToken",
            (Api::Login, Rate::per_second(370)),
            post(channel_token::short_lived),
        )
        .route("certs", "/oauth2/v2.1/certs", usual, get(discovery::certs))
        .route(
            "discovery",
            "/.well-known/openid-configuration",
            usual,
            get(discovery::document),
        )
}

/// The consent screen, which LINE's own documents say nothing about.
pub(crate) fn screens() -> Router<App> {
    Router::new().route(
        "/_sim/consent/{id}",
        get(authorize::again).post(consent::submit),
    )
}
