//! push-msg through its front door: the real app and ledger, a LINE and a members' API that fail on demand.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod audience;
mod begin;
mod campaign;
mod cap;
mod clock;
mod command;
mod compose;
mod crash;
mod erased;
mod fake;
mod gone;
mod halt;
mod look;
mod operate;
mod outside;
mod poison;
mod postgres;
mod progress;
mod proof;
mod quiet;
mod quota;
mod rate;
mod reach;
mod restored;
mod retry;
mod schedule;
mod schema;
mod send;
mod serve;
mod simulated;
mod sqlite;
mod stage;
mod variants;
