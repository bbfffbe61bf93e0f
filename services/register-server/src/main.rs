//! The `register-server` binary; all of it is in the library.

use std::process::ExitCode;

use mimalloc::MiMalloc;
use register_server::{App, Cli, Config};
use service_kit::{shutdown, telemetry};

/// The system's allocator takes a tenth of what a request costs, and more where threads hand memory to each other.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Cli::from_command_line() {
        Cli::Serve(config) => serve(*config).await,
        Cli::Sessions(sessions) => sessions.run().await,
    };
    telemetry::exit_code("register-server", &done)
}

async fn serve(config: Config) -> anyhow::Result<()> {
    let _telemetry = telemetry::init(&config.telemetry)?;
    App::build(config)
        .await?
        .serve(shutdown::signal_received())
        .await
}
