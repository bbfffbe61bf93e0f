//! What LINE accepts in a message (MA#message-objects), as far as it can be told beforehand.
//!
//! Refused is what LINE would refuse for certain. Members and kinds that are not known here are LINE's to judge.

mod action;
mod flex;
mod media;
mod template;
mod text;
mod value;

use serde_json::Map;
use serde_json::Value;

use super::invalid::InvalidMessage;
use action::Place;
use value::{Count, Object};

const QUICK_REPLIES: usize = 13;
const SENDER: usize = 20;

/// Refuses what LINE would refuse for certain.
pub(super) fn check(message: &Map<String, Value>) -> Result<(), InvalidMessage> {
    let message = Object(message);
    match message.word("type")? {
        "text" => text::plain(message)?,
        "textV2" => text::v2(message)?,
        "sticker" => media::sticker(message)?,
        "image" => media::image(message)?,
        "video" => media::video(message)?,
        "audio" => media::audio(message)?,
        "location" => media::location(message)?,
        "imagemap" => media::imagemap(message)?,
        "template" => template::check(message)?,
        "flex" => flex::check(message)?,
        "coupon" => message.word("couponId").map(drop)?,
        _ => {}
    }
    message.within("sender", sender)?;
    message.within("quickReply", quick_reply)
}

fn sender(sender: Object<'_>) -> Result<(), InvalidMessage> {
    sender.text_if_given("name", SENDER, Count::Graphemes)?;
    sender.https_if_given("iconUrl")
}

fn quick_reply(quick_reply: Object<'_>) -> Result<(), InvalidMessage> {
    quick_reply.each("items", 1..=QUICK_REPLIES, |item| {
        item.https_if_given("imageUrl")?;
        item.in_object("action", |object| action::check(object, Place::QuickReply))
    })
}
