use std::borrow::Cow;
use std::fmt;

/// LINE would refuse this message. It says where and names the rule, never the content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidMessage {
    /// From the inside out.
    steps: Vec<Step>,
    rule: Cow<'static, str>,
}

/// One step on the way into a JSON document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// To a member of an object.
    Member(String),
    /// To an item of a list, from 0.
    Item(usize),
}

impl InvalidMessage {
    pub(super) fn here(rule: impl Into<Cow<'static, str>>) -> Self {
        Self {
            steps: Vec::new(),
            rule: rule.into(),
        }
    }

    pub(super) fn at(name: &str, rule: impl Into<Cow<'static, str>>) -> Self {
        Self::here(rule).inside(name)
    }

    pub(super) fn inside(mut self, name: &str) -> Self {
        self.steps.push(Step::Member(name.to_owned()));
        self
    }

    pub(super) fn item(mut self, index: usize) -> Self {
        self.steps.push(Step::Item(index));
        self
    }

    /// The way to what is wrong, from the message on.
    pub fn path(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().rev()
    }

    /// What LINE asks for there.
    pub fn rule(&self) -> &str {
        &self.rule
    }
}

/// `` `contents.body.contents[0].text` is missing ``
impl fmt::Display for InvalidMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.steps.is_empty() {
            return write!(f, "it {}", self.rule);
        }
        f.write_str("`")?;
        for (index, step) in self.path().enumerate() {
            match step {
                Step::Member(name) if index == 0 => f.write_str(name)?,
                Step::Member(name) => write!(f, ".{name}")?,
                Step::Item(place) => write!(f, "[{place}]")?,
            }
        }
        write!(f, "` {}", self.rule)
    }
}

impl std::error::Error for InvalidMessage {}
