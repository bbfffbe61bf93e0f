//! Ending access: revocation by token, deauthorization of the person.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use super::exchange::client;
use super::form::{Form, OAuthError};
use super::people::bearer;
use crate::app::App;
use crate::messaging::Refusal;

pub(super) async fn revoke(
    State(app): State<App>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, OAuthError> {
    let form = Form::parse(&headers, &bytes)?;
    client(&app, &form)?;
    let token = form.required("access_token")?;
    app.world(|world| {
        if let Some(access) = world.logins.access.get_mut(token) {
            access.revoked = true;
        }
    });
    Ok(StatusCode::OK.into_response())
}

pub(super) async fn deauthorize(
    State(app): State<App>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, Refusal> {
    let now = app.now();
    let channel = bearer(&headers).ok_or_else(Refusal::no_bearer)?;
    let body: Value = serde_json::from_slice(&bytes).map_err(|error| Refusal::not_json(&error))?;
    let user_token = body["userAccessToken"].as_str().unwrap_or_default();
    app.world(|world| {
        let ours = world.logins.channel.get(channel).is_some_and(|token| {
            token.expires_at > now && token.client_id == app.credentials.login_channel_id
        });
        if !ours {
            return Err(Refusal::bad_bearer());
        }
        let person = world
            .logins
            .live(user_token, now)
            .map(|access| access.person.clone())
            .ok_or_else(|| Refusal::bad("invalid token"))?;
        world.logins.unlink(&person);
        if let Some(person) = world.people.get_mut(&person) {
            person.granted.clear();
        }
        world.changed();
        Ok(StatusCode::NO_CONTENT.into_response())
    })
}
