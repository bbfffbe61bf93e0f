//! What every request gets: an ID, a deadline, one log event, one count, and an answer even when the handler panics.

use std::any::Any;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use http::header::CONTENT_LENGTH;
use http::{HeaderValue, Method, StatusCode};
use problem::Problem;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use tower_http::catch_panic::CatchPanicLayer;
use uuid::Uuid;

/// The header that carries a request's ID.
pub const REQUEST_ID: &str = "x-request-id";

/// No handler takes longer.
const REQUEST_LIMIT: Duration = Duration::from_secs(15);

/// The request's ID, for handlers and for calls to other services.
#[derive(Debug, Clone, Copy)]
pub struct RequestId(pub Uuid);

/// Why a request failed, put into a response's extensions by the service's error; the one log event carries it.
#[derive(Debug, Clone)]
pub struct Failure(Arc<str>);

impl Failure {
    /// The error with everything behind it.
    pub fn new(error: &(dyn std::error::Error + 'static)) -> Self {
        Self(crate::telemetry::chain(error).into())
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    method: String,
    route: String,
    status: u16,
}

#[derive(Clone)]
struct Observer {
    service: &'static str,
    requests: Family<Labels, Counter>,
    durations: Histogram,
}

pub(super) fn observed(router: Router, service: &'static str, registry: &mut Registry) -> Router {
    let observer = Observer {
        service,
        requests: Family::default(),
        durations: Histogram::new([0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 2.0, 5.0]),
    };
    registry.register(
        "http_requests",
        "Requests answered",
        observer.requests.clone(),
    );
    registry.register_with_unit(
        "http_request_duration",
        "Time to the answer's head",
        Unit::Seconds,
        observer.durations.clone(),
    );
    router
        .layer(CatchPanicLayer::custom(answer_panic))
        .layer(middleware::from_fn_with_state(observer, observe))
}

async fn observe(State(observer): State<Observer>, mut request: Request, next: Next) -> Response {
    let start = Instant::now();
    let id = request_id(&request);
    request.extensions_mut().insert(RequestId(id));
    let method = known(request.method());
    // The template, never the path: a path may name a person.
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "unmatched".into(), |path| path.as_str().to_owned());

    let response = tokio::time::timeout(REQUEST_LIMIT, next.run(request))
        .await
        .unwrap_or_else(|_| Problem::status(StatusCode::REQUEST_TIMEOUT).into_response());
    let response = identified(response, id);

    let status = response.status();
    let duration = start.elapsed();
    let duration_ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let service = observer.service;
    observer.durations.observe(duration.as_secs_f64());
    observer
        .requests
        .get_or_create(&Labels {
            method: method.to_owned(),
            route: route.clone(),
            status: status.as_u16(),
        })
        .inc();
    let (code, request_id) = (status.as_u16(), id.to_string());
    match response.extensions().get::<Failure>() {
        Some(Failure(error)) => {
            tracing::error!(service, method, route, status = code, duration_ms, request.id = request_id, error = %error, "{method} {route} failed: {error}");
        }
        None => {
            tracing::info!(
                service,
                method,
                route,
                status = code,
                duration_ms,
                request.id = request_id,
                "{method} {route} {code}"
            );
        }
    }
    response
}

/// A caller may name its own ID, as long as it is one: services pass theirs on.
fn request_id(request: &Request) -> Uuid {
    request
        .headers()
        .get(REQUEST_ID)
        .and_then(|value| Uuid::try_parse_ascii(value.as_bytes()).ok())
        .unwrap_or_else(Uuid::now_v7)
}

/// Methods are the client's to invent; labels are ours.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// Puts the ID into the answer's header, and into its body where that is a problem.
fn identified(mut response: Response, id: Uuid) -> Response {
    let text = id.to_string();
    if let Some(mut problem) = response.extensions_mut().remove::<Problem>() {
        problem.request_id = Some(text.clone());
        // Only the body changes: headers that the service put around it stay.
        *response.body_mut() = problem.into_response().into_body();
        response.headers_mut().remove(CONTENT_LENGTH);
    }
    if let Ok(value) = HeaderValue::from_str(&text) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// The panic's own message stays out of the answer and, since it may quote a person's data, out of the log.
fn answer_panic(_: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("a handler panicked");
    Problem::internal().into_response()
}
