//! What the tests stand on.

mod app;
mod browser;
mod journal;
mod journey;
mod line;
mod round_robin;
mod rows;
mod users;

pub(crate) use app::{PUBLIC_URL, Replica, TestApp, settings};
pub(crate) use browser::{Answer, Browser, NAVIGATION};
pub(crate) use journal::Journal;
pub(crate) use journey::Journey;
pub(crate) use line::{FakeLine, IdToken, Reply, access_token};
pub(crate) use round_robin::RoundRobin;
pub(crate) use rows::Rows;
pub(crate) use users::FakeUsers;

/// A person of the tests.
pub(crate) const ALICE: &str = "Uaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
/// Another.
pub(crate) const BOB: &str = "Ubbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
