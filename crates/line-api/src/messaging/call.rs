use bytes::Bytes;
use http::{Method, StatusCode, header};
use reqwest::Client;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use service_kit::http_client::ReadError;
use url::Url;

use super::error::{Error, Refusal};
use super::send::{Accepted, RetryKey, SentMessage};
use crate::wire::{self, Answer};

/// Carries calls out for one channel.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    pub(super) http: Client,
    pub(super) base: Url,
    pub(super) token: SecretString,
}

/// One call, named for the log.
pub(super) struct Call<'a> {
    pub(super) name: &'static str,
    pub(super) method: Method,
    pub(super) path: &'a [&'a str],
    pub(super) body: Option<Bytes>,
    pub(super) retry_key: Option<RetryKey>,
}

impl<'a> Call<'a> {
    pub(super) fn get(name: &'static str, path: &'a [&'a str]) -> Self {
        Self {
            name,
            method: Method::GET,
            path,
            body: None,
            retry_key: None,
        }
    }

    pub(super) fn post(name: &'static str, path: &'a [&'a str], body: Bytes) -> Self {
        Self {
            name,
            method: Method::POST,
            path,
            body: Some(body),
            retry_key: None,
        }
    }
}

impl Caller {
    /// A call whose answer is read.
    pub(super) async fn fetch<T: DeserializeOwned>(&self, call: Call<'_>) -> Result<T, Error> {
        let answer = self.succeed(call).await?;
        match serde_json::from_slice(body(&answer)) {
            Ok(read) => Ok(read),
            Err(_) => match answer.body {
                Err(ReadError::Transport(error)) => Err(Error::of_transport(error)),
                _ => Err(Error::Unexpected(refusal(&answer))),
            },
        }
    }

    /// A call of which only the success matters.
    pub(super) async fn order(&self, call: Call<'_>) -> Result<(), Error> {
        self.succeed(call).await.map(drop)
    }

    /// A call that sends messages. The status alone says that they are accepted; the body may be anything.
    pub(super) async fn send(&self, call: Call<'_>) -> Result<Accepted, Error> {
        let name = call.name;
        let repeatable = call.retry_key.is_some();
        let answer = self.carry_out(call).await?;
        let before = repeatable && answer.status == StatusCode::CONFLICT;
        if !answer.status.is_success() && !before {
            return Err(Error::of_status(refusal(&answer)));
        }
        let sent = serde_json::from_slice(body(&answer)).unwrap_or_else(|_| {
            tracing::warn!(
                line.call = name,
                "LINE accepted {name} with a body that is not LINE's"
            );
            SentMessages::default()
        });
        Ok(Accepted {
            request_id: answer.request_id(),
            before,
            accepted_request_id: answer.id("x-line-accepted-request-id"),
            sent_messages: sent.sent_messages,
        })
    }

    async fn succeed(&self, call: Call<'_>) -> Result<Answer, Error> {
        let answer = self.carry_out(call).await?;
        if answer.status.is_success() {
            Ok(answer)
        } else {
            Err(Error::of_status(refusal(&answer)))
        }
    }

    async fn carry_out(&self, call: Call<'_>) -> Result<Answer, Error> {
        let mut request = self
            .http
            .request(call.method, wire::address(&self.base, call.path))
            .bearer_auth(self.token.expose_secret());
        if let Some(key) = call.retry_key {
            request = request.header("x-line-retry-key", key.to_string());
        }
        if let Some(body) = call.body {
            request = request
                .header(header::CONTENT_TYPE, "application/json")
                .body(body);
        }
        wire::exchange(call.name, request)
            .await
            .map_err(Error::of_transport)
    }
}

/// The status is LINE's word: a body that broke off or never ended takes nothing from it.
fn body(answer: &Answer) -> &[u8] {
    answer.body.as_deref().unwrap_or_default()
}

fn refusal(answer: &Answer) -> Refusal {
    Refusal::read(answer.status, answer.request_id(), body(answer))
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SentMessages {
    #[serde(default)]
    sent_messages: Vec<SentMessage>,
}
