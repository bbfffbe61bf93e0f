//! Request bodies as JSON objects.

use serde_json::Value;

use super::Refusal;

/// The body as a JSON object.
pub(super) fn object(bytes: &[u8]) -> Result<Value, Refusal> {
    let value: Value = serde_json::from_slice(bytes).map_err(|error| Refusal::not_json(&error))?;
    if value.is_object() {
        Ok(value)
    } else {
        Err(Refusal::bad(
            "The request body could not be parsed as JSON (line: 1, column: 1)",
        ))
    }
}
