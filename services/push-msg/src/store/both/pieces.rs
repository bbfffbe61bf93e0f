use std::slice;
use std::time::Duration;

use service_kit::Timestamp;
use sqlx::{Transaction, query, query_scalar};

use super::occurrence::hold;
use super::recipient::{exclude, point};
use super::{Database, Ledger, insert_batches};
use crate::store::batch::pack;
use crate::store::{Batch, Claim, LedgerError, Pieces, held};

impl Ledger {
    pub(crate) async fn reshape(
        &self,
        claim: &Claim,
        batch: &Batch,
        pieces: &Pieces,
        now: Timestamp,
        lease: Duration,
    ) -> Result<(), LedgerError> {
        let mut tx = self.write().await?;
        hold(&mut tx, claim, now, lease).await?;
        take_apart(&mut tx, claim.occurrence, batch, pieces, now).await?;
        Ok(tx.commit().await?)
    }
}

/// Puts the pieces in the place of the batch. Whoever is about to send the old bytes finds that they are gone.
pub(super) async fn take_apart(
    tx: &mut Transaction<'_, Database>,
    occurrence: i64,
    batch: &Batch,
    pieces: &Pieces,
    now: Timestamp,
) -> Result<(), LedgerError> {
    let refusal = pieces.refusal.as_ref();
    let changed = query(
        "update batch set state = 'superseded', finished_at = $2, recipients = 0, members = $7, first_member = null, last_member = null, clocks = null,
                body = null, unanswered = 0, code = $3, reason = $4
         where batch_id = $1 and finished_at is null and retry_key = $5 and unanswered = $6",
    )
    .bind(batch.id)
    .bind(now.as_millis())
    .bind(refusal.map(|(code, _)| i64::from(*code)))
    .bind(refusal.map(|(_, reason)| reason.as_str()))
    .bind(batch.retry_key.to_string())
    .bind(batch.unanswered)
    .bind(pack(&[]))
    .execute(&mut **tx)
    .await?
    .rows_affected();
    held(changed)?;
    // LINE never saw it: there is nothing to remember.
    query("delete from batch where batch_id = $1 and attempts = 0")
        .bind(batch.id)
        .execute(&mut **tx)
        .await?;
    let last: i64 =
        query_scalar("select coalesce(max(number), -1) from batch where occurrence_id = $1")
            .bind(occurrence)
            .fetch_one(&mut **tx)
            .await?;
    for (number, part) in (last.max(batch.number) + 1..).zip(&pieces.parts) {
        let part = batch.part(part, number)?;
        insert_batches(tx, occurrence, slice::from_ref(&part)).await?;
        point(tx, occurrence, &part.members, number).await?;
    }
    for (places, reason) in &pieces.out {
        let members = batch.at(places)?;
        exclude(tx, occurrence, &members, reason).await?;
        query("update occurrence set recipients = recipients - $2, excluded = excluded + $2 where occurrence_id = $1")
            .bind(occurrence)
            .bind(i64::try_from(members.len()).unwrap_or(i64::MAX))
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}
