use std::fmt::Write as _;
use std::time::Duration;

use proptest::collection::vec;
use proptest::option::{of, weighted};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use service_kit::Timestamp;

pub(super) const TAGS: [&str; 3] = ["vip", "VIP", "貴賓 100%"];
pub(super) const PURPOSES: [&str; 2] = ["news", "offers"];
pub(super) const TOPICS: [&str; 2] = ["weekly", "sale"];
pub(super) const LANGUAGES: [&str; 7] =
    ["zh", "zh-TW", "ZH-tw", "zh-Hant-TW", "zhx", "ja", "en-US"];
pub(super) const NAMES: [&str; 2] = ["city", "visits"];

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Noted {
    Text(&'static str),
    Number(f64),
    Truth(bool),
}

/// Values of all kinds under the same names: they must not be taken for each other.
pub(super) const NOTED: [Noted; 9] = [
    Noted::Text("Taipei"),
    Noted::Text("taipei"),
    Noted::Text("台北"),
    Noted::Text("1"),
    Noted::Number(1.0),
    Noted::Number(-2.5),
    Noted::Number(1e300),
    Noted::Truth(true),
    Noted::Truth(false),
];

/// Moments on both sides of those that segments name, and these themselves.
pub(super) fn moments(now: Timestamp) -> Vec<Timestamp> {
    let midnight = Timestamp::from_seconds(1_767_225_600); // 2026-01-01
    let month_ago = now - Duration::from_hours(30 * 24);
    let millisecond = Duration::from_millis(1);
    let named = [
        midnight,
        month_ago,
        midnight + Duration::from_hours(31 * 24),
    ];
    let beside = named
        .into_iter()
        .flat_map(|at| [at - millisecond, at, at + millisecond]);
    beside.chain([now, Timestamp::default()]).collect()
}

#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) luid: String,
    pub(super) is_leaving: bool,
    /// Whether the event came before they registered, and what it said.
    pub(super) friendship: Option<(bool, &'static str)>,
    pub(super) language: Option<&'static str>,
    pub(super) joined: Timestamp,
    pub(super) last_active: Timestamp,
    pub(super) tags: Vec<&'static str>,
    pub(super) attributes: Vec<(&'static str, Noted)>,
    /// Every word on a purpose, in its order.
    pub(super) consents: Vec<(&'static str, bool)>,
    pub(super) topics: Vec<(&'static str, bool)>,
}

pub(super) fn person(number: usize, now: Timestamp) -> impl Strategy<Value = Person> {
    let friendship = (
        any::<bool>(),
        select(vec!["following", "following", "blocked"]),
    );
    let names = subsequence(NAMES.to_vec(), 0..=NAMES.len());
    let attributes = (names, vec(select(NOTED.to_vec()), NAMES.len()));
    let topics = (
        subsequence(TOPICS.to_vec(), 0..=TOPICS.len()),
        vec(any::<bool>(), TOPICS.len()),
    );
    (
        weighted(0.1, Just(())),
        of(friendship),
        of(select(LANGUAGES.to_vec())),
        (select(moments(now)), select(moments(now))),
        subsequence(TAGS.to_vec(), 0..=TAGS.len()),
        attributes,
        vec((select(PURPOSES.to_vec()), weighted(0.75, Just(()))), 0..5),
        topics,
    )
        .prop_map(
            move |(
                leaving,
                friendship,
                language,
                (joined, last_active),
                tags,
                attributes,
                consents,
                topics,
            )| Person {
                luid: format!("U{number}"),
                is_leaving: leaving.is_some(),
                friendship,
                language,
                joined,
                last_active,
                tags,
                attributes: attributes.0.into_iter().zip(attributes.1).collect(),
                consents: consents
                    .into_iter()
                    .map(|(purpose, yes)| (purpose, yes.is_some()))
                    .collect(),
                topics: topics.0.into_iter().zip(topics.1).collect(),
            },
        )
}

impl Person {
    pub(super) fn friendship(&self) -> &'static str {
        self.friendship.map_or("unknown", |(_, state)| state)
    }

    pub(super) fn consents(&self, purpose: &str) -> bool {
        let mut words = self.consents.iter().rev();
        words
            .find(|(named, _)| *named == purpose)
            .is_some_and(|(_, yes)| *yes)
    }

    pub(super) fn subscribes(&self, topic: &str) -> bool {
        self.topics.contains(&(topic, true))
    }

    /// What becomes of a message to them.
    pub(super) fn outcome(&self, purpose: &str, topic: Option<&str>) -> &'static str {
        if self.is_leaving {
            "leaving"
        } else if self.friendship() == "blocked" {
            "blocked"
        } else if !self.consents(purpose) {
            "no_consent"
        } else if topic.is_some_and(|topic| !self.subscribes(topic)) {
            "not_subscribed"
        } else {
            "reached"
        }
    }

    /// What brings them into the database.
    pub(super) fn sql(&self) -> String {
        let luid = &self.luid;
        let status = if self.is_leaving { "leaving" } else { "active" };
        let language = self
            .language
            .map_or("null".into(), |tag| format!("'{tag}'"));
        let (joined, active) = (self.joined, self.last_active);
        let mut sql = format!(
            "insert into member (member_id, luid, display_name, status, language, created_at, updated_at, last_active_at)
             values ({{random}}, '{luid}', 'N', '{status}', {language}, {joined}, {joined}, {active});"
        );
        let of_them = format!("from member where luid = '{luid}';");
        if let Some((before, state)) = self.friendship {
            let event = format!(
                "insert into friendship (luid, state, event_at, event_id) values ('{luid}', '{state}', 1, 'e');"
            );
            sql = if before { event + &sql } else { sql + &event };
        }
        for tag in &self.tags {
            let _ = write!(
                sql,
                "insert into tag (member_id, tag) select member_id, '{tag}' {of_them}"
            );
        }
        for (name, value) in &self.attributes {
            let (column, value) = match value {
                Noted::Text(text) => ("text_value", format!("'{text}'")),
                Noted::Number(number) => ("number_value", format!("{number:e}")),
                Noted::Truth(truth) => ("truth_value", truth.to_string()),
            };
            let _ = write!(
                sql,
                "insert into attribute (member_id, name, {column}) select member_id, '{name}', {value} {of_them}"
            );
        }
        for (purpose, yes) in &self.consents {
            let _ = write!(
                sql,
                "insert into consent (member_id, purpose, version, language, granted, channel, changed_at)
                 select member_id, '{purpose}', '1', 'en', {yes}, 'import', 1 {of_them}"
            );
        }
        for (topic, yes) in &self.topics {
            let _ = write!(
                sql,
                "insert into topic (member_id, topic, subscribed, changed_at)
                 select member_id, '{topic}', {yes}, 1 {of_them}"
            );
        }
        sql
    }
}
