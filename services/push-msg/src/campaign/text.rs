use std::fmt;

use chrono::NaiveDateTime;

/// A text with places to fill: `{date}` as `2026/11/21` and `{time}` as `09:05:00`, both on the clock of the
/// campaign's zone at the scheduled moment. `{{` and `}}` stand for the braces themselves.
#[derive(Clone, PartialEq, Eq)]
pub struct Template(Vec<Part>);

#[derive(Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Date,
    Time,
}

/// A text cannot be filled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// There is no such variable.
    #[error("{{{0}}} is not a variable; {{date}} and {{time}} are, and {{{{ stands for a brace")]
    Unknown(String),
    /// A brace has no partner.
    #[error("a brace has no partner; write {{{{ or }}}} for a brace itself")]
    Unpaired,
}

impl Template {
    /// Takes a text apart. What is filled in later is never read as a template again.
    pub fn parse(raw: &str) -> Result<Self, TemplateError> {
        let (mut parts, mut text) = (Vec::new(), String::new());
        let mut rest = raw;
        while let Some(place) = rest.find(['{', '}']) {
            let (before, from) = rest.split_at(place);
            text.push_str(before);
            let brace = &from[..1];
            rest = &from[1..];
            if let Some(after) = rest.strip_prefix(brace) {
                text.push_str(brace);
                rest = after;
                continue;
            }
            let (name, after) = match brace {
                "{" => rest.split_once('}').ok_or(TemplateError::Unpaired)?,
                _ => return Err(TemplateError::Unpaired),
            };
            parts.push(Part::Text(std::mem::take(&mut text)));
            parts.push(match name {
                "date" => Part::Date,
                "time" => Part::Time,
                _ => return Err(TemplateError::Unknown(name.to_owned())),
            });
            rest = after;
        }
        text.push_str(rest);
        parts.push(Part::Text(text));
        Ok(Self(parts))
    }

    /// The text at a moment, given as the clock on the wall shows it.
    pub fn fill(&self, wall: NaiveDateTime) -> String {
        self.0
            .iter()
            .map(|part| match part {
                Part::Text(text) => text.clone(),
                Part::Date => wall.format("%Y/%m/%d").to_string(),
                Part::Time => wall.format("%H:%M:%S").to_string(),
            })
            .collect()
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Template(…)")
    }
}
