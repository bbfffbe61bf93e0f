//! The signature over the exact bytes, and the bytes themselves.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// `x-line-signature` for `body`: Base64 of HMAC-SHA256 under the channel secret as text.
pub(super) fn signature(secret: &str, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    STANDARD.encode(hmac::sign(&key, body))
}

/// JSON bytes; with `escaped`, whatever is beyond ASCII is spelt `\uXXXX`.
pub(super) fn bytes(body: &Value, escaped: bool) -> Vec<u8> {
    use std::fmt::Write as _;
    let plain = body.to_string();
    if !escaped {
        return plain.into_bytes();
    }
    let mut text = String::with_capacity(plain.len());
    for c in plain.chars() {
        if c.is_ascii() {
            text.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(text, "\\u{unit:04x}");
            }
        }
    }
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_lines_own_for_its_published_example() {
        let body = br#"{"destination":"U8e742f61d673b39c7fff3cecb7536ef0","events":[]}"#;
        let signature = signature("8c570fa6dd201bb328f1c1eac23a96d8", body);
        assert_eq!(signature, "GhRKmvmHys4Pi8DxkF4+EayaH0OqtJtaZxgTD9fMDLs=");
    }

    #[test]
    fn escaped_bytes_are_ascii_and_say_the_same() {
        let body = serde_json::json!({"text": "會員 😀"});
        let escaped = bytes(&body, true);
        assert!(escaped.is_ascii());
        assert_eq!(serde_json::from_slice::<Value>(&escaped).unwrap(), body);
    }
}
