//! Where in a YAML text a value stands.

use std::fmt;

use line_api::messaging::Step;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::error::Place;

/// Finds the value at the end of `path`, or the nearest around it that is there.
pub(super) fn find(yaml: &str, path: &[Step]) -> Option<Place> {
    (0..=path.len())
        .rev()
        .find_map(|length| find_exactly(yaml, &path[..length]))
}

/// The parser says where it was when a visitor gave up: so a visitor walks to the value, and gives up there.
fn find_exactly(yaml: &str, path: &[Step]) -> Option<Place> {
    let parser = serde_norway::Deserializer::from_str(yaml);
    let at = Walk(path).deserialize(parser).err()?.location()?;
    Some(Place {
        line: at.line(),
        column: at.column(),
    })
}

struct Walk<'a>(&'a [Step]);

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, parser: D) -> Result<(), D::Error> {
        parser.deserialize_any(self)
    }
}

/// What is not visited by a method of its own is refused by serde: that gives up as well.
impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the way to go on")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Some((first, rest)) = self.0.split_first() else {
            return Err(A::Error::custom("here"));
        };
        while let Some(key) = map.next_key::<String>()? {
            if matches!(first, Step::Member(name) if *name == key) {
                return map.next_value_seed(Walk(rest));
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Some((Step::Item(index), rest)) = self.0.split_first() else {
            return Err(A::Error::custom("here"));
        };
        for _ in 0..*index {
            if list.next_element::<IgnoredAny>()?.is_none() {
                return Ok(());
            }
        }
        list.next_element_seed(Walk(rest)).map(drop)
    }
}
