use bytes::Bytes;
use chrono::{DateTime, SecondsFormat};
use csv::{Terminator, Writer, WriterBuilder};
use serde_json::Value;
use service_kit::Timestamp;
use users_client::Member;

use super::cell::{guard, write_attribute, write_consent, write_tags, write_topic};
use super::column::{ATTRIBUTE, CONSENT, READ_ONLY, TOPIC};

/// Without it Excel takes the file for one in the machine's own old encoding.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// What every table has columns for, before the names.
const PROFILE: [&str; 10] = [
    "luid",
    "display_name",
    "picture_url",
    "email",
    "phone",
    "language",
    "time_zone",
    "quiet_from",
    "quiet_until",
    "tags",
];

/// What there are further columns for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    pub(crate) attributes: Vec<String>,
    pub(crate) purposes: Vec<String>,
    pub(crate) topics: Vec<String>,
}

/// A table of members, part by part.
pub(crate) struct Sheet {
    names: Names,
}

impl Sheet {
    /// What a table with these columns begins with.
    pub(crate) fn begin(names: Names) -> (Self, Bytes) {
        let mut writer = writer(BYTE_ORDER_MARK.into());
        let dotted = |prefix: &'static str, names: &[String]| {
            let names: Vec<_> = names.iter().map(|name| format!("{prefix}{name}")).collect();
            names
        };
        let header = PROFILE
            .map(str::to_owned)
            .into_iter()
            .chain(dotted(ATTRIBUTE, &names.attributes))
            .chain(dotted(CONSENT, &names.purposes))
            .chain(dotted(TOPIC, &names.topics))
            .chain(READ_ONLY.map(str::to_owned));
        writer.write_record(header).expect("memory takes it");
        (Self { names }, finish(writer))
    }

    /// The rows of these members.
    pub(crate) fn rows(&self, members: &[Member]) -> Bytes {
        let mut writer = writer(Vec::new());
        for member in members {
            self.write(&mut writer, member);
        }
        finish(writer)
    }

    fn write(&self, writer: &mut Writer<Vec<u8>>, member: &Member) {
        let mut put = |text: &str| {
            writer
                .write_field(guard(text).as_ref())
                .expect("memory takes it");
        };
        let quiet = member.quiet_hours.as_ref();
        put(&member.luid);
        put(&member.display_name);
        for text in [
            &member.picture_url,
            &member.email,
            &member.phone,
            &member.language,
            &member.time_zone,
        ] {
            put(text.as_deref().unwrap_or_default());
        }
        put(quiet.map_or("", |quiet| &quiet.from));
        put(quiet.map_or("", |quiet| &quiet.until));
        put(&write_tags(&member.tags));
        for name in &self.names.attributes {
            let attribute = member.attributes.get(name);
            put(&attribute.map(write_attribute).unwrap_or_default());
        }
        for purpose in &self.names.purposes {
            let mut consents = member.consents.iter();
            let consent = consents.find(|consent| consent.purpose == *purpose);
            put(&consent.map(write_consent).unwrap_or_default());
        }
        for name in &self.names.topics {
            let topic = member.topics.iter().find(|topic| topic.topic == *name);
            put(topic.map_or("", |topic| write_topic(topic.subscribed)));
        }
        put(&word(&member.status));
        put(&word(&member.friendship));
        put(&moment(member.created_at));
        put(&member.member_id.to_string());
        writer.write_record(None::<&[u8]>).expect("memory takes it");
    }
}

fn writer(begin: Vec<u8>) -> Writer<Vec<u8>> {
    WriterBuilder::new()
        .terminator(Terminator::CRLF)
        .from_writer(begin)
}

fn finish(writer: Writer<Vec<u8>>) -> Bytes {
    writer.into_inner().expect("memory takes it").into()
}

/// The word that the API has for it.
fn word(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => word,
        _ => String::new(),
    }
}

/// As RFC 3339 writes it.
fn moment(at: Timestamp) -> String {
    DateTime::from_timestamp_millis(at.as_millis())
        .map(|at| at.to_rfc3339_opts(SecondsFormat::Millis, true))
        .unwrap_or_default()
}
