//! Events that can be told apart wherever they turn up.

use serde_json::{Value, json};

/// An event's number.
pub(super) type Number = u32;

/// How many events a group says in a row.
const TALK: Number = 6;
/// What an event's words begin with.
const WORDS: &str = "words ";

/// What LINE's ID of an event begins with, and how long it is.
const KEY: &str = "01HPROOF";
const KEY_BYTES: usize = 26;

/// LINE's ID of the event, by which the inbox knows it.
pub(super) fn key(number: Number) -> String {
    format!("{KEY}{number:018}")
}

/// Every such ID in a text.
pub(super) fn keys(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices(KEY)
        .filter_map(|(place, _)| text.get(place..place + KEY_BYTES))
}

/// The event as LINE sends it. Half of them come from people alone, half from groups that talk to the bot.
pub(super) fn event(number: Number, timestamp: i64, redelivery: bool) -> Value {
    let user = format!("U{number:032x}");
    let source = if number.is_multiple_of(2) {
        json!({ "type": "user", "userId": user })
    } else {
        let group = format!("C{:032x}", number / TALK);
        json!({ "type": "group", "groupId": group, "userId": user })
    };
    json!({
        "type": "message", "mode": "active", "timestamp": timestamp, "source": source,
        "webhookEventId": key(number), "deliveryContext": { "isRedelivery": redelivery },
        "replyToken": format!("reply-{number}"),
        "message": {
            "type": "text", "id": number.to_string(), "text": format!("{WORDS}{number}"),
            "mention": { "mentionees": [{ "index": 0, "length": 5, "type": "user", "isSelf": true }] },
        },
    })
}

/// The event of which LINE's user ID, a reply token or the bot's words speak.
pub(super) fn number(from: &str) -> Option<Number> {
    if let Some(user) = from.strip_prefix('U') {
        return Number::from_str_radix(user, 16).ok();
    }
    let number = from.strip_prefix("reply-").or(from.strip_prefix(WORDS))?;
    number.parse().ok()
}
