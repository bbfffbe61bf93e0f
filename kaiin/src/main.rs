//! The command people type.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    kaiin::Cli::from_command_line().run().await
}
