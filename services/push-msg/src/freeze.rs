//! From an audience to recipients and batches: all of it or nothing.

use std::collections::HashSet;

use futures::{StreamExt as _, TryStreamExt as _};
use users_client::{AudienceMember, UsersError};
use uuid::Uuid;

use crate::campaign::{Campaign, CampaignError};
use crate::cap::sated;
use crate::pusher::Pusher;
use crate::report::RunReport;
use crate::sort::Sorter;
use crate::store::{Claim, Frozen, LedgerError, Occurrence};

/// Members written in one transaction.
const CHUNK: usize = 1000;

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
    /// Freezes who gets this occurrence and what; if that breaks off, nothing stays. Holds a thousand members in memory and a
    /// batch of each language, however many there are.
    pub(crate) async fn freeze(
        &self,
        claim: &Claim,
        occurrence: &Occurrence,
        campaign: &Campaign,
        report: &mut RunReport,
    ) -> Result<(), FreezeError> {
        let frozen = self.freeze_all(claim, occurrence, campaign, report).await;
        if let Err(FreezeError::Audience(_) | FreezeError::Ledger(LedgerError::Overlapped)) = frozen
        {
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
        let now = self.clock.now();
        let edition = campaign.edition(occurrence.scheduled_at)?;
        let request = campaign.audience_request();
        let audience = if campaign.needs_profiles() {
            self.users.audience_with_profiles(&request).await?.boxed()
        } else {
            self.users.audience(&request).await?.boxed()
        };
        self.store.thaw(claim).await?;
        let capped_after = match campaign.frequency_cap() {
            Some(_) => Some(self.store.capped_freezes().await?),
            None => None,
        };
        let mut trays = Sorter::new(&edition, now);
        let mut highest = None;
        let mut chunks = audience.try_ready_chunks(CHUNK);
        while let Some(chunk) = chunks.next().await {
            let mut chunk = chunk.map_err(|broken| broken.1)?;
            self.drop_known(claim, &mut chunk, &mut highest).await?;
            let sated = sated(&self.store, campaign, &chunk, now).await?;
            let mut recipients = Vec::with_capacity(chunk.len());
            let mut batches = Vec::new();
            for member in &chunk {
                let full = trays.take(member, sated.contains(&member.member_id));
                recipients.push(full.recipient);
                batches.extend(full.batch);
            }
            let now = self.clock.now();
            self.store.freeze(claim, &recipients, &batches, now).await?;
        }
        let sorted = trays.end();
        let now = self.clock.now();
        self.store.freeze(claim, &[], &sorted.batches, now).await?;
        let frozen = Frozen {
            recipients: sorted.recipients,
            excluded: sorted.excluded,
            document: campaign.source(),
            digest: campaign.digest(),
            not_after: sorted
                .latest
                .map_or(occurrence.not_after, |latest| latest + campaign.not_after()),
            capped_after,
        };
        self.store.end_freezing(claim, &frozen).await?;
        tracing::info!(
            campaign = occurrence.campaign,
            recipients = frozen.recipients,
            excluded = frozen.excluded,
            "{} has {} recipients",
            occurrence.campaign,
            frozen.recipients
        );
        report.materialised += 1;
        report.recipients += u64::try_from(frozen.recipients).unwrap_or(0);
        report.excluded += u64::try_from(frozen.excluded).unwrap_or(0);
        Ok(())
    }

    /// Drops who was named before. The members' API names everybody once and in order: while it does, the ledger need not be
    /// asked.
    async fn drop_known(
        &self,
        claim: &Claim,
        chunk: &mut Vec<AudienceMember>,
        highest: &mut Option<Uuid>,
    ) -> Result<(), LedgerError> {
        let mut last = *highest;
        let in_order = chunk.iter().all(|member| {
            let above = last < Some(member.member_id);
            last = Some(member.member_id);
            above
        });
        if !in_order {
            let ids: Vec<_> = chunk.iter().map(|member| member.member_id).collect();
            let mut seen: HashSet<Uuid> = self.store.known(claim, &ids).await?;
            chunk.retain(|member| seen.insert(member.member_id));
        }
        *highest = chunk
            .iter()
            .map(|member| member.member_id)
            .max()
            .max(*highest);
        Ok(())
    }
}
