//! The webhook as a program.

use std::process::ExitCode;

use mimalloc::MiMalloc;
use service_kit::{shutdown, telemetry};
use webhook::{App, Cli, Config};

/// The system's allocator takes a tenth of what a request costs, and more where threads hand memory to each other.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Cli::from_command_line() {
        Cli::Serve(config) => serve(*config).await.map(|()| ExitCode::SUCCESS),
        Cli::Events(events) => events.run().await,
    };
    done.unwrap_or_else(|error| telemetry::exit_code("webhook", &Err(error)))
}

async fn serve(config: Config) -> anyhow::Result<()> {
    let _telemetry = telemetry::init(&config.telemetry)?;
    App::build(config)
        .await?
        .serve(shutdown::signal_received())
        .await
}
