//! Nobody reaches a handler whom the table does not let through.

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, StatusCode, header};
use problem::Problem;

use crate::app::AppState;
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
        Verdict::NoMethod(others) => return Ok(method_not_allowed(&others)),
    };
    let caller = app.verifier.caller(request.headers()).await?;
    match Role::parse(&caller.role) {
        Some(role) if allowed.contains(&role) => Ok(next.run(request).await),
        _ => Err(ApiError::Forbidden),
    }
}

fn method_not_allowed(others: &str) -> Response {
    let problem = Problem::status(StatusCode::METHOD_NOT_ALLOWED);
    match HeaderValue::from_str(others) {
        Ok(allow) => problem.header(header::ALLOW, allow),
        Err(_) => problem,
    }
    .into_response()
}
