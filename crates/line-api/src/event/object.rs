use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::{Private, UserId};

/// A JSON object split into its members, each still raw: reading one wrongly typed member costs only that one.
/// Of members with the same name the last one counts.
#[derive(Default)]
pub(super) struct Object<'a>(Vec<(Name<'a>, &'a RawValue)>);

/// A member's name as it is written, copied only if it holds an escape. Bytes, for half a surrogate pair is no text.
struct Name<'a>(Cow<'a, [u8]>);

impl<'a> Object<'a> {
    pub(super) fn split(json: &'a str) -> Result<Self, Flaw> {
        serde_json::from_str(json).map_err(|error| match error.classify() {
            serde_json::error::Category::Data => Flaw::NotAnObject,
            _ => Flaw::NotJson,
        })
    }

    /// The member, if it is there and of this type.
    pub(super) fn get<T: Deserialize<'a>>(&self, name: &str) -> Option<T> {
        // LINE's objects have a handful of members: looking at each is quicker than hashing one.
        let mut members = self.0.iter().rev();
        let (_, value) = members.find(|(other, _)| *other.0 == *name.as_bytes())?;
        serde_json::from_str(value.get()).ok()
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
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Object(members))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Name<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(Bytes)
    }
}

struct Bytes;

impl<'de> Visitor<'de> for Bytes {
    type Value = Name<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_bytes<E: Error>(self, bytes: &'de [u8]) -> Result<Name<'de>, E> {
        Ok(Name(bytes.into()))
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Name<'de>, E> {
        Ok(Name(bytes.to_owned().into()))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Name<'de>, E> {
        self.visit_borrowed_bytes(text.as_bytes())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Name<'de>, E> {
        self.visit_bytes(text.as_bytes())
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
