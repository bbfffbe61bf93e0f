use std::time::Duration;

use service_kit::Timestamp;
use sqlx::query;

use super::{LedgerError, Store};

/// How long bytes with LINE user IDs outlive their occurrence.
const BODIES: Duration = Duration::from_hours(24);
/// How long it is known who got what.
const RECIPIENTS: Duration = Duration::from_hours(31 * 24);

impl Store {
    /// Forgets what need not be known any more. Occurrences stay: they are why nothing fires twice.
    /// Says whether bytes went that named somebody who was erased.
    pub(crate) async fn prune(&self, now: Timestamp) -> Result<bool, LedgerError> {
        let mut tx = self.pool.begin().await?;
        query(
            "update batch set body = null where body is not null and occurrence_id in
                 (select occurrence_id from occurrence where forgotten_at is null and finished_at < $1)",
        )
        .bind((now - BODIES).as_millis())
        .execute(&mut *tx)
        .await?;
        let forgotten = query(
            "update batch set body = null where body is not null and forgets = 1 and
                 (finished_at is not null or occurrence_id in
                     (select occurrence_id from occurrence where finished_at is not null))",
        )
        .execute(&mut *tx)
        .await?
        .rows_affected();
        let old = (now - RECIPIENTS).as_millis();
        query(
            "delete from recipient where occurrence_id in
                 (select occurrence_id from occurrence where forgotten_at is null and finished_at < $1)",
        )
        .bind(old)
        .execute(&mut *tx)
        .await?;
        query(
            "update occurrence set forgotten_at = $2 where forgotten_at is null and finished_at < $1",
        )
        .bind(old)
        .bind(now.as_millis())
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(forgotten > 0)
    }
}
