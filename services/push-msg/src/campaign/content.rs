use std::collections::BTreeSet;
use std::convert::Infallible;
use std::fmt;

use line_api::messaging::{InvalidSend, Message, Messages, Step};
use serde_json::{Map, Value};

use super::error::Wrong;
use super::text::{Facts, Inside, Template};
use super::{TemplateError, Variable};

/// Members of message objects that people read. They are filled wherever they stand.
const WORDS: [&str; 7] = [
    "text",
    "altText",
    "title",
    "address",
    "label",
    "displayText",
    "fillInText",
];
/// Members that hold an address.
const ADDRESSES: [&str; 9] = [
    "uri",
    "linkUri",
    "url",
    "originalContentUrl",
    "previewImageUrl",
    "previewUrl",
    "thumbnailImageUrl",
    "imageUrl",
    "baseUrl",
];
const KINDS: [&str; 11] = [
    "text", "textV2", "sticker", "image", "video", "audio", "location", "imagemap", "template",
    "flex", "coupon",
];

/// A message object, and what is filled in it.
#[derive(Clone)]
pub(crate) struct Content {
    object: Map<String, Value>,
    places: Vec<(Vec<Step>, Template)>,
}

impl Content {
    pub(super) fn parse(object: Map<String, Value>) -> Result<Self, Wrong> {
        let kind = object.get("type").and_then(Value::as_str);
        if let Some(kind) = kind.filter(|kind| !KINDS.contains(kind)) {
            let known = KINDS.join(", ");
            return Err(Wrong::new(format!("{kind:?} is none of {known}")).inside("type"));
        }
        let mut search = Search {
            substituted: substituted(&object),
            way: Vec::new(),
            places: Vec::new(),
        };
        search.object(&object)?;
        let places = search.places;
        let content = Self { object, places };
        let taken = Message::Json(content.sample(Facts::default())).check();
        taken.map_err(|error| Wrong::new(error.rule()).beneath(error.path()))?;
        Ok(content)
    }

    pub(crate) fn variables(&self) -> impl Iterator<Item = &Variable> {
        self.places.iter().flat_map(|(_, text)| text.variables())
    }

    fn sample(&self, facts: Facts<'_>) -> Map<String, Value> {
        let Ok(sample) = self.fill(|text| Ok::<_, Infallible>(text.sample(facts)));
        sample
    }

    fn fill<E>(
        &self,
        write: impl Fn(&Template) -> Result<String, E>,
    ) -> Result<Map<String, Value>, E> {
        let mut object = self.object.clone();
        for (way, text) in &self.places {
            if let Some(place) = follow(&mut object, way) {
                *place = write(text)?.into();
            }
        }
        Ok(object)
    }
}

/// Fills messages that are sent together.
pub(crate) fn fill(contents: &[Content], facts: Facts<'_>) -> Result<Messages, Unfilled> {
    let messages = contents.iter().map(|content| {
        let filled = content.fill(|text| text.fill(facts));
        filled.map(Message::Json).map_err(Unfilled::NoValue)
    });
    Messages::new(messages.collect::<Result<_, _>>()?).map_err(Unfilled::Refused)
}

/// The messages as they could read for somebody. They were taken when the document was read.
pub(crate) fn sample(contents: &[Content], facts: Facts<'_>) -> Option<Messages> {
    let messages = contents.iter().map(|content| content.sample(facts));
    Messages::new(messages.map(Message::Json).collect()).ok()
}

/// Why messages are not for somebody.
#[derive(Debug)]
pub(crate) enum Unfilled {
    /// They have no such value.
    NoValue(Variable),
    /// With their values LINE would refuse them.
    Refused(InvalidSend),
}

/// What LINE itself fills in a `textV2`.
fn substituted(object: &Map<String, Value>) -> Option<BTreeSet<String>> {
    let is_v2 = object.get("type").and_then(Value::as_str) == Some("textV2");
    let keys = object.get("substitution").and_then(Value::as_object);
    let keys = keys.into_iter().flat_map(Map::keys).cloned().collect();
    is_v2.then_some(keys)
}

struct Search {
    substituted: Option<BTreeSet<String>>,
    way: Vec<Step>,
    places: Vec<(Vec<Step>, Template)>,
}

impl Search {
    fn object(&mut self, object: &Map<String, Value>) -> Result<(), Wrong> {
        for (name, value) in object {
            self.way.push(Step::Member(name.clone()));
            self.member(name, value)?;
            self.way.pop();
        }
        Ok(())
    }

    fn member(&mut self, name: &str, value: &Value) -> Result<(), Wrong> {
        match value {
            Value::String(raw) if raw.contains(['{', '}']) => match self.inside(name) {
                Some(inside) => self.place(raw, inside),
                None => Ok(()),
            },
            Value::Object(object) => self.object(object),
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.way.push(Step::Item(index));
                    self.member("", item)?;
                    self.way.pop();
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn inside(&self, name: &str) -> Option<Inside> {
        match &self.substituted {
            Some(keys) if self.way.len() == 1 && name == "text" => {
                Some(Inside::Version2(keys.clone()))
            }
            _ if WORDS.contains(&name) => Some(Inside::Words),
            _ if ADDRESSES.contains(&name) => Some(Inside::Address),
            _ => None,
        }
    }

    fn place(&mut self, raw: &str, inside: Inside) -> Result<(), Wrong> {
        let text = Template::parse(raw, inside).map_err(|error: TemplateError| {
            Wrong::new(error.to_string()).beneath(self.way.iter())
        })?;
        self.places.push((self.way.clone(), text));
        Ok(())
    }
}

fn follow<'a>(object: &'a mut Map<String, Value>, way: &[Step]) -> Option<&'a mut Value> {
    let (first, rest) = way.split_first()?;
    let Step::Member(name) = first else {
        return None;
    };
    rest.iter()
        .try_fold(object.get_mut(name)?, |value, step| match step {
            Step::Member(name) => value.get_mut(name),
            Step::Item(index) => value.get_mut(*index),
        })
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Content(…)")
    }
}
