//! What every call to LINE passes: request ID, faults, the inspector, and for the Messaging API the bearer
//! token, rate limit, media type and size.

mod fault;
mod guard;

use std::time::Instant;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::handler::Handler as _;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::MethodRouter;
use bytes::Bytes;
use http::{HeaderName, HeaderValue};

use crate::app::App;
use crate::ids;
use crate::messaging::Refusal;
use crate::world::{Call, Direction, Fault, FaultKind, Part, Rate};

pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-line-request-id");

/// The largest body that is read at all.
const READ_LIMIT: usize = 16 * 1024 * 1024;

/// One operation of LINE, as faults, rate limits and the inspector know it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Operation {
    pub(crate) name: &'static str,
    pub(crate) api: Api,
    pub(crate) rate: Rate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Api {
    /// Bearer token of the Messaging API channel; JSON.
    Messaging,
    /// Forms, and tokens that each handler checks.
    Login,
}

/// What a handler is told about the call beyond the request itself.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    pub(crate) request_id: String,
    /// The fault that the handler itself must act out.
    pub(crate) fault: Option<FaultKind>,
}

/// Put into a response's extensions by a handler that saw LINE's rules broken.
#[derive(Debug, Clone)]
pub(crate) struct Violation(pub(crate) String);

/// Routes that pass the gate.
#[derive(Debug)]
pub(crate) struct Gated {
    app: App,
    names: Vec<&'static str>,
    router: Router<App>,
}

impl Gated {
    pub(crate) fn new(app: App) -> Self {
        Self {
            app,
            names: Vec::new(),
            router: Router::new(),
        }
    }

    pub(crate) fn route(
        mut self,
        name: &'static str,
        path: &str,
        (api, rate): (Api, Rate),
        methods: MethodRouter<App>,
    ) -> Self {
        let operation = Operation { name, api, rate };
        let gate = from_fn_with_state((self.app.clone(), operation), pass);
        self.names.push(name);
        self.router = self.router.route(path, methods.route_layer(gate));
        self
    }

    pub(crate) fn finish(self) -> Router<App> {
        let unknown = Operation {
            name: "unknown",
            api: Api::Login,
            rate: Rate::USUAL,
        };
        let _ = self.app.operations.set(self.names);
        let gate = from_fn_with_state((self.app, unknown), pass);
        self.router
            .method_not_allowed_fallback(not_found.layer(gate.clone()))
            .fallback(not_found.layer(gate))
    }
}

async fn not_found() -> Refusal {
    Refusal::not_found()
}

async fn pass(
    State((app, operation)): State<(App, Operation)>,
    request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let at = app.now();
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, READ_LIMIT).await.unwrap_or_default();
    let asked = Part {
        headers: parts.headers.clone(),
        body: body.clone(),
    };
    let method = parts.method.to_string();
    let path = parts.uri.to_string();
    let request_id = match operation.api {
        Api::Messaging => uuid::Uuid::new_v4().to_string(),
        Api::Login => ids::hex(8),
    };
    let fault = app.world(|world| world.faults.take(operation.name));

    let mut request = Request::from_parts(parts, Body::from(body));
    request.extensions_mut().insert(Context {
        request_id: request_id.clone(),
        fault: fault.as_ref().map(|fault| fault.answer.clone()),
    });
    let usual = guard::then(&app, operation, request, next);
    let mut response = match &fault {
        Some(fault) => fault::act(&app, fault, &asked, &path, usual).await,
        None => usual.await,
    };
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        response.headers_mut().entry(REQUEST_ID).or_insert(value);
    }

    let (parts, body) = response.into_parts();
    let violation = parts.extensions.get::<Violation>().cloned();
    let cut = parts.extensions.get::<fault::Cut>().is_some();
    let answer = match (cut, &fault) {
        (true, _) => Bytes::new(),
        _ => to_bytes(body, usize::MAX).await.unwrap_or_default(),
    };
    let call = Call {
        seq: 0,
        at,
        direction: Direction::ToLine,
        operation: operation.name,
        method,
        path,
        request: asked,
        status: (!cut).then(|| parts.status.as_u16()),
        answer: Part {
            headers: parts.headers.clone(),
            body: answer.clone(),
        },
        duration_ms: millis(started),
        signature: None,
        violation: violation.map(|Violation(text)| text),
        fault: fault.as_ref().and_then(describe),
        error: cut.then_some("no answer"),
    };
    // Recorded first: who waits in vain hangs up, and then nothing after this is reached.
    app.world(|world| world.record(call));
    if let Some(fault) = &fault {
        fault::hold_back(&app, fault).await;
    }
    if cut {
        return fault::cut_now();
    }
    Response::from_parts(parts, Body::from(answer)).into_response()
}

fn describe(fault: &Fault) -> Option<serde_json::Value> {
    serde_json::to_value(&fault.answer).ok()
}

pub(crate) fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}
