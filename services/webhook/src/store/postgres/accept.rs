use aws_lc_rs::digest::{SHA256, digest};
use sqlx::postgres::PgArguments;
use sqlx::{query, query_scalar_with};

use super::super::{Batch, Row, by_batch, new_ones, rows};
use super::Postgres;
use super::lane::add;

/// Replicas that insert the same events do so in the same order, so that none waits for the other in a circle.
const INSERT_EVENTS: &str = "
    insert into event (channel, event_key, conversation, message_id, event_at, received_at, due_at, raw, state)
    select channel, event_key, conversation, message_id, event_at, received_at, received_at, raw, state
    from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::bytea[], $8::text[])
        as new (channel, event_key, conversation, message_id, event_at, received_at, raw, state)
    order by channel, event_key
    on conflict (channel, event_key) do nothing
    returning event_key";

const INSERT_QUARANTINE: &str = "
    insert into quarantine (channel, received_at, reason, raw, digest)
    values ($1, $2, $3, $4, $5)
    on conflict (channel, digest) do nothing";

impl Postgres {
    /// Stores all requests of a group in one transaction.
    pub(in super::super) async fn accept(
        &self,
        batches: &[Batch],
    ) -> Result<Vec<Vec<bool>>, sqlx::Error> {
        let rows = rows(batches);
        // A statement of its own is a transaction of its own, and saves two trips.
        if batches.iter().all(|batch| batch.quarantined.is_empty()) {
            let lane = &self.lanes.accepts;
            let inserted = lane.column(INSERT_EVENTS, columns(&rows)?).await?;
            return Ok(by_batch(batches, new_ones(&rows, inserted)));
        }
        let mut tx = self.pool.begin().await?;
        let inserted = query_scalar_with(INSERT_EVENTS, columns(&rows)?)
            .fetch_all(&mut *tx)
            .await?;
        for batch in batches {
            for kept in &batch.quarantined {
                query(INSERT_QUARANTINE)
                    .bind(batch.channel)
                    .bind(batch.received_at.as_millis())
                    .bind(kept.reason.as_str())
                    .bind(kept.raw.as_ref())
                    .bind(digest(&SHA256, &kept.raw).as_ref())
                    .execute(&mut *tx)
                    .await?;
            }
        }
        tx.commit().await?;
        Ok(by_batch(batches, new_ones(&rows, inserted)))
    }
}

/// The rows as PostgreSQL takes many of them at once.
fn columns(rows: &[Row<'_>]) -> Result<PgArguments, sqlx::Error> {
    let mut columns = PgArguments::default();
    add(&mut columns, rows.iter().map(|(batch, _)| batch.channel))?;
    add(
        &mut columns,
        rows.iter().map(|(_, event)| event.key.as_str()),
    )?;
    add(
        &mut columns,
        rows.iter().map(|(_, event)| event.conversation.as_deref()),
    )?;
    add(
        &mut columns,
        rows.iter().map(|(_, event)| event.message_id.as_deref()),
    )?;
    add(
        &mut columns,
        rows.iter().map(|(_, event)| event.event_at.as_millis()),
    )?;
    add(
        &mut columns,
        rows.iter().map(|(batch, _)| batch.received_at.as_millis()),
    )?;
    add(
        &mut columns,
        rows.iter().map(|(_, event)| event.raw.as_ref()),
    )?;
    add(
        &mut columns,
        rows.iter().map(|(_, event)| event.state.as_str()),
    )?;
    Ok(columns)
}
