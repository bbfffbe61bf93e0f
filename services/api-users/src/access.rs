//! Nobody reaches a handler whom the table does not let through.

use axum::extract::{FromRequestParts as _, MatchedPath, RawPathParams, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode, header};
use problem::Problem;

use crate::app::AppState;
use crate::domain::Luid;
use crate::error::ApiError;
use crate::permission::{Role, Verdict, verdict};

pub(crate) async fn authorize(
    State(app): State<AppState>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let Some(route) = request.extensions().get::<MatchedPath>() else {
        return Ok(Problem::not_found().into_response());
    };
    let allowed = match verdict(request.method(), route.as_str()) {
        Verdict::Only(roles) => roles,
        Verdict::Anybody => return Ok(next.run(request).await),
        Verdict::NoMethod(others) => return Ok(other_methods(request.method(), &others)),
    };
    let caller = app.verifier.caller(request.headers()).await?;
    let role = Role::parse(&caller.role).filter(|role| allowed.contains(role));
    let role = role.ok_or(ApiError::Forbidden)?;
    let (mut parts, body) = request.into_parts();
    if role.speaks_for_people() {
        note_activity(&app, &mut parts).await;
    }
    Ok(next.run(Request::from_parts(parts, body)).await)
}

/// The person whom the path names is doing something.
async fn note_activity(app: &AppState, parts: &mut Parts) {
    let Ok(params) = RawPathParams::from_request_parts(parts, &()).await else {
        return;
    };
    let luid = params.iter().find(|(name, _)| *name == "luid");
    if let Some(luid) = luid.and_then(|(_, luid)| Luid::parse(luid).ok()) {
        app.activity.note(luid, app.clock.now());
    }
}

/// Tells which methods there are: whoever asks is answered, whoever tries is refused.
fn other_methods(method: &Method, others: &str) -> Response {
    let allow = HeaderValue::from_str(others).expect("names of methods are a header's value");
    if method == Method::OPTIONS {
        return (StatusCode::NO_CONTENT, [(header::ALLOW, allow)]).into_response();
    }
    Problem::status(StatusCode::METHOD_NOT_ALLOWED)
        .header(header::ALLOW, allow)
        .into_response()
}
