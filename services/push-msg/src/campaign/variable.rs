use std::fmt;

use chrono::NaiveDate;
use users_client::Attribute;

use super::text::Facts;

/// Something that a text is filled with, as the document names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Variable {
    /// `{date}`: `2026/11/21`, the scheduled day on the campaign's clock.
    Date,
    /// `{time}`: `09:05:00`, likewise.
    Time,
    /// `{name}`: what the member is called.
    Name,
    /// `{language}`: the tag of the member's language.
    Language,
    /// `{tags}`: the member's tags, with commas.
    Tags,
    /// `{attribute.city}`, `{attribute.points:number}` or `{attribute.birthday:date}`.
    Attribute(String, Kind),
}

/// What an attribute must be to have a value here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A text or a number, as it is.
    Text,
    /// A number.
    Number,
    /// A text such as `2026-01-31`; it reads `2026/01/31`.
    Date,
}

impl Variable {
    /// By its name in a document.
    pub(super) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "date" => Self::Date,
            "time" => Self::Time,
            "name" => Self::Name,
            "language" => Self::Language,
            "tags" => Self::Tags,
            _ => {
                let attribute = name.strip_prefix("attribute.")?;
                let (attribute, kind) = attribute.split_once(':').unwrap_or((attribute, "text"));
                let kind = match kind {
                    "text" => Kind::Text,
                    "number" => Kind::Number,
                    "date" => Kind::Date,
                    _ => return None,
                };
                if attribute.is_empty() {
                    return None;
                }
                Self::Attribute(attribute.to_owned(), kind)
            }
        })
    }

    /// Whether members differ in it.
    pub fn is_personal(&self) -> bool {
        !matches!(self, Self::Date | Self::Time)
    }

    /// Whether it stands in a member's profile, which is sent only if it is asked for.
    pub fn is_of_profile(&self) -> bool {
        matches!(self, Self::Tags | Self::Attribute(..))
    }

    /// What to fill in, if there is anything.
    pub(super) fn value(&self, facts: Facts<'_>) -> Option<String> {
        let member = facts.member;
        let value = match self {
            Self::Date => facts.wall.format("%Y/%m/%d").to_string(),
            Self::Time => facts.wall.format("%H:%M:%S").to_string(),
            Self::Name => member?.display_name.trim().to_owned(),
            Self::Language => member?.language.clone()?,
            Self::Tags => member?.tags.as_ref()?.join(", "),
            Self::Attribute(name, kind) => kind.read(member?.attributes.as_ref()?.get(name)?)?,
        };
        Some(value).filter(|value| !value.is_empty())
    }

    /// A value that somebody could have, where there is nobody who has one.
    pub(super) fn sample(&self) -> &'static str {
        match self {
            Self::Attribute(_, Kind::Date) => "2026/01/31",
            Self::Language => "en",
            Self::Attribute(_, Kind::Number) => "7",
            _ => "somebody",
        }
    }
}

impl Kind {
    fn read(self, attribute: &Attribute) -> Option<String> {
        match (self, attribute) {
            (Self::Text, Attribute::Text(text)) => Some(text.clone()),
            (Self::Text | Self::Number, Attribute::Number(number)) => Some(number.to_string()),
            (Self::Date, Attribute::Text(text)) => {
                let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
                Some(day.format("%Y/%m/%d").to_string())
            }
            _ => None,
        }
    }
}

impl fmt::Display for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Date => f.write_str("date"),
            Self::Time => f.write_str("time"),
            Self::Name => f.write_str("name"),
            Self::Language => f.write_str("language"),
            Self::Tags => f.write_str("tags"),
            Self::Attribute(name, _) => write!(f, "attribute.{name}"),
        }
    }
}
