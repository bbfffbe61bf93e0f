use service_kit::Timestamp;
use sqlx::{query, query_as, query_scalar};

use super::pieces::take_apart;
use super::{Ledger, lock_occurrence};
use crate::erased::Erased;
use crate::store::LedgerError;
use crate::store::kept::{Doing, KeptRow};

const KEPT: &str = "
    select batch_id, occurrence_id, number, kind, members, clocks, not_before, body, body_sha256, retry_key, unanswered,
        first_attempt_at, scheduled_at,
        (batch.finished_at is not null or occurrence.finished_at is not null) as is_over
    from batch join occurrence using (occurrence_id)
    where body is not null and batch_id = $1";

impl Ledger {
    pub(crate) async fn feed_position(&self) -> Result<i64, LedgerError> {
        Ok(query_scalar("select position from feed")
            .fetch_one(self.readers())
            .await?)
    }

    pub(crate) async fn forget(
        &self,
        erased: &Erased,
        position: i64,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let mut next = (!erased.is_empty()).then_some(0);
        while let Some(last) = next {
            next = self.forget_after(last, erased, now).await?;
        }
        query("update feed set position = $1")
            .bind(position)
            .execute(self.writer())
            .await?;
        Ok(())
    }

    /// Forgets in the batch after this one; answers which that was.
    async fn forget_after(
        &self,
        last: i64,
        erased: &Erased,
        now: Timestamp,
    ) -> Result<Option<i64>, LedgerError> {
        let mut tx = self.write().await?;
        let next: Option<(i64, i64)> = query_as(
            "select batch_id, occurrence_id from batch where body is not null and batch_id > $1
             order by batch_id limit 1",
        )
        .bind(last)
        .fetch_optional(&mut *tx)
        .await?;
        let Some((next, occurrence)) = next else {
            return Ok(None);
        };
        // Whoever sends of it waits, or has come first: then it is looked at as they left it.
        lock_occurrence(&mut tx, occurrence).await?;
        let row: Option<KeptRow> = query_as(KEPT).bind(next).fetch_optional(&mut *tx).await?;
        let Some(kept) = row.map(KeptRow::read).transpose()? else {
            return Ok(Some(next));
        };
        match kept.doing(erased) {
            Doing::Nothing => return Ok(Some(kept.batch.id)),
            Doing::Empty => {
                query("update batch set body = null where batch_id = $1")
                    .bind(kept.batch.id)
                    .execute(&mut *tx)
                    .await?;
            }
            Doing::Mark => {
                query("update batch set forgets = 1 where batch_id = $1")
                    .bind(kept.batch.id)
                    .execute(&mut *tx)
                    .await?;
            }
            Doing::TakeOut(pieces) => {
                take_apart(&mut tx, kept.occurrence, &kept.batch, &pieces, now).await?;
            }
        }
        tx.commit().await?;
        Ok(Some(kept.batch.id))
    }

    pub(crate) async fn forget_everybody(&self) -> Result<(), LedgerError> {
        query("update batch set forgets = 1 where body is not null")
            .execute(self.writer())
            .await?;
        Ok(())
    }
}
