use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// Text that must never reach a log: what people write, their names, tokens of theirs.
///
/// Its `Debug` hides it and it has no `Display`. Reading it from JSON never fails on a string: half a
/// surrogate pair, which LINE's clients can cut out of an emoji, becomes U+FFFD.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Private(String);

impl Private {
    /// The text itself; keep it out of logs.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text itself, without a copy.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl From<String> for Private {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Private {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for Private {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Private(…)")
    }
}

impl<'de> Deserialize<'de> for Private {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // serde_json hands lone surrogates out as bytes only; as a `str` they would be an error.
        deserializer.deserialize_byte_buf(Lossy)
    }
}

struct Lossy;

impl Visitor<'_> for Lossy {
    type Value = Private;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Private, E> {
        Ok(text.into())
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Private, E> {
        // Looking for what is wrong is slow, and hardly anything ever is.
        Ok(match str::from_utf8(bytes) {
            Ok(text) => text.into(),
            Err(_) => String::from_utf8_lossy(bytes).into_owned().into(),
        })
    }
}
