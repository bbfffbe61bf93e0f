//! From an audience to recipients and batches: all of it or nothing.

use futures::StreamExt as _;
use futures::TryStreamExt as _;
use users_client::{AudienceRequest, UsersError};

use crate::campaign::{Campaign, CampaignError};
use crate::pusher::{LEASE, Pusher};
use crate::report::RunReport;
use crate::store::{Claim, LedgerError, Occurrence};

/// Members written in one transaction. A batch more or less is no matter.
const CHUNK: usize = 500;

/// Why an occurrence could not be frozen. It stays planned, and the next run tries again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FreezeError {
    /// The members' API did not name its whole audience.
    #[error("the audience is not to be had")]
    Audience(#[from] UsersError),
    /// The messages cannot be put together.
    #[error("the messages cannot be put together")]
    Messages(#[from] CampaignError),
    /// The ledger gave way.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl Pusher {
    /// Freezes who gets this occurrence and what; if that breaks off, nothing stays. Holds 500 members in memory, however many there are.
    pub(crate) async fn freeze(
        &self,
        claim: &Claim,
        occurrence: &Occurrence,
        campaign: &Campaign,
        report: &mut RunReport,
    ) -> Result<(), FreezeError> {
        let frozen = self.freeze_all(claim, occurrence, campaign, report).await;
        if let Err(FreezeError::Audience(_)) = frozen {
            self.store.thaw(claim).await?;
        }
        frozen
    }

    async fn freeze_all(
        &self,
        claim: &Claim,
        occurrence: &Occurrence,
        campaign: &Campaign,
        report: &mut RunReport,
    ) -> Result<(), FreezeError> {
        let messages = campaign.messages_at(occurrence.scheduled_at)?;
        let request = AudienceRequest::of_purpose(&campaign.audience().consent);
        let audience = self.users.audience(&request).await?;
        let mut freezing = self.store.begin_freezing(claim, messages).await?;
        let mut chunks = audience.try_ready_chunks(CHUNK).boxed();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|broken| broken.1)?;
            let now = self.clock.now();
            self.store.freeze(&mut freezing, &chunk, now, LEASE).await?;
        }
        let (recipients, excluded) = self.store.end_freezing(freezing).await?;
        tracing::info!(
            campaign = occurrence.campaign,
            recipients,
            excluded,
            "{} has {recipients} recipients",
            occurrence.campaign
        );
        report.materialised += 1;
        report.recipients += u64::try_from(recipients).unwrap_or(0);
        report.excluded += u64::try_from(excluded).unwrap_or(0);
        Ok(())
    }
}
