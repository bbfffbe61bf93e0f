//! register-client by its front door, with a stand-in for register-server's `GET /member/session`.

#![expect(
    clippy::unwrap_used,
    reason = "a harness that cannot start is a failed test"
)]

mod brand;
mod forms;
mod guard;
mod harness;
mod languages;
mod offer;
mod pages;
mod server_away;
mod visitors;
mod wishes;
