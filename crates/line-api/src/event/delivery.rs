use std::borrow::Cow;

use bytes::Bytes;
use serde_json::value::RawValue;

use super::envelope::Event;
use super::object::Object;
use crate::UserId;

/// One webhook request of LINE: any number of events, of different people, for one bot (MA#request-body).
///
/// No events at all is LINE's check of the connection.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// The bot that the events are for; compare it with the channel that the secret belongs to.
    pub destination: Option<UserId>,
    /// The events in LINE's order, which is not the order in which they happened.
    pub events: Vec<Event>,
}

impl Delivery {
    /// Reads a body whose signature was verified.
    ///
    /// It fails only if there is no list of events; what an event holds is that event's own matter.
    pub fn parse(body: &[u8]) -> Result<Self, MalformedDelivery> {
        let text = same_length_text(body);
        let envelope = Object::split(&text).map_err(|_| MalformedDelivery)?;
        let events: Vec<&RawValue> = envelope.get("events").ok_or(MalformedDelivery)?;
        let original = Bytes::copy_from_slice(body);
        let events = events.into_iter().map(RawValue::get).map(|event| {
            let start = event.as_ptr().addr() - text.as_ptr().addr();
            Event::new(original.slice(start..start + event.len()))
        });
        Ok(Self {
            destination: envelope.get("destination"),
            events: events.collect(),
        })
    }
}

/// The body is signed, yet no JSON object with a list of `events`: keep it aside, a retry brings the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the body is not a delivery of events")]
pub struct MalformedDelivery;

/// The body as text of the same length, with `?` for every byte that is not UTF-8: so that the events can be
/// told apart, and cut out of the original, even if one of them holds such a byte.
fn same_length_text(body: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = str::from_utf8(body) {
        return Cow::Borrowed(text);
    }
    body.utf8_chunks()
        .flat_map(|chunk| [chunk.valid(), &"???"[..chunk.invalid().len()]])
        .collect::<String>()
        .into()
}
