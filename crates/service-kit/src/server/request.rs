//! What every request gets: an ID, a deadline, a count, a line in the log, and an answer even when the handler panics.

use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::response::{IntoResponse as _, Response};
use http::header::{ACCEPT, CONTENT_LENGTH, RETRY_AFTER};
use http::{HeaderMap, Method, StatusCode};
use problem::Problem;
use tower::{Layer, Service};

use super::pulse::{Late, Pulse};
use super::request_id::RequestId;
use super::tally::{Kind, Kinds, Labels, Tally};

/// Whether a browser navigates: it asks for a page, where a program takes a problem document.
pub fn wants_a_page(headers: &HeaderMap) -> bool {
    headers
        .get(ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accepted| accepted.contains("text/html"))
}

/// Why a request failed, put into a response's extensions by the service's error; the one log event carries it.
#[derive(Debug, Clone)]
pub struct Failure(Arc<str>);

impl Failure {
    /// The error with everything behind it.
    pub fn new(error: &(dyn std::error::Error + 'static)) -> Self {
        Self(crate::telemetry::chain(error).into())
    }
}

/// Observes every route of a service; axum applies it to each of them by itself.
#[derive(Clone)]
pub(super) struct Observer(pub(super) Arc<Tally>);

impl<Inner> Layer<Inner> for Observer {
    type Service = Observed<Inner>;

    fn layer(&self, inner: Inner) -> Observed<Inner> {
        Observed {
            inner,
            tally: Arc::clone(&self.0),
            kinds: Arc::default(),
        }
    }
}

/// One route, observed.
#[derive(Clone)]
pub(super) struct Observed<Inner> {
    inner: Inner,
    tally: Arc<Tally>,
    kinds: Arc<Kinds>,
}

impl<Inner> Service<Request> for Observed<Inner>
where
    Inner: Service<Request, Response = Response, Error = Infallible>,
    Inner::Future: Unpin,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Observing<Inner::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request) -> Observing<Inner::Future> {
        let start = Instant::now();
        let id = RequestId::of(request.headers());
        let method = known(request.method());
        let extensions = request.extensions_mut();
        // The template, never the path: a path may name a person.
        let route = extensions.get::<MatchedPath>().cloned();
        let pulse = extensions.remove::<Arc<Pulse>>();
        extensions.insert(id);
        let answer = catch_unwind(AssertUnwindSafe(|| self.inner.call(request))).ok();
        Observing {
            answer,
            pulse,
            tally: Arc::clone(&self.tally),
            kinds: Arc::clone(&self.kinds),
            start,
            id,
            method,
            route,
        }
    }
}

/// A request that is being answered.
pub(super) struct Observing<Answer> {
    /// Nothing if the handler panicked before it began to wait.
    answer: Option<Answer>,
    pulse: Option<Arc<Pulse>>,
    tally: Arc<Tally>,
    kinds: Arc<Kinds>,
    start: Instant,
    id: RequestId,
    method: &'static str,
    route: Option<MatchedPath>,
}

impl<Answer> Future for Observing<Answer>
where
    Answer: Future<Output = Result<Response, Infallible>> + Unpin,
{
    type Output = Result<Response, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = self.answer.as_mut();
        let polled = answer.and_then(|answer| {
            catch_unwind(AssertUnwindSafe(|| Pin::new(answer).poll(context))).ok()
        });
        let late = self.pulse.as_ref().and_then(|pulse| pulse.late());
        let response = match (polled, late) {
            (Some(Poll::Ready(Ok(response))), _) => response,
            (Some(Poll::Pending), None) => return Poll::Pending,
            (Some(Poll::Pending), Some(late)) => answer_late(late),
            (None, _) => answer_panic(),
        };
        self.answer = None;
        let response = identified(response, self.id);
        self.observe(&response);
        Poll::Ready(Ok(response))
    }
}

impl<Answer> Observing<Answer> {
    fn observe(&self, response: &Response) {
        let duration = self.start.elapsed();
        let route = self.route.as_ref().map(MatchedPath::as_str);
        let status = response.status();
        let kind = self
            .kinds
            .get(&self.tally, self.method, route, status.as_u16());
        kind.count(duration);
        let ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        let is_success = status.as_u16() < 400;
        if is_success || kind.has_a_line() {
            let failure = response.extensions().get::<Failure>();
            log(self.tally.service, kind, ms, self.id, failure);
        }
    }
}

fn log(
    service: &'static str,
    kind: &Kind,
    duration_ms: u64,
    id: RequestId,
    failure: Option<&Failure>,
) {
    let Labels {
        method,
        route,
        status,
    } = &kind.labels;
    let (route, RequestId(id)) = (&**route, id);
    /// The level has to be a constant: it decides at no cost whether there is a line at all.
    macro_rules! line {
        ($level:ident) => {
            tracing::$level!(service, method, route, status, duration_ms, request.id = %id, "{method} {route} {status}")
        };
    }
    match failure {
        Some(Failure(error)) => {
            tracing::error!(service, method, route, status, duration_ms, request.id = %id, error = %error, "{method} {route} failed: {error}");
        }
        None if *status >= 500 => line!(warn),
        None if kind.is_quiet && *status < 400 => line!(debug),
        None => line!(info),
    }
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
fn identified(mut response: Response, id: RequestId) -> Response {
    if let Some(mut problem) = response.extensions_mut().remove::<Problem>() {
        problem.request_id = Some(id.0.to_string());
        // Only the body changes: headers that the service put around it stay.
        *response.body_mut() = problem.into_response().into_body();
        response.headers_mut().remove(CONTENT_LENGTH);
    }
    id.write_to(response.headers_mut());
    response
}

fn answer_late(late: Late) -> Response {
    match late {
        Late::Client => Problem::status(StatusCode::REQUEST_TIMEOUT).into_response(),
        Late::Service => {
            let problem = Problem::status(StatusCode::SERVICE_UNAVAILABLE);
            ([(RETRY_AFTER, "1")], problem).into_response()
        }
    }
}

/// The panic's own message stays out of the answer and, since it may quote a person's data, out of the log.
fn answer_panic() -> Response {
    tracing::error!("a handler panicked");
    Problem::internal().into_response()
}
