//! The members' API, by its front door.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop there"
)]

mod attacks;
mod audience;
mod audit;
mod changes;
mod client;
mod conformance;
mod consents;
mod contract;
mod erasure;
mod etag;
mod examples;
mod exports;
mod failure;
mod friendship;
mod harness;
mod idempotency;
mod imports;
mod listing;
mod members;
mod notes;
mod permission;
mod person;
mod postgres;
mod races;
mod rate;
mod registration;
mod schemathesis;
mod segments;
mod side;
mod sqlite;
mod start;
mod tokens;
