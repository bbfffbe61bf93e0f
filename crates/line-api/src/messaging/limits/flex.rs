//! Flex messages.

use super::InvalidMessage;
use super::action::{self, Place};
use super::value::{Count, Object};

const ALT_TEXT: usize = 1500;
const BUBBLES: usize = 12;
/// In bytes of JSON.
const BUBBLE: usize = 30 * 1024;
const CAROUSEL: usize = 50 * 1024;

type Checked = Result<(), InvalidMessage>;

pub(super) fn check(message: Object<'_>) -> Checked {
    message.text("altText", ALT_TEXT, Count::Units)?;
    message.in_object("contents", |contents| {
        if contents.one_of("type", &["bubble", "carousel"])? == "bubble" {
            return bubble(contents);
        }
        weigh(contents, CAROUSEL)?;
        contents.each("contents", 1..=BUBBLES, |item| {
            item.one_of("type", &["bubble"])?;
            bubble(item)
        })
    })
}

fn bubble(bubble: Object<'_>) -> Checked {
    weigh(bubble, BUBBLE)?;
    for block in ["header", "body", "footer"] {
        bubble.within(block, |block| {
            block.one_of("type", &["box"])?;
            component(block)
        })?;
    }
    bubble.within("hero", component)
}

/// The depth is bounded by whoever parsed the JSON.
fn component(part: Object<'_>) -> Checked {
    let kind = part.word("type")?;
    match kind {
        "box" => {
            part.one_of("layout", &["horizontal", "vertical", "baseline"])?;
            part.each("contents", 0..=usize::MAX, component)?;
        }
        "button" => {
            part.in_object("action", |object| action::check(object, Place::FlexButton))?;
        }
        "image" | "icon" => part.https("url")?,
        "video" => {
            part.https("url")?;
            part.https("previewUrl")?;
            part.in_object("altContent", component)?;
        }
        "text" if !part.has("contents") => {
            part.word("text")?;
        }
        _ => {}
    }
    if kind == "button" {
        return Ok(());
    }
    part.within("action", |object| action::check(object, Place::Area))
}

fn weigh(part: Object<'_>, most: usize) -> Checked {
    if part.weight() <= most {
        Ok(())
    } else {
        let rule = format!("must not exceed {} KB of JSON", most / 1024);
        Err(InvalidMessage::here(rule))
    }
}
