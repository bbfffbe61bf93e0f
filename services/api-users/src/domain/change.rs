use problem::FieldError;
use users_client::UpdateMember;

use super::{DisplayName, Fields, Language, TimeZone};

/// What a member changes about themselves; what is absent stays.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) display_name: Option<DisplayName>,
    pub(crate) language: Option<Language>,
    pub(crate) time_zone: Option<TimeZone>,
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
            language: fields.take_any("/language", raw.language.as_deref(), Language::parse),
            time_zone: fields.take_any("/time_zone", raw.time_zone.as_deref(), TimeZone::parse),
        };
        fields.finish(Some(change))
    }
}
