use std::cmp::Ordering;
use std::fmt;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use service_kit::Timestamp;

use super::people::{LANGUAGES, NAMES, NOTED, Noted, PURPOSES, Person, TAGS, TOPICS};

/// An expression, how it is written and what it says of a person: read off the documentation, not off the service.
#[derive(Debug, Clone)]
pub(super) enum Reading {
    And(Vec<Reading>),
    Or(Vec<Reading>),
    Not(Box<Reading>),
    /// What of, and which; one is enough.
    OneOf(&'static str, Vec<&'static str>),
    Exists(&'static str),
    Equal(&'static str, Vec<Noted>),
    Compare(&'static str, &'static str, Noted),
    /// Which of the two times, its condition, and the range that it means.
    Between(&'static str, String, Timestamp, Timestamp),
}

const FRIENDSHIPS: [&str; 3] = ["following", "blocked", "unknown"];
const FOREVER: Timestamp = Timestamp::from_millis(i64::MAX);

pub(super) fn expression(now: Timestamp) -> impl Strategy<Value = Reading> {
    let listed = |what: &'static str, from: &[&'static str]| {
        vec(select(from.to_vec()), 1..3).prop_map(move |which| Reading::OneOf(what, which))
    };
    let mut ranges = LANGUAGES.to_vec();
    ranges.extend(["*", "en", "zh-hant"]);
    let name = || select(NAMES.to_vec());
    let compared = (
        name(),
        select(vec!["!=", "<", "<=", ">", ">="]),
        select(NOTED.to_vec()),
    )
        .prop_filter("no truth is less than another", |(_, sign, value)| {
            *sign == "!=" || !matches!(value, Noted::Truth(_))
        })
        .prop_map(|(name, sign, value)| Reading::Compare(name, sign, value));
    let time = (
        select(vec!["joined", "last_active"]),
        select(conditions(now)),
    )
        .prop_map(|(which, (text, from, until))| Reading::Between(which, text, from, until));
    let leaf = prop_oneof![
        listed("tag", &TAGS),
        listed("consent", &PURPOSES),
        listed("topic", &TOPICS),
        listed("language", &ranges),
        listed("friendship", &FRIENDSHIPS),
        name().prop_map(Reading::Exists),
        (name(), vec(select(NOTED.to_vec()), 1..3)).prop_map(|(name, of)| Reading::Equal(name, of)),
        compared,
        time,
    ];
    leaf.prop_recursive(4, 12, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 2..4).prop_map(Reading::And),
            vec(inner.clone(), 2..4).prop_map(Reading::Or),
            inner.prop_map(|inner| Reading::Not(inner.into())),
        ]
    })
}

/// Conditions on a time, and the range from one moment on and before another that each means.
fn conditions(now: Timestamp) -> Vec<(String, Timestamp, Timestamp)> {
    let new_year = Timestamp::from_seconds(1_767_225_600);
    let february = new_year + Duration::from_hours(31 * 24);
    let next = |at: Timestamp| at + Duration::from_millis(1);
    let begin = Timestamp::from_millis(i64::MIN);
    let condition = |text: &str, from, until| (text.to_owned(), from, until);
    vec![
        condition("< \"2026-01-01\"", begin, new_year),
        condition("<= \"2026-01-01T09:00:00+09:00\"", begin, next(new_year)),
        condition("> \"2026-01-01\"", next(new_year), FOREVER),
        condition(">= \"2026-01-01T00:00:00Z\"", new_year, FOREVER),
        condition(
            "between \"2026-01-01\" and \"2026-02-01\"",
            new_year,
            february,
        ),
        condition(
            "between \"2026-02-01\" and \"2026-01-01\"",
            february,
            new_year,
        ),
        condition(
            "within 30 days",
            now - Duration::from_hours(30 * 24),
            FOREVER,
        ),
        condition("within 1 hour", now - Duration::from_hours(1), FOREVER),
    ]
}

