use service_kit::Timestamp;
use sqlx::query;

use super::Ledger;
use crate::store::LedgerError;
use crate::store::batch::pack;
use crate::store::prune::{BODIES, RECIPIENTS};

/// Rows deleted in one statement.
const SLICE: i64 = 10_000;

impl Ledger {
    pub(crate) async fn prune(&self, now: Timestamp) -> Result<bool, LedgerError> {
        query(
            "update batch set body = null where body is not null and occurrence_id in
                 (select occurrence_id from occurrence where forgotten_at is null and finished_at < $1)",
        )
        .bind((now - BODIES).as_millis())
        .execute(self.writer())
        .await?;
        let forgotten = query(
            "update batch set body = null where body is not null and forgets = 1 and
                 (finished_at is not null or occurrence_id in
                     (select occurrence_id from occurrence where finished_at is not null))",
        )
        .execute(self.writer())
        .await?
        .rows_affected();
        let old = (now - RECIPIENTS).as_millis();
        let mut deleted = 1;
        while deleted > 0 {
            deleted = query(
                "delete from recipient where (occurrence_id, member_id) in
                     (select occurrence_id, member_id from recipient where occurrence_id in
                         (select occurrence_id from occurrence where forgotten_at is null and finished_at < $1)
                      limit $2)",
            )
            .bind(old)
            .bind(SLICE)
            .execute(self.writer())
            .await?
            .rows_affected();
        }
        query(
            "update batch set members = $2, first_member = null, last_member = null, clocks = null where occurrence_id in
                 (select occurrence_id from occurrence where forgotten_at is null and finished_at < $1)",
        )
        .bind(old)
        .bind(pack(&[]))
        .execute(self.writer())
        .await?;
        query(
            "update occurrence set forgotten_at = $2 where forgotten_at is null and finished_at < $1",
        )
        .bind(old)
        .bind(now.as_millis())
        .execute(self.writer())
        .await?;
        Ok(forgotten > 0)
    }
}
