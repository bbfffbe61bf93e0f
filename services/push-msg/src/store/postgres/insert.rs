use line_api::messaging::RetryKey;
use sqlx::{Postgres, Transaction, query};

use crate::store::NewBatch;
use crate::store::batch::{pack, sha256};

/// Writes batches down, each under a key of its own, in one statement.
pub(super) async fn insert_batches(
    tx: &mut Transaction<'_, Postgres>,
    occurrence: i64,
    batches: &[NewBatch],
) -> Result<(), sqlx::Error> {
    let (first, last): (Vec<_>, Vec<_>) = batches.iter().map(NewBatch::ends).unzip();
    query(
        "insert into batch (occurrence_id, number, kind, recipients, members, clocks, not_before, body, body_sha256,
             retry_key, first_member, last_member, state)
         select $1, new.*, 'planned' from unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) as new",
    )
    .bind(occurrence)
    .bind(each(batches, |batch| batch.number))
    .bind(each(batches, |batch| batch.kind.as_str()))
    .bind(each(batches, NewBatch::recipients))
    .bind(each(batches, |batch| pack(&batch.members)))
    .bind(each(batches, |batch| batch.clocks.as_deref()))
    .bind(each(batches, |batch| batch.not_before.as_millis()))
    .bind(each(batches, |batch| batch.body.as_slice()))
    .bind(each(batches, |batch| sha256(&batch.body)))
    .bind(each(batches, |_| RetryKey::random().to_string()))
    .bind(first)
    .bind(last)
    .execute(&mut **tx)
    .await
    .map(drop)
}

fn each<'a, Column>(batches: &'a [NewBatch], of: impl Fn(&'a NewBatch) -> Column) -> Vec<Column> {
    batches.iter().map(of).collect()
}
