use bytes::Bytes;
use http::StatusCode;
use oauth2::{HttpRequest, HttpResponse};
use reqwest::{Client, RequestBuilder};
use serde::Deserialize;
use service_kit::http_client::ReadError;

use super::error::{LoginError, Outage};
use crate::wire;

/// Carries a call out and turns every status but a success into its error.
pub(super) async fn call(
    name: &'static str,
    request: RequestBuilder,
) -> Result<(StatusCode, Bytes), LoginError> {
    let answer = wire::exchange(name, request).await.map_err(unreachable)?;
    let status = answer.status;
    match status.as_u16() {
        200..=299 => match answer.body {
            Ok(body) => Ok((status, body)),
            Err(ReadError::TooLong(_)) => Err(LoginError::Unexpected("a body without end")),
            Err(ReadError::Transport(error)) => Err(unreachable(error)),
        },
        429 | 500..=599 => Err(LoginError::Unavailable(Outage::Status(status))),
        400..=499 => Err(LoginError::Refused {
            status,
            code: answer.body.ok().and_then(|body| code(&body)),
        }),
        _ => Err(LoginError::Unexpected("neither a success nor a refusal")),
    }
}

/// Lets the `oauth2` crate speak through our client.
///
/// It owns what it needs: a borrowed client would make the future of whoever awaits it unfit for another thread.
pub(super) async fn oauth(http: Client, request: HttpRequest) -> Result<HttpResponse, LoginError> {
    let request = reqwest::Request::try_from(request).map_err(unreachable)?;
    let request = RequestBuilder::from_parts(http, request);
    let (status, body) = call("token", request).await?;
    let mut response = HttpResponse::new(body.to_vec());
    *response.status_mut() = status;
    Ok(response)
}

fn unreachable(error: reqwest::Error) -> LoginError {
    LoginError::Unavailable(Outage::Transport(error.without_url()))
}

/// LINE's code for a refusal, if it looks like one.
fn code(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Refusal {
        error: String,
    }
    let Refusal { error } = serde_json::from_slice(body).ok()?;
    let plausible = error.len() <= 64
        && error
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_');
    plausible.then_some(error)
}
