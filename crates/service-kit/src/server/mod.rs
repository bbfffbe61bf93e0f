//! Two listeners and what every request gets.

mod connection;
mod internal;
mod request;

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use prometheus_client::registry::Registry;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use internal::InternalServer;
pub use request::{Failure, REQUEST_ID, RequestId};

use crate::Readiness;
use crate::health;

/// Requests still running this long after the stop are dropped.
const DRAIN_LIMIT: Duration = Duration::from_secs(10);

/// The largest request body, unless a route sets its own `DefaultBodyLimit`.
const BODY_LIMIT: usize = 64 * 1024;

/// A service's two listeners, bound: its addresses are known before it serves.
pub struct Server {
    name: &'static str,
    public: TcpListener,
    internal: TcpListener,
    registry: Registry,
}

/// A listener could not be bound. Names the setting that moves it.
#[derive(Debug, thiserror::Error)]
#[error("{service} cannot listen on {addr}; set {setting} to another address")]
pub struct BindError {
    service: &'static str,
    addr: SocketAddr,
    setting: &'static str,
    source: std::io::Error,
}

impl Server {
    /// Binds both listeners of the service called `name`.
    pub async fn bind(
        name: &'static str,
        public: SocketAddr,
        internal: SocketAddr,
    ) -> Result<Self, BindError> {
        Ok(Self {
            name,
            public: bind(name, public, "LISTEN_ADDR").await?,
            internal: bind(name, internal, "INTERNAL_ADDR").await?,
            registry: Registry::default(),
        })
    }

    /// Where clients reach it.
    pub fn public_addr(&self) -> SocketAddr {
        local_addr(&self.public)
    }

    /// Where health and metrics are.
    pub fn internal_addr(&self) -> SocketAddr {
        local_addr(&self.internal)
    }

    /// Where the service registers metrics of its own.
    pub fn metrics(&mut self) -> &mut Registry {
        &mut self.registry
    }

    /// Serves `router` until `shutdown`, then turns unready, finishes what runs (10 s at most) and returns.
    pub async fn serve<Stop>(mut self, router: Router, readiness: Readiness, shutdown: Stop)
    where
        Stop: Future<Output = ()> + Send + 'static,
    {
        let router = request::observed(router, self.name, &mut self.registry)
            .layer(DefaultBodyLimit::max(BODY_LIMIT));
        let internal = health::router(readiness.clone(), self.registry);
        tracing::info!(
            service = self.name,
            listen_addr = %local_addr(&self.public),
            internal_addr = %local_addr(&self.internal),
            "{} is ready",
            self.name
        );

        let (stop_public, stop_internal) = (CancellationToken::new(), CancellationToken::new());
        let internal = tokio::spawn(connection::serve(
            self.internal,
            internal,
            stop_internal.clone(),
            DRAIN_LIMIT,
        ));
        let public = tokio::spawn(connection::serve(
            self.public,
            router,
            stop_public.clone(),
            DRAIN_LIMIT,
        ));
        shutdown.await;
        readiness.stop();
        stop_public.cancel();
        let _ = public.await;
        stop_internal.cancel();
        let _ = internal.await;
    }
}

async fn bind(
    service: &'static str,
    addr: SocketAddr,
    setting: &'static str,
) -> Result<TcpListener, BindError> {
    TcpListener::bind(addr).await.map_err(|source| BindError {
        service,
        addr,
        setting,
        source,
    })
}

fn local_addr(listener: &TcpListener) -> SocketAddr {
    listener
        .local_addr()
        .expect("a bound listener has an address")
}

/// Answers what no route answers with a problem: 404, or 405 where only the method is wrong.
pub fn with_problem_fallbacks<S: Clone + Send + Sync + 'static>(router: Router<S>) -> Router<S> {
    router
        .fallback(|| async { problem::Problem::not_found() })
        .method_not_allowed_fallback(|| async {
            problem::Problem::status(http::StatusCode::METHOD_NOT_ALLOWED)
        })
}
