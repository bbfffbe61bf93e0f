//! What line-api promises, checked from outside: events from JSON, calls against small servers on loopback.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod conformance;
mod event_fuzz;
mod event_kinds;
mod event_tolerance;
mod id_token;
mod id_token_fuzz;
mod id_token_liff;
mod login;
mod message;
mod messaging;
mod messaging_errors;
mod privacy;
mod receiver;
mod signature;
