//! The members' API.

use std::process::ExitCode;

use api_users::{App, Config};
use clap::Parser as _;
use mimalloc::MiMalloc;
use service_kit::{shutdown, telemetry};

/// The system's allocator takes a tenth of what a request costs, and more where threads hand memory to each other.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    telemetry::exit_code("api-users", &run().await)
}

async fn run() -> anyhow::Result<()> {
    let config = Config::parse();
    let _telemetry = telemetry::init(&config.telemetry)?;
    App::build(config)
        .await?
        .serve(shutdown::signal_received())
        .await
}
