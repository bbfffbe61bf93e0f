//! Events that are taken up in the moment in which they are stored, as those are on whom nobody waits.

use std::collections::{HashMap, HashSet};

use service_kit::Timestamp;
use sqlx::FromRow;

use super::record::Replied;
use super::rows::Row;
use super::{Claim, State};

/// An event that is new. Attempt 0: it was not taken up.
#[derive(FromRow)]
pub(super) struct New {
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

impl Stored {
    /// Nothing was taken up.
    pub(super) fn only(rows: &[Row<'_>], new: Vec<bool>) -> Self {
        let pending = rows.iter().map(|(_, event)| event.state == State::Pending);
        Self {
            is_some_left: pending.zip(&new).any(|(pending, new)| pending && *new),
            new,
            claims: Vec::new(),
        }
    }

    /// Some was taken up, until `lease_until`.
    pub(super) fn and_taken_up(rows: &[Row<'_>], new: Vec<New>, lease_until: Timestamp) -> Self {
        let by_key = new.into_iter().map(|new| (new.event_key.clone(), new));
        let mut inserted: HashMap<_, _> = by_key.collect();
        let mut stored = Self {
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
        stored
    }
}

/// Whether each is pending, and none of its conversation that comes with it happened before it.
pub(super) fn first_of_each(rows: &[Row<'_>]) -> Vec<bool> {
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
