//! Events, each a copy of a golden one with its own identity.

use std::sync::LazyLock;

use serde_json::{Map, Value};

use crate::ids;
use crate::world::World;

static GOLDEN: LazyLock<Map<String, Value>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../golden/events.json")).expect("golden events are JSON")
});

/// The names of all golden events.
pub(crate) fn names() -> impl Iterator<Item = &'static String> {
    GOLDEN.keys()
}

/// An event before it gets its identity.
#[derive(Debug)]
pub(crate) struct Sketch<'a> {
    /// Which golden event it follows.
    pub(crate) golden: &'a str,
    /// Where it happens; `None` keeps the golden source, or its absence.
    pub(crate) source: Option<Value>,
    /// What differs, as an RFC 7396 merge patch.
    pub(crate) patch: Value,
}

impl Sketch<'_> {
    /// The event with fresh IDs and tokens; `None` where no golden event has that name.
    pub(crate) fn draw(self, world: &mut World, now: i64) -> Option<Value> {
        let mut event = GOLDEN.get(self.golden)?.clone();
        event["timestamp"] = now.into();
        event["webhookEventId"] = ids::ulid(now).into();
        if let Some(source) = self.source {
            event["source"] = source;
        }
        if event.get("replyToken").is_some() {
            event["replyToken"] = ids::hex(16).into();
        }
        if let Some(message) = event.get_mut("message") {
            message["id"] = world.message_id().into();
            if message.get("quoteToken").is_some() {
                message["quoteToken"] = ids::token(48).into();
            }
            if message.get("markAsReadToken").is_some() {
                message["markAsReadToken"] = ids::token(64).into();
            }
        }
        merge(&mut event, &self.patch);
        let message = &event["message"];
        if let (Some(token), Some(id)) =
            (message["markAsReadToken"].as_str(), message["id"].as_str())
        {
            world.read_tokens.insert(token.to_owned(), id.to_owned());
        }
        Some(event)
    }
}

/// RFC 7396: objects merge, `null` removes, the rest replaces.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        if !patch.is_null() {
            *target = patch.clone();
        }
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(fields) = target else {
        return;
    };
    for (name, value) in patch {
        if value.is_null() {
            fields.remove(name);
        } else {
            merge(fields.entry(name.clone()).or_insert(Value::Null), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_golden_event_has_what_all_events_have() {
        for (name, event) in GOLDEN.iter() {
            for field in [
                "type",
                "mode",
                "timestamp",
                "webhookEventId",
                "deliveryContext",
            ] {
                assert!(event.get(field).is_some(), "{name} lacks {field}");
            }
        }
    }

    #[test]
    fn a_patch_changes_adds_and_removes() {
        let mut event =
            json!({"mode": "active", "replyToken": "x", "message": {"id": "1", "text": "a"}});
        merge(
            &mut event,
            &json!({"mode": "standby", "replyToken": null, "message": {"text": "b"}}),
        );
        assert_eq!(
            event,
            json!({"mode": "standby", "message": {"id": "1", "text": "b"}})
        );
    }
}
