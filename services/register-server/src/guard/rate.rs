use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, StatusCode, header};
use problem::Problem;
use service_kit::Clock;

use crate::app::AppState;
use crate::client::{self, Client};
use crate::cookie;
use crate::limit::Limit;
use crate::secret_id::SecretId;

/// How often one visitor may begin to sign in, and come back from LINE.
///
/// A browser that we have seen counts for itself, whatever its neighbours behind the same address do; one that we have
/// not, counts with its address. Of somebody whose address is not known nothing is counted: all of them together
/// would be kept out by one.
#[derive(Debug)]
pub(crate) struct Limits {
    logins: Limit<Visitor>,
    callbacks: Limit<Visitor>,
}

#[derive(Debug, PartialEq, Eq, Hash)]
enum Visitor {
    Browser([u8; 32]),
    Client(Client),
}

impl Limits {
    /// So many logins a minute, twice as many at once; of callbacks, which cost less, three times as many.
    pub(crate) fn new(per_minute: u32, clock: &Clock) -> Self {
        let limit = |per_minute: u32| {
            let pace = Duration::from_mins(1) / per_minute.max(1);
            Limit::new(per_minute.saturating_mul(2), pace, clock.clone())
        };
        Self {
            logins: limit(per_minute),
            callbacks: limit(per_minute.saturating_mul(3)),
        }
    }
}

/// Refuses a visitor who begins to sign in again and again.
pub(crate) async fn few_logins(
    State(app): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    few(&app, &app.limits.logins, request, next).await
}

/// Refuses a visitor who comes back from LINE again and again.
pub(crate) async fn few_callbacks(
    State(app): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    few(&app, &app.limits.callbacks, request, next).await
}

async fn few(app: &AppState, limit: &Limit<Visitor>, request: Request, next: Next) -> Response {
    match visitor(app, &request).map(|visitor| limit.admit(visitor)) {
        Some(Err(wait)) => {
            let seconds = wait.as_secs() + 1;
            Problem::status(StatusCode::TOO_MANY_REQUESTS)
                .header(header::RETRY_AFTER, HeaderValue::from(seconds))
                .into_response()
        }
        None | Some(Ok(())) => next.run(request).await,
    }
}

fn visitor(app: &AppState, request: &Request) -> Option<Visitor> {
    cookie::browser(request.headers())
        .map(|browser| browser.id)
        .filter(|id| app.browsers.made(id))
        .map(|id: SecretId| Visitor::Browser(*id.bytes()))
        .or_else(|| {
            let client = client::of(&app.proxies, request.extensions(), request.headers());
            client.map(Visitor::Client)
        })
}
