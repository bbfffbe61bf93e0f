use std::fmt;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::invalid::InvalidMessage;
use super::message::Message;
use crate::{ChatId, Private, UserId};

/// How many people one multicast reaches at most (MA#send-multicast-message).
pub const MAX_RECIPIENTS: usize = 500;

/// One to five messages that are sent together, each within LINE's limits.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Messages(Vec<Message>);

impl Messages {
    /// Takes 1 to 5 messages and checks each.
    pub fn new(messages: Vec<Message>) -> Result<Self, InvalidSend> {
        if !(1..=5).contains(&messages.len()) {
            return Err(InvalidSend::Count);
        }
        for (index, message) in messages.iter().enumerate() {
            message
                .check()
                .map_err(|source| InvalidSend::Message { index, source })?;
        }
        Ok(Self(messages))
    }

    /// A single plain text.
    pub fn text(text: impl Into<String>) -> Result<Self, InvalidSend> {
        Message::text(text)
            .map(|message| Self(vec![message]))
            .map_err(|source| InvalidSend::Message { index: 0, source })
    }

    /// The messages in the order they are shown.
    pub fn as_slice(&self) -> &[Message] {
        &self.0
    }
}

/// What to send cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSend {
    /// No message, or more than five.
    #[error("1 to 5 messages are sent together")]
    Count,
    /// No recipient, or more than 500.
    #[error("a multicast has 1 to 500 recipients")]
    Recipients,
    /// The unit's name is not 1 to 30 of `a-z`, `A-Z`, `0-9`, `_`.
    #[error("a unit's name has 1 to 30 letters, digits or underscores")]
    Unit,
    /// LINE would refuse one of the messages.
    #[error("message {index} would be refused")]
    Message {
        /// Its place, from 0.
        index: usize,
        /// Why.
        source: InvalidMessage,
    },
}

/// A message to one person, group or room, counted against the quota (MA#send-push-message).
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Push {
    to: ChatId,
    #[serde(flatten)]
    what: What,
}

impl Push {
    /// These messages for this chat.
    pub fn new(to: impl Into<ChatId>, messages: Messages) -> Self {
        Self {
            to: to.into(),
            what: What::new(messages),
        }
    }

    /// The same without a sound.
    #[must_use]
    pub fn silent(mut self) -> Self {
        self.what.notification_disabled = true;
        self
    }

    /// The same, counted under this unit in LINE's statistics.
    pub fn unit(mut self, name: &str) -> Result<Self, InvalidSend> {
        self.what.set_unit(name)?;
        Ok(self)
    }

    /// The request's body: store it and send these very bytes, however often it takes.
    pub fn to_bytes(&self) -> Bytes {
        body(self)
    }
}

/// The same messages to up to 500 people, each counted against the quota (MA#send-multicast-message).
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Multicast {
    to: Vec<UserId>,
    #[serde(flatten)]
    what: What,
}

impl Multicast {
    /// These messages for these people: 1 to 500, in the order in which LINE numbers them when it names one.
    pub fn new(to: Vec<UserId>, messages: Messages) -> Result<Self, InvalidSend> {
        if !(1..=MAX_RECIPIENTS).contains(&to.len()) {
            return Err(InvalidSend::Recipients);
        }
        Ok(Self {
            to,
            what: What::new(messages),
        })
    }

    /// The same without a sound.
    #[must_use]
    pub fn silent(mut self) -> Self {
        self.what.notification_disabled = true;
        self
    }

    /// The same, counted under this unit in LINE's statistics.
    pub fn unit(mut self, name: &str) -> Result<Self, InvalidSend> {
        self.what.set_unit(name)?;
        Ok(self)
    }

    /// The request's body: store it and send these very bytes, however often it takes.
    pub fn to_bytes(&self) -> Bytes {
        body(self)
    }
}

/// What both kinds of send have in common.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct What {
    messages: Messages,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    notification_disabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    custom_aggregation_units: Option<[String; 1]>,
}

impl What {
    fn new(messages: Messages) -> Self {
        Self {
            messages,
            notification_disabled: false,
            custom_aggregation_units: None,
        }
    }

    fn set_unit(&mut self, name: &str) -> Result<(), InvalidSend> {
        let fits = (1..=30).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        self.custom_aggregation_units = Some([name.to_owned()]);
        if fits { Ok(()) } else { Err(InvalidSend::Unit) }
    }
}

/// JSON of our own types, whose keys are all text.
pub(super) fn body(value: &impl Serialize) -> Bytes {
    serde_json::to_vec(value)
        .expect("plain data always serialises")
        .into()
}

/// Lets LINE recognise a repeated send (MA#retry-api-request). It works for 24 hours from the first attempt, in
/// which the bytes must stay the same; afterwards the same key sends again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RetryKey(Uuid);

impl RetryKey {
    /// Takes a key that was stored or derived.
    pub const fn new(key: Uuid) -> Self {
        Self(key)
    }

    /// A new key; store it before the first attempt.
    pub fn random() -> Self {
        Self(Uuid::new_v4())
    }

    /// The key as a UUID.
    pub const fn as_uuid(self) -> Uuid {
        self.0
    }
}

impl fmt::Display for RetryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The ways to send, for [`super::Messaging::validate`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendKind {
    /// An answer to an event.
    Reply,
    /// To one chat.
    Push,
    /// To up to 500 people.
    Multicast,
    /// To a part of the friends.
    Narrowcast,
    /// To all friends.
    Broadcast,
}

impl SendKind {
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Reply => "reply",
            Self::Push => "push",
            Self::Multicast => "multicast",
            Self::Narrowcast => "narrowcast",
            Self::Broadcast => "broadcast",
        }
    }
}

/// LINE took the messages on. Whether anyone got them it never says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Accepted {
    /// LINE's name for this request.
    pub request_id: Option<String>,
    /// Whether LINE had accepted the same retry key before (409): nothing was sent this time.
    pub before: bool,
    /// LINE's name for the request that it had accepted before.
    pub accepted_request_id: Option<String>,
    /// The messages, in order; reply and push only.
    pub sent_messages: Vec<SentMessage>,
}

/// A message that LINE took on.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SentMessage {
    /// Its ID.
    #[serde(deserialize_with = "text_or_number")]
    pub id: String,
    /// Quotes it in a later message to the same chat.
    pub quote_token: Option<Private>,
}

/// LINE's reference says number, its samples say string.
fn text_or_number<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    match serde_json::Value::deserialize(deserializer)? {
        serde_json::Value::String(id) => Ok(id),
        serde_json::Value::Number(id) => Ok(id.to_string()),
        _ => Err(serde::de::Error::custom("an ID is a string")),
    }
}
