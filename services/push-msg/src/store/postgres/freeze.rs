use std::collections::{HashMap, HashSet};
use std::time::Duration;

use line_api::messaging::RetryKey;
use service_kit::Timestamp;
use sqlx::{Postgres, Transaction, query, query_as, query_scalar};
use uuid::Uuid;

use super::PostgresStore;
use super::occurrence::hold;
use crate::store::batch::{pack, sha256};
use crate::store::recipient::{Columns, texts};
use crate::store::{Claim, Frozen, LedgerError, NewBatch, NewRecipient, held};

/// Rows deleted in one statement.
const SLICE: i64 = 10_000;

impl PostgresStore {
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
                    .execute(&self.pool)
                    .await?
                    .rows_affected();
            }
        }
        Ok(())
    }

    pub(crate) async fn known(
        &self,
        claim: &Claim,
        members: &[Uuid],
    ) -> Result<HashSet<Uuid>, LedgerError> {
        let known: Vec<String> = query_scalar(
            "select cast(member_id as text) from recipient
             where occurrence_id = $1 and member_id = any(cast($2 as uuid[]))",
        )
        .bind(claim.occurrence)
        .bind(texts(members))
        .fetch_all(&self.pool)
        .await?;
        known
            .iter()
            .map(|id| Uuid::try_parse(id).map_err(|_| LedgerError::Unreadable("member ID")))
            .collect()
    }

    pub(crate) async fn sent_since(
        &self,
        members: &[Uuid],
        since: Timestamp,
    ) -> Result<HashMap<Uuid, u32>, LedgerError> {
        let counts: Vec<(String, i64)> = query_as(
            "select cast(member_id as text), count(*) from recipient
             where occurrence_id in (
                     select occurrence_id from occurrence
                     where recipients > 0 and coalesce(begun_at, scheduled_at) > $2
                       and state not in ('missed', 'expired', 'cancelled'))
               and member_id = any(cast($1 as uuid[])) and batch is not null
             group by member_id",
        )
        .bind(texts(members))
        .bind(since.as_millis())
        .fetch_all(&self.pool)
        .await?;
        let count = |(id, count): (String, i64)| {
            let id = Uuid::try_parse(&id).map_err(|_| LedgerError::Unreadable("member ID"))?;
            Ok((id, u32::try_from(count).unwrap_or(u32::MAX)))
        };
        counts.into_iter().map(count).collect()
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
        let columns = Columns::of(recipients);
        query(
            "insert into recipient (occurrence_id, member_id, batch, excluded)
             select $1, cast(member_id as uuid), batch, excluded
             from unnest($2, $3, $4) as frozen (member_id, batch, excluded)",
        )
        .bind(claim.occurrence)
        .bind(columns.members)
        .bind(columns.batches)
        .bind(columns.excluded)
        .execute(&mut *tx)
        .await?;
        for batch in batches {
            insert(&mut tx, claim.occurrence, batch).await?;
        }
        Ok(tx.commit().await?)
    }

    pub(crate) async fn end_freezing(
        &self,
        claim: &Claim,
        frozen: &Frozen<'_>,
    ) -> Result<(), LedgerError> {
        let changed = query(
            "update occurrence set state = 'materialised', reason = null, recipients = $3, excluded = $4,
                    document = $5, digest = $6, not_after = greatest(not_after, $7)
             where occurrence_id = $1 and attempt = $2 and state = 'planned' and finished_at is null",
        )
        .bind(claim.occurrence)
        .bind(claim.attempt)
        .bind(frozen.recipients)
        .bind(frozen.excluded)
        .bind(frozen.document)
        .bind(frozen.digest.as_slice())
        .bind(frozen.not_after.as_millis())
        .execute(&self.pool)
        .await?
        .rows_affected();
        held(changed)
    }
}

/// Writes a batch down, under a key of its own.
pub(super) async fn insert(
    tx: &mut Transaction<'_, Postgres>,
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
