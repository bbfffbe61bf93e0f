use std::time::Duration;

use service_kit::Timestamp;
use sqlx::{query, query_scalar};

use super::occurrence::hold;
use super::recipient::exclude;
use super::{Ledger, insert_batches};
use crate::store::recipient::by_reason;
use crate::store::{Claim, Excluded, Frozen, LedgerError, NewBatch, held};

/// Rows deleted in one statement.
const SLICE: i64 = 10_000;

impl Ledger {
    pub(crate) async fn thaw(&self, claim: &Claim) -> Result<(), LedgerError> {
        for leftovers in [
            "delete from batch where batch_id in (select batch_id from batch where occurrence_id = $1 limit $3)
             and exists (select 1 from occurrence where occurrence_id = $1 and attempt = $2 and state = 'planned')",
            "delete from recipient where occurrence_id = $1
             and member_id in (select member_id from recipient where occurrence_id = $1 limit $3)
             and exists (select 1 from occurrence where occurrence_id = $1 and attempt = $2 and state = 'planned')",
        ] {
            let mut deleted = 1;
            while deleted > 0 {
                deleted = query(leftovers)
                    .bind(claim.occurrence)
                    .bind(claim.attempt)
                    .bind(SLICE)
                    .execute(self.writer())
                    .await?
                    .rows_affected();
            }
        }
        Ok(())
    }

    pub(crate) async fn freeze(
        &self,
        claim: &Claim,
        out: &[Excluded],
        batches: &[NewBatch],
        now: Timestamp,
        lease: Duration,
    ) -> Result<(), LedgerError> {
        let mut tx = self.write().await?;
        hold(&mut tx, claim, now, lease).await?;
        for (reason, members) in by_reason(out) {
            exclude(&mut tx, claim.occurrence, &members, reason).await?;
        }
        insert_batches(&mut tx, claim.occurrence, batches).await?;
        Ok(tx.commit().await?)
    }

    pub(crate) async fn capped_freezes(&self) -> Result<i64, LedgerError> {
        Ok(query_scalar("select capped_freezes from channel")
            .fetch_one(self.readers())
            .await?)
    }

    pub(crate) async fn end_freezing(
        &self,
        claim: &Claim,
        frozen: &Frozen<'_>,
    ) -> Result<(), LedgerError> {
        let mut tx = self.write().await?;
        if let Some(seen) = frozen.capped_after {
            // One after another: whoever comes second judges anew, with what the first gives people before their eyes.
            let changed = query(
                "update channel set capped_freezes = capped_freezes + 1 where capped_freezes = $1",
            )
            .bind(seen)
            .execute(&mut *tx)
            .await?
            .rows_affected();
            if changed == 0 {
                return Err(LedgerError::Overlapped);
            }
        }
        let changed = query(
            "update occurrence set state = 'materialised', reason = null, recipients = $3, excluded = $4,
                    document = $5, digest = $6, packed = 1,
                    not_after = case when not_after > $7 then not_after else $7 end
             where occurrence_id = $1 and attempt = $2 and state = 'planned' and finished_at is null",
        )
        .bind(claim.occurrence)
        .bind(claim.attempt)
        .bind(frozen.recipients)
        .bind(frozen.excluded)
        .bind(frozen.document)
        .bind(frozen.digest.as_slice())
        .bind(frozen.not_after.as_millis())
        .execute(&mut *tx)
        .await?
        .rows_affected();
        held(changed)?;
        Ok(tx.commit().await?)
    }
}
