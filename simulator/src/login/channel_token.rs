//! Channel access tokens made from a channel's ID and secret.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::HeaderMap;
use problem::Json;
use serde_json::json;

use super::form::{Form, OAuthError};
use crate::app::App;
use crate::ids;
use crate::world::ChannelToken;

/// Seconds that a stateless token lives.
const STATELESS: i64 = 900;
/// Seconds that a short-lived token lives.
const SHORT: i64 = 30 * 24 * 3600;

pub(super) async fn stateless(
    State(app): State<App>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, OAuthError> {
    let form = Form::parse(&headers, &bytes)?;
    if form.required("grant_type")? != "client_credentials" {
        return Err(OAuthError::request("Invalid 'grant_type'."));
    }
    let client_id =
        proven(&app, &form).ok_or_else(|| OAuthError::request("Invalid 'client_credentials'."))?;
    Ok(issue(&app, client_id, STATELESS))
}

pub(super) async fn short_lived(
    State(app): State<App>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, OAuthError> {
    let form = Form::parse(&headers, &bytes)?;
    if form.required("grant_type")? != "client_credentials" {
        return Err(OAuthError::request("invalid grant_type"));
    }
    let client_id =
        proven(&app, &form).ok_or_else(|| OAuthError::client("invalid client_secret"))?;
    Ok(issue(&app, client_id, SHORT))
}

/// The channel that the form names, if its secret fits.
fn proven(app: &App, form: &Form) -> Option<String> {
    let (id, secret) = (form.get("client_id")?, form.get("client_secret")?);
    let credentials = &app.credentials;
    let fits = (id == credentials.channel_id && secret == credentials.channel_secret)
        || (id == credentials.login_channel_id && secret == credentials.login_channel_secret);
    fits.then(|| id.to_owned())
}

fn issue(app: &App, client_id: String, seconds: i64) -> Response {
    let token = ids::token(120);
    let expires_at = app.now() + seconds * 1000;
    app.world(|world| {
        let channel = ChannelToken {
            client_id,
            expires_at,
        };
        world.logins.channel.insert(token.clone(), channel);
    });
    Json(json!({"access_token": token, "token_type": "Bearer", "expires_in": seconds}))
        .into_response()
}
