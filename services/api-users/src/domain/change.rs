use problem::FieldError;
use users_client::UpdateMember;

use super::{
    Attribute, AttributeName, ConsentText, DisplayName, Email, Fields, Invalid, Language, Phone,
    PictureUrl, QuietHours, Tag, TimeZone, TopicName,
};

/// What is done to an active member.
#[derive(Debug)]
pub(crate) enum Edit {
    Profile(Change),
    /// Their latest word on some purposes.
    Consents(Vec<ConsentText>),
    /// Their word on a topic: whether they want to hear of it.
    Topic(TopicName, bool),
    /// Whether they are under the tag.
    Tag(Tag, bool),
    /// What is noted under the name, if anything.
    Attribute(AttributeName, Option<Attribute>),
}

/// What a member changes about themselves: what is `None` stays.
#[derive(Debug)]
#[expect(
    clippy::option_option,
    reason = "what stays, what goes and what is new are three things"
)]
pub(crate) struct Change {
    pub(crate) display_name: Option<DisplayName>,
    pub(crate) picture_url: Option<Option<PictureUrl>>,
    pub(crate) email: Option<Option<Email>>,
    pub(crate) phone: Option<Option<Phone>>,
    pub(crate) language: Option<Option<Language>>,
    pub(crate) time_zone: Option<Option<TimeZone>>,
    pub(crate) quiet_hours: Option<Option<QuietHours>>,
}

impl Change {
    pub(crate) fn parse(raw: &UpdateMember) -> Result<Self, Vec<FieldError>> {
        let mut fields = Fields::default();
        let change = Self {
            display_name: fields.take_any(
                "/display_name",
                raw.display_name.as_deref(),
                DisplayName::parse,
            ),
            picture_url: nullable(
                &mut fields,
                "/picture_url",
                raw.picture_url.as_ref(),
                |url| PictureUrl::parse(url),
            ),
            email: nullable(&mut fields, "/email", raw.email.as_ref(), |email| {
                Email::parse(email)
            }),
            phone: nullable(&mut fields, "/phone", raw.phone.as_ref(), |phone| {
                Phone::parse(phone)
            }),
            language: nullable(&mut fields, "/language", raw.language.as_ref(), |tag| {
                Language::parse(tag)
            }),
            time_zone: nullable(&mut fields, "/time_zone", raw.time_zone.as_ref(), |zone| {
                TimeZone::parse(zone)
            }),
            quiet_hours: nullable(
                &mut fields,
                "/quiet_hours",
                raw.quiet_hours.as_ref(),
                QuietHours::parse,
            ),
        };
        fields.finish(Some(change))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.display_name.is_none()
            && self.picture_url.is_none()
            && self.email.is_none()
            && self.phone.is_none()
            && self.language.is_none()
            && self.time_zone.is_none()
            && self.quiet_hours.is_none()
    }
}

#[expect(clippy::option_option, reason = "as in the change itself")]
fn nullable<Raw, T>(
    fields: &mut Fields,
    pointer: &str,
    raw: Option<&Option<Raw>>,
    parse: impl FnOnce(&Raw) -> Result<T, Invalid>,
) -> Option<Option<T>> {
    match raw? {
        None => Some(None),
        Some(raw) => fields.take(pointer, parse(raw)).map(Some),
    }
}
