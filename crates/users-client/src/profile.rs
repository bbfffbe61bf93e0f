use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Number;
use service_kit::Timestamp;

#[cfg(feature = "openapi")]
use crate::field;
use crate::{AuditEntry, Consent, Friendship, Member};

/// When not to disturb somebody, by the clock of their time zone. It may span midnight.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(examples(json!({ "from": "22:00", "until": "07:00" }))))]
#[serde(deny_unknown_fields)]
pub struct QuietHours {
    /// From this time on: `HH:MM`.
    #[cfg_attr(feature = "openapi", schema(value_type = field::TimeOfDay))]
    pub from: String,
    /// Until this time, another one: `HH:MM`.
    #[cfg_attr(feature = "openapi", schema(value_type = field::TimeOfDay))]
    pub until: String,
}

/// What a member said about a topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Topic {
    /// Which: 1 to 40 characters of `a-z`, `0-9` and `-`.
    #[cfg_attr(feature = "openapi", schema(value_type = field::Purpose))]
    pub topic: String,
    /// Whether they want to hear of it.
    pub subscribed: bool,
    /// When they said so.
    #[cfg_attr(feature = "openapi", schema(value_type = field::Timestamp))]
    pub changed_at: Timestamp,
}

/// What operators note about a member: a text, a number or a truth. Dates are texts such as `2026-01-31`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Attribute {
    /// Up to 500 characters.
    Text(String),
    /// A finite number of 64 bits; what is integral is written as an integer.
    Number(Number),
    /// True or false.
    Truth(bool),
}

/// Everything that the members' API holds about a person: `GET /users/{luid}/export`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PersonExport {
    /// When it was put together.
    #[cfg_attr(feature = "openapi", schema(value_type = field::Timestamp))]
    pub exported_at: Timestamp,
    /// The member, if they are one.
    pub member: Option<Member>,
    /// When they last did something that the members' API heard of.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<field::Timestamp>))]
    pub last_active_at: Option<Timestamp>,
    /// Every consent they gave or withdrew, oldest first.
    pub consents: Vec<Consent>,
    /// What LINE's last follow or unfollow event said.
    pub friendship: Option<FriendshipState>,
    /// Who asked the members' API about them, as far as that is audited, oldest first.
    pub audit: Vec<AuditEntry>,
}

/// What LINE's last follow or unfollow event said, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FriendshipState {
    /// Following or blocked.
    pub friendship: Friendship,
    /// When LINE says it happened.
    #[cfg_attr(feature = "openapi", schema(value_type = field::Timestamp))]
    pub event_at: Timestamp,
}

impl fmt::Debug for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Attribute(…)")
    }
}

impl fmt::Debug for PersonExport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonExport(…)")
    }
}
