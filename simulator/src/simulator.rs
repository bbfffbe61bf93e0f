//! A running simulator.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::middleware::from_fn;
use axum::serve::ListenerExt as _;
use service_kit::http_client::{self, Limits};
use tokio::net::TcpListener;

use crate::app::App;
use crate::clock::SimClock;
use crate::config::{Config, Credentials};
use crate::gate::Gated;
use crate::world::World;
use crate::{control, login, messaging, page};

/// How long open connections may take to end.
const DRAIN: Duration = Duration::from_secs(3);

/// LINE, bound to its port and ready to serve.
#[derive(Debug)]
pub struct Simulator {
    app: App,
    listener: TcpListener,
    addr: SocketAddr,
}

/// A handle on a simulator, for what becomes known only after it is bound.
#[derive(Debug, Clone)]
pub struct Line {
    app: App,
}

impl Simulator {
    /// Binds the listener and makes up what `config` leaves open.
    ///
    /// # Errors
    ///
    /// If the address can't be bound.
    pub async fn build(config: Config) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(config.listen_addr)
            .await
            .with_context(|| format!("LISTEN_ADDR {} cannot be bound", config.listen_addr))?;
        let addr = listener.local_addr()?;
        let mut world = World::default();
        world.settings.webhook.url.clone_from(&config.webhook_url);
        world.settings.callbacks.clone_from(&config.callback_urls);
        world.quota.limit = Some(config.monthly_quota);
        // The two seconds that LINE grants are the webhook module's; these limits only bound what is left.
        let http = http_client::client(Limits {
            connect: Duration::from_mins(1),
            total: Duration::from_mins(1),
        });
        let app = App::new(
            config.credentials()?,
            config.origin(addr)?,
            config.bot_display_name.clone(),
            SimClock::new(config.clock.clone()),
            http,
            world,
        );
        Ok(Self {
            app,
            listener,
            addr,
        })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Its origin: the base URL of the Messaging API, LINE Login and the page.
    pub fn url(&self) -> String {
        self.app.url.clone()
    }

    /// What a bot and a website need to talk to it.
    pub fn credentials(&self) -> &Credentials {
        &self.app.credentials
    }

    /// A handle that outlives `serve`.
    pub fn line(&self) -> Line {
        Line {
            app: self.app.clone(),
        }
    }

    /// Serves until `shutdown` resolves, then ends long polls and streams and drains for a few seconds.
    ///
    /// # Errors
    ///
    /// If the listener fails.
    pub async fn serve(
        self,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> anyhow::Result<()> {
        let app = self.app;
        tracing::info!(address = %self.addr, "the simulated LINE is at {}", app.url);
        let stopping = app.stopping.clone();
        let begun = stopping.clone();
        let listener = self.listener.tap_io(|connection| {
            let _ = connection.set_nodelay(true);
        });
        let server = axum::serve(listener, router(app)).with_graceful_shutdown(async move {
            shutdown.await;
            stopping.cancel();
        });
        let give_up = async {
            begun.cancelled().await;
            tokio::time::sleep(DRAIN).await;
        };
        tokio::select! {
            ended = async { server.await } => ended.context("the listener failed"),
            () = give_up => Ok(()),
        }
    }
}

impl Line {
    /// Sets where webhooks go, as the console would.
    pub fn set_webhook(&self, url: impl Into<String>) {
        self.app.world(|world| {
            world.settings.webhook.url = Some(url.into());
            world.changed();
        });
    }

    /// Registers a callback URL at the login channel.
    pub fn register_callback(&self, url: impl Into<String>) {
        self.app
            .world(|world| world.settings.callbacks.push(url.into()));
    }
}

fn router(app: App) -> Router {
    let line = login::routes(messaging::routes(Gated::new(app.clone()))).finish();
    let screens = login::screens().layer(from_fn(control::same_origin));
    line.merge(screens)
        .merge(control::routes())
        .merge(page::routes())
        .with_state(app)
}
