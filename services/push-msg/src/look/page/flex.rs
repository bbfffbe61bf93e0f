//! Flex messages, plainly: boxes, texts, pictures and buttons in their order, colours and weights.

use maud::{Markup, html};
use serde_json::Value;

use super::message::{button, items, tile, word};

pub(super) fn contents(contents: &Value) -> Markup {
    if word(contents, "type") == "carousel" {
        return html! {
            div.carousel { @for one in items(contents, "contents") { (bubble(one)) } }
        };
    }
    bubble(contents)
}

fn bubble(bubble: &Value) -> Markup {
    html! {
        div.column {
            @for name in ["header", "hero", "body", "footer"] {
                @if let Some(block) = bubble.get(name) {
                    div class={ "block " (name) } style=(ground(block)) { (component(block)) }
                }
            }
        }
    }
}

fn component(part: &Value) -> Markup {
    match word(part, "type") {
        "box" => {
            let is_upright = word(part, "layout") == "vertical";
            let class = if is_upright { "box upright" } else { "box" };
            html! {
                div class=(class) style=(ground(part)) {
                    @for child in items(part, "contents") { (component(child)) }
                }
            }
        }
        "text" | "span" => text(part),
        "image" => tile("Picture", word(part, "url")),
        "video" => tile("Video", word(part, "url")),
        "icon" => html! { span { "•" } },
        "button" => button(&part["action"], "action"),
        "separator" => html! { hr; },
        _ => html! {},
    }
}

fn text(part: &Value) -> Markup {
    let weight = match word(part, "weight") {
        "bold" => "font-weight:700;",
        _ => "",
    };
    let style = format!("{weight}{}", colour(part, "color", "color"));
    html! {
        span.words-of-flex style=(style) {
            (word(part, "text"))
            @for span in items(part, "contents") { (text(span)) }
        }
    }
}

fn ground(part: &Value) -> String {
    colour(part, "backgroundColor", "background-color")
}

/// A style, if the colour is one: it goes into an attribute.
fn colour(part: &Value, name: &str, property: &str) -> String {
    let value = word(part, name);
    let is_colour = value.strip_prefix('#').is_some_and(|digits| {
        matches!(digits.len(), 6 | 8) && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
    });
    if is_colour {
        format!("{property}:{value};")
    } else {
        String::new()
    }
}
