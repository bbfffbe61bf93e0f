use service_kit::Timestamp;
use sqlx::{query, query_scalar};

use super::Ledger;
use crate::store::LedgerError;

impl Ledger {
    pub(crate) async fn restored(&self, now: Timestamp) -> Result<u64, LedgerError> {
        let mut tx = self.write().await?;
        query("update channel set restored_at = $1")
            .bind(now.as_millis())
            .execute(&mut *tx)
            .await?;
        // Who was erased meanwhile is told again.
        query("update feed set position = 0")
            .execute(&mut *tx)
            .await?;
        let doubtful = query(
            "update occurrence set state = 'needs_attention', reason = $2, finished_at = $1, reserves = 0,
                    held_until = null, attempt = attempt + 1, lease_until = 0
             where finished_at is null",
        )
        .bind(now.as_millis())
        .bind("the ledger comes from a backup: what became of it is not known")
        .execute(&mut *tx)
        .await?
        .rows_affected();
        query(
            "update batch set state = 'in_doubt', finished_at = $1, reason = $2
             where finished_at is null
               and occurrence_id in (select occurrence_id from occurrence where finished_at = $1)",
        )
        .bind(now.as_millis())
        .bind("the ledger comes from a backup")
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(doubtful)
    }

    pub(crate) async fn restored_at(&self) -> Result<Timestamp, LedgerError> {
        let at = query_scalar("select restored_at from channel")
            .fetch_one(self.readers())
            .await?;
        Ok(Timestamp::from_millis(at))
    }
}
