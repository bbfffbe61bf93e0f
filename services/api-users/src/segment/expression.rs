use std::fmt;

use service_kit::Timestamp;

use super::moment;

/// What is true of the members who are meant.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expression {
    /// Two or more that must all be true.
    And(Vec<Expression>),
    /// Two or more of which one must be true.
    Or(Vec<Expression>),
    Not(Box<Expression>),
    Is(Predicate),
}

/// What a member has or is. A list is never empty, and one of it is enough.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Predicate {
    Tag(Vec<String>),
    /// Subscribed; who has said nothing is not.
    Topic(Vec<String>),
    /// The latest word on the purpose is yes.
    Consent(Vec<String>),
    /// Basic language ranges (RFC 4647 §2.1), in lower case.
    Language(Vec<String>),
    Friendship(Vec<Friendship>),
    Attribute(String, Test),
    Joined(Span),
    LastActive(Span),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Friendship {
    Following,
    Blocked,
    Unknown,
}

/// What is true of an attribute. Members without it fail every test, and so do those whose value is of another kind.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Test {
    Exists,
    OneOf(Vec<Literal>),
    /// A value of the same kind, but not this one.
    Other(Literal),
    Compare(Order, Literal),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Literal {
    Text(String),
    Number(f64),
    Truth(bool),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Less,
    AtMost,
    More,
    AtLeast,
}

/// When something happened.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Span {
    Compare(Order, Timestamp),
    /// From the first moment on, and before the second.
    Between(Timestamp, Timestamp),
    /// As many units ago at most.
    Within(u32, Unit),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Hours,
    Days,
}

impl Friendship {
    pub(super) const ALL: [Self; 3] = [Self::Following, Self::Blocked, Self::Unknown];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Following => "following",
            Self::Blocked => "blocked",
            Self::Unknown => "unknown",
        }
    }
}

impl Order {
    pub(super) const ALL: [Self; 4] = [Self::Less, Self::AtMost, Self::More, Self::AtLeast];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::More => ">",
            Self::AtLeast => ">=",
        }
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let separated = |f: &mut fmt::Formatter<'_>, parts: &[Self], word: &str| {
            for (index, part) in parts.iter().enumerate() {
                if index > 0 {
                    write!(f, " {word} ")?;
                }
                match part {
                    Self::And(_) if word == "or" => write!(f, "{part}")?,
                    Self::And(_) | Self::Or(_) => write!(f, "({part})")?,
                    Self::Not(_) | Self::Is(_) => write!(f, "{part}")?,
                }
            }
            Ok(())
        };
        match self {
            Self::And(parts) => separated(f, parts, "and"),
            Self::Or(parts) => separated(f, parts, "or"),
            Self::Not(inner) => match **inner {
                Self::And(_) | Self::Or(_) => write!(f, "not ({inner})"),
                Self::Not(_) | Self::Is(_) => write!(f, "not {inner}"),
            },
            Self::Is(predicate) => predicate.fmt(f),
        }
    }
}

impl fmt::Display for Predicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(tags) => one_of(f, "tag", tags, Quoted),
            Self::Topic(topics) => one_of(f, "topic", topics, Quoted),
            Self::Consent(purposes) => one_of(f, "consent", purposes, Quoted),
            Self::Language(ranges) => one_of(f, "language", ranges, Quoted),
            Self::Friendship(states) => one_of(f, "friendship", states, |state| state.as_str()),
            Self::Attribute(name, test) => match test {
                Test::Exists => write!(f, "attribute.{name} exists"),
                Test::OneOf(values) => one_of(f, &format!("attribute.{name}"), values, |it| it),
                Test::Other(value) => write!(f, "attribute.{name} != {value}"),
                Test::Compare(order, value) => {
                    write!(f, "attribute.{name} {} {value}", order.as_str())
                }
            },
            Self::Joined(span) => write!(f, "joined {span}"),
            Self::LastActive(span) => write!(f, "last_active {span}"),
        }
    }
}

fn one_of<'a, T, Shown: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    what: &str,
    values: &'a [T],
    show: impl Fn(&'a T) -> Shown,
) -> fmt::Result {
    if let [value] = values {
        return write!(f, "{what} = {}", show(value));
    }
    write!(f, "{what} in (")?;
    for (index, value) in values.iter().enumerate() {
        let comma = if index > 0 { ", " } else { "" };
        write!(f, "{comma}{}", show(value))?;
    }
    f.write_str(")")
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Compare(order, at) => write!(f, "{} \"{}\"", order.as_str(), moment::text(*at)),
            Self::Between(from, until) => {
                let (from, until) = (moment::text(*from), moment::text(*until));
                write!(f, "between \"{from}\" and \"{until}\"")
            }
            Self::Within(count, unit) => {
                let unit = match unit {
                    Unit::Hours => "hour",
                    Unit::Days => "day",
                };
                let plural = if *count == 1 { "" } else { "s" };
                write!(f, "within {count} {unit}{plural}")
            }
        }
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => Quoted(text).fmt(f),
            // Without an exponent the largest would be 309 digits long.
            Self::Number(number) if (1e-5..1e16).contains(&number.abs()) => write!(f, "{number}"),
            Self::Number(number) => write!(f, "{number:e}"),
            Self::Truth(truth) => truth.fmt(f),
        }
    }
}

struct Quoted<'a>(&'a String);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.replace('\\', "\\\\").replace('"', "\\\"");
        write!(f, "\"{text}\"")
    }
}
