//! Message objects: which kind, and what all kinds share.

use super::action::{self, Place};
use super::node::{Check, Count, Node};
use super::{Destination, flex, media, template, text};

const KINDS: [&str; 11] = [
    "text", "textV2", "sticker", "image", "video", "audio", "location", "imagemap", "template",
    "flex", "coupon",
];

pub(super) fn check(check: &mut Check, message: &Node<'_>, destination: Destination) {
    if !message.value().is_some_and(serde_json::Value::is_object) {
        return check.malformed(message);
    }
    match check.one_of(&message.at("type"), &KINDS) {
        Some("text") => text::plain(check, message),
        Some("textV2") => text::v2(check, message, destination),
        Some("sticker") => media::sticker(check, message),
        Some("image") => media::image(check, message),
        Some("video") => media::video(check, message, destination),
        Some("audio") => media::audio(check, message),
        Some("location") => media::location(check, message),
        Some("imagemap") => media::imagemap(check, message),
        Some("template") => template::check(check, message),
        Some("flex") => flex::check(check, message),
        Some("coupon") => check.text(&message.at("couponId"), 100, Count::Units),
        _ => {}
    }
    quick_reply(check, &message.at("quickReply"));
    let sender = message.at("sender");
    if sender.given() {
        check.text_if_given(&sender.at("name"), 20, Count::Units);
        if sender.at("iconUrl").given() {
            check.url(&sender.at("iconUrl"), 2000, &["https"]);
        }
    }
}

fn quick_reply(check: &mut Check, quick_reply: &Node<'_>) {
    if !quick_reply.given() {
        return;
    }
    let items = quick_reply.at("items");
    check.size(&items, 1, 13);
    for item in items.items() {
        check.one_of(&item.at("type"), &["action"]);
        action::check(check, &item.at("action"), Place::QuickReply);
        if item.at("imageUrl").given() {
            check.url(&item.at("imageUrl"), 2000, &["https"]);
        }
    }
}
