use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};
use service_kit::Timestamp;

use super::object::Object;
use super::open::open_enum;
use crate::{ChatId, UserId};

/// The latest time taken for one: the end of the year 9999.
const LAST: Timestamp = Timestamp::from_millis(253_402_300_799_999);

/// What every event has (MA#common-properties). Each member is read by itself; one that is missing or of
/// the wrong type is `None`.
#[derive(Debug, Clone, Default)]
pub struct Header {
    /// The event's type as LINE wrote it.
    pub event_type: Option<String>,
    /// LINE's ID of the event, the same in every delivery of it.
    pub webhook_event_id: Option<String>,
    /// When it happened, by LINE's clock, from 1970 to 9999: so it may lie in the future.
    pub timestamp: Option<Timestamp>,
    /// Whether this bot, or another module, leads the conversation.
    pub mode: Option<Mode>,
    /// Where it happened and who caused it.
    pub source: Source,
    /// Whether LINE sent it before. Duplicates come without this mark, too.
    pub is_redelivery: bool,
    /// The token as it came; ask [`super::Event::reply_token`] whether it may be used.
    pub reply_token: Option<ReplyToken>,
}

impl Header {
    pub(super) fn read(event: &Object<'_>) -> Self {
        Self {
            event_type: event.string("type"),
            webhook_event_id: event.string("webhookEventId"),
            timestamp: event
                .get("timestamp")
                .filter(|time| (Timestamp::default()..=LAST).contains(time)),
            mode: event.get("mode"),
            source: Source::read(&event.object("source")),
            is_redelivery: event
                .object("deliveryContext")
                .get("isRedelivery")
                .unwrap_or_default(),
            reply_token: event.string("replyToken").and_then(ReplyToken::parse),
        }
    }
}

open_enum! {
    /// Who leads the conversation (MA#common-properties).
    pub enum Mode {
        /// This bot: it may answer.
        Active = "active",
        /// Another module: this bot only listens.
        Standby = "standby",
    }
}

/// Where an event happened (MA#source-user). IDs of an unknown form are left out; the raw event has them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Source {
    /// A one-to-one chat.
    User {
        /// The person; LINE withholds it without the person's consent.
        user_id: Option<UserId>,
    },
    /// A group.
    Group {
        /// The group.
        group_id: Option<ChatId>,
        /// Who caused it, in some events, where LINE may say.
        user_id: Option<UserId>,
    },
    /// A chat of several people without a group.
    Room {
        /// The room.
        room_id: Option<ChatId>,
        /// Who caused it, in some events, where LINE may say.
        user_id: Option<UserId>,
    },
    /// A kind of source that this crate does not know.
    Other {
        /// Its type as LINE wrote it.
        source_type: String,
        /// Who caused it, where LINE says so in the usual way.
        user_id: Option<UserId>,
    },
    /// The event has none: a failed account link, a module's or a delivery event.
    #[default]
    None,
}

impl Source {
    fn read(source: &Object<'_>) -> Self {
        let user_id = source.get("userId");
        match source.string("type").as_deref() {
            Some("user") => Self::User { user_id },
            Some("group") => Self::Group {
                group_id: source.get("groupId"),
                user_id,
            },
            Some("room") => Self::Room {
                room_id: source.get("roomId"),
                user_id,
            },
            Some(other) => Self::Other {
                source_type: other.to_owned(),
                user_id,
            },
            None => Self::None,
        }
    }

    /// The person, where LINE says who.
    pub fn user_id(&self) -> Option<&UserId> {
        match self {
            Self::User { user_id }
            | Self::Group { user_id, .. }
            | Self::Room { user_id, .. }
            | Self::Other { user_id, .. } => user_id.as_ref(),
            Self::None => None,
        }
    }

    /// The group or the room, else the person.
    pub fn chat_id(&self) -> Option<ChatId> {
        match self {
            Self::Group { group_id: chat, .. } | Self::Room { room_id: chat, .. } => chat.clone(),
            _ => self.user_id().map(ChatId::from),
        }
    }
}

/// Lets a bot answer one event, once, within a minute (MA#send-reply-message). Opaque; hidden in logs.
#[derive(Clone)]
pub struct ReplyToken(SecretString);

impl ReplyToken {
    /// Takes any token but an empty one or one longer than 255 bytes.
    pub fn parse(raw: impl Into<String>) -> Option<Self> {
        let raw = raw.into();
        (1..=255).contains(&raw.len()).then(|| Self(raw.into()))
    }

    /// The token itself; keep it out of logs.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Whether this is a placeholder, all `0` or all `f`, which LINE's console used to send.
    pub fn is_dummy(&self) -> bool {
        ['0', 'f']
            .iter()
            .any(|dummy| self.expose().chars().all(|c| c == *dummy))
    }
}

impl PartialEq for ReplyToken {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for ReplyToken {}

impl fmt::Debug for ReplyToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReplyToken(…)")
    }
}
