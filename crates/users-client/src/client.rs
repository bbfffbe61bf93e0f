use std::time::Duration;

use bytes::Bytes;
use http::{Method, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use problem::Problem;
use reqwest::{RequestBuilder, Response};
use secrecy::ExposeSecret as _;
use serde::Serialize;
use serde::de::DeserializeOwned;
use service_auth::TokenSource;
use service_kit::Timestamp;
use service_kit::http_client::{read_bounded, send};
use url::Url;
use uuid::Uuid;

use crate::retry::{IDEMPOTENCY_KEY, Retry};
use crate::{
    Attribute, ChangePage, Consent, FriendshipChange, GiveConsent, ListMembers, Member, MemberPage,
    PersonExport, RegisterMember, UpdateMember, UsersError,
};

/// No document of the members' API is longer, a page of members included.
const ANSWER_BYTES: usize = 4 * 1024 * 1024;

/// What a path segment may hold unescaped (RFC 3986 §2.3).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'~');

/// The members' API, for one caller.
#[derive(Debug, Clone)]
pub struct UsersClient {
    http: reqwest::Client,
    base: String,
    tokens: TokenSource,
    retry: Option<Retry>,
}

impl UsersClient {
    /// The API at `base`, called with the tokens of `tokens`. The deadline is the client's.
    pub fn new(http: reqwest::Client, base: &Url, tokens: TokenSource) -> Self {
        Self {
            http,
            base: base.as_str().trim_end_matches('/').to_owned(),
            tokens,
            retry: None,
        }
    }

    /// Tries once more what failed quickly and may be done twice: reading, replacing, deleting, and registering, which
    /// has a key of its own. All of a call, its second try included, ends within `deadline`.
    #[must_use]
    pub fn retrying(mut self, deadline: Duration) -> Self {
        self.retry = Some(Retry::within(deadline));
        self
    }

    /// Registers a LINE user as a member. An existing member is [`UsersError::Refused`] as `/problems/already-registered`.
    pub async fn register(&self, candidate: &RegisterMember) -> Result<Member, UsersError> {
        let request = self.request(Method::POST, "/register").await?;
        let request = request.header(IDEMPOTENCY_KEY, Uuid::new_v4().to_string());
        parse(&self.exchange(request.json(candidate)).await?)
    }

    /// The member, if there is one, leaving or not.
    pub async fn member(&self, luid: &str) -> Result<Option<Member>, UsersError> {
        match self.call(Method::GET, &user(luid, "")).await {
            Err(error) if error.is_no_such_member() => Ok(None),
            answer => answer.map(Some),
        }
    }

    /// One page of members.
    pub async fn members(&self, list: &ListMembers) -> Result<MemberPage, UsersError> {
        let mut path = format!("/users?limit={}", list.limit);
        push(&mut path, "cursor", list.cursor.as_deref());
        push(&mut path, "sort", list.sort.as_deref());
        push(&mut path, "segment", list.segment.as_deref());
        self.call(Method::GET, &path).await
    }

    /// Changes what `change` names.
    pub async fn update(&self, luid: &str, change: &UpdateMember) -> Result<Member, UsersError> {
        self.call_with(Method::PATCH, &user(luid, ""), change).await
    }

    /// Marks the member as leaving: a stranger from now on. With `registered_before`, somebody who registered then or
    /// later is another member than the caller means: [`UsersError::Refused`] as `/problems/registered-since`.
    pub async fn leave(
        &self,
        luid: &str,
        registered_before: Option<Timestamp>,
    ) -> Result<(), UsersError> {
        let query = registered_before
            .map(|time| format!("?registered_before={}", time.as_millis()))
            .unwrap_or_default();
        let path = user(luid, &format!("/leave{query}"));
        self.done(self.request(Method::POST, &path).await?).await
    }

    /// Everything that is held about the person, if anything is.
    pub async fn export(&self, luid: &str) -> Result<Option<PersonExport>, UsersError> {
        match self.call(Method::GET, &user(luid, "/export")).await {
            Err(error) if error.is_no_such_member() => Ok(None),
            answer => answer.map(Some),
        }
    }

    /// Notes whether the member wants to hear of the topic.
    pub async fn set_topic(
        &self,
        luid: &str,
        topic: &str,
        subscribed: bool,
    ) -> Result<(), UsersError> {
        let path = user(luid, &format!("/topics/{}", escape(topic)));
        self.done(self.request(put_or_delete(subscribed), &path).await?)
            .await
    }

    /// The person said at this moment, in the chat, that they do not want to hear of the topic; what they said later stays.
    pub async fn unsubscribe(
        &self,
        luid: &str,
        topic: &str,
        said_at: Timestamp,
    ) -> Result<(), UsersError> {
        let path = said(luid, "topics", topic, said_at);
        self.done(self.request(Method::DELETE, &path).await?).await
    }

    /// The person took their consent back at this moment, in the chat; what they said later stays.
    pub async fn withdraw_consent(
        &self,
        luid: &str,
        purpose: &str,
        said_at: Timestamp,
    ) -> Result<(), UsersError> {
        let path = said(luid, "consents", purpose, said_at);
        self.done(self.request(Method::DELETE, &path).await?).await
    }

    /// Puts the member under the tag, or takes it off them.
    pub async fn set_tag(&self, luid: &str, tag: &str, is_on: bool) -> Result<(), UsersError> {
        let path = user(luid, &format!("/tags/{}", escape(tag)));
        self.done(self.request(put_or_delete(is_on), &path).await?)
            .await
    }

    /// Notes something about the member under the name, or forgets it.
    pub async fn set_attribute(
        &self,
        luid: &str,
        name: &str,
        value: Option<&Attribute>,
    ) -> Result<(), UsersError> {
        let path = user(luid, &format!("/attributes/{}", escape(name)));
        let request = self.request(put_or_delete(value.is_some()), &path).await?;
        self.done(match value {
            Some(value) => request.json(value),
            None => request,
        })
        .await
    }

    /// Erases the person.
    pub async fn erase(&self, luid: &str) -> Result<(), UsersError> {
        self.done(self.request(Method::DELETE, &user(luid, "")).await?)
            .await
    }

    /// Erases the person if they are still leaving; somebody who came back meanwhile stays a member.
    pub async fn erase_leaving(&self, luid: &str) -> Result<(), UsersError> {
        let path = user(luid, "?status=leaving");
        self.done(self.request(Method::DELETE, &path).await?).await
    }

    /// Tells what a follow or unfollow event said; the latest event wins.
    pub async fn set_friendship(
        &self,
        luid: &str,
        change: &FriendshipChange,
    ) -> Result<(), UsersError> {
        self.done(
            self.request(Method::PUT, &user(luid, "/friendship"))
                .await?
                .json(change),
        )
        .await
    }

    /// Every consent the member ever gave or withdrew, oldest first, if there is such a member.
    pub async fn consents(&self, luid: &str) -> Result<Option<Vec<Consent>>, UsersError> {
        match self.call(Method::GET, &user(luid, "/consents")).await {
            Err(error) if error.is_no_such_member() => Ok(None),
            answer => answer.map(Some),
        }
    }

    /// Records consents, given or withdrawn, and answers the latest for each purpose.
    pub async fn give_consents(
        &self,
        luid: &str,
        consents: &[GiveConsent],
    ) -> Result<Vec<Consent>, UsersError> {
        self.call_with(Method::POST, &user(luid, "/consents"), consents)
            .await
    }

    /// Up to `limit` (1 to 1,000) changes with a number above `after`; 0 starts with the oldest that is still known.
    pub async fn changes(&self, after: i64, limit: u32) -> Result<ChangePage, UsersError> {
        let path = format!("/changes?after={after}&limit={limit}");
        self.call(Method::GET, &path).await
    }

    pub(crate) async fn request(
        &self,
        method: Method,
        path: &str,
    ) -> Result<RequestBuilder, UsersError> {
        let token = self.tokens.token().await?;
        Ok(self
            .http
            .request(method, format!("{}{path}", self.base))
            .bearer_auth(token.expose_secret()))
    }

    pub(crate) async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
    ) -> Result<T, UsersError> {
        parse(&self.exchange(self.request(method, path).await?).await?)
    }

    pub(crate) async fn call_with<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &(impl Serialize + ?Sized),
    ) -> Result<T, UsersError> {
        let request = self.request(method, path).await?.json(body);
        parse(&self.exchange(request).await?)
    }

    async fn done(&self, request: RequestBuilder) -> Result<(), UsersError> {
        self.exchange(request).await.map(drop)
    }

    async fn exchange(&self, request: RequestBuilder) -> Result<Bytes, UsersError> {
        match &self.retry {
            Some(retry) => retry.exchange(request).await,
            None => attempt(request).await.map_err(|failure| failure.error),
        }
    }
}

