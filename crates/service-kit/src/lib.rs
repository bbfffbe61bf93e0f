#![doc = include_str!("../README.md")]

pub mod batcher;
pub mod clock;
pub mod database;
pub mod file_lock;
pub mod health;
pub mod http_client;
pub mod public_url;
pub mod secret;
pub mod server;
pub mod shutdown;
pub mod telemetry;
pub mod tls;

pub use batcher::{Batcher, BatcherError};
pub use clock::{Clock, Timestamp};
pub use database::{DatabaseFile, DatabaseKind};
pub use file_lock::FileLock;
pub use health::Readiness;
pub use server::{Failure, Server};

/// How careful a service is about its own settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Profile {
    /// A laptop or a test: plain HTTP to loopback is fine.
    Dev,
    /// Real people: whatever would weaken a guarantee stops the start.
    #[default]
    Production,
}
