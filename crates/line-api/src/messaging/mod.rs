//! The client of the Messaging API (MA#messages): few calls, each typed, each answer bounded.
//!
//! LINE says "accepted", never "delivered": a message to someone who blocked the account is answered 200, too.

mod account;
mod call;
mod client;
mod error;
mod invalid;
mod limits;
mod message;
mod send;

pub use account::{BotInfo, Profile, Quota, WebhookEndpoint, WebhookTest};
pub use client::Messaging;
pub use error::{Detail, Error, Refusal};
pub use invalid::{InvalidMessage, Step};
pub use message::Message;
pub use send::{
    Accepted, InvalidSend, MAX_RECIPIENTS, Messages, Multicast, Push, RetryKey, SendKind,
    SentMessage,
};