fn put_or_delete(is_there: bool) -> Method {
    if is_there {
        Method::PUT
    } else {
        Method::DELETE
    }
}

fn said(luid: &str, about: &str, name: &str, at: Timestamp) -> String {
    let query = format!("?said_at={}", at.as_millis());
    user(luid, &format!("/{about}/{}{query}", escape(name)))
}

pub(crate) fn user(luid: &str, rest: &str) -> String {
    format!("/users/{}{rest}", escape(luid))
}

/// Adds a parameter to the path's query, if there is one to add.
pub(crate) fn push(path: &mut String, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        path.extend(["&", name, "=", &escape(value).to_string()]);
    }
}

pub(crate) fn escape(text: &str) -> impl std::fmt::Display {
    utf8_percent_encode(text, SEGMENT)
}

/// Why there was no successful answer.
pub(crate) struct Failure {
    pub(crate) error: UsersError,
    /// How long the API wants to be left alone.
    pub(crate) retry_after: Option<Duration>,
}

impl Failure {
    /// Whether the API did its work, and said no.
    pub(crate) fn is_answer(&self) -> bool {
        matches!(self.error, UsersError::Refused(_))
    }
}

impl<E: Into<UsersError>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self {
            error: error.into(),
            retry_after: None,
        }
    }
}

/// A successful answer, or what went wrong instead.
pub(crate) async fn answer(request: RequestBuilder) -> Result<Response, Failure> {
    let response = send(request).await.map_err(UsersError::Unreachable)?;
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    if status.is_client_error() {
        let body = read_bounded(response, ANSWER_BYTES).await?;
        let problem = serde_json::from_slice(&body).unwrap_or_else(|_| Problem::status(status));
        return Err(UsersError::Refused(problem).into());
    }
    Err(Failure {
        error: UsersError::Failed(status.as_u16()),
        retry_after: retry_after(&response),
    })
}

/// Such an answer, read to its end.
pub(crate) async fn attempt(request: RequestBuilder) -> Result<Bytes, Failure> {
    Ok(read_bounded(answer(request).await?, ANSWER_BYTES).await?)
}

fn retry_after(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?;
    seconds.parse().ok().map(Duration::from_secs)
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, UsersError> {
    serde_json::from_slice(body).map_err(UsersError::from)
}
