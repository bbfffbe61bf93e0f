use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use service_kit::Timestamp;
use uuid::Uuid;

#[cfg(feature = "openapi")]
use crate::field;
use crate::{Attribute, QuietHours, Topic};

/// A member, as `GET /users/{luid}` answers.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Member {
    /// Our own ID for them.
    pub member_id: Uuid,
    /// Their LINE user ID, as LINE gave it: opaque, up to 80 characters.
    #[cfg_attr(feature = "openapi", schema(value_type = field::Luid))]
    pub luid: String,
    /// The name they go by.
    #[cfg_attr(feature = "openapi", schema(examples("Alice")))]
    pub display_name: String,
    /// Where their picture is; https only.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<field::PictureUrl>))]
    pub picture_url: Option<String>,
    /// Their e-mail address.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<field::Email>))]
    pub email: Option<String>,
    /// Their telephone number in E.164 form, such as `+886912345678`.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<field::Phone>))]
    pub phone: Option<String>,
    /// The language they chose, a BCP 47 tag.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<field::Language>))]
    pub language: Option<String>,
    /// Their IANA time zone.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<field::TimeZone>))]
    pub time_zone: Option<String>,
    /// When not to disturb them, by the clock of their time zone.
    pub quiet_hours: Option<QuietHours>,
    /// Whether they are staying.
    pub status: Status,
    /// Whether they are the bot's friend.
    pub friendship: Friendship,
    /// The latest consent for each purpose.
    pub consents: Vec<Consent>,
    /// What they said about each topic.
    pub topics: Vec<Topic>,
    /// What operators put them under.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<field::Tag>))]
    pub tags: Vec<String>,
    /// What operators note about them, by name.
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, field::Attribute>))]
    pub attributes: BTreeMap<String, Attribute>,
    /// When they registered.
    #[cfg_attr(feature = "openapi", schema(value_type = field::Timestamp))]
    pub created_at: Timestamp,
    /// When this document last changed.
    #[cfg_attr(feature = "openapi", schema(value_type = field::Timestamp))]
    pub updated_at: Timestamp,
}

/// Whether a member is staying.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// A member.
    Active,
    /// On the way out: a stranger already, to be erased.
    Leaving,
}

/// Whether someone is the bot's friend, as LINE's follow and unfollow events said last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Friendship {
    /// A friend.
    Following,
    /// They blocked the bot.
    Blocked,
    /// No event told yet.
    #[default]
    Unknown,
}

/// A consent, given or withdrawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Consent {
    /// What for.
    #[cfg_attr(feature = "openapi", schema(value_type = field::Purpose))]
    pub purpose: String,
    /// Which version of its text.
    #[cfg_attr(feature = "openapi", schema(value_type = field::Version))]
    pub version: String,
    /// SHA-256 of that text, in hex, if whoever showed it said so.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<field::Digest>))]
    pub text_digest: Option<String>,
    /// The language that text was read in, a BCP 47 tag.
    #[cfg_attr(feature = "openapi", schema(value_type = field::Language))]
    pub language: String,
    /// Given, or withdrawn.
    pub granted: bool,
    /// Where: `website`, `chat`, `import`.
    #[cfg_attr(feature = "openapi", schema(value_type = field::Channel))]
    pub channel: String,
    /// When.
    #[cfg_attr(feature = "openapi", schema(value_type = field::Timestamp))]
    pub changed_at: Timestamp,
}

/// A consent to be recorded, part of [`RegisterMember`] and the body of `POST /users/{luid}/consents` (a list of these).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct GiveConsent {
    /// What for: 1 to 40 characters of `a-z`, `0-9` and `-`.
    #[cfg_attr(feature = "openapi", schema(value_type = field::Purpose))]
    pub purpose: String,
    /// Which version of its text: 1 to 40 characters.
    #[cfg_attr(feature = "openapi", schema(value_type = field::Version))]
    pub version: String,
    /// SHA-256 of that text: 64 hex digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<field::Digest>))]
    pub text_digest: Option<String>,
    /// The language that text was read in, a BCP 47 tag.
    #[cfg_attr(feature = "openapi", schema(value_type = field::Language))]
    pub language: String,
    /// Given, or withdrawn.
    pub granted: bool,
    /// Where: `website`, `chat`, `import`.
    #[cfg_attr(feature = "openapi", schema(value_type = field::Channel))]
    pub channel: String,
}

