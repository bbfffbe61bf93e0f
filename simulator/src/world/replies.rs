//! Reply tokens: single use, one minute from receipt, never past twenty minutes from the event.

use std::collections::HashMap;

use serde_json::Value;

/// Milliseconds from receipt of the webhook within which a token must be used.
const FRESH: i64 = 60_000;
/// Milliseconds from the event after which even a redelivered token is dead.
const DEAD: i64 = 20 * 60_000;
/// How many tokens are kept before dead ones are swept.
const SWEPT_AT: usize = 20_000;

#[derive(Debug)]
struct Token {
    source: Value,
    event_at: i64,
    received_at: i64,
    used: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Replies(HashMap<String, Token>);

/// The token is unknown, used or too old; LINE doesn't say which.
#[derive(Debug)]
pub(crate) struct ReplyRefused;

impl Replies {
    /// Notes that the webhook received `event` at `now`, for the first time or once more.
    pub(crate) fn received(&mut self, event: &Value, now: i64) {
        let Some(token) = event["replyToken"].as_str() else {
            return;
        };
        if self.0.len() > SWEPT_AT {
            self.0.retain(|_, token| now - token.event_at <= DEAD);
        }
        let event_at = event["timestamp"].as_i64().unwrap_or(now);
        self.0
            .entry(token.to_owned())
            .and_modify(|token| token.received_at = now)
            .or_insert_with(|| Token {
                source: event["source"].clone(),
                event_at,
                received_at: now,
                used: false,
            });
    }

    /// Uses `token` up and says where the reply goes: the event's `source`.
    pub(crate) fn take(&mut self, token: &str, now: i64) -> Result<Value, ReplyRefused> {
        let token = self.0.get_mut(token).ok_or(ReplyRefused)?;
        if token.used || now - token.received_at > FRESH || now - token.event_at > DEAD {
            return Err(ReplyRefused);
        }
        token.used = true;
        Ok(token.source.clone())
    }
}
