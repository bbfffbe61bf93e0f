//! LINE on loopback, as a command.

use std::process::ExitCode;

use clap::Parser as _;
use service_kit::{shutdown, telemetry};
use simulator::{Config, Simulator};

#[tokio::main]
async fn main() -> ExitCode {
    telemetry::exit_code("simulator", &run().await)
}

async fn run() -> anyhow::Result<()> {
    let config = Config::parse();
    let _telemetry = telemetry::init(&config.telemetry)?;
    Simulator::build(config)
        .await?
        .serve(shutdown::signal_received())
        .await
}
