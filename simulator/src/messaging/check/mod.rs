//! Request bodies held against LINE's documented limits.

mod action;
mod flex;
mod media;
mod message;
mod node;
mod template;
mod text;

use node::{Check, Node};
use serde_json::Value;

use super::Refusal;
use super::refusal::Detail;

/// Where messages are going, as far as that decides what they may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Destination {
    /// One person.
    User,
    /// A group or room.
    Group,
    /// Many people, or not known.
    Many,
}

/// Checks `messages` of a body: one to five messages within their limits.
pub(super) fn messages(body: &Value, destination: Destination) -> Result<(), Refusal> {
    let mut check = Check::default();
    check_messages(&mut check, body, destination);
    check.verdict()
}

fn check_messages(check: &mut Check, body: &Value, destination: Destination) {
    let node = Node::root(body).at("messages");
    match node.value() {
        None | Some(Value::Null) => check.fail(&node, "must be specified"),
        Some(Value::Array(list)) if (1..=5).contains(&list.len()) => {
            for item in node.items() {
                message::check(check, &item, destination);
            }
        }
        Some(Value::Array(_)) => check.fail(&node, "Size must be between 1 and 5"),
        Some(_) => check.malformed(&node),
    }
}

/// Checks the properties that sends have beside `messages`.
pub(super) fn envelope(body: &Value) -> Result<(), Refusal> {
    let root = Node::root(body);
    let mut check = Check::default();
    check.boolean(&root.at("notificationDisabled"));
    let units = root.at("customAggregationUnits");
    match units.value() {
        None | Some(Value::Null) => {}
        Some(Value::Array(list)) if list.len() > 1 => {
            check.fail(&units, "Size must be between 0 and 1");
        }
        Some(Value::Array(_)) => {
            for unit in units.items() {
                let fits = |text: &str| {
                    (1..=30).contains(&text.len())
                        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
                };
                if !unit.value().and_then(Value::as_str).is_some_and(fits) {
                    check.fail(&unit, "must match \"^[a-zA-Z0-9_]{1,30}$\"");
                }
            }
        }
        Some(_) => check.malformed(&units),
    }
    check.verdict()
}
