//! Actions: what a tap does.

use super::node::{Check, Count, Node};

/// Where an action stands, which decides its label and its kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Template,
    ImageCarousel,
    Flex,
    QuickReply,
    /// On a picture or column, without a label.
    Tap,
}

const KINDS: [&str; 6] = [
    "postback",
    "message",
    "uri",
    "datetimepicker",
    "richmenuswitch",
    "clipboard",
];
const QUICK_KINDS: [&str; 8] = [
    "postback",
    "message",
    "uri",
    "datetimepicker",
    "clipboard",
    "camera",
    "cameraRoll",
    "location",
];
const LINKS: [&str; 4] = ["http", "https", "line", "tel"];

pub(super) fn check(check: &mut Check, action: &Node<'_>, place: Place) {
    if !action.given() {
        return check.fail(action, "must be specified");
    }
    let kinds: &[&str] = match place {
        Place::QuickReply => &QUICK_KINDS,
        _ => &KINDS,
    };
    let label = action.at("label");
    match place {
        Place::Template | Place::QuickReply => check.text(&label, 20, Count::Graphemes),
        Place::ImageCarousel => check.text_if_given(&label, 12, Count::Graphemes),
        Place::Flex => check.text_if_given(&label, 40, Count::Graphemes),
        Place::Tap => {}
    }
    match check.one_of(&action.at("type"), kinds) {
        Some("postback") => {
            check.text(&action.at("data"), 300, Count::Units);
            check.text_if_given(&action.at("displayText"), 300, Count::Graphemes);
            check.text_if_given(&action.at("text"), 300, Count::Graphemes);
            check.text_if_given(&action.at("fillInText"), 300, Count::Graphemes);
        }
        Some("message") => check.text(&action.at("text"), 300, Count::Graphemes),
        Some("uri") => check.url(&action.at("uri"), 1000, &LINKS),
        Some("datetimepicker") => {
            check.text(&action.at("data"), 300, Count::Units);
            check.one_of(&action.at("mode"), &["date", "time", "datetime"]);
        }
        Some("clipboard") => check.text(&action.at("clipboardText"), 1000, Count::Units),
        Some("richmenuswitch") => {
            check.fail(&action.at("type"), "is available in rich menus only");
        }
        _ => {}
    }
}

/// An area of an image map.
pub(super) fn imagemap(check: &mut Check, action: &Node<'_>) {
    match check.one_of(&action.at("type"), &["uri", "message", "clipboard"]) {
        Some("uri") => check.url(&action.at("linkUri"), 1000, &LINKS),
        Some("message") => check.text(&action.at("text"), 400, Count::Units),
        _ => {}
    }
    for name in ["x", "y", "width", "height"] {
        check.number(&action.at("area").at(name), 0.0, 100_000.0);
    }
}
