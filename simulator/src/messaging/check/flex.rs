//! Flex messages.

use serde_json::Value;

use super::action::{self, Place};
use super::node::{Check, Count, Node};

/// The largest bubble and the largest carousel, in bytes of JSON.
const BUBBLE: usize = 30 * 1024;
const CAROUSEL: usize = 50 * 1024;
/// How deep components may nest before we stop looking.
const DEPTH: usize = 30;

const COMPONENTS: [&str; 9] = [
    "box",
    "button",
    "image",
    "video",
    "icon",
    "text",
    "span",
    "separator",
    "filler",
];

pub(super) fn check(check: &mut Check, message: &Node<'_>) {
    check.text(&message.at("altText"), 1500, Count::Units);
    let contents = message.at("contents");
    if !contents.given() {
        return check.fail(&contents, "must be specified");
    }
    match check.one_of(&contents.at("type"), &["bubble", "carousel"]) {
        Some("bubble") => bubble(check, &contents),
        Some(_) => {
            let bubbles = contents.at("contents");
            check.size(&bubbles, 1, 12);
            weigh(check, &contents, CAROUSEL);
            for item in bubbles.items() {
                if check.one_of(&item.at("type"), &["bubble"]).is_some() {
                    bubble(check, &item);
                }
            }
        }
        None => {}
    }
}

fn bubble(check: &mut Check, bubble: &Node<'_>) {
    weigh(check, bubble, BUBBLE);
    for name in ["header", "body", "footer"] {
        let block = bubble.at(name);
        if block.given() {
            check.one_of(&block.at("type"), &["box"]);
            component(check, &block, DEPTH);
        }
    }
    if bubble.at("hero").given() {
        component(check, &bubble.at("hero"), DEPTH);
    }
}

fn component(check: &mut Check, node: &Node<'_>, depth: usize) {
    let kind = check.one_of(&node.at("type"), &COMPONENTS);
    match kind {
        Some("box") if depth > 0 => {
            check.one_of(&node.at("layout"), &["horizontal", "vertical", "baseline"]);
            let contents = node.at("contents");
            if !contents.value().is_some_and(Value::is_array) {
                check.fail(&contents, "must be specified");
            }
            for child in contents.items() {
                component(check, &child, depth - 1);
            }
        }
        Some("button") => action::check(check, &node.at("action"), Place::Flex),
        Some("image" | "icon") => check.url(&node.at("url"), 2000, &["https"]),
        Some("text") if !node.at("contents").given() => {
            check.text(&node.at("text"), 2000, Count::Units);
        }
        _ => {}
    }
    if kind != Some("button") && node.at("action").given() {
        action::check(check, &node.at("action"), Place::Tap);
    }
}

fn weigh(check: &mut Check, node: &Node<'_>, most: usize) {
    let bytes = node.value().map_or(0, |value| value.to_string().len());
    if bytes > most {
        check.fail(
            node,
            format!("Size must be less than or equal to {most} bytes"),
        );
    }
}
