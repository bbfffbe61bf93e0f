//! One run: look at the schedules, then bring every occurrence as far as it goes.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use service_auth::TokenSource;
use service_kit::http_client::{self, Limits};
use service_kit::{Clock, Profile, telemetry};
use tokio_util::sync::CancellationToken;
use users_client::UsersClient;

use crate::campaign::{Campaign, Folder};
use crate::dispatch::Halt;
use crate::freeze::FreezeError;
use crate::line::Line;
use crate::report::{RunReport, subject};
use crate::store::{Claim, LedgerError, Occurrence, OccurrenceState, Store};
use crate::{Backoff, Config};

/// How long an occurrence is taken for. A call to LINE takes 10 seconds at most.
pub(crate) const LEASE: Duration = Duration::from_secs(30);
/// What was due longer ago is not even recorded as missed.
const LOOK_BACK: Duration = Duration::from_hours(31 * 24);

/// Whatever sends: a run of the `CronJob`, or the scheduler at every tick.
#[derive(Debug)]
pub struct Pusher {
    campaigns: PathBuf,
    pub(crate) store: Store,
    pub(crate) users: UsersClient,
    pub(crate) line: Line,
    pub(crate) clock: Clock,
    pub(crate) backoff: Backoff,
}

/// A run under way.
pub(crate) struct Run<'a> {
    pub(crate) report: RunReport,
    pub(crate) stop: &'a CancellationToken,
    /// Batches in a row, whosever, that LINE gave no usable answer to.
    pub(crate) failures: u32,
}

