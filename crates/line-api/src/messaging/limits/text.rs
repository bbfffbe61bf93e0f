//! Texts of both versions.

use serde_json::Value;

use super::InvalidMessage;
use super::value::{Count, Object};

const TEXT: usize = 5000;
const EMOJIS: usize = 20;
const SUBSTITUTIONS: usize = 100;
const KEY: usize = 20;

pub(super) fn plain(message: Object<'_>) -> Result<(), InvalidMessage> {
    message.text("text", TEXT, Count::Units)?;
    let Ok(text) = message.word("text") else {
        return Ok(());
    };
    if !message.has("emojis") {
        return Ok(());
    }
    let units: Vec<u16> = text.encode_utf16().collect();
    message.each("emojis", 0..=EMOJIS, |emoji| {
        emoji.word("productId")?;
        emoji.word("emojiId")?;
        let place = emoji.get("index").and_then(Value::as_u64);
        let unit = place.and_then(|place| units.get(usize::try_from(place).ok()?));
        if unit == Some(&u16::from(b'$')) {
            Ok(())
        } else {
            Err(InvalidMessage::at("index", "must be the place of a $"))
        }
    })
}

pub(super) fn v2(message: Object<'_>) -> Result<(), InvalidMessage> {
    message.text("text", TEXT, Count::Units)?;
    message.within("substitution", |substitution| {
        if substitution.0.len() > SUBSTITUTIONS {
            return Err(InvalidMessage::here("must have 100 members at most"));
        }
        for key in substitution.0.keys() {
            let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
            if !(1..=KEY).contains(&key.len()) || !key.bytes().all(plain) {
                let rule = "must be 1 to 20 letters, digits or underscores";
                return Err(InvalidMessage::at(key, rule));
            }
            substitution.in_object(key, |value| {
                value.one_of("type", &["mention", "emoji"]).map(drop)
            })?;
        }
        Ok(())
    })
}
