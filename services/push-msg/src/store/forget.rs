//! Forgetting people who left or were erased. Their IDs stand in the bytes of batches alone.

use aws_lc_rs::digest::{SHA256, digest};
use line_api::messaging::RetryKey;
use service_kit::Timestamp;
use sqlx::{FromRow, Sqlite, Transaction, query, query_as, query_scalar};

use super::{LedgerError, Store};
use crate::erased::{Erased, Named};

/// A batch whose bytes are still here.
#[derive(FromRow)]
struct Kept {
    batch_id: i64,
    occurrence_id: i64,
    number: i64,
    body: Vec<u8>,
    unanswered: i64,
    is_over: bool,
    #[sqlx(try_from = "i64")]
    scheduled_at: Timestamp,
}

const NEXT_KEPT: &str = "
    select batch_id, occurrence_id, number, body, unanswered, scheduled_at,
        batch.finished_at is not null or occurrence.finished_at is not null as is_over
    from batch join occurrence using (occurrence_id)
    where body is not null and batch_id > $1
    order by batch_id limit 1";

impl Store {
    /// Up to which change of the feed people were forgotten.
    pub(crate) async fn feed_position(&self) -> Result<i64, LedgerError> {
        let position = query_scalar("select position from feed")
            .fetch_one(&self.pool)
            .await?;
        Ok(position)
    }

    /// Forgets these people, and then notes how far the feed was read.
    pub(crate) async fn forget(&self, erased: &Erased, position: i64) -> Result<(), LedgerError> {
        let mut last = 0;
        while !erased.is_empty()
            && let Some(kept) = self.next_kept(last).await?
        {
            last = kept.batch_id;
            let Some(named) = erased.named_in(&kept.body, kept.scheduled_at) else {
                continue;
            };
            let mut tx = self.pool.begin().await?;
            if kept.is_over {
                forget_bytes(&mut tx, &kept).await?;
            } else if kept.unanswered > 0 {
                mark(&mut tx, &kept).await?;
            } else {
                cut_out(&mut tx, &kept, &named).await?;
            }
            tx.commit().await?;
        }
        query("update feed set position = $1")
            .bind(position)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    async fn next_kept(&self, last: i64) -> Result<Option<Kept>, LedgerError> {
        Ok(query_as(NEXT_KEPT)
            .bind(last)
            .fetch_optional(&self.pool)
            .await?)
    }

    /// The feed does not tell any more who was erased: whatever is over is forgotten, and the rest as soon as it is.
    pub(crate) async fn forget_everybody(&self) -> Result<(), LedgerError> {
        query("update batch set forgets = 1 where body is not null")
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Folds the log into the file and empties it: `secure_delete` overwrites the file's own pages, and the log still holds
    /// them as they were.
    pub(crate) async fn scrub(&self) -> Result<(), LedgerError> {
        query("pragma wal_checkpoint(truncate)")
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

async fn forget_bytes(tx: &mut Transaction<'_, Sqlite>, kept: &Kept) -> Result<(), sqlx::Error> {
    query("update batch set body = null where batch_id = $1")
        .bind(kept.batch_id)
        .execute(&mut **tx)
        .await
        .map(drop)
}

/// LINE may have accepted it: whatever it is asked again must be the same bytes.
async fn mark(tx: &mut Transaction<'_, Sqlite>, kept: &Kept) -> Result<(), sqlx::Error> {
    query("update batch set forgets = 1 where batch_id = $1")
        .bind(kept.batch_id)
        .execute(&mut **tx)
        .await
        .map(drop)
}

/// LINE has certainly not accepted it: it leaves without them, under a key of its own. Whoever was about to send the old
/// bytes finds that the key is another.
async fn cut_out(
    tx: &mut Transaction<'_, Sqlite>,
    kept: &Kept,
    named: &Named,
) -> Result<(), sqlx::Error> {
    let count = i64::try_from(named.places.len()).unwrap_or(i64::MAX);
    match &named.rest {
        _ if count == 0 => return Ok(()),
        None => query("delete from batch where batch_id = $1").bind(kept.batch_id),
        Some(rest) => query(
            "update batch set body = $2, body_sha256 = $3, retry_key = $4, recipients = recipients - $5,
                    first_attempt_at = null
             where batch_id = $1",
        )
        .bind(kept.batch_id)
        .bind(rest.as_slice())
        .bind(digest(&SHA256, rest).as_ref().to_vec())
        .bind(RetryKey::random().to_string())
        .bind(count),
    }
    .execute(&mut **tx)
    .await?;
    // From the last place on, so that those before it are still true.
    for place in named.places.iter().rev() {
        for update in [
            "update recipient set batch = null, place = null, excluded = 'left'
             where occurrence_id = $1 and batch = $2 and place = $3",
            "update recipient set place = place - 1 where occurrence_id = $1 and batch = $2 and place > $3",
        ] {
            query(update)
                .bind(kept.occurrence_id)
                .bind(kept.number)
                .bind(*place)
                .execute(&mut **tx)
                .await?;
        }
    }
    query("update occurrence set recipients = recipients - $2, excluded = excluded + $2 where occurrence_id = $1")
        .bind(kept.occurrence_id)
        .bind(count)
        .execute(&mut **tx)
        .await
        .map(drop)
}
