#![doc = include_str!("../README.md")]

mod access;
mod activity;
mod app;
mod audit;
mod body;
mod config;
mod contract;
mod cursor;
mod domain;
mod error;
mod etag;
mod idempotency;
mod permission;
mod rate;
mod routes;
mod segment;
mod store;
mod table;

pub use app::App;
pub use config::Config;
