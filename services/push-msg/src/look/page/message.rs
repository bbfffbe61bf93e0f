//! Messages as bubbles.

use line_api::messaging::Message;
use maud::{Markup, html};
use serde_json::Value;

use super::flex;

pub(super) fn bubble(message: &Message) -> Markup {
    // Our own types always serialise.
    let message = serde_json::to_value(message).unwrap_or_default();
    html! {
        div class={ "bubble " (style(&message)) } { (content(&message)) }
        @if let Some(items) = message["quickReply"]["items"].as_array() {
            div.quick { @for item in items { (button(&item["action"], "chip")) } }
        }
    }
}

fn style(message: &Value) -> &'static str {
    match word(message, "type") {
        "template" | "flex" | "imagemap" => "card",
        "image" | "video" | "sticker" => "media",
        _ => "text",
    }
}

fn content(message: &Value) -> Markup {
    match word(message, "type") {
        "text" => html! { (word(message, "text")) },
        "textV2" => html! { (word(message, "text").replace("{{", "{").replace("}}", "}")) },
        "sticker" => tile("Sticker", ""),
        "image" => tile("Picture", word(message, "originalContentUrl")),
        "video" => tile("Video", word(message, "originalContentUrl")),
        "audio" => html! { "Sound, " (message["duration"].as_u64().unwrap_or(0) / 1000) " s" },
        "location" => html! { b { (word(message, "title")) } br; (word(message, "address")) },
        "imagemap" => tile(word(message, "altText"), word(message, "baseUrl")),
        "template" => template(&message["template"]),
        "flex" => flex::contents(&message["contents"]),
        other => html! { "(" (other) ")" },
    }
}

fn template(template: &Value) -> Markup {
    match word(template, "type") {
        "carousel" | "image_carousel" => html! {
            div.carousel { @for one in items(template, "columns") { (column(one)) } }
        },
        _ => column(template),
    }
}

fn column(part: &Value) -> Markup {
    let picture = ["thumbnailImageUrl", "imageUrl"]
        .into_iter()
        .map(|name| word(part, name))
        .find(|address| !address.is_empty());
    html! {
        div.column {
            @if let Some(address) = picture { (tile("Picture", address)) }
            @if part.get("text").is_some() {
                div.words {
                    @if part.get("title").is_some() { b { (word(part, "title")) } }
                    p { (word(part, "text")) }
                }
            }
            @for action in items(part, "actions").chain(part.get("action")) {
                (button(action, "action"))
            }
        }
    }
}

/// What a button says, and where it leads. It leads nowhere from here.
pub(super) fn button(action: &Value, class: &str) -> Markup {
    let label = ["label", "text", "uri", "type"]
        .into_iter()
        .map(|name| word(action, name))
        .find(|label| !label.is_empty())
        .unwrap_or_default();
    let leads = ["uri", "data", "text", "clipboardText"]
        .into_iter()
        .map(|name| word(action, name))
        .find(|leads| !leads.is_empty())
        .unwrap_or_default();
    html! { span class=(class) title=(leads) { (label) } }
}

/// A sign for a picture: nothing is loaded here.
pub(super) fn tile(what: &str, address: &str) -> Markup {
    html! { span.tile title=(address) { (what) } }
}

pub(super) fn word<'a>(part: &'a Value, name: &str) -> &'a str {
    part.get(name).and_then(Value::as_str).unwrap_or_default()
}

pub(super) fn items<'a>(part: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    part.get(name)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}
