use aws_lc_rs::digest::{SHA256, digest};
use sqlx::{query, query_scalar};

use super::super::{Batch, new_ones};
use super::Postgres;

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
        // A statement of its own is a transaction of its own, and saves two trips.
        if batches.iter().all(|batch| batch.quarantined.is_empty()) {
            let inserted = insert_events(batches).fetch_all(&self.pool).await?;
            return Ok(new_ones(batches, inserted));
        }
        let mut tx = self.pool.begin().await?;
        let inserted = insert_events(batches).fetch_all(&mut *tx).await?;
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
        Ok(new_ones(batches, inserted))
    }
}

type Insert<'q> = sqlx::query::QueryScalar<'q, sqlx::Postgres, String, sqlx::postgres::PgArguments>;

fn insert_events(batches: &[Batch]) -> Insert<'_> {
    let events = || {
        batches
            .iter()
            .flat_map(|batch| batch.events.iter().map(move |event| (batch, event)))
    };
    query_scalar(INSERT_EVENTS)
        .bind(events().map(|(batch, _)| batch.channel).collect::<Vec<_>>())
        .bind(
            events()
                .map(|(_, event)| event.key.as_str())
                .collect::<Vec<_>>(),
        )
        .bind(
            events()
                .map(|(_, event)| event.conversation.as_deref())
                .collect::<Vec<_>>(),
        )
        .bind(
            events()
                .map(|(_, event)| event.message_id.as_deref())
                .collect::<Vec<_>>(),
        )
        .bind(
            events()
                .map(|(_, event)| event.event_at.as_millis())
                .collect::<Vec<_>>(),
        )
        .bind(
            events()
                .map(|(batch, _)| batch.received_at.as_millis())
                .collect::<Vec<_>>(),
        )
        .bind(
            events()
                .map(|(_, event)| event.raw.as_ref())
                .collect::<Vec<_>>(),
        )
        .bind(
            events()
                .map(|(_, event)| event.state.as_str())
                .collect::<Vec<_>>(),
        )
}