impl Reading {
    pub(super) fn is_true_of(&self, person: &Person) -> bool {
        match self {
            Self::And(parts) => parts.iter().all(|part| part.is_true_of(person)),
            Self::Or(parts) => parts.iter().any(|part| part.is_true_of(person)),
            Self::Not(inner) => !inner.is_true_of(person),
            Self::OneOf(what, which) => which.iter().any(|which| match *what {
                "tag" => person.tags.contains(which),
                "consent" => person.consents(which),
                "topic" => person.subscribes(which),
                "language" => person.language.is_some_and(|tag| is_in_range(tag, which)),
                _ => person.friendship() == *which,
            }),
            Self::Exists(name) => noted(person, name).is_some(),
            Self::Equal(name, of) => noted(person, name).is_some_and(|value| of.contains(value)),
            Self::Compare(name, sign, other) => {
                noted(person, name).is_some_and(|value| match (order(value, other), *sign) {
                    (None, _) => false,
                    (Some(order), "!=") => order != Ordering::Equal,
                    (Some(order), "<") => order == Ordering::Less,
                    (Some(order), "<=") => order != Ordering::Greater,
                    (Some(order), ">") => order == Ordering::Greater,
                    (Some(order), _) => order != Ordering::Less,
                })
            }
            Self::Between(which, _, from, until) => {
                let at = match *which {
                    "joined" => person.joined,
                    _ => person.last_active,
                };
                *from <= at && at < *until
            }
        }
    }
}

fn noted<'a>(person: &'a Person, name: &str) -> Option<&'a Noted> {
    let mut attributes = person.attributes.iter();
    attributes
        .find(|(known, _)| *known == name)
        .map(|(_, value)| value)
}

/// Only what is of one kind has an order.
fn order(value: &Noted, other: &Noted) -> Option<Ordering> {
    match (value, other) {
        (Noted::Text(value), Noted::Text(other)) => Some(value.as_bytes().cmp(other.as_bytes())),
        (Noted::Number(value), Noted::Number(other)) => value.partial_cmp(other),
        (Noted::Truth(value), Noted::Truth(other)) => Some(value.cmp(other)),
        _ => None,
    }
}

fn is_in_range(tag: &str, range: &str) -> bool {
    let (tag, range) = (tag.to_lowercase(), range.to_lowercase());
    range == "*" || tag == range || tag.starts_with(&format!("{range}-"))
}

impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = |parts: &[Self], word: &str| {
            let parts: Vec<_> = parts.iter().map(|part| format!("({part})")).collect();
            parts.join(word)
        };
        let list = |values: &[String]| format!("({})", values.join(", "));
        match self {
            Self::And(parts) => f.write_str(&all(parts, " and ")),
            Self::Or(parts) => f.write_str(&all(parts, " or ")),
            Self::Not(inner) => write!(f, "not ({inner})"),
            Self::OneOf(what, which) => {
                let quote = if *what == "friendship" { "" } else { "\"" };
                let which: Vec<_> = which
                    .iter()
                    .map(|it| format!("{quote}{it}{quote}"))
                    .collect();
                write!(f, "{what} in {}", list(&which))
            }
            Self::Exists(name) => write!(f, "attribute.{name} exists"),
            Self::Equal(name, of) => {
                let of: Vec<_> = of.iter().map(written).collect();
                match of.as_slice() {
                    [one] => write!(f, "attribute.{name} = {one}"),
                    of => write!(f, "attribute.{name} in {}", list(of)),
                }
            }
            Self::Compare(name, sign, value) => {
                write!(f, "attribute.{name} {sign} {}", written(value))
            }
            Self::Between(which, text, ..) => write!(f, "{which} {text}"),
        }
    }
}

fn written(value: &Noted) -> String {
    match value {
        Noted::Text(text) => format!("\"{text}\""),
        Noted::Number(number) => format!("{number:e}"),
        Noted::Truth(truth) => truth.to_string(),
    }
}
