//! What the orchestrator asks: are you alive, are you ready, how are you doing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::get;
use futures::future::BoxFuture;
use http::{StatusCode, header};
use prometheus_client::registry::Registry;

/// How long a readiness check may think; an orchestrator waits no longer either.
const CHECK_LIMIT: Duration = Duration::from_secs(1);

type Check = dyn Fn() -> BoxFuture<'static, bool> + Send + Sync;

/// Whether a service wants traffic: asks what the service depends on, and says no while it stops.
#[derive(Clone)]
pub struct Readiness {
    check: Arc<Check>,
    stopping: Arc<AtomicBool>,
}

impl Readiness {
    /// Ready whenever `check` says so within a second.
    pub fn new<F, Answer>(check: F) -> Self
    where
        F: Fn() -> Answer + Send + Sync + 'static,
        Answer: Future<Output = bool> + Send + 'static,
    {
        Self {
            check: Arc::new(move || Box::pin(check())),
            stopping: Arc::default(),
        }
    }

    /// Ready from the first moment to the last: for services without dependencies.
    pub fn always() -> Self {
        Self::new(|| std::future::ready(true))
    }

    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
    }

    async fn is_ready(&self) -> bool {
        !self.stopping.load(Ordering::SeqCst)
            && tokio::time::timeout(CHECK_LIMIT, (self.check)())
                .await
                .unwrap_or(false)
    }
}

#[derive(Clone)]
struct Internal {
    readiness: Readiness,
    registry: Arc<Registry>,
}

/// The internal routes. Liveness looks at nothing: a database that is away is no reason to be restarted.
pub(crate) fn router(readiness: Readiness, registry: Registry) -> Router {
    Router::new()
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .with_state(Internal {
            readiness,
            registry: Arc::new(registry),
        })
}

async fn readyz(State(internal): State<Internal>) -> impl IntoResponse {
    if internal.readiness.is_ready().await {
        (StatusCode::OK, "ok\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not ready\n")
    }
}

async fn metrics(State(internal): State<Internal>) -> impl IntoResponse {
    let mut text = String::new();
    match prometheus_client::encoding::text::encode(&mut text, &internal.registry) {
        Ok(()) => (
            [(
                header::CONTENT_TYPE,
                "application/openmetrics-text; version=1.0.0; charset=utf-8",
            )],
            text,
        )
            .into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
