//! For services that nobody calls: health and metrics only.

use std::net::SocketAddr;
use std::sync::Arc;

use prometheus_client::registry::Registry;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::accept::Door;
use super::stop::Stages;
use super::traffic::Traffic;
use super::{BindError, INTERNAL_DRAIN_LIMIT, bind, local_addr};
use crate::Readiness;
use crate::health;

/// The internal listener of a service without public routes, bound.
pub struct InternalServer {
    name: &'static str,
    listener: TcpListener,
    registry: Registry,
}

impl InternalServer {
    /// Binds the internal listener of the service called `name`.
    pub async fn bind(name: &'static str, internal: SocketAddr) -> Result<Self, BindError> {
        Ok(Self {
            name,
            listener: bind(name, internal, "INTERNAL_ADDR").await?,
            registry: Registry::default(),
        })
    }

    /// Where health and metrics are.
    pub fn internal_addr(&self) -> SocketAddr {
        local_addr(&self.listener)
    }

    /// Where the service registers metrics of its own.
    pub fn metrics(&mut self) -> &mut Registry {
        &mut self.registry
    }

    /// Serves health and metrics until `work` ends; unready from `stopping` on.
    pub async fn serve<Work: Future>(
        self,
        readiness: Readiness,
        stopping: CancellationToken,
        work: Work,
    ) -> Work::Output {
        tracing::info!(
            service = self.name,
            internal_addr = %local_addr(&self.listener),
            "{} is ready",
            self.name
        );
        let stages = Arc::<Stages>::default();
        let internal = Door {
            router: health::router(readiness.clone(), self.registry),
            stages: Arc::clone(&stages),
            traffic: Traffic::default(),
            tls: None,
        };
        let internal = tokio::spawn(internal.serve(self.listener, INTERNAL_DRAIN_LIMIT));
        let unready = async {
            stopping.cancelled().await;
            readiness.stop();
            std::future::pending::<()>().await;
        };
        let result = tokio::select! {
            result = work => result,
            () = unready => unreachable!("it never ends"),
        };
        stages.finish();
        let _ = internal.await;
        result
    }
}
