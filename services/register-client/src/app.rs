use std::net::SocketAddr;

use axum::Router;
use member_session::{Offer, OfferError};
use service_kit::Readiness;
use service_kit::public_url::{self, PublicUrlError};
use service_kit::server::{BindError, Server};
use service_kit::tls::TlsError;

use crate::brand::{Brand, BrandError};
use crate::config::Config;
use crate::handlers;
use crate::site::Site;

/// register-client, bound and ready to serve.
pub struct App {
    server: Server,
    router: Router,
}

/// Why register-client does not start.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The website's address is of no use.
    #[error(transparent)]
    PublicUrl(#[from] PublicUrlError),
    /// The brand is not usable.
    #[error(transparent)]
    Brand(#[from] BrandError),
    /// What membership asks for is not usable.
    #[error(transparent)]
    Offer(#[from] OfferError),
    /// An address is taken or not ours.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// A file for TLS is of no use.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

impl App {
    /// Checks the settings and binds the listeners.
    pub async fn build(config: Config) -> Result<Self, BuildError> {
        public_url::origin(&config.public_url, config.profile)?;
        let brand = Brand::read(config.brand.as_deref())?;
        let offer = Offer::read(config.membership.as_deref())?;
        let trust = config.trust.trust()?;
        let server = Server::bind("register-client", config.listen_addr, config.internal_addr)
            .await?
            .shutdown_delay(config.stop.delay(config.profile))
            .tls(config.tls.acceptor()?);
        Ok(Self {
            server,
            router: handlers::router(Site::new(&config, &trust, brand, offer)),
        })
    }

    /// Where browsers, or the gateway in front of it, reach it.
    pub fn public_addr(&self) -> SocketAddr {
        self.server.public_addr()
    }

    /// Where health and metrics are.
    pub fn internal_addr(&self) -> SocketAddr {
        self.server.internal_addr()
    }

    /// Serves until `shutdown`.
    ///
    /// It is ready even while register-server is away: it has a page in the visitor's language to say so, which
    /// nobody would see if the ingress took it out of service.
    pub async fn serve<Stop>(self, shutdown: Stop) -> anyhow::Result<()>
    where
        Stop: Future<Output = ()> + Send + 'static,
    {
        self.server
            .serve(self.router, Readiness::always(), shutdown)
            .await;
        Ok(())
    }
}
