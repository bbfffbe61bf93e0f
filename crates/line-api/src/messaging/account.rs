use serde::Deserialize;

use crate::{Private, UserId};

/// What a person shows to the account (MA#get-profile).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    /// The person.
    pub user_id: UserId,
    /// The name the person chose; anything at all.
    pub display_name: Private,
    /// The language of the person's LINE app, such as `en` or `zh-TW`.
    pub language: Option<String>,
    /// The picture's address.
    pub picture_url: Option<Private>,
    /// The line under the name.
    pub status_message: Option<Private>,
}

/// How many messages the account may send this month, beside replies (MA#get-quota).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Quota {
    /// So many.
    Limited {
        /// Messages, counted by recipient.
        value: u64,
    },
    /// As many as it likes.
    None,
}

/// Who the bot is (MA#get-bot-info).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BotInfo {
    /// The `destination` of its webhooks.
    pub user_id: UserId,
    /// Its basic ID: `@` and letters.
    pub basic_id: String,
    /// Its premium ID, if it has one.
    pub premium_id: Option<String>,
    /// Its name.
    pub display_name: String,
    /// `chat` if people answer by hand, `bot` if the bot does.
    pub chat_mode: Option<String>,
    /// `auto` or `manual`.
    pub mark_as_read_mode: Option<String>,
}

/// Where LINE sends the channel's events (MA#get-webhook-endpoint-information).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct WebhookEndpoint {
    /// The address.
    pub endpoint: String,
    /// Whether LINE sends there.
    pub active: bool,
}

/// What LINE saw when it tried the webhook (MA#test-webhook-endpoint).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WebhookTest {
    /// Whether the answer was a success.
    pub success: bool,
    /// When, by ISO 8601.
    pub timestamp: Option<String>,
    /// The status; 0 or less if there was none.
    pub status_code: Option<i32>,
    /// `OK`, `COULD_NOT_CONNECT`, `REQUEST_TIMEOUT`, `ERROR_STATUS_CODE`, `UNCLASSIFIED`, or a new one.
    pub reason: Option<String>,
    /// In LINE's words.
    pub detail: Option<String>,
}
