use sqlx::postgres::PgArguments;

use super::super::Batch;
use super::super::rows::{Aside, Row, aside, by_batch, new_ones, rows};
use super::Postgres;
use super::lane::add;

/// One statement is one transaction and one trip. Replicas that insert the same events do so in the same order, that of the
/// arrays, so that none waits for the other in a circle.
const INSERT: &str = "
    with kept as (
        insert into quarantine (channel, received_at, reason, raw, digest)
        select channel, received_at, reason, raw, digest
        from unnest($9::text[], $10::bigint[], $11::text[], $12::bytea[], $13::bytea[])
            as new (channel, received_at, reason, raw, digest)
        order by channel, digest
        on conflict (channel, digest) do nothing
    ), stored as (
        insert into event (channel, event_key, conversation, message_id, event_at, received_at, due_at, raw, state)
        select channel, event_key, conversation, message_id, event_at, received_at, received_at, raw, state
        from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::bytea[], $8::text[])
            as new (channel, event_key, conversation, message_id, event_at, received_at, raw, state)
        on conflict (channel, event_key) do nothing
        returning event_key
    )
    select coalesce(array_agg(event_key), '{}') from stored";

impl Postgres {
    /// Stores all requests of a group in one transaction.
    pub(in super::super) async fn accept(
        &self,
        batches: &[Batch],
    ) -> Result<Vec<Vec<bool>>, sqlx::Error> {
        let rows = rows(batches);
        let mut sorted = rows.clone();
        sorted.sort_unstable_by_key(|(batch, event)| (batch.channel, event.key.as_str()));
        let inserted = self
            .lanes
            .accepts
            .array(INSERT, columns(&sorted, &aside(batches))?)
            .await?;
        Ok(by_batch(batches, new_ones(&rows, inserted)))
    }
}

/// The rows as PostgreSQL takes many of them at once.
fn columns(rows: &[Row<'_>], aside: &[Aside<'_>]) -> Result<PgArguments, sqlx::Error> {
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
    add(&mut columns, aside.iter().map(|(batch, _)| batch.channel))?;
    add(
        &mut columns,
        aside.iter().map(|(batch, _)| batch.received_at.as_millis()),
    )?;
    add(
        &mut columns,
        aside.iter().map(|(_, kept)| kept.reason.as_str()),
    )?;
    add(
        &mut columns,
        aside.iter().map(|(_, kept)| kept.raw.as_ref()),
    )?;
    add(&mut columns, aside.iter().map(|(_, kept)| kept.digest()))?;
    Ok(columns)
}
