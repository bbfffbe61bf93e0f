use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use service_kit::server::InternalServer;
use service_kit::{Readiness, telemetry};
use tokio::sync::Notify;
use tokio_cron_scheduler::{Job, JobScheduler};
use tokio_util::sync::CancellationToken;

use crate::metrics::Metrics;
use crate::{Config, Pusher, RunReport};

/// When the scheduler looks. What is due the ledger knows; this is only the clock's tick.
const TICKS: &str = "*/10 * * * * *";

/// A pusher that runs by itself, with health and metrics.
pub struct App {
    pusher: Arc<Pusher>,
    metrics: Metrics,
    server: InternalServer,
}

impl App {
    /// Opens the ledger and binds the internal listener.
    ///
    /// # Errors
    ///
    /// If a setting is wrong, the address is taken, or another process has the ledger open.
    pub async fn build(config: Config) -> anyhow::Result<Self> {
        let pusher = Arc::new(Pusher::open(&config).await?);
        let mut server = InternalServer::bind("push-msg", config.internal_addr).await?;
        let metrics = Metrics::default();
        metrics.register(server.metrics());
        Ok(Self {
            pusher,
            metrics,
            server,
        })
    }

    /// Where health and metrics are.
    pub fn internal_addr(&self) -> SocketAddr {
        self.server.internal_addr()
    }

    /// Does what is due now, once.
    ///
    /// # Errors
    ///
    /// If the campaigns' folder or the ledger fails.
    pub async fn run_once(&self) -> anyhow::Result<RunReport> {
        self.pusher.run_once().await
    }

    /// Runs at every tick until `shutdown`; then lets the call that is under way end.
    ///
    /// # Errors
    ///
    /// If the ticks cannot be started.
    pub async fn serve<Stop>(self, shutdown: Stop) -> anyhow::Result<()>
    where
        Stop: Future<Output = ()> + Send + 'static,
    {
        let stop = CancellationToken::new();
        let stopper = stop.clone();
        tokio::spawn(async move {
            shutdown.await;
            stopper.cancel();
        });
        let ticks = Arc::new(Notify::new());
        ticks.notify_one();
        let mut scheduler = scheduler(&ticks).await.context("the ticks cannot start")?;
        let asked = self.pusher.clone();
        let readiness = Readiness::new(move || {
            let pusher = asked.clone();
            async move { pusher.is_ready().await }
        });
        let work = runs(&self.pusher, &self.metrics, &ticks, &stop);
        self.server.serve(readiness, stop.clone(), work).await;
        scheduler.shutdown().await.context("the ticks cannot end")
    }
}

async fn scheduler(ticks: &Arc<Notify>) -> anyhow::Result<JobScheduler> {
    let scheduler = JobScheduler::new().await?;
    let ticks = ticks.clone();
    let job = Job::new_async(TICKS, move |_, _| {
        let ticks = ticks.clone();
        Box::pin(async move { ticks.notify_one() })
    })?;
    scheduler.add(job).await?;
    scheduler.start().await?;
    Ok(scheduler)
}

/// One run after another: a tick during a run starts the next, not a second at once.
async fn runs(pusher: &Pusher, metrics: &Metrics, ticks: &Notify, stop: &CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = ticks.notified() => {}
        }
        let run = Box::pin(pusher.run_until(stop)).await;
        match pusher.standings().await {
            Ok(standings) => metrics.set_standing(&standings),
            Err(error) => tracing::warn!(
                error = telemetry::chain(&error),
                "the ledger does not say how things stand"
            ),
        }
        metrics.count(&run);
        if let Err(error) = run {
            let error = format!("{error:#}");
            tracing::error!(error, "the run failed: {error}");
        }
    }
}
