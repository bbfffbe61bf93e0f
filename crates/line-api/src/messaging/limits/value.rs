//! Members of a JSON object, held against a rule. Whoever is wrong says where.

use std::ops::RangeInclusive;

use serde_json::{Map, Value};
use unicode_segmentation::UnicodeSegmentation as _;

use super::InvalidMessage;

/// No address is longer.
const URL: usize = 2000;

/// An object inside a message, or the message itself.
#[derive(Clone, Copy)]
pub(super) struct Object<'a>(pub(super) &'a Map<String, Value>);

/// How LINE counts a length (d:messaging-api/text-character-count).
#[derive(Clone, Copy)]
pub(super) enum Count {
    /// UTF-16 units.
    Units,
    /// What a reader takes for one character.
    Graphemes,
}

impl Count {
    fn of(self, text: &str) -> usize {
        match self {
            Self::Units => text.encode_utf16().count(),
            Self::Graphemes => text.graphemes(true).count(),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Units => "UTF-16 units",
            Self::Graphemes => "characters",
        }
    }
}

type Checked = Result<(), InvalidMessage>;

impl<'a> Object<'a> {
    /// A member; `null` is none.
    pub(super) fn get(self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    pub(super) fn has(self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// A text that must be there and say something.
    pub(super) fn word(self, name: &str) -> Result<&'a str, InvalidMessage> {
        self.get(name)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
            .ok_or_else(|| InvalidMessage::at(name, "is missing"))
    }

    pub(super) fn one_of(self, name: &str, words: &[&str]) -> Result<&'a str, InvalidMessage> {
        let word = self.word(name)?;
        if words.contains(&word) {
            Ok(word)
        } else {
            let rule = format!("must be one of {}", words.join(", "));
            Err(InvalidMessage::at(name, rule))
        }
    }

    /// A text of 1 to `most`.
    pub(super) fn text(self, name: &str, most: usize, count: Count) -> Checked {
        let length = self
            .get(name)
            .and_then(Value::as_str)
            .map_or(0, |text| count.of(text));
        if (1..=most).contains(&length) {
            Ok(())
        } else {
            let rule = format!("must have 1 to {most} {}", count.name());
            Err(InvalidMessage::at(name, rule))
        }
    }

    pub(super) fn text_if_given(self, name: &str, most: usize, count: Count) -> Checked {
        if self.has(name) {
            self.text(name, most, count)
        } else {
            Ok(())
        }
    }

    pub(super) fn https(self, name: &str) -> Checked {
        self.address(name, URL, &["https"])
    }

    pub(super) fn https_if_given(self, name: &str) -> Checked {
        if self.has(name) {
            self.https(name)
        } else {
            Ok(())
        }
    }

    /// An address of one of these schemes.
    pub(super) fn address(self, name: &str, most: usize, schemes: &[&str]) -> Checked {
        let address = self.get(name).and_then(Value::as_str).unwrap_or_default();
        let is_known = url::Url::parse(address).is_ok_and(|url| schemes.contains(&url.scheme()));
        if is_known && address.len() <= most {
            Ok(())
        } else {
            let schemes = schemes.join(", ");
            let rule = format!("must be an address ({schemes}) of {most} characters at most");
            Err(InvalidMessage::at(name, rule))
        }
    }

    pub(super) fn number(self, name: &str, range: RangeInclusive<f64>) -> Checked {
        match self.get(name).and_then(Value::as_f64) {
            Some(number) if range.contains(&number) => Ok(()),
            _ => {
                let rule = format!("must be a number from {} to {}", range.start(), range.end());
                Err(InvalidMessage::at(name, rule))
            }
        }
    }

    /// An object that must be there.
    pub(super) fn in_object(
        self,
        name: &str,
        check: impl FnOnce(Object<'a>) -> Checked,
    ) -> Checked {
        let object = self.get(name).and_then(Value::as_object);
        let object = object.ok_or_else(|| InvalidMessage::at(name, "is missing"))?;
        check(Object(object)).map_err(|wrong| wrong.inside(name))
    }

    /// An object, if it is there.
    pub(super) fn within(self, name: &str, check: impl FnOnce(Object<'a>) -> Checked) -> Checked {
        if self.has(name) {
            self.in_object(name, check)
        } else {
            Ok(())
        }
    }

    /// Every object of a list.
    pub(super) fn each(
        self,
        name: &str,
        count: RangeInclusive<usize>,
        mut check: impl FnMut(Object<'a>) -> Checked,
    ) -> Checked {
        let list = self.get(name).and_then(Value::as_array);
        let list = list.map_or(&[][..], Vec::as_slice);
        if !count.contains(&list.len()) {
            let (least, most) = count.into_inner();
            let rule = match (least, most) {
                (least, usize::MAX) => format!("must have at least {least} items"),
                (least, most) if least == most => format!("must have {least} items"),
                (least, most) => format!("must have {least} to {most} items"),
            };
            return Err(InvalidMessage::at(name, rule));
        }
        for (index, item) in list.iter().enumerate() {
            let checked = match item.as_object() {
                Some(object) => check(Object(object)),
                None => Err(InvalidMessage::here("must be an object")),
            };
            checked.map_err(|wrong| wrong.item(index).inside(name))?;
        }
        Ok(())
    }

    /// Its size as JSON, in bytes.
    pub(super) fn weight(self) -> usize {
        let mut bytes = Bytes(0);
        // Counting cannot fail.
        serde_json::to_writer(&mut bytes, self.0).ok();
        bytes.0
    }
}

struct Bytes(usize);

impl std::io::Write for Bytes {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
