//! What the bot says and does: pure decisions, no clock, no I/O.

mod language;
mod opt_out;
mod phrase;
mod response;

pub use language::{Language, UnknownLanguage};
pub use opt_out::OptOut;
pub use phrase::Phrase;
pub use response::{Action, Reply, Standing, asks_about_sender, is_message_id, respond};
