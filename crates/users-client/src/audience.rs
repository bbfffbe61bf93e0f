//! Audiences come as a stream of lines, so that a million members cost no more memory than one.

use std::time::Duration;

use futures::{Stream, StreamExt as _, TryStreamExt as _};
use http::Method;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio_util::io::StreamReader;
use uuid::Uuid;

use crate::client::{answer, escape, push};
use crate::{
    AudienceMember, AudiencePreview, AudienceRequest, CheckAudience, CheckedAudience, UsersClient,
    UsersError,
};

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
    /// How many the audience reaches, and whom of the members it names it leaves out.
    pub async fn preview(&self, request: &AudienceRequest) -> Result<AudiencePreview, UsersError> {
        self.call_with(Method::POST, "/audiences/preview", request)
            .await
    }

    /// Those of the members who may still be written to.
    pub async fn check_audience(&self, check: &CheckAudience) -> Result<Vec<Uuid>, UsersError> {
        let checked: CheckedAudience = self
            .call_with(Method::POST, "/audiences/check", check)
            .await?;
        Ok(checked.member_ids)
    }

    /// Active members who have not blocked the bot and whom the request means, in a stable order.
    /// The stream ends in an error if it breaks off: half an audience is not an audience.
    pub async fn audience(
        &self,
        request: &AudienceRequest,
    ) -> Result<impl Stream<Item = Result<AudienceMember, UsersError>> + use<>, UsersError> {
        self.stream(request, "").await
    }

    /// The same, with their tags and attributes.
    pub async fn audience_with_profiles(
        &self,
        request: &AudienceRequest,
    ) -> Result<impl Stream<Item = Result<AudienceMember, UsersError>> + use<>, UsersError> {
        self.stream(request, "&include=profile").await
    }

    async fn stream(
        &self,
        request: &AudienceRequest,
        include: &str,
    ) -> Result<impl Stream<Item = Result<AudienceMember, UsersError>> + use<>, UsersError> {
        let mut path = format!("/audiences/members?consent={}", escape(&request.consent));
        push(&mut path, "topic", request.topic.as_deref());
        push(&mut path, "segment", request.segment.as_deref());
        path.push_str(include);
        let request = self
            .request(Method::GET, &path)
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
