use std::time::Duration;

use service_kit::Timestamp;
use sqlx::{Transaction, query, query_as, query_scalar};

use super::{Database, Ledger};
use crate::store::occurrence::OccurrenceRow;
use crate::store::{Claim, LedgerError, Occurrence, OccurrenceState, held};

impl Ledger {
    pub(crate) async fn open_occurrences(&self) -> Result<Vec<i64>, sqlx::Error> {
        query_scalar(
            "select occurrence_id from occurrence where finished_at is null
             order by scheduled_at, occurrence_id",
        )
        .fetch_all(self.readers())
        .await
    }

    pub(crate) async fn claim(
        &self,
        id: i64,
        now: Timestamp,
        lease: Duration,
    ) -> Result<Option<(Claim, Occurrence)>, LedgerError> {
        // A lease that ends later than any can was counted by a clock that was set back.
        let row: Option<OccurrenceRow> = query_as(
            "update occurrence set attempt = attempt + 1, lease_until = $3
             where occurrence_id = $1 and finished_at is null and (lease_until <= $2 or lease_until > $4)
             returning campaign, scheduled_at, not_after, state, reason, begun_at, control, held_until, document, attempt",
        )
        .bind(id)
        .bind(now.as_millis())
        .bind((now + lease).as_millis())
        .bind((now + lease * 2).as_millis())
        .fetch_optional(self.writer())
        .await?;
        row.map(|row| row.read(id, lease)).transpose()
    }

    pub(crate) async fn extend(
        &self,
        claim: &Claim,
        now: Timestamp,
        lease: Duration,
    ) -> Result<(), LedgerError> {
        let mut tx = self.write().await?;
        hold(&mut tx, claim, now, lease).await?;
        Ok(tx.commit().await?)
    }

    pub(crate) async fn release(&self, claim: &Claim) -> Result<(), LedgerError> {
        query("update occurrence set lease_until = 0 where occurrence_id = $1 and attempt = $2")
            .bind(claim.occurrence)
            .bind(claim.attempt)
            .execute(self.writer())
            .await?;
        Ok(())
    }

    pub(crate) async fn set_state(
        &self,
        claim: &Claim,
        state: OccurrenceState,
        reason: &str,
        held_until: Option<Timestamp>,
    ) -> Result<(), LedgerError> {
        let changed = query(
            "update occurrence set state = $3, reason = $4, held_until = $5
             where occurrence_id = $1 and attempt = $2 and finished_at is null",
        )
        .bind(claim.occurrence)
        .bind(claim.attempt)
        .bind(state.as_str())
        .bind(reason)
        .bind(held_until.map(Timestamp::as_millis))
        .execute(self.writer())
        .await?
        .rows_affected();
        held(changed)
    }

    pub(crate) async fn finish(
        &self,
        claim: &Claim,
        state: OccurrenceState,
        reason: Option<&str>,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let changed = query(
            "update occurrence set state = $3, reason = $4, finished_at = $5, held_until = null, reserves = 0
             where occurrence_id = $1 and attempt = $2 and finished_at is null",
        )
        .bind(claim.occurrence)
        .bind(claim.attempt)
        .bind(state.as_str())
        .bind(reason)
        .bind(now.as_millis())
        .execute(self.writer())
        .await?
        .rows_affected();
        held(changed)
    }
}

/// Keeps the claim alive, and keeps others from the occurrence until the transaction ends.
pub(super) async fn hold(
    tx: &mut Transaction<'_, Database>,
    claim: &Claim,
    now: Timestamp,
    lease: Duration,
) -> Result<(), LedgerError> {
    let changed = query(
        "update occurrence set lease_until = $3
         where occurrence_id = $1 and attempt = $2 and finished_at is null",
    )
    .bind(claim.occurrence)
    .bind(claim.attempt)
    .bind((now + lease).as_millis())
    .execute(&mut **tx)
    .await?
    .rows_affected();
    held(changed)
}
