//! A request's body, once its signature is proven.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use bytes::Bytes;
use http::{HeaderMap, header};
use http_body_util::LengthLimitError;
use line_api::signature::{self, ChannelSecrets};

use crate::error::CallbackError;
use crate::limits::{BODY_BYTES, BODY_TIME};

/// The exact bytes that were signed with one of `secrets`. Nothing reads into them before.
pub(super) async fn body(
    request: Request,
    secrets: &ChannelSecrets,
) -> Result<Bytes, CallbackError> {
    let (head, body) = request.into_parts();
    refuse_encoded(&head.headers)?;
    let signature = signature(&head.headers)?;
    refuse_long(&head.headers)?;
    let body = collect(body).await?;
    secrets
        .verify(signature, &body)
        .map_err(|_| CallbackError::Unsigned)?;
    Ok(body)
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

async fn collect(body: Body) -> Result<Bytes, CallbackError> {
    tokio::time::timeout(BODY_TIME, to_bytes(body, BODY_BYTES))
        .await
        .map_err(|_| CallbackError::Slow)?
        .map_err(|error| {
            let limit = std::error::Error::source(&error)
                .is_some_and(<dyn std::error::Error>::is::<LengthLimitError>);
            if limit {
                CallbackError::TooLong
            } else {
                CallbackError::BrokeOff
            }
        })
}
