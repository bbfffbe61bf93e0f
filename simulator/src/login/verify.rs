//! Tokens held against what LINE knows.

use std::collections::HashMap;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::HeaderMap;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use problem::{Json, Query};
use serde_json::{Value, json};

use super::ISSUER;
use super::form::{Form, OAuthError};
use crate::app::App;

pub(super) async fn access_token(
    State(app): State<App>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, OAuthError> {
    let token = query.get("access_token").map_or("", String::as_str);
    let now = app.now();
    app.world(|world| {
        if let Some(channel) = world
            .logins
            .channel
            .get(token)
            .filter(|c| c.expires_at > now)
        {
            let left = (channel.expires_at - now) / 1000;
            let answer = json!({"client_id": channel.client_id, "expires_in": left});
            return Ok(Json(answer).into_response());
        }
        let access = world
            .logins
            .access
            .get(token)
            .ok_or_else(|| OAuthError::request("The access token not JWS"))?;
        if access.revoked {
            return Err(OAuthError::request("access token revoked"));
        }
        if access.expires_at <= now {
            return Err(OAuthError::request("access token expired"));
        }
        let scopes: Vec<_> = access.scopes.iter().cloned().collect();
        Ok(Json(json!({
            "scope": scopes.join(" "),
            "client_id": app.credentials.login_channel_id,
            "expires_in": (access.expires_at - now) / 1000,
        }))
        .into_response())
    })
}

pub(super) async fn id_token(
    State(app): State<App>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, OAuthError> {
    let form = Form::parse(&headers, &bytes)?;
    let token = form.required("id_token")?;
    let client_id = form.required("client_id")?;
    let mut rules = Validation::new(Algorithm::HS256);
    rules.validate_exp = false;
    rules.validate_aud = false;
    rules.required_spec_claims.clear();
    let key = DecodingKey::from_secret(app.credentials.login_channel_secret.as_bytes());
    let claims = decode::<Value>(token, &key, &rules)
        .map_err(|_| OAuthError::request("Invalid IdToken."))?
        .claims;
    let now = app.now().div_euclid(1000);
    let unless = |right: bool, text: &str| {
        if right {
            Ok(())
        } else {
            Err(OAuthError::request(text))
        }
    };
    unless(claims["iss"] == ISSUER, "Invalid IdToken Issuer.")?;
    unless(
        claims["exp"].as_i64().is_some_and(|exp| exp > now),
        "IdToken expired.",
    )?;
    unless(
        claims["aud"] == client_id && client_id == app.credentials.login_channel_id,
        "Invalid IdToken Audience.",
    )?;
    if let Some(nonce) = form.get("nonce") {
        unless(claims["nonce"] == nonce, "Invalid IdToken Nonce.")?;
    }
    if let Some(user) = form.get("user_id") {
        unless(claims["sub"] == user, "Invalid IdToken Subject Identifier.")?;
    }
    Ok(Json(claims).into_response())
}
