//! The webhook through its front door: the real app, its real inbox, a LINE and an api-users on loopback.

#![expect(
    clippy::unwrap_used,
    reason = "what a test relies on and does not find is its failure"
)]

mod body;
mod crowd;
mod delivery;
mod erased;
mod events;
mod gauges;
mod harness;
mod inbox;
mod journey;
mod leases;
mod log;
mod look_ups;
mod operator;
mod opt_out;
mod order;
mod outage;
mod poison;
mod postgres;
mod push;
mod replies;
mod respond;
mod retries;
mod settings;
mod signature;
mod simulated;
mod sqlite;
mod texts;
mod unsend;
