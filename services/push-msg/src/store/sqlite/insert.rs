use line_api::messaging::RetryKey;
use sqlx::{Sqlite, Transaction, query};

use crate::store::NewBatch;
use crate::store::batch::{pack, sha256};

/// Writes batches down, each under a key of its own.
pub(super) async fn insert_batches(
    tx: &mut Transaction<'_, Sqlite>,
    occurrence: i64,
    batches: &[NewBatch],
) -> Result<(), sqlx::Error> {
    for batch in batches {
        let (first, last) = batch.ends();
        query(
            "insert into batch (occurrence_id, number, kind, recipients, members, clocks, not_before, body, body_sha256,
                 retry_key, first_member, last_member, state)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'planned')",
        )
        .bind(occurrence)
        .bind(batch.number)
        .bind(batch.kind.as_str())
        .bind(batch.recipients())
        .bind(pack(&batch.members))
        .bind(batch.clocks.as_deref())
        .bind(batch.not_before.as_millis())
        .bind(batch.body.as_slice())
        .bind(sha256(&batch.body))
        .bind(RetryKey::random().to_string())
        .bind(first)
        .bind(last)
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}
