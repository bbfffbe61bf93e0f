//! The `push-msg` binary; all of it is in the library.

use std::process::ExitCode;

use clap::Parser as _;
use mimalloc::MiMalloc;
use push_msg::cli::Cli;

/// The system's allocator takes a tenth of what a request costs, and more where threads hand memory to each other.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Calls are made at a pace, and waited for: one thread does it, and hands nothing to another. SQLite has threads of its own.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    Cli::parse().execute().await
}
