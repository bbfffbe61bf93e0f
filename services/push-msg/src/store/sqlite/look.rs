use sqlx::query_as;

use super::SqliteStore;
use crate::store::{LedgerError, Listing, OccurrenceView, ReportRow};

impl SqliteStore {
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
        .fetch_all(&self.readers)
        .await?)
    }

    pub(crate) async fn report(
        &self,
        occurrence: i64,
        after: &str,
        limit: i64,
    ) -> Result<Vec<ReportRow>, LedgerError> {
        Ok(query_as(
            "select member_id, excluded, state, code, reason, request_id, finished_at
             from recipient left join batch
                 on batch.occurrence_id = recipient.occurrence_id and batch.number = recipient.batch
             where recipient.occurrence_id = $1 and member_id > $2
             order by member_id limit $3",
        )
        .bind(occurrence)
        .bind(after)
        .bind(limit)
        .fetch_all(&self.readers)
        .await?)
    }
}
