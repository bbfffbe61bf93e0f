//! The webhook as a program.

use std::process::ExitCode;

use clap::Parser as _;
use service_kit::{shutdown, telemetry};
use webhook::{App, Config};

#[tokio::main]
async fn main() -> ExitCode {
    telemetry::exit_code("webhook", &run().await)
}

async fn run() -> anyhow::Result<()> {
    let config = Config::parse();
    let _telemetry = telemetry::init(&config.telemetry)?;
    App::build(config)
        .await?
        .serve(shutdown::signal_received())
        .await
}
