//! Starts register-client with settings from the command line and the environment.

use std::process::ExitCode;

use clap::Parser as _;
use mimalloc::MiMalloc;
use register_client::{App, Config};
use service_kit::{shutdown, telemetry};

/// The system's allocator takes a tenth of what a request costs, and more where threads hand memory to each other.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    telemetry::exit_code("register-client", &run().await)
}

async fn run() -> anyhow::Result<()> {
    let config = Config::parse();
    let _telemetry = telemetry::init(&config.telemetry)?;
    App::build(config)
        .await?
        .serve(shutdown::signal_received())
        .await
}
