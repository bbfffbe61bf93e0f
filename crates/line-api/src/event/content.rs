use std::fmt;

use serde::Deserialize;

use super::object::{Flaw, Object};
use super::open::open_enum;
use crate::{Private, UserId};

/// A message that someone sent (MA#message-event). What is told to the bot is here; files are fetched by the ID.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// The message's ID: decimal digits, up to 18 and more.
    pub id: String,
    /// What it is.
    pub content: Content,
    /// Quotes this message in an answer to the same chat; it does not expire.
    pub quote_token: Option<Private>,
    /// Marks the chat as read up to here.
    pub mark_as_read_token: Option<Private>,
    /// The message that this one quotes.
    pub quoted_message_id: Option<String>,
}

impl Message {
    pub(super) fn read(message: &Object<'_>) -> Result<Self, Flaw> {
        Ok(Self {
            id: message.id("id").ok_or(Flaw::Member("message.id"))?,
            content: Content::read(message)?,
            quote_token: message.text("quoteToken"),
            mark_as_read_token: message.text("markAsReadToken"),
            quoted_message_id: message.id("quotedMessageId"),
        })
    }
}

/// What a message is.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// MA#wh-text
    Text(Text),
    /// MA#wh-image
    Image(Image),
    /// MA#wh-video
    Video(Video),
    /// MA#wh-audio
    Audio(Audio),
    /// MA#wh-file
    File(File),
    /// MA#wh-location
    Location(Location),
    /// MA#wh-sticker
    Sticker(Sticker),
    /// A message of a type that this crate does not know.
    Unknown {
        /// Its type as LINE wrote it.
        message_type: String,
    },
}

impl Content {
    fn read(message: &Object<'_>) -> Result<Self, Flaw> {
        let message_type = message.string("type").ok_or(Flaw::Member("message.type"))?;
        Ok(match message_type.as_str() {
            "text" => Self::Text(Text::read(message)?),
            "image" => Self::Image(Image {
                provider: ContentProvider::read(message),
                set: ImageSet::read(&message.object("imageSet")),
            }),
            "video" => Self::Video(Video {
                duration_ms: message.get("duration"),
                provider: ContentProvider::read(message),
            }),
            "audio" => Self::Audio(Audio {
                duration_ms: message.get("duration"),
                provider: ContentProvider::read(message),
            }),
            "file" => Self::File(File {
                name: message.text("fileName"),
                size: message.get("fileSize"),
            }),
            "location" => Self::Location(Location {
                title: message.text("title"),
                address: message.text("address"),
                latitude: message.get("latitude"),
                longitude: message.get("longitude"),
            }),
            "sticker" => Self::Sticker(Sticker {
                package_id: message.id("packageId"),
                sticker_id: message.id("stickerId"),
                resource_type: message.string("stickerResourceType"),
                keywords: message.list("keywords"),
                text: message.text("text"),
            }),
            _ => Self::Unknown { message_type },
        })
    }
}

/// A text, with what is marked in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// What was written.
    pub text: Private,
    /// LINE's own emoji in it.
    pub emojis: Vec<Emoji>,
    /// Whom it mentions, 20 at most.
    pub mentionees: Vec<Mentionee>,
}

impl Text {
    fn read(message: &Object<'_>) -> Result<Self, Flaw> {
        let mentionees = message.object("mention").list::<Object<'_>>("mentionees");
        Ok(Self {
            text: message.text("text").ok_or(Flaw::Member("message.text"))?,
            emojis: message.list("emojis"),
            mentionees: mentionees.iter().map(Mentionee::read).collect(),
        })
    }
}

/// One of LINE's own emoji in a text. Positions count UTF-16 units.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Emoji {
    /// Where it starts.
    pub index: u32,
    /// How long its stand-in in the text is.
    pub length: u32,
    /// The set it is from.
    pub product_id: String,
    /// Which of the set it is.
    pub emoji_id: String,
}

/// Someone, or everyone, mentioned in a text. Positions count UTF-16 units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mentionee {
    /// Where the mention starts.
    pub index: Option<u32>,
    /// How long it is.
    pub length: Option<u32>,
    /// Whether everyone in the chat is meant.
    pub all: bool,
    /// The person, where LINE says who.
    pub user_id: Option<UserId>,
    /// Whether it is the bot that reads this.
    pub is_self: bool,
}

impl Mentionee {
    fn read(mentionee: &Object<'_>) -> Self {
        Self {
            index: mentionee.get("index"),
            length: mentionee.get("length"),
            all: mentionee.string("type").as_deref() == Some("all"),
            user_id: mentionee.get("userId"),
            is_self: mentionee.get("isSelf").unwrap_or_default(),
        }
    }
}

/// An image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Where its bytes are.
    pub provider: ContentProvider,
    /// The series that it was sent in.
    pub set: Option<ImageSet>,
}

/// A series of images sent at once; its events arrive in any order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageSet {
    /// The series.
    pub id: String,
    /// The place in it, from 1.
    pub index: Option<u32>,
    /// How many there are.
    pub total: Option<u32>,
}

impl ImageSet {
    fn read(set: &Object<'_>) -> Option<Self> {
        Some(Self {
            id: set.id("id")?,
            index: set.get("index"),
            total: set.get("total"),
        })
    }
}

/// A video.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Video {
    /// Its length in milliseconds.
    pub duration_ms: Option<u64>,
    /// Where its bytes are.
    pub provider: ContentProvider,
}

/// A sound recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audio {
    /// Its length in milliseconds.
    pub duration_ms: Option<u64>,
    /// Where its bytes are.
    pub provider: ContentProvider,
}

/// Where the bytes of an image, video or sound are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentProvider {
    /// LINE, or the address below.
    pub provider: Option<ProviderType>,
    /// The address, if external. Chosen by the sender: never fetch it.
    pub original_content_url: Option<Private>,
    /// The preview's address, if external. Chosen by the sender: never fetch it.
    pub preview_image_url: Option<Private>,
}

impl ContentProvider {
    fn read(message: &Object<'_>) -> Self {
        let provider = message.object("contentProvider");
        Self {
            provider: provider.get("type"),
            original_content_url: provider.text("originalContentUrl"),
            preview_image_url: provider.text("previewImageUrl"),
        }
    }
}

open_enum! {
    /// Who keeps the bytes of an image, video or sound.
    pub enum ProviderType {
        /// LINE: they can be fetched by the message's ID for a while.
        Line = "line",
        /// Someone else: a LIFF app sent an address.
        External = "external",
    }
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its name as the sender has it.
    pub name: Option<Private>,
    /// Its size in bytes.
    pub size: Option<u64>,
}

/// A place.
#[derive(Clone, PartialEq)]
pub struct Location {
    /// What it is called.
    pub title: Option<Private>,
    /// Its postal address.
    pub address: Option<Private>,
    /// Degrees north.
    pub latitude: Option<f64>,
    /// Degrees east.
    pub longitude: Option<f64>,
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Location(…)")
    }
}

/// A sticker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sticker {
    /// The set it is from.
    pub package_id: Option<String>,
    /// Which of the set it is.
    pub sticker_id: Option<String>,
    /// `STATIC`, `ANIMATION`, `SOUND`, `MESSAGE` and others; LINE adds to them.
    pub resource_type: Option<String>,
    /// What it shows, in up to 15 words.
    pub keywords: Vec<Private>,
    /// What the sender wrote on it, up to 100 characters.
    pub text: Option<Private>,
}
