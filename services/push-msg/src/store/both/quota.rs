use service_kit::Timestamp;
use sqlx::{query, query_scalar};

use super::{Ledger, lock_channel};
use crate::store::{Claim, LedgerError};

impl Ledger {
    pub(crate) async fn accepted_since(&self, since: Timestamp) -> Result<i64, LedgerError> {
        Ok(query_scalar(
            "select cast(coalesce(sum(batch.recipients), 0) as bigint) from occurrence join batch using (occurrence_id)
             where (occurrence.finished_at is null or occurrence.finished_at >= $1)
               and batch.state = 'accepted' and batch.finished_at >= $1",
        )
        .bind(since.as_millis())
        .fetch_one(self.readers())
        .await?)
    }

    pub(crate) async fn reserve(
        &self,
        claim: &Claim,
        left: i64,
        need: i64,
    ) -> Result<i64, LedgerError> {
        let mut tx = self.write().await?;
        // One after another: what two pushers set aside must not be the same.
        lock_channel(&mut tx).await?;
        let others: i64 = query_scalar(
            "select cast(coalesce(sum(batch.recipients), 0) as bigint) from occurrence join batch using (occurrence_id)
             where occurrence.finished_at is null and occurrence.reserves = 1 and occurrence_id <> $1
               and batch.finished_at is null",
        )
        .bind(claim.occurrence)
        .fetch_one(&mut *tx)
        .await?;
        let left = (left - others).max(0);
        query("update occurrence set reserves = $3 where occurrence_id = $1 and attempt = $2")
            .bind(claim.occurrence)
            .bind(claim.attempt)
            .bind(i64::from(left >= need))
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(left)
    }

    pub(crate) async fn quota_held_until(&self) -> Result<Timestamp, LedgerError> {
        let until = query_scalar("select quota_held_until from channel")
            .fetch_one(self.readers())
            .await?;
        Ok(Timestamp::from_millis(until))
    }

    pub(crate) async fn hold_quota(&self, until: Timestamp) -> Result<(), LedgerError> {
        query("update channel set quota_held_until = $1")
            .bind(until.as_millis())
            .execute(self.writer())
            .await?;
        Ok(())
    }
}
