//! Stickers, pictures, sounds, places and image maps.

use super::InvalidMessage;
use super::action::LINKS;
use super::value::{Count, Object};

const ALT_TEXT: usize = 1500;
const PLACE: usize = 100;
const TRACKING_ID: usize = 100;
const AREAS: usize = 50;

pub(super) fn sticker(message: Object<'_>) -> Result<(), InvalidMessage> {
    message.word("packageId")?;
    message.word("stickerId").map(drop)
}

pub(super) fn image(message: Object<'_>) -> Result<(), InvalidMessage> {
    message.https("originalContentUrl")?;
    message.https("previewImageUrl")
}

pub(super) fn video(message: Object<'_>) -> Result<(), InvalidMessage> {
    image(message)?;
    message.text_if_given("trackingId", TRACKING_ID, Count::Units)
}

pub(super) fn audio(message: Object<'_>) -> Result<(), InvalidMessage> {
    message.https("originalContentUrl")?;
    message.number("duration", 1.0..=f64::MAX)
}

pub(super) fn location(message: Object<'_>) -> Result<(), InvalidMessage> {
    message.text("title", PLACE, Count::Units)?;
    message.text("address", PLACE, Count::Units)?;
    message.number("latitude", -90.0..=90.0)?;
    message.number("longitude", -180.0..=180.0)
}

pub(super) fn imagemap(message: Object<'_>) -> Result<(), InvalidMessage> {
    message.https("baseUrl")?;
    message.text("altText", ALT_TEXT, Count::Units)?;
    message.in_object("baseSize", |size| size.number("width", 1040.0..=1040.0))?;
    message.each("actions", 0..=AREAS, |area| match area.word("type")? {
        "uri" => area.address("linkUri", 1000, &LINKS),
        "message" => area.text("text", 400, Count::Units),
        _ => Ok(()),
    })
}
