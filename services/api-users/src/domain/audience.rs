use problem::FieldError;
use users_client::{AudienceRequest, CheckAudience};
use uuid::Uuid;

use super::{Fields, Invalid, Purpose, TopicName};
use crate::segment::Segment;

/// Who may be written to: of the members a segment names, those who consent to the purpose and are subscribed to the topic.
#[derive(Debug, Clone)]
pub(crate) struct Audience {
    pub(crate) consent: Purpose,
    pub(crate) topic: Option<TopicName>,
    pub(crate) segment: Option<Segment>,
}

impl Audience {
    pub(crate) fn parse(raw: &AudienceRequest) -> Result<Self, Vec<FieldError>> {
        let mut fields = Fields::default();
        let consent = fields.take("/consent", Purpose::parse(&raw.consent));
        let topic = fields.take_any("/topic", raw.topic.as_deref(), TopicName::parse);
        let segment = take_segment(&mut fields, raw.segment.as_deref());
        let audience = consent.map(|consent| Self {
            consent,
            topic,
            segment,
        });
        fields.finish(audience)
    }
}

pub(super) fn take_segment(fields: &mut Fields, raw: Option<&str>) -> Option<Segment> {
    match Segment::parse(raw?) {
        Ok(segment) => Some(segment),
        Err(error) => fields.refuse("/segment", &error),
    }
}

/// Recipients who are about to be written to, and may have changed their minds.
#[derive(Debug)]
pub(crate) struct RecipientCheck {
    pub(crate) audience: Audience,
    pub(crate) member_ids: Vec<Uuid>,
}

impl RecipientCheck {
    /// Ten multicasts have no more recipients.
    pub(crate) const MEMBERS: usize = 5_000;

    pub(crate) fn parse(raw: CheckAudience) -> Result<Self, Vec<FieldError>> {
        let mut fields = Fields::default();
        let consent = fields.take("/consent", Purpose::parse(&raw.consent));
        let topic = fields.take_any("/topic", raw.topic.as_deref(), TopicName::parse);
        let member_ids = if raw.member_ids.len() > Self::MEMBERS {
            fields.take("/member_ids", Err(Invalid("must be 5000 or fewer")))
        } else {
            Some(raw.member_ids)
        };
        let check = consent.zip(member_ids).map(|(consent, member_ids)| Self {
            audience: Audience {
                consent,
                topic,
                segment: None,
            },
            member_ids,
        });
        fields.finish(check)
    }
}