impl Pusher {
    /// Opens the ledger, alone, and checks the settings. Calls nobody.
    ///
    /// # Errors
    ///
    /// If a setting is wrong, or another process has the ledger open ([`FileLockError::Held`](service_kit::file_lock::FileLockError)).
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
        let http = http_client::client(Limits::default());
        Ok(Self {
            campaigns: config.campaigns.clone(),
            users: UsersClient::new(http, &config.users_api, tokens),
            line: Line::new(config)?,
            store: Store::open(&config.database.url()?).await?,
            clock: config.clock.clone(),
            backoff: config.backoff,
        })
    }

    /// Does what is due, and what earlier runs left. It may be cut off anywhere and run again.
    ///
    /// # Errors
    ///
    /// If the campaigns' folder or the ledger fails. Whatever else goes wrong is in the report.
    pub async fn run_once(&self) -> anyhow::Result<RunReport> {
        self.run_until(&CancellationToken::new()).await
    }

    /// The same; begins no further call once `stop` is cancelled.
    pub(crate) async fn run_until(&self, stop: &CancellationToken) -> anyhow::Result<RunReport> {
        let mut run = Run {
            report: RunReport::default(),
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
                Ok(None | Some(Halt::ShortOf { .. } | Halt::Refusing)) => {}
                // Once may be that occurrence's own doing.
                Ok(Some(Halt::Failing)) if !is_resting => is_resting = true,
                Ok(Some(_)) => break,
                Err(LedgerError::Lost) => tracing::warn!("{}", LedgerError::Lost),
                Err(error) => return Err(error.into()),
            }
        }
        if self.store.prune(self.clock.now()).await? || forgot {
            self.store.scrub().await?;
        }
        Ok(run.report)
    }

    pub(crate) async fn is_ready(&self) -> bool {
        self.store.is_ready().await
    }

    async fn plan(&self, folder: &Folder, run: &mut Run<'_>) -> Result<(), LedgerError> {
        for campaign in folder.campaigns.values() {
            run.report.campaigns += 1;
            let now = self.clock.now();
            // What may still begin is looked at every time, so that a clock set back costs nothing.
            let window = now - campaign.not_after();
            let seen = self.store.seen_until(campaign.name()).await?;
            let since = match seen {
                Some(seen) => seen.min(window),
                None if campaign.schedule().is_recurring() => window,
                None => now - LOOK_BACK,
            };
            let since = since.max(now - LOOK_BACK);
            let moments = campaign.schedule().between(since, now);
            let planned = self
                .store
                .plan(campaign.name(), &moments, campaign.not_after(), now)
                .await?;
            run.report.due += planned.due;
            run.report.missed += planned.missed;
            if planned.missed > 0 {
                let matter = format!("missed {} times: no run looked in time", planned.missed);
                run.report.attend(campaign.name(), matter);
            }
        }
        Ok(())
    }

    async fn advance(
        &self,
        occurrence: i64,
        folder: &Folder,
        run: &mut Run<'_>,
    ) -> Result<Option<Halt>, LedgerError> {
        let now = self.clock.now();
        let Some((claim, occurrence)) = self.store.claim(occurrence, now, LEASE).await? else {
            return Ok(None);
        };
        let campaign = folder.campaigns.get(&occurrence.campaign);
        let flow = self
            .advance_claimed(&claim, &occurrence, campaign, run)
            .await;
        self.store.release(&claim).await?;
        flow
    }

    async fn advance_claimed(
        &self,
        claim: &Claim,
        occurrence: &Occurrence,
        campaign: Option<&Campaign>,
        run: &mut Run<'_>,
    ) -> Result<Option<Halt>, LedgerError> {
        let zone = campaign.map(|campaign| campaign.schedule().zone());
        let name = subject(&occurrence.campaign, occurrence.scheduled_at, zone);
        let now = self.clock.now();
        if now > occurrence.not_after && self.store.tally(claim).await?.is_untouched() {
            let (state, reason) = match occurrence.state {
                OccurrenceState::Planned => {
                    (OccurrenceState::Missed, "it could not be prepared in time")
                }
                _ => (
                    OccurrenceState::Expired,
                    "it could not begin in time; nothing was sent",
                ),
            };
            run.report.attend(&name, reason);
            run.report.missed += u64::from(state == OccurrenceState::Missed);
            self.store.finish(claim, state, Some(reason), now).await?;
            return Ok(None);
        }
        if occurrence.state == OccurrenceState::Planned {
            let Some(campaign) = campaign else {
                run.report
                    .attend(&name, "its campaign file is gone or wrong");
                return Ok(None);
            };
            let stop = run.stop.clone();
            let frozen = tokio::select! {
                frozen = self.freeze(claim, occurrence, campaign, &mut run.report) => frozen,
                () = stop.cancelled() => {
                    self.store.thaw(claim).await?;
                    return Ok(Some(Halt::Stopping));
                }
            };
            match frozen {
                Ok(()) => {}
                Err(FreezeError::Ledger(error)) => return Err(error),
                Err(error) => {
                    run.report.attend(&name, telemetry::chain(&error));
                    return Ok(None);
                }
            }
        }
        let halt = self.check_and_send(claim, occurrence, run).await?;
        self.close(claim, occurrence, &name, halt.as_ref(), run)
            .await?;
        Ok(halt)
    }

    /// Reads the quota before the first call, then sends.
    async fn check_and_send(
        &self,
        claim: &Claim,
        occurrence: &Occurrence,
        run: &mut Run<'_>,
    ) -> Result<Option<Halt>, LedgerError> {
        let waiting = self.store.tally(claim).await?.waiting;
        let refusal = match u64::try_from(waiting).unwrap_or(0) {
            0 => None,
            need => self.quota_refusal(need).await,
        };
        // What LINE may have accepted is asked again whatever the quota is: it may have been counted already.
        let flow = self.send(claim, occurrence, refusal.is_some(), run).await?;
        Ok(flow.break_value().or(refusal))
    }

    async fn quota_refusal(&self, need: u64) -> Option<Halt> {
        let mut answer = self.line.quota_left().await;
        if matches!(answer, Err(line_api::messaging::Error::Unauthorized(_)))
            && self.line.renew_token().await
        {
            answer = self.line.quota_left().await;
        }
        match answer {
            Ok(None) => None,
            Ok(Some(left)) if left >= need => None,
            Ok(Some(left)) => Some(Halt::ShortOf { left, need }),
            Err(error) if error.is_transient() => Some(Halt::Failing),
            Err(error) => Some(Halt::NoEntry(error.to_string())),
        }
    }

    /// Writes down how far the occurrence came.
    async fn close(
        &self,
        claim: &Claim,
        occurrence: &Occurrence,
        name: &str,
        halt: Option<&Halt>,
        run: &mut Run<'_>,
    ) -> Result<(), LedgerError> {
        let tally = self.store.tally(claim).await?;
        match self.conclude(claim, occurrence, &tally).await? {
            Some((OccurrenceState::Sent, _)) if tally.accepted == 0 => {
                run.report.sent += 1;
                tracing::info!(
                    campaign = occurrence.campaign,
                    "{name}: there was nobody to send to"
                );
            }
            Some((OccurrenceState::Sent, _)) => {
                run.report.sent += 1;
                tracing::info!(
                    campaign = occurrence.campaign,
                    recipients = tally.accepted,
                    "{name}: LINE accepted all of it"
                );
            }
            Some((_, reason)) => run.report.attend(name, reason.unwrap_or_default()),
            None => {
                let waiting = tally.waiting + tally.attempting;
                let why = halt.map_or_else(
                    || "LINE has not accepted it yet; the next run goes on".to_owned(),
                    ToString::to_string,
                );
                let matter = format!("{why}; {waiting} recipients wait");
                if let Some(state) = halt.and_then(Halt::state) {
                    self.store.set_state(claim, state, Some(&matter)).await?;
                }
                run.report.attend(name, matter);
            }
        }
        Ok(())
    }
}
