#![doc = include_str!("../README.md")]

pub mod event;
pub mod login;
pub mod messaging;
pub mod signature;

mod hex;
mod id;
mod private;
mod wire;

pub use id::{ChatId, InvalidId, UserId};
pub use private::Private;

/// Where LINE serves tokens, Login and the Messaging API (MA#domain-name).
pub const API_BASE: &str = "https://api.line.me";

/// Where LINE serves the content of messages (MA#domain-name).
pub const API_DATA_BASE: &str = "https://api-data.line.me";

/// Where LINE shows people its login and consent pages (LL#make-an-authorization-request).
pub const ACCESS_BASE: &str = "https://access.line.me";
