use std::time::Duration;

use line_api::messaging::RetryKey;
use service_kit::Timestamp;
use sqlx::{Transaction, query, query_scalar};

use super::members::insert_recipients;
use super::occurrence::hold;
use super::{Database, Ledger};
use crate::store::batch::{pack, sha256};
use crate::store::{Claim, Frozen, LedgerError, NewBatch, NewRecipient, held};

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
        recipients: &[NewRecipient],
        batches: &[NewBatch],
        now: Timestamp,
        lease: Duration,
    ) -> Result<(), LedgerError> {
        let mut tx = self.write().await?;
        hold(&mut tx, claim, now, lease).await?;
        insert_recipients(&mut tx, claim.occurrence, recipients).await?;
        for batch in batches {
            insert(&mut tx, claim.occurrence, batch).await?;
        }
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
                    document = $5, digest = $6,
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

/// Writes a batch down, under a key of its own.
pub(super) async fn insert(
    tx: &mut Transaction<'_, Database>,
    occurrence: i64,
    batch: &NewBatch,
) -> Result<(), sqlx::Error> {
    query(
        "insert into batch (occurrence_id, number, kind, recipients, members, clocks, not_before, body, body_sha256,
             retry_key, state)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'planned')",
    )
    .bind(occurrence)
    .bind(batch.number)
    .bind(batch.kind.as_str())
    .bind(i64::try_from(batch.members.len()).unwrap_or(i64::MAX))
    .bind(pack(&batch.members))
    .bind(batch.clocks.as_deref())
    .bind(batch.not_before.as_millis())
    .bind(batch.body.as_slice())
    .bind(sha256(&batch.body))
    .bind(RetryKey::random().to_string())
    .execute(&mut **tx)
    .await
    .map(drop)
}
