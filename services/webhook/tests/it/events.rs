//! Events as LINE documents them.

use serde_json::{Value, json};

use crate::harness::{ALICE, GROUP, START};

/// What every event has; `id` names the event, its reply token and its time, `id` milliseconds after the start.
pub(crate) fn event(id: i64, kind: &str, source: &Value, fields: Value) -> Value {
    let mut event = json!({
        "type": kind,
        "mode": "active",
        "timestamp": START.as_millis() - 1000 + id,
        "source": source,
        "webhookEventId": event_id(id),
        "deliveryContext": { "isRedelivery": false },
        "replyToken": token(id),
    });
    if let Value::Object(fields) = fields {
        event.as_object_mut().unwrap().extend(fields);
    }
    event
}

pub(crate) fn event_id(id: i64) -> String {
    format!("01HZZZZZZZZZZZZZZZZZ{id:06}")
}

pub(crate) fn token(id: i64) -> String {
    format!("canary-reply-token-{id}")
}

pub(crate) fn user(user: &str) -> Value {
    json!({ "type": "user", "userId": user })
}

pub(crate) fn group(user: Option<&str>) -> Value {
    match user {
        Some(user) => json!({ "type": "group", "groupId": GROUP, "userId": user }),
        None => json!({ "type": "group", "groupId": GROUP }),
    }
}

pub(crate) fn text(id: i64, sender: &str, text: &str) -> Value {
    text_in(id, &user(sender), text)
}

pub(crate) fn text_in(id: i64, source: &Value, text: &str) -> Value {
    let message = json!({ "id": id.to_string(), "type": "text", "text": text, "quoteToken": "q" });
    event(id, "message", source, json!({ "message": message }))
}

/// A text in a group that mentions the bot, or somebody else.
pub(crate) fn mention(id: i64, source: &Value, bot: bool) -> Value {
    let mentionee =
        json!({ "index": 0, "length": 6, "type": "user", "userId": ALICE, "isSelf": bot });
    let message = json!({ "id": "1", "type": "text", "text": "@Kaiin hello", "mention": { "mentionees": [mentionee] } });
    event(id, "message", source, json!({ "message": message }))
}

pub(crate) fn sticker(id: i64, source: &Value) -> Value {
    let message = json!({ "id": "1", "type": "sticker", "packageId": "1", "stickerId": "2", "stickerResourceType": "STATIC" });
    event(id, "message", source, json!({ "message": message }))
}

pub(crate) fn follow(id: i64, sender: &str) -> Value {
    event(
        id,
        "follow",
        &user(sender),
        json!({ "follow": { "isUnblocked": false } }),
    )
}

pub(crate) fn unfollow(id: i64, sender: &str) -> Value {
    without(
        event(id, "unfollow", &user(sender), json!({})),
        "replyToken",
    )
}

/// The event without one of its members.
pub(crate) fn without(mut event: Value, member: &str) -> Value {
    event.as_object_mut().unwrap().remove(member);
    event
}

/// The event with one of its members changed.
pub(crate) fn with(mut event: Value, member: &str, value: Value) -> Value {
    event
        .as_object_mut()
        .unwrap()
        .insert(member.to_owned(), value);
    event
}

/// Somebody takes back the message that `text` with the ID `message` brought.
pub(crate) fn unsend(id: i64, sender: &str, message: i64) -> Value {
    let taken_back = json!({ "unsend": { "messageId": message.to_string() } });
    without(event(id, "unsend", &user(sender), taken_back), "replyToken")
}
