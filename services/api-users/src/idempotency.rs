//! `Idempotency-Key`: whoever asks the same once more under the same key is answered the same
//! (draft-ietf-httpapi-idempotency-key-header).

use std::fmt;

use aws_lc_rs::digest::{Context, SHA256};
use axum::extract::OptionalFromRequestParts;
use http::request::Parts;
use serde::Serialize;
use service_auth::Caller;

use crate::error::ApiError;

const HEADER: &str = "idempotency-key";
const LENGTH: usize = 255;

/// SHA-256.
pub(crate) type Digest = [u8; 32];

/// A key as a caller chose it: 1 to 255 visible ASCII characters, whatever they mean.
pub(crate) struct IdempotencyKey(Vec<u8>);

impl IdempotencyKey {
    fn parse(raw: &[u8]) -> Option<Self> {
        let fits = (1..=LENGTH).contains(&raw.len()) && raw.iter().all(u8::is_ascii_graphic);
        fits.then(|| Self(raw.to_vec()))
    }

    /// That `caller` asked for this under this key.
    pub(crate) fn asked(&self, caller: &Caller, request: &impl Serialize) -> Asked {
        let request = serde_json::to_vec(request).expect("a request is plain JSON");
        Asked {
            caller: digest(&[caller.issuer.as_bytes(), b"\n", caller.subject.as_bytes()]),
            key: digest(&[&self.0]),
            request: digest(&[&request]),
        }
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for IdempotencyKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, ApiError> {
        let mut values = parts.headers.get_all(HEADER).iter();
        let Some(value) = values.next() else {
            return Ok(None);
        };
        Self::parse(value.as_bytes())
            .filter(|_| values.next().is_none())
            .map(Some)
            .ok_or(ApiError::BadRequest(
                "Idempotency-Key must be one key of 1 to 255 visible ASCII characters",
            ))
    }
}

impl fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdempotencyKey(…)")
    }
}

/// What was asked, by whom and under which key. A key, like a request, may name a person: digests do not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) caller: Digest,
    pub(crate) key: Digest,
    pub(crate) request: Digest,
}

fn digest(parts: &[&[u8]]) -> Digest {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part);
    }
    let mut digest = Digest::default();
    digest.copy_from_slice(context.finish().as_ref());
    digest
}
