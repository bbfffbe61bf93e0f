//! A segment as SQL. What it compares with is bound; nothing that anybody wrote becomes SQL.

use std::fmt::Write as _;
use std::time::Duration;

use service_kit::Timestamp;

use super::Segment;
use super::expression::{Expression, Literal, Order, Predicate, Span, Test, Unit};

/// Who will read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

/// How it is known what a member has in other tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Looked up for one member after the other: right for a page.
    Probe,
    /// Joined with all members at once, in [`Conditions::joins`]: right where PostgreSQL counts. Under an `or` it would
    /// look up member by member otherwise, which takes three times the work.
    Join,
}

/// A value that a statement binds.
#[derive(Clone, PartialEq)]
pub(crate) enum Value {
    Text(String),
    Number(f64),
    Truth(bool),
    Integer(i64),
    Bytes(Vec<u8>),
}

/// Conditions on rows of `member`, which are true or false and never null, so that `not` means all the others.
pub(crate) struct Conditions {
    dialect: Dialect,
    shape: Shape,
    now: Timestamp,
    joins: String,
    joined: usize,
    values: Vec<Value>,
}

impl Conditions {
    pub(crate) fn new(dialect: Dialect, shape: Shape, now: Timestamp) -> Self {
        Self {
            dialect,
            shape,
            now,
            joins: String::new(),
            joined: 0,
            values: Vec::new(),
        }
    }

    /// The placeholder that stands for the value.
    pub(crate) fn bind(&mut self, value: Value) -> String {
        self.values.push(value);
        let sigil = match self.dialect {
            Dialect::Sqlite => '?',
            Dialect::Postgres => '$',
        };
        format!("{sigil}{}", self.values.len())
    }

    /// What belongs behind `from member`.
    pub(crate) fn joins(&self) -> &str {
        &self.joins
    }

    /// What its placeholders stand for, in their order.
    pub(crate) fn into_values(self) -> Vec<Value> {
        self.values
    }

    /// True of the members the segment names; without one, of all.
    pub(crate) fn named(&mut self, segment: Option<&Segment>) -> String {
        segment.map_or_else(|| "true".to_owned(), |segment| self.met(&segment.0, false))
    }

    /// True of those whose latest word on the purpose is yes.
    pub(crate) fn consents(&mut self, purpose: &str) -> String {
        let purpose = self.listed("purpose", &[purpose.to_owned()]);
        let condition = format!("{purpose} and granted");
        self.has("standing_consent", &condition, true, false)
    }

    /// True of those who are subscribed to the topic.
    pub(crate) fn subscribes(&mut self, topic: &str) -> String {
        let topic = self.listed("topic", &[topic.to_owned()]);
        self.has("topic", &format!("{topic} and subscribed"), true, false)
    }

    fn met(&mut self, expression: &Expression, alternative: bool) -> String {
        match expression {
            Expression::And(parts) => self.all_met(parts, " and ", alternative),
            Expression::Or(parts) => self.all_met(parts, " or ", true),
            Expression::Not(inner) => {
                let alternative = alternative || !matches!(**inner, Expression::Is(_));
                format!("not {}", self.met(inner, alternative))
            }
            Expression::Is(predicate) => self.is(predicate, alternative),
        }
    }

    fn all_met(&mut self, parts: &[Expression], word: &str, alternative: bool) -> String {
        let parts: Vec<_> = parts
            .iter()
            .map(|part| self.met(part, alternative))
            .collect();
        format!("({})", parts.join(word))
    }

    fn is(&mut self, predicate: &Predicate, alternative: bool) -> String {
        match predicate {
            Predicate::Tag(tags) => {
                let listed = self.listed("tag", tags);
                self.has("tag", &listed, tags.len() == 1, alternative)
            }
            Predicate::Topic(topics) => {
                let condition = format!("{} and subscribed", self.listed("topic", topics));
                self.has("topic", &condition, topics.len() == 1, alternative)
            }
            Predicate::Consent(purposes) => {
                let condition = format!("{} and granted", self.listed("purpose", purposes));
                let once = purposes.len() == 1;
                self.has("standing_consent", &condition, once, alternative)
            }
            Predicate::Attribute(name, test) => {
                let name = self.bind(Value::Text(name.clone()));
                let condition = format!("name = {name} and {}", self.test(test));
                self.has("attribute", &condition, true, alternative)
            }
            Predicate::Language(ranges) => {
                let ranges: Vec<_> = ranges.iter().map(|range| self.in_range(range)).collect();
                format!("(language is not null and ({}))", ranges.join(" or "))
            }
            Predicate::Friendship(states) => {
                let states: Vec<_> = states.iter().map(|it| it.as_str().to_owned()).collect();
                self.listed("friendship", &states)
            }
            Predicate::Joined(span) => self.within("created_at", span),
            Predicate::LastActive(span) => self.within("last_active_at", span),
        }
    }

