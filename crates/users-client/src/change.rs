use std::fmt::{self, Write as _};

use aws_lc_rs::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use service_kit::Timestamp;

#[cfg(feature = "openapi")]
use crate::field;

/// One page of `GET /changes?after=…&limit=…`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangePage {
    /// What happened, in the order of its numbers; empty where there is nothing more yet.
    pub changes: Vec<Change>,
    /// What to ask for next: the number of the last change, or what was asked if there is none.
    pub next_after: i64,
}

/// A person left or was erased. Whoever keeps something about them forgets what is dated before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Change {
    /// Its place in the feed. Numbers rise by one and are never given twice.
    pub change_id: i64,
    /// What happened.
    pub kind: ChangeKind,
    /// Whom it happened to: SHA-256 of the LINE user ID, in hex.
    #[cfg_attr(feature = "openapi", schema(value_type = field::Digest))]
    pub luid_digest: LuidDigest,
    /// When. The person may have come back since.
    #[cfg_attr(feature = "openapi", schema(value_type = field::Timestamp))]
    pub changed_at: Timestamp,
}

/// What happened to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// They are a stranger from now on, to be erased.
    Leaving,
    /// Nothing is kept about them any more.
    Erased,
}

/// SHA-256 of a LINE user ID, in JSON as 64 hexadecimal digits: it tells whom something is about to those alone who know
/// the ID.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LuidDigest([u8; 32]);

/// Not 64 hexadecimal digits.
#[derive(Debug, thiserror::Error)]
#[error("not a digest")]
pub struct InvalidDigest;

impl LuidDigest {
    /// The digest of this LINE user ID.
    pub fn of(luid: impl AsRef<[u8]>) -> Self {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest(&SHA256, luid.as_ref()).as_ref());
        Self(bytes)
    }

    /// As it is stored.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// As it is stored.
impl TryFrom<&[u8]> for LuidDigest {
    type Error = InvalidDigest;

    fn try_from(bytes: &[u8]) -> Result<Self, InvalidDigest> {
        bytes.try_into().map(Self).map_err(|_| InvalidDigest)
    }
}

impl TryFrom<String> for LuidDigest {
    type Error = InvalidDigest;

    fn try_from(text: String) -> Result<Self, InvalidDigest> {
        let mut bytes = [0; 32];
        let pairs = text.as_bytes().chunks(2);
        if text.len() != 2 * bytes.len() {
            return Err(InvalidDigest);
        }
        for (byte, pair) in bytes.iter_mut().zip(pairs) {
            let pair = std::str::from_utf8(pair).map_err(|_| InvalidDigest)?;
            // `+f` would be a number, too.
            if !pair.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                return Err(InvalidDigest);
            }
            *byte = u8::from_str_radix(pair, 16).map_err(|_| InvalidDigest)?;
        }
        Ok(Self(bytes))
    }
}

impl From<LuidDigest> for String {
    fn from(digest: LuidDigest) -> Self {
        digest.0.iter().fold(Self::new(), |mut text, byte| {
            write!(text, "{byte:02x}").expect("writing to a String cannot fail");
            text
        })
    }
}

/// Whoever has a list of LINE user IDs finds the person by it: not for logs.
impl fmt::Debug for LuidDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LuidDigest(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_64_hexadecimal_digits() {
        // SHA-256 of "abc" (FIPS 180-2, B.1).
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(String::from(LuidDigest::of("abc")), abc);
        assert_eq!(
            LuidDigest::try_from(abc.to_owned()).unwrap(),
            LuidDigest::of("abc")
        );
        for wrong in [
            "",
            "ba",
            &abc.replace("ba", "+a"),
            &abc.replace('b', "ü"),
            &format!("{abc}00"),
        ] {
            assert!(LuidDigest::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
    }
}
