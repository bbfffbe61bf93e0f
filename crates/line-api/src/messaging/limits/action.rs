//! What a tap does.

use super::InvalidMessage;
use super::value::{Count, Object};

/// Where an action stands: that decides its label, and what it may be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A button of a template.
    Template,
    /// A picture of an image carousel.
    ImageCarousel,
    /// A button of a Flex message.
    FlexButton,
    /// A button under the message.
    QuickReply,
    /// A picture, a text or a box: no label is seen.
    Area,
}

/// Where a link may lead.
pub(super) const LINKS: [&str; 4] = ["http", "https", "line", "tel"];

const DATA: usize = 300;
const WORDS: usize = 300;
const LINK: usize = 1000;

pub(super) fn check(action: Object<'_>, place: Place) -> Result<(), InvalidMessage> {
    match place {
        Place::Template | Place::QuickReply => action.text("label", 20, Count::Graphemes)?,
        Place::ImageCarousel => action.text_if_given("label", 12, Count::Graphemes)?,
        Place::FlexButton => action.text("label", 40, Count::Graphemes)?,
        Place::Area => {}
    }
    match action.word("type")? {
        "postback" => {
            action.text("data", DATA, Count::Units)?;
            action.text_if_given("displayText", WORDS, Count::Graphemes)?;
            action.text_if_given("fillInText", WORDS, Count::Graphemes)
        }
        "message" => action.text("text", WORDS, Count::Graphemes),
        "uri" => action.address("uri", LINK, &LINKS),
        "datetimepicker" => {
            action.text("data", DATA, Count::Units)?;
            let modes = ["date", "time", "datetime"];
            action.one_of("mode", &modes).map(drop)
        }
        "clipboard" => action.text("clipboardText", 1000, Count::Units),
        "camera" | "cameraRoll" | "location" if place != Place::QuickReply => {
            Err(InvalidMessage::at("type", "stands under a message only"))
        }
        "richmenuswitch" => Err(InvalidMessage::at("type", "stands in a rich menu only")),
        _ => Ok(()),
    }
}
