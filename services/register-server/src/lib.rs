#![doc = include_str!("../README.md")]

mod app;
mod browser_id;
mod cli;
mod client;
mod config;
mod cookie;
mod digest;
mod error;
mod guard;
mod limit;
mod line;
mod login;
mod member;
mod routes;
mod seal;
mod secret_id;
mod see_other;
mod session;
mod store;
mod upkeep;

pub use app::App;
pub use cli::{Cli, SessionsCommand};
pub use config::{Config, ConfigError, DEFAULT_SIGN_INS};
pub use store::OpenError;
