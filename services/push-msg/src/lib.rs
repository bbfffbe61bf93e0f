#![doc = include_str!("../README.md")]

pub mod campaign;
pub mod cli;
pub mod compose;

mod advance;
mod app;
mod backoff;
mod breaker;
mod cap;
mod clocks;
mod config;
mod deliver;
mod dispatch;
mod envelope;
mod erased;
mod forget;
mod freeze;
mod halt;
mod line;
mod look;
mod metrics;
mod pace;
mod progress;
mod pusher;
mod quota;
mod report;
mod sort;
mod store;
mod verdict;
mod volley;

pub use app::App;
pub use backoff::Backoff;
pub use config::Config;
pub use pusher::Pusher;
pub use report::{Attention, RunReport};
pub use store::OpenError;
