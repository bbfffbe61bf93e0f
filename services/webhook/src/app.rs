use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use axum::Router;
use line_api::signature::ChannelSecrets;
use secrecy::{ExposeSecret as _, SecretString};
use service_auth::TokenSource;
use service_kit::http_client::Limits;
use service_kit::secret::SecretError;
use service_kit::{Profile, Readiness, Server, secret};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use url::Url;
use users_client::UsersClient;

use crate::Config;
use crate::bot::Link;
use crate::callback::{self, Budget, Intake};
use crate::limits::{BODIES_BYTES, CONVERSATIONS};
use crate::metrics::Metrics;
use crate::store::{Places, Store};
use crate::worker::{Actor, Erasures, Line, LookUps, Upkeep, Worker};

/// A reply that takes longer has an unknown end and is tried again.
const LINE_LIMITS: Limits = Limits {
    connect: Duration::from_secs(2),
    total: Duration::from_secs(4),
};

/// A look-up that takes longer is asked anew.
const USERS_LIMITS: Limits = Limits {
    connect: Duration::from_millis(500),
    total: Duration::from_secs(2),
};

/// The webhook, ready to serve.
pub struct App {
    server: Server,
    router: Router,
    store: Store,
    worker: Worker,
    upkeep: Upkeep,
    erasures: Erasures,
}

impl App {
    /// Checks the settings, opens the inbox and binds both listeners.
    ///
    /// # Errors
    ///
    /// If a setting is missing or of no use, the inbox is in use by another process, or a port is taken.
    pub async fn build(config: Config) -> anyhow::Result<Self> {
        check(&config)?;
        let channel_secret = secret::required(
            "LINE_CHANNEL_SECRET",
            config.line_channel_secret.as_ref(),
            config.line_channel_secret_file.as_deref(),
        )?;
        let access_token = secret::required(
            "LINE_CHANNEL_ACCESS_TOKEN",
            config.line_channel_access_token.as_ref(),
            config.line_channel_access_token_file.as_deref(),
        )?;
        // A value given directly goes before a file, and does not change.
        let token_file = config
            .line_channel_access_token_file
            .filter(|_| config.line_channel_access_token.is_none());
        check_each(&channel_secret)?;
        let secrets = ChannelSecrets::parse(&channel_secret).context("LINE_CHANNEL_SECRET")?;

        let trust = config.trust.trust()?;
        let mut server = Server::bind("webhook", config.listen_addr, config.internal_addr)
            .await?
            .shutdown_delay(config.stop.delay(config.profile))
            .tls(config.tls.acceptor()?)
            .quiet("/callback");
        let store = Store::open(&config.database.url()?, config.profile).await?;
        let metrics = Metrics::default();
        metrics.register(server.metrics());
        let router = callback::router(Intake {
            secrets,
            bot_user_id: config.bot_user_id,
            store: store.clone(),
            bodies: Budget::of(BODIES_BYTES),
            clock: config.clock.clone(),
            metrics: metrics.clone(),
        });
        let users = UsersClient::new(
            trust.client(USERS_LIMITS),
            &config.users_api,
            TokenSource::file(config.service_token_file),
        );
        let actor = Actor {
            store: store.clone(),
            clock: config.clock.clone(),
            metrics: metrics.clone(),
            line: Line {
                http: trust
                    .at(&config.line_api_base, line_api::API_BASE)
                    .client(LINE_LIMITS),
                base: config.line_api_base,
                token: access_token,
                file: token_file.map(TokenSource::file),
            },
            look_ups: LookUps::new(users.clone()),
            users: users.clone(),
            link: Link::new(config.website_link),
            language: config.bot_language,
            opt_out_consents: config.bot_opt_out_consents,
            push_fallback: config.bot_push_fallback,
            look_up_limit: config.look_up_limit,
            outage: AtomicBool::new(false),
        };
        let upkeep = Upkeep {
            store: store.clone(),
            clock: config.clock.clone(),
            metrics: metrics.clone(),
        };
        let erasures = Erasures {
            store: store.clone(),
            users,
            clock: config.clock.clone(),
        };
        let worker = Worker {
            store: store.clone(),
            clock: config.clock,
            metrics,
            places: Arc::new(Places::new(CONVERSATIONS)),
            actor,
            leases: Arc::default(),
            suspects: Mutex::default(),
        };
        Ok(Self {
            server,
            router,
            store,
            worker,
            upkeep,
            erasures,
        })
    }

    /// Where LINE's events arrive.
    pub fn public_addr(&self) -> SocketAddr {
        self.server.public_addr()
    }

    /// Where health and metrics are.
    pub fn internal_addr(&self) -> SocketAddr {
        self.server.internal_addr()
    }

    /// Serves until `shutdown`; then takes up no more events, finishes what it has begun and returns.
    ///
    /// # Errors
    ///
    /// If the worker died of a defect, or the disk failed.
    pub async fn serve<Stop>(self, shutdown: Stop) -> anyhow::Result<()>
    where
        Stop: Future<Output = ()> + Send + 'static,
    {
        let stop = CancellationToken::new();
        let worker = tokio::spawn({
            let stop = stop.clone();
            async move {
                // Without its worker the process would only collect: it rather ends, to be started again.
                let _end = stop.clone().drop_guard();
                self.worker.run(stop).await;
            }
        });
        let upkeep = tokio::spawn({
            let stop = stop.clone();
            async move {
                let _end = stop.clone().drop_guard();
                self.upkeep.run(stop).await;
            }
        });
        let erasures = tokio::spawn({
            let stop = stop.clone();
            async move {
                let _end = stop.clone().drop_guard();
                self.erasures.run(stop).await;
            }
        });
        let store = self.store.clone();
        let readiness = Readiness::new(move || {
            let store = store.clone();
            async move { store.is_up().await }
        });
        let broken = self.store.clone();
        let shutdown = async move {
            tokio::select! {
                () = shutdown => stop.cancel(),
                () = stop.cancelled() => {}
                () = broken.broken() => stop.cancel(),
            }
        };
        self.server.serve(self.router, readiness, shutdown).await;
        worker.await.context("the worker broke down")?;
        upkeep.await.context("the upkeep broke down")?;
        erasures.await.context("the erasures broke down")?;
        ensure!(
            !self.store.is_broken(),
            "the disk failed; what was stored is in the log, and the next start recovers it"
        );
        self.store.close().await;
        Ok(())
    }
}

/// A placeholder beside the real secret would be as good a key as that.
fn check_each(secrets: &SecretString) -> Result<(), SecretError> {
    for secret in secrets
        .expose_secret()
        .split(',')
        .filter(|secret| !secret.trim().is_empty())
    {
        secret::required(
            "LINE_CHANNEL_SECRET",
            Some(&SecretString::from(secret)),
            None,
        )?;
    }
    Ok(())
}

/// What clap cannot check.
fn check(config: &Config) -> anyhow::Result<()> {
    let link = Url::parse(&config.website_link).context("WEBSITE_LINK is not an address")?;
    ensure!(
        matches!(link.scheme(), "http" | "https"),
        "WEBSITE_LINK must begin with https:// or http://"
    );
    ensure!(
        config.profile == Profile::Dev || config.line_api_base.scheme() == "https",
        "LINE_API_BASE must begin with https://, for the channel access token travels there; PROFILE=dev lifts this"
    );
    Ok(())
}
