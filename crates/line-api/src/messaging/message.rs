use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};
use url::Url;

use super::invalid::InvalidMessage;
use super::limits;

/// A message to send (MA#message-objects). Limits are checked when messages are put together: [`super::Messages`].
#[derive(Clone, PartialEq, Serialize)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Message {
    /// A text.
    Text {
        /// 1 to 5000 UTF-16 units.
        text: String,
        /// Quotes an earlier message of the same chat.
        #[serde(skip_serializing_if = "Option::is_none")]
        quote_token: Option<String>,
        /// Buttons under the message: `{"items": […]}`, 13 at most.
        #[serde(skip_serializing_if = "Option::is_none")]
        quick_reply: Option<Value>,
    },
    /// A sticker that LINE lists for bots.
    Sticker {
        /// The set.
        package_id: String,
        /// Which of the set.
        sticker_id: String,
    },
    /// An image.
    Image {
        /// https, 10 MB at most.
        original_content_url: Url,
        /// https, 1 MB at most.
        preview_image_url: Url,
    },
    /// A video.
    Video {
        /// https, mp4, 200 MB at most.
        original_content_url: Url,
        /// https, 1 MB at most.
        preview_image_url: Url,
        /// Comes back in the `videoPlayComplete` event; not for groups.
        #[serde(skip_serializing_if = "Option::is_none")]
        tracking_id: Option<String>,
    },
    /// A sound.
    Audio {
        /// https, 200 MB at most.
        original_content_url: Url,
        /// Its length in milliseconds.
        duration: u64,
    },
    /// A place.
    Location {
        /// 1 to 100 UTF-16 units.
        title: String,
        /// 1 to 100 UTF-16 units.
        address: String,
        /// Degrees north.
        latitude: f64,
        /// Degrees east.
        longitude: f64,
    },
    /// Buttons, a confirmation or a carousel.
    Template {
        /// Shown where the template cannot be: 1 to 1500 UTF-16 units.
        alt_text: String,
        /// The template object as LINE documents it.
        template: Value,
    },
    /// A layout of one's own.
    Flex {
        /// Shown where the layout cannot be: 1 to 1500 UTF-16 units.
        alt_text: String,
        /// The bubble or carousel as LINE documents it; 50 KB at most.
        contents: Value,
    },
    /// Any message object as LINE documents it, `type` included.
    #[serde(untagged)]
    Json(Map<String, Value>),
}

impl Message {
    /// A plain text of 1 to 5000 UTF-16 units.
    pub fn text(text: impl Into<String>) -> Result<Self, InvalidMessage> {
        let message = Self::Text {
            text: text.into(),
            quote_token: None,
            quick_reply: None,
        };
        message.check()?;
        Ok(message)
    }

    /// A message as LINE documents it, from a file, say.
    pub fn from_json(json: Value) -> Result<Self, InvalidMessage> {
        let Value::Object(message) = json else {
            return Err(InvalidMessage::here("must be an object"));
        };
        limits::check(&message)?;
        Ok(Self::Json(message))
    }

    /// Refuses what LINE would refuse for certain.
    pub fn check(&self) -> Result<(), InvalidMessage> {
        if let Self::Json(message) = self {
            return limits::check(message);
        }
        match serde_json::to_value(self) {
            Ok(Value::Object(message)) => limits::check(&message),
            _ => Err(InvalidMessage::here("must be an object")),
        }
    }

    fn kind(&self) -> &str {
        match self {
            Self::Text { .. } => "text",
            Self::Sticker { .. } => "sticker",
            Self::Image { .. } => "image",
            Self::Video { .. } => "video",
            Self::Audio { .. } => "audio",
            Self::Location { .. } => "location",
            Self::Template { .. } => "template",
            Self::Flex { .. } => "flex",
            Self::Json(message) => message
                .get("type")
                .and_then(Value::as_str)
                .unwrap_or_default(),
        }
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Message({} …)", self.kind())
    }
}
