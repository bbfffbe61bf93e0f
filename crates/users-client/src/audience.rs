//! Audiences come as a stream of lines, so that a million members cost no more memory than one.

use std::fmt;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt as _, TryStreamExt as _};
use http::Method;
use reqwest::Response;
use uuid::Uuid;

use crate::client::{answer, escape, push};
use crate::{
    AudienceMember, AudiencePreview, AudienceRequest, CheckAudience, UsersClient, UsersError,
};

/// A stream of a million lines takes longer than a document.
const STREAM_LIMIT: Duration = Duration::from_mins(10);

/// A member with a hundred tags and a hundred attributes, each as long as it may be, takes half of this.
const LINE_BYTES: usize = 1024 * 1024;

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

    /// Those of the members who may not be written to any more: up to 5,000 are asked about at once.
    pub async fn gone(
        &self,
        request: AudienceRequest,
        member_ids: Vec<Uuid>,
    ) -> Result<Vec<Uuid>, UsersError> {
        /// An answer that does not say it says nothing.
        #[derive(serde::Deserialize)]
        struct Gone {
            gone: Vec<Uuid>,
        }
        let check = CheckAudience {
            consent: request.consent,
            topic: request.topic,
            member_ids,
            only_gone: true,
        };
        let answer: Gone = self
            .call_with(Method::POST, "/audiences/check", &check)
            .await?;
        Ok(answer.gone)
    }

    /// Active members who have not blocked the bot and whom the request means, in a stable order; with their tags and
    /// attributes, if those are wanted. The stream ends in an error if it breaks off: half an audience is not an audience.
    pub async fn audience(
        &self,
        request: &AudienceRequest,
        with_profiles: bool,
    ) -> Result<impl Stream<Item = Result<AudienceMember, UsersError>> + use<>, UsersError> {
        let pages = self.audience_pages(request, with_profiles).await?;
        Ok(pages
            .map_ok(|page| futures::stream::iter(page.members().collect::<Vec<_>>()))
            .try_flatten())
    }

    /// The same, as many at a time as arrive together: a few thousand at most.
    pub async fn audience_pages(
        &self,
        request: &AudienceRequest,
        with_profiles: bool,
    ) -> Result<impl Stream<Item = Result<AudiencePage, UsersError>> + use<>, UsersError> {
        let mut path = format!("/audiences/members?consent={}", escape(&request.consent));
        push(&mut path, "topic", request.topic.as_deref());
        push(&mut path, "segment", request.segment.as_deref());
        if with_profiles {
            path.push_str("&include=profile");
        }
        let request = self
            .request(Method::GET, &path)
            .await?
            .timeout(STREAM_LIMIT);
        let response = spoken(answer(request))
            .await?
            .map_err(|failure| failure.error)?;
        let lines = Lines {
            response,
            unread: BytesMut::new(),
        };
        Ok(futures::stream::unfold(Some(lines), |lines| async move {
            let mut lines = lines?;
            let page = spoken(lines.page()).await.flatten().transpose()?;
            let rest = page.is_ok().then_some(lines);
            Some((page, rest))
        })
        .boxed())
    }
}

/// Members whose lines arrived together. They are read one at a time, so that each is forgotten before the next.
#[derive(Clone)]
pub struct AudiencePage {
    /// A line that arrived in two parts, and the whole ones after it.
    lines: [Bytes; 2],
}

impl AudiencePage {
    /// Each of them, as far as the lines can be read.
    pub fn members(&self) -> impl Iterator<Item = Result<AudienceMember, UsersError>> {
        let parse = |lines| serde_json::Deserializer::from_slice(lines).into_iter();
        let members = self.lines.iter().map(|lines| &**lines).flat_map(parse);
        members.map(|member| member.map_err(UsersError::from))
    }
}

impl fmt::Debug for AudiencePage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AudiencePage").finish_non_exhaustive()
    }
}

/// An answer of lines.
struct Lines {
    response: Response,
    unread: BytesMut,
}

impl Lines {
    /// The lines that are here, once there are any; `None` at the end.
    async fn page(&mut self) -> Result<Option<AudiencePage>, UsersError> {
        let is_end = |byte: &u8| *byte == b'\n';
        loop {
            let chunk = self.response.chunk().await;
            let chunk = chunk.map_err(|error| UsersError::BrokeOff(error.without_url()))?;
            let Some(mut chunk) = chunk else {
                let last = self.unread.split().freeze();
                let lines = [last, Bytes::new()];
                return Ok((!lines[0].is_empty()).then_some(AudiencePage { lines }));
            };
            let Some(end) = chunk.iter().rposition(is_end) else {
                self.keep(&chunk)?;
                continue;
            };
            let rest = chunk.split_off(end + 1);
            // Whole lines are read where they are.
            if !self.unread.is_empty() {
                let first = chunk.iter().position(is_end).unwrap_or(end);
                self.keep(&chunk.split_to(first + 1))?;
            }
            let lines = [self.unread.split().freeze(), chunk];
            self.keep(&rest)?;
            return Ok(Some(AudiencePage { lines }));
        }
    }

    /// Keeps another part of a line, for as long as it may be one.
    fn keep(&mut self, part: &[u8]) -> Result<(), UsersError> {
        if self.unread.len() + part.len() > LINE_BYTES {
            return Err(UsersError::LongLine(LINE_BYTES));
        }
        self.unread.extend_from_slice(part);
        Ok(())
    }
}