    /// Whether the member has a row of the table that meets the condition: one at most, if that is `unique`.
    fn has(&mut self, table: &str, condition: &str, unique: bool, alternative: bool) -> String {
        match self.shape {
            Shape::Probe => {
                // Else PostgreSQL may read the whole table before the first member, for a page of a hundred.
                let fence = match self.dialect {
                    Dialect::Postgres if alternative => " offset 0",
                    Dialect::Postgres | Dialect::Sqlite => "",
                };
                format!(
                    "exists (select 1 from {table} where {table}.member_id = member.member_id and {condition}{fence})"
                )
            }
            Shape::Join => {
                self.joined += 1;
                let fact = format!("fact{}", self.joined);
                let distinct = if unique { "" } else { "distinct " };
                let _ = write!(
                    self.joins,
                    " left join (select {distinct}member_id from {table} where {condition}) as {fact}
                     on {fact}.member_id = member.member_id"
                );
                format!("({fact}.member_id is not null)")
            }
        }
    }

    fn listed(&mut self, column: &str, values: &[String]) -> String {
        let values = values.iter().cloned().map(Value::Text);
        let places: Vec<_> = values.map(|value| self.bind(value)).collect();
        format!("{column} in ({})", places.join(", "))
    }

    fn test(&mut self, test: &Test) -> String {
        match test {
            Test::Exists => "true".to_owned(),
            Test::OneOf(values) => {
                let equal: Vec<_> = values.iter().map(|it| self.compare("=", it)).collect();
                format!("({})", equal.join(" or "))
            }
            Test::Other(value) => self.compare("<>", value),
            Test::Compare(order, value) => self.compare(order.as_str(), value),
        }
    }

    /// An attribute has its value in the column of its kind, and null in the others.
    fn compare(&mut self, sign: &str, value: &Literal) -> String {
        let (column, value) = match value {
            Literal::Text(text) => ("text_value", Value::Text(text.clone())),
            Literal::Number(number) => ("number_value", Value::Number(*number)),
            Literal::Truth(truth) => ("truth_value", Value::Truth(*truth)),
        };
        format!("{column} {sign} {}", self.bind(value))
    }

    /// Basic filtering (RFC 4647 §3.3.1): the tag itself, and every tag that goes on behind a hyphen.
    fn in_range(&mut self, range: &str) -> String {
        if range == "*" {
            return "true".to_owned();
        }
        // The letters of a tag are ASCII, and in Turkish the small I is another.
        let language = match self.dialect {
            Dialect::Sqlite => "lower(language)",
            Dialect::Postgres => "lower(language collate \"C\")",
        };
        let tag = self.bind(Value::Text(range.to_owned()));
        let longer = self.bind(Value::Text(format!("{range}-%")));
        format!("{language} = {tag} or {language} like {longer}")
    }

    fn within(&mut self, column: &str, span: &Span) -> String {
        match span {
            Span::Compare(order, at) => self.beside(column, *order, *at),
            Span::Between(from, until) => {
                let from = self.beside(column, Order::AtLeast, *from);
                let until = self.beside(column, Order::Less, *until);
                format!("({from} and {until})")
            }
            Span::Within(count, unit) => {
                let hours = u64::from(*count)
                    * match unit {
                        Unit::Hours => 1,
                        Unit::Days => 24,
                    };
                let since = self.now - Duration::from_hours(hours);
                self.beside(column, Order::AtLeast, since)
            }
        }
    }

    fn beside(&mut self, column: &str, order: Order, at: Timestamp) -> String {
        let at = self.bind(Value::Integer(at.as_millis()));
        format!("{column} {} {at}", order.as_str())
    }
}
