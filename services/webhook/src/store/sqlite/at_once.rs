//! Events that are taken up in the moment in which they are stored, as those are on whom nobody waits.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use service_kit::Timestamp;
use service_kit::database::ManyRows;
use sqlx::sqlite::SqliteConnection;
use sqlx::{FromRow, query};

use super::super::record::Replied;
use super::super::rows::Row;
use super::super::{Claim, State};
use super::accept::{MOST, bind};
use crate::limits::{HOLD, LEASE};

/// Each is taken up whose lease is given, unless another of its conversation stands in line.
static INSERT: LazyLock<ManyRows> = LazyLock::new(|| {
    ManyRows::new(MOST, 10, |rows| {
        format!(
            "with new as materialized (
                select *, column9 is not null and not exists (
                    select 1 from event other
                    where other.channel = column1 and other.conversation = column3
                      and other.state = 'pending' and other.in_line = 1) as mine
                from (values {rows})
                where column1 is not null)
            insert into event
                (channel, event_key, conversation, message_id, event_at, received_at, raw, state, in_line,
                attempt, due_at, lease_until, held_until)
            select column1, column2, column3, column4, column5, column6, column7, column8, 1,
                mine, iif(mine, column9, column6), iif(mine, column9, null), iif(mine, column10, null)
            from new
            where true
            on conflict (channel, event_key) do nothing
            returning event_id, event_key, attempt,
                exists (
                    select 1 from unsent
                    where unsent.channel = event.channel and unsent.message_id = event.message_id) as unsent"
        )
    })
});

/// An event that is new.
#[derive(FromRow)]
struct New {
    event_id: i64,
    event_key: String,
    attempt: i64,
    unsent: bool,
}

/// What became of events that came.
pub(super) struct Stored {
    /// Of each, whether it is new.
    pub(super) new: Vec<bool>,
    pub(super) claims: Vec<Claim>,
    /// Whether something new was not taken up.
    pub(super) is_some_left: bool,
}

/// Inserts events, each into the line of its conversation, and takes up those that are the first there.
pub(super) async fn insert(
    connection: &mut SqliteConnection,
    rows: &[Row<'_>],
    now: Timestamp,
) -> Result<Stored, sqlx::Error> {
    let (lease_until, held_until) = (now + LEASE, now + HOLD);
    let first = first_of_each(rows);
    let mut inserted = HashMap::with_capacity(rows.len());
    let mut firsts = first.iter();
    for (statement, rows) in INSERT.chunks(rows) {
        let mut insert = query(statement);
        for row in rows {
            let is_first = firsts.next().is_some_and(|first| *first);
            insert = bind(insert, row)
                .bind(is_first.then(|| lease_until.as_millis()))
                .bind(is_first.then(|| held_until.as_millis()));
        }
        for new in insert.fetch_all(&mut *connection).await? {
            let new = New::from_row(&new)?;
            inserted.insert(new.event_key.clone(), new);
        }
    }
    let mut stored = Stored {
        new: Vec::with_capacity(rows.len()),
        claims: Vec::with_capacity(inserted.len()),
        is_some_left: false,
    };
    for (batch, event) in rows {
        let new = inserted.remove(&event.key);
        stored.new.push(new.is_some());
        let Some(new) = new else { continue };
        if new.attempt == 0 {
            stored.is_some_left |= event.state == State::Pending;
            continue;
        }
        stored.claims.push(Claim {
            event_id: new.event_id,
            attempt: new.attempt,
            channel: batch.channel.to_owned(),
            key: new.event_key,
            conversation: event.conversation.clone(),
            event_at: event.event_at,
            received_at: batch.received_at,
            lease_until,
            raw: event.raw.to_vec(),
            last_error: None,
            replied: Replied::No,
            unsent: new.unsent,
        });
    }
    Ok(stored)
}

/// Whether each is pending, and none of its conversation that comes with it happened before it.
fn first_of_each(rows: &[Row<'_>]) -> Vec<bool> {
    let mut order: Vec<_> = (0..rows.len()).collect();
    order.sort_by_key(|place| rows[*place].1.event_at);
    let mut first = vec![false; rows.len()];
    let mut met = HashSet::with_capacity(rows.len());
    for place in order {
        let (batch, event) = rows[place];
        first[place] = event.state == State::Pending
            && event
                .conversation
                .as_deref()
                .is_none_or(|conversation| met.insert((batch.channel, conversation)));
    }
    first
}
