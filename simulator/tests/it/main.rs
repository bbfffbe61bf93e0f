//! LINE as documented, held against the simulator through its front door.
#![expect(
    clippy::disallowed_methods,
    reason = "tests read small answers of their own server"
)]
#![expect(
    clippy::unwrap_used,
    reason = "a test that can't go on should stop there"
)]

mod chat;
mod control;
mod faults;
mod id_token;
mod limits;
mod login;
mod messages;
mod page;
mod phones;
mod redelivery;
mod reply;
mod retry;
mod send;
mod stage;
mod token;
mod webhook;
