//! Nobody reaches a handler whom the table does not let through.

use axum::extract::{FromRequestParts as _, MatchedPath, RawPathParams, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode, header};
use problem::Problem;

use crate::app::AppState;
use crate::audit::{Entry, is_audited};
use crate::domain::Luid;
use crate::error::ApiError;
use crate::permission::{Role, Verdict, verdict};

pub(crate) async fn authorize(
    State(app): State<AppState>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let Some(route) = request.extensions().get::<MatchedPath>().cloned() else {
        return Ok(Problem::not_found().into_response());
    };
    let allowed = match verdict(request.method(), route.as_str()) {
        Verdict::Only(roles) => roles,
        Verdict::Anybody => return Ok(next.run(request).await),
        Verdict::NoMethod(others) => return Ok(other_methods(request.method(), &others)),
    };
    let caller = app.verifier.caller(request.headers()).await?;
    let role = Role::parse(&caller.role).ok_or(ApiError::Forbidden)?;
    if role.is_operator() {
        app.operators
            .admit(&caller.subject)
            .map_err(ApiError::TooMany)?;
    }
    let (mut parts, body) = request.into_parts();
    let luid = person(&mut parts).await;
    let at = app.clock.now();
    let noted = if is_audited(role, &parts.method, route.as_str()) {
        let entry = Entry {
            at,
            subject: &caller.subject,
            role,
            method: &parts.method,
            route: route.as_str(),
            luid: luid.as_ref(),
        };
        // Nothing is done that could not be written down before.
        Some(app.store.audit(&entry).await?)
    } else {
        None
    };
    let response = if allowed.contains(&role) {
        if let Some(luid) = luid.filter(|_| role.speaks_for_people()) {
            app.activity.note(luid, at);
        }
        parts.extensions.insert(caller);
        next.run(Request::from_parts(parts, body)).await
    } else {
        ApiError::Forbidden.into_response()
    };
    if let Some(entry) = noted {
        note_outcome(&app, entry, response.status()).await;
    }
    Ok(response)
}

/// Who asked is written down already; what came of it is good to know and no reason to fail.
async fn note_outcome(app: &AppState, entry: i64, status: StatusCode) {
    if let Err(error) = app.store.audited(entry, status).await {
        tracing::warn!(
            error = service_kit::telemetry::chain(&error),
            "the outcome of an audited request could not be written down"
        );
    }
}

/// The person whom the path names.
async fn person(parts: &mut Parts) -> Option<Luid> {
    let params = RawPathParams::from_request_parts(parts, &()).await.ok()?;
    let (_, luid) = params.iter().find(|(name, _)| *name == "luid")?;
    Luid::parse(luid).ok()
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
