use std::borrow::Cow;
use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use serde_json::Value;

use super::content::Content;
use super::header::{Header, Mode, ReplyToken};
use super::kind::Kind;
use super::object::{Flaw, Object};
use crate::{ChatId, UserId, hex};

/// The longest event ID taken as such; LINE's are ULIDs of 26 characters.
const MAX_EVENT_ID: usize = 64;

/// One event: its bytes as received, what every event has, and what this one means.
#[derive(Clone)]
pub struct Event {
    /// What every event has, as far as it could be read.
    pub header: Header,
    /// What happened.
    pub kind: Kind,
    raw: Bytes,
}

impl Event {
    /// Reads one event as it was stored. This cannot fail: what cannot be read is [`Kind::Malformed`].
    pub fn parse(raw: &[u8]) -> Self {
        Self::new(Bytes::copy_from_slice(raw))
    }

    pub(super) fn new(raw: Bytes) -> Self {
        // Nearly always it is, and is told so twice as fast.
        let text = match str::from_utf8(&raw) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => String::from_utf8_lossy(&raw),
        };
        let (header, kind) = match Object::split(&text) {
            Ok(event) => (Header::read(&event), Kind::read(&event)),
            Err(flaw) => (Header::default(), Kind::Malformed { flaw }),
        };
        Self { header, kind, raw }
    }

    /// The bytes as LINE sent them.
    pub fn raw(&self) -> &Bytes {
        &self.raw
    }

    /// What this event is recognised by when it comes again: LINE's event ID, or, where there is none, the
    /// digest of the event without its `deliveryContext`, the one thing that a redelivery changes.
    pub fn dedupe_key(&self) -> DedupeKey {
        let id = self.header.webhook_event_id.as_deref().filter(|id| {
            (1..=MAX_EVENT_ID).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric())
        });
        DedupeKey(id.map_or_else(|| format!("sha256:{}", self.digest()), str::to_owned))
    }

    /// The person who caused the event, where LINE says who it was.
    pub fn user_id(&self) -> Option<&UserId> {
        self.header.source.user_id()
    }

    /// The conversation that the event belongs to: the group or the room, else the person.
    /// Events of one conversation are handled in order.
    pub fn chat_id(&self) -> Option<ChatId> {
        self.header.source.chat_id()
    }

    /// The token to answer with, if the bot may answer: the channel is active and the token no dummy.
    pub fn reply_token(&self) -> Option<&ReplyToken> {
        let active = matches!(self.header.mode, None | Some(Mode::Active));
        self.header
            .reply_token
            .as_ref()
            .filter(|token| active && !token.is_dummy())
    }

    /// Whether this is a text, new or edited, that mentions this very bot.
    pub fn mentions_bot(&self) -> bool {
        match &self.kind {
            Kind::Message(message) | Kind::MessageEdited(message) => match &message.content {
                Content::Text(text) => text.mentionees.iter().any(|mentionee| mentionee.is_self),
                _ => false,
            },
            _ => false,
        }
    }

    /// The flaw of a malformed event.
    pub fn flaw(&self) -> Option<Flaw> {
        match self.kind {
            Kind::Malformed { flaw } => Some(flaw),
            _ => None,
        }
    }

    fn digest(&self) -> String {
        // Members in one order and without blanks, where the event can be read as a whole.
        let canonical = match serde_json::from_slice(&self.raw) {
            Ok(Value::Object(mut members)) => {
                members.remove("deliveryContext");
                Bytes::from(Value::Object(members).to_string())
            }
            _ => self.raw.clone(),
        };
        hex::encode(digest(&SHA256, &canonical).as_ref())
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("header", &self.header)
            .field("kind", &self.kind)
            .field("raw", &format_args!("{} bytes", self.raw.len()))
            .finish()
    }
}

/// What an event is recognised by when it is delivered again; unique within its channel. At most 71 characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DedupeKey(String);

impl DedupeKey {
    /// The key as text, for a unique column.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
