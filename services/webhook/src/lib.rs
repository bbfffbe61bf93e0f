#![doc = include_str!("../README.md")]

pub mod bot;
pub mod events;

mod app;
mod callback;
mod cli;
mod config;
mod error;
mod limits;
mod metrics;
mod store;
mod worker;

pub use app::App;
pub use cli::{Cli, Events};
pub use config::{Config, LOOK_UP_LIMIT};
