//! One run: look at the schedules, then bring every occurrence as far as it goes.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use service_auth::TokenSource;
use service_kit::{Clock, Profile, Timestamp, telemetry};
use tokio_util::sync::CancellationToken;
use users_client::UsersClient;

use crate::breaker::Breaker;
use crate::campaign::{Campaign, Folder};
use crate::dispatch::{FAILURES, Halt};
use crate::line::Line;
use crate::progress::Progress;
use crate::report::RunReport;
use crate::store::{BODIES, LedgerError, Moments, Store};
use crate::{Backoff, Config};

/// What was due longer ago is not even recorded as missed.
const LOOK_BACK: Duration = Duration::from_hours(31 * 24);
/// How long the members' API may take to answer.
const USERS_LIMIT: Duration = Duration::from_secs(10);

/// Whatever sends: a run of the `CronJob`, or the scheduler at every tick.
#[derive(Debug)]
pub struct Pusher {
    campaigns: PathBuf,
    pub(crate) store: Store,
    pub(crate) users: UsersClient,
    pub(crate) line: Line,
    pub(crate) clock: Clock,
    pub(crate) backoff: Backoff,
    pub(crate) breaker: Breaker,
    pub(crate) lease: Duration,
    /// Whether bytes that were forgotten may still lie in the database's log.
    is_unscrubbed: AtomicBool,
}

/// A run under way.
pub(crate) struct Run<'a> {
    pub(crate) report: RunReport,
    pub(crate) progress: Progress,
    pub(crate) stop: &'a CancellationToken,
    /// Batches in a row, whosever, that LINE gave no usable answer to.
    pub(crate) failures: u32,
}

impl Pusher {
    /// Opens the ledger and checks the settings. Calls nobody.
    ///
    /// # Errors
    ///
    /// If a setting is wrong, or another process has the ledger's file open
    /// ([`FileLockError::Held`](service_kit::file_lock::FileLockError)).
    pub async fn open(config: &Config) -> anyhow::Result<Self> {
        ensure!(
            config.profile == Profile::Dev || config.line_api_base.scheme() == "https",
            "LINE_API_BASE must be https in production"
        );
        std::fs::read_dir(&config.campaigns).with_context(|| {
            format!(
                "CAMPAIGNS: the folder {} cannot be read",
                config.campaigns.display()
            )
        })?;
        let tokens = TokenSource::file(&config.service_token_file);
        let trust = config.trust.trust()?;
        let http = trust.client(config.limits);
        let users = UsersClient::new(http, &config.users_api, tokens);
        Ok(Self {
            campaigns: config.campaigns.clone(),
            users: users.retrying(USERS_LIMIT),
            line: Line::new(config, &trust)?,
            store: Store::open(&config.database.url()?, config.profile).await?,
            clock: config.clock.clone(),
            backoff: config.backoff,
            breaker: Breaker::default(),
            lease: config.lease,
            is_unscrubbed: AtomicBool::new(true),
        })
    }

    /// Does what is due, and what earlier runs left. It may be cut off anywhere and run again.
    ///
    /// # Errors
    ///
    /// If the campaigns' folder or the ledger fails. What LINE or the members' API does is in the report.
    pub async fn run_once(&self) -> anyhow::Result<RunReport> {
        Box::pin(self.run_until(&CancellationToken::new())).await
    }

    /// The same, but ends after the calls that are under way when `stop` is cancelled.
    pub(crate) async fn run_until(&self, stop: &CancellationToken) -> anyhow::Result<RunReport> {
        let mut run = Run {
            report: RunReport::default(),
            progress: Progress::new(&self.clock),
            stop,
            failures: 0,
        };
        let folder = Folder::read(&self.campaigns).context("the campaigns cannot be read")?;
        for refused in &folder.refused {
            run.report.attend("campaigns", telemetry::chain(refused));
        }
        // Before anything is sent.
        let forgot = self.forget_erased().await?;
        self.plan(&folder, &mut run).await?;
        let mut is_resting = false;
        for occurrence in self.store.open_occurrences().await? {
            match self.advance(occurrence, &folder, &mut run).await {
                Ok(None) => {}
                Ok(Some(halt)) if halt.is_of_one() => {}
                // Once may be that occurrence's own doing.
                Ok(Some(Halt::Failing)) if !is_resting => is_resting = true,
                Ok(Some(_)) => break,
                Err(LedgerError::Lost) => tracing::warn!("{}", LedgerError::Lost),
                Err(error) => return Err(error.into()),
            }
        }
        self.rest_or_go_on(&run);
        let pruned = self.store.prune(self.clock.now()).await?;
        self.is_unscrubbed
            .fetch_or(pruned || forgot, Ordering::Relaxed);
        if self.is_unscrubbed.load(Ordering::Relaxed) && self.store.scrub().await? {
            self.is_unscrubbed.store(false, Ordering::Relaxed);
        }
        Ok(run.report)
    }

    /// Leaves LINE alone for a while after it failed again and again.
    fn rest_or_go_on(&self, run: &Run<'_>) {
        if run.failures >= FAILURES {
            self.breaker.fail(self.clock.now(), self.backoff.longest);
        } else if run.report.batches_accepted > 0 {
            self.breaker.close();
        }
    }

    /// How many occurrences stand where: those that are not over, and those of the last day that did not go out whole.
    pub(crate) async fn standings(&self) -> Result<Vec<(String, i64)>, LedgerError> {
        self.store.standings(self.clock.now() - BODIES).await
    }

    pub(crate) async fn is_ready(&self) -> bool {
        self.store.is_ready().await
    }

    async fn plan(&self, folder: &Folder, run: &mut Run<'_>) -> Result<(), LedgerError> {
        for campaign in folder.campaigns.values() {
            run.report.campaigns += 1;
            let now = self.clock.now();
            let since = self.looked_until(campaign, now).await?;
            let due = campaign.schedule().between(since, now);
            let moments = Moments {
                campaign: campaign.name(),
                digest: campaign.digest(),
                due: &due,
                not_after: campaign.not_after(),
            };
            let planned = self.store.plan(&moments, now).await?;
            run.report.due += planned.due;
            run.report.missed += planned.missed;
            if planned.missed > 0 {
                let matter = format!("missed {} times: no run looked in time", planned.missed);
                run.report.attend(campaign.name(), matter);
            }
        }
        Ok(())
    }

    /// From when on the campaign's moments are to be planned.
    async fn looked_until(
        &self,
        campaign: &Campaign,
        now: Timestamp,
    ) -> Result<Timestamp, LedgerError> {
        // What may still begin is looked at every time, so that a clock set back costs nothing.
        let window = now - campaign.not_after();
        let since = match self.store.looked(campaign.name()).await? {
            // It was edited after the last look: what the new document says of the time before was never due.
            Some(looked) if looked.is_of_another(campaign.digest()) => looked.seen_until,
            Some(looked) => looked.seen_until.min(window),
            None if campaign.schedule().is_recurring() => window,
            None => now - LOOK_BACK,
        };
        let restored_at = self.store.restored_at().await?;
        Ok(since.max(now - LOOK_BACK).max(restored_at))
    }
}
