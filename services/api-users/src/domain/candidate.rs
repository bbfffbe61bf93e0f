use problem::FieldError;
use service_kit::Timestamp;
use users_client::RegisterMember;
use uuid::{NoContext, Uuid};

use super::consent::take_consents;
use super::{
    ConsentText, DisplayName, Email, Fields, Language, Luid, Phone, PictureUrl, QuietHours,
    TimeZone,
};

/// Someone who may become a member.
#[derive(Debug)]
pub(crate) struct Candidate {
    pub(crate) luid: Luid,
    pub(crate) display_name: DisplayName,
    pub(crate) picture_url: Option<PictureUrl>,
    pub(crate) email: Option<Email>,
    pub(crate) phone: Option<Phone>,
    pub(crate) language: Option<Language>,
    pub(crate) time_zone: Option<TimeZone>,
    pub(crate) quiet_hours: Option<QuietHours>,
    pub(crate) consents: Vec<ConsentText>,
    pub(crate) signed_in_at: Option<Timestamp>,
}

impl Candidate {
    pub(crate) fn parse(raw: &RegisterMember) -> Result<Self, Vec<FieldError>> {
        let mut fields = Fields::default();
        let luid = fields.take("/luid", Luid::parse(&raw.luid));
        let display_name = fields.take("/display_name", DisplayName::parse(&raw.display_name));
        let picture_url = fields.take_any(
            "/picture_url",
            raw.picture_url.as_deref(),
            PictureUrl::parse,
        );
        let email = fields.take_any("/email", raw.email.as_deref(), Email::parse);
        let phone = fields.take_any("/phone", raw.phone.as_deref(), Phone::parse);
        let language = fields.take_any("/language", raw.language.as_deref(), Language::parse);
        let time_zone = fields.take_any("/time_zone", raw.time_zone.as_deref(), TimeZone::parse);
        let quiet_hours = raw
            .quiet_hours
            .as_ref()
            .and_then(|raw| fields.take("/quiet_hours", QuietHours::parse(raw)));
        let consents = take_consents(&mut fields, "/consents", &raw.consents);
        let candidate = (|| {
            Some(Self {
                luid: luid?,
                display_name: display_name?,
                picture_url,
                email,
                phone,
                language,
                time_zone,
                quiet_hours,
                consents: consents?,
                signed_in_at: raw.signed_in_at,
            })
        })();
        fields.finish(candidate)
    }

    /// The ID of somebody who becomes a member now. Later ones come after it.
    pub(crate) fn new_member_id(now: Timestamp) -> Uuid {
        let seconds = u64::try_from(now.as_seconds()).unwrap_or(0);
        let nanos = u32::try_from(now.as_millis().rem_euclid(1000)).unwrap_or(0) * 1_000_000;
        Uuid::new_v7(uuid::Timestamp::from_unix(NoContext, seconds, nanos))
    }
}
