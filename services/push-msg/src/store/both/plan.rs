use service_kit::Timestamp;
use sqlx::{query, query_as};

use super::Ledger;
use crate::store::{Looked, Moments, Planned};

impl Ledger {
    pub(crate) async fn looked(&self, campaign: &str) -> Result<Option<Looked>, sqlx::Error> {
        query_as("select seen_until, digest from campaign where campaign = $1")
            .bind(campaign)
            .fetch_optional(self.readers())
            .await
    }

    pub(crate) async fn plan(
        &self,
        moments: &Moments<'_>,
        now: Timestamp,
    ) -> Result<Planned, sqlx::Error> {
        let mut planned = Planned::default();
        let mut tx = self.write().await?;
        for moment in moments.due {
            let fate = moments.fate(*moment, now);
            let inserted = query(
                "insert into occurrence (campaign, scheduled_at, not_after, state, reason, finished_at)
                 values ($1, $2, $3, $4, $5, $6)
                 on conflict (campaign, scheduled_at) do nothing",
            )
            .bind(moments.campaign)
            .bind(moment.as_millis())
            .bind(fate.not_after.as_millis())
            .bind(fate.state.as_str())
            .bind(fate.reason)
            .bind(fate.finished_at)
            .execute(&mut *tx)
            .await?
            .rows_affected();
            planned.count(&fate, inserted);
        }
        query(
            "insert into campaign (campaign, seen_until, digest) values ($1, $2, $3)
             on conflict (campaign) do update
             set seen_until = case when campaign.seen_until > excluded.seen_until then campaign.seen_until else excluded.seen_until end,
                 digest = excluded.digest",
        )
        .bind(moments.campaign)
        .bind(now.as_millis())
        .bind(moments.digest.as_slice())
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(planned)
    }
}
