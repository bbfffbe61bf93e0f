use std::fmt;

use serde::{Deserialize, Serialize};

/// The longest chat ID taken; a module channel's user ID has 68 characters.
const MAX_CHAT_ID: usize = 80;

/// A person's (or bot's) LINE user ID: `U` and 32 lower-case hexadecimal digits.
///
/// A module channel sees the longer form `LU…-U…`. User IDs are per provider: the same person has the same
/// ID in the Login and the Messaging channels of one provider only.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct UserId(String);

impl UserId {
    /// Takes a user ID in one of its two documented forms.
    pub fn parse(raw: impl Into<String>) -> Result<Self, InvalidId> {
        let raw = raw.into();
        let own = |id: &str| id.strip_prefix('U').is_some_and(is_hex32);
        let module = |id: &str| {
            id.strip_prefix("LU")
                .and_then(|rest| rest.split_once('-'))
                .is_some_and(|(hex, id)| is_hex32(hex) && own(id))
        };
        if own(&raw) || module(&raw) {
            Ok(Self(raw))
        } else {
            Err(InvalidId)
        }
    }

    /// The ID itself; keep it out of logs.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the form that only a module channel sees; LINE Login never names it.
    pub fn is_of_module(&self) -> bool {
        self.0.starts_with('L')
    }
}

impl TryFrom<String> for UserId {
    type Error = InvalidId;

    fn try_from(raw: String) -> Result<Self, InvalidId> {
        Self::parse(raw)
    }
}

impl fmt::Debug for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UserId(…)")
    }
}

/// Where a conversation takes place: the ID of a user, a group or a room. Opaque, 1 to 80 visible characters.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct ChatId(String);

impl ChatId {
    /// Takes any ID that LINE may give a chat.
    pub fn parse(raw: impl Into<String>) -> Result<Self, InvalidId> {
        let raw = raw.into();
        let plausible =
            (1..=MAX_CHAT_ID).contains(&raw.len()) && raw.bytes().all(|b| b.is_ascii_graphic());
        if plausible {
            Ok(Self(raw))
        } else {
            Err(InvalidId)
        }
    }

    /// The ID itself; keep it out of logs.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ChatId {
    type Error = InvalidId;

    fn try_from(raw: String) -> Result<Self, InvalidId> {
        Self::parse(raw)
    }
}

impl From<UserId> for ChatId {
    fn from(user: UserId) -> Self {
        Self(user.0)
    }
}

impl From<&UserId> for ChatId {
    fn from(user: &UserId) -> Self {
        Self(user.0.clone())
    }
}

impl fmt::Debug for ChatId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChatId(…)")
    }
}

/// Not an ID of the documented form. It does not repeat what it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a LINE ID")]
pub struct InvalidId;

fn is_hex32(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}
