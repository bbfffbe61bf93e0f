//! The members' API.

use std::process::ExitCode;

use api_users::{App, Config};
use clap::Parser as _;
use service_kit::{shutdown, telemetry};

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
