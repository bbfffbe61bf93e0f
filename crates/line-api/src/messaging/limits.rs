//! What LINE accepts in a message (MA#message-objects), as far as it can be told beforehand.

use serde_json::{Map, Value};

use super::message::InvalidMessage;

const TEXT: usize = 5000;
const ALT_TEXT: usize = 1500;
const URL: usize = 2000;
const PLACE: usize = 100;
const QUICK_REPLIES: usize = 13;
/// In bytes of JSON.
const FLEX: usize = 50_000;

/// Refuses what LINE would refuse for certain. Members that are not known here are LINE's to judge.
pub(super) fn check(message: &Map<String, Value>) -> Result<(), InvalidMessage> {
    let kind = message
        .get("type")
        .and_then(Value::as_str)
        .ok_or(InvalidMessage("`type` is missing"))?;
    match kind {
        "text" | "textV2" => length(
            message,
            "text",
            TEXT,
            "`text` must have 1 to 5000 UTF-16 units",
        )?,
        "image" | "video" => {
            https(message, "originalContentUrl")?;
            https(message, "previewImageUrl")?;
        }
        "audio" => https(message, "originalContentUrl")?,
        "location" => {
            length(
                message,
                "title",
                PLACE,
                "`title` must have 1 to 100 UTF-16 units",
            )?;
            length(
                message,
                "address",
                PLACE,
                "`address` must have 1 to 100 UTF-16 units",
            )?;
            degrees(message, "latitude", 90.0)?;
            degrees(message, "longitude", 180.0)?;
        }
        "template" | "flex" => {
            length(
                message,
                "altText",
                ALT_TEXT,
                "`altText` must have 1 to 1500 UTF-16 units",
            )?;
            if message
                .get("contents")
                .is_some_and(|contents| contents.to_string().len() > FLEX)
            {
                return Err(InvalidMessage("`contents` must not exceed 50 KB"));
            }
        }
        _ => {}
    }
    let items = message
        .get("quickReply")
        .and_then(|quick| quick.get("items"))
        .and_then(Value::as_array);
    match items {
        Some(items) if items.len() > QUICK_REPLIES => {
            Err(InvalidMessage("`quickReply` must have 13 items at most"))
        }
        _ => Ok(()),
    }
}

/// LINE counts lengths in UTF-16 units (d:messaging-api/text-character-count).
fn length(
    message: &Map<String, Value>,
    name: &str,
    limit: usize,
    rule: &'static str,
) -> Result<(), InvalidMessage> {
    let units = message
        .get(name)
        .and_then(Value::as_str)
        .map_or(0, |text| text.encode_utf16().count());
    if (1..=limit).contains(&units) {
        Ok(())
    } else {
        Err(InvalidMessage(rule))
    }
}

fn https(message: &Map<String, Value>, name: &str) -> Result<(), InvalidMessage> {
    let address = message
        .get(name)
        .and_then(Value::as_str)
        .unwrap_or_default();
    let is_https = url::Url::parse(address).is_ok_and(|url| url.scheme() == "https");
    if is_https && address.len() <= URL {
        Ok(())
    } else {
        Err(InvalidMessage(
            "addresses of media must be https and have 2000 characters at most",
        ))
    }
}

fn degrees(message: &Map<String, Value>, name: &str, limit: f64) -> Result<(), InvalidMessage> {
    match message.get(name).and_then(Value::as_f64) {
        Some(degrees) if degrees.abs() <= limit => Ok(()),
        _ => Err(InvalidMessage(
            "`latitude` and `longitude` must be degrees on Earth",
        )),
    }
}
