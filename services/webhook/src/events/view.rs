//! Events as they are shown: where they stand and of what shape they are, nothing personal.

use std::collections::BTreeSet;

use line_api::event::{Event, Source};
use serde::Serialize;
use serde_json::Value;

use super::table::NOTHING;
use super::time::{exact, exact_if_any, short, span};
use crate::store::{Entry, Kept, State};

/// A name that somebody else chose is shown so far.
const NAME_LETTERS: usize = 60;

/// What `--json` prints of an event. The names are a contract.
#[derive(Debug, Serialize)]
pub(super) struct View {
    pub(super) id: i64,
    pub(super) state: &'static str,
    /// Whether somebody works on it at this moment.
    pub(super) in_flight: bool,
    /// Since it came, or since the last retry.
    pub(super) attempts: i64,
    /// How often an operator had it tried again.
    pub(super) retries: i64,
    pub(super) error: Option<String>,
    pub(super) reply: Option<String>,
    #[serde(serialize_with = "exact_if_any")]
    pub(super) reply_attempted_at: Option<i64>,
    #[serde(serialize_with = "exact")]
    pub(super) received_at: i64,
    #[serde(serialize_with = "exact")]
    pub(super) event_at: i64,
    /// When it is taken up next, if it is pending.
    #[serde(serialize_with = "exact_if_any")]
    pub(super) due_at: Option<i64>,
    pub(super) channel: String,
    /// LINE's `webhookEventId`, or a digest.
    pub(super) key: String,
    pub(super) message_id: Option<String>,
    #[serde(rename = "type")]
    pub(super) event_type: Option<String>,
    pub(super) source: Option<String>,
    pub(super) bytes: usize,
}

/// What `--json` prints of bytes that were kept aside. The names are a contract.
#[derive(Debug, Serialize)]
pub(super) struct KeptView {
    pub(super) id: i64,
    pub(super) reason: String,
    #[serde(serialize_with = "exact")]
    pub(super) received_at: i64,
    pub(super) channel: String,
    pub(super) bytes: usize,
}

impl View {
    pub(super) const HEADINGS: [&str; 9] = [
        "ID", "STATE", "ATTEMPTS", "RECEIVED", "AGE", "NEXT", "ERROR", "TYPE", "BYTES",
    ];

    pub(super) fn new(entry: Entry, now: i64) -> Self {
        let header = Event::parse(&entry.raw).header;
        Self {
            id: entry.event_id,
            state: entry.state.as_str(),
            in_flight: entry.in_flight(now),
            attempts: entry.attempts(),
            retries: entry.retries(),
            reply_attempted_at: entry.reply_attempted_at,
            received_at: entry.received_at,
            event_at: entry.event_at,
            due_at: (entry.state == State::Pending).then_some(entry.due_at),
            event_type: header.event_type.as_deref().map(name),
            source: source(&header.source),
            bytes: entry.raw.len(),
            error: entry.last_error,
            reply: entry.reply,
            channel: entry.channel,
            key: entry.event_key,
            message_id: entry.message_id,
        }
    }

    pub(super) fn cells(&self, now: i64) -> [String; 9] {
        [
            self.id.to_string(),
            self.state.into(),
            self.attempts.to_string(),
            short(self.received_at),
            span(now - self.received_at),
            self.next(now),
            or_nothing(self.error.as_deref()),
            or_nothing(self.event_type.as_deref()),
            self.bytes.to_string(),
        ]
    }

    /// When it is taken up next.
    pub(super) fn next(&self, now: i64) -> String {
        match self.due_at {
            None => NOTHING.into(),
            Some(_) if self.in_flight => "in flight".into(),
            Some(due) if due <= now => "now".into(),
            Some(due) => format!("in {}", span(due - now)),
        }
    }
}

impl KeptView {
    pub(super) const HEADINGS: [&str; 5] = ["ID", "REASON", "RECEIVED", "AGE", "BYTES"];

    pub(super) fn new(kept: Kept) -> Self {
        Self {
            id: kept.quarantine_id,
            reason: kept.reason,
            received_at: kept.received_at,
            channel: kept.channel,
            bytes: kept.raw.len(),
        }
    }

    pub(super) fn cells(&self, now: i64) -> [String; 5] {
        [
            self.id.to_string(),
            self.reason.clone(),
            short(self.received_at),
            span(now - self.received_at),
            self.bytes.to_string(),
        ]
    }
}

/// The paths of the members, such as `source.userId`; nothing of what they hold. None, if the bytes cannot be read.
pub(super) fn keys(raw: &[u8]) -> Option<Vec<String>> {
    let mut keys = BTreeSet::new();
    collect(&serde_json::from_slice(raw).ok()?, "", &mut keys);
    Some(keys.into_iter().collect())
}

fn collect(value: &Value, path: &str, keys: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                let dot = if path.is_empty() { "" } else { "." };
                collect(member, &format!("{path}{dot}{}", name(key)), keys);
            }
        }
        Value::Array(elements) => {
            for element in elements {
                collect(element, &format!("{path}[]"), keys);
            }
        }
        _ => {
            keys.insert(path.to_owned());
        }
    }
}

/// A name as a terminal can bear it.
fn name(raw: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "_-.:".contains(letter);
    raw.chars()
        .take(NAME_LETTERS)
        .map(|letter| if plain(letter) { letter } else { '?' })
        .collect()
}

fn source(source: &Source) -> Option<String> {
    Some(match source {
        Source::User { .. } => "user".into(),
        Source::Group { .. } => "group".into(),
        Source::Room { .. } => "room".into(),
        Source::Other { source_type, .. } => name(source_type),
        Source::None => return None,
    })
}

/// The text, or a dash.
pub(super) fn or_nothing(text: Option<&str>) -> String {
    text.unwrap_or(NOTHING).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_names_members_and_holds_none() {
        let raw = br#"{"type":"message","source":{"userId":"U1"},"a":[{"b":1},{"b":2,"c":null}],"e":[],"\u001b[2J":1}"#;
        assert_eq!(
            keys(raw).unwrap(),
            ["??2J", "a[].b", "a[].c", "source.userId", "type"]
        );
        assert_eq!(keys(b"{"), None);
    }
}
