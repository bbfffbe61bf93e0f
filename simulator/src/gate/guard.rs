//! The Messaging API's checks that come before any handler.

use axum::body::to_bytes;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, Method, header};

use super::{Api, Operation, READ_LIMIT};
use crate::app::App;
use crate::messaging::Refusal;

/// 2 MB, the largest body that LINE takes.
const BODY_LIMIT: usize = 2 * 1024 * 1024;

pub(super) async fn then(
    app: &App,
    operation: Operation,
    request: Request,
    next: Next,
) -> Response {
    if operation.api == Api::Login {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, READ_LIMIT).await.unwrap_or_default();
    let checked = bearer(app, &parts.headers)
        .and_then(|()| admit(app, operation))
        .and_then(|()| media_type(&parts.method, &parts.headers))
        .and_then(|()| size(body.len()));
    match checked {
        Ok(()) => next.run(Request::from_parts(parts, body.into())).await,
        Err(refusal) => refusal.into_response(),
    }
}

fn bearer(app: &App, headers: &HeaderMap) -> Result<(), Refusal> {
    let token = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "))
        .ok_or_else(Refusal::no_bearer)?;
    let now = app.now();
    let made_here = || {
        app.world(|world| {
            world.logins.channel.get(token).is_some_and(|channel| {
                channel.expires_at > now && channel.client_id == app.credentials.channel_id
            })
        })
    };
    if token == app.credentials.channel_access_token || made_here() {
        Ok(())
    } else {
        Err(Refusal::bad_bearer())
    }
}

fn admit(app: &App, operation: Operation) -> Result<(), Refusal> {
    let now = app.now();
    let admitted = app.world(|world| {
        !world.settings.rate_limits || world.limits.admit(operation.name, operation.rate, now)
    });
    if admitted {
        Ok(())
    } else {
        Err(Refusal::rate())
    }
}

fn size(bytes: usize) -> Result<(), Refusal> {
    if bytes > BODY_LIMIT {
        return Err(Refusal::too_large());
    }
    Ok(())
}

fn media_type(method: &Method, headers: &HeaderMap) -> Result<(), Refusal> {
    if method != Method::POST && method != Method::PUT {
        return Ok(());
    }
    let given = headers
        .get(header::CONTENT_TYPE)
        .map_or("null".into(), |value| {
            String::from_utf8_lossy(value.as_bytes())
        });
    let essence = given.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        Ok(())
    } else {
        Err(Refusal::media_type(&given))
    }
}
