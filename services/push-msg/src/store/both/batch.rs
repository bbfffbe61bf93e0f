use std::time::Duration;

use line_api::messaging::RetryKey;
use service_kit::Timestamp;
use sqlx::{query, query_as, query_scalar};

use super::Ledger;
use super::members::{ACCEPT, BEGIN, list, names};
use crate::store::batch::BatchRow;
use crate::store::{Batch, Claim, LedgerError, Settlement, Tally, all_held, held};

impl Ledger {
    pub(crate) async fn next_batches(
        &self,
        claim: &Claim,
        after: i64,
        now: Timestamp,
        limit: i64,
    ) -> Result<Vec<Batch>, LedgerError> {
        let rows: Vec<BatchRow> = query_as(
            "select batch_id, number, kind, members, clocks, not_before, body, body_sha256, retry_key, unanswered,
                 first_attempt_at
             from batch where occurrence_id = $1 and number > $2 and finished_at is null and body is not null and not_before <= $3
             order by number limit $4",
        )
        .bind(claim.occurrence)
        .bind(after)
        .bind(now.as_millis())
        .bind(limit)
        .fetch_all(self.readers())
        .await?;
        rows.into_iter().map(BatchRow::read).collect()
    }

    pub(crate) async fn begin(
        &self,
        claim: &Claim,
        batches: &mut [Batch],
        now: Timestamp,
        lease: Duration,
    ) -> Result<(), LedgerError> {
        let mut tx = self.write().await?;
        let all_begun = !batches.iter().any(Batch::is_new);
        let changed = query(
            "update occurrence set state = 'sending', reason = null, lease_until = $4,
                    begun_at = coalesce(begun_at, $3)
             where occurrence_id = $1 and attempt = $2 and finished_at is null
               and ($5 = 1 or control is null)",
        )
        .bind(claim.occurrence)
        .bind(claim.attempt)
        .bind(now.as_millis())
        .bind((now + lease).as_millis())
        .bind(i64::from(all_begun))
        .execute(&mut *tx)
        .await?
        .rows_affected();
        if changed == 0 {
            let stopped: Option<i64> = query_scalar(
                "select occurrence_id from occurrence
                 where occurrence_id = $1 and attempt = $2 and control is not null",
            )
            .bind(claim.occurrence)
            .bind(claim.attempt)
            .fetch_optional(&mut *tx)
            .await?;
            return Err(stopped.map_or(LedgerError::Lost, |_| LedgerError::Stopped));
        }
        let keys: Vec<_> = batches.iter().map(|it| it.retry_key.as_uuid()).collect();
        let changed = query(BEGIN)
            .bind(list(&keys))
            .bind(now.as_millis())
            .execute(&mut *tx)
            .await?
            .rows_affected();
        all_held(changed, batches.len())?;
        tx.commit().await?;
        for batch in batches {
            batch.unanswered += 1;
            batch.first_attempt_at = batch.first_attempt_at.or(Some(now));
        }
        Ok(())
    }

    pub(crate) async fn accept(
        &self,
        claim: &Claim,
        accepted: &[(RetryKey, Option<&str>)],
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let keys: Vec<_> = accepted.iter().map(|(key, _)| key.as_uuid()).collect();
        let requests: Vec<_> = accepted.iter().map(|(_, request)| *request).collect();
        let changed = query(ACCEPT)
            .bind(list(&keys))
            .bind(names(&requests))
            .bind(now.as_millis())
            .bind(claim.attempt)
            .execute(self.writer())
            .await?
            .rows_affected();
        all_held(changed, accepted.len())
    }

    pub(crate) async fn settle(
        &self,
        claim: &Claim,
        batch: &Batch,
        settlement: &Settlement<'_>,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let finished_at = settlement.state.is_final().then_some(now.as_millis());
        let changed = query(
            "update batch set state = $3, unanswered = $4, request_id = coalesce($5, request_id), reason = $6,
                    finished_at = $7, body = case when $3 = 'accepted' then null else body end, code = $8
             where batch_id = $1 and finished_at is null and retry_key = $9
               and (select attempt from occurrence where occurrence_id = batch.occurrence_id) = $2",
        )
        .bind(batch.id)
        .bind(claim.attempt)
        .bind(settlement.state.as_str())
        .bind(settlement.unanswered)
        .bind(settlement.request_id)
        .bind(settlement.reason)
        .bind(finished_at)
        .bind(settlement.code.map(i64::from))
        .bind(batch.retry_key.to_string())
        .execute(self.writer())
        .await?
        .rows_affected();
        held(changed)
    }

    pub(crate) async fn tally(&self, claim: &Claim) -> Result<Tally, LedgerError> {
        let rows = query_as(
            "select state, cast(sum(recipients) as bigint) from batch where occurrence_id = $1 group by state",
        )
        .bind(claim.occurrence)
        .fetch_all(self.readers())
        .await?;
        Ok(Tally::new(rows))
    }

    pub(crate) async fn next_due(
        &self,
        claim: &Claim,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, LedgerError> {
        let due: Option<i64> = query_scalar(
            "select min(not_before) from batch
             where occurrence_id = $1 and finished_at is null and not_before > $2",
        )
        .bind(claim.occurrence)
        .bind(now.as_millis())
        .fetch_one(self.readers())
        .await?;
        Ok(due.map(Timestamp::from_millis))
    }
}
