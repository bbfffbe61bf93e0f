use service_kit::Timestamp;
use sqlx::{query, query_as};

use super::Ledger;
use crate::store::{LedgerError, Listing, OccurrenceView};

impl Ledger {
    pub(crate) async fn is_ready(&self) -> bool {
        let asked = query("select exists (select 1 from occurrence)");
        asked.execute(self.readers()).await.is_ok()
    }

    pub(crate) async fn standings(
        &self,
        since: Timestamp,
    ) -> Result<Vec<(String, i64)>, sqlx::Error> {
        query_as(
            "select case when finished_at is not null or control is null then state
                         when control = 'pause' then 'paused' else 'cancelling' end as standing,
                 count(*)
             from occurrence where finished_at is null or (finished_at > $1 and forgotten_at is null and state <> 'sent')
             group by standing",
        )
        .bind(since.as_millis())
        .fetch_all(self.readers())
        .await
    }

    pub(crate) async fn list(
        &self,
        listing: &Listing<'_>,
    ) -> Result<Vec<OccurrenceView>, LedgerError> {
        Ok(query_as(
            "with listed as (
                 select * from occurrence
                 where ($1 is null or campaign = $1) and ($2 = 1 or finished_at is null)
                   and ($3 is null or occurrence_id = $3)
                 order by scheduled_at desc, occurrence_id desc limit $4
             ), batches as (
                 select occurrence_id,
                     sum(recipients) filter (where state = 'accepted') as accepted,
                     sum(recipients) filter (where state = 'rejected') as failed,
                     sum(recipients) filter (where state = 'in_doubt') as in_doubt,
                     sum(recipients) filter (where finished_at is null) as waiting,
                     min(not_before) filter (where finished_at is null and not_before > 0) as next_at
                 from batch where occurrence_id in (select occurrence_id from listed) group by occurrence_id
             )
             select listed.occurrence_id as id, campaign, scheduled_at, state, control, reason, recipients, excluded,
                 cast(coalesce(accepted, 0) as bigint) as accepted, cast(coalesce(failed, 0) as bigint) as failed,
                 cast(coalesce(in_doubt, 0) as bigint) as in_doubt, cast(coalesce(waiting, 0) as bigint) as waiting,
                 next_at, held_until, begun_at, finished_at, forgotten_at
             from listed left join batches on batches.occurrence_id = listed.occurrence_id
             order by scheduled_at desc, listed.occurrence_id desc",
        )
        .bind(listing.campaign)
        .bind(i64::from(listing.all))
        .bind(listing.id)
        .bind(listing.limit)
        .fetch_all(self.readers())
        .await?)
    }
}
