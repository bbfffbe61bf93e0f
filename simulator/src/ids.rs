//! Identifiers and secrets in LINE's shapes.

use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

fn random(bytes: usize) -> Vec<u8> {
    let mut buffer = vec![0; bytes];
    rand::fill(&mut buffer).expect("the system gives random bytes");
    buffer
}

/// `bytes` random bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: usize) -> String {
    encode_hex(&random(bytes))
}

/// Lower-case hexadecimal digits.
pub(crate) fn encode_hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// `bytes` random bytes in URL-safe Base64.
pub(crate) fn token(bytes: usize) -> String {
    URL_SAFE_NO_PAD.encode(random(bytes))
}

/// A user ID: `U` and 32 hexadecimal digits.
pub(crate) fn user() -> String {
    format!("U{}", hex(16))
}

/// Whether `id` starts with `kind` and goes on with 32 lower-case hexadecimal digits.
pub(crate) fn is(kind: char, id: &str) -> bool {
    id.strip_prefix(kind).is_some_and(|rest| {
        rest.len() == 32
            && rest
                .bytes()
                .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    })
}

/// A ULID of the moment `millis`: 26 characters, as `webhookEventId` is.
pub(crate) fn ulid(millis: i64) -> String {
    let mut bits = u128::from(u64::try_from(millis).unwrap_or(0)) << 80;
    for (place, byte) in random(10).into_iter().enumerate() {
        bits |= u128::from(byte) << (8 * place);
    }
    (0..26)
        .rev()
        .map(|place| {
            let digit = usize::try_from((bits >> (5 * place)) & 31).unwrap_or(0);
            char::from(CROCKFORD[digit])
        })
        .collect()
}

/// A user's access token: opaque to us, shaped like the JWS that LINE hands out.
pub(crate) fn access_token() -> String {
    format!("eyJhbGciOiJIUzI1NiJ9.{}.{}", token(120), token(32))
}
