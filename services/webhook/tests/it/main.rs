//! The webhook through its front door: the real app, its real inbox, a LINE and an api-users on loopback.

#![expect(
    clippy::unwrap_used,
    reason = "what a test relies on and does not find is its failure"
)]

mod body;
mod delivery;
mod events;
mod harness;
mod inbox;
mod journey;
mod log;
mod outage;
mod replies;
mod respond;
mod retries;
mod settings;
mod signature;
mod simulated;
mod texts;
