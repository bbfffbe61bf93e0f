use service_kit::Timestamp;
use sqlx::Arguments as _;
use sqlx::postgres::PgArguments;

use super::super::Batch;
use super::super::at_once::{Stored, first_of_each};
use super::super::company::{Done, Sought};
use super::super::rows::{Aside, Row, aside, by_batch, new_ones, rows};
use super::Postgres;
use super::lane::add;
use crate::limits::{HOLD, LEASE};

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

const TAKE_UP_AT_ONCE: &str =
    "select * from take_up_at_once($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";

impl Postgres {
    /// Stores all requests of a group, and takes up what is sought of it, in one transaction.
    pub(in super::super) async fn accept(
        &self,
        batches: &[Batch],
        sought: Option<Sought>,
    ) -> Result<Done, sqlx::Error> {
        let (rows, aside) = (rows(batches), aside(batches));
        let stored = match sought {
            _ if rows.is_empty() && aside.is_empty() => Stored::only(&rows, Vec::new()),
            Some(sought) if aside.is_empty() && sought.has_room_for(rows.len()) => {
                self.take_up_at_once(&rows, sought.now).await?
            }
            _ => Stored::only(&rows, self.insert(&rows, &aside).await?),
        };
        Ok(Done {
            new: by_batch(batches, stored.new),
            claims: stored.claims,
            is_some_left: stored.is_some_left,
            ..Done::default()
        })
    }

    /// Stores events, and takes up those that are the first of their conversations.
    async fn take_up_at_once(
        &self,
        rows: &[Row<'_>],
        now: Timestamp,
    ) -> Result<Stored, sqlx::Error> {
        let mut sorted: Vec<_> = rows.iter().copied().zip(first_of_each(rows)).collect();
        sorted.sort_unstable_by_key(|((batch, event), _)| (batch.channel, event.key.as_str()));
        let (sorted, firsts): (Vec<_>, Vec<_>) = sorted.into_iter().unzip();
        let mut columns = PgArguments::default();
        add_events(&mut columns, &sorted)?;
        add(&mut columns, firsts.into_iter())?;
        let lease_until = now + LEASE;
        for time in [now, lease_until, now + HOLD] {
            columns.add(time.as_millis()).map_err(sqlx::Error::Encode)?;
        }
        let new = self.lanes.accepts.rows(TAKE_UP_AT_ONCE, columns).await?;
        Ok(Stored::and_taken_up(rows, new, lease_until))
    }

    /// Stores events and what is kept aside. Says of each event whether it is new.
    async fn insert(
        &self,
        rows: &[Row<'_>],
        aside: &[Aside<'_>],
    ) -> Result<Vec<bool>, sqlx::Error> {
        let mut sorted = rows.to_vec();
        sorted.sort_unstable_by_key(|(batch, event)| (batch.channel, event.key.as_str()));
        let mut columns = PgArguments::default();
        add_events(&mut columns, &sorted)?;
        add_aside(&mut columns, aside)?;
        let inserted = self.lanes.accepts.array(INSERT, columns).await?;
        Ok(new_ones(rows, inserted))
    }
}

/// The rows as PostgreSQL takes many of them at once.
fn add_events(columns: &mut PgArguments, rows: &[Row<'_>]) -> Result<(), sqlx::Error> {
    let batches = || rows.iter().map(|(batch, _)| batch);
    let events = || rows.iter().map(|(_, event)| event);
    add(columns, batches().map(|batch| batch.channel))?;
    add(columns, events().map(|event| event.key.as_str()))?;
    add(columns, events().map(|event| event.conversation.as_deref()))?;
    add(columns, events().map(|event| event.message_id.as_deref()))?;
    add(columns, events().map(|event| event.event_at.as_millis()))?;
    add(
        columns,
        batches().map(|batch| batch.received_at.as_millis()),
    )?;
    add(columns, events().map(|event| event.raw.as_ref()))?;
    add(columns, events().map(|event| event.state.as_str()))
}

fn add_aside(columns: &mut PgArguments, aside: &[Aside<'_>]) -> Result<(), sqlx::Error> {
    let batches = || aside.iter().map(|(batch, _)| batch);
    let kept = || aside.iter().map(|(_, kept)| kept);
    add(columns, batches().map(|batch| batch.channel))?;
    add(
        columns,
        batches().map(|batch| batch.received_at.as_millis()),
    )?;
    add(columns, kept().map(|kept| kept.reason.as_str()))?;
    add(columns, kept().map(|kept| kept.raw.as_ref()))?;
    add(columns, kept().map(|kept| kept.digest()))
}
