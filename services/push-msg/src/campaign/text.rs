use std::collections::BTreeSet;
use std::convert::Infallible;
use std::fmt;

use chrono::NaiveDateTime;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use users_client::AudienceMember;

use super::Variable;

/// A text with places to fill, such as `{date}` or `{name|friend}`. `{{` and `}}` stand for the braces themselves.
#[derive(Clone, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
    inside: Inside,
}

#[derive(Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Place(Variable, Option<String>),
}

/// What a text is a part of: that decides how a value is written into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inside {
    /// Words for people, as they are.
    Words,
    /// An address: values are percent-encoded.
    Address,
    /// The text of a `textV2`, where LINE fills places of its own: these, and braces, stay as they are.
    Version2(BTreeSet<String>),
}

/// What a text is filled with.
#[derive(Clone, Copy, Default)]
pub struct Facts<'a> {
    /// The scheduled moment, as the campaign's clock on the wall shows it.
    pub wall: NaiveDateTime,
    /// Who is to read it; nobody yet where everybody reads the same.
    pub member: Option<&'a AudienceMember>,
}

/// A text cannot be filled by anybody.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// There is no such variable.
    #[error(
        "{{{0}}} is not a variable; {{date}} and {{time}} are, {{name}}, {{language}}, {{tags}} and {{attribute.NAME}}, and {{{{ stands for a brace"
    )]
    Unknown(String),
    /// A brace has no partner.
    #[error("a brace has no partner; write {{{{ or }}}} for a brace itself")]
    Unpaired,
    /// Everybody has the value.
    #[error("{{{0}}} always has a value; it needs nothing in its place")]
    NeedsNone(String),
}

impl Template {
    /// Takes a text apart. What is filled in later is never read as a template again.
    pub fn parse(raw: &str, inside: Inside) -> Result<Self, TemplateError> {
        let (mut parts, mut text) = (Vec::new(), String::new());
        let mut rest = raw;
        while let Some(place) = rest.find(['{', '}']) {
            let (before, from) = rest.split_at(place);
            text.push_str(before);
            let brace = &from[..1];
            rest = &from[1..];
            if let Some(after) = rest.strip_prefix(brace) {
                text.push_str(brace);
                if let Inside::Version2(_) = inside {
                    text.push_str(brace);
                }
                rest = after;
                continue;
            }
            let (name, after) = match brace {
                "{" => rest.split_once('}').ok_or(TemplateError::Unpaired)?,
                _ => return Err(TemplateError::Unpaired),
            };
            if name.contains('{') {
                return Err(TemplateError::Unpaired);
            }
            rest = after;
            if matches!(&inside, Inside::Version2(keys) if keys.contains(name)) {
                text.extend(["{", name, "}"]);
                continue;
            }
            parts.push(Part::Text(std::mem::take(&mut text)));
            parts.push(Part::place(name)?);
        }
        text.push_str(rest);
        parts.push(Part::Text(text));
        Ok(Self { parts, inside })
    }

    /// The variables that are filled.
    pub fn variables(&self) -> impl Iterator<Item = &Variable> {
        self.parts.iter().filter_map(|part| match part {
            Part::Text(_) => None,
            Part::Place(variable, _) => Some(variable),
        })
    }

    /// The text. Where a variable has no value it reads what the document puts in its place.
    ///
    /// # Errors
    ///
    /// The variable that has no value, if the document puts nothing in its place.
    pub fn fill(&self, facts: Facts<'_>) -> Result<String, Variable> {
        self.write(|variable, otherwise| {
            let value = variable.value(facts);
            value
                .or_else(|| otherwise.map(str::to_owned))
                .ok_or_else(|| variable.clone())
        })
    }

    /// The text as it could read for somebody, to see whether LINE takes it.
    pub fn sample(&self, facts: Facts<'_>) -> String {
        let Ok(text) = self.write(|variable, otherwise| {
            let value = variable
                .value(facts)
                .or_else(|| otherwise.map(str::to_owned));
            Ok::<_, Infallible>(value.unwrap_or_else(|| variable.sample().to_owned()))
        });
        text
    }

    fn write<E>(
        &self,
        value: impl Fn(&Variable, Option<&str>) -> Result<String, E>,
    ) -> Result<String, E> {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(words) => text.push_str(words),
                Part::Place(variable, otherwise) => {
                    self.inside
                        .add(&mut text, &value(variable, otherwise.as_deref())?);
                }
            }
        }
        Ok(text)
    }
}

impl Part {
    fn place(raw: &str) -> Result<Self, TemplateError> {
        let (name, otherwise) = match raw.split_once('|') {
            Some((name, otherwise)) => (name, Some(otherwise.to_owned())),
            None => (raw, None),
        };
        let variable = Variable::parse(name).ok_or_else(|| TemplateError::Unknown(name.into()))?;
        if otherwise.is_some() && !variable.is_personal() {
            return Err(TemplateError::NeedsNone(name.into()));
        }
        Ok(Self::Place(variable, otherwise))
    }
}

impl Inside {
    fn add(&self, text: &mut String, value: &str) {
        match self {
            Self::Words => text.push_str(value),
            Self::Address => text.extend(utf8_percent_encode(value, NON_ALPHANUMERIC)),
            Self::Version2(_) => text.push_str(&value.replace('{', "{{").replace('}', "}}")),
        }
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Template(…)")
    }
}
