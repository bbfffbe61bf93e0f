//! A place in a JSON body, and the list of what is wrong with it.

use serde_json::Value;
use unicode_segmentation::UnicodeSegmentation as _;
use url::Url;

use super::{Detail, Refusal};

/// A property, present or not, that knows its path.
#[derive(Debug, Clone)]
pub(super) struct Node<'a> {
    value: Option<&'a Value>,
    path: String,
}

impl<'a> Node<'a> {
    pub(super) fn root(value: &'a Value) -> Self {
        Self {
            value: Some(value),
            path: String::new(),
        }
    }

    pub(super) fn at(&self, name: &str) -> Node<'a> {
        let path = match self.path.as_str() {
            "" => name.to_owned(),
            path => format!("{path}.{name}"),
        };
        Node {
            value: self.value.and_then(|value| value.get(name)),
            path,
        }
    }

    pub(super) fn items(&self) -> Vec<Node<'a>> {
        let list = self.value.and_then(Value::as_array);
        list.into_iter()
            .flatten()
            .enumerate()
            .map(|(place, value)| Node {
                value: Some(value),
                path: format!("{}[{place}]", self.path),
            })
            .collect()
    }

    /// The value; JSON's `null` counts as present.
    pub(super) fn value(&self) -> Option<&'a Value> {
        self.value
    }

    /// Whether there is a value that is not `null`.
    pub(super) fn given(&self) -> bool {
        self.value.is_some_and(|value| !value.is_null())
    }

    pub(super) fn text(&self) -> Option<&'a str> {
        self.value.and_then(Value::as_str)
    }
}

/// How LINE counts the length of a text.
#[derive(Debug, Clone, Copy)]
pub(super) enum Count {
    /// UTF-16 code units.
    Units,
    /// Grapheme clusters: what a reader takes for one character.
    Graphemes,
}

impl Count {
    fn of(self, text: &str) -> usize {
        match self {
            Self::Units => text.encode_utf16().count(),
            Self::Graphemes => text.graphemes(true).count(),
        }
    }
}

/// What is wrong so far.
#[derive(Debug, Default)]
pub(super) struct Check {
    details: Vec<Detail>,
    malformed: Option<String>,
}

impl Check {
    pub(super) fn verdict(self) -> Result<(), Refusal> {
        match (self.malformed, self.details.as_slice()) {
            (Some(path), _) => Err(Refusal::property(&path)),
            (None, []) => Ok(()),
            (None, details) => Err(Refusal::details(details)),
        }
    }

    pub(super) fn fail(&mut self, node: &Node<'_>, message: impl Into<String>) {
        self.details.push(Detail {
            property: node.path.clone(),
            message: message.into(),
        });
    }

    /// Notes a value of the wrong JSON type, which LINE reports alone.
    pub(super) fn malformed(&mut self, node: &Node<'_>) {
        self.malformed.get_or_insert_with(|| node.path.clone());
    }

    pub(super) fn size(&mut self, node: &Node<'_>, least: usize, most: usize) {
        match node.value() {
            None | Some(Value::Null) if least == 0 => {}
            None | Some(Value::Null) => self.fail(node, "must be specified"),
            Some(Value::Array(list)) if (least..=most).contains(&list.len()) => {}
            Some(Value::Array(_)) => {
                self.fail(node, format!("Size must be between {least} and {most}"));
            }
            Some(_) => self.malformed(node),
        }
    }

    pub(super) fn text(&mut self, node: &Node<'_>, most: usize, count: Count) {
        if !node.given() || node.text() == Some("") {
            self.fail(node, "May not be empty");
        } else {
            self.text_if_given(node, most, count);
        }
    }

    pub(super) fn text_if_given(&mut self, node: &Node<'_>, most: usize, count: Count) {
        match node.value() {
            None | Some(Value::Null) => {}
            Some(Value::String(text)) if count.of(text) <= most => {}
            Some(Value::String(_)) => {
                self.fail(node, format!("Length must be between 0 and {most}"));
            }
            Some(_) => self.malformed(node),
        }
    }

    pub(super) fn url(&mut self, node: &Node<'_>, most: usize, schemes: &[&str]) {
        self.text(node, most, Count::Units);
        if let Some(text) = node.text().filter(|text| !text.is_empty()) {
            let fits = text.is_ascii()
                && Url::parse(text).is_ok_and(|url| schemes.contains(&url.scheme()));
            if !fits {
                self.fail(node, "invalid uri");
            }
        }
    }

    pub(super) fn number(&mut self, node: &Node<'_>, least: f64, most: f64) {
        match node.value() {
            None | Some(Value::Null) => self.fail(node, "must be specified"),
            Some(Value::Number(number)) => {
                if !number.as_f64().is_some_and(|n| (least..=most).contains(&n)) {
                    self.fail(node, format!("must be between {least} and {most}"));
                }
            }
            Some(_) => self.malformed(node),
        }
    }

    pub(super) fn boolean(&mut self, node: &Node<'_>) {
        if node.given() && !node.value().is_some_and(Value::is_boolean) {
            self.malformed(node);
        }
    }

    /// A required word out of `allowed`; `None` where it is none of them.
    pub(super) fn one_of<'a>(&mut self, node: &Node<'a>, allowed: &[&str]) -> Option<&'a str> {
        match node.value() {
            None | Some(Value::Null) => self.fail(node, "must be specified"),
            Some(Value::String(word)) if allowed.contains(&word.as_str()) => return Some(word),
            Some(Value::String(_)) => {
                let allowed = allowed.join(", ");
                self.fail(
                    node,
                    format!("Must be one of the following values: [{allowed}]"),
                );
            }
            Some(_) => self.malformed(node),
        }
        None
    }
}
