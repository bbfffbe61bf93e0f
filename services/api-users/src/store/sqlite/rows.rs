//! Rows go in as JSON, which `json_each` reads, as many at once as there are; bytes as hexadecimal digits.

use serde::Serialize;

/// Nothing, if there are none.
pub(super) fn rows(rows: impl Iterator<Item = impl Serialize>) -> Option<String> {
    let rows: Vec<_> = rows.collect();
    let json = || serde_json::to_string(&rows).expect("rows are plain JSON");
    (!rows.is_empty()).then(json)
}

pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |half: u8| char::from(DIGITS[usize::from(half)]);
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 0xf)])
        .collect()
}
