use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use ipnet::IpNet;
use member_session::Offer;
use service_auth::TokenSource;
use service_kit::http_client;
use service_kit::{Clock, Readiness, Server};
use tokio_util::sync::CancellationToken;
use users_client::UsersClient;

use crate::browser_id::BrowserIds;
use crate::config::Config;
use crate::guard::Limits;
use crate::line::Line;
use crate::store::Store;
use crate::{routes, upkeep};

/// The members' API answers within this, or a visitor is asked to try again. Whoever is at the other end of no connection
/// by then is gone, with the node: that leaves time for the client to try once more, and meet another replica.
const USERS_LIMITS: http_client::Limits = http_client::Limits {
    connect: Duration::from_millis(500),
    total: Duration::from_secs(3),
};

/// register-server, built and bound: its addresses are known before it serves.
pub struct App {
    server: Server,
    router: Router,
    state: AppState,
}

/// What every handler shares.
#[derive(Clone)]
pub(crate) struct AppState(Arc<Shared>);

pub(crate) struct Shared {
    pub(crate) store: Store,
    pub(crate) line: Line,
    pub(crate) users: UsersClient,
    pub(crate) browsers: BrowserIds,
    pub(crate) proxies: Vec<IpNet>,
    pub(crate) limits: Limits,
    pub(crate) offer: Offer,
    pub(crate) clock: Clock,
}

impl Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl App {
    /// Checks the settings, opens the store and binds both listeners.
    pub async fn build(config: Config) -> anyhow::Result<Self> {
        let origin = config.origin()?;
        let channel_secret = config.channel_secret()?;
        let trust = config.trust.trust()?;
        let line = Line::new(&config, &trust, &channel_secret, &origin)?;
        let offer = Offer::read(config.membership.as_deref())?;
        let users = UsersClient::new(
            trust.client(USERS_LIMITS),
            &config.users_api,
            TokenSource::file(&config.service_token_file),
        )
        .retrying(USERS_LIMITS.total);
        let store = Store::open(&config.database.url()?, config.profile).await?;
        let server = Server::bind("register-server", config.listen_addr, config.internal_addr)
            .await?
            .shutdown_delay(config.stop.delay(config.profile))
            .tls(config.tls.acceptor()?);
        let state = AppState(Arc::new(Shared {
            store,
            line,
            users,
            browsers: BrowserIds::new(&channel_secret),
            proxies: config.trusted_proxies,
            limits: Limits::new(config.sign_ins_per_minute, &config.clock),
            offer,
            clock: config.clock,
        }));
        Ok(Self {
            server,
            router: routes::router(state.clone(), &origin),
            state,
        })
    }

    /// Where browsers and register-client reach it.
    pub fn public_addr(&self) -> SocketAddr {
        self.server.public_addr()
    }

    /// Where health and metrics are.
    pub fn internal_addr(&self) -> SocketAddr {
        self.server.internal_addr()
    }

    /// Serves until `shutdown`, then finishes what runs.
    pub async fn serve<Stop>(self, shutdown: Stop) -> anyhow::Result<()>
    where
        Stop: Future<Output = ()> + Send + 'static,
    {
        let stop = CancellationToken::new();
        let upkeep = tokio::spawn(upkeep::run(self.state.clone(), stop.clone()));
        let state = self.state.clone();
        let readiness = Readiness::new(move || {
            let state = state.clone();
            async move { state.store.is_ready().await }
        });
        self.server.serve(self.router, readiness, shutdown).await;
        stop.cancel();
        upkeep.await?;
        self.state.store.close().await;
        Ok(())
    }
}