/// The body of `POST /register`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(examples(json!({
    "luid": "U4af4980629",
    "display_name": "Alice",
    "language": "zh-TW",
    "consents": [{ "purpose": "news", "version": "2026-01", "language": "zh-TW", "granted": true, "channel": "website" }],
}))))]
#[serde(deny_unknown_fields)]
pub struct RegisterMember {
    /// Their LINE user ID.
    #[cfg_attr(feature = "openapi", schema(value_type = field::Luid))]
    pub luid: String,
    /// The name they go by: 1 to 50 graphemes.
    #[cfg_attr(feature = "openapi", schema(value_type = field::DisplayName))]
    pub display_name: String,
    /// Where their picture is; https only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<field::PictureUrl>))]
    pub picture_url: Option<String>,
    /// Their e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<field::Email>))]
    pub email: Option<String>,
    /// Their telephone number in E.164 form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<field::Phone>))]
    pub phone: Option<String>,
    /// The language they chose, a BCP 47 tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<field::Language>))]
    pub language: Option<String>,
    /// Their IANA time zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<field::TimeZone>))]
    pub time_zone: Option<String>,
    /// When not to disturb them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet_hours: Option<QuietHours>,
    /// What they consented to.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_items = 50))]
    pub consents: Vec<GiveConsent>,
    /// When they proved who they are. Someone who left since must prove it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<field::Timestamp>))]
    pub signed_in_at: Option<Timestamp>,
}

/// The body of `PATCH /users/{luid}`: what is absent stays, what is null goes (RFC 7396).
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(examples(json!({ "language": "ja", "picture_url": null }))))]
#[serde(deny_unknown_fields)]
pub struct UpdateMember {
    /// The name they go by: 1 to 50 graphemes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<field::DisplayName>))]
    pub display_name: Option<String>,
    /// Where their picture is; https only.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "given"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<field::PictureUrl>))]
    pub picture_url: Option<Option<String>>,
    /// Their e-mail address.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "given"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<field::Email>))]
    pub email: Option<Option<String>>,
    /// Their telephone number in E.164 form.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "given"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<field::Phone>))]
    pub phone: Option<Option<String>>,
    /// The language they chose, a BCP 47 tag.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "given"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<field::Language>))]
    pub language: Option<Option<String>>,
    /// Their IANA time zone.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "given"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<field::TimeZone>))]
    pub time_zone: Option<Option<String>>,
    /// When not to disturb them.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "given"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<QuietHours>))]
    pub quiet_hours: Option<Option<QuietHours>>,
}

/// What is there, null or not; what is absent is `None` by `default`.
#[expect(
    clippy::option_option,
    reason = "absent, null and a value are three things in a merge patch"
)]
fn given<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

/// Which page of `GET /users`, of which list.
#[derive(Clone, PartialEq, Eq)]
pub struct ListMembers {
    /// How many at most: from 1 to 1,000.
    pub limit: u32,
    /// The `next_cursor` of the page before, of the same list.
    pub cursor: Option<String>,
    /// What comes first: `created_at`, `-created_at`, `display_name` or `-display_name`. Unless asked otherwise, the oldest.
    pub sort: Option<String>,
    /// Which members: an expression of the segment language. Without one, all.
    pub segment: Option<String>,
}

impl Default for ListMembers {
    fn default() -> Self {
        Self {
            limit: 100,
            cursor: None,
            sort: None,
            segment: None,
        }
    }
}

/// One page of `GET /users`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MemberPage {
    /// The members, in the order asked for.
    pub members: Vec<Member>,
    /// Where the next page starts; absent on the last.
    pub next_cursor: Option<String>,
}

/// The body of `PUT /users/{luid}/friendship`. The latest event wins, whatever order they come in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct FriendshipChange {
    /// What the event said: `following` or `blocked`.
    #[cfg_attr(feature = "openapi", schema(value_type = field::FriendshipWord))]
    pub friendship: Friendship,
    /// When LINE says it happened.
    #[cfg_attr(feature = "openapi", schema(value_type = field::Timestamp))]
    pub event_at: Timestamp,
    /// The event's ID; breaks a tie between events of one millisecond.
    #[cfg_attr(feature = "openapi", schema(value_type = field::EventId))]
    pub event_id: String,
}

impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Member")
            .field("member_id", &self.member_id)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for RegisterMember {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegisterMember").finish_non_exhaustive()
    }
}

impl fmt::Debug for UpdateMember {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UpdateMember").finish_non_exhaustive()
    }
}
