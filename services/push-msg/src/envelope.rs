//! A send's body: who it is for, apart from what it says. Pure.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::{RawValue, to_raw_value};

/// One person (push) or several (multicast).
#[derive(Deserialize)]
#[serde(untagged)]
enum To {
    One(String),
    Many(Vec<String>),
}

/// Whom this request is for, in LINE's order; `None` if it is no request.
pub(crate) fn recipients(body: &[u8]) -> Option<Vec<String>> {
    let request: BTreeMap<String, &RawValue> = serde_json::from_slice(body).ok()?;
    match serde_json::from_str(request.get("to")?.get()).ok()? {
        To::One(user) => Some(vec![user]),
        To::Many(users) => Some(users),
    }
}

/// The same request for those alone who stand at these places, in order; `None` if that is nobody, or it is no request.
pub(crate) fn for_places(body: &[u8], places: &[usize]) -> Option<Vec<u8>> {
    let users = recipients(body)?;
    if places.is_empty() {
        return None;
    }
    let some: Option<Vec<&String>> = places.iter().map(|place| users.get(*place)).collect();
    let some = some?;
    let mut request: BTreeMap<String, Box<RawValue>> = serde_json::from_slice(body).ok()?;
    let is_one = request.get("to")?.get().starts_with('"');
    let to = if is_one {
        to_raw_value(some.first()?)
    } else {
        to_raw_value(&some)
    };
    request.insert("to".into(), to.ok()?);
    serde_json::to_vec(&request).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_says_stays_as_it_is() {
        let many = br#"{"to":["a","b","c"],"messages":[{"type":"text", "text":"\u4f1a"}]}"#;
        let some = for_places(many, &[0, 2]).unwrap();
        let text = String::from_utf8(some.clone()).unwrap();
        assert!(text.contains(r#"[{"type":"text", "text":"\u4f1a"}]"#));
        assert_eq!(recipients(&some).unwrap(), ["a", "c"]);
        assert_eq!(for_places(many, &[]), None);
        assert_eq!(for_places(many, &[3]), None);
    }

    #[test]
    fn a_push_is_for_one() {
        let push = br#"{"to":"a","messages":[]}"#;
        assert_eq!(recipients(push).unwrap(), ["a"]);
        assert_eq!(
            for_places(push, &[0]).unwrap(),
            br#"{"messages":[],"to":"a"}"#
        );
    }
}
