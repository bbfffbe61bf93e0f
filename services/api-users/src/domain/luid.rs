use std::fmt;

use problem::FieldError;
use serde::Deserialize;
use users_client::{LookUpMemberships, LuidDigest};

use super::{Fields, Invalid};

const LENGTH: usize = 80;

/// A LINE user ID: opaque, 1 to 80 characters of `A-Z`, `a-z`, `0-9`, `_` and `-`.
#[derive(Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Luid(String);

impl Luid {
    pub(crate) fn parse(raw: &str) -> Result<Self, Invalid> {
        let fits = (1..=LENGTH).contains(&raw.len())
            && raw
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
        if fits {
            Ok(Self(raw.to_owned()))
        } else {
            Err(Invalid(
                "must be 1 to 80 characters of A-Z, a-z, 0-9, _ and -",
            ))
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// What is kept of it after an erasure: SHA-256, 32 bytes.
    pub(crate) fn digest(&self) -> Vec<u8> {
        LuidDigest::of(&self.0).as_bytes().to_vec()
    }
}

impl TryFrom<String> for Luid {
    type Error = Invalid;

    fn try_from(raw: String) -> Result<Self, Invalid> {
        Self::parse(&raw)
    }
}

impl fmt::Debug for Luid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Luid(…)")
    }
}

/// The people whom a question names.
pub(crate) fn parse_luids(raw: &LookUpMemberships) -> Result<Vec<Luid>, Vec<FieldError>> {
    let mut fields = Fields::default();
    if raw.luids.len() > LookUpMemberships::MOST {
        fields.refuse::<()>("/luids", &"must be 500 or fewer");
        return fields.finish(None);
    }
    let each = raw.luids.iter().enumerate();
    let luids = each
        .filter_map(|(place, luid)| fields.take(&format!("/luids/{place}"), Luid::parse(luid)))
        .collect();
    fields.finish(Some(luids))
}
