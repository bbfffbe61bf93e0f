//! Audiences come as a stream of lines, so that a million members cost no more memory than one.

use std::time::Duration;

use futures::{Stream, StreamExt as _, TryStreamExt as _};
use http::Method;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio_util::io::StreamReader;

use crate::client::{answer, escape};
use crate::{AudienceMember, UsersClient, UsersError};

/// A stream of a million lines takes longer than a document.
const STREAM_LIMIT: Duration = Duration::from_mins(10);

/// Longer than this, nothing is silent that still works: neither before the first line nor between two.
const SILENCE: Duration = Duration::from_secs(10);

async fn spoken<Next: Future>(next: Next) -> Result<Next::Output, UsersError> {
    tokio::time::timeout(SILENCE, next)
        .await
        .map_err(|_| UsersError::Silent)
}

impl UsersClient {
    /// Active members who have not blocked the bot and who consent to `purpose`, in a stable order.
    /// The stream ends in an error if it breaks off: half an audience is not an audience.
    pub async fn audience(
        &self,
        purpose: &str,
    ) -> Result<impl Stream<Item = Result<AudienceMember, UsersError>> + use<>, UsersError> {
        let request = self
            .request(
                Method::GET,
                &format!("/audiences/members?consent={}", escape(purpose)),
            )
            .await?
            .timeout(STREAM_LIMIT);
        let response = spoken(answer(request))
            .await?
            .map_err(|failure| failure.error)?;
        let bytes = response
            .bytes_stream()
            .map_err(|error| std::io::Error::other(error.without_url()));
        let lines = BufReader::new(StreamReader::new(bytes)).lines();
        Ok(futures::stream::unfold(Some(lines), |lines| async move {
            let mut lines = lines?;
            let next = match spoken(lines.next_line()).await {
                Err(silent) => Err(silent),
                Ok(Ok(Some(line))) => serde_json::from_str(&line).map_err(UsersError::from),
                Ok(Ok(None)) => return None,
                Ok(Err(error)) => Err(UsersError::BrokeOff(error)),
            };
            let rest = next.is_ok().then_some(lines);
            Some((next, rest))
        })
        .boxed())
    }
}
