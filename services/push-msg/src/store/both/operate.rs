use std::time::Duration;

use line_api::messaging::RetryKey;
use service_kit::Timestamp;
use sqlx::{query, query_as, query_scalar};

use super::{Ledger, lock_channel, lock_occurrence};
use crate::store::{Control, LedgerError, Refusal};

impl Ledger {
    pub(crate) async fn pause(&self, occurrence: i64) -> Result<Option<Refusal>, LedgerError> {
        let changed = query(
            "update occurrence set control = $2 where occurrence_id = $1 and finished_at is null and control is null",
        )
        .bind(occurrence)
        .bind(Control::Pause.as_str())
        .execute(self.writer())
        .await?
        .rows_affected();
        Ok((changed == 0).then_some(Refusal::Over))
    }

    pub(crate) async fn resume(&self, occurrence: i64) -> Result<Option<Refusal>, LedgerError> {
        let mut tx = self.write().await?;
        // In the order in which quota is set aside.
        lock_channel(&mut tx).await?;
        let changed = query(
            "update occurrence set control = null, held_until = null
             where occurrence_id = $1 and finished_at is null and control is distinct from 'cancel'",
        )
        .bind(occurrence)
        .execute(&mut *tx)
        .await?
        .rows_affected();
        if changed == 0 {
            return Ok(Some(Refusal::Over));
        }
        query("update channel set quota_held_until = 0")
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(None)
    }

    pub(crate) async fn cancel(
        &self,
        occurrence: i64,
        now: Timestamp,
    ) -> Result<Option<Refusal>, LedgerError> {
        let mut tx = self.write().await?;
        let changed = query(
            "update occurrence set control = $2 where occurrence_id = $1 and finished_at is null",
        )
        .bind(occurrence)
        .bind(Control::Cancel.as_str())
        .execute(&mut *tx)
        .await?
        .rows_affected();
        if changed == 0 {
            return Ok(Some(Refusal::Over));
        }
        // What LINE may have accepted is asked to its end by whoever sends; else it is over now, for them as well.
        query(
            "update occurrence set state = 'cancelled', reason = 'an operator cancelled it', finished_at = $2,
                    reserves = 0, held_until = null, attempt = attempt + 1, lease_until = 0
             where occurrence_id = $1
               and not exists (select 1 from batch where occurrence_id = $1 and state = 'attempting')",
        )
        .bind(occurrence)
        .bind(now.as_millis())
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(None)
    }

    pub(crate) async fn retry(
        &self,
        occurrence: i64,
        with_doubtful: bool,
        now: Timestamp,
        oldest: Timestamp,
    ) -> Result<Option<Refusal>, LedgerError> {
        let mut tx = self.write().await?;
        lock_occurrence(&mut tx, occurrence).await?;
        let found: Option<(Option<i64>, String, i64, i64)> = query_as(
            "select finished_at, state, not_after, scheduled_at from occurrence where occurrence_id = $1",
        )
        .bind(occurrence)
        .fetch_optional(&mut *tx)
        .await?;
        let Some((Some(finished_at), state, not_after, scheduled_at)) = found else {
            return Ok(Some(Refusal::NotOver));
        };
        if finished_at < oldest.as_millis() {
            return Ok(Some(Refusal::Forgotten));
        }
        let again: Vec<i64> = query_scalar(
            "select batch_id from batch where occurrence_id = $1 and body is not null
               and ((finished_at is null and unanswered = 0) or state = 'rejected' or (state = 'in_doubt' and $2 = 1))",
        )
        .bind(occurrence)
        .bind(i64::from(with_doubtful))
        .fetch_all(&mut *tx)
        .await?;
        if again.is_empty() || !["needs_attention", "partly", "expired"].contains(&state.as_str()) {
            return Ok(Some(Refusal::Nothing));
        }
        for batch in again {
            query(
                "update batch set state = 'planned', retry_key = $2, unanswered = 0, first_attempt_at = null,
                        finished_at = null, code = null, reason = null
                 where batch_id = $1",
            )
            .bind(batch)
            .bind(RetryKey::random().to_string())
            .execute(&mut *tx)
            .await?;
        }
        let window = Duration::from_millis(u64::try_from(not_after - scheduled_at).unwrap_or(0));
        query(
            "update occurrence set state = 'materialised', reason = null, finished_at = null, begun_at = null,
                    control = null, not_after = $2, attempt = attempt + 1, lease_until = 0
             where occurrence_id = $1",
        )
        .bind(occurrence)
        .bind((now + window).as_millis())
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(None)
    }
}
