use problem::FieldError;

use crate::domain::{AttributeName, Purpose, TopicName};

pub(super) const ATTRIBUTE: &str = "attribute.";
pub(super) const CONSENT: &str = "consent.";
pub(super) const TOPIC: &str = "topic.";

/// What an export tells and an import passes over.
pub(super) const READ_ONLY: [&str; 4] = ["status", "friendship", "created_at", "member_id"];

/// What a column of an import holds.
#[derive(Debug)]
pub(super) enum Column {
    Luid,
    DisplayName,
    PictureUrl,
    Email,
    Phone,
    Language,
    TimeZone,
    QuietFrom,
    QuietUntil,
    Tags,
    Attribute(AttributeName),
    Consent(Purpose),
    Topic(TopicName),
    ReadOnly,
}

impl Column {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "luid" => Self::Luid,
            "display_name" => Self::DisplayName,
            "picture_url" => Self::PictureUrl,
            "email" => Self::Email,
            "phone" => Self::Phone,
            "language" => Self::Language,
            "time_zone" => Self::TimeZone,
            "quiet_from" => Self::QuietFrom,
            "quiet_until" => Self::QuietUntil,
            "tags" => Self::Tags,
            name if READ_ONLY.contains(&name) => Self::ReadOnly,
            name => return Self::parse_dotted(name),
        })
    }

    fn parse_dotted(name: &str) -> Option<Self> {
        if let Some(name) = name.strip_prefix(ATTRIBUTE) {
            return AttributeName::parse(name).ok().map(Self::Attribute);
        }
        if let Some(name) = name.strip_prefix(CONSENT) {
            return Purpose::parse(name).ok().map(Self::Consent);
        }
        let topic = name.strip_prefix(TOPIC)?;
        TopicName::parse(topic).ok().map(Self::Topic)
    }
}

/// The columns of an import, by name, in the order in which they come.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) columns: Vec<(String, Column)>,
    /// Where the LINE user ID is.
    pub(super) luid: usize,
}

impl Header {
    /// What is wrong is named by its place: who left the header out has sent a person instead.
    pub(super) fn parse<'a>(names: impl Iterator<Item = &'a str>) -> Result<Self, Vec<FieldError>> {
        let mut columns: Vec<(String, Column)> = Vec::new();
        let mut errors = Vec::new();
        for (index, name) in names.map(str::trim).enumerate() {
            let mut refuse = |detail: &str| {
                errors.push(FieldError {
                    pointer: format!("/header/{index}"),
                    detail: detail.to_owned(),
                });
            };
            match Column::parse(name) {
                None => refuse("is no column that can be imported"),
                Some(_) if columns.iter().any(|(other, _)| other == name) => {
                    refuse("must not be there twice");
                }
                Some(column) => columns.push((name.to_owned(), column)),
            }
        }
        let is_luid = |(_, column): &(String, Column)| matches!(column, Column::Luid);
        match columns.iter().position(is_luid) {
            Some(luid) if errors.is_empty() => Ok(Self { columns, luid }),
            Some(_) => Err(errors),
            None => {
                errors.push(FieldError {
                    pointer: "/header".into(),
                    detail: "must have the column luid".into(),
                });
                Err(errors)
            }
        }
    }
}
