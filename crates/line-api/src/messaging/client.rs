use bytes::Bytes;
use http::Method;
use reqwest::Client;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::json;
use url::Url;

use super::account::{BotInfo, Profile, Quota, WebhookEndpoint, WebhookTest};
use super::call::{Call, Caller};
use super::error::Error;
use super::send::{Accepted, Messages, Multicast, Push, RetryKey, SendKind, body};
use crate::UserId;
use crate::event::ReplyToken;

const ENDPOINT: &str = "v2/bot/channel/webhook/endpoint";

/// The Messaging API of one channel. Clones share their connections.
///
/// It repeats nothing by itself: whoever calls knows whether a repetition is safe ([`Error::is_definite`]).
#[derive(Debug, Clone)]
pub struct Messaging(Caller);

impl Messaging {
    /// The channel of this access token, at [`crate::API_BASE`] or a simulator. The client must not follow
    /// redirects and must have time limits: `service_kit::http_client` builds such.
    pub fn new(http: Client, base: Url, token: SecretString) -> Self {
        Self(Caller { http, base, token })
    }

    /// Answers an event; free of charge (MA#send-reply-message). A token works once; LINE refuses a retry key here.
    pub async fn reply(&self, token: &ReplyToken, messages: &Messages) -> Result<Accepted, Error> {
        let body = body(&Reply {
            reply_token: token.expose(),
            messages,
        });
        self.0
            .send(Call::post("reply", &["v2/bot/message/reply"], body))
            .await
    }

    /// Sends to one chat (MA#send-push-message).
    pub async fn push(&self, push: &Push, key: RetryKey) -> Result<Accepted, Error> {
        self.push_bytes(push.to_bytes(), key).await
    }

    /// Sends the bytes of a [`Push`] as they were stored.
    pub async fn push_bytes(&self, body: Bytes, key: RetryKey) -> Result<Accepted, Error> {
        let call = Call::post("push", &["v2/bot/message/push"], body);
        self.0
            .send(Call {
                retry_key: Some(key),
                ..call
            })
            .await
    }

    /// Sends to up to 500 people (MA#send-multicast-message). On any error nobody got anything.
    pub async fn multicast(&self, multicast: &Multicast, key: RetryKey) -> Result<Accepted, Error> {
        self.multicast_bytes(multicast.to_bytes(), key).await
    }

    /// Sends the bytes of a [`Multicast`] as they were stored.
    pub async fn multicast_bytes(&self, body: Bytes, key: RetryKey) -> Result<Accepted, Error> {
        let call = Call::post("multicast", &["v2/bot/message/multicast"], body);
        self.0
            .send(Call {
                retry_key: Some(key),
                ..call
            })
            .await
    }

    /// Asks LINE whether it would take these messages, without sending them (MA#validate-message-objects-of-push-message).
    pub async fn validate(&self, kind: SendKind, messages: &Messages) -> Result<(), Error> {
        let body = body(&json!({ "messages": messages }));
        self.0
            .order(Call::post(
                "validate",
                &["v2/bot/message/validate", kind.path()],
                body,
            ))
            .await
    }

    /// What a friend, or someone who wrote to the account, shows (MA#get-profile). `NotFound` after a block.
    pub async fn profile(&self, user: &UserId) -> Result<Profile, Error> {
        self.0
            .fetch(Call::get("profile", &["v2/bot/profile", user.as_str()]))
            .await
    }

    /// The month's quota (MA#get-quota).
    pub async fn quota(&self) -> Result<Quota, Error> {
        self.0
            .fetch(Call::get("quota", &["v2/bot/message/quota"]))
            .await
    }

    /// How much of the quota is used, roughly (MA#get-consumption).
    pub async fn consumption(&self) -> Result<u64, Error> {
        let call = Call::get("consumption", &["v2/bot/message/quota/consumption"]);
        self.0
            .fetch(call)
            .await
            .map(|Consumption { total_usage }| total_usage)
    }

    /// Shows the person that an answer is being made: for 5 to 60 seconds in steps of five, or until the
    /// next message (MA#display-a-loading-indicator). One-to-one chats only.
    pub async fn start_loading(&self, user: &UserId, seconds: u8) -> Result<(), Error> {
        let body = body(&json!({ "chatId": user, "loadingSeconds": seconds }));
        self.0
            .order(Call::post("loading", &["v2/bot/chat/loading/start"], body))
            .await
    }

    /// Who the bot is (MA#get-bot-info).
    pub async fn bot_info(&self) -> Result<BotInfo, Error> {
        self.0.fetch(Call::get("bot-info", &["v2/bot/info"])).await
    }

    /// Where LINE sends events (MA#get-webhook-endpoint-information). `NotFound` if nowhere.
    pub async fn webhook_endpoint(&self) -> Result<WebhookEndpoint, Error> {
        self.0
            .fetch(Call::get("webhook-endpoint", &[ENDPOINT]))
            .await
    }

    /// Tells LINE where to send events: https, 500 characters at most (MA#set-webhook-endpoint-url).
    pub async fn set_webhook_endpoint(&self, endpoint: &Url) -> Result<(), Error> {
        let call = Call::post(
            "set-webhook-endpoint",
            &[ENDPOINT],
            body(&json!({ "endpoint": endpoint })),
        );
        self.0
            .order(Call {
                method: Method::PUT,
                ..call
            })
            .await
    }

    /// Has LINE try the endpoint, or another one (MA#test-webhook-endpoint). 60 times an hour.
    pub async fn test_webhook(&self, endpoint: Option<&Url>) -> Result<WebhookTest, Error> {
        let body = match endpoint {
            Some(endpoint) => body(&json!({ "endpoint": endpoint })),
            None => Bytes::from_static(b"{}"),
        };
        self.0
            .fetch(Call::post(
                "test-webhook",
                &["v2/bot/channel/webhook/test"],
                body,
            ))
            .await
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Reply<'a> {
    reply_token: &'a str,
    messages: &'a Messages,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Consumption {
    total_usage: u64,
}
