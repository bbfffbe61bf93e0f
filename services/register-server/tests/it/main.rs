//! register-server by its front door: the real `App` and a real store between a browser, a LINE and a
//! members' API of the tests' own making.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod callback;
mod config;
mod conformance;
mod consents;
mod download;
mod forms;
mod fresh_sign_in;
mod fuzz;
mod guard;
mod harness;
mod id_token;
mod leaving;
mod limits;
mod logs;
mod people;
mod postgres;
mod returning;
mod session;
mod sign_out;
mod simulator;
mod sqlite;
mod start;
mod tabs;
mod wishes;
