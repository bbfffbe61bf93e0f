//! Starts register-client with settings from the command line and the environment.

use std::process::ExitCode;

use clap::Parser as _;
use register_client::{App, Config};
use service_kit::{shutdown, telemetry};

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
