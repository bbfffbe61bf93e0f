//! The shape of a campaign document. `campaign.schema.json` says the same; a test holds them together.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::quiet::Then;
use super::terms::OverQuota;

/// The messages of one language.
pub(super) type MessageObjects = Vec<Map<String, Value>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    pub(super) name: String,
    pub(super) schedule: ScheduleDocument,
    pub(super) not_after: Option<String>,
    pub(super) audience: AudienceDocument,
    pub(super) language: Option<String>,
    pub(super) messages: MessageObjects,
    #[serde(default)]
    pub(super) variants: BTreeMap<String, MessageObjects>,
    pub(super) quiet_hours: Option<QuietDocument>,
    pub(super) frequency_cap: Option<CapDocument>,
    #[serde(default)]
    pub(super) over_quota: OverQuota,
    pub(super) test_list: Option<Segments>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ScheduleDocument {
    pub(super) cron: Option<String>,
    pub(super) zone: Option<String>,
    pub(super) at: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AudienceDocument {
    pub(super) consent: String,
    pub(super) topic: Option<String>,
    pub(super) segment: Option<Segments>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "a segment is expected, or a list of segments")]
pub(super) enum Segments {
    One(String),
    AnyOf(Vec<String>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct QuietDocument {
    pub(super) from: String,
    pub(super) until: String,
    pub(super) zone: Option<String>,
    #[serde(default)]
    pub(super) then: Then,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CapDocument {
    pub(super) messages: u32,
    pub(super) within: String,
}
