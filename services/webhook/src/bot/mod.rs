//! What the bot says and does: pure decisions, no clock, no I/O.

mod language;
mod phrase;
mod response;

pub use language::{Language, UnknownLanguage};
pub use phrase::Phrase;
pub use response::{Action, Reply, Standing, asks_about_sender, is_message_id, respond};
