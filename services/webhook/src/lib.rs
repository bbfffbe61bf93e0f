#![doc = include_str!("../README.md")]

pub mod bot;

mod app;
mod callback;
mod config;
mod error;
mod limits;
mod metrics;
mod store;
mod worker;

pub use app::App;
pub use config::{Config, LOOK_UP_LIMIT};
