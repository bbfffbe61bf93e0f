//! Text messages of both versions.

use serde_json::Value;

use super::Destination;
use super::node::{Check, Count, Node};

pub(super) fn plain(check: &mut Check, message: &Node<'_>) {
    check.text(&message.at("text"), 5000, Count::Units);
    check.text_if_given(&message.at("quoteToken"), 1000, Count::Units);
    let emojis = message.at("emojis");
    check.size(&emojis, 0, 20);
    let units: Vec<u16> = message
        .at("text")
        .text()
        .unwrap_or("")
        .encode_utf16()
        .collect();
    for emoji in emojis.items() {
        check.text(&emoji.at("productId"), 100, Count::Units);
        check.text(&emoji.at("emojiId"), 100, Count::Units);
        let index = emoji.at("index");
        let dollar = index
            .value()
            .and_then(Value::as_u64)
            .and_then(|place| units.get(usize::try_from(place).ok()?))
            == Some(&u16::from(b'$'));
        if !dollar {
            check.fail(&index, "must point at a '$' of the text");
        }
    }
}

pub(super) fn v2(check: &mut Check, message: &Node<'_>, destination: Destination) {
    let text = message.at("text");
    check.text(&text, 5000, Count::Units);
    check.text_if_given(&message.at("quoteToken"), 1000, Count::Units);
    let substitution = message.at("substitution");
    let entries = match substitution.value() {
        None | Some(Value::Null) => None,
        Some(Value::Object(entries)) => Some(entries),
        Some(_) => return check.malformed(&substitution),
    };
    let mut counts = [0, 0];
    for key in entries.iter().flat_map(|entries| entries.keys()) {
        let value = substitution.at(key);
        if !is_key(key) {
            check.fail(&value, "must match \"^[0-9a-zA-Z_]{1,20}$\"");
        }
        match check.one_of(&value.at("type"), &["mention", "emoji"]) {
            Some("mention") => {
                counts[0] += 1;
                if destination == Destination::User {
                    check.fail(&value, "mention is available in groups and rooms only");
                }
                check.one_of(&value.at("mentionee").at("type"), &["user", "all"]);
            }
            Some(_) => {
                counts[1] += 1;
                check.text(&value.at("productId"), 100, Count::Units);
                check.text(&value.at("emojiId"), 100, Count::Units);
            }
            None => {}
        }
    }
    if entries.is_some_and(|entries| entries.len() > 100) {
        check.fail(&substitution, "Size must be between 0 and 100");
    }
    if counts.iter().any(|count| *count > 20) {
        check.fail(&substitution, "Size must be between 0 and 20");
    }
    match placeholders(text.text().unwrap_or("")) {
        None => check.fail(&text, "has an unbalanced brace"),
        Some(keys) => {
            let known = |key: &String| entries.is_some_and(|entries| entries.contains_key(key));
            if !keys.iter().all(known) {
                check.fail(&text, "has a placeholder without substitution");
            }
        }
    }
}

fn is_key(key: &str) -> bool {
    (1..=20).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// The keys between single braces; `None` where braces don't pair up.
fn placeholders(text: &str) -> Option<Vec<String>> {
    let mut keys = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '{' | '}' if rest.peek() == Some(&c) => {
                rest.next();
            }
            '{' => {
                let mut key = String::new();
                loop {
                    match rest.next()? {
                        '}' => break,
                        '{' => return None,
                        c => key.push(c),
                    }
                }
                keys.push(key);
            }
            '}' => return None,
            _ => {}
        }
    }
    Some(keys)
}
