//! What the bot says and does: pure decisions, no clock, no I/O.

mod language;
mod link;
mod opt_out;
mod phrase;
mod response;

pub use language::{Language, UnknownLanguage};
pub use link::Link;
pub use opt_out::OptOut;
pub use phrase::Phrase;
pub use response::{
    Action, Reply, Standing, asks_about_sender, is_message_id, is_one_to_one, respond,
};
