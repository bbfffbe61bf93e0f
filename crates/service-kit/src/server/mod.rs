//! Two listeners and what every request gets.

mod accept;
mod connection;
mod exchange;
mod framing;
mod internal;
mod patience;
mod pulse;
mod request;
mod request_id;
mod socket;
mod stop;
mod stream;
mod tally;
mod traffic;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use prometheus_client::registry::Registry;
use tokio::net::TcpListener;

pub use internal::InternalServer;
pub use request::{Failure, wants_a_page};
pub use request_id::{REQUEST_ID, RequestId};
pub use stop::StopConfig;

use self::accept::Door;
use self::request::Observer;
use self::stop::Stages;
use self::tally::Tally;
use self::traffic::Traffic;
use crate::tls::Acceptor;
use crate::{Readiness, health, shutdown};

/// Requests still running this long after the listener was closed are dropped.
const DRAIN_LIMIT: Duration = Duration::from_secs(10);

/// The same for health and metrics, which are asked for again.
const INTERNAL_DRAIN_LIMIT: Duration = Duration::from_secs(1);

/// The largest request body, unless a route sets its own `DefaultBodyLimit`.
const BODY_LIMIT: usize = 64 * 1024;

/// A service's two listeners, bound: its addresses are known before it serves.
pub struct Server {
    name: &'static str,
    public: TcpListener,
    internal: TcpListener,
    registry: Registry,
    shutdown_delay: Duration,
    quiet: Vec<&'static str>,
    tls: Option<Acceptor>,
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
            shutdown_delay: Duration::ZERO,
            quiet: Vec::new(),
            tls: None,
        })
    }

    /// How long it goes on accepting once it is told to stop; not at all unless this is said.
    #[must_use]
    pub fn shutdown_delay(mut self, delay: Duration) -> Self {
        self.shutdown_delay = delay;
        self
    }

    /// Requests of this route (a template such as `/callback`) are logged at debug level as long as they succeed: for
    /// routes that are called thousands of times a second and have metrics of their own.
    #[must_use]
    pub fn quiet(mut self, route: &'static str) -> Self {
        self.quiet.push(route);
        self
    }

    /// Speaks TLS with its clients, if that is given; health and metrics stay as they are.
    #[must_use]
    pub fn tls(mut self, acceptor: Option<Acceptor>) -> Self {
        self.tls = acceptor;
        self
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

    /// Serves `router` until `shutdown`, and then stops so that no request is lost:
    ///
    /// 1. It turns unready, and every answer from now on closes its connection. It still accepts, for as long as load
    ///    balancers may need to notice (the shutdown delay).
    /// 2. It closes the listener and the idle connections.
    /// 3. It finishes the requests that run, for 10 seconds at most.
    ///
    /// Whatever else the service has to give up at the same moment as its readiness belongs into `shutdown`.
    pub async fn serve<Stop>(mut self, router: Router, readiness: Readiness, shutdown: Stop)
    where
        Stop: Future<Output = ()> + Send + 'static,
    {
        let tally = Arc::new(Tally::new(self.name, self.quiet, &mut self.registry));
        let layers = (
            Observer(Arc::clone(&tally)),
            DefaultBodyLimit::max(BODY_LIMIT),
        );
        let (traffic, stages) = (Traffic::default(), Arc::<Stages>::default());
        traffic.register(&mut self.registry);
        let stop_internal = Arc::<Stages>::default();
        tracing::info!(
            service = self.name,
            listen_addr = %local_addr(&self.public),
            internal_addr = %local_addr(&self.internal),
            "{} is ready",
            self.name
        );

        let internal = Door {
            router: health::router(readiness.clone(), self.registry),
            stages: Arc::clone(&stop_internal),
            traffic: Traffic::default(),
            tls: None,
        };
        let public = Door {
            // axum builds a router's routes anew for every request until it is told that no state is missing.
            router: router.layer(layers).with_state(()),
            stages: Arc::clone(&stages),
            traffic,
            tls: self.tls,
        };
        let internal = tokio::spawn(internal.serve(self.internal, INTERNAL_DRAIN_LIMIT));
        let public = tokio::spawn(public.serve(self.public, DRAIN_LIMIT));
        let summing_up = tokio::spawn({
            let tally = Arc::clone(&tally);
            async move { tally.keep_summing_up().await }
        });
        shutdown.await;
        readiness.stop();
        stages.close();
        shutdown::wait(self.shutdown_delay).await;
        stages.finish();
        let _ = public.await;
        summing_up.abort();
        tally.sum_up();
        stop_internal.finish();
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
