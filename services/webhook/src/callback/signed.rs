//! A request's body, once its signature is proven.

use axum::body::{Body, HttpBody as _};
use axum::extract::Request;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use line_api::signature::{self, ChannelSecrets};

use super::budget::{Budget, Held};
use crate::error::CallbackError;
use crate::limits::{BODY_BYTES, BODY_TIME};

/// The exact bytes that were signed with one of `secrets`. Nothing reads into them before.
pub(super) async fn body(
    request: Request,
    secrets: &ChannelSecrets,
    bodies: &Budget,
) -> Result<(Bytes, Held), CallbackError> {
    let (parts, body) = request.into_parts();
    refuse_encoded(&parts.headers)?;
    let signature = signature(&parts.headers)?;
    refuse_long(&parts.headers)?;
    let (body, held) = tokio::time::timeout(BODY_TIME, collect(body, bodies))
        .await
        .map_err(|_| CallbackError::Slow)??;
    secrets
        .verify(signature, &body)
        .map_err(|_| CallbackError::Unsigned)?;
    Ok((body, held))
}

/// LINE never compresses; inflating for strangers would be a gift to them.
fn refuse_encoded(headers: &HeaderMap) -> Result<(), CallbackError> {
    let plain = |value: &http::HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"identity");
    if headers.get_all(header::CONTENT_ENCODING).iter().all(plain) {
        Ok(())
    } else {
        Err(CallbackError::Encoded)
    }
}

/// The one signature. Of two, nobody can say which one a proxy in front of us believed.
fn signature(headers: &HeaderMap) -> Result<&[u8], CallbackError> {
    let mut signatures = headers.get_all(signature::HEADER).iter();
    match (signatures.next(), signatures.next()) {
        (Some(only), None) => Ok(only.as_bytes()),
        _ => Err(CallbackError::Unsigned),
    }
}

/// Refuses a body by the length it announces, unread.
fn refuse_long(headers: &HeaderMap) -> Result<(), CallbackError> {
    let announced = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    match announced {
        Some(length) if length > BODY_BYTES as u64 => Err(CallbackError::TooLong),
        _ => Ok(()),
    }
}

async fn collect(body: Body, bodies: &Budget) -> Result<(Bytes, Held), CallbackError> {
    let mut body = Limited::new(body, BODY_BYTES);
    let mut held = Held::default();
    let mut collected = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| {
            if error.is::<LengthLimitError>() {
                CallbackError::TooLong
            } else {
                CallbackError::BrokeOff
            }
        })?;
        let Ok(chunk) = frame.into_data() else {
            continue;
        };
        if !bodies.take(chunk.len(), &mut held) {
            return Err(CallbackError::Crowded);
        }
        // Most bodies are one chunk, which is not copied.
        if collected.is_empty() && body.is_end_stream() {
            return Ok((chunk, held));
        }
        collected.extend_from_slice(&chunk);
    }
    Ok((collected.freeze(), held))
}
