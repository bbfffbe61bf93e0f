//! Stickers, pictures, sound, places and image maps.

use super::Destination;
use super::action::{self, Place};
use super::node::{Check, Count, Node};

pub(super) fn sticker(check: &mut Check, message: &Node<'_>) {
    for name in ["packageId", "stickerId"] {
        let id = message.at(name);
        check.text(&id, 20, Count::Units);
        if id
            .text()
            .is_some_and(|id| id.bytes().any(|b| !b.is_ascii_digit()))
        {
            check.fail(&id, "must be digits");
        }
    }
}

pub(super) fn image(check: &mut Check, message: &Node<'_>) {
    check.url(&message.at("originalContentUrl"), 2000, &["https"]);
    check.url(&message.at("previewImageUrl"), 2000, &["https"]);
}

pub(super) fn video(check: &mut Check, message: &Node<'_>, destination: Destination) {
    image(check, message);
    let tracking = message.at("trackingId");
    check.text_if_given(&tracking, 100, Count::Units);
    if tracking.given() && destination == Destination::Group {
        check.fail(&tracking, "is not available in groups and rooms");
    }
}

pub(super) fn audio(check: &mut Check, message: &Node<'_>) {
    check.url(&message.at("originalContentUrl"), 2000, &["https"]);
    check.number(&message.at("duration"), 1.0, 86_400_000.0);
}

pub(super) fn location(check: &mut Check, message: &Node<'_>) {
    check.text(&message.at("title"), 100, Count::Units);
    check.text(&message.at("address"), 100, Count::Units);
    check.number(&message.at("latitude"), -90.0, 90.0);
    check.number(&message.at("longitude"), -180.0, 180.0);
}

pub(super) fn imagemap(check: &mut Check, message: &Node<'_>) {
    check.url(&message.at("baseUrl"), 2000, &["https"]);
    check.text(&message.at("altText"), 1500, Count::Units);
    check.number(&message.at("baseSize").at("width"), 1040.0, 1040.0);
    check.number(&message.at("baseSize").at("height"), 1.0, 100_000.0);
    let actions = message.at("actions");
    check.size(&actions, 1, 50);
    for item in actions.items() {
        action::imagemap(check, &item);
    }
}

/// A picture that a template may have.
pub(super) fn thumbnail(check: &mut Check, picture: &Node<'_>) {
    if picture.given() {
        check.url(picture, 2000, &["https"]);
    }
}

/// An action that a whole picture or column may have.
pub(super) fn tap(check: &mut Check, node: &Node<'_>) {
    if node.given() {
        action::check(check, node, Place::Tap);
    }
}
