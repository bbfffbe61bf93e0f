use std::collections::HashMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::{Private, UserId};

/// A JSON object split into its members, each still raw: reading one wrongly typed member costs only that one.
/// Of members with the same name the last one counts.
#[derive(Default)]
pub(super) struct Object<'a>(HashMap<String, &'a RawValue>);

impl<'a> Object<'a> {
    pub(super) fn split(json: &'a str) -> Result<Self, Flaw> {
        serde_json::from_str(json).map_err(|error| match error.classify() {
            serde_json::error::Category::Data => Flaw::NotAnObject,
            _ => Flaw::NotJson,
        })
    }

    /// The member, if it is there and of this type.
    pub(super) fn get<T: Deserialize<'a>>(&self, name: &str) -> Option<T> {
        serde_json::from_str(self.0.get(name)?.get()).ok()
    }

    /// The member as an object; an empty one if it is not there, so that its members are simply missing.
    pub(super) fn object(&self, name: &str) -> Object<'a> {
        self.get(name).unwrap_or_default()
    }

    pub(super) fn text(&self, name: &str) -> Option<Private> {
        self.get(name)
    }

    /// A string that is nobody's own: an ID of a thing, a type.
    pub(super) fn string(&self, name: &str) -> Option<String> {
        self.text(name).map(Private::into_string)
    }

    /// An ID that LINE documents as a string here and as a number there.
    pub(super) fn id(&self, name: &str) -> Option<String> {
        self.string(name)
            .or_else(|| self.get::<u64>(name).map(|number| number.to_string()))
    }

    /// The elements that are of this type; others are dropped.
    pub(super) fn list<T: Deserialize<'a>>(&self, name: &str) -> Vec<T> {
        let raw: Vec<&'a RawValue> = self.get(name).unwrap_or_default();
        raw.into_iter()
            .filter_map(|element| serde_json::from_str(element.get()).ok())
            .collect()
    }

    /// The user IDs of a list of sources; people whose ID LINE withholds are not among them.
    pub(super) fn users(&self, name: &str) -> Vec<UserId> {
        self.list::<Object<'a>>(name)
            .iter()
            .filter_map(|source| source.get("userId"))
            .collect()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Object<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
        let mut members = HashMap::new();
        while let Some(name) = map.next_key::<Private>()? {
            members.insert(name.into_string(), map.next_value()?);
        }
        Ok(Object(members))
    }
}

/// Why an event of a known type could not be read. It names the member, never its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// The bytes are not JSON.
    #[error("the event is not JSON")]
    NotJson,
    /// The event is a string, a number, a list or null.
    #[error("the event is not an object")]
    NotAnObject,
    /// A member without which the event means nothing is missing or of the wrong type.
    #[error("{0} is missing or of the wrong type")]
    Member(&'static str),
}
