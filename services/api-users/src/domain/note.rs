//! What operators note about a member.

use std::fmt;

use serde::Deserialize;
use serde_json::Number;
use unicode_segmentation::UnicodeSegmentation as _;
use users_client::Attribute as Document;

use super::Invalid;

/// A member has no more of each; it keeps their document within bounds.
pub(crate) const TAGS: usize = 100;
pub(crate) const ATTRIBUTES: usize = 100;
pub(crate) const TOPICS: usize = 100;

/// What a member is put under: 1 to 40 graphemes, nothing that steers text, no blank at either end.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Tag(String);

impl Tag {
    const GRAPHEMES: usize = 40;
    const BYTES: usize = 400;

    pub(crate) fn parse(raw: &str) -> Result<Self, Invalid> {
        let fits = raw.len() <= Self::BYTES
            && (1..=Self::GRAPHEMES).contains(&raw.graphemes(true).count())
            && raw.trim() == raw
            && !raw.chars().any(super::profile::steers_text);
        if fits {
            Ok(Self(raw.to_owned()))
        } else {
            Err(Invalid("must be 1 to 40 characters, no control characters"))
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Tag {
    type Error = Invalid;

    fn try_from(raw: String) -> Result<Self, Invalid> {
        Self::parse(&raw)
    }
}

/// Operators may put personal things into tags.
impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tag(…)")
    }
}

/// What an attribute is called: a letter, then up to 39 of `a-z`, `0-9` and `_`.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct AttributeName(String);

impl AttributeName {
    pub(crate) fn parse(raw: &str) -> Result<Self, Invalid> {
        let fits = (1..=40).contains(&raw.len())
            && raw.starts_with(|first: char| first.is_ascii_lowercase())
            && raw
                .bytes()
                .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'));
        if fits {
            Ok(Self(raw.to_owned()))
        } else {
            Err(Invalid("must be a letter and up to 39 of a-z, 0-9 and _"))
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for AttributeName {
    type Error = Invalid;

    fn try_from(raw: String) -> Result<Self, Invalid> {
        Self::parse(&raw)
    }
}

/// A text of up to 500 characters without control characters, a finite number, or a truth.
#[derive(Clone)]
pub(crate) enum Attribute {
    Text(String),
    Number(f64),
    Truth(bool),
}

impl Attribute {
    const CHARS: usize = 500;

    pub(crate) fn parse(raw: Document) -> Result<Self, Invalid> {
        match raw {
            Document::Truth(truth) => Ok(Self::Truth(truth)),
            Document::Number(number) => number
                .as_f64()
                .filter(|number| number.is_finite())
                .map(Self::Number)
                .ok_or(Invalid("must be a finite number")),
            Document::Text(text)
                if text.chars().count() <= Self::CHARS && !text.chars().any(char::is_control) =>
            {
                Ok(Self::Text(text))
            }
            Document::Text(_) => Err(Invalid(
                "must be 500 characters or fewer, no control characters",
            )),
        }
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Number(_) | Self::Truth(_) => None,
        }
    }

    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(_) | Self::Truth(_) => None,
        }
    }

    pub(crate) fn truth(&self) -> Option<bool> {
        match self {
            Self::Truth(truth) => Some(*truth),
            Self::Text(_) | Self::Number(_) => None,
        }
    }
}

impl fmt::Debug for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Attribute(…)")
    }
}

/// The attribute as both kinds of database must show it: `3.0` and `3` are one number.
pub(crate) fn canonical(attribute: Document) -> Document {
    match attribute {
        Document::Number(number) => Document::Number(integral(&number).unwrap_or(number)),
        other => other,
    }
}

fn integral(number: &Number) -> Option<Number> {
    /// Beyond this not every integer has a float of its own.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let float = number.as_f64()?;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "it is integral and smaller than 2^53"
    )]
    (float.fract() == 0.0 && float.abs() < EXACT).then(|| Number::from(float as i64))
}
