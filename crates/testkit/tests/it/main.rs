//! What tests rest on, tested.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by panicking"
)]

mod database;
mod fault_proxy;
mod process;
mod seed;
