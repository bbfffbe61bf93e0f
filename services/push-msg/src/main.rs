//! The `push-msg` binary; all of it is in the library.

use std::process::ExitCode;

use clap::Parser as _;
use push_msg::cli::Cli;

#[tokio::main]
async fn main() -> ExitCode {
    Cli::parse().execute().await
}
