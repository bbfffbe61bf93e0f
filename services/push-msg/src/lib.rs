#![doc = include_str!("../README.md")]

pub mod campaign;
pub mod cli;
pub mod compose;

mod app;
mod backoff;
mod config;
mod dispatch;
mod erased;
mod forget;
mod freeze;
mod line;
mod look;
mod metrics;
mod pace;
mod pusher;
mod report;
mod store;
mod verdict;

pub use app::App;
pub use backoff::Backoff;
pub use config::Config;
pub use pusher::Pusher;
pub use report::{Attention, RunReport};
pub use store::OpenError;
