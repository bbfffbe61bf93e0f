//! What a signed body holds, sorted into what is stored and what is kept aside. Pure.

use bytes::Bytes;
use line_api::UserId;
use line_api::event::{Content, Delivery, Event, Kind, Message};
use service_kit::Timestamp;

use super::DEFAULT_BOT;
use crate::bot;
use crate::limits::{CLOCK_SKEW, MALFORMED, STALE_AFTER};
use crate::store::{Batch, NewEvent, Quarantined, Reason, State};

/// Sorts a body that came at `now`. Each event is its own matter: an odd one costs the others nothing.
pub(super) fn sort(body: &Bytes, bot: Option<&UserId>, now: Timestamp) -> Batch {
    let mut batch = Batch {
        channel: DEFAULT_BOT,
        received_at: now,
        ..Batch::default()
    };
    let aside = |reason, raw: &Bytes| Quarantined {
        reason,
        raw: raw.clone(),
    };
    match Delivery::parse(body) {
        Err(_) => batch.quarantined.push(aside(Reason::NotADelivery, body)),
        Ok(delivery) if delivery.events.is_empty() => {}
        Ok(delivery) if bot.is_some() && bot != delivery.destination.as_ref() => {
            batch
                .quarantined
                .push(aside(Reason::OtherDestination, body));
        }
        Ok(delivery) => {
            for event in &delivery.events {
                if event.flaw().is_some() {
                    let kept = aside(Reason::MalformedEvent, event.raw());
                    batch.quarantined.push(kept);
                } else {
                    batch.events.push(new_event(event, now));
                }
            }
            // A body may hold hundreds of thousands of `{}`: they are as well kept together.
            if batch.quarantined.len() > MALFORMED {
                batch.quarantined = vec![aside(Reason::MalformedEvent, body)];
            }
        }
    }
    batch
}

fn new_event(event: &Event, now: Timestamp) -> NewEvent {
    // A time that lies ahead would win over everything that really happens until then.
    let event_at = event
        .header
        .timestamp
        .filter(|time| *time <= now + CLOCK_SKEW)
        .unwrap_or(now);
    NewEvent {
        key: event.dedupe_key().as_str().to_owned(),
        conversation: event.chat_id().map(|chat| chat.as_str().to_owned()),
        message_id: message_id(&event.kind),
        event_at,
        raw: event.raw().clone(),
        state: if now.since(event_at) > STALE_AFTER {
            State::Stale
        } else {
            State::Pending
        },
        unknown: is_unknown(&event.kind),
    }
}

/// LINE's ID of the message that the event brings, if it looks like one.
fn message_id(kind: &Kind) -> Option<String> {
    match kind {
        Kind::Message(message) | Kind::MessageEdited(message) => Some(&message.id),
        _ => None,
    }
    .filter(|id| bot::is_message_id(id))
    .cloned()
}

fn is_unknown(kind: &Kind) -> bool {
    match kind {
        Kind::Unknown { .. } => true,
        Kind::Message(Message { content, .. }) => matches!(content, Content::Unknown { .. }),
        _ => false,
    }
}
