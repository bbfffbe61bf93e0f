use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[cfg(feature = "openapi")]
use crate::field;
use crate::{Attribute, QuietHours};

/// Who is to be written to: the body of `POST /audiences/preview`, and the query of `GET /audiences/members`.
///
/// Whatever is asked, nobody is reached who is leaving, has blocked the bot or does not consent.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AudienceRequest {
    /// The purpose that they consent to.
    #[cfg_attr(feature = "openapi", schema(value_type = field::Purpose))]
    pub consent: String,
    /// The topic that they are subscribed to. Who has said nothing about it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<field::Purpose>))]
    pub topic: Option<String>,
    /// Which members: an expression of the segment language. Without one, all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<field::Segment>))]
    pub segment: Option<String>,
}

impl AudienceRequest {
    /// Everybody who consents to the purpose.
    pub fn of_purpose(consent: impl Into<String>) -> Self {
        Self {
            consent: consent.into(),
            ..Self::default()
        }
    }
}

/// How many an audience reaches, and how many of the members it names it does not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AudiencePreview {
    /// Those who would be written to.
    pub reached: u64,
    /// The others whom the segment names.
    pub excluded: ExcludedMembers,
}

/// Members whom a segment names and an audience leaves out, each counted once: for the first of the reasons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExcludedMembers {
    /// They are on the way out.
    pub leaving: u64,
    /// They blocked the bot.
    pub blocked: u64,
    /// They do not consent to the purpose.
    pub no_consent: u64,
    /// They are not subscribed to the topic.
    pub not_subscribed: u64,
}

/// One line of `GET /audiences/members?consent=…` (NDJSON): an active member who has not blocked the bot and
/// has consented to the purpose.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AudienceMember {
    /// Our own ID for them.
    pub member_id: Uuid,
    /// Their LINE user ID.
    #[cfg_attr(feature = "openapi", schema(value_type = field::Luid))]
    pub luid: String,
    /// The name they go by.
    #[serde(default)]
    pub display_name: String,
    /// The language they chose, a BCP 47 tag.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<field::Language>))]
    pub language: Option<String>,
    /// Their IANA time zone.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<field::TimeZone>))]
    pub time_zone: Option<String>,
    /// When not to disturb them, by the clock of their time zone.
    #[serde(default)]
    pub quiet_hours: Option<QuietHours>,
    /// What operators put them under, if that is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Vec<field::Tag>>))]
    pub tags: Option<Vec<String>>,
    /// What operators note about them, if that is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<BTreeMap<String, field::Attribute>>))]
    pub attributes: Option<BTreeMap<String, Attribute>>,
}

/// The body of `POST /audiences/check`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CheckAudience {
    /// The purpose that they must still consent to.
    #[cfg_attr(feature = "openapi", schema(value_type = field::Purpose))]
    pub consent: String,
    /// The topic that they must still be subscribed to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<field::Purpose>))]
    pub topic: Option<String>,
    /// Who is about to be written to: 5000 at most.
    #[cfg_attr(feature = "openapi", schema(max_items = 5000))]
    pub member_ids: Vec<Uuid>,
    /// Whether those are wanted who may not be written to: they are few.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub only_gone: bool,
}

/// Of the members asked about those who may still be written to, each once, in no order; or the others, if they are wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CheckedAudience {
    /// Who may still be written to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member_ids: Option<Vec<Uuid>>,
    /// Who may not be written to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone: Option<Vec<Uuid>>,
}

/// A segment may hold what somebody's attributes say.
impl fmt::Debug for AudienceRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AudienceRequest")
            .field("consent", &self.consent)
            .field("topic", &self.topic)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for AudienceMember {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AudienceMember")
            .field("member_id", &self.member_id)
            .finish_non_exhaustive()
    }
}
