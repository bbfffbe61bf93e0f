//! Buttons, confirmations and carousels.

use serde_json::Value;

use super::InvalidMessage;
use super::action::{self, Place};
use super::value::{Count, Object};

const ALT_TEXT: usize = 1500;
const COLUMNS: usize = 10;

type Checked = Result<(), InvalidMessage>;

pub(super) fn check(message: Object<'_>) -> Checked {
    message.text("altText", ALT_TEXT, Count::Units)?;
    message.in_object("template", |template| match template.word("type")? {
        "buttons" => {
            body(template, 160)?;
            actions(template, 1, 4)
        }
        "confirm" => {
            template.text("text", 240, Count::Graphemes)?;
            actions(template, 2, 2)
        }
        "carousel" => carousel(template),
        "image_carousel" => template.each("columns", 1..=COLUMNS, |column| {
            column.https("imageUrl")?;
            column.in_object("action", |object| {
                action::check(object, Place::ImageCarousel)
            })
        }),
        _ => Ok(()),
    })
}

/// Picture, title and text. Beside a picture or a title there is less room for the text.
fn body(part: Object<'_>, most: usize) -> Checked {
    part.https_if_given("thumbnailImageUrl")?;
    part.text_if_given("title", 40, Count::Graphemes)?;
    let is_crowded = part.has("title") || part.has("thumbnailImageUrl");
    let most = if is_crowded { 60 } else { most };
    part.text("text", most, Count::Graphemes)?;
    part.within("defaultAction", |object| action::check(object, Place::Area))
}

fn carousel(template: Object<'_>) -> Checked {
    let mut first = None;
    template.each("columns", 1..=COLUMNS, |column| {
        body(column, 120)?;
        actions(column, 1, 3)?;
        let count = column
            .get("actions")
            .and_then(Value::as_array)
            .map(Vec::len);
        if *first.get_or_insert(count) == count {
            Ok(())
        } else {
            let rule = "must be as many as in the first column";
            Err(InvalidMessage::at("actions", rule))
        }
    })
}

fn actions(part: Object<'_>, least: usize, most: usize) -> Checked {
    part.each("actions", least..=most, |object| {
        action::check(object, Place::Template)
    })
}
