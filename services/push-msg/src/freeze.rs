//! From an audience to recipients and batches: all of it or nothing.

use std::collections::HashSet;

use futures::StreamExt as _;
use line_api::messaging::MAX_RECIPIENTS;
use users_client::UsersError;
use uuid::Uuid;

use crate::campaign::{Campaign, CampaignError};
use crate::cap::sated;
use crate::pusher::Pusher;
use crate::report::RunReport;
use crate::sort::Sorter;
use crate::store::{Claim, Frozen, LedgerError, Occurrence};

/// Batches written in one transaction.
const TOGETHER: usize = 20;

/// Why an occurrence could not be frozen. It stays planned, and the next run tries again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FreezeError {
    /// The members' API did not name its whole audience.
    #[error("the audience is not to be had")]
    Audience(#[from] UsersError),
    /// The members' API names somebody out of order, so that it may have named them before.
    #[error("the audience is out of order")]
    OutOfOrder,
    /// The messages cannot be put together.
    #[error("the messages cannot be put together")]
    Messages(#[from] CampaignError),
    /// The ledger gave way.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl Pusher {
    /// Freezes who gets this occurrence and what; if that breaks off, nothing stays. Holds a few batches and one of each
    /// language in memory, however many members there are.
    pub(crate) async fn freeze(
        &self,
        claim: &Claim,
        occurrence: &Occurrence,
        campaign: &Campaign,
        report: &mut RunReport,
    ) -> Result<(), FreezeError> {
        let mut frozen = self
            .freeze_all(claim, occurrence, campaign, Once::InOrder(None), report)
            .await;
        if let Err(FreezeError::OutOfOrder) = frozen {
            let once = Once::Seen(HashSet::new());
            frozen = self
                .freeze_all(claim, occurrence, campaign, once, report)
                .await;
        }
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
        mut once: Once,
        report: &mut RunReport,
    ) -> Result<(), FreezeError> {
        let now = self.clock.now();
        let edition = campaign.edition(occurrence.scheduled_at)?;
        let request = campaign.audience_request();
        let pages = self
            .users
            .audience_pages(&request, campaign.needs_profiles());
        let mut pages = pages.await?;
        self.store.thaw(claim).await?;
        let capped_after = match campaign.frequency_cap() {
            Some(_) => Some(self.store.capped_freezes().await?),
            None => None,
        };
        let mut trays = Sorter::new(&edition, now);
        let (mut batches, mut out) = (Vec::new(), Vec::new());
        while let Some(page) = pages.next().await {
            let page = page?;
            let sated = match campaign.frequency_cap() {
                Some(_) => {
                    let members: Result<Vec<_>, _> = page.members().collect();
                    sated(&self.store, campaign, &members?, now).await?
                }
                None => HashSet::new(),
            };
            for member in page.members() {
                let member = member?;
                if !once.is_new(member.member_id)? {
                    continue;
                }
                let is_sated = sated.contains(&member.member_id);
                match trays.take(member, is_sated) {
                    Ok(full) => batches.extend(full),
                    Err(excluded) => out.push(excluded),
                }
            }
            if batches.len() >= TOGETHER || out.len() >= MAX_RECIPIENTS {
                let now = self.clock.now();
                self.store.freeze(claim, &out, &batches, now).await?;
                batches.clear();
                out.clear();
            }
        }
        let sorted = trays.end();
        batches.extend(sorted.batches);
        let now = self.clock.now();
        self.store.freeze(claim, &out, &batches, now).await?;
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
}

/// How it is known that nobody is named twice.
enum Once {
    /// The members' API names everybody in order; this was the last. While it does so, nobody need be remembered.
    InOrder(Option<Uuid>),
    /// It does not: these are all that it named. This alone takes memory with the audience, 32 MB for a million.
    Seen(HashSet<Uuid>),
}

impl Once {
    /// Whether this member is named for the first time.
    fn is_new(&mut self, member: Uuid) -> Result<bool, FreezeError> {
        match self {
            Self::InOrder(last) if *last < Some(member) => {
                *last = Some(member);
                Ok(true)
            }
            Self::InOrder(_) => Err(FreezeError::OutOfOrder),
            Self::Seen(seen) => Ok(seen.insert(member)),
        }
    }
}
