use std::fmt;

use line_api::messaging::Step;

use super::locate;

/// Why a document is no campaign.
#[derive(Debug, thiserror::Error)]
pub enum CampaignError {
    /// The file cannot be read.
    #[error("it cannot be read")]
    Io(#[from] std::io::Error),
    /// Something in it is wrong.
    #[error(transparent)]
    Wrong(#[from] Wrong),
}

/// What is wrong in a document, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Wrong {
    path: Vec<Step>,
    detail: String,
    place: Option<Place>,
}

/// A place in a document's text; both count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

impl Wrong {
    pub(crate) fn new(detail: impl Into<String>) -> Self {
        Self {
            path: Vec::new(),
            detail: detail.into(),
            place: None,
        }
    }

    /// As the YAML parser says it; it knows the place.
    pub(super) fn of_shape(error: &serde_norway::Error) -> Self {
        let mut detail = error.to_string();
        let place = error.location().map(|at| Place {
            line: at.line(),
            column: at.column(),
        });
        if let Some(Place { line, column }) = place {
            detail = detail.replace(&format!(" at line {line} column {column}"), "");
        }
        if detail.contains("anchor") || detail.contains("alias") {
            detail.push_str(" (put a value that begins with * or & in quotes)");
        }
        Self {
            place,
            ..Self::new(detail)
        }
    }

    /// The same, inside this member.
    pub(super) fn inside(mut self, name: &str) -> Self {
        self.path.insert(0, Step::Member(name.to_owned()));
        self
    }

    /// The same, inside this item.
    pub(super) fn item(mut self, index: usize) -> Self {
        self.path.insert(0, Step::Item(index));
        self
    }

    /// The same, further inside.
    pub(super) fn beneath<'a>(mut self, steps: impl Iterator<Item = &'a Step>) -> Self {
        self.path.extend(steps.cloned());
        self
    }

    /// The same with its place in the text.
    pub(super) fn located_in(mut self, yaml: &str) -> Self {
        self.place = self.place.or_else(|| locate::find(yaml, &self.path));
        self
    }

    /// Where in the text, as far as that can be told.
    pub fn place(&self) -> Option<Place> {
        self.place
    }
}

impl CampaignError {
    /// Where in the document's text, as far as that can be told.
    pub fn place(&self) -> Option<Place> {
        match self {
            Self::Io(_) => None,
            Self::Wrong(wrong) => wrong.place(),
        }
    }
}

/// `messages[1].altText: must have 1 to 1500 UTF-16 units`
impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.path.iter().enumerate() {
            match step {
                Step::Member(name) if index == 0 => f.write_str(name)?,
                Step::Member(name) => write!(f, ".{name}")?,
                Step::Item(place) => write!(f, "[{place}]")?,
            }
        }
        if !self.path.is_empty() {
            f.write_str(": ")?;
        }
        f.write_str(&self.detail)
    }
}

/// `:12:7`, as it follows a file's name.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, ":{}:{}", self.line, self.column)
    }
}
