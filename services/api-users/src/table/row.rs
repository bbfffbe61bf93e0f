use std::fmt;

use csv::StringRecord;
use users_client::QuietHours as QuietDocument;

use super::Refusal;
use super::cell;
use super::column::{Column, Header};
use super::decision::ColumnError;
use crate::domain::{
    Attribute, AttributeName, DisplayName, Email, Fields, Invalid, Language, Luid, Phone,
    PictureUrl, Purpose, QuietHours, Tag, TimeZone, TopicName, parse_version,
};

/// What a row says about a person. What is not there stays as it is.
pub(crate) struct Row {
    pub(crate) luid: Luid,
    pub(super) said: Said,
}

/// The rest of it.
#[derive(Default)]
pub(super) struct Said {
    pub(super) display_name: Option<DisplayName>,
    pub(super) picture_url: Option<PictureUrl>,
    pub(super) email: Option<Email>,
    pub(super) phone: Option<Phone>,
    pub(super) language: Option<Language>,
    pub(super) time_zone: Option<TimeZone>,
    pub(super) quiet_hours: Option<QuietHours>,
    pub(super) tags: Option<Vec<Tag>>,
    pub(super) attributes: Vec<(AttributeName, Attribute)>,
    pub(super) consents: Vec<Word>,
    pub(super) topics: Vec<(TopicName, bool)>,
}

/// A word on a purpose.
pub(super) struct Word {
    pub(super) purpose: Purpose,
    pub(super) version: String,
    pub(super) granted: bool,
}

impl Row {
    pub(super) fn parse(header: &Header, record: &StringRecord) -> Result<Self, Refusal> {
        if record.len() != header.columns.len() {
            let detail = "the row has not as many cells as the header";
            return Err(Refusal::Invalid(vec![ColumnError::new("luid", detail)]));
        }
        let (mut fields, mut said, mut quiet) =
            (Fields::default(), Said::default(), Quiet::default());
        let mut luid = None;
        for ((name, column), cell) in header.columns.iter().zip(record) {
            let cell = cell::unguard(cell);
            match column {
                Column::Luid => luid = fields.take(name, Luid::parse(cell)),
                Column::QuietFrom => quiet.from = Some(cell).filter(|cell| !cell.is_empty()),
                Column::QuietUntil => quiet.until = Some(cell).filter(|cell| !cell.is_empty()),
                _ if cell.is_empty() => {}
                column => said.take(&mut fields, name, column, cell),
            }
        }
        said.quiet_hours = quiet.parse(&mut fields);
        let row = luid.map(|luid| Self { luid, said });
        fields.finish(row).map_err(|errors| {
            let errors = errors.into_iter();
            Refusal::Invalid(
                errors
                    .map(|error| ColumnError::new(error.pointer, error.detail))
                    .collect(),
            )
        })
    }
}

impl Said {
    fn take(&mut self, fields: &mut Fields, name: &str, column: &Column, cell: &str) {
        match column {
            Column::DisplayName => self.display_name = fields.take(name, DisplayName::parse(cell)),
            Column::PictureUrl => self.picture_url = fields.take(name, PictureUrl::parse(cell)),
            Column::Email => self.email = fields.take(name, Email::parse(cell)),
            Column::Phone => self.phone = fields.take(name, Phone::parse(cell)),
            Column::Language => self.language = fields.take(name, Language::parse(cell)),
            Column::TimeZone => self.time_zone = fields.take(name, TimeZone::parse(cell)),
            Column::Tags => {
                let tags = cell::read_tags(cell);
                self.tags = fields.take(name, tags.iter().map(|tag| Tag::parse(tag)).collect());
            }
            Column::Attribute(attribute) => {
                let value = fields.take(name, Attribute::parse(cell::read_attribute(cell)));
                self.attributes
                    .extend(value.map(|value| (attribute.clone(), value)));
            }
            Column::Consent(purpose) => {
                let (granted, version) = cell::read_consent(cell);
                let version = fields.take(name, parse_version(version));
                self.consents.extend(version.map(|version| Word {
                    purpose: purpose.clone(),
                    version,
                    granted,
                }));
            }
            Column::Topic(topic) => {
                let subscribed = fields.take(name, cell::read_topic(cell));
                self.topics
                    .extend(subscribed.map(|subscribed| (topic.clone(), subscribed)));
            }
            Column::Luid | Column::QuietFrom | Column::QuietUntil | Column::ReadOnly => {}
        }
    }
}

/// Two columns that make one field.
#[derive(Default)]
struct Quiet<'a> {
    from: Option<&'a str>,
    until: Option<&'a str>,
}

impl Quiet<'_> {
    fn parse(&self, fields: &mut Fields) -> Option<QuietHours> {
        let together = || Err(Invalid("needs the other end of the quiet hours, too"));
        match (self.from, self.until) {
            (None, None) => None,
            (Some(_), None) => fields.take("quiet_from", together()),
            (None, Some(_)) => fields.take("quiet_until", together()),
            (Some(from), Some(until)) => {
                let document = QuietDocument {
                    from: cell::read_time(from),
                    until: cell::read_time(until),
                };
                fields.take("quiet_from", QuietHours::parse(&document))
            }
        }
    }
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Row(…)")
    }
}
