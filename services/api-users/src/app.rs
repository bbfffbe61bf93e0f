use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use axum::Router;
use service_auth::{Issuers, Verifier};
use service_kit::{Clock, Profile, Readiness, Server};
use tokio::sync::Semaphore;
use tokio::time::MissedTickBehavior;

use crate::activity::Activity;
use crate::rate::RateLimit;
use crate::store::Store;
use crate::{Config, routes};

/// How often what is due for forgetting is looked for.
const TIDY_INTERVAL: Duration = Duration::from_mins(1);

/// The members' API, bound and ready to serve.
pub struct App {
    server: Server,
    router: Router,
    state: AppState,
}

/// What every handler may use. One count, for axum clones it several times for each request.
pub(crate) type AppState = Arc<Parts>;

/// What the service is made of.
pub(crate) struct Parts {
    pub(crate) store: Store,
    pub(crate) verifier: Verifier,
    pub(crate) clock: Clock,
    pub(crate) activity: Activity,
    pub(crate) operators: RateLimit,
    /// Held by the import that is running.
    pub(crate) importing: Arc<Semaphore>,
}

impl App {
    /// Opens the store, brings its tables up to date and binds the listeners.
    pub async fn build(config: Config) -> anyhow::Result<Self> {
        let issuers = Issuers::read(&config.service_issuers)?;
        check_issuers(&issuers, config.profile)?;
        let store = Store::open(&config.database.url()?, config.profile)
            .await
            .context("cannot open the members' database")?;
        let server = Server::bind("api-users", config.listen_addr, config.internal_addr)
            .await?
            .shutdown_delay(config.stop.delay(config.profile))
            .tls(config.tls.acceptor()?);
        let verifier = Verifier::new(issuers, &config.service_audience, config.clock.clone());
        let state = Arc::new(Parts {
            store,
            verifier,
            operators: RateLimit::new(config.operator_rate, config.clock.clone()),
            clock: config.clock,
            activity: Activity::default(),
            importing: Arc::new(Semaphore::new(1)),
        });
        Ok(Self {
            server,
            router: routes::router(state.clone()),
            state,
        })
    }

    /// Where callers reach it.
    pub fn public_addr(&self) -> SocketAddr {
        self.server.public_addr()
    }

    /// Where health and metrics are.
    pub fn internal_addr(&self) -> SocketAddr {
        self.server.internal_addr()
    }

    /// Serves until `shutdown`, finishes what runs and closes the store.
    pub async fn serve<Stop>(self, shutdown: Stop) -> anyhow::Result<()>
    where
        Stop: Future<Output = ()> + Send + 'static,
    {
        let store = self.state.store.clone();
        let readiness = Readiness::new(move || {
            let store = store.clone();
            async move { store.is_ready().await }
        });
        tokio::select! {
            () = self.server.serve(self.router, readiness, shutdown) => {}
            () = tidy(&self.state) => {}
        }
        write_activity(&self.state).await;
        self.state.store.close().await;
        Ok(())
    }
}

fn check_issuers(issuers: &Issuers, profile: Profile) -> anyhow::Result<()> {
    ensure!(
        !issuers.issuers.is_empty(),
        "SERVICE_ISSUERS names no issuer: nobody could ever call"
    );
    let keys_in_clear = issuers
        .issuers
        .iter()
        .filter_map(|issuer| issuer.jwks_url.as_ref())
        .any(|url| url.scheme() != "https");
    ensure!(
        profile == Profile::Dev || !keys_in_clear,
        "SERVICE_ISSUERS fetches keys over plain HTTP: anybody on the way could vouch for anybody"
    );
    Ok(())
}

/// Forgets what is due, for as long as the service runs.
async fn tidy(state: &AppState) {
    let mut ticks = tokio::time::interval(TIDY_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        write_activity(state).await;
        if let Err(error) = state.store.tidy(state.clock.now()).await {
            tracing::warn!(
                error = service_kit::telemetry::chain(&error),
                "old traces of erased people could not be tidied away; trying again"
            );
        }
    }
}

async fn write_activity(state: &AppState) {
    if let Err(error) = state.activity.write(&state.store).await {
        tracing::warn!(
            error = service_kit::telemetry::chain(&error),
            "who was active lately could not be written down"
        );
    }
}
