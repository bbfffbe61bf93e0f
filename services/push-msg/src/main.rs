//! The `push-msg` binary; all of it is in the library.

use std::process::ExitCode;

use clap::Parser as _;
use mimalloc::MiMalloc;
use push_msg::cli::Cli;

/// The system's allocator takes a tenth of what a request costs, and more where threads hand memory to each other.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    Cli::parse().execute().await
}
