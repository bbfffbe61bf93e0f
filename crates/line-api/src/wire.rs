//! One call to LINE: sent, bounded, logged. What its answer means is for `messaging` and `login` to say.

use std::time::Instant;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use reqwest::RequestBuilder;
use service_kit::http_client::{self, ReadError};
use url::Url;

/// The most of an answer that is read; LINE's are far shorter.
const MAX_ANSWER: usize = 64 * 1024;

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Result<Bytes, ReadError>,
    headers: HeaderMap,
}

impl Answer {
    /// A header that is an ID: short, visible, fit for a log.
    pub(crate) fn id(&self, name: &str) -> Option<String> {
        let value = self.headers.get(name)?.to_str().ok()?;
        Some(
            value
                .chars()
                .filter(char::is_ascii_graphic)
                .take(64)
                .collect(),
        )
    }

    pub(crate) fn request_id(&self) -> Option<String> {
        self.id("x-line-request-id")
    }
}

/// Sends a request and reads the answer. `name` stands for the call in the log, where no path may be:
/// paths hold user IDs.
pub(crate) async fn exchange(
    name: &'static str,
    request: RequestBuilder,
) -> Result<Answer, reqwest::Error> {
    let begun = Instant::now();
    let answer = receive(request).await;
    let duration_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    match &answer {
        Ok(answer) => tracing::debug!(
            line.call = name,
            line.request_id = answer.request_id(),
            http.status = answer.status.as_u16(),
            duration_ms,
            "LINE answered {name} with {}",
            answer.status.as_u16()
        ),
        Err(error) => tracing::warn!(
            line.call = name,
            error.timeout = error.is_timeout(),
            duration_ms,
            "LINE did not answer {name}"
        ),
    }
    answer
}

async fn receive(request: RequestBuilder) -> Result<Answer, reqwest::Error> {
    let mut response = http_client::send(request).await?;
    let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
    let body = http_client::read_bounded(response, MAX_ANSWER).await;
    Ok(Answer {
        status,
        body,
        headers,
    })
}

/// The path appended to the base, segment by segment, so that no ID can lead elsewhere.
pub(crate) fn address(base: &Url, path: &[&str]) -> Url {
    let mut address = base.clone();
    if let Ok(mut segments) = address.path_segments_mut() {
        segments
            .pop_if_empty()
            .extend(path.iter().flat_map(|part| part.split('/')));
    }
    address
}
