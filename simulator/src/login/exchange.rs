//! The token endpoint of LINE Login: codes and refresh tokens for access tokens.

use aws_lc_rs::digest;
use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use problem::Json;
use serde_json::{Value, json};

use super::form::{Form, OAuthError};
use super::id_token;
use crate::app::App;
use crate::gate::Context;
use crate::ids;
use crate::messaging::Refusal;
use crate::world::{Access, Code, FaultKind, Flaw};

/// Milliseconds that a code lives: ten minutes.
const CODE_LIFE: i64 = 10 * 60 * 1000;
/// Seconds that an access token lives: 30 days.
const ACCESS_LIFE: i64 = 30 * 24 * 3600;
/// Seconds that a refresh token lives: 90 days.
const REFRESH_LIFE: i64 = 90 * 24 * 3600;

pub(super) async fn token(
    State(app): State<App>,
    Extension(context): Extension<Context>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, OAuthError> {
    let form = Form::parse(&headers, &bytes)?;
    let flaw = match context.fault {
        Some(FaultKind::IdToken(flaw)) => Some(flaw),
        _ => None,
    };
    let answer = match form.required("grant_type")? {
        "authorization_code" => by_code(&app, &form, flaw)?,
        "refresh_token" => by_refresh_token(&app, &form)?,
        "client_credentials" => {
            let message = "Cannot find channel key that satisfies the conditions";
            return Ok(Refusal::new(StatusCode::NOT_FOUND, message).into_response());
        }
        _ => return Err(OAuthError::request("grant_type is invalid")),
    };
    Ok(Json(answer).into_response())
}

/// Whether the form names the login channel and proves it.
pub(super) fn client(app: &App, form: &Form) -> Result<(), OAuthError> {
    if form.required("client_id")? != app.credentials.login_channel_id {
        return Err(OAuthError::client("invalid client_id"));
    }
    if form.required("client_secret")? != app.credentials.login_channel_secret {
        return Err(OAuthError::client("invalid client_secret"));
    }
    Ok(())
}

fn by_code(app: &App, form: &Form, flaw: Option<Flaw>) -> Result<Value, OAuthError> {
    let now = app.now();
    // Whatever else is wrong, the code is used up.
    let code = app.world(|world| {
        world
            .logins
            .codes
            .remove(form.get("code").unwrap_or_default())
    });
    client(app, form)?;
    form.required("code")?;
    let code = code
        .filter(|code| now - code.issued_at <= CODE_LIFE)
        .ok_or_else(|| OAuthError::grant("invalid authorization code"))?;
    if form.required("redirect_uri")? != code.request.redirect_uri {
        return Err(OAuthError::grant("redirect_uri does not match"));
    }
    proof(form, &code)?;
    let mut answer = issue(app, &code.person, &code.request.scopes, None);
    if code.request.scopes.contains("openid") {
        let id_token = app.world(|world| {
            let person = world.people.get(&code.person)?;
            id_token::issue(app, &code.request, person, flaw)
        });
        if let Some(id_token) = id_token {
            answer["id_token"] = id_token.into();
        }
    }
    Ok(answer)
}

/// PKCE: the verifier whose digest the authorization request carried.
fn proof(form: &Form, code: &Code) -> Result<(), OAuthError> {
    let Some(challenge) = &code.request.challenge else {
        return Ok(());
    };
    let verifier = form.required("code_verifier")?;
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    let digest = digest::digest(&digest::SHA256, verifier.as_bytes());
    if (43..=128).contains(&verifier.len())
        && verifier.bytes().all(allowed)
        && URL_SAFE_NO_PAD.encode(digest) == *challenge
    {
        Ok(())
    } else {
        Err(OAuthError::grant("code_verifier does not match"))
    }
}

fn by_refresh_token(app: &App, form: &Form) -> Result<Value, OAuthError> {
    client(app, form)?;
    let token = form.required("refresh_token")?;
    let now = app.now();
    let access = app
        .world(|world| world.logins.refresh.get(token).cloned())
        .filter(|access| access.expires_at > now)
        .ok_or_else(|| OAuthError::grant("invalid refresh token"))?;
    Ok(issue(app, &access.person, &access.scopes, Some(token)))
}

/// A new access token; `refresh` is the refresh token to hand out again.
fn issue(
    app: &App,
    person: &str,
    scopes: &std::collections::BTreeSet<String>,
    refresh: Option<&str>,
) -> Value {
    let now = app.now();
    let token = ids::access_token();
    let living = |seconds: i64| Access {
        person: person.to_owned(),
        scopes: scopes.clone(),
        expires_at: now + seconds * 1000,
        revoked: false,
    };
    let refresh = refresh.map_or_else(|| ids::token(16), str::to_owned);
    app.world(|world| {
        let logins = &mut world.logins;
        logins.access.insert(token.clone(), living(ACCESS_LIFE));
        logins
            .refresh
            .entry(refresh.clone())
            .or_insert_with(|| living(REFRESH_LIFE));
    });
    // LINE never lists `email` here.
    let listed: Vec<_> = scopes
        .iter()
        .filter(|scope| *scope != "email")
        .cloned()
        .collect();
    json!({
        "access_token": token,
        "expires_in": ACCESS_LIFE,
        "refresh_token": refresh,
        "scope": listed.join(" "),
        "token_type": "Bearer",
    })
}
