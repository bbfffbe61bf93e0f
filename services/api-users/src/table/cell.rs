//! What is in a cell: how it is written, and how it is read again.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::Number;
use users_client::{Attribute, Consent};

use crate::domain::Invalid;

const TEXT_MARK: char = '\'';
const BETWEEN_TAGS: char = '|';
const ESCAPE: char = '\\';
const GRANTED: &str = "granted:";
const WITHDRAWN: &str = "withdrawn:";

/// How a spreadsheet knows a formula (as OWASP lists it, with what Japanese and Chinese keyboards make of it), and the
/// mark against that.
fn is_active(first: char) -> bool {
    matches!(
        first,
        '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠' | TEXT_MARK
    )
}

/// The text as no spreadsheet takes it for a formula: behind an apostrophe, if it begins like one.
pub(super) fn guard(text: &str) -> Cow<'_, str> {
    if text.starts_with(is_active) {
        Cow::Owned(format!("{TEXT_MARK}{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// The text that was guarded, or was not.
pub(super) fn unguard(cell: &str) -> &str {
    match cell.strip_prefix(TEXT_MARK) {
        Some(text) if text.starts_with(is_active) => text,
        _ => cell,
    }
}

/// Tags in one cell: `vip|gold`.
pub(super) fn write_tags(tags: &[String]) -> String {
    let mut cell = String::new();
    for tag in tags {
        if !cell.is_empty() {
            cell.push(BETWEEN_TAGS);
        }
        for char in tag.chars() {
            if matches!(char, BETWEEN_TAGS | ESCAPE) {
                cell.push(ESCAPE);
            }
            cell.push(char);
        }
    }
    cell
}

/// Each once, without the blanks around it.
pub(super) fn read_tags(cell: &str) -> BTreeSet<String> {
    let (mut tags, mut tag) = (BTreeSet::new(), String::new());
    let mut chars = cell.chars().peekable();
    while let Some(char) = chars.next() {
        let escaped =
            chars.next_if(|next| char == ESCAPE && matches!(*next, BETWEEN_TAGS | ESCAPE));
        match (char, escaped) {
            (BETWEEN_TAGS, _) => {
                tags.insert(std::mem::take(&mut tag).trim().to_owned());
            }
            (char, escaped) => tag.push(escaped.unwrap_or(char)),
        }
    }
    tags.insert(tag.trim().to_owned());
    tags.remove("");
    tags
}

/// Numbers and truths as they are. A text that would be read as one of them, or that begins with a digit, so that a
/// spreadsheet may make a date of it or take its zeros, is in quotes.
pub(super) fn write_attribute(attribute: &Attribute) -> Cow<'_, str> {
    match attribute {
        Attribute::Truth(true) => Cow::Borrowed("true"),
        Attribute::Truth(false) => Cow::Borrowed("false"),
        Attribute::Number(number) => Cow::Owned(number.to_string()),
        Attribute::Text(text) => {
            let is_plain = !text.starts_with(|first: char| first.is_ascii_digit())
                && matches!(read_attribute(text), Attribute::Text(read) if read == *text);
            if is_plain {
                Cow::Borrowed(text)
            } else {
                Cow::Owned(serde_json::Value::from(text.as_str()).to_string())
            }
        }
    }
}

/// A number or a truth if it reads as one, the text in quotes, or the text that it is.
pub(super) fn read_attribute(cell: &str) -> Attribute {
    match cell {
        "true" | "TRUE" => return Attribute::Truth(true),
        "false" | "FALSE" => return Attribute::Truth(false),
        _ => {}
    }
    if let Some(number) = read_number(cell) {
        return Attribute::Number(number);
    }
    let quoted = cell
        .starts_with('"')
        .then(|| serde_json::from_str(cell).ok());
    Attribute::Text(quoted.flatten().unwrap_or_else(|| cell.to_owned()))
}

/// A number as JSON writes it. One with more digits than a number keeps is a text: a card's number, most likely.
fn read_number(cell: &str) -> Option<Number> {
    /// Beyond this not every integer has a float of its own.
    const EXACT: u64 = 1 << 53;
    let digits = cell.strip_prefix('-').unwrap_or(cell);
    let is_bare = digits.starts_with(|first: char| first.is_ascii_digit())
        && digits.ends_with(|last: char| last.is_ascii_digit());
    let is_integral = digits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_bare || (is_integral && digits.parse().map_or(true, |number: u64| number > EXACT)) {
        return None;
    }
    serde_json::from_str::<Number>(cell).ok()?;
    // This, unlike the line before, reads every digit.
    Number::from_f64(cell.parse().ok()?)
}

/// The latest word on a purpose. It says `granted:` so that no spreadsheet makes a date of the version.
pub(super) fn write_consent(consent: &Consent) -> String {
    let word = if consent.granted { GRANTED } else { WITHDRAWN };
    format!("{word}{}", consent.version)
}

/// Whether it is given, and the version of its text, which alone means that it is.
pub(super) fn read_consent(cell: &str) -> (bool, &str) {
    match cell.strip_prefix(WITHDRAWN) {
        Some(version) => (false, version),
        None => (true, cell.strip_prefix(GRANTED).unwrap_or(cell)),
    }
}

pub(super) fn write_topic(subscribed: bool) -> &'static str {
    if subscribed { "yes" } else { "no" }
}

pub(super) fn read_topic(cell: &str) -> Result<bool, Invalid> {
    match cell {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err(Invalid("must be yes or no")),
    }
}

/// A time of day, of which a spreadsheet may have taken the first zero.
pub(super) fn read_time(cell: &str) -> String {
    format!("{cell:0>5}")
}
